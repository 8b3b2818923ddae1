//! What git says of each crate, in repositories of every make.

use std::fs;

use lab::Fixture;

use super::{Index, status, words};

fn workspace() -> Option<(Index, Fixture)> {
    let index = Index::with(&[("one", &["1.0.0"]), ("two", &["1.0.0"])])?;
    let workspace = index.workspace(&[("one", "1.0.0"), ("two", "1.0.0")]);
    Some((index, workspace))
}

#[test]
fn a_change_is_that_of_the_crate_in_whose_folder_it_is() {
    let Some((_index, workspace)) = workspace() else { return };
    let git = || words(&workspace, "git", &[]);
    assert_eq!(git(), ["one clean", "two clean"]);
    workspace.write("notes.txt", "of nobody");
    workspace.write("crates/one/target-notes/new file", "");
    assert_eq!(git(), ["one modified", "two clean"]);
    workspace.git(&["add", "--all"]);
    assert_eq!(git(), ["one modified", "two clean"]);
    workspace.git(&["commit", "-m", "more"]);
    assert_eq!(git(), ["one clean", "two clean"]);
    workspace.git(&["mv", "crates/two/src/lib.rs", "crates/one/src/moved.rs"]);
    assert_eq!(git(), ["one modified", "two modified"]);
}

#[test]
fn ahead_is_what_changed_since_the_tag_of_what_is_published() {
    let Some((_index, workspace)) = workspace() else { return };
    let git = || words(&workspace, "git", &[]);
    workspace.write("crates/one/src/lib.rs", "// new");
    workspace.git(&["commit", "--all", "-m", "change one"]);
    assert_eq!(git(), ["one clean", "two clean"], "no tag, nothing known");
    workspace.git(&["tag", "v1.0.0", "HEAD~"]);
    assert_eq!(git(), ["one ahead", "two clean"], "a tag that is new, and HEAD as it was");
    status(&workspace, &[]).ends(0, &["changed since its version was published; raise it to release that: one"]);
    status(&workspace, &["--check"]).ends(0, &[]);
    workspace.git(&["pack-refs", "--all", "--prune"]);
    assert_eq!(git(), ["one ahead", "two clean"]);
    workspace.git(&["tag", "--force", "v1.0.0"]);
    assert_eq!(git(), ["one clean", "two clean"], "a tag that was moved, over a packed one");
    workspace.git(&["tag", "--annotate", "-m", "two", "two-v1.0.0", "HEAD"]);
    workspace.write("crates/two/src/lib.rs", "// new");
    workspace.git(&["commit", "--all", "-m", "change two"]);
    assert_eq!(git(), ["one clean", "two ahead"], "a tag of its own, and HEAD moved");
    workspace.write("crates/two/src/lib.rs", "");
    workspace.git(&["commit", "--all", "-m", "and back"]);
    assert_eq!(git(), ["one clean", "two clean"]);
    workspace.config("tag = \"{ name }/{ version }\"\n");
    workspace.write("crates/two/src/lib.rs", "// again");
    workspace.git(&["add", "--all"]);
    workspace.git(&["commit", "--all", "-m", "another form of tags"]);
    workspace.git(&["tag", "two/1.0.0", "HEAD~"]);
    assert_eq!(git(), ["one clean", "two ahead"]);
}

#[test]
fn worktrees_have_a_head_and_changes_of_their_own() {
    let Some((_index, workspace)) = workspace() else { return };
    workspace.git(&["tag", "v1.0.0"]);
    let scratch = lab::scratch("worktree");
    let tree = scratch.join("tree");
    workspace.git(&["worktree", "add", "--quiet", "-b", "other", tree.to_str().unwrap()]);
    for _ in 0..2 {
        assert_eq!(words(&tree, "git", &[]), ["one clean", "two clean"]);
        assert_eq!(words(&workspace, "git", &[]), ["one clean", "two clean"]);
    }
    fs::write(tree.join("crates/one/src/lib.rs"), "// new").unwrap();
    assert_eq!(words(&tree, "git", &[]), ["one modified", "two clean"]);
    lab::run(
        lab::command("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b"])
            .args(["commit", "-qam", "new"])
            .current_dir(&tree),
    );
    assert_eq!(words(&tree, "git", &[]), ["one ahead", "two clean"]);
    assert_eq!(words(&workspace, "git", &[]), ["one clean", "two clean"]);
}

#[test]
fn references_in_a_table_are_found_as_well() {
    let Some((_index, workspace)) = workspace() else { return };
    fs::remove_dir_all(workspace.join(".git")).unwrap();
    let mut init = lab::command("git");
    init.args(["init", "--quiet", "--ref-format=reftable"]).current_dir(&*workspace);
    if lab::try_run(&mut init).is_err() {
        // A git before 2.45 has no such format.
        return;
    }
    workspace.git(&["add", "--all"]);
    workspace.git(&["commit", "--quiet", "-m", "all"]);
    workspace.git(&["tag", "v1.0.0"]);
    assert_eq!(words(&workspace, "git", &[]), ["one clean", "two clean"]);
    workspace.write("crates/one/src/lib.rs", "// new");
    workspace.git(&["commit", "--all", "-m", "change"]);
    assert_eq!(words(&workspace, "git", &[]), ["one ahead", "two clean"]);
}

#[test]
fn without_a_repository_of_its_own_nothing_is_said() {
    let Some((_index, workspace)) = workspace() else { return };
    fs::remove_dir_all(workspace.join(".git")).unwrap();
    assert_eq!(words(&workspace, "git", &[]), ["one null", "two null"]);
    assert_eq!(words(&workspace, "action", &[]), ["one up-to-date", "two up-to-date"]);
    // In somebody else's, which ignores it.
    let outer = Fixture::of(&[
        ("Cargo.toml", "[package]\nname = \"outer\"\nedition = \"2021\"\n[workspace]\nexclude = [\"inner\"]\n"),
        ("src/lib.rs", ""),
    ]);
    lab::copy_dir(&*workspace, outer.join("inner")).unwrap();
    outer.commit();
    outer.write(".gitignore", "/target\n/inner\n");
    outer.git(&["rm", "-r", "--quiet", "--cached", "inner"]);
    outer.git(&["commit", "--all", "--quiet", "-m", "not ours"]);
    assert_eq!(words(&outer.join("inner"), "git", &[]), ["one null", "two null"]);
}

#[test]
fn a_workspace_below_the_repository_and_in_a_hook() {
    let Some((index, workspace)) = workspace() else { return };
    fs::remove_dir_all(workspace.join(".git")).unwrap();
    let outer = Fixture::of(&[
        ("Cargo.toml", "[package]\nname = \"outer\"\nedition = \"2021\"\n[workspace]\nexclude = [\"rust\"]\n"),
        ("src/lib.rs", ""),
    ]);
    lab::copy_dir(&*workspace, outer.join("rust")).unwrap();
    outer.commit();
    outer.git(&["tag", "v1.0.0"]);
    let inner = outer.join("rust");
    outer.write("rust/crates/one/src/lib.rs", "// new");
    outer.write("src/lib.rs", "// new");
    assert_eq!(words(&inner, "git", &[]), ["one modified", "two clean"]);
    outer.git(&["commit", "--all", "-m", "more"]);
    let mut hooked = super::command(&inner, &[]);
    hooked.env("GIT_DIR", index.server.url()).env("GIT_INDEX_FILE", "/dev/null").env("GIT_PREFIX", "x/");
    let said = super::said(&mut hooked).ends(0, &[]);
    assert!(said.stdout.contains("ahead"), "{}", said.stdout);
}

#[test]
fn a_repository_that_git_does_not_take_costs_a_column_only() {
    let Some((_index, workspace)) = workspace() else { return };
    fs::write(workspace.join(".git/HEAD"), "nonsense").unwrap();
    let said = status(&workspace, &[]).ends(0, &["warning: cannot ask git for the state of the crates"]);
    assert_eq!(said.stdout.matches("up to date").count(), 2, "{}", said.stdout);
}
