//! Decisions over designs of flags: what collapses never passes, what is harmless never fails, and a larger loss is never
//! judged more mildly.

use super::{fixtures::*, *};
use crate::{
    grade::{ScoreLine, TrialScores},
    record::{Expectation, Header},
};
use scorers::Outcome;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

/// A side whose probes have so many true flags in each case.
fn flags(name: &str, probes: &BTreeMap<String, Vec<u32>>, samples: u32) -> Side {
    let mut header: Header = header(name, 1, samples);
    let model = header.probes.pop().unwrap();
    let mut graded = Vec::new();
    for (id, trues) in probes {
        let mut probe = model.clone();
        probe.id.clone_from(id);
        probe.expect = Vec::<Expectation>::new();
        probe.arms = [(String::new(), Default::default())].into_iter().collect();
        probe.metrics = serde_json::from_value(json!({ "r": { "rate": { "of": "flag" } } })).unwrap();
        probe.scores.retain(|score, _| score == "flag");
        probe.scores.values_mut().for_each(|score| score.arms = vec![String::new()]);
        let case = probe.cases[0].clone();
        probe.cases.clear();
        for (place, trues) in trues.iter().enumerate() {
            let mut case = case.clone();
            (case.id, case.pair, case.arm) = (format!("c{place}"), None, None);
            for sample in 0..samples {
                let outcome = Outcome::flag(sample < *trues);
                let score = ScoreLine::plain("flag", outcome);
                let (probe, arm, scores) = (id.clone(), String::new(), vec![score]);
                graded.push(TrialScores { probe, case: case.id.clone(), arm, sample, scores });
            }
            probe.cases.push(case);
        }
        header.probes.push(probe);
    }
    side(header, graded)
}

fn judged(
    base: &BTreeMap<String, Vec<u32>>,
    head: &BTreeMap<String, Vec<u32>>,
    samples: u32,
    policy: Value,
) -> (Comparison, GateOutcome) {
    let policy: Policy = serde_json::from_value(policy).unwrap();
    let options = Options { policy: Some(policy.clone()), ..quick() };
    let sides = [flags("base", base, samples), flags("head", head, samples)];
    let comparison = compare(&sides[0], &sides[1..], &options).unwrap();
    let outcome = policy.judge(&comparison);
    (comparison, outcome)
}

fn one(trues: Vec<u32>) -> BTreeMap<String, Vec<u32>> {
    [("p.a".to_owned(), trues)].into_iter().collect()
}

fn rule(margin: f64) -> Value {
    json!({ "metrics": [{ "metric": "p.*/r", "better": "higher", "margin": margin }] })
}

fn ends(comparison: &Comparison) -> (f64, f64) {
    comparison.heads[0].probes[0].metrics["r"].numbers().unwrap().difference.ends().unwrap()
}

#[test]
fn a_collapse_never_passes() {
    for cases in [4, 5, 6, 8, 12, 30] {
        for samples in [1, 2, 4, 8] {
            let (comparison, outcome) =
                judged(&one(vec![samples; cases]), &one(vec![0; cases]), samples, rule(0.1));
            assert!(ends(&comparison).1 < -0.1, "{cases} × {samples}: {:?}", ends(&comparison));
            assert_eq!(outcome.verdict, GateVerdict::Regression, "{cases} × {samples}: {outcome:?}");
        }
    }
    // One of thirty gated probes, all others as before.
    for cases in [5, 10] {
        let base: BTreeMap<_, _> = (0..30).map(|probe| (format!("p.a{probe:02}"), vec![4; cases])).collect();
        let mut head = base.clone();
        head.insert("p.a07".to_owned(), vec![0; cases]);
        let (_, outcome) = judged(&base, &head, 4, rule(0.1));
        assert!(outcome.verdict >= GateVerdict::Undecided, "{cases}: {outcome:?}");
        assert!(cases < 10 || outcome.verdict == GateVerdict::Regression, "{outcome:?}");
    }
}

#[test]
fn a_rule_without_a_direction_fails_on_either_side() {
    let two_sided = json!({ "metrics": [{ "metric": "p.*/r", "margin": 0.1 }] });
    for (base, head) in [(4, 1), (1, 4)] {
        let (comparison, outcome) = judged(&one(vec![base; 12]), &one(vec![head; 12]), 4, two_sided.clone());
        assert_eq!(comparison.heads[0].probes[0].metrics["r"].verdict, Verdict::Changed, "{comparison:?}");
        assert_eq!(outcome.verdict, GateVerdict::Regression, "{outcome:?}");
    }
}

/// How bad a gate finds a metric. What is not shown to be worse counts as the same: where no case differs at all an
/// interval allows for unseen ones, and a metric can be open that a few lost flags make equivalent.
fn severity(outcome: &GateOutcome) -> (GateVerdict, u32) {
    let word = match outcome.metrics[0].verdict {
        Verdict::Improved | Verdict::Gained | Verdict::Equivalent | Verdict::NotWorse | Verdict::Open => 0,
        Verdict::Slipped => 1,
        Verdict::Regressed => 2,
        other => panic!("{other:?} has no direction"),
    };
    (outcome.verdict, word)
}

#[test]
fn a_larger_loss_is_never_judged_more_mildly() {
    for cases in [6, 7, 8, 12, 24] {
        for samples in [2, 4, 8] {
            // More and more cases lose so many flags of all that they have.
            for lost in 1..=samples {
                let mut before = None;
                for losing in 0..=cases {
                    let head = (0..cases).map(|case| if case < losing { samples - lost } else { samples });
                    let (comparison, outcome) =
                        judged(&one(vec![samples; cases]), &one(head.collect()), samples, rule(0.1));
                    let found = severity(&outcome);
                    let what = format!("{losing} of {cases} cases lose {lost} of {samples}");
                    assert!(
                        before.is_none_or(|before| before <= found),
                        "{what}: {before:?} {found:?} {:?}",
                        ends(&comparison)
                    );
                    before = Some(found);
                }
            }
        }
    }
}

#[test]
fn a_gate_that_passes_with_open_metrics_says_so() {
    let (_, outcome) = judged(&one(vec![2; 6]), &one(vec![3, 1, 2, 2, 3, 1]), 4, rule(0.05));
    assert_eq!((outcome.verdict, outcome.unsure()), (GateVerdict::Pass, (1, 0)), "{outcome:?}");
    assert!(outcome.reasons[0].contains("the smallest difference that this design shows"), "{outcome:?}");
}

#[test]
fn a_slip_can_be_made_to_fail_and_is_never_milder_than_an_open_metric() {
    let head = [7, 7, 7, 7, 7, 7, 8, 8, 7, 7, 7, 7, 7, 6, 7, 8, 8, 7, 7, 7, 8, 8, 7, 8].to_vec();
    let with = |more: Value| {
        let mut policy = rule(0.1);
        policy["metrics"][0].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        judged(&one(vec![8; 24]), &one(head.clone()), 8, policy).1
    };
    let plain = with(json!({}));
    assert_eq!(plain.metrics[0].verdict, Verdict::Slipped, "{plain:?}");
    assert_eq!((plain.verdict, plain.unsure()), (GateVerdict::Pass, (0, 1)));
    assert_eq!(with(json!({ "slipped": "fail" })).verdict, GateVerdict::Regression);
    assert_eq!(with(json!({ "undecided": "fail", "slipped": "pass" })).verdict, GateVerdict::Undecided);
}

#[test]
fn a_policy_that_contradicts_a_spec_is_an_error() {
    let mut header = header("base", 12, 2);
    header.probes[0].better.insert("rate".to_owned(), Better::Higher);
    let graded = trials(&header, 1, 0.5);
    let sides = [side(header, graded), simple("head", 2, 0.5)];
    let against = |better: &str| {
        let policy = json!({ "metrics": [{ "metric": "*/rate", "better": better, "margin": 0.1 }] });
        let policy = Some(serde_json::from_value(policy).unwrap());
        compare(&sides[0], &sides[1..], &Options { policy, ..quick() })
    };
    assert!(against("higher").is_ok());
    let error = against("lower").unwrap_err().to_string();
    assert!(error.contains("metrics[0].better") && error.contains("contradicts the spec"), "{error}");
}

#[test]
fn a_policy_that_no_grades_could_decide_says_how_many_cases_it_takes() {
    let policy = |margin: f64| serde_json::from_value::<Policy>(rule(margin)).unwrap();
    let side = |cases: usize| flags("base", &one(vec![4; cases]), 4);
    for cases in [1, 2] {
        let problems = policy(0.1).undecidable([&side(cases)]);
        assert_eq!(problems.len(), 1, "{cases}");
        assert!(problems[0].message.contains("it takes 3"), "{problems:?}");
    }
    assert_eq!(policy(0.1).undecidable([&side(3)]), Vec::new());
    assert_eq!(policy(0.6).undecidable([&side(5)]).len(), 1);
    // One case never passes with a confident word.
    let (comparison, outcome) = judged(&one(vec![4]), &one(vec![0]), 4, rule(0.1));
    let metric = &comparison.heads[0].probes[0].metrics["r"];
    assert_eq!((metric.verdict, outcome.unsure()), (Verdict::Open, (1, 0)), "{metric:?}");
}

/// One design of the shared fixtures.
#[derive(Deserialize)]
struct Case {
    id: String,
    probes: BTreeMap<String, Counts>,
    policy: Value,
    right: String,
}

#[derive(Deserialize)]
struct Counts {
    base: Vec<u32>,
    head: Vec<u32>,
    samples: u32,
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn the_shared_designs_come_to_what_is_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/statistics/compare-cases.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    for case in serde_json::from_str::<Vec<Case>>(&text).unwrap() {
        let side = |base: bool| {
            let of = |counts: &Counts| if base { counts.base.clone() } else { counts.head.clone() };
            case.probes.iter().map(|(id, counts)| (id.clone(), of(counts))).collect()
        };
        let samples = case.probes.values().next().unwrap().samples;
        let (comparison, outcome) = judged(&side(true), &side(false), samples, case.policy.clone());
        let metric = &comparison.heads[0].probes[0].metrics["r"];
        let numbers = metric.numbers().unwrap();
        let (low, high) = ends(&comparison);
        let said = format!("{}: {}: {metric:?}", case.id, case.right);
        match case.id.as_str() {
            // Whether it is open or equivalent is the interval's to say; equal sides never fail.
            "noise-low" => {
                assert!(matches!(metric.verdict, Verdict::Open | Verdict::Equivalent), "{said}");
                assert_eq!(
                    (outcome.verdict, numbers.difference.value.abs() < 1e-12),
                    (GateVerdict::Pass, true)
                );
            }
            "collapse-5-alone" => assert_eq!(outcome.verdict, GateVerdict::Regression, "{said}"),
            "harmless" => {
                assert_eq!(outcome.verdict, GateVerdict::Pass, "{said}");
                assert!(low < -0.1 && high < 0.0, "{said}");
            }
            "needed" => assert_eq!(numbers.needed.unwrap().clusters, 25, "{said}"),
            other => panic!("nobody has said what `{other}` should come to here"),
        }
    }
}
