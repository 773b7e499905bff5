//! Reading a scorer from a filled-in value, with errors that lead to the key and suggest a name.

use super::{ConfigError, ScorerConfig};
use crate::{
    lenient::{self, Mistake, Spelt, Words},
    template::{self, TemplateError, Variables},
};
use serde_json::Value as Json;

/// Scorers inside scorers, and lists inside lists: far above any honest use.
const DEEPEST: usize = 64;

/// How often one scorer is read anew to find everything that is wrong with it.
const ATTEMPTS: usize = 300;

/// A scorer that was filled in and read.
#[derive(Debug)]
pub struct Filled {
    /// The scorer, as it was most likely meant where something does not fit.
    pub config: Option<ScorerConfig>,
    /// Everything that does not fit.
    pub errors: Vec<ConfigError>,
    /// Texts that could not be filled in, by path.
    pub unrendered: Vec<(String, TemplateError)>,
    /// Paths where a number of data became a text.
    pub said: Vec<String>,
    /// The parameters with everything filled in.
    pub value: Json,
}

/// Fills in the texts of a scorer and reads it.
///
/// Data has its own kinds (every cell of CSV is a text, an answer in JSON may be a number), so a template that gives a
/// number where a text is wanted means the text that says it, and one that gives a text that spells a number where a
/// number is wanted means that number. What the spec itself writes is held to its kind.
pub(super) fn filled(scorer: &Json, variables: &Variables) -> Filled {
    let mut unrendered = Vec::new();
    let value = template::render_all(scorer, variables, &mut unrendered);
    let (mut errors, mut said) = (Vec::new(), Vec::new());
    let name = match name_of(&value) {
        Ok(name) => name.to_owned(),
        Err(error) => return Filled { config: None, errors: vec![error], unrendered, said, value },
    };
    let (config, mistakes) = read(&value);
    for mistake in mistakes {
        match mistake.spelt.filter(|_| from_template(scorer, &mistake.path)) {
            Some(Spelt::Text) => said.push(mistake.path),
            Some(Spelt::Plain) => {}
            None => errors.push(ConfigError::below(&name, mistake)),
        }
    }
    Filled { config, errors, unrendered, said, value }
}

/// Whether what is at a path came out of a template: the last text on the way there is one.
fn from_template(scorer: &Json, path: &str) -> bool {
    let pointer = path.replace('[', "/").replace(']', "").replace('.', "/");
    let mut value = scorer;
    for step in pointer.split('/').filter(|step| !step.is_empty()) {
        let inner = match value {
            Json::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            Json::Object(fields) => fields.get(step),
            _ => break,
        };
        match inner {
            Some(inner) => value = inner,
            None => return false,
        }
    }
    value.as_str().is_some_and(template::is_template)
}

/// Reads one scorer, with everything that is wrong with it.
pub(super) fn scorer(value: &Json) -> (Option<ScorerConfig>, Vec<ConfigError>) {
    match name_of(value) {
        Err(error) => (None, vec![error]),
        Ok(name) => {
            let (config, mistakes) = read(value);
            (config, mistakes.into_iter().map(|mistake| ConfigError::below(name, mistake)).collect())
        }
    }
}

/// The scorer's name: the one key of the map.
fn name_of(value: &Json) -> Result<&str, ConfigError> {
    if deeper_than(value, DEEPEST) {
        return Err(ConfigError::new("", format!("nested deeper than {DEEPEST} levels")));
    }
    match value.as_object().map(|fields| fields.keys().collect::<Vec<_>>()).as_deref() {
        Some([name]) => Ok(name.as_str()),
        _ => Err(ConfigError::new("", "expected one scorer: a map with its name as the one key")),
    }
}

fn read(value: &Json) -> (Option<ScorerConfig>, Vec<Mistake>) {
    let examples = || vec![serde_json::json!({ "length": { "turn": "x", "unit": "words", "at_least": 1 } })];
    let words = Words { key: "parameter", variant: "scorer", bare: None, examples };
    let reading = lenient::read::<ScorerConfig>(value, words, ATTEMPTS);
    (reading.value, reading.mistakes)
}

impl ConfigError {
    /// A mistake in a map whose one key is the name of a scorer or a metric.
    pub fn below(name: &str, mistake: Mistake) -> Self {
        let Mistake { path, message, help, of_key, .. } = mistake;
        let below = path.strip_prefix(name).unwrap_or(&path).trim_start_matches('.').to_owned();
        // The name itself is the key of the whole.
        let of_key = of_key || below.is_empty();
        Self { parameter: below, message, help, of_key }
    }
}

fn deeper_than(value: &Json, levels: usize) -> bool {
    let Some(fewer) = levels.checked_sub(1) else { return true };
    match value {
        Json::Array(items) => items.iter().any(|item| deeper_than(item, fewer)),
        Json::Object(fields) => fields.values().any(|item| deeper_than(item, fewer)),
        _ => false,
    }
}

impl ScorerConfig {
    /// Reads one scorer from a value whose texts have been filled in: an object with the scorer's
    /// name as its one key.
    ///
    /// # Errors
    /// When the scorer or a parameter does not exist, is missing or has the wrong type; the message
    /// suggests the nearest name, the path leads to the key.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, ConfigError> {
        let (config, errors) = Self::read(value);
        match (errors.into_iter().next(), config) {
            (None, Some(config)) => Ok(config),
            (error, _) => Err(error.unwrap_or_else(|| ConfigError::new("", "expected one scorer"))),
        }
    }

    /// Like [`ScorerConfig::from_value`], with everything that does not fit, and the scorer as it was
    /// most likely meant, where that can be told.
    pub fn read(value: &serde_json::Value) -> (Option<Self>, Vec<ConfigError>) {
        scorer(value)
    }

    /// Fills in the texts of a scorer as a spec writes it and reads it. A number of data where a text is wanted is the
    /// text that says it, and a text of data that spells a number where a number is wanted is that number.
    pub fn fill(scorer: &serde_json::Value, variables: &Variables) -> Filled {
        filled(scorer, variables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(value: Json) -> (String, String) {
        let error = ScorerConfig::from_value(&value).unwrap_err();
        let help = error.help.map(|help| format!("; {help}")).unwrap_or_default();
        (error.parameter, format!("{}{help}", error.message))
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
            error(json!({"zzz": 1})).1.starts_with("unknown scorer `zzz`; there is `grounding_act`, `exact`")
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
            (
                "turn",
                "expected a text, found `7`, which is a number or true or false; put it in quotes: \"7\""
            )
        );
        assert_eq!(error(json!({"exact": {"text": "b"}})).1, "the parameter `turn` is missing");
    }

    #[test]
    fn data_of_another_kind_is_understood_and_what_the_spec_writes_is_not() {
        let variables = Variables::from([
            ("number".to_owned(), json!(18)),
            ("half".to_owned(), json!(0.5)),
            ("text".to_owned(), json!("18")),
            ("many".to_owned(), json!([18, "nineteen", true])),
            ("word".to_owned(), json!("eighteen")),
        ]);
        let read = |scorer: Json| filled(&scorer, &variables);
        for (written, meant) in [
            (
                json!({"exact": {"turn": "a", "text": "{{ number }}"}}),
                json!({"exact": {"turn": "a", "text": "18"}}),
            ),
            (
                json!({"exact": {"turn": "a", "text": "{{ half }}"}}),
                json!({"exact": {"turn": "a", "text": "0.5"}}),
            ),
            (
                json!({"number": {"turn": "a", "equals": "{{ text }}"}}),
                json!({"number": {"turn": "a", "equals": 18}}),
            ),
            (
                json!({"choice": {"turn": "a", "options": "{{ many }}"}}),
                json!({"choice": {"turn": "a", "options": ["18", "nineteen", "true"]}}),
            ),
            (
                json!({"not": {"of": {"exact": {"turn": "a", "text": "{{ number }}"}}}}),
                json!({"not": {"of": {"exact": {"turn": "a", "text": "18"}}}}),
            ),
        ] {
            let found = read(written.clone());
            assert_eq!(found.errors, [], "{written}");
            assert_eq!(found.config, Some(ScorerConfig::from_value(&meant).unwrap()), "{written}");
            assert_eq!(found.said.is_empty(), written["number"].is_object(), "{written}");
        }
        // A word spells no number, and a number that the spec itself writes is no text.
        assert_eq!(read(json!({"number": {"turn": "a", "equals": "{{ word }}"}})).errors.len(), 1);
        assert_eq!(read(json!({"exact": {"turn": "a", "text": 18}})).errors.len(), 1);
    }

    #[test]
    fn everything_that_is_wrong_is_said_and_the_rest_is_read() {
        let value = json!({"all": {"of": [
            {"exact": {"turn": "reply", "txt": "b"}}, {"lenght": {"turn": "reply", "unit": "wrds"}},
        ]}});
        let (config, errors) = scorer(&value);
        assert_eq!(config.unwrap().parameters().turn(), "reply");
        let mut paths: Vec<&str> = errors.iter().map(|error| error.parameter.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["of[0].exact.txt", "of[1].lenght", "of[1].lenght.unit"]);
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
