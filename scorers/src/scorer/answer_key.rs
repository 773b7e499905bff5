//! Answer key: is the option named that is right in this round?

use super::{ConfigError, Configure, Reads, Scorer, Wordings, options, text::plain};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the turn names the option that is right in its round, and no other one: what a listener picked, or answers to a list of
/// questions. Unscored where no option is named or several are, and in a round that the key does not have.
/// The rule is Grice's own; options are found as `choice` finds them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct AnswerKey {
    /// The live turn to grade, in a `repeat`.
    pub turn: String,
    /// The options: a list of labels, or an object with a list of further wordings per label.
    pub options: Wordings,
    /// The label that is right in round 1, 2, and so on.
    pub key: Vec<String>,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

impl Configure for AnswerKey {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Flag
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        let matcher = self.options.matcher("options")?;
        if self.key.is_empty() {
            return Err(ConfigError::new("key", "the list is empty"));
        }
        let known = |label: &String| self.options.labels().any(|option| plain(option) == plain(label));
        if let Some((place, label)) = self.key.iter().enumerate().find(|(_, label)| !known(label)) {
            return Err(ConfigError::new(
                format!("key[{place}]"),
                format!("`{label}` is none of the options"),
            ));
        }
        Ok(Box::new(Judge { matcher, key: self.key.clone() }))
    }
}

struct Judge {
    matcher: options::Matcher,
    key: Vec<String>,
}

impl Scorer for Judge {
    fn score(&self, view: &View<'_>, text: &str) -> Outcome {
        let round = view.place().round.unwrap_or(1);
        let right = (round as usize).checked_sub(1).and_then(|index| self.key.get(index));
        let Some(right) = right else {
            return Outcome::unscored(format!("the key has no round {round}"));
        };
        match self.matcher.only(text) {
            Ok(named) => {
                Outcome::flag(plain(named) == plain(right)).because(format!("{named}, and right is {right}"))
            }
            Err(reason) => Outcome::unscored(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, outcome};
    use crate::{Outcome, Turn};
    use serde_json::{Value as Json, json};

    fn scorer(key: &[&str]) -> Json {
        json!({"answer_key": {"turn": "pick", "options": ["lion", "bird"], "key": key}})
    }

    #[test]
    fn every_round_has_its_own_answer() {
        let picked = |round, text: &str| {
            outcome(
                &scorer(&["lion", "bird"]),
                &[Turn { round: Some(round), ..Turn::generated("pick", text) }],
            )
        };
        assert_eq!(picked(1, "The Lion."), Outcome::flag(true).because("lion, and right is lion"));
        assert_eq!(picked(2, "The lion."), Outcome::flag(false).because("lion, and right is bird"));
        assert_eq!(picked(3, "The lion."), Outcome::unscored("the key has no round 3"));
        assert_eq!(picked(1, "A cat."), Outcome::unscored("none of the options is named"));
    }

    #[test]
    fn the_key_is_made_of_options() {
        assert_eq!(error(&scorer(&["lion", "cat"])).parameter, "key[1]");
        assert_eq!(error(&scorer(&[])).parameter, "key");
    }
}
