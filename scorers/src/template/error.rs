//! What is wrong with a template, and why a filter or an operator gives no value.

use super::work::Spent;
use minijinja::machinery::Span;
use thiserror::Error;

/// What is wrong with a template, or with its use.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong, in one lowercase sentence.
    pub message: String,
    /// Byte range of the place in the template's source, where it is known.
    pub range: Option<std::ops::Range<usize>>,
    /// What would be right, where that is known.
    pub help: Option<String>,
}

impl TemplateError {
    /// An error of the template as a whole.
    pub fn of(message: impl Into<String>) -> Self {
        Self { message: message.into(), range: None, help: None }
    }

    /// An error at a place of the source.
    pub(super) fn at(source: &str, span: Span, message: impl Into<String>) -> Self {
        let range = span.start_offset as usize..span.end_offset as usize;
        let range = Some(range).filter(|range| range.end > 0 && source.get(range.clone()).is_some());
        Self { range, ..Self::of(message) }
    }

    /// What the parser says of a source. Where it does not know a sign, it counts bytes, and so ends within others.
    pub(super) fn of_parser(source: &str, error: &minijinja::Error) -> Self {
        let whole = |range: std::ops::Range<usize>| {
            source.floor_char_boundary(range.start)..source.ceil_char_boundary(range.end)
        };
        Self { range: error.range().map(whole), ..Self::of(words(error)) }
    }

    /// The same error of a part of the source that begins at the byte `before`; what lies behind it is its end.
    pub(super) fn shifted(self, before: usize, part: &str) -> Self {
        let within = |place: usize| Some(place.checked_sub(before)?.min(part.len()));
        let range = self.range.and_then(|range| Some(within(range.start)?..within(range.end)?));
        Self { range, ..self }
    }
}

/// Why there is no value.
#[derive(Debug)]
pub(super) enum Failure {
    /// The budget is spent.
    Spent,
    /// The template asks for something that cannot be.
    Wrong {
        /// What, in one lowercase sentence.
        message: String,
        /// What would be right.
        help: Option<String>,
    },
}

impl Failure {
    pub(super) fn wrong(message: impl Into<String>) -> Self {
        Self::Wrong { message: message.into(), help: None }
    }
}

impl From<Spent> for Failure {
    fn from(_: Spent) -> Self {
        Self::Spent
    }
}

impl From<minijinja::Error> for Failure {
    fn from(error: minijinja::Error) -> Self {
        Self::wrong(words(&error))
    }
}

/// minijinja's message in one line.
fn words(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) if error.kind() == minijinja::ErrorKind::SyntaxError => {
            let signs = [
                (
                    "unexpected end of input, expected end of block",
                    "a `{% for %}`, `{% if %}` or `{% with %}` has no end",
                ),
                ("end of variable block", "`}}`"),
                ("end of block", "`%}`"),
                ("end of input", "the end of the text"),
                ("identifier", "a name"),
            ];
            let detail =
                signs.iter().fold(detail.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours));
            format!("the template is malformed: {detail}")
        }
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}
