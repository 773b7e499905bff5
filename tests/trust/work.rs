//! Work without bounds: schemas, patterns and options that take for ever, and specs whose parts refer to each other.

use crate::bench::Bench;
use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};
use support::{record, root};

/// What any command takes at most here; machines that are busy with other tests are given some more.
const SOON: Duration = Duration::from_secs(20);

/// A spec with one case and these scores, each with a rate.
fn spec(scores: &[(&str, serde_json::Value)]) -> String {
    let mut text =
        "probe: trust.work\nabout: A.\ncases: [{ q: Hi }]\ndialogue: [{ user: '{{ q }}' }, { model: r }]\nscore:\n".to_owned();
    let mut metrics = "metrics:\n".to_owned();
    for (name, scorer) in scores {
        writeln!(text, "  {name}: {scorer}").expect("a text takes more");
        writeln!(metrics, "  {name}: {{ rate: {{ of: {name} }} }}").expect("a text takes more");
    }
    text + &metrics
}

#[test]
fn a_schema_that_never_ends_leaves_a_reply_unscored() {
    let mut parts = serde_json::Map::new();
    for part in 0..40 {
        let next = serde_json::json!({ "$ref": format!("#/$defs/d{}", part + 1) });
        parts.insert(format!("d{part}"), serde_json::json!({ "allOf": [next, next] }));
    }
    parts.insert("d40".to_owned(), serde_json::json!({ "type": "string" }));
    let schema = serde_json::json!({ "$defs": parts, "$ref": "#/$defs/d0" });
    let bench = Bench::new();
    bench.write(
        "spec.yaml",
        &spec(&[("n", serde_json::json!({ "json": { "turn": "r", "schema": schema } }))]),
    );
    bench.write("script.yaml", "- { reply: ['\"aaaa\"'] }\n");
    let started = Instant::now();
    let finished = bench.scripted(&["--out", "out"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let scores = bench.read("out/scores.jsonl");
    assert!(scores.contains("{\"unscored\":{\"reason\":\"the schema takes more than"), "{scores}");
    for arguments in [
        &["report", "out"][..],
        &["score", "out"],
        &["run", "spec.yaml", "--model", "scripted:script.yaml", "--resume", "out"],
    ] {
        assert_eq!(bench.run(arguments).code, Some(0));
    }
    // The same on every machine.
    assert_eq!(bench.read("out/scores.jsonl"), scores);
    assert!(started.elapsed() < SOON, "it took {:?}", started.elapsed());
}

/// The cases that were found, where the folder with them lies beside the checkout.
#[test]
#[expect(clippy::print_stderr, reason = "a test that does not run says so")]
fn the_cases_that_were_found_end() {
    let cases = root().join("../shared/cases/trust");
    if !cases.is_dir() {
        eprintln!("SKIPPED: there is no folder shared/cases/trust beside the checkout");
        return;
    }
    let bench = Bench::new();
    for (name, code) in [("fan", 0), ("chain", 0)] {
        let file = cases.join(format!("{name}.yaml"));
        let file = file.to_str().expect("a plain path");
        let started = Instant::now();
        let checked = bench.run(&["check", file]);
        assert_eq!(checked.code, Some(code), "{name}: {checked:?}");
        assert!(started.elapsed() < SOON, "checking {name} took {:?}", started.elapsed());
        let script = format!("scripted:{}", cases.join("r.yaml").display());
        let started = Instant::now();
        let finished = bench.run(&["run", file, "--model", &script, "--out", name]);
        assert_eq!(finished.code, Some(code), "{name}: {}", finished.stderr);
        assert!(started.elapsed() < 2 * SOON, "running {name} took {:?}", started.elapsed());
        assert!(record(&bench.at(name)).complete);
    }
}

#[test]
fn metrics_of_metrics_are_checked_in_one_pass() {
    let chain = |length: usize, last: &str| {
        let mut text = spec(&[("n", serde_json::json!({ "length": { "turn": "r", "unit": "words" } }))]);
        text = text.replace("{ rate: { of: n } }", "{ mean: { of: n } }");
        writeln!(text, "  m0: {{ contrast: {{ plus: {last}, minus: n }} }}").expect("a text takes more");
        for number in 1..length {
            let before = number - 1;
            writeln!(text, "  m{number}: {{ contrast: {{ plus: m{before}, minus: n }} }}")
                .expect("a text takes more");
        }
        text
    };
    let bench = Bench::new();
    bench.write("spec.yaml", &chain(2_000, "n"));
    let started = Instant::now();
    let compared = bench.run(&["check", "spec.yaml"]);
    assert_eq!(compared.code, Some(3), "{compared:?}");
    assert!(compared.stderr.contains("compares `n` with itself"), "{compared:?}");
    bench.write("spec.yaml", &chain(2_000, "m1999"));
    let circle = bench.run(&["check", "spec.yaml"]);
    assert_eq!(circle.code, Some(3));
    assert!(circle.stderr.contains("`m1` is made of `m0`, which is made of `m1`"), "{}", circle.stderr);
    assert!(started.elapsed() < SOON, "it took {:?}", started.elapsed());
}

#[test]
fn a_long_reply_does_not_hold_up_any_scorer() {
    let options: Vec<String> = (0..100_000).map(|number| format!("option {number}")).collect();
    let bench = Bench::new();
    let scores = [
        ("many", serde_json::json!({ "includes": { "turn": "r", "any_of": options } })),
        (
            "words",
            serde_json::json!({ "includes": { "turn": "r", "all_of": options[..9_000], "words": true } }),
        ),
        ("pattern", serde_json::json!({ "pattern": { "turn": "r", "regex": "(?:[ab]{0,90}c){0,90}$" } })),
        ("dots", serde_json::json!({ "pattern": { "turn": "r", "regex": "(?:a.{0,250}){3}z" } })),
    ];
    bench.write("spec.yaml", &spec(&scores));
    for text in [
        "a".repeat(130_000),
        "ab ".repeat(43_000),
        "1,".repeat(65_000),
        "option ".repeat(18_000),
        "_".repeat(130_000),
    ] {
        bench.write("script.yaml", &format!("- {{ reply: ['{text}'] }}\n"));
        let started = Instant::now();
        let finished = bench.scripted(&["--out", &format!("out{}{}", text.len(), &text[..2])]);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert!(started.elapsed() < SOON, "{} took {:?}", &text[..2], started.elapsed());
    }
}
