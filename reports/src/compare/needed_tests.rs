//! Advice on numbers of cases and samples, by hand and by scipy.

use super::{
    super::outcome::{Beyond, Quantity, Span},
    *,
};
use crate::compare::Better;

/// A difference over many clusters, where t is normal.
fn numbers(value: f64, half: f64, clusters: u64) -> Numbers {
    let quantity = |value: f64| Quantity {
        value,
        interval: Span::Known { low: value - half, high: value + half, method: String::new() },
    };
    Numbers {
        base: quantity(0.0),
        head: quantity(value),
        base_alone: None,
        head_alone: None,
        difference: quantity(value),
        inner: Some((value - half * 0.839_231, value + half * 0.839_231)),
        clusters,
        test: None,
        effect: None,
        equivalence_p: None,
        beyond: Some(Beyond { p: 0.2, adjusted: 0.2, least: None }),
        detectable: None,
        effective_clusters: None,
        base_rates: None,
        head_rates: None,
        needed: None,
        series: Vec::new(),
    }
}

fn plan(within: Option<f64>, tests: u64) -> Plan {
    Plan { level: 0.05, tests, power: 0.8, within, samples: 4, validity: Validity::Fixed }
}

fn need(value: f64, margin: Option<f64>, better: Option<Better>, plan: &Plan) -> Option<Needed> {
    let numbers = numbers(value, 0.1, 1_000_000);
    let (difference, inner, beyond) = (&numbers.difference, numbers.inner, numbers.beyond);
    let clusters = 12;
    let evidence =
        Evidence { clusters, swapped: None, difference, inner, beyond, better, margin, level: 0.05 };
    needed(&numbers, &evidence, Some(0.05), plan)
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
    let anytime = Plan { validity: Validity::Anytime { first: 4, samples: 4 }, ..plan(Some(1.0), 1) };
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

// By hand: z² / (n + z²) < 0.1 for z = 1.644854 from n = 24.35 on.
#[test]
fn where_no_cluster_differs_the_bound_on_unseen_ones_counts() {
    let mut alike = numbers(0.0, 0.137_946, 24);
    let reach = 2.705_543 / (24.0 + 2.705_543);
    alike.inner = Some((-reach, reach));
    let (difference, inner, beyond) = (&alike.difference, alike.inner, alike.beyond);
    let better = Some(Better::Higher);
    let clusters = 12;
    let evidence = Evidence {
        clusters,
        swapped: None,
        difference,
        inner,
        beyond,
        better,
        margin: Some(0.1),
        level: 0.05,
    };
    let found = needed(&alike, &evidence, Some(0.0), &plan(None, 1)).unwrap();
    assert_eq!(found.clusters, 25);
}

// scipy: (t.ppf(1 - 0.05 / 10, 7) + t.ppf(0.8, 7)) × 0.1 of a standard error of 0.1 is 0.439551; of one test, 0.326065.
#[test]
fn the_smallest_difference_is_that_of_the_level_that_is_left() {
    let found = |tests| smallest(&numbers(0.0, 0.236_462_425_2, 8), &plan(None, tests)).unwrap();
    assert!((found(1) - 0.326_065_4).abs() < 1e-5, "{}", found(1));
    assert!((found(5) - 0.439_551_1).abs() < 1e-5, "{}", found(5));
    assert_eq!(smallest(&numbers(0.0, 0.1, 1), &plan(None, 1)), None);
}
