//! As users have it: the package comes from a registry, as cargo packed it.

use std::fs;
use std::path::Path;
use std::process::Command;

use lab::binstall::{Install, Source, inside};
use lab::server::{Answer, Registry, Request, Server};
use lab::xtask::dist;
use lab::{Fixture, command, run, scratch};
use xtask_dist::targets::Target;

use super::{Package, Published, binstall, in_every_manifest};

#[test]
fn a_package_from_a_registry_is_installed_from_its_release() {
    let Some(client) = binstall("a published package is installed from its release") else { return };
    let hello = Fixture::package("");
    hello.write("src/bin/helper.rs", lab::fixture::MAIN);
    run(&mut dist(&hello, []));
    let published = Published::of(&hello, "v1.2.3");
    let target = Target::host().to_string();
    assert_eq!(published.section("hello"), "", "the usual names need none");
    for section in ["", "[package.metadata.binstall]\npkg-fmt = \"tgz\"\n"] {
        let packed = packed(&hello, section);
        let (registry, site) = (Registry::at("/index").with("hello", "1.2.3", packed), published.site());
        let server = Server::start(move |request: &Request| {
            if request.url.starts_with("http://index.test/") { registry.answer(request) } else { site.answer(request) }
        });
        let source = Source::Index("sparse+http://index.test/index/");
        for name in ["hello", "hello@1.2.3", "hello@^1"] {
            let install = Install { name, source, targets: &[&target], proxy: &server.url(), args: &[] };
            let outcome = install.run(&client);
            assert_eq!(outcome.code, Some(0), "{name}: {}", outcome.said);
            assert_eq!(outcome.url.as_deref(), published.asset("hello", &target)["url"].as_str());
            assert_eq!(outcome.programs.keys().collect::<Vec<_>>(), ["hello", "helper"]);
        }
        let install = Install { name: "hello@2", source, targets: &[&target], proxy: &server.url(), args: &[] };
        assert_ne!(install.run(&client).code, Some(0), "there is no 2");
    }
    // And what cargo made of the manifest is explained as the manifest is.
    let packed = scratch("packed");
    run(&mut cargo_package(&hello));
    run(command("tar").arg("-xzf").arg(hello.join("target/package/hello-1.2.3.crate")).current_dir(&*packed));
    let package = Package::of(&packed.join("hello-1.2.3"), "hello", "Cargo.toml", "");
    package.is_installed(&client, &published, &target);
}

/// The `.crate` file of the project with a section in its Cargo.toml, as it has to be here.
fn packed(hello: &Fixture, section: &str) -> Vec<u8> {
    let copy = Package::of(hello, "hello", "Cargo.toml", section);
    in_every_manifest(&copy.folder, &inside);
    run(&mut cargo_package(&copy.folder));
    fs::read(copy.folder.join("target/package/hello-1.2.3.crate")).unwrap()
}

fn cargo_package(project: &Path) -> Command {
    let mut cargo = command("cargo");
    cargo.args(["package", "--allow-dirty", "--no-verify", "--quiet", "--offline"]).current_dir(project);
    cargo
}
