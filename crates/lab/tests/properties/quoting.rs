//! What a template's `{{x}}` writes is a literal that the language itself reads back as the same text.

use std::fs;
use std::process::Command;

use ::toml::de::DeTable;
use lab::{client, scratch};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::{Value, json};
use xtask_dist::template::Language::{self, Dockerfile, Json, Markdown, Ruby, Shell, Toml, Yaml};
use xtask_dist::template::{TemplateFile, Templates};

use super::{check, text};

/// Gives a few hundred texts to one process, and tells of the first text that does not read back.
fn check_batch(reads_back: impl Fn(&[String]) -> Result<(), String>) {
    let texts = vec(text(), 600).new_tree(&mut TestRunner::default()).unwrap().current();
    if let Err(told) = reads_back(&texts) {
        let (suspects, told) = smallest(&texts, told, &reads_back);
        panic!("not read back: {suspects:?}\n{told}");
    }
}

/// The half that is refused too, and its half, down to one text (or as near to it as that comes).
fn smallest<'t>(
    texts: &'t [String],
    told: String,
    reads_back: &impl Fn(&[String]) -> Result<(), String>,
) -> (&'t [String], String) {
    let (first, second) = texts.split_at(texts.len() / 2);
    for half in [first, second].into_iter().filter(|half| !half.is_empty() && half.len() < texts.len()) {
        if let Err(told) = reads_back(half) {
            return smallest(half, told, reads_back);
        }
    }
    (texts, told)
}

fn literals(language: Language, texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| language.quote(text)).collect()
}

/// Runs a program that reads a file of this content, and compares what it prints with the texts.
fn compare(
    texts: &[String],
    content: &str,
    command: &mut Command,
    parse: impl Fn(&[u8]) -> Vec<String>,
) -> Result<(), String> {
    let folder = scratch("quoting");
    let file = folder.join("literals");
    fs::write(&file, content).unwrap();
    let output = lab::try_run(command.arg(&file)).map_err(|failure| failure.to_string())?;
    let read = parse(&output.stdout);
    let differs = texts.iter().zip(&read).find(|(text, read)| text != read);
    match differs {
        Some((text, read)) => Err(format!("{text:?} became {read:?}")),
        None if texts.len() != read.len() => Err(format!("{} texts became {}", texts.len(), read.len())),
        None => Ok(()),
    }
}

fn json_list(stdout: &[u8]) -> Vec<String> {
    serde_json::from_slice(stdout).unwrap()
}

#[test]
fn json() {
    check(256, text(), |text| {
        prop_assert_eq!(serde_json::from_str::<String>(&Json.quote(&text)).unwrap(), text);
        Ok(())
    });
}

#[test]
fn toml() {
    check(256, text(), |text| {
        let document = format!("x = {}", Toml.quote(&text));
        let table = DeTable::parse(&document).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(table.get_ref().get("x").and_then(|value| value.get_ref().as_str()), Some(text.as_str()));
        Ok(())
    });
}

/// A file, as formulae are: not `eval`, which does not mind `__END__` and the like.
#[test]
fn ruby() {
    let Some(ruby) = client("ruby", "Ruby reads back what {{x}} writes") else { return };
    check_batch(|texts| {
        let script = format!("require \"json\"\nputs JSON.generate([\n{},\n])\n", literals(Ruby, texts).join(",\n"));
        compare(texts, &script, &mut ruby.command(), json_list)
    });
}

const FORMULA: TemplateFile = TemplateFile { path: "homebrew/formula.rb.hbs", language: Ruby };
const MARKDOWN: TemplateFile = TemplateFile { path: "release/notes.md.hbs", language: Markdown };

/// A template of Ruby, filled with `items`.
fn filled(template: &str, items: &[Value]) -> String {
    filled_of(FORMULA, template, &json!({ "items": items }))
}

fn filled_of(place: TemplateFile, template: &str, view: &Value) -> String {
    let root = scratch("template");
    let file = root.join("packaging").join(place.path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, template).unwrap();
    Templates::load(&root, &[place]).unwrap().render(place.path, view).unwrap()
}

/// Each line loses the blanks at its end, and the last gets a line end.
#[test]
fn ruby_documents() {
    let Some(ruby) = client("ruby", "Ruby reads back what {{heredoc x}} writes") else { return };
    let template =
        "require \"json\"\nall = []\n{{#each items}}all << {{heredoc this}}\n{{/each}}\nputs JSON.generate(all)\n";
    check_batch(|texts| {
        let items: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
        let line_by_line =
            |text: &String| -> String { text.trim_end().lines().flat_map(|line| [line.trim_end(), "\n"]).collect() };
        let texts: Vec<String> = texts.iter().map(line_by_line).collect();
        compare(&texts, &filled(template, &items), &mut ruby.command(), json_list)
    });
}

/// A pattern that means just its text finds it.
#[test]
fn ruby_patterns() {
    let Some(ruby) = client("ruby", "Ruby reads back what {{regexp x}} writes") else { return };
    let template =
        "require \"json\"\nputs JSON.generate([\n{{#each items}}{{text}}[{{regexp pattern}}],\n{{/each}}\n])\n";
    check_batch(|texts| {
        // Where case does not matter, Ruby 3.1 itself misses letters whose other form has another length.
        let odd = |c: char| c.to_lowercase().map(char::len_utf8).ne([c.len_utf8()]);
        let texts: Vec<String> =
            texts.iter().map(|text| text.replace(|c: char| c.is_control() || odd(c), "")).collect();
        let pattern = |text: &String| -> String {
            let special = |c: char| r"\^$.|?*+()[]{}".contains(c);
            text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
        };
        let items: Vec<Value> = texts.iter().map(|text| json!({ "text": text, "pattern": pattern(text) })).collect();
        compare(&texts, &filled(template, &items), &mut ruby.command(), json_list)
    });
}

#[test]
fn ruby_values() {
    let Some(ruby) = client("ruby", "Ruby reads back what {{args x}} writes") else { return };
    let template = "require \"json\"\ndef all(it) = puts(JSON.generate(it.flatten))\nall {{args items}}\n";
    check_batch(|texts| {
        let items: Vec<Value> = texts.iter().map(|text| json!([text])).collect();
        compare(texts, &filled(template, &items), &mut ruby.command(), json_list)
    });
}

#[test]
fn yaml() {
    let Some(ruby) = client("ruby", "a YAML parser reads back what {{x}} writes") else { return };
    check_batch(|texts| {
        let list =
            literals(Yaml, texts).iter().map(|literal| format!("- key: {literal}\n")).collect::<Vec<_>>().concat();
        let mut command = ruby.command();
        command.args(["-ryaml", "-rjson", "-e"]);
        command.arg("puts JSON.generate(YAML.load(File.read(ARGV[0], encoding: 'UTF-8')).map { |item| item['key'] })");
        compare(texts, &list, &mut command, json_list)
    });
}

/// The shell has no NUL: it is left out.
#[test]
fn shells() {
    let shells =
        ["sh", "bash", "busybox", "dash"].map(|name| (name, client(name, "the shell reads back what {{x}} writes")));
    for (name, shell) in shells {
        let Some(shell) = shell else { continue };
        check_batch(|texts| {
            let script = format!("printf '%s\\0' \\\n{}\n", literals(Shell, texts).join(" \\\n"));
            let texts: Vec<String> = texts.iter().map(|text| text.replace('\0', "")).collect();
            let mut command = shell.command();
            command.args((name == "busybox").then_some("sh"));
            compare(&texts, &script, &mut command, |stdout| {
                let all = String::from_utf8_lossy(stdout);
                all.strip_suffix('\0').unwrap_or(&all).split('\0').map(str::to_owned).collect()
            })
        });
    }
}

/// JavaScript takes JSON's strings.
#[test]
fn javascript() {
    let Some(node) = client("node", "JavaScript reads back what {{x}} writes") else { return };
    check_batch(|texts| {
        let script = format!("console.log(JSON.stringify([\n{},\n]))\n", literals(Json, texts).join(",\n"));
        compare(texts, &script, &mut node.command(), json_list)
    });
}

/// A paragraph that is nothing but the text, without blanks at its ends and on one line.
#[test]
fn markdown() {
    let Some(reader) = client("markdown-it", "Markdown reads back what {{x}} writes") else { return };
    check_batch(|texts| {
        let one_line = |text: &String| text.replace(|c: char| c.is_control(), " ").trim().to_owned();
        let texts: Vec<String> = texts.iter().map(one_line).filter(|text| !text.is_empty()).collect();
        let document = literals(Markdown, &texts).join("\n\n");
        compare(&texts, &document, &mut reader.command(), |html| {
            let html = String::from_utf8_lossy(html);
            let paragraphs = html.trim_end().split("</p>\n").filter_map(|part| part.strip_prefix("<p>"));
            let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
            let text = |html: &str| entities.iter().fold(html.to_owned(), |text, (entity, c)| text.replace(entity, c));
            paragraphs.map(|html| text(html.strip_suffix("</p>").unwrap_or(html))).collect()
        })
    });
}

/// A Dockerfile has no way to write a control character: each becomes a blank. Everything else reads back.
#[test]
fn dockerfile() {
    check(256, text(), |text| {
        let literal = Dockerfile.quote(&text);
        prop_assert!(!literal.contains(char::is_control), "one line: {literal:?}");
        prop_assert!(!literal.starts_with('#'), "no comment: {literal:?}");
        let expected: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        prop_assert_eq!(dockerfile_word(&literal), Some(expected));
        Ok(())
    });
}

/// One word as the Dockerfile reference reads it in LABEL, ENV and USER; `None` for more than one word, a variable, or
/// an open quote. In double quotes a backslash escapes a quote, a dollar or a backslash, and stays before all else.
fn dockerfile_word(literal: &str) -> Option<String> {
    let Some(quoted) = literal.strip_prefix('"') else {
        let special = |c: char| c.is_whitespace() || "\"'$\\#<".contains(c);
        return (!literal.is_empty() && !literal.contains(special)).then(|| literal.to_owned());
    };
    let mut word = String::new();
    let mut rest = quoted.chars();
    loop {
        match rest.next()? {
            '"' => return rest.next().is_none().then_some(word),
            '$' => return None,
            '\\' => match rest.next()? {
                c @ ('"' | '$' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

/// The same words wherever they stand, as another reader sees them.
#[test]
fn markdown_in_any_place() {
    let blanks = |text: &str| -> String { text.replace(|c: char| c.is_control(), " ") };
    check(2_000, text(), |text| {
        let literal = Markdown.quote(&text);
        let expected = blanks(&text).trim().to_owned();
        for (document, around) in [
            (format!("{literal}\n"), ("", "")),
            (format!("words\n{literal}\nwords\n"), ("words", "words")),
            (format!("# {literal}\n"), ("", "")),
            (format!("- {literal}\n"), ("", "")),
            (format!("| a |\n| --- |\n| {literal} |\n"), ("a", "")),
        ] {
            let seen = seen(&document, &around)?;
            prop_assert_eq!(&seen, &expected, "{:?}", document);
        }
        let filled = filled_of(MARKDOWN, "{{code text}}", &json!({ "text": &text }));
        let expected = blanks(&text);
        let expected = if expected.is_empty() { " ".to_owned() } else { expected };
        prop_assert_eq!(seen(&format!("x{filled}x"), &("x", "x"))?, expected, "{:?}", filled);
        Ok(())
    });
}

/// What is within a line, or takes lines as they are.
fn is_markup(tag: &pulldown_cmark::Tag<'_>) -> bool {
    use pulldown_cmark::Tag;
    let is_table = matches!(tag, Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::TableCell);
    !is_table && !matches!(tag, Tag::Paragraph | Tag::Heading { .. } | Tag::List(None) | Tag::Item)
}

/// The words of a document between others; markup other than a heading, a list or a table is an error.
fn seen(document: &str, (before, after): &(&str, &str)) -> Result<String, TestCaseError> {
    use pulldown_cmark::{Event, Options, Parser};
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES | Options::ENABLE_MATH;
    let mut words = String::new();
    for event in Parser::new_ext(document, options) {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak | Event::End(_) => {}
            Event::Start(tag) if !is_markup(&tag) => {}
            other => return Err(TestCaseError::fail(format!("{document:?} has {other:?}"))),
        }
    }
    let inside = words.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    inside.map(str::to_owned).ok_or_else(|| TestCaseError::fail(format!("{document:?} reads {words:?}")))
}

#[test]
fn a_literal_is_one_line_where_lines_matter() {
    check(256, text(), |text| {
        for language in [Ruby, Toml, Json, Yaml, Dockerfile, Markdown] {
            let literal = language.quote(&text);
            prop_assert!(!literal.contains(['\n', '\r']), "{language:?}: {literal:?}");
        }
        Ok(())
    });
}
