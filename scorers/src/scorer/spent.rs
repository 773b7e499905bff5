//! Spent: how much the model under test has said up to the turn.

use super::{ConfigError, Configure, Reads, Scorer};
use crate::{Body, Outcome, Turn, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much the model under test has said in the dialogue up to the turn and in it: what a dialogue costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Spent {
    /// The live turn up to which it counts.
    pub turn: String,
    /// What to count.
    pub unit: SpentUnit,
}

/// What is counted of what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpentUnit {
    /// Tokens that the model generated, as its engine counts them, reasoning included.
    Tokens,
    /// Its replies.
    Replies,
}

impl Configure for Spent {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        None
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Number
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        Ok(Box::new(self.clone()))
    }
}

impl Scorer for Spent {
    fn score(&self, view: &View<'_>, _text: &str) -> Outcome {
        let turns = view.before().iter().copied().chain([view.turn()]);
        let counted = turns.filter(|turn| turn.speaker.is_model()).map(|turn| self.of(turn));
        Outcome::number(counted.sum::<u64>() as f64)
    }
}

impl Spent {
    fn of(&self, turn: &Turn) -> u64 {
        match (&turn.body, self.unit) {
            (Body::Generated { completion_tokens, .. }, SpentUnit::Tokens) => u64::from(*completion_tokens),
            (Body::Generated { .. }, SpentUnit::Replies) => 1,
            (Body::Scripted { .. } | Body::Failed { .. }, _) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::outcome;
    use crate::{Outcome, Role, Speaker, Turn};
    use serde_json::json;

    #[test]
    fn only_the_model_spends() {
        let turns = [
            Turn::scripted(Role::System, "You book."),
            Turn { speaker: Speaker::named("guest"), role: Role::User, ..Turn::generated("wish", "A table, please.") },
            Turn::generated("reply", "For how many people?"),
            Turn::scripted(Role::Assistant, "Take your time."),
            Turn::generated("reply", "At what time?"),
        ];
        let spent = |unit| outcome(&json!({"spent": {"turn": "reply", "unit": unit}}), &turns);
        assert_eq!((spent("tokens"), spent("replies")), (Outcome::number(7.0), Outcome::number(2.0)));
    }
}
