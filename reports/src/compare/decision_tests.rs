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
    flags_since(name, probes, samples, None)
}

/// The same where samples were added from a first look on.
fn flags_since(name: &str, probes: &BTreeMap<String, Vec<u32>>, samples: u32, first: Option<u32>) -> Side {
    let mut header: Header = header(name, 1, samples);
    let model = header.probes.pop().unwrap();
    let mut graded = Vec::new();
    for (id, trues) in probes {
        let mut probe = model.clone();
        probe.id.clone_from(id);
        probe.first_look = first;
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
    let options = CompareOptions { policy: Some(policy.clone()), ..quick() };
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

/// How bad a gate finds a metric.
fn severity(outcome: &GateOutcome) -> (GateVerdict, u32) {
    let word = match outcome.metrics[0].verdict {
        Verdict::Improved => 0,
        Verdict::Gained => 1,
        Verdict::Equivalent | Verdict::NotWorse => 2,
        Verdict::Open => 3,
        Verdict::Slipped => 4,
        Verdict::Regressed => 5,
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
    let few =
        (vec![2; 6], vec![3, 1, 2, 2, 3, 1], "over so few cases nobody can say how small a difference shows");
    let more = (vec![2; 8], vec![3, 1, 2, 2, 3, 1, 2, 2], "the smallest difference that this design shows");
    for (base, head, words) in [few, more] {
        let (_, outcome) = judged(&one(base), &one(head), 4, rule(0.05));
        assert_eq!((outcome.verdict, outcome.unsure()), (GateVerdict::Pass, (1, 0)), "{outcome:?}");
        assert!(outcome.reasons[0].contains(words), "{outcome:?}");
    }
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
        compare(&sides[0], &sides[1..], &CompareOptions { policy, ..quick() })
    };
    assert!(against("higher").is_ok());
    let error = against("lower").unwrap_err().to_string();
    assert!(error.contains("metrics[0].better") && error.contains("contradicts the spec"), "{error}");
}

#[test]
fn a_policy_that_no_grades_could_decide_says_how_many_cases_it_takes() {
    let policy = |margin: f64| serde_json::from_value::<Policy>(rule(margin)).unwrap();
    let side = |cases: usize| flags("base", &one(vec![4; cases]), 4);
    let needed = |margin: f64, sides: &Side| -> Option<usize> {
        let problem = policy(margin).undecidable([sides]).into_iter().next()?;
        let (_, number) = problem.message.split_once("it takes ")?;
        number.split(|letter: char| !letter.is_numeric()).next()?.parse().ok()
    };
    for (cases, margin) in [(1, 0.1), (2, 0.1), (3, 0.1), (5, 0.6), (4, 0.9)] {
        let takes = needed(margin, &side(cases)).unwrap();
        assert!(takes > cases, "{cases} {margin}: {takes}");
        // As many as it says, and no fewer, are enough.
        assert_eq!(needed(margin, &side(takes)), None, "{cases} {margin}: {takes}");
        assert_eq!(needed(margin, &side(takes - 1)), Some(takes), "{cases} {margin}");
    }
    // Thirteen metrics share the level.
    let many: BTreeMap<String, Vec<u32>> =
        (0..13).map(|probe| (format!("p.a{probe:02}"), vec![4; 5])).collect();
    let alone = needed(0.1, &side(3)).unwrap();
    assert!(needed(0.1, &flags("base", &many, 4)).is_some_and(|takes| takes > alone));
}

/// A loss beyond the margin that so few cases, or so unequal ones, cannot show to be one is nothing that passes.
#[test]
fn a_collapse_that_no_grades_could_show_leaves_the_gate_undecided() {
    for (cases, margin) in [(1, 0.1), (2, 0.05), (2, 0.5), (4, 0.9)] {
        let (comparison, outcome) = judged(&one(vec![4; cases]), &one(vec![0; cases]), 4, rule(margin));
        let metric = &comparison.heads[0].probes[0].metrics["r"];
        assert!(matches!(metric.verdict, Verdict::Open | Verdict::Slipped), "{metric:?}");
        assert_eq!(outcome.verdict, GateVerdict::Undecided, "{cases} {margin}: {outcome:?}");
        // The same grades on both sides are no loss.
        let (_, outcome) = judged(&one(vec![4; cases]), &one(vec![4; cases]), 4, rule(margin));
        assert_eq!(outcome.verdict, GateVerdict::Pass, "{cases} {margin}: {outcome:?}");
    }
}

/// So many probes, each with these flags.
fn many(probes: usize, trues: &[u32]) -> BTreeMap<String, Vec<u32>> {
    (0..probes).map(|probe| (format!("p.a{probe:02}"), trues.to_vec())).collect()
}

/// What a rule makes of a family of which the first metric has other flags in the head.
fn first_of(probes: usize, base: &[u32], head: &[u32], samples: u32, more: &Value) -> GateOutcome {
    let (base, mut changed) = (many(probes, base), many(probes, base));
    changed.insert("p.a00".to_owned(), head.to_vec());
    judged(&base, &changed, samples, json!({ "metrics": [with(&plain(), more)] })).1
}

/// The rule that names neither margin nor requirement.
fn plain() -> Value {
    json!({ "metric": "p.*/r", "better": "higher" })
}

fn with(rule: &Value, more: &Value) -> Value {
    let mut rule = rule.clone();
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rule
}

/// Alone and among many, with a margin and without one, whatever is required.
#[test]
fn a_collapse_never_passes_in_a_family_either() {
    let rules =
        [json!({}), json!({ "margin": 0.1 }), json!({ "require": "improved" }), json!({ "slipped": "pass" })];
    for (probes, cases, samples) in [1, 13, 30]
        .into_iter()
        .flat_map(|probes| [(probes, 5, 1), (probes, 5, 4), (probes, 6, 2), (probes, 9, 1)])
    {
        for rule in &rules {
            let (all, none) = (vec![samples; cases], vec![0; cases]);
            let outcome = first_of(probes, &all, &none, samples, rule);
            assert!(
                outcome.verdict >= GateVerdict::Undecided,
                "{probes} {cases} × {samples} {rule}: {outcome:?}"
            );
        }
    }
    // Nor where one case keeps all that it had, or each keeps something.
    for head in [[4, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]] {
        let outcome = first_of(13, &[4; 6], &head, 4, &json!({}));
        assert!(outcome.verdict >= GateVerdict::Undecided, "{outcome:?}");
    }
    // Everything in all of them.
    let policy = json!({ "metrics": [plain()] });
    for cases in [3, 5] {
        let (_, outcome) = judged(&many(13, &vec![3; cases]), &many(13, &vec![0; cases]), 3, policy.clone());
        assert!(outcome.verdict >= GateVerdict::Undecided, "{outcome:?}");
        let (_, outcome) = judged(&many(13, &vec![0; cases]), &many(13, &vec![3; cases]), 3, policy.clone());
        assert_eq!(outcome.verdict, GateVerdict::Pass, "{outcome:?}");
    }
}

/// The same where samples were added until a gate was decided: what its design can show in sequence, it does.
#[test]
fn a_collapse_never_passes_in_sequence() {
    for (probes, cases) in [(1, 8), (13, 12), (13, 24)] {
        for margin in [json!({}), json!({ "margin": 0.1 })] {
            let policy: Policy =
                serde_json::from_value(json!({ "metrics": [with(&plain(), &margin)] })).unwrap();
            let options = CompareOptions { policy: Some(policy.clone()), ..quick() };
            let base = many(probes, &vec![4; cases]);
            let mut head = base.clone();
            head.insert("p.a00".to_owned(), vec![0; cases]);
            let side = |name: &str, probes| flags_since(name, probes, 4, Some(2));
            let sides = [side("base", &base), side("head", &head)];
            let outcome = policy.judge(&compare(&sides[0], &sides[1..], &options).unwrap());
            let refused = !policy.undecidable([&sides[0]]).is_empty();
            assert!(refused || outcome.verdict >= GateVerdict::Undecided, "{probes} × {cases}: {outcome:?}");
        }
    }
}

/// Of thirteen intervals one lies clear of 0 in a third of gates where nothing changed: without a margin it is named, and passes.
#[test]
fn a_slip_among_many_passes_without_a_margin_and_is_named() {
    let mut found = Vec::new();
    for losing in 0..12 {
        let head: Vec<u32> = (0..12).map(|case| if case < losing { 1 } else { 2 }).collect();
        let of = |more: Value| first_of(13, &[2; 12], &head, 4, &more);
        let outcome = of(json!({}));
        if outcome.metrics[0].verdict != Verdict::Slipped {
            continue;
        }
        assert_eq!((outcome.verdict, outcome.unsure().1), (GateVerdict::Pass, 1), "{losing}: {outcome:?}");
        assert!(outcome.metrics[0].why.contains("clear of 0"), "{outcome:?}");
        assert_eq!(of(json!({ "slipped": "fail" })).verdict, GateVerdict::Regression);
        assert_eq!(of(json!({ "undecided": "fail" })).verdict, GateVerdict::Undecided);
        // Alone it is a regression, and beyond a margin that is named it never passes.
        assert_eq!(first_of(1, &[2; 12], &head, 4, &json!({})).verdict, GateVerdict::Regression);
        assert!(of(json!({ "margin": 1e-6 })).verdict >= GateVerdict::Undecided);
        found.push(of(json!({ "require": "improved" })).verdict);
    }
    assert!(found.contains(&GateVerdict::Pass), "{found:?}");
}

/// No rule, and no way of losing, makes a larger loss have a milder result or word; in these designs.
#[test]
fn one_more_lost_flag_is_not_milder() {
    let rules = [
        json!({}),
        json!({ "undecided": "fail" }),
        json!({ "slipped": "fail" }),
        json!({ "require": "equivalent", "undecided": "fail" }),
        json!({ "require": "improved" }),
        json!({ "require": "improved", "undecided": "fail" }),
    ];
    for seed in 0..24 {
        let draw =
            |parts: &[u64], of: usize| (coin(&[[seed].as_slice(), parts].concat()) * of as f64) as usize;
        let cases = [3, 4, 6, 7, 8, 12, 17][draw(&[1], 7)];
        let samples = [1, 2, 4, 8][draw(&[2], 4)] as u32;
        let margin = [0.05, 0.1, 0.15, 0.2, 0.3][draw(&[3], 5)];
        let rate = [0.5, 0.9, 1.0][draw(&[4], 3)];
        let base: Vec<u32> = (0..cases as u64)
            .map(|case| {
                let flag = |sample: &u32| coin(&[seed, 5, case, u64::from(*sample)]) < rate;
                (0..samples).filter(flag).count() as u32
            })
            .collect();
        let (mut head, mut before) = (base.clone(), Vec::new());
        for step in 0_u64.. {
            let (comparison, _) = judged(&one(base.clone()), &one(head.clone()), samples, rule(margin));
            let found: Vec<(GateVerdict, u32)> = rules
                .iter()
                .map(|more| {
                    let mut policy = rule(margin);
                    policy["metrics"][0].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                    let policy: Policy = serde_json::from_value(policy).unwrap();
                    severity(&policy.judge(&comparison))
                })
                .collect();
            for ((was, now), more) in before.as_slice().iter().zip(&found).zip(&rules) {
                assert!(
                    was <= now,
                    "seed {seed} step {step} {more}: {was:?} {now:?} {base:?} {head:?} {margin}"
                );
            }
            before = found;
            let open: Vec<usize> = (0..cases).filter(|case| head[*case] > 0).collect();
            if open.is_empty() || step == 40 {
                break;
            }
            let case = match seed % 3 {
                0 => open[draw(&[6, step], open.len())],
                1 => *open.iter().max_by_key(|case| head[**case]).unwrap(),
                _ => open[0],
            };
            head[case] -= 1;
        }
    }
}

/// The same without a margin, in families in which the other metrics waver.
#[test]
fn one_more_lost_flag_is_not_milder_in_a_family_without_a_margin() {
    let rules = [
        json!({}),
        json!({ "undecided": "fail" }),
        json!({ "slipped": "fail" }),
        json!({ "slipped": "pass" }),
        json!({ "require": "improved" }),
        json!({ "require": "improved", "undecided": "fail" }),
    ];
    for seed in 100..116 {
        let draw =
            |parts: &[u64], of: usize| (coin(&[[seed].as_slice(), parts].concat()) * of as f64) as usize;
        let probes = [2, 5, 13][draw(&[0], 3)];
        let cases = [3, 4, 5, 6, 8, 12][draw(&[1], 6)];
        let samples = [1, 2, 4][draw(&[2], 3)];
        let rate = [0.5, 0.9, 1.0][draw(&[4], 3)];
        let trues = |probe: u64, side: u64| -> Vec<u32> {
            let flag = |case: u64, sample: u64| coin(&[seed, 5, probe, side, case, sample]) < rate;
            (0..cases as u64)
                .map(|case| (0..samples).filter(|sample| flag(case, *sample)).count() as u32)
                .collect()
        };
        let family = |side: u64| -> BTreeMap<String, Vec<u32>> {
            (0..probes).map(|probe| (format!("p.a{probe:02}"), trues(probe, side))).collect()
        };
        let base = family(0);
        let mut head = family(1);
        head.insert("p.a00".to_owned(), base["p.a00"].clone());
        let mut before = Vec::new();
        for step in 0_u64.. {
            let (comparison, _) = judged(&base, &head, samples as u32, json!({ "metrics": [plain()] }));
            let found: Vec<(GateVerdict, u32)> = rules
                .iter()
                .map(|more| {
                    let policy = json!({ "metrics": [with(&plain(), more)] });
                    severity(&serde_json::from_value::<Policy>(policy).unwrap().judge(&comparison))
                })
                .collect();
            for ((was, now), more) in before.as_slice().iter().zip(&found).zip(&rules) {
                let what = format!("seed {seed} step {step} {more} of {probes}");
                assert!(was <= now, "{what}: {was:?} {now:?} {:?} {:?}", base["p.a00"], head["p.a00"]);
            }
            before = found;
            let first = head.get_mut("p.a00").unwrap();
            let open: Vec<usize> = (0..cases).filter(|case| first[*case] > 0).collect();
            if open.is_empty() || step == 30 {
                break;
            }
            first[open[if seed % 2 == 0 { draw(&[6, step], open.len()) } else { 0 }]] -= 1;
        }
    }
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
