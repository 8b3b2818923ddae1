//! Names with their variables left in, for what has to say now where later releases will be: `pkg-url` and `bin-dir`.

use leon::{Item, Template};

use super::url_segment;
use crate::report::{Error, Result};
use crate::targets::{BinstallTarget, Target};

/// The variables whose words are not the same everywhere: a client that has another gets ours written out.
const TARGET_WORDS: [&str; 4] = ["target-arch", "target-family", "target-libc", "target-vendor"];

/// A text as a template that means itself.
pub fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('{', "\\{").replace('}', "\\}")
}

/// A name of an archive (its file's, or its folder's) as cargo-binstall's template for `target`.
///
/// # Errors
/// No template.
pub fn general_name(template: &str, target: &Target) -> Result<String> {
    general(template, target, &str::to_owned)
}

/// The URL of an archive with `end` (a template) behind its name, as cargo-binstall's template for `target`. `repo`
/// is what stands for `{ repo }`, a template too.
///
/// # Errors
/// No template.
pub fn general_url(
    download_url: &str,
    repo: &str,
    tag: &str,
    (name, end): (&str, &str),
    target: &Target,
) -> Result<String> {
    let mut url = String::new();
    for item in parse(download_url)?.items.iter() {
        match item {
            Item::Text(text) => url.push_str(&escape(text)),
            Item::Key("repo") => url.push_str(repo),
            Item::Key("tag") => url.push_str(&general(tag, target, &url_segment)?),
            Item::Key("asset") => {
                url.push_str(&general(name, target, &url_segment)?);
                url.push_str(end);
            }
            Item::Key(key) => url.push_str(&variable(key)),
        }
    }
    Ok(url)
}

fn general(template: &str, target: &Target, written: &dyn Fn(&str) -> String) -> Result<String> {
    let theirs = BinstallTarget::parse(target.triple()).ok();
    let ours = super::archive_values("", "", target);
    let mut text = String::new();
    for item in parse(template)?.items.iter() {
        match item {
            Item::Text(words) => text.push_str(&escape(&written(words))),
            Item::Key(key) => {
                let own = ours.get(key).copied().filter(|_| TARGET_WORDS.contains(key));
                let same =
                    own.is_none_or(|own| theirs.as_ref().and_then(|theirs| theirs.value(key)).as_deref() == Some(own));
                text.push_str(&if same { variable(key) } else { escape(&written(own.unwrap_or_default())) });
            }
        }
    }
    Ok(text)
}

fn variable(key: &str) -> String {
    format!("{{ {key} }}")
}

fn parse(template: &str) -> Result<Template<'_>> {
    Template::parse(template).map_err(|error| Error::usage(format!("`{template}` is no name template")).because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_keep_their_variables() {
        let target = Target::parse("x86_64-unknown-linux-musl").unwrap();
        let url = |download: &str, tag: &str, name: &str| {
            general_url(download, "{ repo }", tag, (name, "{ archive-suffix }"), &target).unwrap()
        };
        assert_eq!(
            url("{ repo }/releases/download/{ tag }/{ asset }", "{ name }/v{ version }", "{ name }_{ target }"),
            "{ repo }/releases/download/{ name }%2Fv{ version }/{ name }_{ target }{ archive-suffix }"
        );
        assert_eq!(
            url(r"https://x.example/\{/{ version }/{ asset }/get", "v1", "a b"),
            r"https://x.example/\{/{ version }/a%20b{ archive-suffix }/get"
        );
    }

    #[test]
    fn words_that_a_client_has_otherwise_are_written_out() {
        let name = |triple: &str| {
            general_name("{ name }-{ target-family }-{ target-arch }", &Target::parse(triple).unwrap()).unwrap()
        };
        assert_eq!(name("x86_64-unknown-linux-musl"), "{ name }-{ target-family }-{ target-arch }");
        for triple in crate::targets::KNOWN {
            let Ok(theirs) = BinstallTarget::parse(triple) else { continue };
            let target = Target::parse(triple).unwrap();
            let ours = super::super::render(
                "{ target-family }-{ target-arch }",
                &super::super::archive_values("", "", &target),
            );
            let text = name(triple);
            let filled = ["target-family", "target-arch"]
                .iter()
                .fold(text, |text, key| text.replace(&variable(key), theirs.value(key).as_deref().unwrap_or_default()));
            assert_eq!(filled.strip_prefix("{ name }-"), Some(ours.unwrap().as_str()), "{triple}");
        }
    }
}
