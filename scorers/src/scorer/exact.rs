//! Exact text: does the whole turn equal an expected text?
//!
//! The comparison is "exact match" as reading comprehension uses it (Rajpurkar et al. 2016,
//! arXiv:1606.05250, section 6.1, there without articles and punctuation too), with the spec
//! choosing what to overlook. Both sides are folded alike; see [`Ignore`].

use super::text::{self, Ignore, excerpt, fold};
use super::{ConfigError, Configure, Reads, Scorer, is_yes};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the whole text equals an expected one (or one of several). Give either `text` or
/// `any_of`.
/// After "exact match" in reading comprehension (Rajpurkar et al. 2016, arXiv:1606.05250).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Exact {
    /// The live turn to grade.
    pub turn: String,
    /// The expected text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Several texts, each of which will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_of: Option<Vec<String>>,
    /// Differences that do not count.
    #[serde(default = "text::usual")]
    pub ignore: Vec<Ignore>,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

impl Configure for Exact {
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
        let wanted = match (&self.text, &self.any_of) {
            (Some(text), None) => vec![fold(text, &self.ignore)],
            (None, Some(texts)) if texts.is_empty() => {
                return Err(ConfigError::new("any_of", "the list is empty, so no text can equal it"));
            }
            (None, Some(texts)) => texts.iter().map(|text| fold(text, &self.ignore)).collect(),
            _ => return Err(ConfigError::new("", "give exactly one of `text` and `any_of`")),
        };
        Ok(Box::new(Matcher { wanted, ignore: self.ignore.clone() }))
    }
}

struct Matcher {
    wanted: Vec<String>,
    ignore: Vec<Ignore>,
}

impl Scorer for Matcher {
    /// A text that no expected one begins with stays another one. The last word may still grow into anything.
    fn lasts(&self, _view: &View<'_>, text: &str, outcome: &Outcome) -> bool {
        let whole = text.trim_end().rsplit_once(char::is_whitespace).map_or("", |(before, _)| before);
        let begun = fold(whole, &self.ignore);
        !begun.is_empty() && !is_yes(outcome) && !self.wanted.iter().any(|wanted| wanted.starts_with(&begun))
    }

    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        let folded = fold(text, &self.ignore);
        let found = self.wanted.contains(&folded);
        Outcome::flag(found).because(excerpt(&folded))
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, flag};
    use serde_json::json;

    #[test]
    fn case_and_white_space_do_not_count_by_default() {
        let scorer = json!({"exact": {"turn": "reply", "text": "Friday at seven"}});
        assert_eq!(flag(&scorer, " friday  at SEVEN\n"), Some(true));
        assert_eq!(flag(&scorer, "Friday at seven."), Some(false));
        assert_eq!(flag(&scorer, ""), Some(false));
    }

    #[test]
    fn the_spec_chooses_what_to_overlook() {
        let strict = json!({"exact": {"turn": "reply", "text": "Yes", "ignore": []}});
        assert_eq!(flag(&strict, "Yes"), Some(true));
        assert_eq!(flag(&strict, "yes"), Some(false));
        assert_eq!(flag(&strict, " Yes"), Some(false));
        let lax = json!({"exact": {"turn": "reply", "any_of": ["cafe", "bar"], "ignore": ["accents", "punctuation", "case"]}});
        assert_eq!(flag(&lax, "“Café!”"), Some(true));
        assert_eq!(flag(&lax, "Pub"), Some(false));
    }

    #[test]
    fn one_expectation_is_needed() {
        assert_eq!(
            error(&json!({"exact": {"turn": "reply"}})).message,
            "give exactly one of `text` and `any_of`"
        );
        assert_eq!(
            error(&json!({"exact": {"turn": "reply", "text": "a", "any_of": ["b"]}})).message,
            "give exactly one of `text` and `any_of`"
        );
        assert_eq!(error(&json!({"exact": {"turn": "reply", "any_of": []}})).parameter, "any_of");
    }
}
