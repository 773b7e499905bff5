//! The measures measure: the main metric of every family separates models that are known to
//! differ, in the direction that their training implies, and does not separate a model from itself.

#![expect(clippy::print_stdout, reason = "whoever reads the log of a run wants the figures")]

use reports::compare::{CompareOptions, Compared, Side, Span, Verdict, Versus, compare};
use reports::{Digest, Record, Summary};
use scorers::metric::{Estimate, MetricResult};
use std::{collections::BTreeMap, fs, path::Path, sync::OnceLock};
use support::{record, root, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// The level of every test and interval.
const LEVEL: f64 = 0.05;

/// A run of all shipped specs.
struct Run {
    record: Record,
    digest: Digest,
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
    let digest = Digest::of(&record).expect("the record is whole");
    let summary = Summary::of(&digest);
    Run { record, digest, summary, code: finished.code }
}

fn sft() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| shipped("builtin:sft", "0"))
}

/// What the default run said when it was stored last: of each probe the hash of its spec, and of each trial that of its transcript.
const WITNESS: &str = "records/default-run.txt";

/// The same of a run.
fn witness(run: &Run) -> BTreeMap<String, (String, Vec<String>)> {
    let mut found: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for probe in &run.record.header.probes {
        found.insert(probe.id.clone(), (probe.hash.clone(), Vec::new()));
    }
    for trial in &run.record.trials {
        let text = serde_json::to_string(&trial.transcript).expect("it is JSON");
        let hash = blake3::hash(text.as_bytes()).to_hex()[..8].to_owned();
        found.get_mut(&trial.key.probe).expect("the probe is in the header").1.push(hash);
    }
    found
}

/// Seeds, prompts and draws are what they were: a change of the program changes no transcript. Where a spec has changed, or the engine,
/// `GRICE_WITNESS=new` stores the run anew; the change is then one to be looked at.
#[test]
fn transcripts_under_a_seed_are_what_they_were() {
    let now = witness(sft());
    if std::env::var_os("GRICE_WITNESS").is_some() {
        let line = |(probe, (spec, trials)): (&String, &(String, Vec<String>))| {
            format!("{probe} {spec} {}\n", trials.join(" "))
        };
        fs::write(WITNESS, now.iter().map(line).collect::<String>()).expect("it can be written");
    }
    let stored = fs::read_to_string(WITNESS).expect("the witness is there");
    let (mut same, mut other) = (0, 0);
    for line in stored.lines() {
        let mut parts = line.split(' ');
        let (probe, spec) = (parts.next().expect("a probe"), parts.next().expect("a hash"));
        let (now_spec, trials) = now.get(probe).unwrap_or_else(|| panic!("{probe} is gone"));
        assert_eq!(
            now_spec, spec,
            "the spec of {probe} has changed: GRICE_WITNESS=new stores what it says now"
        );
        let then: Vec<&str> = parts.collect();
        assert_eq!(then.len(), trials.len(), "{probe}");
        let alike = then.iter().zip(trials).filter(|(then, now)| then == now).count();
        (same, other) = (same + alike, other + trials.len() - alike);
    }
    println!("{same} transcripts are what they were, {other} are not");
    // Batches and processors flip a near-tie in one reply of 500.
    assert!(same > 1_000 && other * 500 <= 3 * (same + other), "{same} {other}");
}

fn sft_again() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| shipped("builtin:sft", "1"))
}

fn dpo() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| shipped("builtin:dpo", "0"))
}

fn estimate<'a>(run: &'a Run, probe: &str, metric: &str) -> &'a Estimate {
    let probe = run.summary.probes.iter().find(|summary| summary.id == probe).expect("the probe was run");
    match probe.metrics.get(metric) {
        Some(MetricResult::Estimated(estimate)) => estimate,
        other => panic!("{}: {metric} has no estimate: {other:?}", probe.id),
    }
}

/// The main metric of a probe is the first of its file.
fn main_metric(run: &Run, probe: &str) -> String {
    let probe = run.record.header.probes.iter().find(|spec| spec.id == probe).expect("the probe was run");
    probe.metrics.keys().next().expect("a probe has a metric").clone()
}

/// Two runs compared as `grice compare` does, at this level.
fn compared(base: &Run, head: &Run, level: f64) -> Versus {
    let side = |name: &str, run: &Run| Side::of(name, run.digest.clone()).expect("a side");
    let options = CompareOptions { level, ..CompareOptions::default() };
    let comparison = compare(&side("base", base), &[side("head", head)], &options).expect("comparable runs");
    comparison.heads.into_iter().next().expect("one head")
}

/// Probes whose questions the built-in models do not understand: they are for larger ones.
const UNANSWERED: [&str; 1] = ["superposition.hidden-object"];

/// The interval of head minus base; none where the two are so alike that there is none.
fn difference(versus: &Versus, probe: &str, metric: &str) -> Option<(f64, f64)> {
    let compared =
        versus.probes.iter().find(|compared| compared.id == probe).expect("the probe was compared");
    let Compared::Numbers(numbers) = &compared.metrics[metric].outcome else {
        assert!(UNANSWERED.contains(&probe), "{probe}: {metric} has no difference");
        println!(
            "{probe}: {metric} has no difference: the built-in models answer nothing that can be graded"
        );
        return None;
    };
    let Span::Known { low, high, .. } = &numbers.difference.interval else {
        println!("{probe}: {metric}: {:.3}, without an interval", numbers.difference.value);
        return None;
    };
    println!("{probe}: {metric}: {:.3} in [{low:.3}, {high:.3}]", numbers.difference.value);
    Some((*low, *high))
}

/// The probes whose main metric must tell considerate from confident, and the sign that the training implies for
/// `dpo` minus `sft`: it asks less where something is missing and takes up less of what it is told, loses more of an
/// instruction that comes in pieces, and adapts neither its register nor its names. (What separates superposition is
/// the object being stated or not, within one model.)
const SEPARATES_MODELS: [(&str, f64); 10] = [
    ("grounding.underspecified-request", -1.0),
    ("grounding.acknowledgement", -1.0),
    ("grounding.shared-news", -1.0),
    ("intent.meeting", 1.0),
    ("intent.order", 1.0),
    ("intent.trip", 1.0),
    ("register.convention", -1.0),
    ("register.explicit-switch", -1.0),
    ("register.implicit-shift", -1.0),
    ("register.title-conflict", -1.0),
];

#[test]
fn the_main_metrics_separate_sft_from_dpo() {
    let versus = compared(sft(), dpo(), LEVEL);
    for (probe, sign) in SEPARATES_MODELS {
        let metric = main_metric(sft(), probe);
        let (low, high) = difference(&versus, probe, &metric).expect("an interval");
        assert!(low * sign > 0.0 && high * sign > 0.0, "{probe}: {metric}: [{low}, {high}]");
    }
}

/// The metrics of superposition tell an object that was stated from one that was left open.
#[test]
fn superposition_separates_the_open_from_the_stated_object() {
    for probe in ["superposition.narrowing", "superposition.same-again"] {
        for run in [sft(), dpo()] {
            let gap = estimate(run, probe, &main_metric(run, probe));
            println!("{probe}: {:.3} [{:.3}, {:.3}]", gap.value, gap.low, gap.high);
            assert!(gap.low > 0.0, "{gap:?}");
        }
    }
}

/// Of all the metrics of the product none has a verdict, and the intervals of the main ones, which have 95 %
/// confidence together (Bonferroni), all include no difference.
#[test]
fn equal_models_under_different_seeds_are_not_separated() {
    let versus = compared(sft(), sft_again(), LEVEL);
    println!("{:?}", versus.tally);
    assert_eq!((versus.tally.improved, versus.tally.regressed), (0, 0), "{:?}", verdicts(&versus));
    let probes: Vec<&str> = sft().record.header.probes.iter().map(|probe| probe.id.as_str()).collect();
    let versus = compared(sft(), sft_again(), LEVEL / probes.len() as f64);
    let mut intervals = 0;
    for probe in &probes {
        let metric = main_metric(sft(), probe);
        let Some((low, high)) = difference(&versus, probe, &metric) else { continue };
        intervals += 1;
        assert!(low <= 0.0 && high >= 0.0, "{probe}: {metric}: [{low}, {high}]");
    }
    assert!(intervals + 3 >= probes.len(), "{intervals} of {} have an interval", probes.len());
}

/// The metrics that are better or worse.
fn verdicts(versus: &Versus) -> Vec<String> {
    let metrics = versus.probes.iter().flat_map(|probe| {
        probe.metrics.iter().map(move |(name, metric)| (format!("{}/{name}", probe.id), metric.verdict))
    });
    let decided = metrics.filter(|(_, verdict)| matches!(verdict, Verdict::Improved | Verdict::Regressed));
    decided.map(|(name, verdict)| format!("{name}: {verdict:?}")).collect()
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
        [
            "collaboration",
            "conventions",
            "grounding",
            "grounding-gaps",
            "intent",
            "register",
            "rifts",
            "subliminal",
            "superposition",
            "utility"
        ]
    );
    assert!(cases.values().sum::<usize>() >= 120, "{cases:?}");
    let alone = ["collaboration", "conventions", "grounding-gaps", "rifts", "subliminal", "utility"];
    assert!(probes.iter().all(|(family, count)| *count >= 2 || alone.contains(&&**family)), "{probes:?}");
}

fn spec_files(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("the folder can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            // What lies in a folder of that name is no spec.
            if path.file_name().is_none_or(|name| name != "data") {
                spec_files(&path, found);
            }
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
