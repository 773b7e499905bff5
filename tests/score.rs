//! Grading a stored run by other specs: only scores, metrics and expectations may be new.

use std::{fs, path::Path};
use support::{Finished, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// A run of the shared spec, and the same spec with a change beside it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a temporary directory"));
        let model = "scripted:scripts/table.yaml";
        let finished =
            run(BINARY, &["run", "cases/table.yaml", "--model", model, "--out", &place.text("run")]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        place
    }

    fn text(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("a plain path").to_owned()
    }

    fn graded_by(&self, spec: &str) -> Finished {
        fs::write(self.text("spec.yaml"), spec).expect("it can be written");
        run(BINARY, &["score", &self.text("run"), "--specs", &self.text("spec.yaml")])
    }
}

fn spec() -> String {
    fs::read_to_string(support::root().join("tests/cases/table.yaml")).expect("the spec is there")
}

#[test]
fn what_was_asked_must_be_what_the_specs_ask() {
    let place = Place::new();
    let scores = fs::read(Path::new(&place.text("run/scores.jsonl"))).expect("it has grades");
    for (from, to, expected) in [
        (
            "are you sure?\"",
            "are you certain?\"",
            "scripted.table: the dialogue of the arm `ambiguous` had user \"Round {{ round }}: are you sure?\" where it has user \"Round {{ round }}: are you certain?\"",
        ),
        (
            "samples: 4",
            "samples: 3",
            "the dialogue of the arm `ambiguous` had the fork `reveal` of 4 where it has the fork `reveal` of 3",
        ),
        (
            "times: 3",
            "times: 2",
            "the dialogue of the arm `ambiguous` had a repeat of 3 rounds where it has a repeat of 2 rounds",
        ),
        (
            "- model: reply",
            "- model: { name: reply, max_tokens: 9 }",
            "the live turn `reply` (temperature 1, max_tokens 16) where it has the live turn `reply` (temperature 1, max_tokens 9)",
        ),
        (
            "temperature: 1.0",
            "temperature: 0.5",
            "its sampling was temperature 1, max_tokens 16 and is temperature 0.5, max_tokens 16",
        ),
        ("at nine.\"", "at ten.\"", "scripted.table: the case `taxi-clear` has changed"),
        (
            "{ pair: taxi, arm: clear",
            "{ pair: taxi, id: new, arm: clear",
            "the case `taxi-clear` was run and is gone",
        ),
    ] {
        let changed = spec().replacen(from, to, 1);
        assert_ne!(changed, spec(), "{from}");
        let finished = place.graded_by(&changed);
        assert_eq!(finished.code, Some(2), "{from}: {finished:?}");
        assert!(finished.stderr.contains(expected), "{from}: {}", finished.stderr);
    }
    assert_eq!(fs::read(Path::new(&place.text("run/scores.jsonl"))).expect("they are there"), scores);
}

#[test]
fn how_it_is_written_and_what_is_measured_may_be_new() {
    let place = Place::new();
    let changed = spec()
        .replace("dialogue:\n", "dialogue:  # another word for the same\n")
        .replace("user: Say yes or no.", "user: \"Say yes or no.\"")
        .replace("samples: 5\n", "samples: 8\n")
        .replace("about: Nothing is missing.", "about: All is there.")
        .replace("text: \"sure\"", "text: \"Hm\"");
    let finished = place.graded_by(&changed);
    assert!(matches!(finished.code, Some(0 | 4)), "{finished:?}");
    assert_eq!(finished.stderr, "");
}

#[test]
fn a_probe_that_the_specs_lack_is_named() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| place.path().join(name).to_str().expect("a plain path").to_owned();
    fs::create_dir(path("specs")).expect("it can be made");
    fs::write(path("specs/a.yaml"), spec()).expect("it can be written");
    fs::write(path("specs/b.yaml"), spec().replace("scripted.table", "scripted.other"))
        .expect("it can be written");
    let arguments = ["run", &path("specs"), "--model", "scripted:scripts/table.yaml", "--out", &path("run")];
    assert!(matches!(run(BINARY, &arguments).code, Some(0 | 4)));
    let half = run(BINARY, &["score", &path("run"), "--specs", &path("specs/a.yaml")]);
    assert!(matches!(half.code, Some(0 | 4)), "{half:?}");
    assert_eq!(half.stderr, "not in the given specs, graded as they were run: scripted.other\n");
    let none = run(BINARY, &["score", &path("run"), "--specs", "../specs/register"]);
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(none.stderr.contains("none of the probes of the run is in the given specs"), "{}", none.stderr);
}
