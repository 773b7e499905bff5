//! An error in a user's file: the line, the place underlined, what is wrong, what would be right.
//!
//! The file is hostile: control characters, direction marks and endless lines are made harmless
//! before anything is shown.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, renderer::DecorStyle};
use std::ops::Range;

/// Characters of a line that are shown before the place, and as many after its start.
const REACH: usize = 90;

/// The longest message, in characters.
const MAX_MESSAGE: usize = 600;

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file as the user named it.
    pub path: String,
    /// What is wrong, in one lowercase sentence.
    pub message: String,
    /// Where; none where the whole file is meant.
    pub place: Option<Box<Excerpt>>,
    /// What would be right.
    pub help: Option<String>,
}

/// A place in a text file with the line around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line, harmless and cut to a readable length.
    text: String,
    /// Byte range of the place in `text`.
    range: Range<usize>,
    /// Whether `text` begins where the line does.
    from_start: bool,
}

impl Diagnostic {
    /// An error about a whole file.
    pub fn of_file(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into(), place: None, help: None }
    }

    /// An error at a byte range of a file's text. A range over several lines is cut to its first.
    pub fn at(path: &str, source: &str, range: Range<usize>, message: impl Into<String>) -> Self {
        Self { place: Some(Box::new(Excerpt::of(source, range))), ..Self::of_file(path, message) }
    }

    /// The same error with a hint.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The error as a block of text, without a line end, for a terminal.
    pub fn render(&self, color: bool) -> String {
        let path = harmless(&self.path);
        let mut group = Group::with_title(Level::ERROR.primary_title(harmless(&shortened(&self.message))));
        match &self.place {
            Some(place) => {
                let annotation = AnnotationKind::Primary.span(place.range.clone());
                let snippet = Snippet::source(place.text.as_str()).line_start(place.line);
                let snippet = snippet.annotation(annotation);
                group = if place.from_start {
                    group.element(snippet.path(path))
                } else {
                    // The renderer would count the column from where the line was cut.
                    let origin = Origin::path(path).line(place.line).char_column(place.column);
                    group.element(origin).element(snippet)
                };
            }
            None => group = group.element(Origin::path(path)),
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(harmless(&shortened(help))));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.decor_style(DecorStyle::Ascii).term_width(2 * REACH + 40).render(&[group])
    }
}

/// All errors, one block after the other, and how many there are.
pub fn render_diagnostics(diagnostics: &[Diagnostic], color: bool) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&diagnostic.render(color));
        text.push_str("\n\n");
    }
    let files: std::collections::BTreeSet<_> = diagnostics.iter().map(|one| &one.path).collect();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    text.push_str(&format!(
        "{} error{} in {} file{}\n",
        diagnostics.len(),
        plural(diagnostics.len()),
        files.len(),
        plural(files.len()),
    ));
    text
}

impl Excerpt {
    fn of(source: &str, range: Range<usize>) -> Self {
        let start = floor(source, range.start);
        let before = &source[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = &source[line_start..];
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let from = (start - line_start).min(line.len());
        let to = floor(line, range.end.saturating_sub(line_start)).max(from);
        let (text, range) = window(line, from..to);
        let column = line[..from].chars().count() + 1;
        let from_start = column <= REACH + 1;
        Self { line: before.matches('\n').count() + 1, column, text, range, from_start }
    }
}

/// The last character boundary at or before a byte offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The part of a line around a range, harmless, and where the range is in it.
fn window(line: &str, range: Range<usize>) -> (String, Range<usize>) {
    let skipped = line[..range.start].chars().count().saturating_sub(REACH);
    let mut text = String::new();
    let mut place = 0..0;
    if skipped > 0 {
        text.push('…');
    }
    for (index, (offset, character)) in line.char_indices().enumerate().skip(skipped) {
        if index > skipped + 2 * REACH {
            text.push('…');
            break;
        }
        if offset <= range.start {
            place = text.len()..text.len();
        }
        push_harmless(&mut text, character);
        if offset < range.end || (offset == range.start && range.is_empty()) {
            place.end = text.len();
        }
    }
    // A place behind the last character, such as a value that is not there.
    if range.start >= line.len() {
        place = text.len()..text.len();
    }
    (text, place)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_MESSAGE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// A text on one line without characters that a terminal would obey.
pub(crate) fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|character| push_harmless(&mut out, character));
    out
}

fn push_harmless(out: &mut String, character: char) {
    match character {
        '\t' | '\n' => out.push(' '),
        // The control pictures stand in the order of the control characters.
        '\0'..='\x1f' => out.push(char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{FFFD}')),
        '\x7f' => out.push('␡'),
        // C1 controls, marks and overrides of direction, invisible format characters, tags.
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => out.push('\u{FFFD}'),
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_shown_with_the_place_underlined() {
        let source = "probe: a.b\nabot: x\n";
        let text = Diagnostic::at("s/p.yaml", source, 11..15, "unknown key `abot`")
            .with_help("did you mean `about`?")
            .render(false);
        insta::assert_snapshot!(text, @r"
        error: unknown key `abot`
         --> s/p.yaml:2:1
          |
        2 | abot: x
          | ^^^^
          |
          = help: did you mean `about`?
        ");
    }

    #[test]
    fn hostile_characters_are_harmless() {
        let source = "a: \u{1b}[2J\u{9b}31m\u{202e}evil\u{200b}\r\n";
        let text = Diagnostic::at("p\u{1b}.yaml", source, 3..4, "bad \u{1b}[31m\nnews").render(false);
        assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
        assert!(!text.contains('\u{202e}') && !text.contains('\u{200b}'));
    }

    #[test]
    fn a_long_line_is_cut_and_the_column_stays_true() {
        let source = format!("{}x{}", "ä".repeat(5_000), "y".repeat(50_000));
        let diagnostic = Diagnostic::at("p", &source, 10_000..10_001, "here");
        let place = diagnostic.place.as_ref().unwrap();
        assert_eq!((place.line, place.column), (1, 5_001));
        assert_eq!(&place.text[place.range.clone()], "x");
        let text = diagnostic.render(false);
        assert!(text.len() < 2_000 && text.contains("p:1:5001"), "{text}");
    }

    #[test]
    fn places_outside_of_the_text_and_inside_characters_do_not_panic() {
        for range in [0..0, 5..900, 900..901, 1..2, 3..3] {
            let _ = Diagnostic::at("p", "äöü\n\nend", range, "here").render(true);
        }
    }
}
