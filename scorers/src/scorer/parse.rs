//! Reading a scorer from a filled-in value, with errors that lead to the key and suggest a name.

use super::{ConfigError, ScorerConfig};
use crate::catalogue::nearest;
use serde_json::Value as Json;

/// Scorers inside scorers, and lists inside lists: far above any honest use.
const DEEPEST: usize = 64;

/// Reads one scorer.
pub(super) fn scorer(value: &Json) -> Result<ScorerConfig, ConfigError> {
    if deeper_than(value, DEEPEST) {
        return Err(ConfigError::new("", format!("nested deeper than {DEEPEST} levels")));
    }
    let name = match value.as_object().map(|fields| fields.keys().collect::<Vec<_>>()).as_deref() {
        Some([name]) => name.as_str(),
        _ => return Err(ConfigError::new("", "expected one scorer: an object with its name as the one key")),
    };
    if !ScorerConfig::NAMES.contains(&name) {
        return Err(ConfigError::new("", unknown("scorer", name, ScorerConfig::NAMES)));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let below = path.strip_prefix(name).unwrap_or(&path).trim_start_matches('.');
        let below = if below == "." { "" } else { below };
        ConfigError::new(below, in_our_words(&error.into_inner().to_string()))
    })
}

fn deeper_than(value: &Json, levels: usize) -> bool {
    let Some(fewer) = levels.checked_sub(1) else { return true };
    match value {
        Json::Array(items) => items.iter().any(|item| deeper_than(item, fewer)),
        Json::Object(fields) => fields.values().any(|item| deeper_than(item, fewer)),
        _ => false,
    }
}

/// Serde's message, with a suggestion where it lists what it knows.
fn in_our_words(message: &str) -> String {
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("the parameter {field} is missing");
    }
    for (start, thing) in [("unknown field `", "parameter"), ("unknown variant `", "value")] {
        let Some((name, list)) =
            message.strip_prefix(start).and_then(|rest| rest.rsplit_once("`, expected "))
        else {
            continue;
        };
        let known: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
        let thing = if known == ScorerConfig::NAMES { "scorer" } else { thing };
        return unknown(thing, name, &known);
    }
    message.to_owned()
}

fn unknown(thing: &str, name: &str, known: &[&str]) -> String {
    let name = super::text::excerpt(name);
    match nearest(&name, known.iter().copied()) {
        Some(near) => format!("unknown {thing} `{name}`; did you mean `{near}`?"),
        None => format!("unknown {thing} `{name}`; there is {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(value: Json) -> (String, String) {
        let error = scorer(&value).unwrap_err();
        (error.parameter, error.message)
    }

    #[test]
    fn a_scorer_that_does_not_exist() {
        let (path, message) = error(json!({"exakt": {"turn": "a"}}));
        assert_eq!((path.as_str(), message.as_str()), ("", "unknown scorer `exakt`; did you mean `exact`?"));
        let (path, message) =
            error(json!({"all": {"of": [{"exact": {"turn": "a", "text": "b"}}, {"lenght": {}}]}}));
        assert_eq!(message, "unknown scorer `lenght`; did you mean `length`?");
        assert!(path.starts_with("of[1]"), "{path}");
        assert!(
            error(json!({"zzz": 1})).1.starts_with("unknown scorer `zzz`; there is grounding_act, exact")
        );
    }

    #[test]
    fn a_parameter_that_does_not_exist() {
        let (path, message) = error(json!({"exact": {"turn": "a", "txt": "b"}}));
        assert_eq!(
            (path.as_str(), message.as_str()),
            ("txt", "unknown parameter `txt`; did you mean `text`?")
        );
        let nested = json!({"any": {"of": [{"not": {"of": {"pattern": {"turn": "a", "regx": "b"}}}}]}});
        assert_eq!(error(nested).0, "of[0].not.of.pattern.regx");
    }

    #[test]
    fn a_value_that_does_not_exist_or_has_the_wrong_type() {
        let (path, message) = error(json!({"grounding_act": {"turn": "a", "act": "clarificaton"}}));
        assert_eq!(path, "act");
        assert_eq!(message, "unknown value `clarificaton`; did you mean `clarification`?");
        let (path, message) = error(json!({"exact": {"turn": 7, "text": "b"}}));
        assert_eq!(
            (path.as_str(), message.as_str()),
            ("turn", "invalid type: integer `7`, expected a string")
        );
        assert_eq!(error(json!({"exact": {"text": "b"}})).1, "the parameter `turn` is missing");
    }

    #[test]
    fn what_is_no_scorer_at_all() {
        for value in [json!(null), json!([]), json!({}), json!("exact"), json!({"exact": {}, "any": {}})] {
            assert!(error(value).1.starts_with("expected one scorer"));
        }
        let mut deep = json!({"exact": {"turn": "a", "text": "b"}});
        for _ in 0..200 {
            deep = json!({"not": {"of": deep}});
        }
        assert_eq!(error(deep).1, "nested deeper than 64 levels");
    }
}
