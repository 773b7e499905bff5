//! Entropy: how open a model's answer still is at one point of a dialogue.

use super::{
    CATEGORIES, Metric, Prepared, Range, Selector, Sources, cells,
    select::{Cell, Together},
};
use crate::{ValueKind, scorer::ConfigError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The Shannon entropy of the answers drawn from one prefix, averaged over prefixes.
///
/// Draws from one prefix are the branches of a fork, or, without one, the samples of a case. A prefix with one
/// draw says nothing and is left out. The entropy of m draws lies below that of the model's distribution by
/// about (labels - 1) / (2m) nats: compare entropies of equal numbers of draws. The interval is Student's t over
/// clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entropy {
    /// Which labels or flags.
    pub of: Selector,
    /// Base of the logarithm: 2 gives bits.
    #[serde(default = "two")]
    #[schemars(range(min = 1.0))]
    pub base: f64,
    /// How the downward bias of few draws is met.
    #[serde(default)]
    pub correction: Correction,
}

/// What is added to the entropy of the observed shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// Nothing: the entropy of the observed shares.
    #[default]
    None,
    /// (labels seen - 1) / (2 × draws) nats (Miller 1955).
    MillerMadow,
}

fn two() -> f64 {
    2.0
}

impl Metric for Entropy {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, CATEGORIES)]
    }

    fn validate(&self) -> Result<(), ConfigError> {
        if self.base > 1.0 && self.base.is_finite() {
            Ok(())
        } else {
            Err(ConfigError::new("base", format!("{} is not a number above 1", self.base)))
        }
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        self.validate().map_err(|error| error.to_string())?;
        let cells = sources.grades(&self.of, CATEGORIES)?.cells(Together::Draws);
        let scale = self.base.ln();
        let inner = |cell: &Cell| Some(nats(cell, self.correction)? / scale);
        // m draws are at most m different labels.
        let draws = cells::most_draws(&cells);
        let most = match self.correction {
            Correction::None => draws.ln(),
            Correction::MillerMadow => draws.ln() + 0.5,
        };
        cells::mean_over(&cells, inner, Range::Positive, Some((0.0, most / scale)), ONE_DRAW)
    }
}

/// Why nothing can be said of how draws vary.
pub(super) const ONE_DRAW: &str = "no prefix has two draws: use a fork, or more samples";

/// The entropy of the draws in nats; none of fewer than two draws.
pub(super) fn nats(cell: &Cell, correction: Correction) -> Option<f64> {
    let draws = cell.values.len() as f64;
    if draws < 2.0 {
        return None;
    }
    let counts = cell.counts();
    let plain: f64 = counts.iter().map(|count| -count / draws * (count / draws).ln()).sum();
    Some(match correction {
        Correction::None => plain.max(0.0),
        Correction::MillerMadow => plain.max(0.0) + (counts.len() as f64 - 1.0) / (2.0 * draws),
    })
}
