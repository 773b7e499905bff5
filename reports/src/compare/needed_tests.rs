//! Advice on numbers of cases and samples, by hand and by scipy.

use super::{super::outcome::Span, *};
use scorers::metric::design::Pilot;

fn plan(within: Option<f64>, tests: u64) -> TestDesign {
    TestDesign { level: 0.05, tests, power: 0.8, within, samples: 4, validity: Validity::Fixed }
}

/// What an interval needs that reaches 0.1 to both sides of the value, over so many clusters that t is normal.
fn need(value: f64, margin: Option<f64>, better: Option<Better>, plan: &TestDesign) -> Option<Needed> {
    let (low, high, clusters) = (value - 0.1, value + 0.1, 1_000_000);
    let pilot = Pilot::of_interval(value, (low, high), 1.0 - plan.validity.nominal(0.05), clusters).unwrap();
    let difference = Quantity { value, interval: Span::Known { low, high, method: String::new() } };
    let evidence = Evidence {
        clusters,
        difference: &difference,
        inner: None,
        beyond: None,
        better,
        margin,
        level: 0.05,
    };
    needed(&pilot, &evidence, plan)
}

// By hand: ((1.959964 + 0.841621) / 1.959964)² = 2.043203 times the clusters.
#[test]
fn more_clusters_or_more_samples() {
    let found = need(0.1, None, None, &plan(Some(1.0), 1)).unwrap();
    assert_eq!((found.aim, found.samples), (Aim::Difference, Some(9)));
    assert!(found.clusters.abs_diff(2_043_203) <= 20, "{found:?}");
    // With nine tenths within, 3.6 / (1 / 2.0432 - 0.1) = 9.24 samples.
    assert_eq!(need(0.1, None, None, &plan(Some(0.9), 1)).unwrap().samples, Some(10));
    // With half of it between clusters, no number of samples halves the variance.
    let between = need(0.1, None, None, &plan(Some(0.5), 1)).unwrap();
    assert_eq!((between.samples, between.only_clusters), (None, true));
    let unknown = need(0.1, None, None, &plan(None, 1)).unwrap();
    assert_eq!((unknown.samples, unknown.only_clusters), (None, false));
}

// By hand: over the first look 2.79548 deviates are asked; ((2.79548 + 0.84162) / 2.79548)² = 1.69275. At 7 samples
// 2.89383 are asked: ((2.89383 + 0.84162) / 2.79548)² × 4 = 7.142.
#[test]
fn looking_at_more_samples_asks_for_more() {
    let anytime = TestDesign { validity: Validity::Anytime { first: 4, samples: 4 }, ..plan(Some(1.0), 1) };
    let found = need(0.1, None, None, &anytime).unwrap();
    assert!(found.clusters.abs_diff(1_692_750) < 100, "{found:?}");
    assert_eq!((found.samples, found.only_clusters), (Some(8), false));
}

// By hand: of three metrics Holm asks a third of the level of the first: 2.39398 deviates; ((2.39398 + 0.84162) / 1.95996)²
// = 2.72529.
#[test]
fn other_metrics_ask_for_more() {
    let found = need(0.1, None, None, &plan(Some(1.0), 3)).unwrap();
    assert!(found.clusters.abs_diff(2_725_290) < 100, "{found:?}");
}

// By scipy: with a standard error of e = 0.1 / 1.959964 / √f, not worse than 0.1 with power 0.8 asks
// 0.1 / e = 1.644854 + 0.841621: f = (2.486475 / 1.959964)² = 1.609434. Equivalent asks 2 Φ(0.1 / e - 1.644854) - 1 =
// 0.8, so 0.1 / e = 1.644854 + 1.281552: f = 2.229344.
#[test]
fn not_worse_and_equivalent_have_the_power_that_is_asked() {
    let found = need(0.0, Some(0.1), Some(Better::Higher), &plan(None, 5)).unwrap();
    assert_eq!(found.aim, Aim::NotWorse);
    assert!(found.clusters.abs_diff(1_609_434) <= 200, "{found:?}");
    let found = need(0.0, Some(0.1), None, &plan(None, 5)).unwrap();
    assert_eq!(found.aim, Aim::Equivalence);
    assert!(found.clusters.abs_diff(2_229_344) <= 200, "{found:?}");
    // What is better is further from being worse: there are enough.
    assert_eq!(need(0.06, Some(0.1), Some(Better::Higher), &plan(None, 1)), None);
    assert_eq!(need(0.0, None, None, &plan(None, 1)), None);
    // Beyond the margin, only that can be shown.
    assert_eq!(need(-0.15, Some(0.1), Some(Better::Higher), &plan(None, 1)).unwrap().aim, Aim::Difference);
}

// By scipy, noncentral t: with 7 degrees of freedom and a standard error of 0.1 the interval excludes 0 with a power of 0.8
// if the true difference is 0.32698; once five tests share the level, 0.45139.
#[test]
fn the_smallest_difference_is_that_of_the_level_that_is_left() {
    let half = 0.236_462_425_2;
    let pilot = Pilot::of_interval(0.0, (-half, half), 0.95, 8).unwrap();
    let found = |tests| smallest(&pilot, 8, None, &plan(None, tests)).unwrap();
    assert!((found(1) / 0.326_976_2).ln().abs() < 0.02, "{}", found(1));
    assert!((found(5) / 0.451_387_5).ln().abs() < 0.02, "{}", found(5));
    assert_eq!(smallest(&pilot, 2, None, &plan(None, 1)), None);
}
