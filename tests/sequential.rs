//! `--until-decided`: an easy verdict costs little, a hard one more, and the record says how it came about.

use reports::record::Record;
use std::{fs, path::Path};
use support::{Finished, journal, record, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");
const GATE: &str = "cases/sequential.gate.yaml";

/// Runs two scripts until the gate is decided.
fn until_decided(base: &str, head: &str, place: [&str; 2], further: &[&str]) -> Finished {
    let (base, head) =
        (format!("base=scripted:scripts/{base}.yaml"), format!("head=scripted:scripts/{head}.yaml"));
    let mut arguments = vec!["run", "cases/sequential", "--model", &base, "--model", &head];
    arguments.extend(["--gate", GATE, "--until-decided"]);
    arguments.extend(place);
    arguments.extend(further);
    run(BINARY, &arguments)
}

fn samples(directory: &Path) -> (u32, Option<u32>, u32) {
    let record = record(directory);
    let of = |id: &str| record.header.probes.iter().find(|probe| probe.id == id).expect("the probe was run");
    let asks = of("scripted.asks");
    assert_eq!(of("scripted.greets").first_look, None, "nobody gates it");
    (asks.samples, asks.first_look, of("scripted.greets").samples)
}

fn compared(out: &Path) -> Finished {
    let [base, head] = ["base", "head"].map(|name| out.join(name).display().to_string());
    run(BINARY, &["compare", &base, &head, "--gate", GATE])
}

fn trials_of<'a>(record: &'a Record, probe: &str) -> Vec<&'a reports::record::TrialRecord> {
    record.trials.iter().filter(|trial| trial.key.probe == probe).collect()
}

#[test]
fn an_easy_verdict_needs_the_first_look_only() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let text = out.to_str().expect("a plain path");
    let finished = until_decided("asks-often", "asks-seldom", ["--out", text], &[]);
    assert_eq!(finished.code, Some(8), "{finished:?}");
    assert!(finished.stderr.contains("look 1: 1 of 1 gated metrics decided\n"), "{}", finished.stderr);
    for model in ["base", "head"] {
        assert_eq!(samples(&out.join(model)), (4, Some(4), 3));
        assert!(out.join(model).join("report.html").exists());
        let timing = fs::read_to_string(out.join(model).join("timing.json")).expect("it has a timing");
        assert!(timing.contains("mean_in_flight") && timing.contains("full_batch_share"), "{timing}");
    }
    let again = compared(&out);
    assert_eq!((again.code, &again.stdout), (Some(8), &finished.stdout), "the records say the same");
    assert!(again.stdout.contains("Robbins–Siegmund"), "{}", again.stdout);
    let [base, head] = ["base", "head"].map(|name| out.join(name).display().to_string());
    let json = run(BINARY, &["compare", &base, &head, "--gate", GATE, "--format", "json"]);
    assert!(json.stdout.contains("\"anytime\"") && json.stdout.contains("\"first\": 4"), "{}", json.stdout);
}

#[test]
fn a_hard_verdict_takes_more_and_extending_is_the_same_as_starting_with_more() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let text = out.to_str().expect("a plain path");
    let finished = until_decided("asks-often", "asks-often-too", ["--out", text], &["--budget", "40"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let (asks, first, greets) = samples(&out.join("head"));
    assert!(asks > 4 && asks <= 40, "{asks}");
    assert_eq!((first, greets), (Some(4), 3));
    let said = compared(&out).stdout;
    assert!(said.contains("equivalent") || said.contains("not worse"), "{said}");

    let fixed = place.path().join("fixed");
    let n = asks.to_string();
    let fixed_text = fixed.to_str().expect("a plain path");
    let model = "base=scripted:scripts/asks-often.yaml";
    run(BINARY, &["run", "cases/sequential", "--model", model, "--samples", &n, "--out", fixed_text]);
    let (extended, fixed) = (record(&out.join("base")), record(&fixed));
    assert_eq!(trials_of(&extended, "scripted.asks"), trials_of(&fixed, "scripted.asks"));

    // Cut off in the middle of the last batch of one model, before the other began it.
    let expected = ["base", "head"].map(|model| journal(&out.join(model)));
    let lines: Vec<&str> = expected[0].split_inclusive('\n').collect();
    let kept = lines[..lines.len() - 9].concat();
    fs::write(out.join("base/journal.jsonl"), kept).expect("it can be written");
    let resumed = until_decided("asks-often", "asks-often-too", ["--resume", text], &["--budget", "40"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(["base", "head"].map(|model| journal(&out.join(model))), expected);
}

#[test]
fn the_budget_ends_it() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let text = out.to_str().expect("a plain path");
    let finished =
        until_decided("asks-often", "asks-often-too", ["--out", text], &["--samples", "2", "--budget", "3"]);
    assert_eq!(finished.code, Some(9), "{finished:?}");
    assert!(finished.stderr.contains("the budget ends with scripted.asks/asks open"), "{}", finished.stderr);
    assert_eq!(samples(&out.join("base")), (3, Some(2), 2));
    // A larger budget goes on where it was.
    let more = until_decided(
        "asks-often",
        "asks-often-too",
        ["--resume", text],
        &["--samples", "2", "--budget", "64"],
    );
    assert_eq!(more.code, Some(0), "{more:?}");
    assert!(samples(&out.join("base")).0 > 3);
    let fixed = until_decided("asks-often", "asks-often-too", ["--resume", text], &["--samples", "3"]);
    assert_eq!(fixed.code, Some(2));
    assert!(fixed.stderr.contains("way of fixing the samples"), "{}", fixed.stderr);
}

#[test]
fn a_rule_that_its_cases_could_never_decide_is_refused_before_anything_is_run() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let gate = place.path().join("few.gate.yaml");
    fs::write(&gate, "metrics:\n  - { metric: scripted.greets/greets, better: higher, margin: 0.1 }\n")
        .expect("it can be written");
    let out = place.path().join("run");
    let [gate, text] = [&gate, &out].map(|path| path.display().to_string());
    let models = ["base=scripted:scripts/asks-often.yaml", "head=scripted:scripts/asks-seldom.yaml"];
    let mut arguments = vec!["run", "cases/sequential", "--out", &text, "--gate", &gate, "--until-decided"];
    models.iter().for_each(|model| arguments.extend(["--model", model]));
    let finished = run(BINARY, &arguments);
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert!(
        finished.stderr.contains("it takes ") && finished.stderr.contains("few.gate.yaml:2"),
        "{finished:?}"
    );
    assert!(!journal(&out.join("base")).contains("\"trial\""), "nothing was run");
}

#[test]
fn it_needs_a_gate_and_two_models() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run").display().to_string();
    let model = "base=scripted:scripts/asks-often.yaml";
    let common = ["run", "cases/sequential", "--out", &out, "--model", model];
    let said = |further: &[&str]| {
        let finished = run(BINARY, &[&common[..], further].concat());
        assert_eq!(finished.code, Some(2), "{finished:?}");
        finished.stderr
    };
    assert!(said(&["--until-decided"]).contains("needs --gate"));
    assert!(said(&["--until-decided", "--gate", GATE]).contains("name two"));
    assert!(said(&["--gate", GATE]).contains("--until-decided"));
    let head = "head=scripted:scripts/asks-less.yaml";
    let little = said(&["--until-decided", "--gate", GATE, "--model", head, "--budget", "3"]);
    assert!(little.contains("--budget 3 is less than the 4 samples"), "{little}");
}
