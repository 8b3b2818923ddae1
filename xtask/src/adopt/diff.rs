//! What changed in a text, for people: a unified diff.

use std::fmt::Write as _;

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 3;
/// Comparing takes as much memory as the product of the lines that differ; beyond this, all of them are shown.
const LARGEST: usize = 4_000_000;

/// A line that stays, goes or comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'t> {
    Same(&'t str),
    Old(&'t str),
    New(&'t str),
}

/// The unified diff of `before` and `after`; nothing where they are the same.
pub fn unified(path: &str, before: &str, after: &str) -> String {
    let lines = compared(&before.lines().collect::<Vec<_>>(), &after.lines().collect::<Vec<_>>());
    let shown: Vec<bool> = (0..lines.len())
        .map(|n| {
            let near = n.saturating_sub(CONTEXT)..lines.len().min(n + CONTEXT + 1);
            lines[near].iter().any(|line| !matches!(line, Line::Same(_)))
        })
        .collect();
    let mut text = format!("--- {path}\n+++ {path}\n");
    let (mut old, mut new) = (1, 1);
    for (n, line) in lines.iter().enumerate() {
        let begins = shown[n] && (n == 0 || !shown[n - 1]);
        if begins {
            let hunk = lines[n..].iter().zip(&shown[n..]).take_while(|(_, shown)| **shown).map(|(line, _)| line);
            let (olds, news) = hunk.fold((0, 0), |(olds, news), line| match line {
                Line::Same(_) => (olds + 1, news + 1),
                Line::Old(_) => (olds + 1, news),
                Line::New(_) => (olds, news + 1),
            });
            // Writing to a string cannot fail.
            let _ = writeln!(text, "@@ -{old},{olds} +{new},{news} @@");
        }
        let (sign, line) = match line {
            Line::Same(line) => (' ', line),
            Line::Old(line) => ('-', line),
            Line::New(line) => ('+', line),
        };
        if shown[n] {
            let _ = writeln!(text, "{sign}{line}");
        }
        old += usize::from(sign != '+');
        new += usize::from(sign != '-');
    }
    text
}

/// Both texts in one sequence, with the longest common subsequence of lines as what stays.
fn compared<'t>(before: &[&'t str], after: &[&'t str]) -> Vec<Line<'t>> {
    let start = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let rest = before[start..].iter().rev().zip(after[start..].iter().rev());
    let end = rest.take_while(|(one, other)| one == other).count();
    let (old, new) = (&before[start..before.len() - end], &after[start..after.len() - end]);
    let mut lines: Vec<Line<'t>> = before[..start].iter().copied().map(Line::Same).collect();
    if old.len().saturating_mul(new.len()) > LARGEST {
        lines.extend(old.iter().copied().map(Line::Old));
        lines.extend(new.iter().copied().map(Line::New));
    } else {
        middle(old, new, &mut lines);
    }
    lines.extend(before[before.len() - end..].iter().copied().map(Line::Same));
    lines
}

fn middle<'t>(old: &[&'t str], new: &[&'t str], lines: &mut Vec<Line<'t>>) {
    // longest[i][j]: of the lines from i and j on.
    let mut longest = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] =
                if old[i] == new[j] { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push(Line::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            lines.push(Line::Old(old[i]));
            i += 1;
        } else {
            lines.push(Line::New(new[j]));
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn a_line_more_is_shown_with_its_surroundings() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n";
        assert_eq!(
            unified("f", before, "1\n2\n3\n4\n4a\n5\n6\n7\n8\n"),
            "--- f\n+++ f\n@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+4a\n 5\n 6\n 7\n"
        );
    }

    #[test]
    fn places_far_apart_are_two_hunks() {
        let before = (1..=20).map(|n| n.to_string()).collect::<Vec<_>>().join("\n") + "\n";
        let after = before.replace("\n2\n", "\ntwo\n").replace("\n19\n", "\n");
        let diff = unified("f", &before, &after);
        let hunks: Vec<&str> = diff.lines().filter(|line| line.starts_with("@@")).collect();
        assert_eq!(hunks, ["@@ -1,5 +1,5 @@", "@@ -16,5 +16,4 @@"], "{diff}");
        assert!(diff.contains("-2\n+two\n") && diff.contains("-19\n"), "{diff}");
    }
}
