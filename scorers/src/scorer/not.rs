//! Negation: does a part not hold? A part that could not be scored leaves it unscored.

use super::{ConfigError, Configure, Reads, Scorer, ScorerConfig, logic};
use crate::{Outcome, Value, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a part does not hold.
/// Kleene's strong three-valued logic (1952, section 64).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Not {
    /// The part: a scorer that gives true or false.
    pub of: Box<ScorerConfig>,
}

impl Configure for Not {
    fn turn(&self) -> &str {
        self.of.parameters().turn()
    }

    fn other_turns(&self) -> Vec<&str> {
        self.of.parameters().other_turns()
    }

    fn turns_beside(&self) -> Vec<&str> {
        self.of.parameters().turns_beside()
    }

    fn reads(&self) -> Option<Reads> {
        None
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Flag
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        Ok(Box::new(Negated(logic::part(&self.of, self.turn(), "of")?)))
    }

    fn errors(&self) -> Vec<ConfigError> {
        logic::part_errors(&self.of, self.turn(), "of")
    }
}

struct Negated(Box<dyn Scorer>);

impl Scorer for Negated {
    fn lasts(&self, view: &View<'_>, text: &str, _outcome: &Outcome) -> bool {
        let outcome = self.0.score(view, text);
        self.0.lasts(view, text, &outcome)
    }

    fn score(&self, view: &View<'_>, text: &str) -> Outcome {
        match self.0.score(view, text) {
            Outcome::Scored { value: Value::Flag(flag), evidence } => Outcome::flag(!flag).because(evidence),
            Outcome::Scored { .. } => Outcome::unscored("the part does not give true or false"),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, flag};
    use serde_json::json;

    #[test]
    fn the_flag_is_turned_and_the_unknown_stays() {
        let scorer = json!({"not": {"of": {"number": {"turn": "reply", "equals": 7}}}});
        assert_eq!(flag(&scorer, "7"), Some(false));
        assert_eq!(flag(&scorer, "8"), Some(true));
        assert_eq!(flag(&scorer, "perhaps"), Some(true));
        let facts = json!([{"name": "cat", "alive": 1}]);
        let unknown = json!({"not": {"of": {"fact_consistency": {
            "turn": "reply", "facts": facts, "answers": "step", "properties": ["alive"],
        }}}});
        assert_eq!(flag(&unknown, "A cat."), None);
    }

    #[test]
    fn a_part_without_flag_is_an_error() {
        assert_eq!(error(&json!({"not": {"of": {"formality": {"turn": "reply"}}}})).parameter, "of");
    }
}
