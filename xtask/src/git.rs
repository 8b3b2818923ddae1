//! A branch of a git repository elsewhere: read from it, put a file into it, push it. Everything happens in a bare
//! clone of one commit, so that no checkout, hook or attribute of this machine has a say in what is written.

use std::path::{Path, PathBuf};

use xshell::Cmd;

use crate::report::{Context, Error, Result};
use crate::run::Runner;

/// What git would take for another repository's place, where it is set around us.
const PLACES: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_WORK_TREE",
];

/// The default branch of a repository elsewhere, as it was when it was last asked for.
#[derive(Debug)]
pub struct Remote<'a> {
    runner: &'a Runner,
    url: &'a str,
    store: PathBuf,
    branch: String,
    /// The branch's commit; none in a repository that has none.
    tip: Option<String>,
}

/// Who commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// The branch is there.
    Done,
    /// Somebody else pushed meanwhile; git's words.
    Overtaken(String),
}

impl Identity {
    /// Who commits in the runner's folder: what git has from its configuration and environment.
    ///
    /// # Errors
    /// git does not know; its own words.
    pub fn of_user(runner: &Runner) -> Result<Self> {
        let said =
            read(runner.git_command().args(["var", "GIT_AUTHOR_IDENT"]), || "git does not know who commits".to_owned());
        let said = said.map_err(|error| {
            error.help("git config --global user.name NAME && git config --global user.email ADDRESS")
        })?;
        Self::parse(&said).ok_or_else(|| Error::new(format!("git's `{said}` is no name and address")))
    }

    /// Reads `Name <address>`, and leaves out what stands behind it.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('<')?;
        let (email, _) = rest.split_once('>')?;
        let (name, email) = (name.trim(), email.trim());
        let is_plain = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_control() || "<>".contains(c));
        (is_plain(name) && is_plain(email)).then(|| Self { name: name.to_owned(), email: email.to_owned() })
    }
}

impl<'a> Remote<'a> {
    /// Asks for the newest commit of the default branch of `url`; the clone is put below `work`.
    ///
    /// # Errors
    /// What git says: no such repository, no access, no network.
    pub fn open(runner: &'a Runner, url: &'a str, work: &Path) -> Result<Self> {
        let store = work.join(format!("{}.git", &crate::hash::sha256(url.as_bytes())[..16]));
        let mut remote = Self { runner, url, store, branch: String::new(), tip: None };
        // An earlier step of this run may have cloned it, when it was older.
        if remote.store.is_dir() {
            std::fs::remove_dir_all(&remote.store).context(|| format!("cannot remove {}", remote.store.display()))?;
        }
        // Without --no-local, a repository on this disk would be cloned whole.
        let clone = ["clone", "--quiet", "--bare", "--depth=1", "--no-local", "--"];
        read(remote.runner.git_command().args(clone).arg(url).arg(&remote.store), || format!("cannot clone {url}"))?;
        // A clone of an empty repository knows the branch to begin with.
        remote.branch = remote.ask(&["symbolic-ref", "--short", "HEAD"])?;
        remote.tip = remote.ask(&["rev-parse", "--quiet", "--verify", "HEAD^{commit}"]).ok();
        Ok(remote)
    }

    /// The default branch.
    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// The paths of all files.
    ///
    /// # Errors
    /// What git says.
    pub fn paths(&self) -> Result<Vec<String>> {
        let Some(tip) = &self.tip else { return Ok(Vec::new()) };
        let list = self.ask(&["ls-tree", "-r", "-z", "--name-only", "--full-tree", tip])?;
        Ok(list.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    /// The text of a file; none where there is no such file.
    ///
    /// # Errors
    /// What git says.
    pub fn text(&self, path: &str) -> Result<Option<String>> {
        let Some(tip) = &self.tip else { return Ok(None) };
        if !self.paths()?.iter().any(|other| other == path) {
            return Ok(None);
        }
        let bytes = bytes(self.git().args(["cat-file", "blob", &format!("{tip}:{path}")]), || {
            format!("cannot read {path} of {}", self.url)
        })?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Makes a commit on the branch that has `text` at `path`; signed, if the user's git signs commits.
    ///
    /// # Errors
    /// What git says.
    pub fn commit(&self, path: &str, text: &str, message: &str, who: &Identity) -> Result<String> {
        let failed = || format!("cannot commit {path} for {}", self.url);
        let blob = read(self.git().args(["hash-object", "-w", "--stdin"]).stdin(text), failed)?;
        let index = self.store.join("index-of-a-commit");
        let git = || self.git().env("GIT_INDEX_FILE", &index);
        read(git().args(["read-tree", self.tip.as_deref().unwrap_or("--empty")]), failed)?;
        read(git().args(["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{path}")]), failed)?;
        let tree = read(git().arg("write-tree"), failed)?;
        let signs = self.runner.git(&["config", "--type=bool", "--get", "commit.gpgsign"]).as_deref() == Some("true");
        let commit = self
            .git()
            .args(["commit-tree", &tree, "-F", "-"])
            .args(self.tip.iter().flat_map(|tip| ["-p", tip]))
            .args(signs.then_some("-S"))
            .envs([("GIT_AUTHOR_NAME", &who.name), ("GIT_COMMITTER_NAME", &who.name)])
            .envs([("GIT_AUTHOR_EMAIL", &who.email), ("GIT_COMMITTER_EMAIL", &who.email)]);
        read(commit.stdin(message), failed)
    }

    /// Pushes a commit to the branch.
    ///
    /// # Errors
    /// What git says, where it is not that somebody else was quicker.
    pub fn push(&self, commit: &str) -> Result<Pushed> {
        let failed = || format!("cannot push to {} of {}", self.branch, self.url);
        let refspec = format!("{commit}:refs/heads/{}", self.branch);
        // Its words are read here, so they have to be the untranslated ones.
        let push = self.git().env("LC_ALL", "C").args(["push", "--porcelain", "--", self.url, &refspec]);
        let output = push.ignore_status().output().context(failed)?;
        if output.status.success() {
            return Ok(Pushed::Done);
        }
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        if is_overtaken(&said) { Ok(Pushed::Overtaken(said)) } else { Err(Error::new(failed()).because(said)) }
    }

    fn ask(&self, args: &[&str]) -> Result<String> {
        read(self.git().args(args), || format!("git {} fails in a clone of {}", args[0], self.url))
    }

    /// git, in the clone.
    fn git(&self) -> Cmd<'a> {
        let mut option = std::ffi::OsString::from("--git-dir=");
        option.push(&self.store);
        self.runner.git_command().arg(option)
    }
}

impl Runner {
    /// git, in the repository of its working folder and in none that the environment names.
    pub(crate) fn git_command(&self) -> Cmd<'_> {
        PLACES.iter().fold(self.command("git"), Cmd::env_remove)
    }
}

/// Whether git says that the branch moved: seen before the push (`[rejected]`) or while the server wrote it.
fn is_overtaken(said: &str) -> bool {
    let of_the_branch = ["[rejected]", "cannot lock ref", "failed to update ref", "incorrect old value provided"];
    of_the_branch.iter().any(|words| said.contains(words))
}

/// What a git command prints, without the end of its line.
fn read(command: Cmd<'_>, failed: impl Fn() -> String) -> Result<String> {
    let bytes = bytes(command, &failed)?;
    let text = String::from_utf8(bytes).map_err(|error| Error::new(failed()).because(error))?;
    Ok(text.trim_end_matches('\n').to_owned())
}

fn bytes(command: Cmd<'_>, failed: impl Fn() -> String) -> Result<Vec<u8>> {
    let output = command
        .ignore_status()
        .output()
        .map_err(|error| Error::new(failed()).because(error).help("install git: https://git-scm.com"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Error::new(failed()).because(String::from_utf8_lossy(&output.stderr).trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_read_with_and_without_a_time() {
        let who = |text| Identity::parse(text).map(|who| (who.name, who.email));
        let me = Some(("Me Myself".to_owned(), "me@example.org".to_owned()));
        assert_eq!(who("Me Myself <me@example.org> 1789000000 +0000"), me);
        assert_eq!(who("Me Myself <me@example.org>"), me);
        for wrong in ["", "me@example.org", "<me@example.org>", "Me <>", "Me <me", "a\nb <c>"] {
            assert_eq!(who(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_hook_that_refuses_is_no_race() {
        assert!(is_overtaken("!\tc0ffee:refs/heads/main\t[rejected] (fetch first)"));
        assert!(is_overtaken("!\tc0ffee:refs/heads/main\t[remote rejected] (cannot lock ref 'refs/heads/main')"));
        assert!(!is_overtaken("!\tc0ffee:refs/heads/main\t[remote rejected] (pre-receive hook declined)"));
    }
}
