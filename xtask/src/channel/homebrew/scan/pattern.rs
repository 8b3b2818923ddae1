//! Patterns that are looked for as Ruby looks for its own: the leftmost place, and there the first way that comes to
//! the end, each repetition as long as it can be.

/// A piece of a pattern.
#[derive(Debug, Clone, Copy)]
pub enum Piece {
    /// The beginning of the text.
    Start,
    /// The end of the text.
    End,
    /// Just these characters.
    Text(&'static str),
    /// These letters, in upper or lower case.
    AnyCase(&'static str),
    /// One of these characters.
    Of(&'static str),
    /// One character that is none of these.
    Not(&'static str),
    /// A digit.
    Digit,
    /// The first of these sequences with which the rest goes on.
    Either(&'static [Pattern]),
    /// A sequence, at least so often, at most so often.
    Times(u32, u32, Pattern),
}

/// Pieces that follow each other.
pub type Pattern = &'static [Piece];

/// No limit to [`Piece::Times`].
pub const ANY: u32 = u32::MAX;

/// A sequence that may be absent.
pub const fn maybe(pattern: Pattern) -> Piece {
    Piece::Times(0, 1, pattern)
}

/// The part of `text` that `wanted` matches, between a match of `before` and one of `after`.
pub fn find(text: &str, before: Pattern, wanted: Pattern, after: Pattern) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut found = None;
    for start in 0..=bytes.len() {
        let is_there = walk(before, bytes, start, &mut |from| {
            walk(wanted, bytes, from, &mut |to| {
                walk(after, bytes, to, &mut |_| {
                    found = Some(from..to);
                    true
                })
            })
        });
        if is_there {
            break;
        }
    }
    text.get(found?)
}

/// Whether `pattern` is in `text`.
pub fn is_in(text: &str, pattern: Pattern) -> bool {
    find(text, &[], pattern, &[]).is_some()
}

/// Goes over `pattern` from `at`, and offers each place where it may end to `then`, until that is content.
fn walk(pattern: Pattern, text: &[u8], at: usize, then: &mut dyn FnMut(usize) -> bool) -> bool {
    let Some((piece, rest)) = pattern.split_first() else { return then(at) };
    let mut on = |at| walk(rest, text, at, then);
    let here = text.get(at).copied();
    let beginning = |word: &str| text.get(at..at + word.len());
    match *piece {
        Piece::Start => at == 0 && on(at),
        Piece::End => at == text.len() && on(at),
        Piece::Text(word) => beginning(word) == Some(word.as_bytes()) && on(at + word.len()),
        Piece::AnyCase(word) => {
            beginning(word).is_some_and(|there| there.eq_ignore_ascii_case(word.as_bytes())) && on(at + word.len())
        }
        Piece::Of(set) => here.is_some_and(|byte| set.as_bytes().contains(&byte)) && on(at + 1),
        Piece::Not(set) => here.is_some_and(|byte| !set.as_bytes().contains(&byte)) && on(at + 1),
        Piece::Digit => here.is_some_and(|byte| byte.is_ascii_digit()) && on(at + 1),
        Piece::Either(ways) => ways.iter().any(|way| walk(way, text, at, &mut on)),
        Piece::Times(least, most, again) => repeat(again, text, at, (least, most), &mut on),
    }
}

fn repeat(
    pattern: Pattern,
    text: &[u8],
    at: usize,
    (least, most): (u32, u32),
    then: &mut dyn FnMut(usize) -> bool,
) -> bool {
    let once_more = most > 0
        && walk(pattern, text, at, &mut |next| {
            next > at && repeat(pattern, text, next, (least.saturating_sub(1), most - 1), then)
        });
    once_more || (least == 0 && then(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: Piece = Piece::Times(1, ANY, &[Piece::Digit]);

    #[test]
    fn the_leftmost_and_longest_is_found() {
        assert_eq!(find("a12b345", &[], &[NUMBER], &[]), Some("12"));
        assert_eq!(find("a12b345", &[], &[NUMBER], &[Piece::End]), Some("345"));
        assert_eq!(find("", &[], &[NUMBER], &[]), None);
    }

    #[test]
    fn repetitions_give_back_what_the_rest_needs() {
        let dotted = &[NUMBER, Piece::Times(0, ANY, &[Piece::Text("."), NUMBER])];
        assert_eq!(find("v1.2.3.x", &[Piece::Text("v")], dotted, &[Piece::Text(".x")]), Some("1.2.3"));
        assert_eq!(find("v1.2.3", &[], dotted, &[Piece::Text(".3")]), Some("1.2"));
        assert_eq!(find("aaa", &[], &[Piece::Times(1, 2, &[Piece::Of("a")])], &[Piece::End]), Some("aa"));
    }

    #[test]
    fn alternatives_are_tried_in_their_order() {
        let either = &[Piece::Either(&[&[Piece::AnyCase("rc")], &[Piece::AnyCase("r")]])];
        assert_eq!(find("xRC1", &[], either, &[]), Some("RC"));
        assert_eq!(find("xr1", &[], either, &[Piece::Digit]), Some("r"));
        assert!(!is_in("größe", &[Piece::Text("z")]));
    }
}
