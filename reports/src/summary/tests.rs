//! Verdicts and counts.

use super::*;
use crate::{
    format::fixtures,
    record::{Bound, Expectation},
};
use scorers::metric::{Estimate, Range};

fn metrics(values: &[(&str, Option<f64>)]) -> IndexMap<String, MetricResult> {
    let result = |value: Option<f64>| match value {
        Some(value) => MetricResult::Estimated(Estimate {
            value,
            low: value,
            high: value,
            method: String::new(),
            n: 1,
            clusters: 1,
            unscored: 0,
            failed: 0,
            range: Range::Real,
            series: Vec::new(),
        }),
        None => MetricResult::Unavailable { reason: "no grades".into(), unscored: 0, failed: 0 },
    };
    values.iter().map(|(name, value)| ((*name).to_owned(), result(*value))).collect()
}

fn decide(bound: Bound, values: &[(&str, Option<f64>)]) -> Holds {
    let (record, metrics) = (fixtures::passing().record, metrics(values));
    let none = Table::default();
    let ends = ends::Ends::new(&record.header.probes[0], &none, &metrics);
    Expected::decide(&Expectation { metric: "a".into(), bound }, &metrics, &ends).holds
}

#[test]
fn each_bound_is_decided_on_both_sides_of_its_edge() {
    let one = [("a", Some(1.0)), ("b", Some(1.0)), ("c", Some(2.0))];
    let held = |bound| matches!(decide(bound, &one), Holds::Held { .. });
    assert!(held(Bound::AtLeast(1.0)) && !held(Bound::AtLeast(1.1)));
    assert!(held(Bound::AtMost(1.0)) && !held(Bound::AtMost(0.9)));
    assert!(held(Bound::Above(0.9)) && !held(Bound::Above(1.0)));
    assert!(held(Bound::Below(1.1)) && !held(Bound::Below(1.0)));
    assert!(held(Bound::LessThan("c".into())) && !held(Bound::LessThan("b".into())));
    assert!(!held(Bound::GreaterThan("c".into())) && !held(Bound::GreaterThan("b".into())));
}

#[test]
fn the_share_of_missing_grades_can_be_bounded() {
    let with = |n: u64, unscored: u64, failed: u64| {
        let mut found = metrics(&[("a", Some(1.0))]);
        if let Some(MetricResult::Estimated(one)) = found.get_mut("a") {
            (one.n, one.unscored, one.failed) = (n, unscored, failed);
        }
        let (record, none) = (fixtures::passing().record, Table::default());
        let ends = ends::Ends::new(&record.header.probes[0], &none, &found);
        let expectation = Expectation { metric: "a".into(), bound: Bound::MissingAtMost(0.1) };
        Expected::decide(&expectation, &found, &ends).holds
    };
    assert_eq!(with(9, 1, 0), Holds::Held { observed: 0.1, against: 0.1 });
    assert_eq!(with(2, 17, 1), Holds::Failed { observed: 0.9, against: 0.1 });
    assert!(matches!(with(0, 0, 0), Holds::Undecided { .. }));
}

#[test]
fn what_has_no_estimate_is_undecided_never_failed() {
    let undecided = |holds: Holds| match holds {
        Holds::Undecided { reason } => reason,
        other => panic!("{other:?}"),
    };
    let values = [("a", Some(1.0)), ("b", None)];
    assert_eq!(undecided(decide(Bound::GreaterThan("b".into()), &values)), "`b` is unavailable: no grades");
    assert_eq!(undecided(decide(Bound::Above(0.0), &[("a", None)])), "`a` is unavailable: no grades");
    assert_eq!(undecided(decide(Bound::Above(0.0), &[])), "there is no metric `a`");
    let infinite = decide(Bound::Above(0.0), &[("a", Some(f64::INFINITY))]);
    assert_eq!(undecided(infinite), "the estimate of `a` is not finite");
}

#[test]
fn every_way_of_missing_is_counted_apart() {
    let summary = fixtures::everything().summary;
    assert_eq!(summary.verdict, ExitVerdict::Failed);
    let total = &summary.total;
    // Planned: 2 cases × 1 arm, 1 case, 1 case, 1 case, each with 2 samples.
    assert_eq!((total.planned, total.trials, total.broken_trials), (10, 8, 2));
    // Replies: 4, 2 + 2 × 3, 2, 1.
    assert_eq!((total.generations, total.truncated), (15, 1));
    assert_eq!(total.failures, Failures { engine: 1, timeout: 1, ..Failures::default() });
    assert_eq!(total.grades, Grades { scored: 9, unscored: 2, failed: 2 });
    let families: Vec<(&str, u64)> =
        summary.families.iter().map(|(name, family)| (name.as_str(), family.counts.trials)).collect();
    assert_eq!(families, [("grounding", 4), ("superposition", 1), ("register", 2), ("hostile", 1)]);
    assert_eq!(summary.expectations(), Tally { held: 1, failed: 1, undecided: 1 });
}

#[test]
fn verdicts() {
    assert_eq!(fixtures::passing().summary.exit_verdict(), ExitVerdict::Passed);
    assert_eq!(fixtures::dead().summary.exit_verdict(), ExitVerdict::NoGenerations);
}

#[test]
fn a_summary_is_read_back() {
    let summary = fixtures::everything().summary;
    let text = serde_json::to_string(&summary).unwrap();
    assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), summary);
}

#[test]
fn speed_needs_time() {
    let timing = |wall_seconds| Timing {
        started: String::new(),
        wall_seconds,
        generations: 1,
        generated_tokens: 100,
        prompt_tokens: 1,
        mean_in_flight: None,
        full_batch_share: None,
    };
    assert_eq!(timing(4.0).tokens_per_second(), Some(25.0));
    assert_eq!(timing(0.0).tokens_per_second(), None);
    assert_eq!(timing(f64::NAN).tokens_per_second(), None);
}
