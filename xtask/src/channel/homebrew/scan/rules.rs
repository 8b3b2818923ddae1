//! The rules by which Homebrew reads a version out of a URL, in their order: `VERSION_PARSERS` of Homebrew/brew,
//! `Library/Homebrew/version.rb`, as of August 2026.

use super::pattern::Piece::{AnyCase, Digit, Either, End, Not, Of, Start, Text, Times};
use super::pattern::{ANY, Pattern, Piece, maybe};

/// A rule: what stands before a version, the version, and what stands behind it.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Where it looks.
    pub part: Part,
    /// What stands before.
    pub before: Pattern,
    /// The version.
    pub version: Pattern,
    /// What stands behind.
    pub after: Pattern,
    /// Whether underscores in it are dots.
    pub underscored: bool,
}

/// The part of a URL that a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Url,
    /// Its file name, without the ending.
    Stem,
}

const fn url(before: Pattern, version: Pattern, after: Pattern) -> Rule {
    Rule { part: Part::Url, before, version, after, underscored: false }
}

const fn stem(before: Pattern, version: Pattern, after: Pattern) -> Rule {
    Rule { part: Part::Stem, before, version, after, underscored: false }
}

const DIGITS: Piece = Times(1, ANY, &[Digit]);
const MAYBE_DIGITS: Piece = Times(0, ANY, &[Digit]);
/// `.3`
const DOT_DIGITS: Pattern = &[Text("."), DIGITS];
/// `1`, `1.2`, `1.2.3`
const NUMBER: Piece = Times(1, 1, &[DIGITS, Times(0, ANY, DOT_DIGITS)]);
/// `1.2`, `1.2.3`
const DOTTED: Piece = Times(1, 1, &[DIGITS, Times(1, ANY, DOT_DIGITS)]);
/// `1.2`, `1.2.3`, and no more dots
const TWO_OR_THREE: Piece = Times(1, 1, &[DIGITS, Times(1, 2, DOT_DIGITS)]);
/// `v`, `r_`
const RELEASE: Piece = maybe(&[Of("rvV"), maybe(&[Text("_")])]);
/// `-src`
const CONTENT: Piece = Times(
    1,
    1,
    &[
        Of("._-"),
        Either(&[
            &[AnyCase("bin")],
            &[AnyCase("dist")],
            &[AnyCase("stable")],
            &[AnyCase("src")],
            &[AnyCase("source"), maybe(&[Of("sS")])],
            &[AnyCase("final")],
            &[AnyCase("full")],
        ]),
    ],
);
/// `-rc.1`
const PRERELEASE: Piece = Times(
    1,
    1,
    &[
        maybe(&[Of("._-")]),
        Either(&[&[AnyCase("alpha")], &[AnyCase("beta")], &[AnyCase("pre")], &[AnyCase("rc")]]),
        maybe(&[Text(".")]),
        Times(0, 2, &[Digit]),
    ],
);
/// What a word is made of.
pub const WORD: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

/// All of them; the first that finds something decides.
pub const RULES: &[Rule] = &[
    // A date: app-2023-09-28
    stem(
        &[maybe(&[Of("._-")]), maybe(&[Text("v")])],
        &[Times(4, 4, &[Digit]), Text("-"), Times(2, 2, &[Digit]), Text("-"), Times(2, 2, &[Digit])],
        &[],
    ),
    // Archives that GitHub makes: github.com/o/r/tarball/v1.2.3
    url(
        &[
            Text("github.com/"),
            Times(1, ANY, &[Not("\n")]),
            Text("/"),
            Either(&[&[Text("zip")], &[Text("tar")]]),
            Text("ball/"),
            maybe(&[Either(&[&[Text("v")], &[Times(1, ANY, &[Of(WORD)]), Text("-")]])]),
        ],
        &[Times(1, ANY, &[DIGITS, Of("._-")]), MAYBE_DIGITS],
        &[End],
    ),
    // The tag of a release on GitHub: github.com/o/r/releases/download/v1.2.3/app.tar.gz
    url(
        &[Text("github.com/"), Times(1, ANY, &[Not("\n")]), Text("/releases/download/"), RELEASE],
        &[DOTTED],
        &[Text("/")],
    ),
    // Erlang's: otp_R15B01
    url(&[Of("_-")], &[Of("Rr"), DIGITS, Of("AaBb"), MAYBE_DIGITS, maybe(&[Text("-"), DIGITS])], &[]),
    // app_1_39_0
    Rule { underscored: true, ..stem(&[], &[Times(1, ANY, &[DIGITS, Text("_")]), DIGITS], &[End]) },
    // app-1.2.3-1, app-1.2-p243-src
    stem(
        &[Of("_-")],
        &[DOTTED, Text("-"), maybe(&[Either(&[&[Of("pP")], &[Text("rc")], &[Text("RC")]])]), DIGITS],
        &[maybe(&[CONTENT]), End],
    ),
    // v1.2.3-12, 2020.11.11-3, v1.2.3-0.2
    stem(&[Start, maybe(&[Text("v")])], &[DOTTED, Times(1, ANY, &[Text("-"), NUMBER])], &[]),
    // No ending: https://example.org/app-1.2.3
    url(&[Of("-v")], &[NUMBER], &[End]),
    // app-398-1
    stem(&[Text("-")], &[DIGITS, Text("-"), DIGITS], &[]),
    // app-1.2.3
    stem(&[Text("-")], &[NUMBER], &[End]),
    // app-1.2.3.post1
    stem(&[Text("-")], &[NUMBER, maybe(&[Not("\n"), Text("post"), DIGITS])], &[End]),
    // app-1.2.3b, app-1.2rc1
    stem(&[Text("-")], &[NUMBER, Either(&[&[Of("abc")], &[Text("rc")], &[Text("RC")]]), MAYBE_DIGITS], &[End]),
    // app-1.2.0-alpha5, app-1.2-beta
    stem(
        &[Text("-")],
        &[NUMBER, Text("-"), Either(&[&[Text("alpha")], &[Text("beta")], &[Text("rc")]]), MAYBE_DIGITS],
        &[End],
    ),
    // app-1.29-win64, app-1.29-w32
    stem(
        &[Text("-")],
        &[TWO_OR_THREE],
        &[Text("-w"), maybe(&[Text("in")]), Either(&[&[Text("32")], &[Text("64")]]), End],
    ),
    // Opam's: app.1.9+opam
    stem(&[Text(".")], &[TWO_OR_THREE], &[Text("+opam"), End]),
    // app-1.2.3-1.i686, app-2.8-x86, app_1.2.3_i386, app-1.2-x64_64
    stem(
        &[Of("_-")],
        &[TWO_OR_THREE, maybe(&[Text("-"), DIGITS])],
        &[
            Of("._-"),
            Either(&[
                &[Text("i"), Of("36"), Text("86")],
                &[Text("x86")],
                &[Text("x64"), maybe(&[Of("_-"), Either(&[&[Text("32")], &[Text("64")]])])],
            ]),
            End,
        ],
    ),
    // app-1.2.3-beta.1, v1.2.3-rc1, app-5.0.0-alpha10-src
    stem(&[maybe(&[Of("-.vV")])], &[DOTTED, PRERELEASE], &[]),
    // app1.2.3
    stem(&[], &[NUMBER], &[End]),
    // app-1.2.3-bin
    stem(&[Of("-vV")], &[DOTTED, maybe(&[Of("abc")])], &[CONTENT, End]),
    // app-1.2.3-linux
    stem(&[Text("-")], &[DOTTED], &[Text("-")]),
    // Debian's: app_1.2.3.orig
    stem(&[Text("_")], &[NUMBER, maybe(&[Of("abc")])], &[Text(".orig"), End]),
    // app-0.9.8s
    stem(&[Text("-"), maybe(&[Text("v")])], &[Digit, Times(1, ANY, &[Not("-")])], &[]),
    // app_1.23_macosx
    stem(&[Text("_"), maybe(&[Text("v")])], &[Digit, Times(1, ANY, &[Not("_")])], &[]),
    // A folder: https://example.org/1.2.3/app.tar.gz, …/V_1.9/app.tgz
    url(&[Text("/"), RELEASE], &[DIGITS, Text("."), DIGITS, Times(0, 2, DOT_DIGITS)], &[]),
    // app.v8d
    stem(&[Text(".v")], &[DIGITS, maybe(&[Of("abcdefghijklmnopqrstuvwxyz")])], &[]),
    // Anywhere: https://example.org/get/app-7.1.10.tar.bz2/from/this/mirror
    url(&[maybe(&[Of("-.vV")])], &[DOTTED, maybe(&[PRERELEASE])], &[]),
];
