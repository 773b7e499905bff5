//! Everything wrong with one spec, collected while it is resolved and placed at the end.

use super::{
    diagnostic::Diagnostic,
    location::{EntryPart, Locations},
};
use scorers::lenient::{Mistake, Reading};
pub(super) use scorers::names::{listed, suggestion};
use std::collections::HashSet;

/// Most errors that are shown for one file.
const MOST: usize = 50;

/// Errors of one spec, in any order.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
    seen: HashSet<(String, String)>,
    elsewhere: Vec<Diagnostic>,
}

#[derive(Debug)]
struct Problem {
    path: String,
    part: EntryPart,
    message: String,
    help: Option<String>,
}

impl Problems {
    /// An error at a path of the spec. The same error at the same path counts once.
    pub(super) fn add(&mut self, path: impl Into<String>, part: EntryPart, message: impl Into<String>) {
        self.push(path.into(), part, message.into(), None);
    }

    /// An error with a hint.
    pub(super) fn add_help(
        &mut self,
        path: impl Into<String>,
        part: EntryPart,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(path.into(), part, message.into(), Some(help.into()));
    }

    fn push(&mut self, path: String, part: EntryPart, message: String, help: Option<String>) {
        if self.list.len() <= MOST && self.seen.insert((path.clone(), message.clone())) {
            self.list.push(Problem { path, part, message, help });
        }
    }

    /// Takes in what does not fit the shape of a spec, and forgets what follows from it only.
    pub(super) fn structural<T>(&mut self, reading: &Reading<T>) {
        let open: Vec<&str> = reading.mistakes.iter().filter_map(|mistake| mistake.open.as_deref()).collect();
        for problem in &mut self.list {
            for (new, written) in reading.renamed.iter().rev() {
                if let Some(rest) = below(&problem.path, new) {
                    problem.path = format!("{written}{rest}");
                }
            }
        }
        self.list.retain(|problem| {
            let follows = |open: &&str| {
                below(&problem.path, open).is_some()
                    || (!stands_alone(open) && depends(section(&problem.path), section(open)))
            };
            let twice = reading.mistakes.iter().any(|mistake| mistake.path == problem.path);
            !twice && !open.iter().any(follows)
        });
        for Mistake { path, message, help, of_key, .. } in reading.mistakes.iter().rev() {
            let part = if *of_key { EntryPart::Key } else { EntryPart::Value };
            let (path, message, help) = (path.clone(), message.clone(), help.clone());
            self.list.insert(0, Problem { path, part, message, help });
        }
    }

    /// An error in another file, which is placed already.
    pub(super) fn add_placed(&mut self, diagnostic: Diagnostic) {
        if self.elsewhere.len() < MOST {
            self.elsewhere.push(diagnostic);
        }
    }

    /// How many errors there are.
    pub(super) fn len(&self) -> usize {
        self.list.len() + self.elsewhere.len()
    }

    /// Whether there are so many errors that looking for more is a waste.
    pub(super) fn enough(&self) -> bool {
        self.len() > MOST
    }

    /// The errors in the order of the file.
    pub(super) fn place(self, path: &str, source: &str) -> Vec<Diagnostic> {
        if self.len() == 0 {
            return Vec::new();
        }
        let locations = Locations::of(source);
        let more = self.list.len() > MOST;
        let mut placed: Vec<Diagnostic> = self
            .list
            .into_iter()
            .take(MOST)
            .map(|problem| {
                let range = locations.range(&problem.path, &problem.part);
                let help = problem.help.map(|help| as_written(help, source.get(range.clone())));
                let diagnostic = Diagnostic::at(path, source, range, problem.message);
                Diagnostic { help, ..diagnostic }
            })
            .collect();
        let position = |one: &Diagnostic| one.place.as_ref().map(|place| (place.line, place.column));
        placed.sort_by_key(position);
        placed.extend(self.elsewhere);
        if more {
            placed.push(Diagnostic::of_file(path, "there are more errors, which are not shown"));
        }
        placed
    }
}

/// Advice to put a value in quotes, with the value as the file has it: `3.10` and not 3.1.
fn as_written(help: String, text: Option<&str>) -> String {
    const ADVICE: &str = "put it in quotes: \"";
    match text.filter(|text| help.starts_with(ADVICE) && !text.contains(['"', '\'', '\n', ' '])) {
        Some(text) => format!("{ADVICE}{text}\""),
        None => help,
    }
}

/// What follows a path in another one that it is the beginning of.
fn below<'a>(path: &'a str, start: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(start)?;
    (rest.is_empty() || start.is_empty() || rest.starts_with(['.', '['])).then_some(rest)
}

/// The key at the top of a spec that a path leads into.
fn section(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

/// Whether nothing else depends on what is at a path: a turn stays a turn with its name, however long
/// its replies may be.
fn stands_alone(path: &str) -> bool {
    const ALONE: &[&str] = &[
        "system",
        "user",
        "assistant",
        "text",
        "temperature",
        "max_tokens",
        "top_p",
        "top_k",
        "min_p",
        "stop",
        "cut_off",
    ];
    let last = path.rsplit('.').next().unwrap_or_default();
    path.contains("dialogue") && (ALONE.contains(&last) || path.contains(".stop["))
}

/// Whether nothing can be said about one section of a spec while another is not known.
fn depends(section: &str, on: &str) -> bool {
    let needs: &[&str] = match section {
        "dialogue" => &["data", "cases", "arms", "dialogue"],
        "arms" => &["data", "cases", "arms", "dialogue"],
        "cases" => &["data", "arms"],
        "score" => &["data", "cases", "arms", "dialogue"],
        "metrics" => &["cases", "arms", "dialogue", "score"],
        "expect" | "better" | "controls" => &["metrics"],
        _ => &[],
    };
    needs.contains(&on)
}

/// Whether a text can name a score, a metric, an arm, a case or a part of a probe's id.
pub(super) fn is_name(text: &str, dots: bool) -> bool {
    let inside = |one: char| one.is_alphanumeric() || one == '_' || one == '-' || (dots && one == '.');
    text.chars().count() <= 100
        && text.chars().next().is_some_and(char::is_alphanumeric)
        && text.chars().all(inside)
}

/// Whether a text can be a variable of a template.
pub(super) fn is_variable(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|one: char| one.is_ascii_alphabetic() || one == '_')
        && text.chars().all(|one| one.is_ascii_alphanumeric() || one == '_')
}
