//! Regular expressions: does a pattern match, or what did one of its groups match?
//!
//! The syntax is that of the `regex` crate, whose matching takes time linear in the text and in the size of the compiled pattern.
//! That size is bounded, and so is the product of both: a large pattern leaves a very long text without a grade.

use super::text::excerpt;
use super::{CONTINUATIONS, ConfigError, Configure, Reads, Scorer, is_yes};
use crate::{Outcome, ValueKind, View};
use regex::{Regex, RegexBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// Bytes that one compiled pattern may take.
const LARGEST: usize = 1 << 20;

/// Bytes of a compiled pattern times bytes of a text at most: seconds, where every state of the pattern is alive all the time.
const WORK: usize = 1 << 34;

/// Whether a regular expression matches anywhere; with `capture`, what that group matched first.
/// Put `(?i)` in front to ignore case, `^` and `$` to match the whole text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Pattern {
    /// The live turn to grade.
    pub turn: String,
    /// The regular expression, in the syntax of Rust's `regex` crate (no look-around, no back-references).
    pub regex: String,
    /// Name or number of the group to return. Unscored where the pattern or the group does not match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<Group>,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// A group of a regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// By its number; 0 is the whole match.
    Number(usize),
    /// By its name: `(?<name>...)`.
    Name(String),
}

impl Configure for Pattern {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        if self.capture.is_some() { ValueKind::Label } else { ValueKind::Flag }
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        // The crate does not tell how large a pattern is, but whether it fits.
        let mut fits = LARGEST >> 6;
        let regex = loop {
            let built = RegexBuilder::new(&self.regex).size_limit(fits).dfa_size_limit(LARGEST).build();
            match built {
                Err(regex::Error::CompiledTooBig(_)) if fits < LARGEST => fits <<= 2,
                other => break other.map_err(|error| ConfigError::new("regex", in_one_line(&error)))?,
            }
        };
        let exists = match &self.capture {
            None => true,
            Some(Group::Number(number)) => *number < regex.captures_len(),
            Some(Group::Name(name)) => regex.capture_names().flatten().any(|known| known == name),
        };
        if !exists {
            return Err(ConfigError::new("capture", "the pattern has no such group"));
        }
        Ok(Box::new(Compiled { regex, capture: self.capture.clone(), longest: WORK / fits }))
    }
}

/// The last line of the crate's message says what is wrong; the others draw the place.
fn in_one_line(error: &regex::Error) -> String {
    let message = error.to_string();
    let last = message.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_lowercase()
}

struct Compiled {
    regex: Regex,
    capture: Option<Group>,
    /// Bytes of the longest text that is looked through.
    longest: usize,
}

impl Scorer for Compiled {
    /// A match stays one, unless it rests on the end of the text (`$`, `\b`). What a group captured may grow.
    fn lasts(&self, _view: &View<'_>, text: &str, outcome: &Outcome) -> bool {
        is_yes(outcome) && CONTINUATIONS.iter().all(|more| self.regex.is_match(&format!("{text}{more}")))
    }

    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        if text.len() > self.longest {
            let (most, length) = (self.longest, text.len());
            return Outcome::unscored(format!("the pattern is too large for {length} bytes; it takes {most} at most"));
        }
        let Some(group) = &self.capture else {
            let found = self.regex.find(text);
            return Outcome::flag(found.is_some())
                .because(found.map_or(String::new(), |found| excerpt(found.as_str())));
        };
        let Some(captures) = self.regex.captures(text) else {
            return Outcome::unscored("the pattern does not match");
        };
        let found = match group {
            Group::Number(number) => captures.get(*number),
            Group::Name(name) => captures.name(name),
        };
        match found {
            Some(found) => Outcome::label(found.as_str()),
            None => Outcome::unscored("the group did not take part in the match"),
        }
    }
}

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u64(*number as u64),
            Self::Name(name) => serializer.serialize_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrNumber;

        impl Visitor<'_> for NameOrNumber {
            type Value = Group;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("the name or the number of a group")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Group, E> {
                usize::try_from(number).map(Group::Number).map_err(E::custom)
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Group, E> {
                usize::try_from(number).map(Group::Number).map_err(E::custom)
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Group, E> {
                Ok(Group::Name(name.to_owned()))
            }
        }

        deserializer.deserialize_any(NameOrNumber)
    }
}

impl JsonSchema for Group {
    fn schema_name() -> Cow<'static, str> {
        "Group".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 0 }] })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, flag, label};
    use serde_json::json;

    #[test]
    fn a_pattern_matches_anywhere() {
        let scorer = json!({"pattern": {"turn": "reply", "regex": "(?i)at (seven|7)\\b"}});
        assert_eq!(flag(&scorer, "Booked. At Seven, as you said."), Some(true));
        assert_eq!(flag(&scorer, "at seventy"), Some(false));
    }

    #[test]
    fn a_group_is_returned_by_name_or_number() {
        let named =
            json!({"pattern": {"turn": "reply", "regex": "on (?<day>\\w+)( at (\\d+))?", "capture": "day"}});
        let third =
            json!({"pattern": {"turn": "reply", "regex": "on (?<day>\\w+)( at (\\d+))?", "capture": 3}});
        assert_eq!(label(&named, "on Friday at 7, on Saturday").as_deref(), Some("Friday"));
        assert_eq!(label(&named, "Friday"), None);
        assert_eq!(label(&third, "on Friday at 7").as_deref(), Some("7"));
        assert_eq!(label(&third, "on Friday"), None);
    }

    #[test]
    fn a_malformed_or_huge_pattern_is_an_error() {
        let broken = error(&json!({"pattern": {"turn": "reply", "regex": "(a"}}));
        assert_eq!((broken.parameter.as_str(), broken.message.as_str()), ("regex", "unclosed group"));
        assert_eq!(
            error(&json!({"pattern": {"turn": "reply", "regex": "(((a{100}){100}){100}){100}"}})).parameter,
            "regex"
        );
        assert_eq!(
            error(&json!({"pattern": {"turn": "reply", "regex": "a", "capture": 1}})).parameter,
            "capture"
        );
        assert_eq!(
            error(&json!({"pattern": {"turn": "reply", "regex": "a", "capture": "x"}})).parameter,
            "capture"
        );
    }
}
