//! Thurstone's model of choices between two: every outcome has a utility that varies from choice to choice, and the larger one wins.
//!
//! P(x over y) = Φ((μ_x - μ_y) / √(σ_x² + σ_y²)) (Thurstone 1927, doi:10.1037/h0070288, case III; arXiv:2502.08640, section 3). Location and
//! scale of all utilities together are free; a weak prior holds them, and what comes of them is brought to mean 0 and standard deviation 1.

use super::{
    interval::{normal_density, normal_share},
    minimise::minimum,
};

/// A prior that two hundred choices outweigh two hundredfold: half of this times the squares of all utilities and of the logarithms of all
/// variances is added to the loss. Without it an outcome that always wins has none.
const PRIOR: f64 = 0.01;
/// Where the fit has come to its end.
const TOLERANCE: f64 = 1e-7;
/// The least probability that is told from 0.
const LEAST: f64 = 1e-12;

/// Choices between two outcomes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choices {
    /// The one.
    pub one: usize,
    /// The other.
    pub other: usize,
    /// How often the one was chosen.
    pub wins: f64,
    /// How often the other was.
    pub losses: f64,
}

impl Choices {
    /// The share of choices of the one.
    pub fn share(&self) -> f64 {
        self.wins / (self.wins + self.losses)
    }
}

/// The utilities of outcomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Utilities {
    /// Their means, of mean 0 and standard deviation 1.
    pub means: Vec<f64>,
    /// Their variances, on the same scale.
    pub variances: Vec<f64>,
}

impl Utilities {
    /// The utilities of so many outcomes that make some choices most probable.
    pub fn fit(outcomes: usize, choices: &[Choices]) -> Self {
        let found = minimum(vec![0.0; 2 * outcomes], TOLERANCE, |at, gradient| loss(at, gradient, choices));
        let (means, logarithms) = found.split_at(outcomes);
        let count = outcomes.max(1) as f64;
        let middle = means.iter().sum::<f64>() / count;
        let spread = (means.iter().map(|mean| (mean - middle).powi(2)).sum::<f64>() / count).sqrt();
        let scale = if spread > 0.0 { spread } else { 1.0 };
        Self {
            means: means.iter().map(|mean| (mean - middle) / scale).collect(),
            variances: logarithms.iter().map(|logarithm| logarithm.exp() / (scale * scale)).collect(),
        }
    }

    /// The probability that one outcome is chosen over another; a half where either is unknown.
    pub fn probability(&self, one: usize, other: usize) -> f64 {
        let of = |index: usize| Some((*self.means.get(index)?, *self.variances.get(index)?));
        match (of(one), of(other)) {
            (Some((mine, variance)), Some((theirs, others))) => {
                normal_share((mine - theirs) / (variance + others).sqrt())
            }
            _ => 0.5,
        }
    }
}

/// Minus the logarithm of the probability of the choices, with the prior; fills the gradient.
fn loss(at: &[f64], gradient: &mut [f64], choices: &[Choices]) -> f64 {
    let (means, logarithms) = at.split_at(at.len() / 2);
    let (by_mean, by_logarithm) = gradient.split_at_mut(at.len() / 2);
    let mut loss = 0.0;
    for (place, at) in by_mean.iter_mut().chain(by_logarithm.iter_mut()).zip(at) {
        *place = PRIOR * at;
        loss += 0.5 * PRIOR * at * at;
    }
    for choice in choices {
        let Choices { one, other, wins, losses } = *choice;
        let of = |index: usize| Some((*means.get(index)?, logarithms.get(index)?.exp()));
        let (Some((mine, variance)), Some((theirs, others))) = (of(one), of(other)) else { continue };
        let spread = (variance + others).sqrt();
        let z = (mine - theirs) / spread;
        let (won, lost) = (normal_share(z).max(LEAST), normal_share(-z).max(LEAST));
        loss -= wins * won.ln() + losses * lost.ln();
        let by_z = normal_density(z) * (losses / lost - wins / won);
        let step = by_z / spread;
        // dz/dln σ_x² is -z σ_x² / (2 (σ_x² + σ_y²)).
        let half = -0.5 * by_z * z / (variance + others);
        for (index, slope, own) in [(one, step, variance), (other, -step, others)] {
            if let (Some(mean), Some(logarithm)) = (by_mean.get_mut(index), by_logarithm.get_mut(index)) {
                *mean += slope;
                *logarithm += half * own;
            }
        }
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    // scorers/tests/fixtures/thurstone.py: the same loss by scipy.optimize.minimize, to the end.
    #[test]
    fn the_fit_is_that_of_another_implementation() {
        let fixture: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/fixtures/thurstone.json")).unwrap();
        let choices: Vec<Choices> = fixture["choices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|choice| Choices {
                one: choice[0].as_u64().unwrap() as usize,
                other: choice[1].as_u64().unwrap() as usize,
                wins: choice[2].as_f64().unwrap(),
                losses: choice[3].as_f64().unwrap(),
            })
            .collect();
        let found = Utilities::fit(8, &choices);
        for (name, values) in [("means", &found.means), ("variances", &found.variances)] {
            for (value, expected) in values.iter().zip(fixture[name].as_array().unwrap()) {
                let expected = expected.as_f64().unwrap();
                assert!(
                    (value - expected).abs() < 1e-5 * expected.abs().max(1.0),
                    "{name} {value} {expected}"
                );
            }
        }
        for (choice, expected) in choices.iter().zip(fixture["probabilities"].as_array().unwrap()) {
            let found = found.probability(choice.one, choice.other);
            assert!((found - expected.as_f64().unwrap()).abs() < 1e-6, "{choice:?} {found} {expected}");
        }
        let mut gradient = vec![0.0; 16];
        let at: Vec<f64> =
            fixture["at"].as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect();
        let value = loss(&at, &mut gradient, &choices);
        let expected = fixture["loss_at"].as_f64().unwrap();
        assert!((value - expected).abs() < 1e-9 * expected, "{value} {expected}");
        for (slope, expected) in gradient.iter().zip(fixture["gradient_at"].as_array().unwrap()) {
            let expected = expected.as_f64().unwrap();
            assert!((slope - expected).abs() < 1e-9 * expected.abs().max(1.0), "{slope} {expected}");
        }
    }

    /// The rank correlation of known utilities with those that are fitted to simulated choices: so many pairs, ten choices in either
    /// order.
    fn recovered(outcomes: usize, pairs: usize, seed: u64) -> f64 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let truth: Vec<f64> = (0..outcomes)
            .map(|index| super::super::interval::probit((index as f64 + 0.5) / outcomes as f64))
            .collect();
        let mut drawn = std::collections::BTreeSet::new();
        while drawn.len() < pairs {
            let (one, other) = (random.random_range(0..outcomes), random.random_range(0..outcomes));
            if one < other {
                drawn.insert((one, other));
            }
        }
        let choices: Vec<Choices> = drawn
            .into_iter()
            .map(|(one, other)| {
                let probability = normal_share((truth[one] - truth[other]) / 0.5_f64.sqrt());
                let wins = (0..20).filter(|_| random.random_bool(probability)).count() as f64;
                Choices { one, other, wins, losses: 20.0 - wins }
            })
            .collect();
        let found = Utilities::fit(outcomes, &choices);
        let mut order: Vec<usize> = (0..outcomes).collect();
        order.sort_by(|one, other| found.means[*one].total_cmp(&found.means[*other]));
        // The truth ascends, so its ranks are the indices.
        let squares: f64 =
            order.iter().enumerate().map(|(rank, index)| (rank as f64 - *index as f64).powi(2)).sum();
        let n = outcomes as f64;
        1.0 - 6.0 * squares / (n * (n * n - 1.0))
    }

    #[test]
    fn known_utilities_are_recovered_at_the_budget_of_the_paper() {
        // 2 N log2 N of 100 outcomes.
        let found = recovered(100, 1_329, 1);
        assert!(found > 0.99, "{found}");
    }

    #[test]
    fn outcomes_that_always_win_and_no_choices_at_all_have_utilities() {
        let always = Choices { one: 0, other: 1, wins: 20.0, losses: 0.0 };
        let found = Utilities::fit(3, &[always]);
        assert!(found.means[0] > found.means[2] && found.means[2] > found.means[1], "{found:?}");
        assert!(found.probability(0, 1) > 0.95 && (found.probability(0, 9) - 0.5).abs() < 1e-12);
        assert_eq!(Utilities::fit(2, &[]).means, [0.0, 0.0]);
    }
}
