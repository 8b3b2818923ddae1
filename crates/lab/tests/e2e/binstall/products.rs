//! The products: two programs in one package, for three systems, in every format, on every kind of host.

use std::fs;

use lab::xtask::{dist, shared_tools};
use lab::{fixture, run};

use super::{Package, Published, binstall};
use crate::products::products;

const TARGETS: [&str; 3] = ["aarch64-apple-darwin", "x86_64-pc-windows-gnullvm", "x86_64-unknown-linux-musl"];

/// The repository, what the configuration has to say of it, and the formats that are released there.
const HOSTS: [(&str, &[&str], [&str; 2]); 3] = [
    ("https://github.com/xtask-dist/xtask-dist", &[], ["tar.gz", "tar.xz"]),
    ("https://gitlab.com/xtask-dist/xtask-dist", &[], ["zip", "tar"]),
    (
        "https://git.example.org/xtask-dist",
        &["--config", "download-url = \"https://dl.example.org/{ tag }/{ asset }\""],
        ["tar.zst", "tar.bz2"],
    ),
];

#[test]
fn both_programs_of_the_products_are_installed_whatever_the_format_and_the_host() {
    let Some(client) = binstall("the products are installed from releases in every format") else { return };
    let project = products("");
    fs::write(project.join(fixture::CARGO_CONFIG), fixture::QUICK).unwrap();
    let workspace = fs::read_to_string(project.join("Cargo.toml")).unwrap();
    for (repository, config, formats) in HOSTS {
        let workspace = workspace.replace(HOSTS[0].0, repository);
        fs::write(project.join("Cargo.toml"), workspace).unwrap();
        for format in formats {
            let format = format!("channel.archive.format = \"{format}\"");
            let targets = TARGETS.iter().flat_map(|target| ["--target", target]);
            let args = targets.chain(config.iter().copied()).chain(["--config", &format]);
            run(dist(&project, args).envs([shared_tools()]));
            let published = Published::of(&project, "v0.1.0");
            let manifest = "crates/tally/Cargo.toml";
            let section = published.section("tally");
            // Elsewhere there are no default URLs.
            assert_eq!(section.is_empty(), config.is_empty(), "{section}");
            let configured = Package::of(&project, "tally", manifest, &section);
            for target in TARGETS {
                configured.is_installed(&client, &published, target);
            }
        }
    }
}
