//! Language style matching: are function words used as often as in another turn?
//!
//! Against the user's turn it says how far the reply goes along with the user (synchrony), against the model's own turn of the round before how
//! far it stays as it was (stability), and against a turn of somebody else's dialogue (a pseudo-dyad) how alike two turns are that never met:
//! what is above that is due to the dialogue. Formula: Ireland and Pennebaker 2010, doi:10.1037/a0020386.

use super::{ConfigError, Configure, Reads, Scorer, function_words};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How alike function words are used as in another turn, from 0 to 1: the mean over nine categories of
/// 1 - |p1 - p2| / (p1 + p2 + 0.0001), where p is the percentage of a turn's words in the category. A category that neither has
/// counts as alike. English only, by Grice's own word lists. Unscored where a turn has no words, or there is no such turn. Single turns
/// are short, so that the value is noisy: compare it with that of a `stranger`.
/// Language style matching, Ireland & Pennebaker 2010 (doi:10.1037/a0020386).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct StyleMatching {
    /// The live turn to grade.
    pub turn: String,
    /// The name of an earlier live turn (its latest occurrence counts; the turn's own name stands for the round before), or `user`
    /// for the last turn of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// Texts of somebody else's dialogue, instead of `with`: one per round, or one for a turn outside of rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stranger: Option<Vec<String>>,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

const USER: &str = "user";

/// What keeps a category that neither turn has from dividing by 0.
const SMALL: f64 = 1e-4;

impl Configure for StyleMatching {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn other_turns(&self) -> Vec<&str> {
        self.with.as_deref().filter(|name| *name != USER).into_iter().collect()
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Number
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        match (&self.with, &self.stranger) {
            (Some(_), Some(_)) => Err(ConfigError::new(
                "stranger",
                "there is `with` already: a turn is compared with one other",
            )),
            (None, None) => {
                Err(ConfigError::new("", "there is nothing to compare with: `with` or `stranger` is missing"))
            }
            (None, Some(texts)) if texts.is_empty() => Err(ConfigError::new("stranger", "the list is empty")),
            _ => Ok(Box::new(self.clone())),
        }
    }
}

impl StyleMatching {
    fn other<'a>(&'a self, view: &View<'a>) -> Result<Cow<'a, str>, String> {
        if let Some(texts) = &self.stranger {
            let round = view.place().round.unwrap_or(1) as usize;
            let text = round.checked_sub(1).and_then(|index| texts.get(index));
            return text
                .map(|text| Cow::Borrowed(text.as_str()))
                .ok_or_else(|| format!("`stranger` has no text for round {round}"));
        }
        let name = self.with.as_deref().unwrap_or(USER);
        let earlier = view.latest(name);
        earlier.and_then(|turn| turn.said()).ok_or_else(|| format!("no turn `{name}` precedes"))
    }
}

impl Scorer for StyleMatching {
    fn score(&self, view: &View<'_>, text: &str) -> Outcome {
        match self.other(view) {
            Ok(other) => matching(text, &other)
                .map_or_else(|| Outcome::unscored("there are no words to compare"), Outcome::number),
            Err(reason) => Outcome::unscored(reason),
        }
    }
}

/// None where a text has no words.
fn matching(one: &str, other: &str) -> Option<f64> {
    let ((ours, all), (theirs, of_theirs)) = (function_words::counts(one), function_words::counts(other));
    if all == 0 || of_theirs == 0 {
        return None;
    }
    let share = |count: u32, all: u32| 100.0 * f64::from(count) / f64::from(all);
    let alike = ours.iter().zip(&theirs).map(|(ours, theirs)| {
        let (p1, p2) = (share(*ours, all), share(*theirs, of_theirs));
        1.0 - (p1 - p2).abs() / (p1 + p2 + SMALL)
    });
    Some(alike.sum::<f64>() / function_words::CATEGORIES as f64)
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, outcome};
    use crate::{Outcome, Role, Turn, Value};
    use serde_json::{Value as Json, json};

    fn number(scorer: &Json, turns: &[Turn]) -> f64 {
        match outcome(scorer, turns) {
            Outcome::Scored { value: Value::Number(number), .. } => number,
            other => panic!("{other:?}"),
        }
    }

    fn turns() -> [Turn; 4] {
        [
            Turn::scripted(Role::User, "Hello."),
            Turn { round: Some(1), ..Turn::generated("reply", "The dog barks") },
            Turn { round: Some(2), ..Turn::scripted(Role::User, "I see the cat") },
            Turn { round: Some(2), ..Turn::generated("reply", "The cat sees the dog and me") },
        ]
    }

    // By hand. Reply: 7 words; articles 2/7, conjunctions 1/7, personal pronouns 1/7. User: 4 words; articles and personal
    // pronouns 1/4 each. Six categories are in neither, so they count 1.
    #[test]
    fn as_by_hand() {
        let term = |a: f64, b: f64| 1.0 - (a - b).abs() / (a + b + 1e-4);
        let expected =
            (6.0 + term(200.0 / 7.0, 25.0) + term(100.0 / 7.0, 0.0) + term(100.0 / 7.0, 25.0)) / 9.0;
        let found = number(&json!({"style_matching": {"turn": "reply", "with": "user"}}), &turns());
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }

    #[test]
    fn the_own_name_is_the_round_before_and_a_stranger_has_a_text_per_round() {
        let term = |a: f64, b: f64| 1.0 - (a - b).abs() / (a + b + 1e-4);
        // The first reply: 3 words, an article.
        let own = (6.0 + term(200.0 / 7.0, 100.0 / 3.0) + 2.0 * term(100.0 / 7.0, 0.0)) / 9.0;
        let found = number(&json!({"style_matching": {"turn": "reply", "with": "reply"}}), &turns());
        assert!((found - own).abs() < 1e-12, "{found} is not {own}");
        let same =
            json!({"style_matching": {"turn": "reply", "stranger": ["x", "The cat sees the dog and me"]}});
        assert!((number(&same, &turns()) - 1.0).abs() < 1e-12);
        let short = json!({"style_matching": {"turn": "reply", "stranger": ["x"]}});
        assert_eq!(outcome(&short, &turns()), Outcome::unscored("`stranger` has no text for round 2"));
    }

    #[test]
    fn one_thing_is_compared_with() {
        assert_eq!(error(&json!({"style_matching": {"turn": "a"}})).parameter, "");
        assert_eq!(
            error(&json!({"style_matching": {"turn": "a", "with": "user", "stranger": ["x"]}})).parameter,
            "stranger"
        );
        assert_eq!(error(&json!({"style_matching": {"turn": "a", "stranger": []}})).parameter, "stranger");
    }
}
