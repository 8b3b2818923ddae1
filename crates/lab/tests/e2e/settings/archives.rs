//! What archives are called, how they are packed, and which files are in them.

use std::fs;

use lab::{Fixture, client, command, run};

use super::{HOST, Released, release};
use crate::said::{configured, package, run_in};

fn modes(released: &Released, asset: &str) -> Vec<(String, u32)> {
    released.members(asset).into_iter().map(|member| (member.path, member.mode)).collect()
}

#[test]
fn a_flat_archive_named_otherwise() {
    let hello = configured("[channel.archive]\nname = \"{ name }-{ target-family }-{ target-arch }\"\nfolder = \"\"\n");
    let released = release(&hello, "v1.2.3");
    let name = format!("hello-{}-{}.tar.gz", std::env::consts::OS.replace("macos", "darwin"), std::env::consts::ARCH);
    assert_eq!(released.assets(), [name.as_str()]);
    let wanted =
        [("LICENSE", 0o644), ("README.md", 0o644), ("hello", 0o755)].map(|(path, mode)| (path.to_owned(), mode));
    assert_eq!(modes(&released, &name), wanted);
    let program = run(&mut command(released.unpacked.join("hello")));
    assert_eq!(String::from_utf8_lossy(&program.stdout), "hello 1.2.3\n");
    // What points at it follows.
    let formula = fs::read_to_string(released.folder.join("homebrew/hello.rb")).unwrap();
    assert!(formula.contains(&format!("/v1.2.3/{name}\"")) && formula.contains("bin.install \"hello\""), "{formula}");
    let metadata = fs::read_to_string(released.folder.join("binstall/hello.toml")).unwrap();
    let name = "/{ name }-{ target-family }-{ target-arch }{ archive-suffix }";
    assert!(metadata.contains(name) && !metadata.contains("bin-dir"), "{metadata}");
}

#[test]
fn a_folder_of_another_name() {
    let hello = configured("[package.hello.channel.archive]\nfolder = \"hello_{ version }\"\n");
    let released = release(&hello, "v1.2.3");
    let name = format!("hello-{}-v1.2.3.tar.gz", *HOST);
    assert_eq!(modes(&released, &name)[2], ("hello_1.2.3/hello".to_owned(), 0o755));
}

#[test]
fn a_zip_file_where_tar_is_usual() {
    let hello = configured(&format!("[target.{}.channel.archive]\nformat = \"zip\"\n", *HOST));
    let released = release(&hello, "v1.2.3");
    let [asset] = &released.assets()[..] else { panic!("{:?}", released.assets()) };
    assert_eq!(*asset, format!("hello-{}-v1.2.3.zip", *HOST));
    let program = format!("hello-{}-v1.2.3/hello", *HOST);
    assert!(modes(&released, asset).contains(&(program.clone(), 0o755)), "{:?}", modes(&released, asset));
    let archive = released.folder.join(asset);
    run(command("python3").args(["-m", "zipfile", "-t"]).arg(&archive));
    if let Some(unzip) = client("unzip", "a zip file keeps the right to run") {
        let scratch = lab::scratch("unzip");
        run(unzip.command().arg("-q").arg(&archive).arg("-d").arg(&*scratch));
        let said = run(&mut command(scratch.join(program)));
        assert_eq!(String::from_utf8_lossy(&said.stdout), "hello 1.2.3\n");
    }
}

#[test]
fn further_files() {
    let hello = configured("include = [\"docs/**/*.md\", \"scripts\", \"LICENSE\"]\n");
    for path in ["docs/a.md", "docs/deep/b.md", "docs/c.txt", "scripts/run.sh"] {
        hello.write(path, path);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(hello.join("scripts/run.sh"), fs::Permissions::from_mode(0o700)).unwrap();
    }
    let released = release(&hello, "v1.2.3");
    let wanted = ["LICENSE", "README.md", "docs/a.md", "docs/deep/b.md", "hello", "scripts/run.sh"];
    assert_eq!(released.paths(), wanted);
    let all = modes(&released, &released.assets()[0]);
    assert_eq!(
        all.iter().find(|(path, _)| path.ends_with("run.sh")).unwrap().1,
        if cfg!(unix) { 0o755 } else { 0o644 }
    );
    assert_eq!(all.iter().find(|(path, _)| path.ends_with("a.md")).unwrap().1, 0o644);
}

#[test]
fn completions_and_man_pages_of_the_build_script_and_of_the_repository() {
    let hello = Fixture::hello();
    hello.write(
        "build.rs",
        r#"fn main() {
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    std::fs::create_dir_all(out.join("completions")).unwrap();
    for file in ["completions/hello.bash", "completions/_hello", "hello.1", "stranger.1", "generated.rs"] {
        std::fs::write(out.join(file), "built").unwrap();
    }
}"#,
    );
    for path in ["completions/hello.fish", "completions/hello.bash", "man/hello.1", "man/hello-sub.1", "man/stranger.7"]
    {
        hello.write(path, "kept");
    }
    let released = release(&hello, "v1.2.3");
    let wanted = [
        "LICENSE",
        "README.md",
        "completions/_hello",
        "completions/hello.bash",
        "completions/hello.fish",
        "hello",
        "man/hello-sub.1",
        "man/hello.1",
        "man/stranger.7",
    ];
    assert_eq!(released.paths(), wanted);
    let read = |path: &str| fs::read_to_string(released.file("hello", path)).unwrap();
    // What was built is newer than what somebody once committed.
    let kept = ["completions/hello.fish", "man/hello-sub.1"].map(read);
    let built = ["completions/_hello", "completions/hello.bash", "man/hello.1"].map(read);
    assert_eq!((kept, built), (["kept", "kept"].map(Into::into), ["built", "built", "built"].map(Into::into)));
    let formula = fs::read_to_string(released.folder.join("homebrew/hello.rb")).unwrap();
    for words in ["bash_completion.install \"completions/hello.bash\"", "man1.install \"man/hello.1\"", "man7.install"]
    {
        assert!(formula.contains(words), "{words} is not in\n{formula}");
    }
}

#[test]
fn files_of_the_workspace_go_with_each_of_its_packages() {
    let two = Fixture::of(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"2\"\n"),
        ("one/Cargo.toml", &package("one", "1.0.0", "")),
        ("one/src/main.rs", lab::fixture::MAIN),
        ("one/LICENSE", "of one"),
        ("one/docs/guide.md", "of one"),
        ("two/Cargo.toml", &package("two", "1.0.0", "")),
        ("two/src/main.rs", lab::fixture::MAIN),
        ("LICENSE", "of all"),
        ("man/one.1", ""),
        ("man/two.1", ""),
        ("packaging/dist.toml", "[package.one]\ninclude = [\"one/docs/*\"]\n"),
    ]);
    let released = release(&two, "v1.0.0");
    let paths = |name: &str| -> Vec<String> {
        let asset = format!("{name}-{}-v1.0.0.tar.gz", *HOST);
        let members = released.members(&asset).into_iter();
        members.map(|member| member.path.split_once('/').unwrap().1.to_owned()).collect()
    };
    assert_eq!(paths("one"), ["LICENSE", "docs/guide.md", "man/one.1", "one"]);
    assert_eq!(paths("two"), ["LICENSE", "man/two.1", "two"]);
    let licence = |name: &str| fs::read_to_string(released.file(name, "LICENSE")).unwrap();
    assert_eq!((licence("one"), licence("two")), ("of one".to_owned(), "of all".to_owned()));
    run_in(&two, &["verify"]).ends(0, &[]);
}
