//! What there is to say of one package for one target.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::binstall::{
    Candidate, Defaults, Format, Found, InstallDir, Package, Program, Refusal, Remark, Repository, Resolution,
    Strategies, Strategy, archive, resolve,
};
use crate::report::{Error, Result, nearest};
use crate::targets::{BinstallTarget, KNOWN};

/// A file that would be published.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    name: String,
}

impl Archive {
    /// A file that is there.
    pub fn open(path: &Path) -> Result<Self> {
        File::open(path).ok().filter(|_| path.is_file()).ok_or_else(|| {
            Error::usage(format!("there is no file {} that can be read", path.display())).help("--archive takes a file")
        })?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { path: path.to_owned(), name })
    }
}

/// What the judgement rests on besides the package.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'j> {
    /// The strategies of the command line.
    pub strategies: &'j Strategies,
    /// The file to judge.
    pub archive: Option<&'j Archive>,
    /// Where programs are installed on this machine.
    pub install: Option<&'j InstallDir>,
}

/// The object of one target, as `--format json` prints it.
#[derive(Debug, Serialize)]
pub struct Explanation {
    pub target: String,
    pub package: String,
    pub version: String,
    /// The URLs that are tried, in order.
    pub urls: Vec<String>,
    /// The path in the archive by the name of the installed program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bins: Option<Map<String, Value>>,
    /// What the client says against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What mends that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What the client exits with, if it is to try nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_exit_code: Option<u8>,
    /// As what the file is read: with `--archive`, or where the metadata say it.
    pub format: Option<Format>,
    /// The URL at which the file of `--archive` would be found.
    pub url: Option<String>,
    /// The URL of the signature that is asked for, of that file or else of the first.
    pub signature: Option<String>,
    /// The folders of which the first that exists is looked in; none where `bin-dir` says where.
    pub folders: Vec<String>,
    /// Programs with `required-features` that are not in the archive.
    pub left_out: Vec<String>,
    pub strategies: Vec<Strategy>,
    /// Where cargo-quickinstall would have it.
    pub quick_install: Option<String>,
    /// The folder of installed programs on this machine.
    pub install_dir: Option<PathBuf>,
    /// The targets that a machine of this kind tries afterwards.
    pub also_tried: Vec<String>,
    pub warnings: Vec<Warning>,
    #[serde(skip)]
    pub view: View,
}

/// Something that is probably not meant.
#[derive(Debug, Serialize)]
pub struct Warning {
    pub at: Option<String>,
    pub what: String,
    pub help: String,
    #[serde(skip)]
    pub remark: Remark,
}

/// What people are shown besides.
#[derive(Debug, Default)]
pub struct View {
    pub repository: Option<Repository>,
    pub defaults: Option<Defaults>,
    pub has_section: bool,
    pub bin_dir: Option<String>,
    pub programs: Vec<Program>,
    pub install_because: String,
    pub archive: Option<PathBuf>,
    /// That no URL ends in the archive's name, and what mends it.
    pub misnamed: Option<(String, String)>,
    refusal: Option<Refusal>,
}

impl Judge<'_> {
    /// Judges a package for a target.
    pub fn explain(&self, package: &Package, triple: &str) -> Explanation {
        let resolution = match &package.metadata {
            Ok(metadata) => resolve(&package.subject, metadata, triple, self.strategies),
            Err(refusal) => Resolution::refused(&package.subject, triple, refusal.clone()),
        };
        let candidate = self.archive.and_then(|archive| named(&resolution, &archive.name));
        let first = candidate.or(resolution.candidates.urls.first());
        let format = match (self.archive, candidate) {
            (Some(_), Some(candidate)) => Some(candidate.format),
            (Some(archive), None) => {
                Some(resolution.settings.pkg_fmt.or(Format::of_name(&archive.name)).unwrap_or(Format::Bin))
            }
            (None, _) => resolution.settings.pkg_fmt,
        };
        let (found, refusal) = match self.find(&resolution, format) {
            Ok(found) => (found, None),
            Err(refusal) => (Found::default(), Some(refusal)),
        };
        let dangling = found.dangling.iter().map(|name| Remark::dangling(name));
        let remarks: Vec<Remark> = package.remarks.iter().chain(&resolution.remarks).cloned().chain(dangling).collect();
        let warning = |remark: Remark| Warning {
            at: package.place(&remark).map(|at| at.to_string()),
            what: remark.what.clone(),
            help: remark.remedy.clone(),
            remark,
        };
        let inferred = resolution.settings.bin_dir.is_none() && format != Some(Format::Bin);
        let bins = found.programs.iter().map(|program| (program.installed.clone(), json!(program.path))).collect();
        let misnamed = self.archive.filter(|_| candidate.is_none() && resolution.candidates.refusal.is_none());
        Explanation {
            target: triple.to_owned(),
            package: package.subject.name.clone(),
            version: package.subject.version.clone(),
            urls: resolution.candidates.urls.iter().map(|candidate| candidate.url.clone()).collect(),
            bins: refusal.is_none().then_some(bins),
            error: refusal.as_ref().map(ToString::to_string),
            help: refusal.as_ref().map(|refusal| remedy(refusal, triple)),
            client_exit_code: refusal.as_ref().map(Refusal::exit_code),
            format,
            url: candidate.map(|candidate| candidate.url.clone()),
            signature: first.and_then(|candidate| candidate.signature.clone()),
            folders: resolution.layout().filter(|_| inferred).map(|l| l.folders().to_vec()).unwrap_or_default(),
            left_out: found.left_out,
            quick_install: resolution.quick_install(),
            install_dir: self.install.map(|dir| dir.path.clone()),
            also_tried: resolution.target.as_ref().map(BinstallTarget::also_tried).unwrap_or_default(),
            warnings: remarks.into_iter().map(warning).collect(),
            view: View {
                has_section: package.has_section(),
                bin_dir: resolution.settings.bin_dir.clone(),
                programs: found.programs,
                install_because: self.install.map(|dir| dir.because.clone()).unwrap_or_default(),
                archive: self.archive.map(|archive| archive.path.clone()),
                misnamed: misnamed.map(|archive| misnaming(&archive.name, triple, &resolution)),
                repository: resolution.candidates.repository,
                defaults: resolution.candidates.defaults,
                refusal,
            },
            strategies: resolution.strategies,
        }
    }

    /// Where the programs are in the archive, or would be in one with the first of the folders.
    fn find(&self, resolution: &Resolution, format: Option<Format>) -> Result<Found, Refusal> {
        let asked_nothing = resolution.candidates.refusal.as_ref();
        let Some(layout) = resolution.layout() else {
            return Err(resolution.refusal.clone().unwrap_or(Refusal::NotFound));
        };
        if let (Some(archive), None) = (self.archive, asked_nothing) {
            let format = format.unwrap_or(Format::Bin);
            let file = File::open(&archive.path).map_err(|error| Refusal::Unreadable(format!("I/O Error: {error}")))?;
            return layout.locate(format, &archive::read(format, file)?);
        }
        if let Some(refusal) = &resolution.refusal {
            return Err(refusal.clone());
        }
        let first = resolution.candidates.urls.first().map(|candidate| candidate.format);
        let programs = layout.expected(format.or(first).unwrap_or(Format::Tgz))?;
        Ok(Found { programs, ..Found::default() })
    }
}

/// The first candidate under whose name the file is found.
fn named<'r>(resolution: &'r Resolution, name: &str) -> Option<&'r Candidate> {
    resolution.candidates.urls.iter().find(|candidate| candidate.file == name || candidate.decoded_file() == name)
}

fn misnaming(name: &str, triple: &str, resolution: &Resolution) -> (String, String) {
    let of_other = KNOWN.iter().filter(|known| name.contains(**known)).max_by_key(|known| known.len());
    let first = resolution.candidates.urls.first().map(|candidate| candidate.file.clone()).unwrap_or_default();
    let help = match of_other {
        Some(other) if *other != triple => format!("it is named as one for {other}: add `--target {other}`"),
        _ if resolution.settings.pkg_url.is_some() => format!("name it `{first}`, or mend `pkg-url`"),
        _ => format!("name it `{first}` (with any of the suffixes), or write `pkg-url`; --all lists what is tried"),
    };
    (format!("no URL that cargo-binstall tries ends in `{name}`"), help)
}

fn remedy(refusal: &Refusal, triple: &str) -> String {
    match (refusal, nearest(triple, KNOWN.iter().copied())) {
        (Refusal::Target(_), Some(near)) if near != triple => format!("did you mean `{near}`?"),
        _ => refusal.remedy(),
    }
}

impl Explanation {
    /// Whether the client installs the package, as far as it was asked.
    pub fn installable(&self) -> bool {
        self.error.is_none() && self.view.misnamed.is_none()
    }

    /// What stands against that, each with what mends it.
    pub fn findings(&self, package: &Package) -> Vec<(String, String)> {
        let mut findings = Vec::new();
        if let Some(Refusal::Manifest(remarks)) = &self.view.refusal {
            for remark in remarks {
                let at = package.place(remark).map(|at| format!(" ({at})")).unwrap_or_default();
                findings.push((format!("TOML parse error: {remark}{at}"), remark.remedy.clone()));
            }
        } else if let (Some(error), Some(help)) = (&self.error, &self.help) {
            findings.push((error.clone(), help.clone()));
        }
        findings.extend(self.view.misnamed.clone());
        findings
    }
}
