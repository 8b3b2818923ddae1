//! Windows programs on this machine, by Wine; and the Windows cargo for those that ask it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::skip::Missing;
use crate::xtask::shared_tools;
use crate::{Client, cache_dir, clients, command, once, run, try_run};

/// The target of the Windows programs that the tests build: zig links it anywhere.
pub const TARGET: &str = "x86_64-pc-windows-gnullvm";

/// Wine with a Windows of its own.
#[derive(Debug)]
pub struct Wine {
    client: Client,
    prefix: PathBuf,
}

/// Wine, with its Windows set up once.
pub fn find() -> Result<Wine, Missing> {
    let wine = Wine { client: clients::find("wine")?, prefix: cache_dir().join("wine") };
    let ready = wine.prefix.join("ready");
    // Two that set it up at once disturb each other.
    let _lock = once::lock(&cache_dir().join("wine.lock")).map_err(failed)?;
    if !ready.exists() {
        try_run(wine.command("wineboot").arg("--init")).map_err(|failure| failed(failure.last_word()))?;
        fs::write(&ready, "").map_err(|error| failed(error.to_string()))?;
    }
    Ok(wine)
}

fn failed(reason: String) -> Missing {
    Missing { what: "wine".to_owned(), reason, remedy: "apt-get install wine".to_owned() }
}

impl Wine {
    /// A command that runs a Windows program, in a clean environment.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = self.client.command();
        command.arg(program.as_ref()).env("WINEDEBUG", "-all").env("WINEPREFIX", &self.prefix);
        command
    }
}

/// What Windows calls the file.
#[must_use]
pub fn path(file: &Path) -> String {
    format!("Z:{}", file.display()).replace('/', "\\")
}

/// The built tool for Windows: released by itself, with the zig that it brings. Its folder has it as `xtask.exe`.
///
/// # Panics
/// When the tool cannot release itself.
#[must_use]
pub fn xtask() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(build_xtask)
}

fn build_xtask() -> PathBuf {
    let folder = cache_dir().join("xtask-for-windows");
    let _lock = once::lock(&cache_dir().join("xtask-for-windows.lock")).expect("a lock");
    let shard = folder.join("shard");
    let mut dist =
        crate::xtask::dist(crate::workspace_root(), ["build", "--target", TARGET, "--package", "xtask-dist"]);
    dist.args(["--config", "packages = [\"xtask-dist\"]", "--config", "profile = \"xtask\"", "-o"]).arg(&shard);
    run(dist.envs([shared_tools()]).env("CARGO_TARGET_DIR", crate::target_dir()));
    let unpack = "import glob, shutil, sys, zipfile\n\
                  archive = zipfile.ZipFile(glob.glob(sys.argv[1] + '/*/*.zip')[0])\n\
                  name = next(name for name in archive.namelist() if name.endswith('/xtask.exe'))\n\
                  open(sys.argv[2] + '/xtask.exe', 'wb').write(archive.read(name))";
    run(command("python3").args(["-c", unpack]).args([&shard, &folder]));
    random_numbers(&folder);
    folder
}

/// The `bin` folder of the Rust for Windows that this machine's Rust is a sibling of.
pub fn rust() -> Result<PathBuf, Missing> {
    let version = String::from_utf8_lossy(&run(command("rustc").arg("-V")).stdout).into_owned();
    let version = version.split(' ').nth(1).unwrap_or("stable").to_owned();
    let toolchain = format!("{version}-x86_64-pc-windows-gnu");
    let home = cache_dir().join(format!("rust-{toolchain}"));
    once::make(&home, |partial| {
        // A rustup home of its own: the user's does not learn of it.
        let mut rustup = command("rustup");
        rustup.args([
            "toolchain",
            "install",
            &toolchain,
            "--force-non-host",
            "--profile",
            "minimal",
            "--no-self-update",
        ]);
        try_run(rustup.env("RUSTUP_HOME", partial)).map(drop).map_err(|failure| failure.last_word())
    })
    .map_err(|reason| Missing {
        what: "cargo for Windows".to_owned(),
        reason,
        remedy: format!("have a network for `rustup toolchain install {toolchain} --force-non-host`"),
    })?;
    let bin = home.join("toolchains").join(toolchain).join("bin");
    random_numbers(&bin);
    Ok(bin)
}

/// Rust's standard library takes random numbers from `bcryptprimitives.dll`, which Wine 8 (Debian 12) does not have yet;
/// programs find one that is beside them.
fn random_numbers(folder: &Path) {
    const SOURCE: &str = "extern \"advapi32\" fn SystemFunction036(to: [*]u8, size: u32) callconv(.winapi) u8;\n\
         export fn ProcessPrng(to: [*]u8, size: usize) callconv(.winapi) c_int {\n    \
         return SystemFunction036(to, @intCast(size));\n}\n";
    let library = cache_dir().join("bcryptprimitives");
    once::make(&library, |partial| {
        fs::write(partial.join("bcryptprimitives.zig"), SOURCE).map_err(|error| error.to_string())?;
        let mut zig = command(cache_dir().join("tools/zig-0.15.2/ziglang/zig"));
        zig.args(["build-lib", "-dynamic", "-target", "x86_64-windows", "-O", "ReleaseSmall", "bcryptprimitives.zig"]);
        zig.env("ZIG_GLOBAL_CACHE_DIR", cache_dir().join("tools/cache/zig")).current_dir(partial);
        try_run(&mut zig).map(drop).map_err(|failure| failure.to_string())
    })
    .expect("zig makes a library");
    let name = "bcryptprimitives.dll";
    fs::copy(library.join(name), folder.join(name)).expect("a folder to write to");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_drive_that_is_the_whole_system() {
        assert_eq!(path(Path::new("/a b/c.d")), r"Z:\a b\c.d");
    }
}
