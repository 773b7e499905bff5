//! What policies make of comparisons.

use super::{fixtures::*, *};
use crate::{grade::TrialScores, record::Header};
use scorers::{FailureKind, Outcome};
use serde_json::{Value, json};

fn policy(value: Value) -> Policy {
    serde_json::from_value(value).unwrap()
}

/// What a policy makes of two records.
fn judged(base: &Side, head: &Side, value: Value) -> GateOutcome {
    let policy = policy(value);
    let options = CompareOptions { policy: Some(policy.clone()), ..quick() };
    policy.judge(&compare(base, std::slice::from_ref(head), &options).unwrap())
}

#[test]
fn gates_say_what_the_policy_asks() {
    let (good, bad) = (simple("good", 1, 0.8), simple("bad", 2, 0.3));
    let same = simple("same", 3, 0.8);
    let judge = |base: &Side, head: &Side, rule: serde_json::Value| {
        let policy = policy(json!({ "metrics": [rule] }));
        let comparison = compare(
            base,
            std::slice::from_ref(head),
            &CompareOptions { policy: Some(policy.clone()), ..quick() },
        )
        .unwrap();
        let outcome = policy.judge(&comparison);
        assert!(!outcome.reasons.is_empty());
        outcome.verdict
    };
    let rate = |more: serde_json::Value| {
        let mut rule = json!({ "metric": "grounding.*/rate", "better": "higher" });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    assert_eq!(judge(&good, &bad, rate(json!({ "margin": 0.1 }))), GateVerdict::Regression);
    assert_eq!(judge(&bad, &good, rate(json!({ "margin": 0.1 }))), GateVerdict::Pass);
    // The spec says nothing of the mean.
    let mean = json!({ "metric": "grounding.*/mean", "better": "lower" });
    assert_eq!(judge(&bad, &good, mean), GateVerdict::Regression);
    assert_eq!(judge(&good, &same, rate(json!({ "margin": 0.3, "undecided": "fail" }))), GateVerdict::Pass);
    assert_eq!(
        judge(&good, &same, rate(json!({ "margin": 0.001, "undecided": "fail" }))),
        GateVerdict::Undecided
    );
    assert_eq!(judge(&good, &same, rate(json!({ "margin": 0.001 }))), GateVerdict::Pass);
    assert_eq!(
        judge(&good, &bad, rate(json!({ "margin": 0.1, "require": "equivalent" }))),
        GateVerdict::Regression
    );
    assert_eq!(judge(&bad, &good, rate(json!({ "require": "improved" }))), GateVerdict::Pass);
    let fail = json!({ "require": "improved", "undecided": "fail" });
    assert_eq!(judge(&good, &same, rate(fail)), GateVerdict::Undecided);
    let none = json!({ "metric": "grounding.request/none", "better": "higher", "undecided": "fail" });
    assert_eq!(judge(&good, &same, none), GateVerdict::Undecided);
}

#[test]
fn a_rule_that_only_one_record_can_answer_is_undecided() {
    let base = simple("base", 1, 0.6);
    let mut other = header("head", 30, 4);
    other.probes[0].metrics.shift_remove("d_prime");
    let graded = trials(&other, 2, 0.6);
    let rule = policy(json!({ "metrics": [{ "metric": "*/d_prime", "better": "higher" }] }));
    let options = CompareOptions { policy: Some(rule.clone()), ..quick() };
    let judged = rule.judge(&compare(&base, &[side(other, graded)], &options).unwrap());
    assert_eq!(judged.verdict, GateVerdict::Undecided);
}

/// A record in which the flags of some cases failed.
fn broken(name: &str, seed: u64, rate: f64, fails: fn(usize) -> bool) -> Side {
    let header: Header = header(name, 30, 4);
    let mut graded: Vec<TrialScores> = trials(&header, seed, rate);
    for (place, trial) in graded.iter_mut().enumerate() {
        // Four samples a case.
        if fails(place / 4) {
            trial.scores[0].outcome = Outcome::Failed { kind: FailureKind::Timeout };
        }
    }
    side(header, graded)
}

#[test]
fn a_head_of_which_nothing_is_left_does_not_pass() {
    let base = simple("base", 1, 0.6);
    let dead = broken("head", 2, 0.6, |_| true);
    let found = judged(&base, &dead, json!({ "metrics": [{ "metric": "*/rate", "margin": 0.5 }] }));
    assert_eq!(found.verdict, GateVerdict::Regression, "{found:?}");
    assert!(found.reasons[0].contains("100.0 % in the head"), "{found:?}");
    let comparison = compare(&base, std::slice::from_ref(&dead), &quick()).unwrap();
    let why = &comparison.heads[0].probes[0].metrics["rate"].why;
    assert_eq!(why, "no grade has a partner: of 240 the base has 240 and the head none");
    // What is missing in both is no change for the worse, but nobody can pass it.
    let found = judged(&dead, &dead, json!({ "metrics": [{ "metric": "*/rate", "margin": 0.5 }] }));
    assert_eq!(found.verdict, GateVerdict::Undecided, "{found:?}");
}

#[test]
fn what_is_missing_hides_no_regression() {
    let base = broken("base", 1, 0.9, |case| case % 20 == 0);
    let found = judged(&base, &simple("head", 2, 0.2), json!({ "metrics": [{ "metric": "*/rate" }] }));
    assert_eq!(found.verdict, GateVerdict::Regression, "{found:?}");
    assert!(found.reasons[0].contains("worse") && found.reasons[0].contains("missing"), "{found:?}");
}

#[test]
fn one_case_that_breaks_is_no_significant_loss() {
    let (base, head) = (simple("base", 1, 0.6), broken("head", 2, 0.6, |case| case == 3));
    let strict = json!({ "missing": { "at_most": 0.0 }, "metrics": [{ "metric": "*/rate", "margin": 0.9 }] });
    let found = judged(&base, &head, strict);
    assert_eq!(found.verdict, GateVerdict::Undecided, "{found:?}");
    // A rule can allow more than the policy does.
    let rule = json!({ "metric": "*/rate", "margin": 0.9, "missing": { "at_most": 0.1 } });
    let found = judged(&base, &head, json!({ "missing": { "at_most": 0.0 }, "metrics": [rule] }));
    assert_eq!(found.verdict, GateVerdict::Pass, "{found:?}");
}

#[test]
fn a_probe_that_vanished_is_named_unless_that_is_allowed() {
    let two = |name: &str, both: bool, seed: u64| {
        let mut header: Header = header(name, 30, 4);
        let mut second = header.probes[0].clone();
        second.id = "grounding.repair".to_owned();
        if both {
            header.probes.push(second);
        }
        let graded = trials(&header, seed, 0.6);
        side(header, graded)
    };
    let (base, head) = (two("base", true, 1), two("head", false, 2));
    let rule = json!({ "metric": "grounding.*/rate", "margin": 0.5 });
    let found = judged(&base, &head, json!({ "metrics": [rule] }));
    assert_eq!(found.verdict, GateVerdict::Undecided);
    assert!(found.reasons[0].contains("grounding.repair/rate"), "{found:?}");
    let found = judged(&base, &head, json!({ "metrics": [rule], "allow": ["probes"] }));
    assert_eq!(found.verdict, GateVerdict::Pass, "{found:?}");
    // A probe that is new takes nothing away.
    let found = judged(&head, &base, json!({ "metrics": [rule] }));
    assert_eq!(found.verdict, GateVerdict::Pass, "{found:?}");
}

#[test]
fn a_policy_that_cannot_judge_is_an_error() {
    let sides = [simple("base", 1, 0.6), simple("head", 2, 0.6)];
    for (rule, expected) in [
        (json!({ "metric": "*/d_prime" }), "which direction"),
        (json!({ "metric": "*/d_prime", "margin": 50.0 }), "outside of the metric's range"),
        (json!({ "metric": "*/rate", "margin": 1.0 }), "outside of the metric's range"),
    ] {
        let options = CompareOptions { policy: Some(policy(json!({ "metrics": [rule] }))), ..quick() };
        let error = compare(&sides[0], &sides[1..], &options).unwrap_err().to_string();
        assert!(error.contains("metrics[0]") && error.contains(expected), "{error}");
    }
}
