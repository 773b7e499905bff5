//! The measures measure: the main metric of every family separates models that are known to
//! differ, in the direction that their training implies, and does not separate a model from itself.

#![expect(clippy::print_stdout, reason = "whoever reads the log of a run wants the figures")]

use reports::{Record, Summary};
use scorers::metric::{Estimate, MetricResult};
use std::{collections::BTreeMap, fs, path::Path, sync::OnceLock};
use support::{record, root, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// A run of all shipped specs.
struct Run {
    record: Record,
    summary: Summary,
    code: Option<i32>,
}

fn shipped(model: &str, seed: &str) -> Run {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let out_text = out.to_str().expect("a plain path");
    let finished = run(BINARY, &["run", "../specs", "--model", model, "--seed", seed, "--out", out_text]);
    assert!(matches!(finished.code, Some(0 | 4)), "{finished:?}");
    println!("{}", finished.stdout);
    let record = record(&out);
    let graded = reports::grade(&record).expect("the record is whole");
    let summary = Summary::of(&record, &graded);
    Run { record, summary, code: finished.code }
}

fn sft() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| shipped("builtin:sft", "1"))
}

fn sft_again() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| shipped("builtin:sft", "2"))
}

fn dpo() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| shipped("builtin:dpo", "1"))
}

fn estimate<'a>(run: &'a Run, probe: &str, metric: &str) -> &'a Estimate {
    let probe = run.summary.probes.iter().find(|summary| summary.id == probe).expect("the probe was run");
    match probe.metrics.get(metric) {
        Some(MetricResult::Estimated(estimate)) => estimate,
        other => panic!("{}: {metric} has no estimate: {other:?}", probe.id),
    }
}

/// The 95 % interval of the difference of two estimates from their own intervals (MOVER; Zou and
/// Donner 2008, doi:10.1002/sim.3095, equation 3). Taking them as independent makes it wider than a
/// paired interval would be, so a separation that it finds is there.
fn difference(a: &Estimate, b: &Estimate) -> (f64, f64) {
    let d = a.value - b.value;
    let low = d - ((a.value - a.low).powi(2) + (b.high - b.value).powi(2)).sqrt();
    let high = d + ((a.high - a.value).powi(2) + (b.value - b.low).powi(2)).sqrt();
    (low, high)
}

/// Main metric of each family that tells considerate from confident, and the sign that the training
/// implies for `sft` minus `dpo`.
const SEPARATES_MODELS: [(&str, &str, f64); 3] = MAIN_METRICS;

#[test]
fn the_main_metrics_separate_sft_from_dpo() {
    for (probe, metric, sign) in SEPARATES_MODELS {
        let (low, high) = difference(estimate(sft(), probe, metric), estimate(dpo(), probe, metric));
        println!("{probe}: {metric}: sft - dpo in [{low:.3}, {high:.3}]");
        assert!(low * sign > 0.0 && high * sign > 0.0, "{probe}: {metric}: [{low}, {high}]");
    }
}

/// The metric of superposition that tells an object that was stated from one that was left open.
#[test]
fn superposition_separates_the_open_from_the_stated_object() {
    for run in [sft(), dpo()] {
        let gap = estimate(run, SUPERPOSITION.0, SUPERPOSITION.1);
        println!("{}: {:.3} [{:.3}, {:.3}]", SUPERPOSITION.1, gap.value, gap.low, gap.high);
        assert!(gap.low > 0.0, "{gap:?}");
    }
}

#[test]
fn equal_models_under_different_seeds_are_not_separated() {
    let main = SEPARATES_MODELS.iter().map(|(probe, metric, _)| (*probe, *metric)).chain([SUPERPOSITION]);
    for (probe, metric) in main {
        let (low, high) = difference(estimate(sft(), probe, metric), estimate(sft_again(), probe, metric));
        println!("{probe}: {metric}: sft - sft in [{low:.3}, {high:.3}]");
        assert!(low <= 0.0 && high >= 0.0, "{probe}: {metric}: [{low}, {high}]");
    }
}

#[test]
fn the_shipped_expectations_hold_for_sft_and_not_for_dpo() {
    assert_eq!(sft().code, Some(0), "{:?}", sft().summary.expectations());
    assert_eq!(dpo().code, Some(4), "{:?}", dpo().summary.expectations());
}

#[test]
fn the_shipped_specs_are_as_many_as_promised() {
    let mut cases: BTreeMap<&str, usize> = BTreeMap::new();
    let mut probes: BTreeMap<&str, usize> = BTreeMap::new();
    for probe in &sft().record.header.probes {
        let family = probe.id.split('.').next().expect("a family");
        *cases.entry(family).or_default() += probe.cases.len();
        *probes.entry(family).or_default() += 1;
        assert!(!probe.cites.is_empty() && probe.construct.is_some(), "{} says what it measures", probe.id);
    }
    println!("{cases:?}");
    assert_eq!(
        cases.keys().copied().collect::<Vec<_>>(),
        ["grounding", "intent", "register", "superposition"]
    );
    assert!(cases.values().sum::<usize>() >= 120, "{cases:?}");
    assert!(probes.values().all(|count| *count >= 2), "{probes:?}");
}

fn spec_files(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("the folder can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            spec_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(fs::read_to_string(&path).expect("a spec is text"));
        }
    }
}

#[test]
fn every_shipped_spec_names_the_schema() {
    let mut specs = Vec::new();
    spec_files(&root().join("specs"), &mut specs);
    assert!(specs.len() >= 8);
    for spec in specs {
        assert!(spec.starts_with("# yaml-language-server: $schema=../schema.json\n"), "{}", &spec[..60]);
    }
}

const MAIN_METRICS: [(&str, &str, f64); 3] = [
    ("grounding.underspecified-request", "asks_when_incomplete", 1.0),
    ("intent.order", "loss_in_conversation", -1.0),
    ("register.explicit-switch", "adaptation", 1.0),
];
const SUPERPOSITION: (&str, &str) = ("superposition.narrowing", "undecided");
