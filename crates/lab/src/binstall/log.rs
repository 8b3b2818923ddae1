//! What the client logs: the order in which it tries URLs, and why it installs nothing.
//!
//! It asks for all URLs at once, so that the order in which requests come says nothing; what it logs
//! (`--log-level debug`) does, with one thread (`TOKIO_WORKER_THREADS=1`).

/// What its scheduler's queue holds: so many requests are begun in the order in which they were made.
const QUEUE: usize = 255;

/// The URLs in the order in which they were made.
pub(super) fn urls(log: &str) -> Vec<String> {
    let mut rounds = vec![Round::default()];
    for line in log.lines() {
        if let Some((_, made)) = line.split_once("render url template template=") {
            if rounds.last().is_some_and(|round| !round.begun.is_empty()) {
                rounds.push(Round::default());
            }
            // The address of a signature is made when a URL has answered.
            if !made.contains("url: Some(") {
                rounds.last_mut().expect("there is always a round").made.push(made);
            }
        } else if let Some((_, begun)) = line.split_once("Checking for package at: '") {
            rounds.last_mut().expect("there is always a round").begun.push(begun.trim_end_matches('\''));
        }
    }
    rounds.into_iter().flat_map(Round::in_order).collect()
}

/// For each target, and each name that archives are looked for by.
#[derive(Default)]
struct Round<'l> {
    /// What was logged of each URL when it was made.
    made: Vec<&'l str>,
    /// The URLs as their requests were begun.
    begun: Vec<&'l str>,
}

impl Round<'_> {
    fn in_order(mut self) -> Vec<String> {
        if self.begun.len() <= QUEUE {
            // The task made last goes into a slot of its own that is served before the queue.
            if !self.begun.is_empty() {
                self.begun.rotate_left(1);
            }
            return self.begun.into_iter().map(str::to_owned).collect();
        }
        let mut left = self.begun;
        let ordered = self.made.iter().filter_map(|made| {
            let candidates = rendered(made);
            let found = candidates.iter().find_map(|url| left.iter().position(|begun| begun == url))?;
            Some(left.remove(found).to_owned())
        });
        let ordered: Vec<String> = ordered.collect();
        assert!(left.is_empty(), "no place in the order for {left:?}");
        ordered
    }
}

/// The URLs that `Template { items: [Key("repo"), Text("/")], .. } context=Context { name: "hello", .. }` can be: the
/// context names the suffixes `.bin` and none alike, and the client has them in this order.
fn rendered(made: &str) -> Vec<String> {
    let (template, context) = made.split_once(" context=").expect("a template is logged with its context");
    let value = |key: &str| {
        let (_, after) = context.split_once(&format!(" {key}: "))?;
        after.trim_start_matches("Some(").strip_prefix('"')?.split('"').next()
    };
    let suffixes = match value("archive_format") {
        Some("bin") => vec![".bin".to_owned(), String::new()],
        format => vec![format.map(|format| format!(".{format}")).unwrap_or_default()],
    };
    let url = |suffix: &String| {
        let mut url = String::new();
        let items = template.split_once("items: [").and_then(|(_, items)| items.rsplit_once("], default"));
        let (items, _) = items.expect("a template is logged as a list of items");
        for item in items.split("\"), ") {
            let (kind, text) = item.trim_end_matches("\")").split_once("(\"").expect("an item is a word with a text");
            match (kind, text) {
                ("Key", "archive-suffix") => url += suffix,
                ("Key", key) => url += value(key)?,
                (_, text) => url += text,
            }
        }
        Some(url)
    };
    suffixes.iter().filter_map(url).collect()
}

/// The URL that the client downloaded last.
pub(super) fn served(log: &str) -> Option<String> {
    let (_, url) = log.lines().filter_map(|line| line.split_once("Downloading package url=")).next_back()?;
    url.split(' ').next().map(str::to_owned)
}

/// Why nothing was installed: what was warned of last, else what it ended with, without what differs from run to run.
pub(super) fn reason(log: &str) -> String {
    let warned = log.split("\ncargo-binstall: ").filter_map(|entry| entry.strip_prefix(" WARN ")).last();
    let ended = log.split_once("  × ").map(|(_, text)| text.split(['├', '╰']).next().unwrap_or_default());
    let refused = log.split_once("error: ").map(|(_, text)| text.lines().next().unwrap_or_default());
    let text = warned.or(ended).or(refused).unwrap_or_default();
    // After a context in many lines stands what went wrong.
    let text = text.rsplit_once("\n}: ").map_or(text, |(_, text)| text);
    let words = text.split(|c: char| c.is_whitespace() || c == '│').filter(|word| !word.is_empty());
    let words = words.map(|word| match word.split_once("-GhCrateMeta") {
        Some((_, path)) => format!("…{path}"),
        None => word.to_owned(),
    });
    let text = words.collect::<Vec<_>>().join(" ");
    // What follows says where, and shows the line.
    if text.contains("TOML parse error") {
        return "TOML parse error".to_owned();
    }
    let text = AFTER.iter().fold(&*text, |text, end| text.split_once(end).map_or(text, |(reason, _)| reason));
    let text = text.to_owned();
    BEFORE.iter().fold(text, |text, (begin, end)| {
        match text.strip_prefix(begin).and_then(|rest| rest.split_once(end)) {
            Some((_, reason)) => reason.to_owned(),
            None => text,
        }
    })
}

/// What stands before a reason, from where to where.
const BEFORE: [(&str, &str); 7] = [
    ("resolve: ", ""),
    ("For crate ", ": "),
    ("Failed to load ", "package: "),
    ("Error while checking fetcher ", ": "),
    ("Error while downloading and extracting from fetcher ", ": "),
    ("failed to find or install binaries: ", ""),
    ("Failed to download from remote: ", ""),
];

/// What follows a reason and says no more.
const AFTER: [&str; 4] =
    [", cargo-binstall cannot provide default pkg_url", ": …", ": HTTP status client error", " at span start"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_made_is_begun_first() {
        let line = |url: &str| format!("DEBUG Checking for package at: '{url}'\n");
        let log = format!("DEBUG render url template template=..\n{}{}{}", line("c"), line("a"), line("b"));
        assert_eq!(urls(&format!("{log}{log}")), ["a", "b", "c", "a", "b", "c"]);
    }

    #[test]
    fn what_was_logged_is_rendered() {
        let made = |format: &str| {
            format!(
                "Template {{ items: [Key(\"repo\"), Text(\"/a\"), Key(\"version\"), Key(\"archive-suffix\")], default: \
                 None }} context=Context {{ name: \"hello\", repo: Some(\"http://h\"), target: \"t\", version: \"1.2.3\", \
                 archive_format: {format}, binary_ext: \"\", subcrate: None, url: None, .. }}"
            )
        };
        assert_eq!(rendered(&made("Some(\"tar.gz\")")), ["http://h/a1.2.3.tar.gz"]);
        assert_eq!(rendered(&made("Some(\"bin\")")), ["http://h/a1.2.3.bin", "http://h/a1.2.3"]);
    }
}
