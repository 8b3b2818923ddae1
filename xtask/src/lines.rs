//! Texts of people keep their line ends, whatever edits them.

/// `edited` with the line ends of `original`, whose lines before and behind the change are taken over byte by byte.
pub fn with_lines_of(original: &str, edited: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (original.split_inclusive('\n').collect(), edited.split_inclusive('\n').collect());
    let alike = |(one, other): &(&&str, &&str)| bare(one) == bare(other);
    let before = old.iter().zip(&new).take_while(alike).count();
    let behind = old[before..].iter().rev().zip(new[before..].iter().rev()).take_while(alike).count();
    let windows = original.matches("\r\n").count() * 2 > original.matches('\n').count();
    let end = if windows { "\r\n" } else { "\n" };
    let mut text = old[..before].concat();
    for line in &new[before..new.len() - behind] {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push_str(end);
        }
        text.push_str(bare(line));
        text.push_str(end);
    }
    if behind > 0 && !text.is_empty() && !text.ends_with('\n') {
        text.push_str(end);
    }
    text + &old[old.len() - behind..].concat()
}

/// A line without its end, and a file without its byte order mark.
fn bare(line: &str) -> &str {
    line.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n'])
}
