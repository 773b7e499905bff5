//! Length: how long is the turn, and is it as long as wanted?
//!
//! Words, sentences and characters are those of Unicode text segmentation (UAX #29): a character is
//! what a reader sees as one (a grapheme cluster), and a sentence has at least one letter or digit.

use super::text::words;
use super::{ConfigError, Configure, Reads, Scorer, is_yes};
use crate::{Outcome, Value, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// How many words, characters or sentences the turn has; with a bound, whether it keeps within.
/// Words, characters and sentences are those of Unicode text segmentation (UAX #29).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Length {
    /// The live turn to grade.
    pub turn: String,
    /// What to count.
    pub unit: Unit,
    /// The largest number allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    /// The smallest number allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// What to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Words and numbers, without punctuation.
    Words,
    /// Characters as a reader sees them, white space included except at the ends.
    Characters,
    /// Sentences.
    Sentences,
}

impl Configure for Length {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        if self.at_most.is_some() || self.at_least.is_some() { ValueKind::Flag } else { ValueKind::Number }
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) if least > most => {
                Err(ConfigError::new("at_least", "larger than `at_most`, so no text can be that long"))
            }
            _ => Ok(Box::new(self.clone())),
        }
    }
}

impl Scorer for Length {
    /// What is too long does not get shorter, and what is long enough, without an upper limit, stays so.
    fn lasts(&self, view: &View<'_>, text: &str, outcome: &Outcome) -> bool {
        // Whatever was being said when it was cut off counts as not said.
        let before = text.trim_end().rsplit_once(char::is_whitespace).map_or("", |(before, _)| before);
        match (self.at_least, self.at_most) {
            (Some(_), None) => is_yes(outcome) && is_yes(&self.score(view, before)),
            (None | Some(_), Some(most)) => {
                let only = Self { at_least: None, at_most: Some(most), ..self.clone() };
                matches!(only.score(view, before).value(), Some(Value::Flag(false)))
            }
            (None, None) => false,
        }
    }

    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        let (count, unit) = match self.unit {
            Unit::Words => (words(text).len(), "words"),
            Unit::Characters => (text.trim().graphemes(true).count(), "characters"),
            Unit::Sentences => (text.unicode_sentences().count(), "sentences"),
        };
        if self.kind() == ValueKind::Number {
            return Outcome::number(count as f64);
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let within =
            self.at_least.is_none_or(|least| count >= least) && self.at_most.is_none_or(|most| count <= most);
        Outcome::flag(within).because(format!("{count} {unit}"))
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, flag, number};
    use serde_json::json;

    #[test]
    fn units_are_those_of_unicode() {
        let count = |unit: &str, text| number(&json!({"length": {"turn": "reply", "unit": unit}}), text);
        assert_eq!(count("words", "Don't panic, it's 3.5 km -- ok?"), Some(6.0));
        assert_eq!(count("characters", " e\u{301}👩‍👩‍👧! "), Some(3.0));
        assert_eq!(count("sentences", "One. Two? Three!\n\n..."), Some(3.0));
        assert_eq!(count("words", ""), Some(0.0));
    }

    #[test]
    fn bounds_include_their_ends() {
        let scorer = json!({"length": {"turn": "reply", "unit": "words", "at_least": 2, "at_most": 3}});
        let flags = ["a", "a b", "a b c", "a b c d"].map(|text| flag(&scorer, text));
        assert_eq!(flags, [Some(false), Some(true), Some(true), Some(false)]);
        let crossed = json!({"length": {"turn": "reply", "unit": "words", "at_least": 3, "at_most": 2}});
        assert_eq!(error(&crossed).parameter, "at_least");
    }
}
