//! What a Markdown file is made of, as far as sections need it: headings, link definitions, and what readers see.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

/// The parts of a file, each in the order of the text.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    /// The headings; one in a list or a quotation is part of that.
    pub headings: Vec<Heading>,
    /// The link reference definitions.
    pub definitions: Vec<Definition>,
    /// Where something stands that readers see, and the label of the definition that it takes, if it takes one.
    pub seen: Vec<(Range<usize>, Option<String>)>,
}

/// A heading.
#[derive(Debug, Clone)]
pub struct Heading {
    /// From 1, the highest.
    pub level: usize,
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// Its words, without marks.
    pub text: String,
}

/// A link reference definition: `[label]: url`.
#[derive(Debug, Clone)]
pub struct Definition {
    /// What links call it.
    pub label: String,
    /// Where it stands, in bytes, without the end of its line.
    pub span: Range<usize>,
}

impl Outline {
    /// Reads `text`.
    pub fn of(text: &str) -> Self {
        // Without footnotes, `[^1]: word` would be the definition of a link.
        let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES);
        let mut outline = Self { definitions: definitions(&parser), ..Self::default() };
        let (mut depth, mut in_comment) = (0_usize, false);
        // The heading that is being read.
        let mut open: Option<Heading> = None;
        for (event, span) in parser.into_offset_iter() {
            match event {
                Event::Start(tag) => {
                    outline.start(&tag, &span);
                    if let Tag::Heading { level, .. } = tag
                        && depth == 0
                    {
                        open = Some(Heading { level: level as usize, span, text: String::new() });
                    }
                    depth += 1;
                }
                Event::End(tag) => {
                    depth = depth.saturating_sub(1);
                    if matches!(tag, TagEnd::Heading(_)) {
                        outline.headings.extend(open.take());
                    }
                }
                Event::Html(words) | Event::InlineHtml(words) => {
                    let begins = words.trim_start().starts_with("<!--");
                    if !begins && !in_comment && !words.trim().is_empty() && open.is_none() {
                        outline.seen.push((span, None));
                    }
                    in_comment = (begins || in_comment) && !words.contains("-->");
                }
                Event::Text(words) | Event::Code(words) => match &mut open {
                    Some(heading) => heading.text.push_str(&words),
                    None if words.trim().is_empty() => {}
                    None => outline.seen.push((span, None)),
                },
                Event::SoftBreak | Event::HardBreak => open.iter_mut().for_each(|heading| heading.text.push(' ')),
                _ => {}
            }
        }
        outline
    }

    fn start(&mut self, tag: &Tag<'_>, span: &Range<usize>) {
        if let Tag::Link { link_type, id, .. } | Tag::Image { link_type, id, .. } = tag {
            let defined = matches!(link_type, LinkType::Reference | LinkType::Collapsed | LinkType::Shortcut);
            self.seen.push((span.clone(), defined.then(|| id.to_string())));
        }
    }
}

fn definitions(parser: &Parser<'_>) -> Vec<Definition> {
    let found = parser.reference_definitions().iter();
    let mut found: Vec<Definition> =
        found.map(|(label, it)| Definition { label: label.to_owned(), span: it.span.clone() }).collect();
    found.sort_by_key(|definition| definition.span.start);
    found
}
