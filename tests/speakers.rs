//! Speakers beside the model under test, from a spec to its reports: a simulated user and a judge, by scripts and by models.

use serde_json::Value as Json;
use std::{fs, path::Path};
use support::{Finished, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn text(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("a plain path").to_owned()
    }

    /// A run of the shared spec with further arguments.
    fn run(&self, out: &str, further: &[&str]) -> Finished {
        let out = self.text(out);
        let mut arguments =
            vec!["run", "speakers/guest.yaml", "--model", "m=scripted:scripts/waiter.yaml", "--out", &out];
        arguments.extend(further);
        run(BINARY, &arguments)
    }

    fn report(&self, out: &str) -> Json {
        let text = fs::read_to_string(self.0.path().join(out).join("report.json")).expect("it is written");
        serde_json::from_str(&text).expect("it is JSON")
    }

    fn journal(&self, out: &str) -> String {
        fs::read_to_string(self.0.path().join(out).join("journal.jsonl")).expect("it is written")
    }
}

/// The turns of the first trial: who speaks, and what.
fn first_trial(journal: &str) -> Vec<(String, String)> {
    let trial: Json = serde_json::from_str(journal.lines().nth(1).expect("a trial")).expect("it is JSON");
    let turns = trial["trial"]["transcript"]["turns"].as_array().expect("turns").clone();
    let said = |turn: &Json| {
        let body = turn["body"].as_object().and_then(|body| body.values().next()).expect("a body");
        let speaker = turn["speaker"]
            .as_str()
            .map_or_else(|| if turn["name"].is_null() { "spec" } else { "model" }.to_owned(), str::to_owned);
        (speaker, body["text"].as_str().unwrap_or("failed").to_owned())
    };
    turns.iter().map(said).collect()
}

#[test]
fn a_guest_and_a_judge_are_played_by_the_scripts_of_the_spec() {
    let place = Place::new();
    let finished = place.run("run", &[]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let expected = [
        ("spec", "You take bookings."),
        ("guest", "A table, please."),
        ("model", "For how many people?"),
        ("guest", "For two."),
        ("model", "At what time?"),
        ("guest", "At seven."),
        ("model", "Booked."),
        ("judge", "yes"),
        ("spec", "Thank you."),
        ("model", "Gladly."),
    ];
    // Which of its options the judge takes is drawn.
    let found: Vec<(String, String)> = first_trial(&place.journal("run"));
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(who, said)| (who.as_str(), if who == "judge" { "yes" } else { said.as_str() }))
        .collect();
    assert_eq!(found, expected);
    assert!(
        place.journal("run").contains("\"weights\":[0.75,0.25]"),
        "the record keeps how probable the options were"
    );
    assert!(finished.stdout.contains("guest: script on scripted"), "{}", finished.stdout);
    let report = place.report("run");
    assert_eq!(report["cast"]["guest"]["engine"]["name"], "scripted", "{}", report["cast"]);
}

#[test]
fn a_model_that_is_named_like_a_speaker_plays_it() {
    let place = Place::new();
    fs::write(place.text("strict.yaml"), "- { reply: ['no'] }\n").expect("it can be written");
    let judge = format!("judge=scripted:{}", place.text("strict.yaml"));
    let finished = place.run("run", &["--model", &judge]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("which plays `judge`"), "{}", finished.stderr);
    assert!(place.journal("run").contains("\"weights\":[0.0,1.0]"), "the script of the spec is not asked");

    // Another judge is another question: the two cannot be compared, unless somebody says so.
    assert_eq!(place.run("other", &[]).code, Some(0));
    let (run, other) = (place.text("run"), place.text("other"));
    let compared = support::run(BINARY, &["compare", &run, &other]);
    assert_ne!(compared.code, Some(0), "{compared:?}");
    assert!(compared.stderr.contains("cast") || compared.stdout.contains("cast"), "{compared:?}");

    let twice = place.run("twice", &["--model", &judge, "--model", &judge]);
    assert_eq!(twice.code, Some(2), "{twice:?}");
    assert!(twice.stderr.contains("two models are to play `judge`"), "{}", twice.stderr);
}

#[test]
fn a_run_that_was_cut_off_goes_on_with_the_same_players_only() {
    let place = Place::new();
    assert_eq!(place.run("whole", &[]).code, Some(0));
    assert_eq!(
        place.run("run", &["--limit-generations", "12"]).code,
        place.run("again", &["--limit-generations", "12"]).code
    );
    fs::write(place.text("strict.yaml"), "- { reply: ['no'] }\n").expect("it can be written");
    let judge = format!("judge=scripted:{}", place.text("strict.yaml"));
    let resume = |further: &[&str]| {
        let run = place.text("run");
        let mut arguments =
            vec!["run", "speakers/guest.yaml", "--model", "m=scripted:scripts/waiter.yaml", "--resume", &run];
        arguments.extend(further);
        support::run(BINARY, &arguments)
    };
    let refused = resume(&["--model", &judge]);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert_eq!(resume(&[]).code, Some(0));
    assert_eq!(place.journal("run"), place.journal("whole"));
}

#[test]
fn a_speaker_whom_nobody_plays_is_refused_with_the_option_that_is_missing() {
    let place = Place::new();
    let text =
        fs::read_to_string(support::root().join("tests/speakers/guest.yaml")).expect("the spec is there");
    let unplayed = text
        .replace("    script: data/guest.yaml\n", "")
        .replace("    script: data/judge.yaml\n", "    sampling: { temperature: 0 }\n");
    fs::write(place.text("spec.yaml"), unplayed).expect("it can be written");
    let spec = place.text("spec.yaml");
    let refused =
        run(BINARY, &["run", &spec, "--model", "scripted:scripts/waiter.yaml", "--out", &place.text("run")]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused.stderr.contains("--model guest=REF") && refused.stderr.contains("`wish`"),
        "{}",
        refused.stderr
    );
    assert!(!Path::new(&place.text("run/journal.jsonl")).exists());

    // What is wrong with a script is said before anything runs, with its file and place.
    fs::create_dir(place.text("data")).expect("it can be made");
    fs::write(place.text("data/guest.yaml"), "- { reply: [a] }\n- { whne: b, reply: [c] }\n")
        .expect("it can be written");
    fs::write(place.text("data/judge.yaml"), "- { reply: ['no'] }\n").expect("it can be written");
    fs::write(&spec, text).expect("it can be written");
    let checked = run(BINARY, &["check", &spec]);
    assert_eq!(checked.code, Some(3), "{checked:?}");
    assert!(
        checked.stderr.contains("data/guest.yaml") && checked.stderr.contains("line 2"),
        "{}",
        checked.stderr
    );
}

#[test]
fn another_goal_of_a_speaker_is_another_dialogue() {
    let place = Place::new();
    assert_eq!(place.run("run", &[]).code, Some(0));
    let text =
        fs::read_to_string(support::root().join("tests/speakers/guest.yaml")).expect("the spec is there");
    fs::create_dir(place.text("data")).expect("it can be made");
    for script in ["guest.yaml", "judge.yaml"] {
        let from = support::root().join("tests/speakers/data").join(script);
        fs::copy(from, place.text(&format!("data/{script}"))).expect("it can be copied");
    }
    let spec = place.text("spec.yaml");
    let graded = |text: &str| {
        fs::write(&spec, text).expect("it can be written");
        run(BINARY, &["score", &place.text("run"), "--specs", &spec])
    };
    let commented = text.replace("speakers:\n", "speakers: # who else speaks\n");
    assert_eq!(graded(&commented).code, Some(0));
    let other = graded(&text.replace("Say only what you are asked for.", "Say everything at once."));
    assert_ne!(other.code, Some(0), "{other:?}");
    assert!(other.stderr.contains("the live turn `wish`"), "{}", other.stderr);
}

#[test]
fn a_guest_who_answers_in_a_fixed_form_says_one_field_of_it() {
    let place = Place::new();
    let out = place.text("run");
    let arguments =
        ["run", "speakers/contract.yaml", "--model", "m=scripted:scripts/waiter.yaml", "--out", &out];
    let finished = run(BINARY, &arguments);
    // One of the two guests breaks its contract, and that trial is broken and nothing else.
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("broken contract: 1"), "{}", finished.stdout);
    let journal = place.journal("run");
    let said: Vec<(String, String)> = first_trial(&journal);
    let said: Vec<(&str, &str)> = said.iter().map(|(who, text)| (who.as_str(), text.as_str())).collect();
    let expected = [
        ("spec", "You take bookings."),
        ("guest", "A table, please."),
        ("model", "For how many people?"),
        ("guest", "For two."),
        ("model", "At what time?"),
        ("spec", "Thank you."),
        ("model", "Gladly."),
    ];
    assert_eq!(said, expected, "`done` ends the repeat");
    assert!(journal.contains("They ask for how many."), "the whole reply is kept");
    let broken: Vec<(String, String)> =
        first_trial(&journal.lines().take(1).chain(journal.lines().skip(2)).collect::<Vec<_>>().join("\n"));
    assert_eq!(broken.last(), Some(&("guest".to_owned(), "failed".to_owned())));
    assert!(journal.contains("\"contract\"") && journal.contains("before its JSON had ended"), "{journal}");
    let report = place.report("run");
    assert_eq!(report["summary"]["total"]["failures"]["contract"], 1, "{}", report["summary"]);
}

#[test]
fn what_a_guest_said_to_one_version_is_said_again_to_the_next() {
    let place = Place::new();
    assert_eq!(place.run("base", &[]).code, Some(0));
    // The head never books, so its own guest would go on for five rounds.
    fs::write(
        place.text("head.yaml"),
        "- { when: Thank, reply: [Gladly.] }\n- { reply: ['At what time?'] }\n",
    )
    .expect("it can be written");
    let (model, out, base) =
        (format!("m=scripted:{}", place.text("head.yaml")), place.text("head"), place.text("base"));
    let arguments = ["run", "speakers/guest.yaml", "--model", &model, "--out", &out, "--user-turns", &base];
    let finished = run(BINARY, &arguments);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("`guest` says again what it said"), "{}", finished.stderr);
    let guests = |journal: &str| -> Vec<String> {
        first_trial(journal).into_iter().filter(|(who, _)| who == "guest").map(|(_, said)| said).collect()
    };
    let said = guests(&place.journal("head"));
    assert_eq!(said, guests(&place.journal("base")));
    assert_eq!(said.len(), 3, "when the guest has nothing more to say, the rounds are over");
    let last = first_trial(&place.journal("head")).pop();
    assert_eq!(last, Some(("model".to_owned(), "Gladly.".to_owned())), "the dialogue goes on after them");
    assert!(place.journal("head").contains("\"replays\":\""), "the record says whose turns they are");
    assert!(finished.stdout.contains("as recorded"), "{}", finished.stdout);

    // The same guest for both, so they can be compared.
    let compared = run(BINARY, &["compare", &base, &out]);
    assert!(!compared.stdout.contains("cast") && !compared.stderr.contains("cast"), "{compared:?}");
    assert_eq!(compared.code, Some(0), "{compared:?}");

    let other = place.text("other");
    let arguments = ["run", "speakers/guest.yaml", "--model", &model, "--out", &other, "--user-turns", &base];
    let both = [&arguments[..], &["--model", "guest=scripted:scripts/waiter.yaml"]].concat();
    let refused = run(BINARY, &both);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("both say who plays `guest`"), "{}", refused.stderr);

    // A record in which nobody else speaks has nothing that could be said again.
    let lone = place.text("lone");
    assert!(run(BINARY, &["run", "cases/table.yaml", "--model", &model, "--out", &lone]).code.is_some());
    let arguments = ["run", "speakers/guest.yaml", "--model", &model, "--out", &other, "--user-turns", &lone];
    let refused = run(BINARY, &arguments);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("no speaker but the model"), "{}", refused.stderr);
}
