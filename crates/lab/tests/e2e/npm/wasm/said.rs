//! What is planned and left out, and what is said of it.

use lab::Fixture;

use super::CONFIG;
use crate::npm::tool;
use crate::products::library;
use crate::said::said;

/// A workspace with a library for JavaScript and a program; `manifest` is the library's, from its name on.
fn fixture(manifest: &str) -> Fixture {
    let lib =
        format!("[package]\nname = \"page\"\nversion = \"1.2.3\"\nedition = \"2021\"\nlicense = \"MIT\"\n{manifest}");
    let bindgen = "[package]\nname = \"wasm-bindgen\"\nversion = \"0.2.100\"\nedition = \"2021\"\npublish = false\n";
    let hello = "[package]\nname = \"hello\"\nversion = \"1.2.3\"\nedition = \"2021\"\nlicense = \"MIT\"\n";
    let fixture = Fixture::of(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"hello\", \"page\", \"wasm-bindgen\"]\nresolver = \"2\"\n"),
        ("hello/Cargo.toml", hello),
        ("hello/src/main.rs", lab::fixture::MAIN),
        ("page/Cargo.toml", &lib),
        ("page/src/lib.rs", ""),
        ("wasm-bindgen/Cargo.toml", bindgen),
        ("wasm-bindgen/src/lib.rs", ""),
    ]);
    // Beside a program, it is released where that is asked for.
    fixture.config("[wasm]\n");
    fixture
}

const CDYLIB: &str = "[lib]\ncrate-type = [\"cdylib\"]\n";
const BINDGEN: &str = "[dependencies]\nwasm-bindgen = { path = \"../wasm-bindgen\" }\n";
const ROW: &str = "  library for bundler, nodejs, web  page-wasm32-unknown-unknown-v1.2.3.tar.gz";

#[test]
fn a_cdylib_that_depends_on_wasm_bindgen_is_a_library_for_javascript() {
    let plan = |project: &Fixture, args: &[&str]| {
        let args: Vec<&str> = ["--plan"].iter().chain(args).copied().collect();
        said(&mut tool(project, &args))
    };
    let library = fixture(&format!("{CDYLIB}{BINDGEN}"));
    let all = plan(&library, &[]).ends(0, &[]);
    assert!(all.stdout.contains(ROW) && all.stdout.contains("channels of page: archive, npm"), "{}", all.stdout);
    assert!(plan(&library, &["--target", "all"]).stdout.contains(ROW));
    plan(&library, &["--target", "host"]).ends(0, &[]).without(&["page"]);
    let own = plan(&library, &["--target", "wasm32-unknown-unknown"]).ends(0, &[]);
    assert!(own.stdout.contains(ROW) && !own.stdout.contains("hello"), "{}", own.stdout);
    library.config("");
    let unasked = plan(&library, &[]).ends(0, &[]);
    assert!(!unasked.stdout.contains(ROW) && unasked.stdout.contains("left out: page: "), "{}", unasked.stdout);
    assert!(plan(&library, &["--package", "page"]).stdout.contains(ROW));
    plan(&library, &["--package", "page", "--target", "host"])
        .ends(2, &["nothing is left to release", "for wasm32-unknown-unknown"]);
    plan(&library, &["--package", "page", "--channel", "docker"]).ends(2, &["not by channels for programs"]);
    // Channels for programs are no concern of it, even where they are asked for.
    let homebrew = plan(&library, &["--channel", "archive", "--channel", "docker", "--package", "page"]).ends(0, &[]);
    assert!(homebrew.stdout.contains("channels of page: archive\n"), "{}", homebrew.stdout);

    for manifest in
        [CDYLIB.to_owned(), BINDGEN.to_owned(), format!("{CDYLIB}{}", BINDGEN.replace('}', ", optional = true }"))]
    {
        plan(&fixture(&manifest), &[]).ends(0, &[]).without(&["page"]);
    }
    let optional = fixture(&format!("{CDYLIB}{}", BINDGEN.replace('}', ", optional = true }")));
    optional.config("packages = [\"page\"]\n");
    plan(&optional, &[]).ends(2, &["page has no program to release", "no library for JavaScript either"]);
    optional.config("[wasm]\n[package.page]\nfeatures = [\"wasm-bindgen\"]\n");
    assert!(plan(&optional, &[]).stdout.contains(ROW));
}

#[test]
fn a_package_may_be_both() {
    let both = fixture(&format!("{CDYLIB}{BINDGEN}"));
    both.write("page/src/main.rs", lab::fixture::MAIN);
    both.config("[wasm]\ntargets = [\"web\"]\n[channel.archive]\nformat = \"bin\"\n");
    let plan = said(&mut tool(&both, &["--plan", "--package", "page", "--target", "all"])).ends(0, &[]);
    assert!(plan.stdout.contains("  library for web  "), "{}", plan.stdout);
    assert!(plan.stdout.contains("page-wasm32-unknown-unknown-v1.2.3.tar.gz"), "{}", plan.stdout);
    assert!(plan.stdout.contains("page-x86_64-unknown-linux-musl-v1.2.3"), "{}", plan.stdout);
}

#[test]
fn a_lock_file_has_to_name_wasm_bindgen() {
    let checkout = library("", CONFIG);
    std::fs::remove_file(checkout.join("Cargo.lock")).unwrap();
    said(&mut tool(&checkout, &["--plan"])).ends(2, &["there is no Cargo.lock", "cargo generate-lockfile"]);
}

#[test]
fn what_is_misspelt_is_said_with_its_place() {
    let checkout = library("", "[wasm]\ntargets = [\"node\"]\n[package.tally-wasm.wasm]\nwasm-otp = \"never\"\n");
    said(&mut tool(&checkout, &["--plan"])).ends(
        2,
        &[
            "packaging/dist.toml:2:12: unknown target of wasm-bindgen `node`",
            "packaging/dist.toml:4:1: unknown key `wasm-otp` in [package.tally-wasm.wasm]",
            "did you mean `wasm-opt`?",
        ],
    );
}
