//! Large programs are packed in parts by all cores: what comes out is one member for every reader, and what goes in is
//! read once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lab::xtask::dist;
use lab::{Fixture, Scratch, client, command, run, scratch};
use xtask_dist::pack::{Entry, Options, archive};
use xtask_dist::project::Role;
use xtask_dist::targets::ArchiveFormat;

/// An archive of real machine code, as large as several parts, and these bytes.
fn large() -> (Scratch, Vec<u8>) {
    let folder = scratch("large");
    let mut code = fs::read(std::env::current_exe().unwrap()).unwrap();
    code.truncate(2_500_000);
    fs::write(folder.join("program"), &code).unwrap();
    let entry =
        Entry { path: "large/program".to_owned(), mode: 0o755, role: Role::Extra, from: folder.join("program") };
    let options = Options { format: ArchiveFormat::TarGz, epoch: 0, canonical: false, watched: Path::new("/nowhere") };
    archive(&folder.join("large.tar.gz"), vec![entry], options).unwrap();
    (folder, code)
}

#[test]
fn an_archive_in_parts_is_one_member_to_every_reader() {
    let (folder, code) = large();
    let file = folder.join("large.tar.gz");
    if let Some(gzip) = client("gzip", "a large .tar.gz is whole") {
        run(gzip.command().arg("-t").arg(&file));
    }
    run(command("tar").arg("-xzf").arg(&file).current_dir(&*folder));
    assert!(fs::read(folder.join("large/program")).unwrap() == code);
    if let Some(busybox) = client("busybox", "a large .tar.gz is unpacked on small systems") {
        fs::remove_dir_all(folder.join("large")).unwrap();
        run(busybox.command().args(["tar", "-xzf"]).arg(&file).current_dir(&*folder));
        assert!(fs::read(folder.join("large/program")).unwrap() == code);
    }
    if let Some(python) = client("python3", "a large .tar.gz is one member") {
        let script = "import gzip, sys, zlib\n\
            packed = open(sys.argv[1], 'rb').read()\n\
            first = zlib.decompressobj(31)\n\
            assert first.decompress(packed) == gzip.decompress(packed)\n\
            assert first.eof and not first.unused_data\n";
        run(python.command().args(["-c", script]).arg(&file));
    }
}

/// How many bytes were read of files, by path.
fn read(trace: &str) -> BTreeMap<&str, u64> {
    let mut files = BTreeMap::new();
    for line in trace.lines() {
        // `-y` writes the path behind the number of a file.
        let file = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let bytes = line.rsplit_once(" = ").and_then(|(_, result)| result.trim().parse::<u64>().ok());
        if let (Some((path, _)), Some(bytes)) = (file, bytes) {
            *files.entry(path).or_default() += bytes;
        }
    }
    files
}

#[test]
#[cfg(target_os = "linux")]
fn each_input_is_read_once() {
    let Some(strace) = client("strace", "each file that is packed is read once") else { return };
    let hello = Fixture::package(
        "[[bin]]\nname = \"hello\"\npath = \"src/main.rs\"\n[[bin]]\nname = \"hi\"\npath = \"src/main.rs\"",
    );
    hello.config("targets = [\"host\"]\nbuilder = \"cargo\"\ninclude = [\"large.txt\"]\n");
    hello.write("large.txt", &"more than one part of an archive\n".repeat(50_000));
    hello.commit();
    let runs: [&[&str]; 2] = [&["build", "--target", "host", "-o", "target/shard"], &[]];
    for words in runs {
        // Cargo has nothing to do in the run that is looked at.
        run(&mut dist(&hello, words.iter().copied()));
        for made in ["target/shard", "target/releases", "target/xtask-dist/packed"] {
            let _ = fs::remove_dir_all(hello.join(made));
        }
        let trace = hello.join("target/trace");
        let tool = dist(&hello, words.iter().copied());
        let mut traced = strace.command();
        traced.args(["--follow-forks", "--decode-fds=path", "--trace=read,pread64", "--output"]).arg(&trace);
        traced.arg(tool.get_program()).args(tool.get_args()).current_dir(&*hello);
        run(&mut traced);
        let trace = fs::read_to_string(&trace).unwrap();
        let read = read(&trace);
        for end in ["/dist/hello", "/dist/hi", "/large.txt"] {
            let found: Vec<(&Path, u64)> = read
                .iter()
                .filter(|(path, _)| path.ends_with(end))
                .map(|(path, bytes)| (Path::new(path), *bytes))
                .collect();
            let [(path, bytes)] = found[..] else { panic!("{end}: {found:?}") };
            assert_eq!(bytes, fs::metadata(path).unwrap().len(), "{end} by `dist {}`", words.join(" "));
        }
    }
}
