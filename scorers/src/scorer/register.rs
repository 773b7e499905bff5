//! Register: is the wording of a turn formal, or casual? Rests on [`super::formality`].

use super::{ConfigError, Configure, Reads, Scorer, formality};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the wording is in the expected register: its formality is more than 0.09 above the threshold
/// (formal) or below it (casual). A turn nearer to the threshold, such as one that nothing but a
/// contraction and a "thanks" mark, is in neither.
/// For the measure and its sources see `formality`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Register {
    /// The live turn to grade.
    pub turn: String,
    /// The expected register.
    pub is: Style,
    /// The formality that divides the registers; from 0 to 1.
    #[serde(default = "middle")]
    pub threshold: f64,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// A register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// As one writes to a stranger in office.
    Formal,
    /// As one chats with a friend.
    Casual,
}

fn middle() -> f64 {
    0.5
}

/// How far from the threshold a register begins: just beyond what two kinds of habit move formality.
const NEITHER: f64 = 0.09;

impl Configure for Register {
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
        if (0.0..=1.0).contains(&self.threshold) {
            Ok(Box::new(self.clone()))
        } else {
            Err(ConfigError::new("threshold", "formality ranges from 0 to 1"))
        }
    }
}

impl Scorer for Register {
    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        let (formality, why) = formality::measure(text);
        let beyond = match self.is {
            Style::Formal => formality - self.threshold,
            Style::Casual => self.threshold - formality,
        };
        let holds = beyond > NEITHER;
        let why = if why.is_empty() { "no marker of register".to_owned() } else { why };
        Outcome::flag(holds).because(why)
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, flag};
    use serde_json::json;

    #[test]
    fn each_register_is_recognised_and_the_neutral_is_neither() {
        let formal = json!({"register": {"turn": "reply", "is": "formal"}});
        let casual = json!({"register": {"turn": "reply", "is": "casual"}});
        for (text, expected) in [
            ("Certainly. I would be pleased to assist you.", (true, false)),
            ("Sure thing! It's open, yeah.", (false, true)),
            ("The castle opens at nine.", (false, false)),
            ("I'm sorry, it's closed. I don't know when it'll open.", (false, false)),
            ("I am sorry, it is closed. Please wait.", (false, false)),
            ("Thank you! The castle opens at nine.", (false, false)),
            ("Yeah, it is open.", (false, true)),
            ("Good day. It's open.", (true, false)),
        ] {
            assert_eq!(
                (flag(&formal, text), flag(&casual, text)),
                (Some(expected.0), Some(expected.1)),
                "{text}"
            );
        }
    }

    #[test]
    fn the_threshold_is_a_formality() {
        let lenient = json!({"register": {"turn": "reply", "is": "formal", "threshold": 0.4}});
        assert_eq!(flag(&lenient, "The castle opens at nine."), Some(true));
        assert_eq!(
            error(&json!({"register": {"turn": "reply", "is": "formal", "threshold": 1.5}})).parameter,
            "threshold"
        );
    }
}
