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
        let grades = sources.grades(&self.of, CATEGORIES)?;
        let scale = self.base.ln();
        let inner = |cell: &Cell| Some(nats(cell, self.correction)? / scale);
        Prepared::by_round(&grades, &self.of, |grades| {
            let cells = grades.cells(Together::Draws);
            // m draws are at most m different labels.
            let draws = cells::most_draws(&cells);
            let most = match self.correction {
                Correction::None => draws.ln(),
                Correction::MillerMadow => draws.ln() + 0.5,
            };
            cells::mean_over(&cells, inner, Range::Positive, Some((0.0, most / scale)), ONE_DRAW)
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::{Fixture, assert_near, ends};
    use crate::metric::{Grade, Observation};
    use serde_json::json;

    fn cell(values: &[f64]) -> Cell {
        Cell { cluster: 0, values: values.to_vec() }
    }

    // scipy.stats.entropy([5, 2, 1], base=2), scipy.stats.entropy([4, 4], base=2)
    #[test]
    fn as_in_scipy() {
        let bits = |values: &[f64]| nats(&cell(values), Correction::None).unwrap() / 2.0_f64.ln();
        assert_near(&[bits(&[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 2.0])], &[1.2987949406953987], 1e-12);
        assert_near(&[bits(&[0.0, 0.0, 0.0, 0.0, 7.0, 7.0, 7.0, 7.0])], &[1.0], 1e-12);
        assert_eq!(nats(&cell(&[1.0]), Correction::None), None);
    }

    #[test]
    fn miller_and_madow_add_half_a_label_per_draw() {
        let draws = cell(&[0.0, 0.0, 1.0, 2.0]);
        let gap = nats(&draws, Correction::MillerMadow).unwrap() - nats(&draws, Correction::None).unwrap();
        assert_near(&[gap], &[2.0 / 8.0], 1e-12);
    }

    #[test]
    fn branches_of_one_sample_are_one_prefix() {
        let mut forked = Fixture::new();
        // Each sample is sure of its object, and the two samples of a case are sure of different ones.
        for (case, sample, branch) in
            (0..6).flat_map(|c| (0..2).flat_map(move |s| (0..4).map(move |b| (c, s, b))))
        {
            let grade = Grade::Label(sample);
            let observation =
                Observation { cluster: case, case, arm: 0, sample, branch: Some(branch), round: None, grade };
            forked.enter("s", ValueKind::Label, observation);
        }
        let entropy = json!({ "m": { "entropy": { "of": "s" } } });
        let found = forked.estimate(entropy.clone());
        assert_near(&[found.value, found.low], &[0.0, 0.0], 1e-15);
        // Six cases without entropy: at most 3.84 / (6 + 3.84) of all cases have any, and none more than 2 bits.
        assert_near(&[found.high], &[2.0 * 0.39033], 1e-4);

        let unforked = (0..6).fold(Fixture::new(), |table, case| table.labels("s", case, 0, &[0, 1]));
        let open = unforked.estimate(entropy);
        assert_near(&[open.value], &[1.0], 1e-15);
        let number = unforked.estimate(json!({ "m": { "effective_number": { "of": "s" } } }));
        assert_near(&[number.value], &[2.0], 1e-12);
        let agreement = unforked.estimate(json!({ "m": { "agreement": { "of": "s" } } }));
        assert_near(&ends(&agreement), &[0.0, 0.0, 0.39033], 1e-4);
    }

    #[test]
    fn one_draw_says_nothing() {
        let fixture = Fixture::new().labels("s", 0, 0, &[0]).labels("s", 1, 0, &[1]);
        for metric in ["entropy", "effective_number", "agreement", "alpha"] {
            assert_eq!(fixture.reason(json!({ "m": { metric: { "of": "s" } } })), ONE_DRAW);
        }
    }
}
