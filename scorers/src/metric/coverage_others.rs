//! Do 95 % intervals of the metrics that are no shares hold the truth in 95 % of simulated runs?
//!
//! What is true of the sampled cases follows from how they are drawn; what depends on the number of draws from one
//! prefix (a percentile, an entropy) is its expectation for that number. `coverage.rs` has the shares, and
//! `paired_coverage.rs` differences between two models.

use super::{
    MetricConfig, MetricResult, Sources, bootstrap::bca, estimate_all, fixture::Fixture, interval::CONFIDENCE,
};
use crate::{
    Place, ValueKind,
    metric::{Grade, Observation},
};
use indexmap::IndexMap;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// In how many of 100 tables the interval of a metric holds `truth`; `replicates` where it is resampled.
fn coverage(
    metric: Value,
    truth: f64,
    runs: u32,
    replicates: Option<usize>,
    draw: impl Fn(&mut ChaCha8Rng) -> Fixture,
) -> f64 {
    let metrics: IndexMap<String, MetricConfig> = serde_json::from_value(json!({ "m": metric })).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(22);
    let (mut held, mut intervals) = (0, 0);
    for seed in 0..runs {
        let table = draw(&mut random).0;
        let ends = match replicates {
            Some(replicates) => {
                let prepared = Sources::new(&metrics, &table).metric("m");
                let found = prepared.and_then(|m| bca(&m.statistic, CONFIDENCE, replicates, seed.into()));
                found.ok().map(|interval| (interval.low, interval.high))
            }
            None => match &estimate_all(&metrics, &table, 1)["m"] {
                MetricResult::Estimated(estimate) => Some((estimate.low, estimate.high)),
                MetricResult::ValueOnly(_) | MetricResult::Unavailable { .. } => None,
            },
        };
        // Where it is said that there is none, no interval misleads.
        intervals += u32::from(ends.is_some());
        held += u32::from(ends.is_some_and(|(low, high)| low <= truth && truth <= high));
    }
    assert!(2 * intervals > runs, "{intervals} intervals in {runs} runs");
    100.0 * f64::from(held) / f64::from(intervals)
}

/// With 1,500 runs a coverage wavers by 0.6.
const RUNS: u32 = 1_500;

#[track_caller]
fn assert_covers(found: f64, what: &str) {
    assert!((92.8..=97.2).contains(&found), "{what}: {found} %");
}

/// Quantities from 0 to 1: a case has a place and a width of its own, its samples lie evenly around.
fn bounded(random: &mut ChaCha8Rng, cases: u32, samples: u32) -> Fixture {
    (0..cases).fold(Fixture::new(), |fixture, case| {
        let (place, width) = (0.6 * random.random::<f64>(), 0.4 * random.random::<f64>());
        let numbers: Vec<f64> = (0..samples).map(|_| place + width * random.random::<f64>()).collect();
        fixture.numbers("s", case, 0, &numbers)
    })
}

#[test]
fn means_of_bounded_quantities() {
    for (cases, samples) in [(5, 4), (10, 1), (30, 8)] {
        let found =
            coverage(json!({ "mean": { "of": "s" } }), 0.4, RUNS, None, |r| bounded(r, cases, samples));
        assert_covers(found, &format!("mean over {cases} × {samples}"));
    }
}

#[test]
fn means_near_an_end() {
    // The square of a square: mean 1/5, most of it near 0, skewness 1.4. Student's t is too short for it: in most tables the
    // cases show as much, and there is no interval.
    let mut random = ChaCha8Rng::seed_from_u64(22);
    let metrics: IndexMap<String, MetricConfig> =
        serde_json::from_value(json!({ "m": { "mean": { "of": "s" } } })).unwrap();
    let withheld = (0..300).filter(|_| {
        let table = (0..20).fold(Fixture::new(), |fixture, case| {
            fixture.numbers("s", case, 0, &[random.random::<f64>().powi(4)])
        });
        matches!(estimate_all(&metrics, &table.0, 1)["m"], MetricResult::ValueOnly(_))
    });
    let found = withheld.count();
    assert!((150..=240).contains(&found), "{found} of 300 without an interval");
}

#[test]
fn percentiles() {
    // The percentile p of m even draws is (p (m - 1) + 1) / (m + 1) on average (order statistics).
    let even = |p: f64, m: f64| (p * (m - 1.0) + 1.0) / (m + 1.0);
    for (cases, samples) in [(8, 9), (30, 8)] {
        let at = |p: f64| 0.3 + 0.2 * even(p, f64::from(samples));
        let draw = |random: &mut ChaCha8Rng| bounded(random, cases, samples);
        for (metric, truth) in [
            (json!({ "percentile": { "of": "s", "percent": 25 } }), at(0.25)),
            (json!({ "aptitude": { "of": "s" } }), at(0.9)),
            (json!({ "unreliability": { "of": "s" } }), at(0.9) - at(0.1)),
        ] {
            let found = coverage(metric.clone(), truth, RUNS, None, draw);
            assert_covers(found, &format!("{metric} over {cases} × {samples}"));
        }
    }
}

/// How often a case says the first of two labels: one of three shares, at random.
const SHARES: [f64; 3] = [0.2, 0.5, 0.9];

fn labelled(random: &mut ChaCha8Rng, cases: u32, draws: u32) -> Fixture {
    (0..cases).fold(Fixture::new(), |fixture, case| {
        let share = SHARES[random.random_range(0..SHARES.len())];
        let labels: Vec<u32> = (0..draws).map(|_| u32::from(random.random::<f64>() >= share)).collect();
        fixture.labels("s", case, 0, &labels)
    })
}

/// The mean over cases and draws of something of the number of first labels among `draws`.
fn expected(draws: u32, of: impl Fn(f64) -> f64) -> f64 {
    let m = f64::from(draws);
    let binomial = |k: u32, share: f64| {
        let ways: f64 = (0..k).map(|i| f64::from(draws - i) / f64::from(i + 1)).product();
        ways * share.powi(k as i32) * (1.0 - share).powi((draws - k) as i32)
    };
    let one = |share: f64| (0..=draws).map(|k| binomial(k, share) * of(f64::from(k) / m)).sum::<f64>();
    SHARES.iter().map(|share| one(*share)).sum::<f64>() / SHARES.len() as f64
}

#[test]
fn entropies_and_effective_numbers() {
    let nats = |share: f64| {
        [share, 1.0 - share].iter().filter(|part| **part > 0.0).map(|part| -part * part.ln()).sum::<f64>()
    };
    for (cases, draws) in [(12, 8), (40, 4)] {
        let draw = |random: &mut ChaCha8Rng| labelled(random, cases, draws);
        let bits = expected(draws, nats) / std::f64::consts::LN_2;
        let found = coverage(json!({ "entropy": { "of": "s" } }), bits, RUNS, None, draw);
        assert_covers(found, &format!("entropy over {cases} × {draws}"));
        let number = expected(draws, |share| nats(share).exp());
        let found = coverage(json!({ "effective_number": { "of": "s" } }), number, RUNS, None, draw);
        assert_covers(found, &format!("effective number over {cases} × {draws}"));
    }
}

#[test]
fn alpha_over_many_prefixes() {
    // Within a prefix two draws differ with 2 p (1 - p), between prefixes with 2 q (1 - q), q the mean of p.
    let mean = |of: &dyn Fn(f64) -> f64| SHARES.iter().map(|share| of(*share)).sum::<f64>() / 3.0;
    let q = mean(&|share| share);
    let truth = 1.0 - mean(&|share| share * (1.0 - share)) / (q * (1.0 - q));
    let found = coverage(json!({ "alpha": { "of": "s" } }), truth, 400, Some(500), |r| labelled(r, 60, 8));
    // A ratio of sums over 60 clusters: BCa is known to fall short by a few per cent until there are more.
    assert!((91.0..=97.5).contains(&found), "alpha: {found} %");
}

#[test]
fn half_lives() {
    let (decay, rounds) = (0.3_f64, 6);
    let found = coverage(
        json!({ "half_life": { "of": "s" } }),
        std::f64::consts::LN_2 / decay,
        200,
        Some(400),
        |random| {
            let mut fixture = Fixture::new();
            for (case, sample) in (0..40).flat_map(|case| (0..4).map(move |sample| (case, sample))) {
                for round in 1..=rounds {
                    let share = 0.9 * (-decay * f64::from(round - 1)).exp();
                    let grade = Grade::Number(f64::from(u8::from(random.random::<f64>() < share)));
                    let (cluster, arm, place) = (case, 0, Place { round: Some(round), branch: None });
                    fixture.enter(
                        "s",
                        ValueKind::Flag,
                        Observation { cluster, case, arm, sample, place, grade },
                    );
                }
            }
            fixture
        },
    );
    // 200 runs waver by 1.6, and BCa falls a little short here.
    assert!((88.5..=98.0).contains(&found), "half-life: {found} %");
}

#[test]
fn kappas() {
    // The second rater copies the first half of the time and answers at the same rate otherwise: kappa is 1/2.
    let draw = |random: &mut ChaCha8Rng| {
        (0..30).fold(Fixture::new(), |fixture, case| {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            for _ in 0..4 {
                let (first, fresh) = (random.random::<f64>() < 0.4, random.random::<f64>() < 0.4);
                let second = if random.random::<f64>() < 0.5 { first } else { fresh };
                one.push(Grade::Number(f64::from(u8::from(first))));
                other.push(Grade::Number(f64::from(u8::from(second))));
            }
            fixture.case("a", ValueKind::Flag, case, 0, &one).case("b", ValueKind::Flag, case, 0, &other)
        })
    };
    let found = coverage(json!({ "kappa": { "of": "a", "with": "b" } }), 0.5, RUNS, None, draw);
    assert_covers(found, "kappa over 30 × 4");
}
