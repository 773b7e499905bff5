//! `grice import` from the command line: recorded dialogues become cases that a replay runs.

use serde_json::Value as Json;
use std::fs;
use support::run;

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

const DIALOGUES: &str = r#"{"id": "chat 1", "turns": [{"role": "user", "text": "I lost my job."}, {"role": "helper", "text": "When?"}]}
{"id": "chat-1", "turns": [{"role": "helper", "text": "Hello {{ x }}"}, {"role": "user", "text": "Hi"}, {"role": "helper", "text": "How are you?"}]}
{"id": "c", "turns": [
"#;

#[test]
fn a_broken_line_stops_an_import_unless_it_is_to_be_left_out() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let at = |name: &str| place.path().join(name).to_str().expect("a plain path").to_owned();
    fs::write(at("dialogues.jsonl"), DIALOGUES).expect("it can be written");
    let (from, out) = (at("dialogues.jsonl"), at("cases.jsonl"));
    let arguments = ["import", "--form", "plain", &from, "--expert", "helper", "--out", &out];
    let stopped = run(BINARY, &arguments);
    assert_eq!(stopped.code, Some(2), "{stopped:?}");
    assert!(stopped.stderr.contains("dialogues.jsonl:3: it is not JSON"), "{}", stopped.stderr);
    assert!(!place.path().join("cases.jsonl").exists());

    let imported = run(BINARY, &[&arguments[..], &["--skip-broken"]].concat());
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert!(imported.stderr.contains("2 cases of 2 dialogues"), "{}", imported.stderr);
    assert!(imported.stderr.contains("left out: 1 broken dialogue or row"), "{}", imported.stderr);
    let cases = fs::read_to_string(&out).expect("it is written");
    let mut ids: Vec<String> = cases
        .lines()
        .map(|line| {
            serde_json::from_str::<Json>(line).expect("it is JSON")["id"].as_str().expect("an id").to_owned()
        })
        .collect();
    ids.sort();
    assert_eq!(ids, ["chat-1", "chat-1.2"], "two names that become one are told apart");

    // What comes of it runs, and what people said is no template.
    let spec = "probe: x.replay
about: A replay.
cases: { file: cases.jsonl }
dialogue: [{ replay: { over: dialogue, of: expert, model: reply, reference: gold } }]
score: { words: { length: { turn: gold, unit: words } } }
metrics: { words: { mean: { of: words } } }
";
    fs::write(at("spec.yaml"), spec).expect("it can be written");
    let ran = run(
        BINARY,
        &["run", &at("spec.yaml"), "--model", "scripted:scripts/never.yaml", "--out", &at("run")],
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let journal = fs::read_to_string(place.path().join("run/journal.jsonl")).expect("it is written");
    assert!(journal.contains("Hello {{ x }}"), "{journal}");

    let again = run(BINARY, &[&arguments[..], &["--skip-broken"]].concat());
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.stderr.contains("exists"), "{}", again.stderr);
}
