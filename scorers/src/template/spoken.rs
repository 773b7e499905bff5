//! What a text says where a value is inserted, and what kinds of values are called.

use minijinja::{Value, value::ValueKind};
use std::fmt::Write;

/// Writes what a text says where this value is inserted. Yes and no are said as YAML and JSON write them.
pub(super) fn say(out: &mut impl Write, value: &Value) -> std::fmt::Result {
    match value.kind() {
        ValueKind::Bool => out.write_str(if value.is_true() { "true" } else { "false" }),
        _ => write!(out, "{value}"),
    }
}

/// What a text says where this value is inserted.
pub(super) fn spoken(value: &Value) -> String {
    let mut text = String::new();
    // A text takes whatever is written to it.
    let _ = say(&mut text, value);
    text
}

/// A kind of value in the words of the spec language.
pub(super) fn kind(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => "nothing",
        ValueKind::Bool => "true or false",
        ValueKind::Number => "a number",
        ValueKind::String => "a text",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "a map",
        _ => "something else",
    }
}
