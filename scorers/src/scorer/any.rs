//! Disjunction: does at least one part hold? See [`super::logic`] for parts that could not be scored.

use super::{ScorerConfig, logic::Combination};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether at least one part holds. A part that could not be scored leaves the whole unscored, unless another part holds anyway.
/// Kleene's strong three-valued logic (1952, section 64).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Any {
    /// The parts: scorers that give true or false, all of the same turn.
    pub of: Vec<ScorerConfig>,
}

impl Combination for Any {
    const DECISIVE: bool = true;

    fn parts(&self) -> &[ScorerConfig] {
        &self.of
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, flag};
    use serde_json::json;

    #[test]
    fn one_part_is_enough() {
        let scorer = json!({"any": {"of": [
            {"exact": {"turn": "reply", "text": "no"}},
            {"number": {"turn": "reply", "equals": 7}},
        ]}});
        assert_eq!(flag(&scorer, "No"), Some(true));
        assert_eq!(flag(&scorer, "Seven is 7"), Some(true));
        assert_eq!(flag(&scorer, "It is 8"), Some(false));
    }

    #[test]
    fn an_unscored_part_matters_only_where_nothing_else_decides() {
        // Without answers before it, an object can be neither consistent nor inconsistent.
        let scorer = json!({"any": {"of": [
            {"fact_consistency": {
                "turn": "reply", "facts": [{"name": "cat", "alive": 1}], "answers": "step", "properties": ["alive"],
            }},
            {"exact": {"turn": "reply", "text": "A cat."}},
        ]}});
        assert_eq!(flag(&scorer, "A cat."), Some(true));
        assert_eq!(flag(&scorer, "The cat."), None);
        assert_eq!(error(&json!({"any": {"of": []}})).parameter, "of");
    }
}
