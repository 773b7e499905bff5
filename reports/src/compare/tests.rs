//! Whole comparisons.

use super::{fixtures::*, *};
use crate::record::{Bound, PromptRecord};
use scorers::{FailureKind, Outcome, metric::paired::TestMethod};
use serde_json::json;

fn metric<'a>(comparison: &'a Comparison, name: &str) -> &'a MetricComparison {
    &comparison.heads[0].probes[0].metrics[name]
}

fn numbers<'a>(comparison: &'a Comparison, name: &str) -> &'a Numbers {
    metric(comparison, name).numbers().unwrap_or_else(|| panic!("{name}"))
}

fn policy(value: serde_json::Value) -> Policy {
    serde_json::from_value(value).unwrap()
}

fn better_side() -> Side {
    simple("good", 1, 0.8)
}

#[test]
fn a_worse_head_is_a_regression_and_a_better_one_an_improvement() {
    let (good, bad) = (simple("good", 1, 0.8), simple("bad", 2, 0.3));
    let worse = compare(&good, std::slice::from_ref(&bad), &quick()).unwrap();
    let found = metric(&worse, "rate");
    assert_eq!(found.verdict, Verdict::Regressed, "{found:?}");
    assert_eq!(found.better.unwrap().from, DirectionSource::Expectation);
    let better = compare(&bad, &[good], &quick()).unwrap();
    assert_eq!(metric(&better, "rate").verdict, Verdict::Improved);
    let found = numbers(&better, "rate");
    assert!((found.head.value - found.base.value - found.difference.value).abs() < 1e-12);
    let (low, high) = found.difference.ends().unwrap();
    assert!(low > 0.0 && high < 1.0 && matches!(found.effect, Some(Effect::CohensH(h)) if h > 0.5));
    // What is neither gated nor the headline has numbers and no verdict.
    let mean = metric(&worse, "mean");
    assert_eq!((mean.standing, mean.verdict), (Standing::Exploration, Verdict::Exploration));
    let found = mean.numbers().unwrap();
    assert!(mean.why.is_empty() && found.beyond.is_none() && found.difference.ends().is_some());
    // Nobody said which direction of the mean is better.
    let margin = json!({ "metrics": [{ "metric": "*/mean", "margin": 0.01 }] });
    let options = CompareOptions { policy: Some(policy(margin)), ..quick() };
    let changed = compare(&better_side(), std::slice::from_ref(&bad), &options).unwrap();
    assert_eq!(metric(&changed, "mean").verdict, Verdict::Changed);
    assert_eq!(metric(&changed, "rate").standing, Standing::Headline);
    // A spec can say it without expecting anything.
    let mut header = header("good", 30, 4);
    header.probes[0].better.insert("mean".to_owned(), Better::Lower);
    let graded = trials(&header, 1, 0.8);
    let directed = compare(&side(header, graded), std::slice::from_ref(&bad), &options).unwrap();
    assert_eq!(metric(&directed, "mean").verdict, Verdict::Improved);
}

#[test]
fn a_record_against_itself_shows_nothing() {
    let side = simple("same", 1, 0.6);
    let comparison = compare(&side, std::slice::from_ref(&side), &quick()).unwrap();
    let versus = &comparison.heads[0];
    assert_eq!(versus.comparability.same_weights, Some(true));
    assert_eq!((versus.trials.common, versus.trials.only_base), (240, 0));
    for name in ["rate", "d_prime", "mean", "alpha"] {
        let found = metric(&comparison, name);
        assert!(matches!(found.verdict, Verdict::Open | Verdict::Exploration), "{found:?}");
        let test = numbers(&comparison, name).test.as_ref().unwrap();
        assert!((test.p - 1.0).abs() < 1e-12, "{name} {test:?}");
        assert_eq!(found.discordant.total, 0);
    }
}

#[test]
fn a_margin_makes_equal_models_equivalent() {
    let (one, other) = (simple("one", 1, 0.6), simple("other", 2, 0.6));
    let margin = |margin: f64| CompareOptions {
        policy: Some(policy(json!({ "metrics": [{ "metric": "*/rate", "margin": margin }] }))),
        ..quick()
    };
    let wide = compare(&one, std::slice::from_ref(&other), &margin(0.3)).unwrap();
    assert_eq!(metric(&wide, "rate").verdict, Verdict::Equivalent);
    let p = numbers(&wide, "rate").equivalence_p.unwrap();
    assert!(p < 0.05, "{p}");
    let narrow = compare(&one, std::slice::from_ref(&other), &margin(0.001)).unwrap();
    let found = metric(&narrow, "rate");
    assert_ne!(found.verdict, Verdict::Equivalent);
    assert!(numbers(&narrow, "rate").equivalence_p.unwrap() > 0.05);
    let outside = compare(&one, &[other], &margin(1.5)).unwrap_err();
    assert!(outside.to_string().contains("metrics[0].margin"), "{outside}");
}

#[test]
fn an_undecided_metric_says_what_it_would_take() {
    let (one, other) = (simple("one", 1, 0.5), simple("other", 2, 0.5));
    let comparison = compare(&one, &[other], &quick()).unwrap();
    let found = numbers(&comparison, "rate");
    assert_eq!(metric(&comparison, "rate").verdict, Verdict::Open);
    let needed = found.needed.expect("a need");
    assert!(needed.clusters > found.clusters && needed.aim == Aim::Difference, "{needed:?}");
    assert!(needed.samples.is_none_or(|samples| samples > 4), "{needed:?}");
    assert!(found.detectable.unwrap() > 0.05);
}

#[test]
fn missing_grades_are_counted_and_found_uneven() {
    let header_of = |name| header(name, 30, 4);
    let mut broken = trials(&header_of("head"), 2, 0.6);
    for (place, trial) in broken.iter_mut().enumerate() {
        match place % 5 {
            0 => trial.scores[0].outcome = Outcome::Failed { kind: FailureKind::Timeout },
            1 => trial.scores[0].outcome = Outcome::unscored("no"),
            _ => {}
        }
    }
    broken.truncate(200);
    let base = simple("base", 1, 0.6);
    let comparison = compare(&base, &[side(header_of("head"), broken)], &quick()).unwrap();
    let found = metric(&comparison, "rate");
    let Pairing { places, both, base: one, head: other, .. } = found.pairing;
    assert_eq!((places, both, one.scored, one.missing()), (240, 120, 240, 0));
    assert_eq!((other.scored, other.unscored, other.failed, other.absent), (120, 40, 40, 40));
    assert!(found.pairing.missing_differs(0.05) && !found.limitations.is_empty(), "{found:?}");
    assert!(numbers(&comparison, "rate").base_alone.is_some());
    assert_eq!(comparison.heads[0].trials.only_base, 40);
    let judged = policy(json!({ "metrics": [{ "metric": "*/rate", "margin": 0.5 }] })).judge(&comparison);
    assert_eq!(judged.verdict, GateVerdict::Regression);
    assert!(judged.reasons[0].contains("missing"), "{judged:?}");
}

#[test]
fn another_judge_measures_something_else() {
    let with = |name: &str, judge: Option<(&str, &str)>| {
        let mut header = header(name, 30, 4);
        if let Some((weights, device)) = judge {
            let mut player = header.cast.model.clone();
            player.model.weights = Some(weights.to_owned());
            player.model.reference = format!("a folder of {name}");
            player.engine.device = device.to_owned();
            header.cast.others.insert(scorers::Speaker::named("judge"), player);
        }
        let trials = trials(&header, 2, 0.6);
        side(header, trials)
    };
    let differences = |base: &Side, head: &Side| {
        let found = compare(base, std::slice::from_ref(head), &quick()).unwrap();
        let found = found.heads[0].comparability.differences.iter().filter(|found| found.refuses());
        found.map(|found| (found.name, found.base.clone(), found.head.clone())).collect::<Vec<_>>()
    };
    let judged = with("base", Some(("w", "cpu")));
    assert_eq!(differences(&judged, &with("head", Some(("w", "cpu")))), [], "wherever the same weights lie");
    let found = differences(&judged, &with("head", Some(("v", "cuda:0 X"))));
    let [(DifferenceName::Cast, base, head)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (base.as_str(), head.as_str()),
        ("judge: weights w, and 1 more", "judge: weights v, and 1 more")
    );
    let found = differences(&with("base", None), &judged);
    let [(DifferenceName::Cast, base, head)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((base.as_str(), head.as_str()), ("judge: nobody", "judge: a folder of base"));
}

#[test]
fn what_measures_something_else_is_refused_unless_allowed() {
    let base = simple("base", 1, 0.6);
    let changed = |change: fn(&mut crate::record::Header)| {
        let mut header = header("head", 30, 4);
        change(&mut header);
        let trials = trials(&header, 2, 0.6);
        side(header, trials)
    };
    let refused = |side: &Side| {
        let found = compare(&base, std::slice::from_ref(side), &quick()).unwrap();
        assert_eq!(found.heads[0].probes.is_empty(), found.heads[0].comparability.refused);
        let names = found.heads[0].comparability.differences.iter().filter(|found| found.refuses());
        names.map(|found| found.name).collect::<Vec<_>>()
    };
    for (side, expected) in [
        (changed(|header| header.cast.model.engine.device = "cuda:0 X".into()), Some(DifferenceName::Device)),
        (changed(|header| header.cast.model.engine.dtype = "bf16".into()), Some(DifferenceName::Dtype)),
        (
            changed(|header| header.cast.model.engine.version = "2".into()),
            Some(DifferenceName::EngineVersion),
        ),
        (
            changed(|header| header.cast.model.model.chat_template = Some("u".into())),
            Some(DifferenceName::ChatTemplate),
        ),
        (changed(|header| header.cast.model.model.chat_template = None), None),
        (changed(|header| header.probes[0].sampling.temperature = 0.5), Some(DifferenceName::Sampling)),
        (changed(|header| header.probes[0].cases[3].pair = None), Some(DifferenceName::Cases)),
        (
            changed(|header| {
                let say = crate::record::dialogue::Step::Say {
                    role: scorers::Role::User,
                    text: "Hi.".into(),
                    name: None,
                };
                header.probes[0].dialogues.insert(String::new(), vec![say]);
            }),
            Some(DifferenceName::Dialogue),
        ),
        (
            changed(|header| header.probes[0].source = header.probes[0].source.replace("Hello", "'Hello'")),
            None,
        ),
        (changed(|header| header.probes[0].source += "# a comment\n"), None),
        (
            changed(|header| header.probes[0].scores[0].scorer = json!({"exact": {"turn": "other"}})),
            Some(DifferenceName::Scorers),
        ),
        (changed(|header| header.probes[0].samples = 2), None),
        (changed(|header| header.seed = 9), None),
    ] {
        assert_eq!(refused(&side), expected.into_iter().collect::<Vec<_>>());
    }
    let other = changed(|header| header.cast.model.engine.device = "cuda:0 X".into());
    let options = CompareOptions { allow: vec!["device".into()], ..quick() };
    let allowed = compare(&base, std::slice::from_ref(&other), &options).unwrap();
    let difference = &allowed.heads[0].comparability.differences[0];
    assert!(difference.allowed && (difference.base.as_str(), difference.head.as_str()) == ("cpu", "cuda"));
    let comparison = compare(&base, &[other], &quick()).unwrap();
    let judged = policy(json!({ "metrics": [{ "metric": "*/rate" }] })).judge(&comparison);
    assert_eq!(judged.verdict, GateVerdict::NotComparable);
    assert!(judged.reasons[0].contains("device"), "{judged:?}");
}

#[test]
fn another_configuration_is_named_and_another_date_refuses() {
    let with = |files: &[(&str, &str)], date: &str| {
        let mut header = header("m", 30, 4);
        header.cast.model.model.files =
            files.iter().map(|(name, hash)| ((*name).to_owned(), (*hash).to_owned())).collect();
        let date = Some(date.to_owned());
        header.cast.model.model.prompt = Some(PromptRecord { template: "t".to_owned(), example: None, date });
        let trials = trials(&header, 2, 0.6);
        side(header, trials)
    };
    let found = |base: &Side, head: Side| {
        let comparison = compare(base, &[head], &quick()).unwrap();
        comparison.heads[0].comparability.clone()
    };
    let base = with(&[("config.json", "a"), ("generation_config.json", "g")], "2026-01-01");
    let same = found(&base, with(&[("config.json", "a"), ("generation_config.json", "g")], "2026-01-01"));
    assert_eq!((same.differences.len(), same.same_weights), (0, Some(true)), "{same:?}");
    let other = found(&base, with(&[("config.json", "b"), ("generation_config.json", "g")], "2026-01-01"));
    let [difference] = other.differences.as_slice() else { panic!("{other:?}") };
    assert_eq!((difference.base.as_str(), difference.head.as_str()), ("config.json a", "config.json b"));
    assert_eq!(
        (difference.name, difference.refuses(), other.same_weights),
        (DifferenceName::Configuration, false, Some(false))
    );
    // A record from before the files were looked at.
    assert_eq!(found(&base, with(&[], "2026-01-01")).differences, []);
    let dated = found(&base, with(&[("config.json", "a"), ("generation_config.json", "g")], "2026-01-02"));
    assert!(dated.refused && dated.differences[0].name == DifferenceName::Date, "{dated:?}");
}

#[test]
fn bad_input_is_named() {
    let base = simple("base", 1, 0.6);
    let error =
        |head: Side, options: &CompareOptions| compare(&base, &[head], options).unwrap_err().to_string();
    let mut apart = trials(&header("head", 30, 4), 2, 0.6);
    apart.iter_mut().for_each(|trial| trial.sample += 100);
    let none = error(side(header("head", 30, 4), apart), &quick());
    assert_eq!(none, "base and head have no trial in common (probe, case, arm and sample)");
    let allow = CompareOptions { allow: vec!["devise".into()], ..quick() };
    assert!(error(simple("head", 1, 0.5), &allow).ends_with("did you mean `device`?"));
    let unknown = policy(json!({ "metrics": [{ "metric": "grounding.request/rat" }] }));
    let options = CompareOptions { policy: Some(unknown), ..quick() };
    let found = error(simple("head", 1, 0.5), &options);
    assert!(
        found.contains("metrics[0].metric") && found.contains("did you mean `grounding.request/rate`?"),
        "{found}"
    );
    assert_eq!(compare(&base, &[], &quick()), Err(CompareError::OneRecord));
    let mut newer = header("head", 2, 2);
    newer.format += 1;
    assert!(Side::new("head", newer).unwrap_err().to_string().contains("Use a newer Grice"));
    let mut doubled = trials(&header("head", 2, 2), 2, 0.6);
    doubled.push(doubled[0].clone());
    let doubled = Side::read("head", header("head", 2, 2), doubled.into_iter().map(Ok::<_, String>));
    assert_eq!(
        doubled.unwrap_err().to_string(),
        "head: the trial grounding.request / case0-a @ a #0 stands there twice"
    );
    let mut stray = trials(&header("head", 2, 2), 2, 0.6);
    stray[0].case = "x".into();
    let stray = Side::read("head", header("head", 2, 2), stray.into_iter().map(Ok::<_, String>));
    assert_eq!(
        stray.unwrap_err().to_string(),
        "head: the record has a trial of grounding.request with the case `x`, which its header does not know"
    );
}

#[test]
fn too_little_gives_no_confident_number() {
    for (pairs, samples) in [(1, 1), (1, 8), (2, 1), (2, 8)] {
        let of = |name, seed, rate| {
            let header = header(name, pairs, samples);
            let trials = trials(&header, seed, rate);
            side(header, trials)
        };
        let comparison = compare(&of("base", 1, 0.0), &[of("head", 2, 2.0)], &quick()).unwrap();
        let probe = &comparison.heads[0].probes[0];
        assert!(!probe.limitations.is_empty());
        for (name, metric) in &probe.metrics {
            let expected = if name == "rate" { Verdict::Open } else { Verdict::Exploration };
            assert_eq!(metric.verdict, expected, "{name} over {pairs} × {samples}");
            assert!(!metric.standing.is_judged() || !metric.why.is_empty());
        }
        assert!(matches!(probe.metrics["none"].outcome, Compared::Unavailable { .. }));
    }
}

#[test]
fn one_flag_a_case_is_tested_by_mcnemar() {
    let of = |name, seed, rate| {
        let mut header = header(name, 40, 1);
        for case in &mut header.probes[0].cases {
            case.pair = None;
        }
        let trials = trials(&header, seed, rate);
        side(header, trials)
    };
    let comparison = compare(&of("base", 1, 0.5), &[of("head", 2, 0.9)], &quick()).unwrap();
    let found = numbers(&comparison, "rate").test.clone().unwrap();
    let TestMethod::McNemar { only_base, only_head } = found.method else { panic!("{found:?}") };
    let total = metric(&comparison, "rate").discordant.total;
    assert_eq!(only_base + only_head, total);
    assert!((found.p - scorers::metric::paired::mcnemar(only_base, only_head)).abs() < 1e-15);
}

#[test]
fn discordant_trials_are_those_that_differ_one_of_every_case_first() {
    let comparison = compare(&simple("base", 1, 0.1), &[simple("head", 2, 0.9)], &quick()).unwrap();
    let found = &metric(&comparison, "rate").discordant;
    assert_eq!(found.trials.len(), DISCORDANT_SHOWN);
    assert!(found.total > 50);
    let cases: std::collections::HashSet<&str> =
        found.trials.iter().map(|trial| trial.case.as_str()).collect();
    assert_eq!(cases.len(), DISCORDANT_SHOWN);
    assert!(found.trials.iter().all(|trial| trial.base != trial.head && trial.score == "flag"));
    let numbers = &metric(&comparison, "mean").discordant.trials;
    let size = |trial: &DiscordantTrial| match (&trial.base, &trial.head) {
        (GradeValue::Number(base), GradeValue::Number(head)) => (head - base).abs(),
        other => panic!("{other:?}"),
    };
    assert!(numbers.windows(2).all(|pair| size(&pair[0]) >= size(&pair[1])));
    assert!(matches!(metric(&comparison, "alpha").discordant.trials[0].base, GradeValue::Label(_)));
}

#[test]
fn several_heads_make_a_matrix_with_its_best() {
    let base = simple("v1", 1, 0.3);
    let heads = [simple("v2", 2, 0.9), simple("v3", 3, 0.6)];
    let comparison = compare(&base, &heads, &quick()).unwrap();
    let matrix = comparison.matrix.as_ref().unwrap();
    assert_eq!((matrix.versions.join(" ").as_str(), matrix.baseline), ("v1 v2 v3", 0));
    let row = matrix.rows.iter().find(|row| row.metric == "rate").unwrap();
    assert_eq!((row.cells.len(), row.best, matrix.best), (3, Some(1), 1));
    assert_eq!(row.cells[0].unwrap().verdict, None);
    assert_eq!(row.cells[1].unwrap().verdict, Some(Verdict::Improved));
    assert!(matrix.rows.iter().all(|row| row.metric != "none"));
}

#[test]
fn the_policy_names_its_own_family() {
    let rule = policy(json!({ "multiplicity": "benjamini_hochberg", "metrics": [{ "metric": "*/rate" }] }));
    let options = CompareOptions { policy: Some(rule), ..quick() };
    let comparison = compare(&simple("a", 1, 0.4), &[simple("b", 2, 0.6)], &options).unwrap();
    assert_eq!(comparison.heads[0].families, [Family { standing: Standing::Gated, tests: 1, unable: 0 }]);
    let rate = numbers(&comparison, "rate").beyond.unwrap();
    assert!((rate.p - rate.adjusted).abs() < 1e-15);
    let other = numbers(&comparison, "d_prime");
    let test = other.test.as_ref().unwrap();
    assert!((test.p - test.adjusted).abs() < 1e-15 && other.beyond.is_none(), "exploration is not adjusted");
    // Without a policy, the first metric of every probe is of the family of headlines.
    let comparison = compare(&simple("a", 1, 0.4), &[simple("b", 2, 0.6)], &quick()).unwrap();
    assert_eq!(comparison.heads[0].families, [Family { standing: Standing::Headline, tests: 1, unable: 0 }]);
}

#[test]
fn neither_threads_nor_the_order_of_trials_matter_and_a_comparison_is_read_back() {
    let (base, head) = (simple("base", 1, 0.4), header("head", 30, 4));
    let mut turned = trials(&head, 2, 0.5);
    let plain = side(head.clone(), turned.clone());
    turned.reverse();
    let turned = side(head, turned);
    let of = |head: &Side, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| compare(&base, std::slice::from_ref(head), &quick()).unwrap())
    };
    let comparison = of(&plain, 1);
    assert_eq!(of(&turned, 3), comparison);
    let text = serde_json::to_string(&comparison).unwrap();
    assert_eq!(serde_json::from_str::<Comparison>(&text).unwrap(), comparison);
}

#[test]
fn directions_come_from_what_a_spec_expects() {
    let direction = |bounds: &[(&str, Bound)]| {
        let mut header = header("base", 3, 2);
        header.probes[0].expect = bounds
            .iter()
            .map(|(metric, bound)| crate::record::Expectation {
                metric: (*metric).into(),
                bound: bound.clone(),
            })
            .collect();
        let graded = trials(&header, 1, 0.5);
        let base = side(header, graded);
        let comparison = compare(&base, std::slice::from_ref(&base), &quick()).unwrap();
        metric(&comparison, "rate").better.map(|found| found.better)
    };
    assert_eq!(direction(&[("rate", Bound::AtMost(0.5))]), Some(Better::Lower));
    assert_eq!(direction(&[("rate", Bound::GreaterThan("mean".into()))]), Some(Better::Higher));
    assert_eq!(direction(&[("mean", Bound::GreaterThan("rate".into()))]), Some(Better::Lower));
    assert_eq!(direction(&[("rate", Bound::AtMost(0.5)), ("rate", Bound::AtLeast(0.1))]), None);
    assert_eq!(direction(&[("mean", Bound::Above(0.5))]), None);
}

#[test]
fn samples_that_were_added_until_it_was_clear_get_intervals_for_that() {
    let fixed = compare(&simple("base", 1, 0.3), &[simple("head", 2, 0.6)], &quick()).unwrap();
    let grown = |name: &str, seed, rate, first_look| {
        let mut header = header(name, 30, 4);
        header.probes[0].first_look = first_look;
        let trials = trials(&header, seed, rate);
        // A run that was cut short still has the header of its first look.
        header.probes[0].samples = first_look.unwrap_or(4);
        side(header, trials)
    };
    for (first, other) in [(Some(2), Some(2)), (Some(2), None), (None, Some(2)), (Some(3), Some(2))] {
        let grown =
            compare(&grown("base", 1, 0.3, first), &[grown("head", 2, 0.6, other)], &quick()).unwrap();
        let probe = &grown.heads[0].probes[0];
        assert_eq!(probe.validity, scorers::metric::anytime::Validity::Anytime { first: 2, samples: 4 });
        assert!(probe.limitations.iter().any(|what| what.contains("2 per case at first and 4 in the end")));
        for name in ["rate", "d_prime", "mean"] {
            let (now, then) = (numbers(&grown, name), numbers(&fixed, name));
            let values = (now.difference.value, then.difference.value);
            assert!((values.0 - values.1).abs() < 1e-12, "{name}: {values:?}");
            let (ends, fixed_ends) = (now.difference.ends().unwrap(), then.difference.ends().unwrap());
            assert!(ends.0 < fixed_ends.0 && ends.1 > fixed_ends.1, "{name}: {ends:?} {fixed_ends:?}");
            let (inner, fixed_inner) = (now.inner.unwrap(), then.inner.unwrap());
            assert!(inner.0 < fixed_inner.0 && inner.1 > fixed_inner.1, "{name}");
            assert!(now.test.as_ref().unwrap().p > then.test.as_ref().unwrap().p, "{name}");
            let Span::Known { method, .. } = &now.difference.interval else { panic!("{name}") };
            assert!(method.contains("Robbins–Siegmund"), "{method}");
        }
        let text = serde_json::to_string(&grown).unwrap();
        let read: Comparison = serde_json::from_str(&text).unwrap();
        assert_eq!(read.heads[0].probes[0].validity, probe.validity);
    }
    assert!(!serde_json::to_string(&fixed).unwrap().contains("validity"));
}

#[test]
fn cases_are_found_by_id_and_samples_that_only_one_run_has_are_not_missing() {
    let base = simple("base", 1, 0.5);
    let whole = compare(&base, &[simple("head", 2, 0.5)], &quick()).unwrap();
    let mut other = header("head", 30, 4);
    let graded = trials(&other, 2, 0.5);
    other.probes[0].cases.reverse();
    let reversed = compare(&base, &[side(other, graded)], &quick()).unwrap();
    assert!(!reversed.heads[0].comparability.refused);
    assert_eq!(numbers(&reversed, "rate").difference, numbers(&whole, "rate").difference);

    let few = header("few", 30, 2);
    let few = side(few.clone(), trials(&few, 2, 0.5));
    let comparison = compare(&base, &[few], &quick()).unwrap();
    let found = metric(&comparison, "rate");
    assert_eq!((found.pairing.both, found.pairing.places, found.pairing.missing_p), (120, 120, None));
    assert_eq!(comparison.heads[0].trials.only_base, 120);
    assert!(found.numbers().unwrap().base_alone.is_some(), "the value over all samples is another");
}
