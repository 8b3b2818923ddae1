//! Where in an archive the client looks for each program, and what it finds there.

use std::collections::BTreeSet;

use super::metadata::{Remark, Settings};
use super::refusal::Refusal;
use super::template::{self, BinValues};
use super::unpack::{Entry, Unpacked};
use super::urls::Candidate;
use super::{Format, Subject};
use crate::targets::BinstallTarget;

/// The path of a program that is not in an archive, but is the file itself.
pub const RAW: &str = "<raw>";

/// How programs lie in archives by the settings for a target.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'l> {
    /// The package.
    pub subject: &'l Subject,
    /// The target.
    pub target: &'l BinstallTarget,
    /// What holds for the target.
    pub settings: &'l Settings,
}

/// A program, where the client finds it and what it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its name in the manifest.
    pub name: String,
    /// Its name after it is installed.
    pub installed: String,
    /// Its path in the archive; [`RAW`] where the file is the program.
    pub path: String,
    /// The features without which it may be absent; none where it has to be there.
    pub required_features: Vec<String>,
}

/// What the client found in an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The programs that it installs.
    pub programs: Vec<Program>,
    /// The programs with `required-features` that are not there.
    pub left_out: Vec<String>,
    /// Programs that are links in a zip file: what is installed points nowhere.
    pub dangling: Vec<String>,
}

impl Layout<'_> {
    /// The folders in which the client looks without a `bin-dir`, in its order; then comes the top of the archive. The
    /// first that exists is the only one that it looks in.
    pub fn folders(&self) -> [String; 8] {
        let Subject { name, version, .. } = self.subject;
        let target = self.target;
        [
            format!("{name}-{target}-v{version}"),
            format!("{name}-{target}-{version}"),
            format!("{name}-{version}-{target}"),
            format!("{name}-v{version}-{target}"),
            format!("{name}-{target}"),
            format!("{name}-{version}"),
            format!("{name}-v{version}"),
            name.clone(),
        ]
    }

    /// Where each program would be in an archive whose top folder has the first form, if `bin-dir` says nothing else.
    ///
    /// # Errors
    /// No archive at all could serve.
    pub fn expected(&self, format: Format) -> Result<Vec<Program>, Refusal> {
        let [first, ..] = self.folders();
        self.programs(format, Some(&first))
    }

    /// Looks for the programs in an archive.
    ///
    /// # Errors
    /// Why the client installs nothing from it.
    pub fn locate(&self, format: Format, entries: &[Entry]) -> Result<Found, Refusal> {
        let unpacked = Unpacked::of(format, entries)?;
        let folder = self.folders().into_iter().find(|folder| unpacked.folders.contains(folder));
        let mut found = Found::default();
        for program in self.programs(format, folder.as_deref())? {
            if format == Format::Bin || unpacked.files.contains(&program.path) {
                found.programs.push(program);
            } else if program.required_features.is_empty() {
                let name = program.path.rsplit('/').next().unwrap_or_default();
                let instead = unpacked.files.iter().find(|file| file.rsplit('/').next() == Some(name)).cloned();
                return Err(Refusal::Missing { path: program.path, instead });
            } else {
                found.left_out.push(program.name);
            }
        }
        if found.programs.is_empty() {
            return Err(Refusal::NothingOptional);
        }
        install(&mut found, &unpacked)?;
        Ok(found)
    }

    /// Why no file at any of the URLs can serve, if that is so.
    pub fn hopeless(&self, candidates: &[Candidate]) -> Option<Refusal> {
        let mut formats: Vec<Format> = candidates.iter().map(|candidate| candidate.format).collect();
        formats.dedup();
        let mut refusals = formats.into_iter().map(|format| self.expected(format).err());
        let first = refusals.next()??;
        refusals.all(|refusal| refusal.is_some()).then_some(first)
    }

    /// What is probably not meant.
    pub fn remarks(&self) -> Vec<Remark> {
        let template = self.settings.bin_dir.as_deref().and_then(|text| template::parse("bin-dir", text).ok());
        template.map(|template| template::deprecated("bin-dir", &template)).unwrap_or_default()
    }

    /// Every program with its path, if the archive has this folder (or none of the forms).
    fn programs(&self, format: Format, folder: Option<&str>) -> Result<Vec<Program>, Refusal> {
        let Subject { name, version, .. } = self.subject;
        let inferred = || match folder {
            Some(folder) => format!("{folder}/{{ bin }}{{ binary-ext }}"),
            None => "{ bin }{ binary-ext }".to_owned(),
        };
        let bin_dir = self.settings.bin_dir.clone().unwrap_or_else(inferred);
        let parsed = template::parse("bin-dir", &bin_dir)?;
        let mut programs: Vec<Program> = Vec::new();
        for binary in &self.subject.binaries {
            let path = if format == Format::Bin {
                RAW.to_owned()
            } else {
                let repo = self.subject.repository.as_deref();
                let values = BinValues { bin: &binary.name, name, repo, version, target: self.target };
                normalised(&template::render("bin-dir", &parsed, &values)?)?
            };
            let installed = self.installed(&binary.name);
            let required_features = binary.required_features.clone();
            programs.push(Program { name: binary.name.clone(), installed, path, required_features });
        }
        let mut paths = BTreeSet::new();
        match programs.iter().find(|program| !paths.insert(&program.path)) {
            Some(program) => Err(Refusal::Duplicate(program.path.clone())),
            None => Ok(programs),
        }
    }

    /// The name of an installed program: for Windows, `.exe` takes the place of whatever stands behind the last dot.
    fn installed(&self, name: &str) -> String {
        if !self.target.is_windows() {
            return name.to_owned();
        }
        let stem = name.rsplit_once('.').map(|(stem, _)| stem).filter(|stem| !stem.is_empty());
        format!("{}.exe", stem.unwrap_or(name))
    }
}

/// A path without `.` and `..`, which leads no further up than to the top.
fn normalised(path: &str) -> Result<String, Refusal> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if path.starts_with('/') {
        return Err(Refusal::Outside(format!("/{}", parts.join("/"))));
    }
    if parts.is_empty() { Err(Refusal::Nowhere) } else { Ok(parts.join("/")) }
}

/// Moves the programs to where they are installed, one after the other: links to those moved before lead nowhere.
fn install(found: &mut Found, unpacked: &Unpacked) -> Result<(), Refusal> {
    let mut moved: Vec<&Program> = Vec::new();
    for program in &found.programs {
        if let Some(target) = unpacked.links.get(&program.path) {
            let folder = program.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let points_at = normalised(format!("{folder}/{target}").trim_start_matches('/')).unwrap_or_default();
            let gone = moved.iter().find(|before| before.path == points_at);
            if let Some(before) = gone {
                return Err(Refusal::MovedAway(program.path.clone(), before.name.clone()));
            }
            if target.contains("..") || target.starts_with('/') || !unpacked.files.contains(&points_at) {
                return Err(Refusal::Missing { path: program.path.clone(), instead: None });
            }
            found.dangling.push(program.name.clone());
        }
        moved.push(program);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::unpack::Kind;
    use super::*;
    use crate::project::Binary;

    fn subject(programs: &[(&str, &[&str])]) -> Subject {
        let binary = |(name, features): &(&str, &[&str])| Binary {
            name: (*name).to_owned(),
            required_features: features.iter().map(|feature| (*feature).to_owned()).collect(),
        };
        Subject {
            name: "hello".to_owned(),
            version: "1.2.3".to_owned(),
            repository: None,
            binaries: programs.iter().map(binary).collect(),
        }
    }

    fn locate(programs: &[(&str, &[&str])], triple: &str, bin_dir: Option<&str>, entries: &[Entry]) -> String {
        let (subject, target) = (subject(programs), BinstallTarget::parse(triple).unwrap());
        let settings = Settings { bin_dir: bin_dir.map(str::to_owned), ..Settings::default() };
        let layout = Layout { subject: &subject, target: &target, settings: &settings };
        let format =
            if entries.iter().any(|entry| matches!(entry.kind, Kind::Symlink(_))) { Format::Zip } else { Format::Tgz };
        match layout.locate(format, entries) {
            Ok(found) => {
                let shown = |program: &Program| format!("{}={} ", program.installed, program.path);
                found.programs.iter().map(shown).collect::<Vec<_>>().concat()
            }
            Err(refusal) => refusal.to_string(),
        }
    }

    fn files(paths: &[&str]) -> Vec<Entry> {
        paths.iter().map(|path| Entry::file(*path)).collect()
    }

    const LINUX: &str = "x86_64-unknown-linux-gnu";
    const ONE: &[(&str, &[&str])] = &[("hello", &[])];

    #[test]
    fn the_first_folder_that_exists_is_the_only_one() {
        assert_eq!(locate(ONE, LINUX, None, &files(&["hello-1.2.3/hello"])), "hello=hello-1.2.3/hello ");
        let decoy = files(&["hello-1.2.3/hello", "hello-x86_64-unknown-linux-gnu/README.md"]);
        assert_eq!(locate(ONE, LINUX, None, &decoy), "bin file …/hello-x86_64-unknown-linux-gnu/hello not found");
        assert_eq!(locate(ONE, LINUX, Some("{ bin }"), &files(&["hello", "hello-1.2.3/x"])), "hello=hello ");
    }

    #[test]
    fn bin_dirs_that_lead_nowhere() {
        let entries = files(&["hello"]);
        assert_eq!(locate(ONE, LINUX, Some("../a/../{ bin }"), &entries), "hello=hello ");
        assert!(locate(ONE, LINUX, Some("//{ bin }"), &entries).ends_with("outside of the temporary dir: /hello"));
        assert!(locate(ONE, LINUX, Some("./.."), &entries).ends_with("empty source path"));
    }

    #[test]
    fn optional_programs_may_be_absent_but_not_all() {
        let two: &[(&str, &[&str])] = &[("a", &[]), ("b", &["x"])];
        assert_eq!(locate(two, LINUX, None, &files(&["a"])), "a=a ");
        assert_eq!(locate(two, LINUX, None, &files(&["b"])), "bin file …/a not found");
        assert_eq!(locate(&two[1..], LINUX, None, &files(&["c"])), "The fetcher does not provide any optional binary");
    }

    #[test]
    fn windows_programs_lose_what_is_behind_their_last_dot() {
        let dotted: &[(&str, &[&str])] = &[("hello.v2", &[])];
        assert_eq!(
            locate(dotted, "x86_64-pc-windows-msvc", None, &files(&["hello.v2.exe"])),
            "hello.exe=hello.v2.exe "
        );
    }

    #[test]
    fn links_lead_nowhere_after_what_they_point_at_has_moved() {
        let link = |target: &str| Entry { path: "b".to_owned(), kind: Kind::Symlink(target.to_owned()) };
        let two: &[(&str, &[&str])] = &[("a", &[]), ("b", &[])];
        assert!(locate(two, LINUX, None, &[Entry::file("a"), link("a")]).contains("after a was already installed"));
        assert_eq!(locate(&two[1..], LINUX, None, &[Entry::file("a"), link("./a")]), "b=b ");
        assert_eq!(locate(&two[1..], LINUX, None, &[Entry::file("a"), link("../a")]), "bin file …/b not found");
    }
}
