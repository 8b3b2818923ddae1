//! Packing: programs of eight targets, beside tar, the usual compressors and sha256sum.
//!
//! What is measured is a whole `cargo xtask dist build` of programs that are compiled already: there is no command that
//! only packs, and this one does little more. Bare cargo with the same targets and nothing to do is told apart.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use lab::{Fixture, Missing, clients, command, run, xtask};

use super::measure::{Contestant, Figures, in_turn};
use super::projects::Projects;
use super::table::Row;

/// What std is there for, or can be had, on most machines; they are not compiled for, only named.
const TARGETS: [&str; 8] = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "aarch64-unknown-linux-musl",
    "wasm32-wasip1",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-gnullvm",
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
];
const PROGRAMS: [&str; 2] = ["serve", "client"];
const MB: usize = 1_000_000;

/// Stands before the compiler: hands out the programs that are there for `serve` and `client`.
const WRAPPER: &str = r#"#!/bin/sh
name= out= suffix= target= before=
for word; do
    case $before$word in
        --crate-name*) name=${word} ;;
        --out-dir*) out=${word} ;;
        --target*) target=${word} ;;
    esac
    case $word in extra-filename=*) suffix=${word#extra-filename=} ;; esac
    case $word in --crate-name | --out-dir | --target) before=$word ;; *) before= ;; esac
done
program=@PROGRAMS@/$target/$name
if ! [ -f "$program" ]; then exec "$@"; fi
case $target in *windows*) exe=.exe ;; wasm*) exe=.wasm ;; *) exe= ;; esac
cp "$program" "$out/$name$suffix$exe"
echo "$out/$name$suffix$exe: src/bin/$name.rs" >"$out/$name$suffix.d"
"#;

/// As people do it: each folder into an archive, and its checksum beside it.
const SHELL: &str = r#"
for folder in @FOLDERS@; do
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - "$folder" | "$@" >"$OUT/$folder.packed" &&
        sha256sum "$OUT/$folder.packed" >"$OUT/$folder.packed.sha256" || exit
done
"#;

/// Formats that are only compared: with what, as people call it.
const SLOW: [(&str, &str, &[&str]); 2] = [("tar.xz", "xz", &["-6", "-T0"]), ("tar.zst", "zstd", &["-19", "-T0"])];
/// How often the large runs are made; xz and zstd take a minute each.
const ROUNDS: usize = 3;
const SLOW_ROUNDS: usize = 1;

/// All targets as `.tar.gz`, and one of them in the other formats.
pub fn measure(_: &Projects) -> Result<Vec<Row>, Missing> {
    let project = Project::new()?;
    println!("{}, compiled already", project.told());
    let usual = in_turn(
        ROUNDS,
        &[
            project.ours("tar.gz", &TARGETS),
            project.theirs("gzip", &["-9"], &TARGETS)?,
            project.theirs("pigz", &["-9"], &TARGETS)?,
            Contestant::new("of that, bare cargo", || project.cargo()),
        ],
    );
    let [ours, gzip, pigz, _] = &usual[..] else { unreachable!("four were run") };
    let busy = 100.0 * ours.cpu().as_secs_f64() / (ours.wall().as_secs_f64() * cores());
    let what = format!("packing {}", project.told());
    let result = |ours: &Figures, other: &Figures, (format, name): (&str, &str)| {
        let permille = sizes(&project.out(format)) * 1000 / sizes(&project.out(name)).max(1);
        format!("{:.1}× as fast, {}.{} % of the size", other.times(ours), permille / 10, permille % 10)
    };
    let mut rows = vec![
        Row::new(
            &what,
            "`tar \\| gzip -9`, `sha256sum`",
            "5× faster, not larger",
            result(ours, gzip, ("tar.gz", "gzip")),
        ),
        Row::new(
            &what,
            "`tar \\| pigz -9`, `sha256sum`",
            "2.3× faster, not larger",
            result(ours, pigz, ("tar.gz", "pigz")),
        ),
        Row::new(&what, "all cores", "90 % busy", format!("{busy:.0} % of {}", cores())),
        Row::new(
            "memory of packing",
            "twice the largest program, for each core",
            &format!("{} MB", 100 + 2 * project.largest * thread::available_parallelism().map_or(1, usize::from) / MB),
            format!("{} MB", ours.memory() / MB as u64),
        ),
    ];
    for (format, name, words) in SLOW {
        let one = &TARGETS[1..2];
        let slow = in_turn(SLOW_ROUNDS, &[project.ours(format, one), project.theirs(name, words, one)?]);
        let against = format!("`tar \\| {name} {}`, `sha256sum`", words.join(" "));
        rows.push(Row::new("one of these targets", &against, "none", result(&slow[0], &slow[1], (format, name))));
    }
    Ok(rows)
}

/// How many processors there are to work on.
fn cores() -> f64 {
    thread::available_parallelism().map_or(1.0, |cores| f64::from(u32::try_from(cores.get()).unwrap_or(u32::MAX)))
}

/// A workspace whose programs are compiled in no time, and folders of the same programs for tar.
struct Project {
    workspace: Fixture,
    bytes: u64,
    largest: usize,
}

impl Project {
    fn new() -> Result<Self, Missing> {
        let quoted = TARGETS.map(|target| format!("\"{target}\"")).join(", ");
        let config = format!("targets = [{quoted}]\nbuilder = \"cargo\"\nchannels = [\"archive\"]\n");
        let workspace = Fixture::package("[workspace]");
        fs::remove_file(workspace.join("src/main.rs")).unwrap_or_else(|error| panic!("{error}"));
        let mut machine_code = MachineCode::new();
        let (mut bytes, mut largest) = (0, 0);
        for (n, target) in TARGETS.iter().enumerate() {
            let folder = workspace.join("target/folders").join(format!("hello-{target}-v1.2.3"));
            fs::create_dir_all(&folder)
                .and_then(|()| fs::create_dir_all(workspace.join("target/programs").join(target)))
                .unwrap_or_else(|error| panic!("{error}"));
            for (m, name) in PROGRAMS.iter().enumerate() {
                let size = (10 + (8 * (2 * n + m)) % 21) * MB;
                let program = machine_code.take(size)?;
                (bytes, largest) = (bytes + size as u64, largest.max(size));
                fs::write(folder.join(name), &program).unwrap_or_else(|error| panic!("{error}"));
                fs::write(workspace.join("target/programs").join(target).join(name), &program)
                    .unwrap_or_else(|error| panic!("{error}"));
            }
            for file in ["LICENSE", "README.md"] {
                fs::copy(workspace.join(file), folder.join(file)).unwrap_or_else(|error| panic!("{error}"));
            }
        }
        for name in PROGRAMS {
            workspace.write(&format!("src/bin/{name}.rs"), "fn main() {}");
        }
        workspace.config(&config);
        workspace.write(
            "target/rustc",
            &WRAPPER.replace("@PROGRAMS@", &workspace.join("target/programs").display().to_string()),
        );
        run(command("chmod").arg("+x").arg(workspace.join("target/rustc")));
        workspace.write(
            lab::fixture::CARGO_CONFIG,
            &format!(
                "[build]\nrustc-wrapper = \"{}\"\n{}",
                workspace.join("target/rustc").display(),
                lab::fixture::QUICK
            ),
        );
        workspace.lock();
        workspace.commit();
        Ok(Self { workspace, bytes, largest })
    }

    fn told(&self) -> String {
        format!("{} targets × {} programs, {} MB", TARGETS.len(), PROGRAMS.len(), self.bytes / MB as u64)
    }

    fn out(&self, name: &str) -> PathBuf {
        self.workspace.join("target/out").join(name)
    }

    /// The built xtask, into a folder that is empty.
    fn ours(&self, format: &'static str, targets: &'static [&'static str]) -> Contestant<'_> {
        let build = move || {
            let mut build = xtask::dist(&self.workspace, ["build", "--config"]);
            build.arg(format!("channel.archive.format=\"{format}\""));
            build.args(targets.iter().flat_map(|target| ["--target", target])).arg("-o").arg(self.out(format));
            build
        };
        Contestant::new(format!("dist build, {format}"), build).after(move || self.forget(format))
    }

    /// tar, a compressor and sha256sum.
    fn theirs(
        &self,
        name: &'static str,
        words: &'static [&'static str],
        targets: &'static [&'static str],
    ) -> Result<Contestant<'_>, Missing> {
        let client = clients::find(name)?;
        let wanted = if let [target] = targets { format!("*{target}*") } else { "*".to_owned() };
        let shell = move || {
            let mut shell = command("sh");
            shell.args(["-c", &SHELL.replace("@FOLDERS@", &wanted), "sh"]).arg(client.path()).args(words);
            shell.current_dir(self.workspace.join("target/folders")).env("OUT", self.out(name));
            shell
        };
        Ok(Contestant::new(format!("tar, {name} {}, sha256sum", words.join(" ")), shell)
            .after(move || self.forget(name)))
    }

    fn forget(&self, name: &str) {
        // There is none before the first round.
        let _ = fs::remove_dir_all(self.out(name));
        fs::create_dir_all(self.out(name)).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Bare cargo, with nothing to do.
    fn cargo(&self) -> Command {
        let mut cargo = command("cargo");
        cargo.args(["build", "--locked", "--profile", "dist"]);
        cargo.args(TARGETS.iter().flat_map(|target| ["--target", target])).current_dir(&*self.workspace);
        cargo
    }
}

/// The toolchain's own programs and libraries, one after the other.
struct MachineCode {
    files: Vec<PathBuf>,
    open: Option<File>,
}

impl MachineCode {
    fn new() -> Self {
        let sysroot = run(command("rustc").args(["--print", "sysroot"])).stdout;
        let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot).trim());
        let listed =
            |folder: &str| fs::read_dir(sysroot.join(folder)).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_large = |file: &PathBuf| file.metadata().is_ok_and(|file| file.is_file() && file.len() > 10 * MB as u64);
        let mut files: Vec<PathBuf> = listed("lib").chain(listed("bin")).filter(is_large).collect();
        files.sort();
        Self { files, open: None }
    }

    /// So many bytes more.
    fn take(&mut self, size: usize) -> Result<Vec<u8>, Missing> {
        let mut taken = Vec::with_capacity(size);
        while taken.len() < size {
            let Some(file) = &mut self.open else {
                self.open = Some(self.next()?);
                continue;
            };
            let left = (size - taken.len()) as u64;
            if file.take(left).read_to_end(&mut taken).unwrap_or_default() == 0 {
                self.open = None;
            }
        }
        Ok(taken)
    }

    fn next(&mut self) -> Result<File, Missing> {
        let missing = |reason: String| Missing {
            what: "machine code".to_owned(),
            reason,
            remedy: "install a toolchain by rustup".to_owned(),
        };
        let file =
            self.files.pop().ok_or_else(|| missing("the toolchain's programs are not large enough".to_owned()))?;
        File::open(&file).map_err(|error: io::Error| missing(format!("{}: {error}", file.display())))
    }
}

fn sizes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |path: PathBuf| {
        let name = path.to_string_lossy().into_owned();
        let is_archive = name.contains(".tar.") && !name.ends_with(".sha256") || name.ends_with(".packed");
        if path.is_dir() {
            sizes(&path)
        } else if is_archive {
            path.metadata().map_or(0, |file| file.len())
        } else {
            0
        }
    };
    entries.map(|entry| size(entry.path())).sum()
}
