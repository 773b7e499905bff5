//! Conjunction: do all parts hold? See [`super::logic`] for parts that could not be scored.

use super::{ScorerConfig, logic::Combination};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether every part holds. A part that could not be scored leaves the whole unscored, unless another part fails anyway.
/// Kleene's strong three-valued logic (1952, section 64).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct All {
    /// The parts: scorers that give true or false, all of the same turn.
    pub of: Vec<ScorerConfig>,
}

impl Combination for All {
    const DECISIVE: bool = false;

    fn parts(&self) -> &[ScorerConfig] {
        &self.of
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, flag, parse};
    use serde_json::json;

    #[test]
    fn every_part_has_to_hold() {
        let scorer = json!({"all": {"of": [
            {"includes": {"turn": "reply", "text": "friday"}},
            {"length": {"turn": "reply", "unit": "words", "at_most": 3}},
        ]}});
        assert_eq!(flag(&scorer, "Friday at seven"), Some(true));
        assert_eq!(flag(&scorer, "Friday at seven then"), Some(false));
        assert_eq!(flag(&scorer, "Saturday"), Some(false));
    }

    #[test]
    fn parts_must_be_flags_of_one_turn() {
        let with = |part| error(&json!({"all": {"of": [{"exact": {"turn": "reply", "text": "a"}}, part]}}));
        let other_turn = with(json!({"exact": {"turn": "other", "text": "a"}}));
        assert_eq!(other_turn.parameter, "of[1]");
        assert!(other_turn.message.contains("same turn"));
        let number = with(json!({"length": {"turn": "reply", "unit": "words"}}));
        assert_eq!(
            (number.parameter.as_str(), number.message.as_str()),
            ("of[1]", "`length` does not give true or false here")
        );
        let inside = with(json!({"pattern": {"turn": "reply", "regex": "("}}));
        assert_eq!(inside.parameter, "of[1].pattern.regex");
        assert_eq!(error(&json!({"all": {"of": []}})).parameter, "of");
    }

    #[test]
    fn the_turns_of_all_parts_are_needed() {
        let config = parse(&json!({"all": {"of": [
            {"not": {"of": {"exact": {"turn": "reply", "text": "a"}}}},
            {"fact_consistency": {"turn": "reply", "facts": [{"name": "cat", "alive": true}], "answers": "step", "properties": ["alive"]}},
        ]}}));
        assert_eq!(config.parameters().turn(), "reply");
        assert_eq!(config.parameters().other_turns(), ["step"]);
    }
}
