//! Closed sets of answers: labels, each with the words that name it.

use super::letters::Wording;
use super::places::whole_words;
use super::text::Written;
use super::{ConfigError, markup};
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// Labels and the wordings that stand for them. A spec writes a list of labels, or an object with
/// a list of further wordings per label. The label itself is always one of its wordings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Wordings {
    labels: IndexMap<String, Vec<String>>,
}

impl Wordings {
    /// Options without further wordings.
    pub fn of<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        Self { labels: labels.into_iter().map(|label| (label.to_owned(), Vec::new())).collect() }
    }

    /// The labels, in the order of the spec.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.keys().map(String::as_str)
    }

    /// A matcher for the options.
    ///
    /// # Errors
    /// When there is no option, when a wording is empty, or when it stands for two labels.
    pub(super) fn matcher(&self, parameter: &str) -> Result<Matcher, ConfigError> {
        if self.labels.is_empty() {
            return Err(ConfigError::new(parameter, "there is no option"));
        }
        let mut wordings: IndexMap<String, (usize, Wording)> = IndexMap::new();
        for (index, (label, aliases)) in self.labels.iter().enumerate() {
            for wording in std::iter::once(label).chain(aliases) {
                let folded = Written::of(&markup::visible(wording)).plain;
                // An option that is itself markup, such as `<b>`, is named in code.
                let folded = if folded.is_empty() { Written::of(wording).plain } else { folded };
                if folded.is_empty() {
                    let message = format!("a wording of the option `{label}` is empty");
                    return Err(ConfigError::new(parameter, message));
                }
                let entry = wordings.entry(folded.clone());
                let known = entry.or_insert_with(|| (index, Wording::of(wording, folded))).0;
                if let Some((other, _)) = self.labels.get_index(known).filter(|_| known != index) {
                    let message = format!("`{wording}` stands for both `{other}` and `{label}`");
                    return Err(ConfigError::new(parameter, message));
                }
            }
        }
        let wordings = wordings.into_values().collect();
        Ok(Matcher { labels: self.labels.keys().cloned().collect(), wordings })
    }
}

/// Finds which options a text names.
#[derive(Clone, Debug)]
pub(super) struct Matcher {
    labels: Vec<String>,
    /// Every wording with the number of its label.
    wordings: Vec<(usize, Wording)>,
}

impl Matcher {
    /// The labels named, in the order of the text, once per mention. Markup, case and white space do not count; only whole
    /// words do; a wording inside a longer one ("red" in "dark red") is not a mention, nor is the article "a" one of A.
    ///
    /// # Errors
    /// When there are too many to look for in so long a text.
    pub(super) fn mentions(&self, text: &str) -> Result<Vec<&str>, String> {
        if let Some(why) = super::too_much(self.wordings.len(), text) {
            return Err(why);
        }
        let written = Written::of(&markup::visible(text));
        let mut found: Vec<(Range<usize>, usize)> = self
            .wordings
            .iter()
            .flat_map(|(label, wording)| {
                let stands = whole_words(&written.plain, wording.plain()).into_iter();
                stands.filter(|place| wording.is_named(&written, place)).map(|place| (place, *label))
            })
            .collect();
        // Longer before shorter at the same start, so that one pass drops what is covered.
        found.sort_by_key(|(place, label)| (place.start, std::cmp::Reverse(place.end), *label));
        let mut covered = 0;
        found.retain(|(place, _)| {
            let inside = place.end <= covered;
            covered = covered.max(place.end);
            !inside
        });
        Ok(found.iter().filter_map(|(_, label)| self.labels.get(*label)).map(String::as_str).collect())
    }

    /// The one label that is named, however often; or why there is none.
    pub(super) fn only(&self, text: &str) -> Result<&str, String> {
        let mentions = self.mentions(text)?;
        let Some(first) = mentions.first() else { return Err("none of the options is named".to_owned()) };
        match mentions.iter().find(|label| *label != first) {
            Some(other) => Err(format!("several options are named: `{first}`, `{other}`")),
            None => Ok(first),
        }
    }
}

impl<'de> Deserialize<'de> for Wordings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrObject;

        impl<'de> Visitor<'de> for ListOrObject {
            type Value = Wordings;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a list of labels, or an object with a list of wordings per label")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Wordings, A::Error> {
                let mut labels = IndexMap::new();
                while let Some(label) = items.next_element::<String>()? {
                    if labels.insert(label.clone(), Vec::new()).is_some() {
                        return Err(A::Error::custom(format!("the option `{label}` is there twice")));
                    }
                }
                Ok(Wordings { labels })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Wordings, A::Error> {
                let mut labels = IndexMap::new();
                while let Some((label, wordings)) = items.next_entry()? {
                    labels.insert(label, wordings);
                }
                Ok(Wordings { labels })
            }
        }

        deserializer.deserialize_any(ListOrObject)
    }
}

impl JsonSchema for Wordings {
    fn schema_name() -> Cow<'static, str> {
        "Options".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true },
                {
                    "type": "object",
                    "additionalProperties": { "type": "array", "items": { "type": "string" } },
                    "minProperties": 1
                }
            ]
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(value: serde_json::Value) -> Wordings {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_list_and_an_object_are_both_read() {
        let list = options(serde_json::json!(["cat", "dog"]));
        let object = options(serde_json::json!({"cat": ["kitten"], "dog": []}));
        assert_eq!(list.labels().collect::<Vec<_>>(), object.labels().collect::<Vec<_>>());
        assert!(serde_json::from_value::<Wordings>(serde_json::json!("cat")).is_err());
        assert!(serde_json::from_value::<Wordings>(serde_json::json!(["cat", "cat"])).is_err());
    }

    #[test]
    fn mentions_are_whole_words_in_order_and_the_longest_wins() {
        let matcher = options(serde_json::json!({"red": [], "dark red": ["maroon"]})).matcher("").unwrap();
        assert_eq!(matcher.mentions("Dark  Red, then red; bored.").unwrap(), ["dark red", "red"]);
        assert_eq!(matcher.only("MAROON!"), Ok("dark red"));
        assert_eq!(matcher.only("blue").unwrap_err(), "none of the options is named");
        assert!(matcher.only("red or maroon").unwrap_err().starts_with("several"));
    }

    #[test]
    fn ambiguous_or_empty_wordings_are_errors() {
        let error = |value| options(value).matcher("options").unwrap_err().message;
        assert_eq!(error(serde_json::json!({"a": ["x"], "b": ["X "]})), "`X ` stands for both `a` and `b`");
        assert_eq!(error(serde_json::json!([])), "there is no option");
        assert_eq!(error(serde_json::json!({"a": [" "]})), "a wording of the option `a` is empty");
    }
}
