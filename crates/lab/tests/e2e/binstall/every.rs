//! Every format under every folder for every system on every kind of host: archives that the tool packs, of programs
//! that are not.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use lab::binstall::{Install, Source, inside};
use lab::server::{Server, Site};
use lab::{Client, scratch};
use xtask_dist::binstall::{self, Answer, Entry, Signature, Strategies, Strategy, archive};
use xtask_dist::names::FOLDERS;
use xtask_dist::pack::{self, Options};
use xtask_dist::project::Role;
use xtask_dist::targets::{ArchiveFormat, Target};

use super::binstall;

const TARGETS: [&str; 3] = ["aarch64-apple-darwin", "x86_64-pc-windows-gnullvm", "x86_64-unknown-linux-musl"];

/// The repository, what is in the metadata, and where release files are.
const HOSTS: [(&str, &str, &str); 3] = [
    ("https://github.com/acme/hello", "", "https://github.com/acme/hello/releases/download/v1.2.3/"),
    ("https://gitlab.com/acme/hello", "", "https://gitlab.com/acme/hello/-/releases/v1.2.3/downloads/binaries/"),
    (
        "https://git.example.org/hello",
        "pkg-url = \"https://dl.example.org/v{ version }/{ name }-{ target }-v{ version }{ archive-suffix }\"",
        "https://dl.example.org/v1.2.3/",
    ),
];

#[test]
fn every_format_folder_system_and_host() {
    let Some(client) = binstall("every format is installed from under every folder") else { return };
    let mut cells = Vec::new();
    for format in ArchiveFormat::ALL {
        for target in TARGETS {
            for folder in FOLDERS.into_iter().chain([""]) {
                // A bare program is in no folder.
                if format != ArchiveFormat::Bin || folder.is_empty() {
                    cells.push((format, target, folder));
                }
            }
        }
    }
    assert_eq!(cells.len(), (6 * 9 + 1) * 3);
    let queue = Mutex::new(cells.into_iter());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some((format, target, folder)) = queue.lock().unwrap().next() else { break };
                    cell(&client, format, target, folder);
                }
            });
        }
    });
}

fn cell(client: &Client, format: ArchiveFormat, triple: &str, folder: &str) {
    let target = Target::parse(triple).unwrap();
    let work = scratch("cell");
    let folder = folder.replace("{ name }", "hello").replace("{ target }", triple).replace("{ version }", "1.2.3");
    let name = format!("hello-{triple}-v1.2.3{}", format.suffix(&target));
    let programs = if format == ArchiveFormat::Bin { &["hello"][..] } else { &["hello", "helper"] };
    pack(&work, &work.join(&name), format, &target, &folder, programs);
    let packed = fs::read(work.join(&name)).unwrap();
    for (repository, metadata, place) in HOSTS {
        let at = format!("{name} in `{folder}` from {place}");
        let manifest = write(&work, repository, metadata, programs);
        let server = Server::start(Site::new().file(&inside(&format!("{place}{name}")), packed.clone()));
        let package = work.join("inside");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("Cargo.toml"), inside(&manifest)).unwrap();
        let source = Source::Folder(&package);
        let install = Install { name: "hello", source, targets: &[triple], proxy: &server.url(), args: &[] };
        let outcome = install.run(client);
        assert_eq!(outcome.code, Some(0), "{at}: {}", outcome.said);
        assert_eq!(outcome.url, Some(format!("{place}{name}")), "{at}");
        let installed: Vec<(String, String)> =
            outcome.programs.into_iter().map(|(name, content)| (name, String::from_utf8(content).unwrap())).collect();
        let expected = programs.iter().map(|name| (format!("{name}{}", target.exe_suffix()), content(name)));
        assert_eq!(installed, expected.collect::<Vec<_>>(), "{at}");
        assert_eq!(resolved(&work, triple, place, &name), (format!("{place}{name}"), programs.len()), "{at}");
    }
}

fn content(program: &str) -> String {
    format!("the program {program}")
}

/// Writes the archive as the tool does, with a document beside the programs.
fn pack(work: &Path, to: &Path, format: ArchiveFormat, target: &Target, folder: &str, programs: &[&str]) {
    let entry = |name: String, role, mode, from: &str| {
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        pack::Entry { path, mode, role, from: work.join(from) }
    };
    // Once, the programs stand behind so much that their .tar.gz is compressed in parts.
    let lines = if format == ArchiveFormat::TarGz && folder.is_empty() { 100_000 } else { 1 };
    let document = "# hello, said at some length\n".repeat(lines);
    fs::write(work.join("README.md"), document).unwrap();
    let mut entries = Vec::new();
    for program in programs {
        fs::write(work.join(program), content(program)).unwrap();
        entries.push(entry(format!("{program}{}", target.exe_suffix()), Role::Executable, 0o755, program));
    }
    if format != ArchiveFormat::Bin {
        entries.push(entry("README.md".to_owned(), Role::Document, 0o644, "README.md"));
    }
    pack::archive(to, entries, Options { format, epoch: 0, canonical: false, watched: Path::new("/nowhere") }).unwrap();
}

/// Writes the package's manifest beside the archive; it is also what is returned.
fn write(work: &Path, repository: &str, metadata: &str, programs: &[&str]) -> String {
    let mut manifest = format!(
        "[package]\nname = \"hello\"\nversion = \"1.2.3\"\nedition = \"2021\"\nautobins = false\n\
         repository = \"{repository}\"\n"
    );
    if !metadata.is_empty() {
        manifest.extend(["[package.metadata.binstall]\n", metadata, "\n"]);
    }
    for program in programs {
        manifest.extend(["[[bin]]\nname = \"", program, "\"\npath = \"src/", program, ".rs\"\n"]);
    }
    fs::write(work.join("Cargo.toml"), &manifest).unwrap();
    manifest
}

/// The URL that serves by the resolver, and how many programs it finds there.
fn resolved(work: &Path, triple: &str, place: &str, name: &str) -> (String, usize) {
    let package = binstall::read(work, "hello").unwrap();
    let strategies = Strategies::new(&[Strategy::CrateMetaData], &[]).unwrap();
    let resolution = binstall::resolve(&package.subject, &package.metadata.unwrap(), triple, &strategies);
    let url = format!("{place}{name}");
    let candidate = resolution.candidates.urls.iter().find(|candidate| candidate.url == url).expect("it is tried");
    let entries: Vec<Entry> = archive::read(candidate.format, fs::File::open(work.join(name)).unwrap()).unwrap();
    let served = resolution
        .serve(|asked| (asked.url == url).then_some(Answer { entries: Ok(&entries), signature: Signature::Missing }))
        .unwrap();
    (served.candidate.url.clone(), served.found.programs.len())
}
