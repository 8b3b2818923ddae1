//! Releases that nothing is installed from: `explain` says so first.

use lab::xtask::dist;
use lab::{Fixture, fixture, run};
use xtask_dist::targets::Target;

use super::{Package, Published, binstall};

/// Two programs in a package, released with this configuration.
fn release(config: &str) -> (Fixture, Published) {
    let project = Fixture::package("");
    project.write("src/bin/helper.rs", fixture::MAIN);
    project.write("hello-1.2.3/notes.md", "notes");
    project.config(config);
    run(&mut dist(&project, []));
    let published = Published::of(&project, "v1.2.3");
    (project, published)
}

#[test]
fn what_the_client_does_not_find_explain_does_not_find_either() {
    let Some(client) = binstall("releases that cannot be installed are known before") else { return };
    let target = Target::host().to_string();
    let cases = [
        ("exclude-binaries = [\"helper\"]", format!("hello-{target}-v1.2.3/helper not found")),
        ("[channel.archive]\nfolder = \"programs\"\n", "…/hello not found".to_owned()),
        (
            "include = [\"hello-1.2.3/*\"]\n[channel.archive]\nfolder = \"\"\n",
            "…/hello-1.2.3/hello not found".to_owned(),
        ),
    ];
    for (config, why) in cases {
        let (project, published) = release(config);
        // By default names and folders, with no metadata.
        Package::of(&project, "hello", "Cargo.toml", "").is_refused(&client, &published, &target, &why);
        if !config.starts_with("exclude") {
            let configured = Package::of(&project, "hello", "Cargo.toml", &published.section("hello"));
            configured.is_installed(&client, &published, &target);
        }
    }
}

#[test]
fn two_programs_are_no_bare_one() {
    let Some(client) = binstall("two programs cannot be one file") else { return };
    let target = Target::host().to_string();
    let (project, published) = release("exclude-binaries = [\"helper\"]\n[channel.archive]\nformat = \"bin\"\n");
    let package = Package::of(&project, "hello", "Cargo.toml", "");
    package.is_refused(&client, &published, &target, "generates duplicate source path");
}
