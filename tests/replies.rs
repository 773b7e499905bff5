//! How replies are read: every file of `replies` is a test. A file lists scorers, and for each of them replies with the
//! grade that a reader would give; `unscored` stands for none.

#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

use scorers::{Outcome, Turn, Value, View, scorer::ScorerConfig};
use serde_json::Value as Json;
use std::{fs, path::Path};
use support::run;

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

fn yaml(path: &Path) -> Json {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn list<'a>(value: &'a Json, key: &str) -> &'a [Json] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The grade of one reply as a file writes it.
fn grade(scorer: &Json, reply: &str) -> Json {
    let built = ScorerConfig::from_value(scorer).and_then(|config| config.build());
    let scorer = built.unwrap_or_else(|error| panic!("{scorer}: {error}"));
    let turns = [Turn::generated("reply", reply)];
    let view = View::linear(&turns, 0).expect("a turn");
    match scorer.score(&view, reply) {
        Outcome::Scored { value: Value::Flag(flag), .. } => flag.into(),
        Outcome::Scored { value: Value::Number(number), .. } => number.into(),
        Outcome::Scored { value: Value::Label(label), .. } => label.into(),
        Outcome::Unscored { .. } | Outcome::Failed { .. } => "unscored".into(),
    }
}

fn same(given: &Json, wanted: &Json) -> bool {
    let flag = |value: &Json| match value.as_str() {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        _ => value.as_bool(),
    };
    match (given.as_f64(), wanted.as_f64()) {
        (Some(given), Some(wanted)) => (given - wanted).abs() < 1e-9,
        _ => given == wanted || flag(given).is_some_and(|given| Some(given) == flag(wanted)),
    }
}

#[test]
fn every_reply_of_the_files_is_read_as_a_person_reads_it() {
    let folder = support::root().join("tests/replies");
    let (mut read, mut wrong) = (0, Vec::new());
    for file in fs::read_dir(folder).expect("the folder is there") {
        let path = file.expect("a file").path();
        for group in yaml(&path).as_array().expect("a list of scorers") {
            for example in list(group, "replies") {
                read += 1;
                let reply = example["say"].as_str().expect("a text");
                let given = grade(&group["score"], reply);
                if !same(&given, &example["grade"]) {
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    wrong.push(format!("{name}: {reply:?} is {given}, not {}", example["grade"]));
                }
            }
        }
    }
    assert!(read > 50, "the files were read");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What users of other tools reported, where the collection lies beside the checkout.
#[test]
fn what_others_reported_is_read_right() {
    let folder = support::root().join("../shared/cases/reported");
    let names = [
        "01-vulgar-fractions",
        "03-letter-or-article",
        "04-wrapped-answers",
        "05-thinking-in-the-reply",
        "09-scripts-without-spaces",
        "11-number-in-punctuation",
        "22-yes-and-no-in-sentences",
    ];
    if !folder.exists() {
        println!("SKIPPED: there is no {}", folder.display());
        return;
    }
    let mut wrong = Vec::new();
    for name in names {
        let spec = yaml(&folder.join(name).join("spec.yaml"));
        let script = yaml(&folder.join(name).join("script.yaml"));
        let scores = spec["score"].as_object().expect("scores");
        for (case, rule) in list(&spec, "cases").iter().zip(script.as_array().expect("rules")) {
            let reply = rule["reply"][0].as_str().expect("a reply");
            for (score, scorer) in scores {
                let plain = (scores.len() == 1 || score == "s").then(|| case.get("want")).flatten();
                let Some(wanted) = case.get(format!("want_{score}")).or(plain) else { continue };
                let given = grade(scorer, reply);
                let right = match wanted.as_array() {
                    Some(alternatives) => alternatives.iter().any(|wanted| same(&given, wanted)),
                    None => same(&given, wanted),
                };
                if !right {
                    wrong.push(format!("{name}, {score}: {reply:?} is {given}, not {wanted}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn reasoning_stays_in_the_transcript_and_out_of_what_is_quoted() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| place.path().join(name).to_str().expect("a plain path").to_owned();
    fs::write(
        path("spec.yaml"),
        r#"probe: replies.quoted
about: What does a later turn quote of a reply with reasoning?
cases: [{ wanted: heron }]
dialogue:
  - user: Which bird?
  - model: reply
  - user: "You said: {{ turns.reply }}"
  - model: again
score:
  bird: { exact: { turn: reply, text: "A {{ wanted }}." } }
  thought: { includes: { turn: reply, text: stork, reads: reasoning } }
  again: { yes_no: { turn: again } }
metrics:
  bird: { rate: { of: bird } }
  thought: { rate: { of: thought } }
  again: { entropy: { of: again } }
expect:
  - { metric: bird, at_least: 1 }
  - { metric: thought, at_least: 1 }
"#,
    )
    .expect("it can be written");
    let script = "- { when: \"^Which\", reply: [\"<think>\\nA stork?\\n</think>\\n\\nA heron.\"] }\n- { when: \"^You said: A heron\\\\.$\", reply: [\"Yes.\"] }\n";
    fs::write(path("script.yaml"), script).expect("it can be written");
    let model = format!("scripted:{}", path("script.yaml"));
    let finished = run(BINARY, &["run", &path("spec.yaml"), "--model", &model, "--out", &path("run")]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let record = support::record(Path::new(&path("run")));
    let turns = &record.trials[0].transcript.turns;
    assert_eq!(turns[1].text(), Some("<think>\nA stork?\n</think>\n\nA heron."));
    assert_eq!(turns[2].text(), Some("You said: A heron."));
    assert_eq!(turns[3].text(), Some("Yes."));
}
