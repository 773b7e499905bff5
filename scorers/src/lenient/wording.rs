//! What serde says of a value that does not fit, in words for people.

use crate::names::all_of;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The name and the list of names in a message such as "unknown field `a`, expected `b` or `c`".
pub(super) fn listing<'m>(message: &'m str, start: &str) -> Option<(&'m str, Vec<&'m str>)> {
    let rest = message.strip_prefix(start)?;
    let (name, list) = rest.rsplit_once("`, expected ").or_else(|| rest.rsplit_once("`, there are no "))?;
    Some((name, list.split('`').skip(1).step_by(2).collect()))
}

/// The nearest name that exists, or all of them.
pub(super) fn suggestion(near: Option<&str>, known: &[&str]) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "nothing can stand here".to_owned(),
        None => all_of(known),
    }
}

/// What is said where one key is expected and others are found.
pub(super) fn one_key<'k>(variant: &str, keys: impl Iterator<Item = &'k String>) -> (String, &'static str) {
    // Whether a map keeps the order in which it was written depends on what the program is built with.
    let keys: BTreeSet<String> = keys.map(|key| format!("`{key}`")).collect();
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    let message = match names.as_slice() {
        [] => format!("there is no {variant} here"),
        _ => format!("expected one key, the {variant}, found {}: {}", names.len(), names.join(", ")),
    };
    (message, "further keys go inside of the first: `{ name: { key: value } }`")
}

/// What is said where a value is of the wrong kind; with the value that was meant, where that is
/// plain.
pub(super) fn expectation(expected: &str, found: &Json) -> (String, Option<String>, Option<Json>) {
    if (expected == "a string" || expected.starts_with("a text")) && (found.is_number() || found.is_boolean())
    {
        let message = format!("expected a text, found `{found}`, which is a number or true or false");
        let help = format!("put it in quotes: \"{found}\"");
        return (message, Some(help), Some(Json::from(crate::template::text_of(found))));
    }
    let wanted = match expected {
        "a string" => "a text",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        "u8" | "u16" | "u32" | "u64" | "usize" | "a nonzero u32" => "a whole number, not negative",
        "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "string or map" | "map with a single key" => "a map with one key",
        other if other.starts_with("struct ") || other.starts_with("enum ") => "a map",
        other => other,
    };
    let meant = match (found, wanted) {
        (Json::String(text), "a number" | "a whole number" | "a whole number, not negative") => {
            serde_json::from_str::<Json>(text.trim()).ok().filter(Json::is_number)
        }
        (Json::String(text), "true or false") => text.parse::<bool>().ok().map(Json::from),
        _ => None,
    };
    let help = meant.as_ref().map(|meant| format!("without quotes: {meant}"));
    let empty = found.is_null() && (wanted.starts_with("a map") || wanted.starts_with("a list"));
    let help = help.or_else(|| empty.then(|| "what belongs to it stands below it, indented".to_owned()));
    (format!("expected {wanted}, found {}", described(found)), help, meant)
}

/// A value in a few words.
fn described(value: &Json) -> String {
    match value {
        Json::Null => "nothing".to_owned(),
        Json::Bool(flag) => format!("`{flag}`"),
        Json::Number(number) => format!("the number `{number}`"),
        Json::String(text) => format!("the text `{}`", excerpt(text)),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "a map".to_owned(),
    }
}

/// The beginning of a text.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
