//! Overlap: how many words does the turn share with an earlier one?
//!
//! Shared wording is one face of alignment in dialogue (Pickering and Garrod 2004,
//! doi:10.1017/S0140525X04000056) and the plainest sign of repetition. The measures and their
//! sources are in [`super::similarity`]; texts are compared word by word, without case and
//! punctuation.

use super::markup::visible;
use super::text::{plain, words};
use super::{ConfigError, Configure, Reads, Scorer, similarity};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many words the turn shares with an earlier one, from 0 to 1. Unscored where the measure has
/// no value, as for a turn without words.
/// Alignment in dialogue: Pickering & Garrod 2004 (doi:10.1017/S0140525X04000056).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Overlap {
    /// The live turn to grade.
    pub turn: String,
    /// The name of an earlier live turn (its latest occurrence counts), or `user` for the last turn
    /// of the user.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub with: String,
    /// A text to compare with, in the place of an earlier turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// How to measure.
    pub measure: Measure,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// How to measure overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Different words that both turns have, over all their different words.
    Jaccard,
    /// The share of this turn's different words that the earlier turn has too.
    Containment,
    /// ROUGE-L: words in the same order (F-measure with equal weights).
    RougeL,
    /// Sentence BLEU of this turn against the earlier one, up to four words in a row, smoothed by
    /// adding one for n above 1.
    Bleu,
    /// The same of characters, up to four in a row, without smoothing, case and punctuation as they are: what comes out where a
    /// program hands texts to a function that expects words.
    BleuCharacters,
}

/// Words beyond which a turn is not compared in order: the time for that grows with the product.
const MOST_WORDS: usize = 5_000;

const USER: &str = "user";

impl Configure for Overlap {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn other_turns(&self) -> Vec<&str> {
        if self.with == USER || self.text.is_some() { Vec::new() } else { vec![&self.with] }
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Number
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        match (&self.text, self.with.as_str()) {
            (Some(_), with) if !with.is_empty() => {
                Err(ConfigError::new("text", "it is compared `with` an earlier turn, or with a text, not with both"))
            }
            (None, "") => Err(ConfigError::new("with", "say which turn it is compared with, or a `text`")),
            _ => Ok(Box::new(self.clone())),
        }
    }
}

impl Scorer for Overlap {
    fn score(&self, view: &View<'_>, text: &str) -> Outcome {
        if let Some(other) = &self.text {
            return self.measured(text, other);
        }
        let earlier = view.latest(&self.with);
        let Some(earlier) = earlier.and_then(|turn| turn.said()) else {
            return Outcome::unscored(format!("no turn `{}` precedes", self.with));
        };
        self.measured(text, &earlier)
    }
}

impl Overlap {
    fn measured(&self, text: &str, other: &str) -> Outcome {
        if self.measure == Measure::BleuCharacters {
            let measured = similarity::bleu_of_characters(text, other);
            return measured.map_or_else(|| Outcome::unscored("there is nothing to compare"), Outcome::number);
        }
        let (ours, theirs) = (plain(&visible(text)), plain(&visible(other)));
        let (ours, theirs) = (words(&ours), words(&theirs));
        let measured = match self.measure {
            Measure::Jaccard => similarity::jaccard(&ours, &theirs),
            Measure::Containment => similarity::containment(&ours, &theirs),
            Measure::RougeL if ours.len().max(theirs.len()) > MOST_WORDS => {
                return Outcome::unscored(format!("a turn has more than {MOST_WORDS} words"));
            }
            Measure::RougeL => similarity::rouge_l(&ours, &theirs),
            Measure::Bleu | Measure::BleuCharacters => similarity::bleu(&ours, &theirs),
        };
        measured.map_or_else(|| Outcome::unscored("there are no words to compare"), Outcome::number)
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::outcome;
    use crate::{Outcome, Role, Turn};
    use serde_json::json;

    fn measured(measure: &str, with: &str, text: &str) -> Outcome {
        let turns = [
            Turn::generated("first", "Dogs bark."),
            Turn::scripted(Role::User, "Cats sleep, dogs bark!"),
            Turn::generated("reply", text),
        ];
        outcome(&json!({"overlap": {"turn": "reply", "with": with, "measure": measure}}), &turns)
    }

    #[test]
    fn words_are_compared_with_the_turn_that_is_named() {
        assert_eq!(measured("jaccard", "user", "CATS bark"), Outcome::number(0.5));
        assert_eq!(measured("jaccard", "first", "cats bark"), Outcome::number(1.0 / 3.0));
        assert_eq!(measured("containment", "user", "Cats bark."), Outcome::number(1.0));
        assert_eq!(measured("rouge_l", "user", "cats sleep"), Outcome::number(2.0 / 3.0));
        assert_eq!(measured("bleu", "first", "Dogs bark"), Outcome::number(1.0));
    }

    #[test]
    fn what_cannot_be_compared_is_unscored() {
        assert_eq!(measured("jaccard", "nobody", "a"), Outcome::unscored("no turn `nobody` precedes"));
        assert_eq!(measured("bleu", "user", "..."), Outcome::unscored("there are no words to compare"));
        assert!(matches!(measured("rouge_l", "user", &"a ".repeat(5_001)), Outcome::Unscored { .. }));
    }
}
