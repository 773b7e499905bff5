//! Do 95 % intervals hold the truth in 95 % of simulated runs?
//!
//! A grade is true with the probability of its arm; with probability √ρ it copies a draw that its whole case
//! shares, so that ρ is the correlation of two grades of one case and the true rate is known exactly.

use super::{
    Estimate, MetricConfig, MetricResult,
    bootstrap::bca,
    estimate_all,
    fixture::Fixture,
    formula::MeanOf,
    interval::{CONFIDENCE, probit},
    sums::Sums,
};
use crate::{
    Place, ValueKind,
    metric::{Grade, Observation},
};
use indexmap::IndexMap;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::sync::Arc;

/// A probe with two arms over the same cases.
struct World {
    cases: u32,
    samples: u32,
    rates: [f64; 2],
    /// Correlation of the grades of one case.
    alike: f64,
    /// Whether the arms of a case copy the same draw.
    paired: bool,
}

impl World {
    fn draw(&self, random: &mut ChaCha8Rng) -> Fixture {
        let mut fixture = Fixture::arms(&["a", "b"]);
        for case in 0..self.cases {
            let mut shared: f64 = random.random();
            for (arm, rate) in (0..).zip(self.rates) {
                if !self.paired {
                    shared = random.random();
                }
                for sample in 0..self.samples {
                    let own = random.random();
                    let draw = if random.random::<f64>() < self.alike.sqrt() { shared } else { own };
                    let grade = Grade::Number(f64::from(u8::from(draw < rate)));
                    let observation =
                        Observation { cluster: case, case, arm, sample, place: Place::default(), grade };
                    fixture.enter("s", ValueKind::Flag, observation);
                }
            }
        }
        fixture
    }

    /// The share of runs (in per cent) whose interval for the metric `m` holds `truth`.
    fn coverage(&self, metrics: Value, truth: f64) -> f64 {
        const RUNS: u32 = 1_500;
        let metrics: IndexMap<String, MetricConfig> = serde_json::from_value(metrics).unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(20);
        let mut held = 0;
        for _ in 0..RUNS {
            let results = estimate_all(&metrics, &self.draw(&mut random).0, 1);
            if let Some(MetricResult::Estimated(Estimate { low, high, .. })) = results.get("m") {
                held += u32::from(*low <= truth && truth <= *high);
            }
        }
        100.0 * f64::from(held) / f64::from(RUNS)
    }
}

/// A simulated coverage wavers by half a per cent; near 0 and 1 flags are lumpy and intervals wide.
#[track_caller]
fn assert_covers(found: f64, at_most: f64, what: &str) {
    assert!((92.5..=at_most).contains(&found), "{what}: {found} %");
}

#[test]
fn rates() {
    for (cases, rate, alike, at_most) in [
        (40, 0.5, 0.0, 97.5),
        (40, 0.5, 0.5, 97.5),
        (40, 0.3, 0.2, 97.5),
        (40, 0.1, 0.2, 97.5),
        (20, 0.5, 0.9, 97.5),
        (20, 0.3, 0.5, 97.5),
        (10, 0.5, 0.5, 98.0),
        (10, 0.3, 0.2, 98.0),
        (40, 0.02, 0.0, 99.5),
        (40, 0.02, 0.5, 98.5),
        (20, 0.95, 0.5, 98.5),
        (10, 0.05, 0.2, 99.5),
    ] {
        let world = World { cases, samples: 8, rates: [rate; 2], alike, paired: false };
        let found = world.coverage(json!({ "m": { "rate": { "of": "s@a" } } }), rate);
        assert_covers(found, at_most, &format!("{cases} cases, rate {rate}, correlation {alike}"));
    }
}

#[test]
fn contrasts_of_rates() {
    for (cases, samples, rates, alike, paired, at_most) in [
        (30, 1, [0.6, 0.4], 0.0, false, 97.5),
        (30, 8, [0.6, 0.4], 0.3, false, 97.5),
        (30, 8, [0.6, 0.4], 0.6, true, 98.0),
        (30, 8, [0.5, 0.5], 0.0, false, 97.5),
        (15, 4, [0.9, 0.7], 0.3, true, 98.5),
        (15, 4, [0.97, 0.6], 0.5, false, 98.5),
        // With a handful of true flags in all, an interval that is never too sure is nearly always right.
        (30, 8, [0.02, 0.02], 0.3, false, 100.0),
    ] {
        let world = World { cases, samples, rates, alike, paired };
        let metrics = json!({
            "a": { "rate": { "of": "s@a" } },
            "b": { "rate": { "of": "s@b" } },
            "m": { "contrast": { "plus": "a", "minus": "b" } },
        });
        let found = world.coverage(metrics, rates[0] - rates[1]);
        assert_covers(found, at_most, &format!("{cases} × {samples}, rates {rates:?}, correlation {alike}"));
    }
}

#[test]
fn ratios_of_rates() {
    let world = World { cases: 30, samples: 8, rates: [0.4, 0.7], alike: 0.3, paired: true };
    let metrics = json!({
        "a": { "rate": { "of": "s@a" } },
        "b": { "rate": { "of": "s@b" } },
        "m": { "ratio": { "of": "a", "to": "b" } },
    });
    assert_covers(world.coverage(metrics, 4.0 / 7.0), 98.0, "ratio");
}

#[test]
fn sensitivity_and_criterion() {
    for (cases, rates, alike, at_most) in
        [(30, [0.8, 0.3], 0.0, 97.5), (30, [0.8, 0.3], 0.4, 98.0), (30, [0.95, 0.1], 0.3, 98.5)]
    {
        let world = World { cases, samples: 8, rates, alike, paired: true };
        let metric = |name: &str| json!({ "m": { name: { "hit": "s@a", "false_alarm": "s@b" } } });
        let (hit, alarm) = (probit(rates[0]), probit(rates[1]));
        let what = format!("rates {rates:?}, correlation {alike}");
        assert_covers(world.coverage(metric("d_prime"), hit - alarm), at_most, &what);
        assert_covers(world.coverage(metric("criterion"), -(hit + alarm) / 2.0), at_most, &what);
    }
}

#[test]
fn means_of_agreement() {
    // Two draws of a case agree if both copy, or else by chance.
    let world = World { cases: 25, samples: 6, rates: [0.3; 2], alike: 0.4, paired: false };
    let truth = 0.4 + 0.6 * (0.3 * 0.3 + 0.7 * 0.7);
    assert_covers(world.coverage(json!({ "m": { "agreement": { "of": "s@a" } } }), truth), 97.0, "agreement");
}

#[test]
fn resampled_quotients() {
    const RUNS: u32 = 400;
    let mut random = ChaCha8Rng::seed_from_u64(21);
    let mut held = 0;
    for seed in 0..RUNS {
        let mut sums = Sums::new(2);
        for cluster in 0..40 {
            // Counts from 1 to 5, and an exponential quantity of mean 1 for each.
            let count: u32 = random.random_range(1..=5);
            let sum: f64 = (0..count).map(|_| -(1.0 - random.random::<f64>()).ln()).sum();
            sums.row(cluster, 0).copy_from_slice(&[sum, f64::from(count)]);
        }
        let found = bca(&sums.statistic(1, Arc::new(MeanOf)), CONFIDENCE, 500, seed.into()).unwrap();
        held += u32::from(found.low <= 1.0 && 1.0 <= found.high);
    }
    let found = 100.0 * f64::from(held) / f64::from(RUNS);
    assert!((91.5..=97.5).contains(&found), "BCa of a skewed mean over 40 clusters: {found} %");
}
