//! Numbers: which number does the turn name, and is it the expected one?
//!
//! The last number is the usual choice, as evaluations of arithmetic take the last number of a
//! worked answer for the answer (GSM8K, Cobbe et al. 2021, arXiv:2110.14168, and its successors).

use super::numerals::numbers;
use super::{ConfigError, Configure, Reads, Scorer};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The number that is named, unscored where there is none; with `equals`, whether it is the
/// expected one, false where there is none. Understands English notation (`-1,234.5`, `$5`, `5%`,
/// which is 5), fractions and powers (`3/4`, `1½`, `10²`), digits of every script, and figures in markup.
/// That the last number is the answer is the habit of GSM8K (Cobbe et al. 2021, arXiv:2110.14168).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Number {
    /// The live turn to grade.
    pub turn: String,
    /// The expected number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<f64>,
    /// How far from `equals` a number may be and still count; 0 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// Which number counts where there are several.
    #[serde(default)]
    pub which: End,
    /// Whether number words (`twenty-one`) count beside figures. Then "that one" names 1 as well.
    #[serde(default)]
    pub words: bool,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// One end of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The first one.
    First,
    /// The last one.
    #[default]
    Last,
}

impl Configure for Number {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        if self.equals.is_some() { ValueKind::Flag } else { ValueKind::Number }
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        if self.tolerance.is_some() && self.equals.is_none() {
            return Err(ConfigError::new("tolerance", "there is no `equals` for the tolerance to apply to"));
        }
        if self.tolerance.is_some_and(|tolerance| !(tolerance.is_finite() && tolerance >= 0.0)) {
            return Err(ConfigError::new("tolerance", "a tolerance is 0 or more"));
        }
        if self.equals.is_some_and(|wanted| !wanted.is_finite()) {
            return Err(ConfigError::new("equals", "not a finite number"));
        }
        Ok(Box::new(self.clone()))
    }
}

/// Decimal figures of equal value can differ in the last bit once they are binary.
const ROUNDING: f64 = 1e-9;

impl Scorer for Number {
    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        let numbers = numbers(text, self.words);
        let number = match self.which {
            End::First => numbers.first(),
            End::Last => numbers.last(),
        };
        match (number, self.equals) {
            (Some(number), Some(wanted)) => {
                let near = ROUNDING * wanted.abs().max(1.0) + self.tolerance.unwrap_or(0.0);
                Outcome::flag((number - wanted).abs() <= near).because(number.to_string())
            }
            (Some(number), None) => Outcome::number(*number),
            (None, Some(_)) => Outcome::flag(false).because("no number"),
            (None, None) => Outcome::unscored("no number is named"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, flag, number};
    use serde_json::json;

    #[test]
    fn the_last_number_counts_unless_the_first_is_asked_for() {
        assert_eq!(number(&json!({"number": {"turn": "reply"}}), "3 and 4 make 7."), Some(7.0));
        assert_eq!(
            number(&json!({"number": {"turn": "reply", "which": "first"}}), "3 and 4 make 7."),
            Some(3.0)
        );
        assert_eq!(number(&json!({"number": {"turn": "reply"}}), "None at all."), None);
        assert_eq!(
            number(&json!({"number": {"turn": "reply", "words": true}}), "It is twenty-one."),
            Some(21.0)
        );
    }

    #[test]
    fn a_number_is_compared_within_a_tolerance() {
        let exactly = json!({"number": {"turn": "reply", "equals": 0.3}});
        assert_eq!(flag(&exactly, "It is 0.30."), Some(true));
        assert_eq!(flag(&exactly, "It is 0.31."), Some(false));
        assert_eq!(flag(&exactly, "I cannot say."), Some(false));
        let about = json!({"number": {"turn": "reply", "equals": 1000, "tolerance": 50}});
        assert_eq!(flag(&about, "About 1,050"), Some(true));
        assert_eq!(flag(&about, "About 1,051"), Some(false));
    }

    #[test]
    fn a_senseless_tolerance_is_an_error() {
        assert_eq!(error(&json!({"number": {"turn": "reply", "tolerance": 1}})).parameter, "tolerance");
        assert_eq!(
            error(&json!({"number": {"turn": "reply", "equals": 1, "tolerance": -1}})).parameter,
            "tolerance"
        );
    }
}
