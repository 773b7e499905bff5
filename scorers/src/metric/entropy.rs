//! Entropy: how open a model's answer still is at one point of a dialogue.

use super::{
    CATEGORIES, Metric, Prepared, Range, Selector, Sources,
    draws::{Bounds, Draws, Measure},
    rarefy::over_draws,
    select::{Cell, Together},
};
use crate::{ValueKind, scorer::ConfigError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The Shannon entropy of the answers drawn from one prefix, averaged over prefixes.
///
/// Draws from one prefix are the branches of a fork, or, without one, the samples of a case. A prefix with one
/// draw says nothing and is left out. Without a correction it is the entropy of that many draws, which lies below that of the
/// model by about (labels - 1) / (2m) nats with m draws: it describes the draws. With `chao_wang_jost` it estimates the
/// entropy of the model. A contrast or a comparison of unequal numbers of draws takes as many of each prefix as both sides have.
/// `agreement` has no such bias at all. The interval is Student's t over clusters.
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
    /// An estimate of the model's entropy that allows for labels that were not drawn, from how many were drawn once and twice
    /// (Chao, Wang & Jost 2013).
    ChaoWangJost,
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
        let (scale, correction) = (self.base.ln(), self.correction);
        let measure: Measure = Arc::new(move |cell| Some(nats(cell, correction)? / scale));
        let bounds: Bounds = Arc::new(move |draws| (0.0, correction.most(draws) / scale));
        Prepared::by_round(&grades, &self.of, |grades| {
            let cells = grades.cells_in_order(Together::Draws);
            over_draws(Draws::new(cells, measure.clone(), Range::Positive, bounds.clone()))
        })
    }
}

impl Correction {
    /// The largest entropy in nats that so many draws can give: m draws are at most m different labels.
    pub(super) fn most(self, draws: f64) -> f64 {
        match self {
            Self::None => draws.ln(),
            Self::MillerMadow => draws.ln() + 0.5,
            Self::ChaoWangJost => chao_wang_jost(&vec![1.0; draws as usize]),
        }
    }
}

/// The entropy of the draws in nats; none of fewer than two draws.
pub(super) fn nats(cell: &Cell, correction: Correction) -> Option<f64> {
    let draws = cell.values.len() as f64;
    if draws < 2.0 {
        return None;
    }
    let counts = cell.counts();
    let plain = || counts.iter().map(|count| -count / draws * (count / draws).ln()).sum::<f64>().max(0.0);
    Some(match correction {
        Correction::None => plain(),
        Correction::MillerMadow => plain() + (counts.len() as f64 - 1.0) / (2.0 * draws),
        Correction::ChaoWangJost => chao_wang_jost(&counts),
    })
}

/// The entropy in nats of what labels were drawn from, given how often each was (Chao, Wang & Jost 2013,
/// <https://doi.org/10.1111/2041-210X.12108>, equation 7): an unbiased part for the labels that can be expected in as many
/// draws, and an estimate of the rest from the labels that were drawn once and twice.
pub(super) fn chao_wang_jost(counts: &[f64]) -> f64 {
    let draws: f64 = counts.iter().sum();
    let seen = |times: f64| counts.iter().filter(|count| (**count - times).abs() < 0.5).count() as f64;
    let (once, twice) = (seen(1.0), seen(2.0));
    // Sums of 1 / k from k to draws - 1, for every k.
    let last = draws as usize;
    let mut tails = vec![0.0; last + 1];
    for k in (1..last).rev() {
        let above = tails.get(k + 1).copied().unwrap_or(0.0);
        if let Some(place) = tails.get_mut(k) {
            *place = above + 1.0 / k as f64;
        }
    }
    let tail = |count: &f64| tails.get(*count as usize).copied().unwrap_or(0.0);
    let expected: f64 = counts.iter().map(|count| count / draws * tail(count)).sum();
    let share = if twice > 0.0 {
        2.0 * twice / ((draws - 1.0) * once + 2.0 * twice)
    } else if once > 0.0 {
        2.0 / ((draws - 1.0) * (once - 1.0) + 2.0)
    } else {
        1.0
    };
    if once <= 0.0 || share >= 1.0 {
        return expected.max(0.0);
    }
    let rest = 1.0 - share;
    let series: f64 = (1..last).map(|r| rest.powi(r as i32) / r as f64).sum();
    let unseen = once / draws * rest.powf(1.0 - draws) * (-share.ln() - series);
    (expected + unseen.max(0.0)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{draws::ONE_DRAW, fixture::{Fixture, assert_near, ends}};
    use crate::{
        Place,
        metric::{Grade, Observation},
    };
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
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

    // The formula of the paper in numpy 2.4.6, written independently.
    #[test]
    fn chao_wang_and_jost_as_in_numpy() {
        for (counts, expected) in [
            (vec![5.0, 2.0, 1.0], 1.0822180498946248),
            (vec![4.0, 4.0], 0.7595238095238095),
            (vec![1.0; 6], 3.2583934033545265),
            (vec![2.0, 1.0, 1.0, 1.0, 1.0], 2.5192673216407804),
            (vec![10.0, 3.0, 2.0, 1.0, 1.0, 1.0], 1.632860569727726),
            (vec![3.0, 1.0], 0.7083333333333333),
            (vec![8.0], 0.0),
        ] {
            assert_near(&[chao_wang_jost(&counts)], &[expected], 1e-12);
        }
    }

    /// Forks of one model that says one of twelve objects, each as likely.
    fn forks(random: &mut ChaCha8Rng, branches: [u32; 2]) -> Fixture {
        let mut fixture = Fixture::arms(&["a", "b"]);
        for (case, arm) in (0..40).flat_map(|case| (0..2_u32).map(move |arm| (case, arm))) {
            for branch in 0..branches[arm as usize] {
                let grade = Grade::Label(random.random_range(0..12));
                let (cluster, sample, place) = (case, 0, Place { round: None, branch: Some(branch) });
                fixture.enter("s", ValueKind::Label, Observation { cluster, case, arm, sample, place, grade });
            }
        }
        fixture
    }

    #[test]
    fn the_correction_finds_the_model_and_unequal_draws_make_no_difference() {
        let mut random = ChaCha8Rng::seed_from_u64(12);
        let (mut plain, mut corrected, mut clear) = (0.0, 0.0, 0);
        for _ in 0..40 {
            let table = forks(&mut random, [6, 16]);
            let number = |correction: &str, arm: &str| {
                json!({ "effective_number": { "of": format!("s@{arm}"), "correction": correction } })
            };
            plain += table.estimate(json!({ "m": number("none", "a") })).value / 40.0;
            corrected += table.estimate(json!({ "m": number("chao_wang_jost", "a") })).value / 40.0;
            for correction in ["none", "chao_wang_jost"] {
                let gap = table.estimate(json!({
                    "a": number(correction, "a"),
                    "b": number(correction, "b"),
                    "m": { "contrast": { "plus": "a", "minus": "b" } },
                }));
                assert!(gap.method.ends_with("equal numbers of draws") || gap.method.starts_with("t, paired"));
                clear += u32::from(gap.low > 0.0 || gap.high < 0.0);
            }
        }
        // Expected by simulation in numpy: 4.68 and 13.3.
        assert!((plain - 4.68).abs() < 0.1 && (corrected - 13.3).abs() < 0.8, "{plain} {corrected}");
        assert!(clear <= 10, "{clear} of 80 differ");
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
                Observation { cluster: case, case, arm: 0, sample, place: Place { round: None, branch: Some(branch) }, grade };
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
