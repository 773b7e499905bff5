//! From the bytes of a file to the raw spec, within bounds that a hostile file cannot exceed.

use super::{diagnostic::Diagnostic, files::MAX_FILE, location::Locations, raw::RawProbe};
use scorers::{
    lenient::{self, Bare, Mistake, Reading, Words},
    names::suggestion,
};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_yaml::{
    Budget, DuplicateKeyPolicy, Error, Location, Options, UserMessageFormatter, granit_parser::Event,
    granit_parser::Parser,
};
use std::{collections::HashMap, ops::Range};

/// Maps and lists inside each other.
const MAX_DEPTH: usize = 48;

/// Bytes of text that all aliases of a file may repeat.
const MAX_REPEATED: usize = 16 << 20;

/// The text of a file, without a byte order mark.
///
/// # Errors
/// Where it is no UTF-8.
pub fn decode(path: &str, bytes: Vec<u8>) -> Result<String, Diagnostic> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let lossy = String::from_utf8_lossy(error.as_bytes());
            Err(Diagnostic::at(path, &lossy, valid..valid + 3, "the file is not UTF-8 from here on")
                .with_help("save it as UTF-8"))
        }
    }
}

/// [`decode`] for a file that has to be of a kind, which `is_kind` knows by its keys; `kind` names it, and a `key` of it. Of any other file, such as
/// one that a link led to, nothing is quoted.
///
/// # Errors
/// Where it is no UTF-8, or that it is not of this kind.
pub(crate) fn decode_known(
    path: &str,
    bytes: Vec<u8>,
    is_kind: impl Fn(&str) -> bool,
    (kind, key): (&str, &str),
) -> Result<String, Vec<Diagnostic>> {
    if !is_kind(&String::from_utf8_lossy(&bytes)) {
        let message = match bytes.trim_ascii().is_empty() {
            true => "the file is empty".to_owned(),
            false => format!("this is no {kind}, which has the key `{key}`"),
        };
        return Err(vec![Diagnostic::of_file(path, message)]);
    }
    decode(path, bytes).map_err(|error| vec![error])
}

/// Whether a text in YAML or JSON seems to have a key: at the start of a line or behind a brace or comma, with a colon behind it.
pub(crate) fn has_key(text: &str, key: &str) -> bool {
    text.match_indices(key).any(|(start, _)| {
        let (before, after) = (&text[..start], &text[start + key.len()..]);
        let quoted = before.chars().next_back().filter(|mark| matches!(mark, '"' | '\''));
        let before = quoted.map_or(before, |mark| before.trim_end_matches(mark));
        let after = quoted.map_or(after, |mark| after.strip_prefix(mark).unwrap_or_default());
        let begins = before.trim_end_matches([' ', '\t']).chars().next_back();
        let begins = begins.is_none_or(|mark| matches!(mark, '\n' | '\r' | '{' | ',' | '\u{feff}'));
        begins && after.trim_start_matches([' ', '\t']).starts_with(':')
    })
}

/// The file as a raw spec, or as whatever else users write in YAML.
///
/// # Errors
/// The first place where the file is no YAML, exceeds a bound, or has not the shape that is expected.
pub fn parse<T: DeserializeOwned>(path: &str, source: &str) -> Result<T, Box<Diagnostic>> {
    if source.len() as u64 > MAX_FILE {
        return Err(Box::new(Diagnostic::of_file(path, too_large())));
    }
    if source.trim().is_empty() {
        return Err(Box::new(Diagnostic::of_file(path, "the file is empty")));
    }
    if repeated_bytes(source) > MAX_REPEATED {
        let message = format!("the aliases repeat more than {} MiB of text", MAX_REPEATED >> 20);
        return Err(Box::new(Diagnostic::of_file(path, message)));
    }
    serde_yaml::from_str_with_options(source, options())
        .map_err(|error| Box::new(structural(path, source, &error)))
}

/// A spec that has not the shape that is expected: everything that does not fit, and the spec as it
/// was most likely meant, where that can be told. None where the file is no YAML at all or exceeds a
/// bound.
pub(super) fn parse_leniently(source: &str) -> Option<Reading<RawProbe>> {
    let mut options = options();
    options.duplicate_keys = DuplicateKeyPolicy::LastWins;
    let value: Json = serde_yaml::from_str_with_options(source, options).ok()?;
    // Nothing but white space and comments.
    if value.is_null() {
        return None;
    }
    // Every attempt reads the whole file once.
    let attempts = ((64 << 20) / source.len().max(1)).clamp(8, 400);
    let examples = || vec![serde_json::json!({ "user": "x" }), serde_json::json!({ "metric": "x" })];
    let bare = Some(Bare {
        variant: "user",
        message: "expected a turn",
        help: "a turn is a map with one key: `- user: ...`, or `- user: { text: ..., arms: [...] }`",
    });
    let words = Words { key: "key", variant: "kind of turn", bare, examples };
    let mut reading = lenient::read(&value, words, attempts);
    let doubles = Locations::of(source).doubles();
    reading.mistakes.extend(doubles.into_iter().map(|(path, key)| Mistake {
        path,
        message: format!("the key `{key}` occurs twice"),
        help: Some("keys are unique in their map".to_owned()),
        of_key: true,
        open: None,
        spelt: None,
    }));
    Some(reading)
}

/// The message for a file beyond [`MAX_FILE`].
pub(super) fn too_large() -> String {
    format!("the file is larger than {} MiB", MAX_FILE >> 20)
}

fn options() -> Options {
    let mut budget = Budget::default();
    budget.max_depth = MAX_DEPTH;
    budget.flow_nesting_limit = MAX_DEPTH;
    budget.max_documents = 16;
    budget.max_aliases = 1_000;
    budget.max_anchors = 1_000;
    budget.max_merge_keys = 1_000;
    budget.max_recorded_anchor_events = 200_000;
    let mut options = Options::default();
    options.budget = Some(budget);
    options.alias_limits = serde_yaml::alias_limits! {
        max_total_replayed_events: 200_000,
        max_replay_stack_depth: 8,
        max_alias_expansions_per_anchor: 1_000,
    };
    options.emit_comments = false;
    // `yes` and `no` are words here: answers, more often than not.
    options.strict_booleans = true;
    options.no_schema = true;
    options.with_snippet = false;
    options
}

/// Bytes of scalars that aliases add, aliases of aliases included; saturating.
fn repeated_bytes(source: &str) -> usize {
    if !source.contains('*') {
        return 0;
    }
    let mut weights: HashMap<usize, usize> = HashMap::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut repeated = 0_usize;
    for event in Parser::new_from_str(source) {
        let Ok((event, _)) = event else { break };
        let weight = match event {
            Event::Scalar(text, _, anchor, _) => {
                if anchor != 0 {
                    weights.insert(anchor, text.len());
                }
                text.len()
            }
            Event::Alias(id) => {
                let weight = weights.get(&id).copied().unwrap_or(0);
                repeated = repeated.saturating_add(weight);
                weight
            }
            Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _) => {
                open.push((anchor, 0));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((anchor, weight)) = open.pop() else { continue };
                if anchor != 0 {
                    weights.insert(anchor, weight);
                }
                weight
            }
            _ => continue,
        };
        if let Some((_, sum)) = open.last_mut() {
            *sum = sum.saturating_add(weight);
        }
    }
    repeated
}

/// The parser's error in our words.
fn structural(path: &str, source: &str, error: &Error) -> Diagnostic {
    let error = error.without_snippet();
    let inner = match error {
        Error::AliasError { error, .. } => error.without_snippet(),
        other => other,
    };
    // The anchor is where the mistake stands; the alias only repeats it.
    let location = error.locations().map(|both| both.defined_location).or_else(|| inner.location());
    let (message, help) = words(inner);
    let range = location.and_then(|location| range(source, &location));
    let range = range.map(|range| match inner {
        // The parser knows where it was when it noticed; people look for the map that lacks the key.
        Error::SerdeMissingField { .. } => Locations::of(source).map_around(range.start).unwrap_or(range),
        Error::SerdeInvalidType { .. } | Error::SerdeInvalidValue { .. } => {
            Locations::of(source).value_of_key_at(range.start).unwrap_or(range)
        }
        _ => range,
    });
    if let Some(braces) = range.as_ref().and_then(|range| unquoted_braces(source, range.start)) {
        let text = source.get(braces.clone()).unwrap_or_default();
        let help = format!("put the whole text in quotes: \"{text}\"");
        let message = "a text that begins with `{{` has to stand in quotes";
        return Diagnostic::at(path, source, braces, message).with_help(help);
    }
    let diagnostic = match range {
        Some(range) => Diagnostic::at(path, source, range, message),
        None => Diagnostic::of_file(path, message),
    };
    match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

/// Braces of a template that YAML reads as maps, around a byte offset.
fn unquoted_braces(source: &str, at: usize) -> Option<Range<usize>> {
    let line = source.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let rest = source.get(line..)?.lines().next()?;
    let start = rest.find("{{")?;
    let before = rest[..start].trim_end();
    let unquoted = before.is_empty() || before.ends_with([':', '-', ',', '[']);
    let end = rest[start..].find("}}").map_or(rest.len(), |end| start + end + 2);
    let here = (line + start..=line + end).contains(&at);
    (unquoted && here).then_some(line + start..line + end)
}

fn words(error: &Error) -> (String, Option<String>) {
    let suggestion = |name: &str, expected: &[&'static str]| Some(suggestion(name, expected.iter().copied()));
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            (format!("unknown key `{field}`"), suggestion(field, expected))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            let what = if expected.contains(&"model") { "kind of turn" } else { "value" };
            (format!("unknown {what} `{variant}`"), suggestion(variant, expected))
        }
        Error::SerdeMissingField { field, .. } => (format!("the key `{field}` is missing"), None),
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            (format!("expected {}, found {}", kind(expected), kind(unexpected)), None)
        }
        Error::Unexpected { expected, .. } => (format!("expected {}", kind(expected)), None),
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            (format!("the key `{key}` occurs twice"), Some("keys are unique in their map".to_owned()))
        }
        Error::QuotingRequired { value, .. } => (
            format!("expected a text, found `{value}`, which is a number or true or false"),
            Some(format!("put it in quotes: \"{value}\"")),
        ),
        Error::NullIntoString { .. } => ("expected a text, found nothing".to_owned(), None),
        Error::ExpectedMappingEndAfterEnumVariantValue { .. } => (
            "a turn has one key".to_owned(),
            Some("further keys go inside: `user: { text: ..., arms: [...] }`".to_owned()),
        ),
        Error::ExternallyTaggedEnumExpectedScalarOrMapping { .. }
        | Error::ExpectedStringKeyForExternallyTaggedEnum { .. } => {
            ("expected a turn".to_owned(), Some("a turn is a map with one key: `- user: ...`".to_owned()))
        }
        Error::MultipleDocuments { .. } => {
            ("a second document begins here".to_owned(), Some("one file is one probe".to_owned()))
        }
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            (format!("the file exceeds a limit: {}", plain(error)), None)
        }
        other => {
            let said = plain(other);
            let known = SYNTAX.iter().find(|(theirs, ..)| said.contains(theirs));
            known.map_or((said, None), |(_, ours, help)| ((*ours).to_owned(), Some((*help).to_owned())))
        }
    }
}

/// Messages of the YAML parser, what they mean, and what to do.
const SYNTAX: &[(&str, &str, &str)] = &[
    (
        "did not find expected key",
        "this does not belong here",
        "all keys of a map, and all items of a list, begin in the same column",
    ),
    (
        "did not find expected '-' indicator",
        "this does not belong here",
        "all keys of a map, and all items of a list, begin in the same column",
    ),
    (
        "mapping values are not allowed",
        "a `:` cannot stand here",
        "a text with `: ` in it has to stand in quotes; or the indentation is wrong",
    ),
];

/// A kind of value in the words of this language.
fn kind(name: &str) -> String {
    let words = [
        ("string scalar", "a text"),
        ("sequence start", "a list"),
        ("mapping start", "a map"),
        ("a sequence", "a list"),
        ("sequence", "a list"),
        ("a string", "a text"),
        ("unit value", "nothing"),
    ];
    if let Some((_, ours)) = words.iter().find(|(theirs, _)| *theirs == name) {
        return (*ours).to_owned();
    }
    let numbers = ["integer `", "floating point `"];
    match numbers.iter().find_map(|start| name.strip_prefix(start)) {
        Some(rest) => format!("the number `{rest}"),
        None => name.to_owned(),
    }
}

/// The library's own message, on one line, without its position.
fn plain(error: &Error) -> String {
    let text = error.render_with_formatter(&UserMessageFormatter);
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    match line.rfind(" at line ") {
        Some(at) => line[..at].to_owned(),
        None => line.to_owned(),
    }
}

/// Byte range of a location; a bare point is widened to the word there.
fn range(source: &str, location: &Location) -> Option<Range<usize>> {
    if location.line() == 0 {
        return None;
    }
    let start = location.span().byte_offset().and_then(|offset| usize::try_from(offset).ok());
    let start = start.or_else(|| {
        let line = usize::try_from(location.line()).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column()).ok()?.saturating_sub(1);
        let before: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
        let rest = source.get(before..)?;
        Some(before + rest.char_indices().nth(column).map_or(rest.len(), |(offset, _)| offset))
    })?;
    let length = location.span().byte_len().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let rest = source.get(start..).unwrap_or_default();
    let word = rest.find(|one: char| one.is_whitespace() || ":,]}".contains(one)).unwrap_or(rest.len());
    Some(start..start + if length > 0 { length } else { word.max(1) })
}
