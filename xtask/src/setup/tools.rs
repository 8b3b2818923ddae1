//! Which zig, which cargo-zigbuild: choosing among what is there, and bringing the pinned one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::wheels::{Installer, Wheel};
use super::{Found, Need, Origin, Setup, State, Tool, lacking, pins, system, whole};
use crate::report::{Context, Error, Result, terminal};
use crate::run::on_path;
use crate::targets::Target;

impl Setup {
    /// How it stands with a program.
    ///
    /// What the user named in a variable is taken, being named. Then comes the pinned one, also where PATH has
    /// another: releases of one commit are promised to be equal, and they are only with equal tools. What is on PATH
    /// serves where the pinned one is not to be had.
    pub(super) fn tool(&self, tool: Tool) -> State {
        if tool == Tool::Zig
            && let Some(named) = system::named_zig()
            && self.named(tool).is_none()
        {
            return State::Missing {
                reason: format!("{} names {}, which does not run", system::ZIG_PATH, named.display()),
                remedy: format!("let {} name a zig, or unset it", system::ZIG_PATH),
            };
        }
        if let Some(found) = self.named(tool).or_else(|| self.brought(tool)) {
            return State::Present(found);
        }
        match (self.obtainable(tool), self.of_path(tool)) {
            (Ok(how), _) => State::Obtainable { how },
            (Err((reason, _)), Some(found)) => State::Present(instead(tool, found, &reason)),
            (Err((reason, remedy)), None) => State::Missing { reason, remedy },
        }
    }

    /// The program that is used now.
    pub(super) fn present(&self, tool: Tool) -> Option<Found> {
        self.named(tool).or_else(|| self.brought(tool)).or_else(|| self.of_path(tool))
    }

    pub(super) fn bring_tool(&self, tool: Tool) -> Result<Found> {
        let need = Need::Tool(tool);
        let (Some(wheel), Ok(installer)) = (pins::wheel(tool), self.installer()) else { return Err(lacking(&need)) };
        let runs = |folder: &Path| self.version_in(folder, tool, wheel).is_some();
        let result = whole::make(&self.tools, &folder_name(tool, wheel), runs, |new| wheel.install(installer, new));
        match (result, self.of_path(tool)) {
            (Ok(()), _) => self.brought(tool).ok_or_else(|| lacking(&need)),
            (Err(error), Some(found)) => {
                terminal::warning(&error);
                Ok(instead(tool, found, "which could not be brought"))
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Whether zig and cargo-zigbuild are there already.
    pub fn has_zig(&self) -> bool {
        self.path(Tool::Zig).is_some() && self.path(Tool::CargoZigbuild).is_some()
    }

    /// The variables with which builders find what was brought, and write nothing outside the tools' folder.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let cache = self.tools.join("cache");
        let mut variables = BTreeMap::new();
        let mut set = |name: &str, path: &Path| variables.insert(name.to_owned(), path.display().to_string());
        if let Some(zig) = self.path(Tool::Zig) {
            set(system::ZIG_PATH, &zig);
            // cargo-zigbuild asks Python for its zig first, which may have any; this Python does not exist.
            set("CARGO_ZIGBUILD_PYTHON_PATH", &self.tools.join("no-python"));
        }
        for (name, folder) in [
            ("CARGO_ZIGBUILD_CACHE_DIR", self.wrappers.clone()),
            ("ZIG_GLOBAL_CACHE_DIR", cache.join("zig")),
            (system::XWIN_CACHE, self.xwin_cache()),
        ] {
            // What the user set stays.
            match std::env::var(name) {
                Ok(value) if !value.is_empty() => {}
                _ => drop(set(name, &folder)),
            }
        }
        variables
    }

    fn named(&self, tool: Tool) -> Option<Found> {
        let path = (tool == Tool::Zig).then(system::named_zig).flatten()?;
        let version = system::version(tool, &path, &self.runner)?;
        let found = Found::new(version, path, Origin::Named);
        Some(instead(tool, found, &format!("{} names it", system::ZIG_PATH)))
    }

    fn brought(&self, tool: Tool) -> Option<Found> {
        let wheel = pins::wheel(tool)?;
        let folder = self.tools.join(folder_name(tool, wheel));
        let version = self.version_in(&folder, tool, wheel)?;
        Some(Found::new(version, program_in(&folder, wheel), Origin::Brought))
    }

    /// It is run, because a folder that was copied from another kind of machine looks as well as any.
    fn version_in(&self, folder: &Path, tool: Tool, wheel: &Wheel) -> Option<String> {
        let path = program_in(folder, wheel);
        if let Some(version) = self.versions.borrow().get(&path) {
            return Some(version.clone());
        }
        let version = path.is_file().then(|| system::version(tool, &path, &self.runner)).flatten()?;
        self.versions.borrow_mut().insert(path, version.clone());
        Some(version)
    }

    fn of_path(&self, tool: Tool) -> Option<Found> {
        let path = on_path(tool.program())?;
        let version = system::version(tool, &path, &self.runner)?;
        Some(Found::new(version, path, Origin::Path))
    }

    /// How the pinned program would be brought, or why it cannot be and what mends that.
    fn obtainable(&self, tool: Tool) -> Result<String, (String, String)> {
        let Some(wheel) = pins::wheel(tool) else {
            return Err(("it is not on PATH".to_owned(), format!("cargo install --locked {tool}")));
        };
        // Not everything can be had otherwise: zig is no crate.
        let own = match tool {
            Tool::Zig => format!("have zig {} on PATH (https://ziglang.org/download)", wheel.version),
            _ => format!("cargo install --locked {}@{}", wheel.package, wheel.version),
        };
        if self.offline {
            let reason = format!("{tool} {} was not brought yet, and --offline forbids to", wheel.version);
            return Err((reason, "run `cargo xtask dist setup` once with a network".to_owned()));
        }
        if !wheel.serves(&Target::host()) {
            return Err((format!("{tool} {} has no package for {}", wheel.version, Target::host()), own));
        }
        match self.installer() {
            Ok(installer) => Ok(format!("{} {} with {}", wheel.package, wheel.version, installer.name())),
            Err(lack) => Err((lack.to_owned(), format!("{}; or {own}", Installer::remedy()))),
        }
    }

    fn installer(&self) -> Result<&Installer, &'static str> {
        self.installer.get_or_init(|| Installer::find(&self.runner)).as_ref().map_err(|lack| *lack)
    }

    fn xwin_cache(&self) -> PathBuf {
        std::env::var_os(system::XWIN_CACHE)
            .filter(|folder| !folder.is_empty())
            .map_or_else(|| self.tools.join("cache").join("cargo-xwin"), PathBuf::from)
    }

    pub(super) fn windows_sdk(&self) -> State {
        match system::windows_sdk(&self.xwin_cache()) {
            Some(found) => State::Present(found),
            None if self.offline => State::Missing {
                reason: "it was not brought yet, and --offline forbids to".to_owned(),
                remedy: format!("run `cargo xtask dist setup` once with a network, or {SDK_OTHERWISE}"),
            },
            None => State::Obtainable {
                how: "cargo-xwin downloads it from Microsoft, whose licence you accept by using it".to_owned(),
            },
        }
    }

    /// Before the build, so that a machine that cannot reach Microsoft is told before anything compiles.
    pub(super) fn bring_windows_sdk(&self) -> Result<Found> {
        let xwin = self.bring(&Need::Tool(Tool::CargoXwin))?;
        let _lock = whole::lock(&self.tools, "windows-sdk")?;
        let cache = self.xwin_cache();
        if let Some(found) = system::windows_sdk(&cache) {
            return Ok(found);
        }
        fs::create_dir_all(&cache).context(|| format!("cannot create {}", cache.display()))?;
        let command = self.runner.command(&xwin.path).args(["cache", "xwin"]).env("RUST_BACKTRACE", "0");
        let output =
            command.env(system::XWIN_CACHE, &cache).ignore_status().output().context(|| "cannot run cargo-xwin")?;
        match system::windows_sdk(&cache) {
            Some(found) if output.status.success() => Ok(found),
            _ => Err(Error::new("cargo-xwin cannot download Microsoft's C runtime and Windows SDK")
                .because(String::from_utf8_lossy(&output.stderr).trim())
                .help(format!("look at the network, or {SDK_OTHERWISE}"))),
        }
    }
}

const SDK_OTHERWISE: &str =
    "point XWIN_CACHE_DIR at a cache from another machine, build on Windows, or release for windows-gnullvm instead";

/// Says of what was found that another was pinned, if so.
fn instead(tool: Tool, mut found: Found, reason: &str) -> Found {
    let pinned = tool.pinned().filter(|pinned| *pinned != found.version);
    found.instead = pinned.map(|pinned| format!("not the pinned {pinned}: {reason}"));
    found
}

fn folder_name(tool: Tool, wheel: &Wheel) -> String {
    format!("{tool}-{}", wheel.version)
}

fn program_in(folder: &Path, wheel: &Wheel) -> PathBuf {
    folder.join(format!("{}{}", wheel.program, std::env::consts::EXE_SUFFIX))
}
