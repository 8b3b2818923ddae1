//! What the templates of npm packages can use: the launcher's table, and the READMEs.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Settings;
use super::native::PlatformPackage;
use crate::channel::Work;

/// For `launcher.js`: the script that runs one program.
#[derive(Debug, Serialize)]
pub struct View<'a> {
    /// The main package.
    name: &'a str,
    /// The program that it runs.
    program: &'a str,
    /// The packages that have it.
    platforms: Vec<Row<'a>>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    package: &'a str,
    /// The program's file in it.
    file: String,
    os: &'static str,
    cpus: Vec<&'static str>,
    /// The C library that it needs; none where it needs none.
    libc: Option<&'static str>,
}

/// For `README.md`: of the main package, where the repository has none.
#[derive(Debug, Serialize)]
pub struct MainView<'a> {
    name: &'a str,
    description: Option<&'a str>,
    repository: Option<&'a str>,
    programs: &'a BTreeSet<&'a str>,
}

/// For `platform.md`: the README of a package for one platform.
#[derive(Debug, Serialize)]
pub struct PlatformView<'a> {
    name: &'a str,
    /// The package that brings it along.
    main: String,
    repository: Option<&'a str>,
    programs: Vec<&'a str>,
    /// `linux arm64, glibc`.
    platform: String,
}

impl<'a> View<'a> {
    /// The view for a program of the main package `name`.
    pub fn new(name: &'a str, program: &'a str, packages: &'a [PlatformPackage<'_>]) -> Self {
        let row = |package: &'a PlatformPackage<'_>| {
            let file = package.programs.iter().find(|it| it.name == program)?.file();
            let cpus = package.platforms.iter().map(|platform| platform.cpu).collect();
            let os = package.platforms.first()?.os;
            Some(Row { package: &package.name, file, os, cpus, libc: package.libc })
        };
        Self { name, program, platforms: packages.iter().filter_map(row).collect() }
    }
}

impl<'a> MainView<'a> {
    /// The view for the main package `name`, which has these programs.
    pub fn new(work: &'a Work<'_>, name: &'a str, programs: &'a BTreeSet<&'a str>) -> Self {
        let about = &work.package.about;
        Self { name, description: about.description.as_deref(), repository: about.repository.as_deref(), programs }
    }
}

impl<'a> PlatformView<'a> {
    /// The view for a package.
    pub fn new(work: &'a Work<'_>, settings: &Settings, package: &'a PlatformPackage<'_>) -> Self {
        let mut words = package.platforms.first().map(|platform| platform.os.to_owned()).unwrap_or_default();
        let cpus: Vec<&str> = package.platforms.iter().map(|platform| platform.cpu).collect();
        words = format!("{words} {}", cpus.join(" and "));
        let libc = package.libc.map(|libc| format!(", {libc}")).unwrap_or_default();
        Self {
            name: &package.name,
            main: settings.name_of(work.package),
            repository: work.package.about.repository.as_deref(),
            programs: package.programs.iter().map(|program| program.name).collect(),
            platform: format!("{words}{libc}"),
        }
    }

    /// One line that says what it is.
    pub fn what(&self) -> String {
        format!("The programs of {} for {}", self.main, self.platform)
    }
}
