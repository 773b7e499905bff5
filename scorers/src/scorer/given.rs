//! What a case says of a turn: a judgement that somebody brings along, beside which others are held.

use super::{ConfigError, Configure, Reads, Scorer};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the case itself says, whatever the turn is: a person's label, or a condition on the case. It stands where the turn stands, so
/// that `kappa` can hold it against another score, and `all` can ask for different things in different cases.
/// The judgement is not Grice's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Given {
    /// The turn at whose places it stands.
    pub turn: String,
    /// Whether it holds: an expression such as `"{{ label == 'clarification' }}"`.
    pub holds: bool,
}

impl Configure for Given {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        None
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Flag
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        Ok(Box::new(self.clone()))
    }
}

impl Scorer for Given {
    fn lasts(&self, _view: &View<'_>, _text: &str, _outcome: &Outcome) -> bool {
        true
    }

    fn score(&self, _view: &View<'_>, _text: &str) -> Outcome {
        Outcome::flag(self.holds)
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::flag;
    use serde_json::json;

    #[test]
    fn the_text_does_not_matter() {
        for holds in [true, false] {
            let scorer = json!({"given": {"turn": "reply", "holds": holds}});
            assert_eq!([flag(&scorer, ""), flag(&scorer, "Yes.")], [Some(holds); 2]);
        }
    }
}
