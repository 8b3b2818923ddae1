//! Cargo.lock with one more member: what is written is what cargo would write, so that `--locked` holds.

use crate::lines::with_lines_of;

const PACKAGE: &str = "[[package]]\n";

/// `text` with one more member that has no dependencies. None where it is there, or where the file is of a form that
/// cargo brings up to date as a whole.
pub fn with_member(text: &str, name: &str, version: &str) -> Option<String> {
    let unix = text.replace("\r\n", "\n");
    let (header, rest) = unix.split_at(unix.find(PACKAGE).unwrap_or(unix.len()));
    // The first form has the checksums behind the packages; a member has none. Cargo leaves it what it is as long as all
    // is in it, and else makes the newest form of it, which older compilers do not read.
    let (packages, checksums) = rest.split_at(rest.find("\n[metadata]\n").unwrap_or(rest.len()));
    let id = |entry: &str| {
        let value = |key: &str| entry.lines().find_map(|line| line.strip_prefix(key)?.strip_suffix('"'));
        Some((value("name = \"")?.to_owned(), value("version = \"")?.to_owned()))
    };
    let mut entries: Vec<String> = packages.split(PACKAGE).skip(1).map(|entry| entry.trim_end().to_owned()).collect();
    let ids: Vec<(String, String)> = entries.iter().filter_map(|entry| id(entry)).collect();
    if header.contains("[root]") || ids.len() != entries.len() || ids.iter().any(|(other, _)| other == name) {
        return None;
    }
    let new = (name.to_owned(), version.to_owned());
    let place = ids.iter().filter(|other| **other < new).count();
    entries.insert(place, format!("name = \"{name}\"\nversion = \"{version}\""));
    let entries: Vec<String> = entries.iter().map(|entry| format!("{PACKAGE}{entry}\n")).collect();
    // The second form ends with an empty line.
    let end = if checksums.is_empty() && unix.ends_with("\n\n") { "\n" } else { checksums };
    Some(with_lines_of(text, &format!("{header}{}{end}", entries.join("\n"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "# made\nversion = 4\n\n\
        [[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\n \"b 2.0.0\",\n \"d\",\n]\n\n\
        [[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"registry\"\n\n\
        [[package]]\nname = \"b\"\nversion = \"2.0.0\"\nsource = \"registry\"\nchecksum = \"00\"\n\n\
        [[package]]\nname = \"c\"\nversion = \"1.0.0\"\ndependencies = [\n \"b 1.0.0\",\n]\n\n\
        [[package]]\nname = \"d\"\nversion = \"1.0.0\"\nsource = \"registry\"\n";

    #[test]
    fn a_member_stands_in_its_place() {
        let more = with_member(LOCK, "bb", "0.1.0").unwrap();
        let added = "[[package]]\nname = \"bb\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"c\"";
        assert!(more.contains(added), "{more}");
        assert_eq!(more.replace("[[package]]\nname = \"bb\"\nversion = \"0.1.0\"\n\n", ""), LOCK);
        let last = with_member(LOCK, "z", "0.1.0").unwrap();
        assert!(last.ends_with("\n\n[[package]]\nname = \"z\"\nversion = \"0.1.0\"\n"), "{last}");
        assert_eq!(with_member(&more, "bb", "0.1.0"), None, "it is there");
        assert_eq!(with_member("[root]\nname = \"old\"\n", "z", "0.1.0"), None, "cargo rewrites such a file");
        let second = format!("{}\n", LOCK.replace("version = 4\n\n", ""));
        assert_eq!(with_member(&second, "z", "0.1.0").unwrap(), format!("{}\n", last.replace("version = 4\n\n", "")));
        let sums = "\n[metadata]\n\"checksum b 1.0.0 (registry)\" = \"00\"\n";
        assert_eq!(with_member(&format!("{LOCK}{sums}"), "z", "0.1.0").unwrap(), format!("{last}{sums}"));
        let windows = with_member(&LOCK.replace('\n', "\r\n"), "z", "0.1.0").unwrap();
        assert_eq!(windows.replace("\r\n", "\n"), last);
        assert_eq!(windows.matches('\n').count(), windows.matches("\r\n").count());
    }
}
