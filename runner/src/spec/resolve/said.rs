//! Which variables the texts of a scorer say.

use super::texts;
use scorers::template;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The variables of those texts of a scorer that make a text of what they are given: everything but a lone expression that
/// keeps its kind. `said` are the paths of lone expressions of which a text was made.
pub(super) fn said_by(scorer: &Json, said: &BTreeSet<String>) -> BTreeSet<String> {
    fn walk(value: &Json, path: &str, said: &BTreeSet<String>, names: &mut BTreeSet<String>) {
        match value {
            Json::String(text) if template::is_template(text) => {
                let inner = text.trim();
                let lone =
                    inner.starts_with("{{") && inner.ends_with("}}") && inner.matches("{{").count() == 1;
                if !lone || said.iter().any(|one| one.starts_with(path)) {
                    names.extend(texts::roots(text));
                }
            }
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &format!("{path}[{index}]"), said, names);
                }
            }
            Json::Object(fields) => {
                for (key, item) in fields {
                    let dot = if path.is_empty() { "" } else { "." };
                    walk(item, &format!("{path}{dot}{key}"), said, names);
                }
            }
            Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
    let mut names = BTreeSet::new();
    walk(scorer, "", said, &mut names);
    names
}
