//! `[forge]`, at the top of the file only: where releases are made public, and how that forge is spoken to.

use serde::{Deserialize, Serialize};

use super::Reader;
use super::minisign::check_variable;
use crate::names::{self, Host};
use crate::report::{Error, Problem, Result};

/// How long a forge may say nothing, in seconds, unless `timeout` says otherwise.
const TIMEOUT: u64 = 60;

/// What a forge is, as far as publishing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForgeKind {
    /// GitHub, Enterprise included, through `gh`.
    GitHub,
    /// GitLab, through its API.
    GitLab,
    /// Gitea and Forgejo, Codeberg included, through their API.
    Gitea,
    /// Any host that only keeps files: a command brings each of them there.
    Command,
}

impl ForgeKind {
    /// The words for it in the configuration.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("github", Self::GitHub),
        ("gitlab", Self::GitLab),
        ("gitea", Self::Gitea),
        ("forgejo", Self::Gitea),
        ("command", Self::Command),
    ];

    /// What is known of a repository by its URL alone.
    fn of(repository: &str) -> Option<Self> {
        match Host::of_url(repository)? {
            Host::GitHub => Some(Self::GitHub),
            Host::GitLab => Some(Self::GitLab),
            Host::Codeberg => Some(Self::Gitea),
            Host::Bitbucket | Host::SourceForge | Host::Unknown => None,
        }
    }

    /// Where the token is unless another variable is configured: where each forge's own tools look for it.
    pub fn usual_token(self) -> &'static str {
        match self {
            Self::GitHub => "GH_TOKEN",
            Self::GitLab => "GITLAB_TOKEN",
            Self::Gitea | Self::Command => "GITEA_TOKEN",
        }
    }
}

/// `[forge]` as it stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForgeSettings {
    kind: Option<ForgeKind>,
    repository: Option<String>,
    api: Option<String>,
    token_env: Option<String>,
    remote: Option<String>,
    changelog: Option<String>,
    without_changelog: bool,
    upload: Vec<String>,
    timeout: Option<u64>,
}

/// Where a release is made public, in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forge {
    /// What it is.
    pub kind: ForgeKind,
    /// The repository there: `https://host/owner/name`.
    pub repository: String,
    /// The URL of its API, where it is not the usual one.
    pub api: Option<String>,
    /// The environment variable that has the token, where it is not the usual one.
    pub token_env: Option<String>,
    /// git's name or URL of the repository; found by its URL unless set.
    pub remote: Option<String>,
    /// The changelog, relative to the workspace; found by its name unless set.
    pub changelog: Option<String>,
    /// Whether the release needs no section in a changelog.
    pub without_changelog: bool,
    /// The command that brings a file there: words with `{ file }`, `{ asset }`, `{ tag }`, `{ version }`, `{ url }`.
    pub upload: Vec<String>,
    /// How long the forge may say nothing, in seconds.
    pub timeout: u64,
}

impl ForgeSettings {
    /// What can stand in the words of `upload`.
    pub const UPLOAD_KEYS: &'static [&'static str] = &["file", "asset", "tag", "version", "url"];

    /// Reads it from the top of the file.
    pub fn read(top: &Reader<'_>) -> Self {
        let Some(reader) = top.below("forge") else { return Self::default() };
        let (changelog, without_changelog) = changelog(&reader);
        let settings = Self {
            kind: reader.one_of("kind", &ForgeKind::WORDS),
            repository: reader.checked("repository", check_url),
            api: reader.checked("api", check_url),
            token_env: reader.checked("token-env", check_variable),
            remote: reader.checked("remote", check_remote),
            changelog,
            without_changelog,
            upload: upload(&reader),
            timeout: reader.number("timeout").map(|seconds| seconds.max(1)),
        };
        settings.check(top);
        reader.finish();
        settings
    }

    fn check(&self, top: &Reader<'_>) {
        let is_command = self.kind == Some(ForgeKind::Command);
        let (what, help) = match (is_command, self.upload.is_empty()) {
            (true, true) => (
                "[forge] has `kind = \"command\"` and no command",
                "write `upload = [\"rclone\", \"copyto\", \"{ file }\", \"REMOTE:{ tag }/{ asset }\"]`",
            ),
            (false, false) => ("[forge] has a command, and `kind` is not \"command\"", "write `kind = \"command\"`"),
            _ => return,
        };
        let at = top.node("forge").map(|node| node.span.location());
        top.problems().add(Problem { at, ..Problem::new(what).help(help) });
    }

    /// What it means for packages of this repository; none where nothing is known of it.
    pub fn of_repository(&self, repository: Option<&str>) -> Option<Forge> {
        let repository = names::repository_base(self.repository.as_deref().or(repository)?);
        Some(Forge {
            kind: self.kind.or_else(|| ForgeKind::of(&repository))?,
            repository,
            api: self.api.as_deref().map(|url| url.trim_end_matches('/').to_owned()),
            token_env: self.token_env.clone(),
            remote: self.remote.clone(),
            changelog: self.changelog.clone(),
            without_changelog: self.without_changelog,
            upload: self.upload.clone(),
            timeout: self.timeout.unwrap_or(TIMEOUT),
        })
    }
}

impl Forge {
    /// The template of the URL of a release's file, for a package of `repository`; none where the forge has no say in it.
    pub fn download_url(&self, repository: Option<&str>) -> Option<String> {
        let host = match self.kind {
            ForgeKind::GitHub => Host::GitHub,
            ForgeKind::GitLab => Host::GitLab,
            ForgeKind::Gitea => Host::Codeberg,
            ForgeKind::Command => return None,
        };
        let template = host.download_url()?;
        let is_same = repository.is_some_and(|repository| names::repository_base(repository) == self.repository);
        Some(if is_same { template.to_owned() } else { template.replacen("{ repo }", &self.repository, 1) })
    }

    /// The environment variable that has the token.
    pub fn token_variable(&self) -> &str {
        self.token_env.as_deref().unwrap_or_else(|| self.kind.usual_token())
    }
}

/// `changelog`: a path, or `false`.
fn changelog(reader: &Reader<'_>) -> (Option<String>, bool) {
    match reader.node("changelog").map(|node| &node.value) {
        Some(crate::spanned::Value::Bool(false)) => (None, true),
        Some(_) => (reader.string("changelog"), false),
        None => (None, false),
    }
}

fn upload(reader: &Reader<'_>) -> Vec<String> {
    for (word, span) in reader.strings("upload").unwrap_or_default() {
        if let Err(error) = names::check(&word, ForgeSettings::UPLOAD_KEYS) {
            reader.problems().add_error(&span, &error);
        }
    }
    reader.plain_strings("upload").unwrap_or_default()
}

fn check_url(url: &str) -> Result<()> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let authority = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    if authority.is_empty() || url.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(Error::usage(format!("`{url}` is no URL")).help("write `https://HOST/OWNER/NAME`"));
    }
    if authority.contains('@') {
        // It is not repeated: it may have a password in it.
        return Err(Error::usage("this URL has credentials in it, which would stand in every release")
            .help("take them out, and set the variable that `token-env` names"));
    }
    Ok(())
}

fn check_remote(text: &str) -> Result<()> {
    if text.is_empty() || text.starts_with('-') || text.contains(|c: char| c.is_control()) {
        return Err(Error::usage(format!("`{text}` is no name or URL of a git remote")).help("write `origin`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Problems;
    use super::*;
    use crate::spanned::{self, Source};

    fn read(text: &str) -> (ForgeSettings, String) {
        let table = spanned::parse(&std::sync::Arc::new(Source { name: "d.toml".into(), text: text.into() })).unwrap();
        let problems = Problems::default();
        let settings = ForgeSettings::read(&Reader::new(&table, "", &problems));
        (settings, problems.into_result().map_or_else(|error| error.to_string(), |()| String::new()))
    }

    #[test]
    fn a_forge_is_known_by_its_host_or_said() {
        let of = |text: &str, repository| read(text).0.of_repository(repository).map(|it| (it.kind, it.repository));
        let github = Some((ForgeKind::GitHub, "https://github.com/o/r".to_owned()));
        assert_eq!(of("", Some("https://github.com/o/r.git")), github);
        assert_eq!(of("", Some("https://github.com/o/r/tree/main/x")), github);
        assert_eq!(of("", Some("https://codeberg.org/o/r")).unwrap().0, ForgeKind::Gitea);
        assert_eq!(of("", Some("https://gitlab.gnome.org/o/r")).unwrap().0, ForgeKind::GitLab);
        assert_eq!((of("", Some("https://git.example.org/o/r")), of("", None)), (None, None));
        let said = "forge = { kind = 'forgejo', repository = 'https://git.example.org/o/r/' }";
        assert_eq!(of(said, Some("https://x/o/r")), Some((ForgeKind::Gitea, "https://git.example.org/o/r".to_owned())));
    }

    #[test]
    fn what_is_wrong_has_its_place_and_secrets_are_not_repeated() {
        let wrong = |text: &str, words: &str| {
            let said = read(text).1;
            assert!(said.contains(words) && said.starts_with("d.toml:1:"), "{text}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        };
        wrong("forge = { kind = 'githb' }", "did you mean `github`?");
        wrong("forge = { kind = 'command' }", "and no command");
        wrong("forge = { upload = ['x'] }", "`kind` is not \"command\"");
        wrong("forge = { kind = 'command', upload = ['{ fil }'] }", "did you mean `file`?");
        wrong("forge = { repository = 'https://me:hunter2@h/o/r' }", "credentials");
        wrong("forge = { token-env = 'hunter2!' }", "no name of an environment variable");
        wrong("forge = { changelog = true }", "where a string is wanted");
        wrong("forge = { timeout = '1' }", "where a whole number is wanted");
        wrong("forge = { tokn-env = 'X' }", "did you mean `token-env`?");
        assert_eq!(read("forge = { changelog = false, timeout = 5, remote = 'origin' }").1, "");
    }
}
