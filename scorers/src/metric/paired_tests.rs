//! Tests of the paired tests: against scipy and statsmodels, by hand, and by simulation.

use super::*;
use crate::metric::{
    MetricConfig, Prepared, Sources,
    fixture::{Fixture, assert_near},
};
use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::json;

fn prepare(fixture: &Fixture, metric: serde_json::Value) -> Prepared {
    let metrics: IndexMap<String, MetricConfig> = serde_json::from_value(json!({ "m": metric })).unwrap();
    Sources::new(&metrics, &fixture.0).metric("m").unwrap()
}

fn means(numbers: &[f64]) -> Statistic {
    let fixture = numbers
        .iter()
        .zip(0..)
        .fold(Fixture::new(), |fixture, (number, case)| fixture.numbers("s", case, 0, &[*number]));
    prepare(&fixture, json!({ "mean": { "of": "s" } })).statistic
}

fn rates(flags: &[(usize, usize)]) -> Statistic {
    let fixture = flags
        .iter()
        .zip(0..)
        .fold(Fixture::new(), |fixture, ((yes, n), case)| fixture.flags("s", case, 0, *yes, *n));
    prepare(&fixture, json!({ "rate": { "of": "s" } })).statistic
}

fn sampled(test: &SignFlip, chunks: u64) -> f64 {
    let extreme: u64 = (0..chunks).map(|chunk| test.extreme(3, chunk)).sum();
    (extreme + 1) as f64 / (chunks * CHUNK as u64 + 1) as f64
}

// statsmodels.stats.contingency_tables.mcnemar([[0, one], [other, 0]], exact=True).pvalue
#[test]
fn mcnemar_as_in_statsmodels() {
    for (one, other, p) in MCNEMAR {
        assert_near(&[mcnemar(one, other), mcnemar(other, one)], &[p, p], 1e-9);
    }
}

const MCNEMAR: [(u64, u64, f64); 6] = [
    (0, 0, 1.0),
    (5, 5, 1.0),
    (1, 9, 0.021484375),
    (0, 6, 0.03125),
    (121, 59, 4.4344492637551645e-6),
    (510, 480, 0.35670140163752323),
];

const HEAD: [f64; 8] = [1.2, 0.4, 2.2, 1.9, 0.1, 1.4, 0.8, 1.1];
const BASE: [f64; 8] = [1.0, 0.5, 2.0, 1.5, 0.3, 1.1, 0.9, 0.8];

// scipy.stats.permutation_test((HEAD, BASE), lambda a, b: (a - b).mean(), permutation_type="samples",
// n_resamples=numpy.inf).pvalue
#[test]
fn all_swaps_as_in_scipy() {
    let test = SignFlip::new(&means(&HEAD), &means(&BASE), true).unwrap();
    assert_eq!(test.clusters(), 8);
    assert_near(&[test.enumerate().unwrap()], &[PERMUTATION], 1e-12);
    // Of 4,000,000 random swaps the share wavers by 0.0002.
    assert_near(&[sampled(&test, 8_000)], &[PERMUTATION], 1e-3);
}

const PERMUTATION: f64 = 0.203125;

#[test]
fn one_flag_a_cluster_is_mcnemar() {
    let flags = |trues: &[usize]| rates(&trues.iter().map(|yes| (*yes, 1)).collect::<Vec<_>>());
    let left = flags(&[1, 1, 1, 1, 1, 1, 0, 0, 1, 0]);
    let right = flags(&[0, 0, 0, 0, 0, 0, 1, 0, 1, 0]);
    assert_eq!(flag_pairs(&left, &right), Some((6, 1)));
    let test = SignFlip::new(&left, &right, true).unwrap();
    assert_near(&[test.enumerate().unwrap()], &[mcnemar(6, 1)], 1e-12);
    assert_near(&[sampled(&test, 8_000)], &[mcnemar(6, 1)], 1e-3);
    assert_eq!(flag_pairs(&left, &rates(&[(1, 2); 10])), None);
    assert_eq!(flag_pairs(&left, &flags(&[1, 0])), None);
}

#[test]
fn nothing_to_swap_is_no_evidence() {
    let same = means(&HEAD);
    let test = SignFlip::new(&same, &same, true).unwrap();
    assert_eq!((test.clusters(), test.enumerate()), (0, Some(1.0)));
    let one = SignFlip::new(&means(&[3.0]), &means(&[1.0]), true).unwrap();
    assert_eq!(one.enumerate(), Some(1.0));
}

#[test]
fn linearised_means_are_tested_as_the_means_themselves() {
    let (left, right) = (means(&HEAD), means(&BASE));
    let exact = SignFlip::new(&left, &right, true).unwrap().enumerate().unwrap();
    let linear = SignFlip::new(&left, &right, false).unwrap().enumerate().unwrap();
    assert_near(&[linear], &[exact], 1e-12);
}

#[test]
fn clusters_of_one_side_only_are_swapped_too() {
    let left = rates(&[(3, 4), (2, 4), (1, 4)]);
    let right = rates(&[(1, 4), (2, 4)]);
    let test = SignFlip::new(&left, &right, true).unwrap();
    // The first differs in its trues, the third exists on one side; the second is equal.
    assert_eq!(test.clusters(), 2);
    // By hand: kept (6/12 - 3/8), first swapped (4/12 - 5/8); the others are their opposites.
    assert_near(&[test.enumerate().unwrap()], &[1.0], 1e-12);
}

#[test]
fn chunks_are_reproducible_and_differ() {
    let many: Vec<f64> = (0..60_u32).map(|n| f64::from(n * 37 % 11)).collect();
    let test = SignFlip::new(&means(&many), &means(&vec![4.0; 60]), true).unwrap();
    assert_eq!(test.enumerate(), None);
    assert_eq!(test.extreme(1, 4), test.extreme(1, 4));
    let found: std::collections::BTreeSet<u64> = (0..8).map(|chunk| test.extreme(1, chunk)).collect();
    assert!(found.len() > 3, "{found:?}");
}

/// In how many of 100 runs without a difference the test rejects at 5 %; it is linearised where rows of the two sides cannot
/// be exchanged.
fn false_alarms(
    metric: &serde_json::Value,
    exchangeable: bool,
    cases: u32,
    samples: u32,
    rate: f64,
    alike: f64,
) -> f64 {
    const RUNS: u32 = 2_000;
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut rejected = 0;
    for run in 0..RUNS {
        let side = |random: &mut ChaCha8Rng, bases: &[f64]| {
            let mut fixture = Fixture::arms(&["a", "b"]);
            for (case, base) in (0..cases).zip(bases) {
                for arm in 0..2 {
                    let yes = (0..samples)
                        .filter(|_| {
                            let copies = random.random::<f64>() < alike;
                            let draw = if copies { *base } else { random.random() };
                            draw < rate
                        })
                        .count();
                    fixture = fixture.flags("s", case, arm, yes, samples as usize);
                }
            }
            prepare(&fixture, metric.clone()).statistic
        };
        let bases: Vec<f64> = (0..cases).map(|_| random.random()).collect();
        let (left, right) = (side(&mut random, &bases), side(&mut random, &bases));
        let Ok(test) = SignFlip::new(&left, &right, exchangeable) else { continue };
        let p =
            test.enumerate().unwrap_or_else(|| (test.extreme(run.into(), 0) + 1) as f64 / (CHUNK + 1) as f64);
        rejected += u32::from(p <= 0.05);
    }
    100.0 * f64::from(rejected) / f64::from(RUNS)
}

/// With 2,000 runs a level of 5 % wavers by 0.5; a discrete test may stay below it.
#[test]
fn false_alarms_stay_at_the_level() {
    let rate = json!({ "rate": { "of": "s" } });
    let d_prime = json!({ "d_prime": { "hit": "s@a", "false_alarm": "s@b" } });
    let mean = json!({ "mean": { "of": "s" } });
    let alpha = json!({ "alpha": { "of": "s@a" } });
    for (metric, cases, samples, share, alike, least) in [
        (&mean, 20, 4, 0.4, 0.3, 2.5),
        (&mean, 8, 2, 0.5, 0.0, 1.0),
        (&rate, 30, 8, 0.5, 0.0, 3.5),
        (&rate, 30, 8, 0.3, 0.5, 3.5),
        (&rate, 12, 4, 0.5, 0.3, 3.0),
        (&rate, 10, 1, 0.5, 0.0, 0.0),
        (&rate, 30, 8, 0.02, 0.2, 0.0),
        (&rate, 30, 8, 0.97, 0.5, 0.0),
        (&d_prime, 20, 4, 0.4, 0.3, 3.5),
    ] {
        let found = false_alarms(metric, true, cases, samples, share, alike);
        assert!((least..=6.2).contains(&found), "{metric} {cases} × {samples}, share {share}: {found} %");
    }
    for (metric, cases, samples, share, alike, least) in [
        (&rate, 30, 8, 0.5, 0.3, 3.5),
        (&d_prime, 20, 4, 0.4, 0.3, 3.5),
        (&alpha, 30, 8, 0.5, 0.3, 3.0),
        (&alpha, 12, 6, 0.4, 0.2, 2.5),
    ] {
        let found = false_alarms(metric, false, cases, samples, share, alike);
        assert!((least..=6.5).contains(&found), "{metric}, linearised, {cases} × {samples}: {found} %");
    }
}

proptest! {
    #[test]
    fn p_is_a_probability_and_does_not_care_for_the_side(
        pairs in proptest::collection::vec((-4.0..4.0_f64, -4.0..4.0_f64), 1..11)
    ) {
        let (left, right): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let (left, right) = (means(&left), means(&right));
        let p = SignFlip::new(&left, &right, true).unwrap().enumerate().unwrap();
        let turned = SignFlip::new(&right, &left, true).unwrap().enumerate().unwrap();
        let clusters = left.clusters().len() as i32;
        prop_assert!(p >= 2.0_f64.powi(1 - clusters) - 1e-12 && p <= 1.0);
        prop_assert!((p - turned).abs() < 1e-12);
    }
}
