//! What other people's CI runs is run here: the shell steps of `action.yml` and the GitLab job of `docs/ci.md`, taken
//! from those files, on the scripted engine.

#![cfg(unix)]

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};
use support::{Finished, root};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// A checkout of somebody who uses Grice, with a fake `gh` that notes down how it was called.
struct Checkout {
    folder: TempDir,
}

impl Checkout {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let here = folder.path();
        for (from, to) in [
            ("cases/table.yaml", "table.yaml"),
            ("scripts/table.yaml", "good.yaml"),
            ("scripts/failing.yaml", "failing.yaml"),
        ] {
            fs::copy(root().join("tests").join(from), here.join(to)).expect("it can be copied");
        }
        let gate = "missing: { at_most: 0.4 }\nmetrics:\n  - { metric: \"scripted.table/*\", better: higher, margin: 0.9, undecided: pass }\n";
        fs::write(here.join("gate.yaml"), gate).expect("it can be written");
        fs::create_dir(here.join("bin")).expect("it can be made");
        let gh = here.join("bin/gh");
        fs::write(&gh, "#!/bin/sh\necho \"$@\" >> gh.log\ntest ! -e gh-fails\n").expect("it can be written");
        fs::set_permissions(&gh, fs::Permissions::from_mode(0o755)).expect("it can be set");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Runs a script as GitHub does.
    fn bash(&self, script: &str, variables: &BTreeMap<String, String>) -> Finished {
        let path = std::env::var("PATH").unwrap_or_default();
        Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .current_dir(self.folder.path())
            .envs(variables)
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("GITHUB_OUTPUT", self.path("output.txt"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary.md"))
            .env("NO_COLOR", "1")
            .output()
            .expect("bash starts")
            .into()
    }

    /// Runs the steps of `action.yml` until one fails; its name and code, and what it said.
    fn action(&self, inputs: &[(&str, &str)]) -> (String, Option<i32>, String) {
        let text = fs::read_to_string(root().join("action.yml")).expect("the action is there");
        let action: Value = serde_yaml::from_str(&text).expect("the action is YAML");
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for (name, input) in action["inputs"].as_object().expect("inputs") {
            known.insert(format!("inputs.{name}"), input["default"].as_str().unwrap_or_default().to_owned());
        }
        known.insert("inputs.runner".into(), BINARY.into());
        known.insert("inputs.specs".into(), "table.yaml".into());
        known.insert("github.token".into(), "none".into());
        known.insert("github.event.pull_request.number".into(), "7".into());
        for (name, value) in inputs {
            let known = known.insert(format!("inputs.{name}"), (*value).to_owned());
            assert!(known.is_some(), "the action has an input `{name}`");
        }
        let mut said = String::new();
        for step in action["runs"]["steps"].as_array().expect("steps") {
            let name = step["name"].as_str().expect("a name").to_owned();
            if name == "Run the base version" && !known["inputs.baseline"].is_empty() {
                assert_eq!(step["if"], "inputs.baseline == ''");
                continue;
            }
            for line in self.read("output.txt").lines() {
                let (key, value) = line.split_once('=').expect("key=value");
                known.insert(format!("steps.compare.outputs.{key}"), value.to_owned());
            }
            let mut variables = BTreeMap::new();
            for (key, value) in step["env"].as_object().expect("variables") {
                let expression = value.as_str().expect("a text");
                let inner = expression.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}"));
                let inner = inner.unwrap_or_else(|| panic!("{expression} is one expression"));
                variables.insert(key.clone(), known.get(inner).unwrap_or_else(|| panic!("{inner}")).clone());
            }
            let finished = self.bash(step["run"].as_str().expect("a script"), &variables);
            said += &finished.stdout;
            said += &finished.stderr;
            if finished.code != Some(0) {
                return (name, finished.code, said);
            }
        }
        (String::new(), Some(0), said)
    }
}

#[test]
fn the_action_passes_what_is_as_good() {
    let checkout = Checkout::new();
    let (step, code, said) =
        checkout.action(&[("base", "scripted:good.yaml"), ("head", "scripted:good.yaml")]);
    assert_eq!((step.as_str(), code), ("", Some(0)), "{said}");
    assert_eq!(checkout.read("output.txt"), "code=0\nverdict=pass\n");
    let report = checkout.read("grice/compare.md");
    assert!(report.contains("Gate: pass") && checkout.read("summary.md") == report);
    assert!(checkout.read("grice/compare.xml").contains("<testsuite"));
    assert!(checkout.read("grice/compare.html").starts_with("<!doctype html>"));
    assert_eq!(checkout.read("grice/comment.md"), report);
    assert_eq!(
        checkout.read("gh.log"),
        "pr comment 7 --body-file grice/comment.md --edit-last --create-if-none\n"
    );
}

#[test]
fn the_action_ends_with_the_verdict_of_the_gate() {
    let checkout = Checkout::new();
    let (step, code, said) =
        checkout.action(&[("base", "scripted:good.yaml"), ("head", "scripted:failing.yaml")]);
    assert_eq!((step.as_str(), code), ("Verdict", Some(8)), "{said}");
    assert!(checkout.read("output.txt").contains("verdict=regression"));
    assert!(checkout.read("gh.log").contains("pr comment"), "it is said in the pull request all the same");
}

#[test]
fn the_action_takes_a_baseline() {
    let checkout = Checkout::new();
    let none = BTreeMap::new();
    let saved = checkout.bash(
        &format!(
            "{BINARY} table.yaml --model base=scripted:good.yaml --seed 3 --out runs/x && {BINARY} baseline save v1 runs/x"
        ),
        &none,
    );
    assert_eq!(saved.code, Some(0), "{saved:?}");
    for baseline in ["v1", "baselines/v1.jsonl", "runs/x"] {
        let _ = fs::remove_dir_all(checkout.path("grice"));
        let (step, code, said) = checkout.action(&[("baseline", baseline), ("head", "scripted:good.yaml")]);
        assert_eq!((step.as_str(), code), ("", Some(0)), "{said}");
        assert!(!checkout.path("grice/base").exists(), "the base is not run again");
    }
}

#[test]
fn the_action_hides_no_error() {
    let checkout = Checkout::new();
    let run = |inputs: &[(&str, &str)]| {
        for name in ["grice", "output.txt"] {
            let path = checkout.path(name);
            let _ = fs::remove_dir_all(&path);
            let _ = fs::remove_file(&path);
        }
        let (step, code, said) = checkout.action(inputs);
        (step, code.expect("a code"), said)
    };
    let (good, bad) = (("base", "scripted:good.yaml"), ("head", "scripted:good.yaml"));
    let (step, code, said) = run(&[bad]);
    assert_eq!((step.as_str(), code), ("Run the base version", 2), "{said}");
    let (step, code, said) = run(&[good, bad, ("specs", "good.yaml")]);
    assert_eq!((step.as_str(), code), ("Run the base version", 3), "{said}");
    let (step, code, said) = run(&[good, ("head", "scripted:missing.yaml")]);
    assert_eq!((step.as_str(), code), ("Run the head version", 5), "{said}");
    let (step, code, said) = run(&[good, bad, ("gate", "missing.yaml")]);
    assert_eq!((step.as_str(), code), ("Compare and gate", 3), "{said}");
    let (step, code, said) = run(&[("baseline", "v1"), bad]);
    assert_eq!((step.as_str(), code), ("Compare and gate", 7), "{said}");
    // A token that may not comment is no reason to fail.
    fs::write(checkout.path("gh-fails"), "").expect("it can be written");
    let (step, code, said) = run(&[good, bad]);
    assert_eq!((step.as_str(), code), ("", 0), "{said}");
    assert!(said.contains("::warning::"), "{said}");
}

/// The fenced block of a page that begins with this line.
fn block(page: &Path, first: &str) -> String {
    let text = fs::read_to_string(page).expect("the page is there");
    let mut found = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    found.find(|block| block.starts_with(first)).expect("the page has the block").to_owned()
}

#[test]
fn the_gitlab_job_of_the_docs_runs() {
    let job: Value =
        serde_yaml::from_str(&block(&root().join("docs/ci.md"), "compare:\n")).expect("the job is YAML");
    let job = &job["compare"];
    let lines = job["script"].as_array().expect("a script").iter().map(|line| line.as_str().expect("a line"));
    // GitLab runs the lines of a job one after another in one shell and stops at the first that fails.
    let script = lines.collect::<Vec<_>>().join("\n");
    let checkout = Checkout::new();
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in job["variables"].as_object().expect("variables") {
        variables.insert(key.clone(), value.as_str().expect("a text").to_owned());
    }
    let ours = [("RUNNER", BINARY), ("SPECS", "table.yaml"), ("HEAD_MODEL", "scripted:good.yaml")];
    for (key, value) in ours {
        assert!(variables.insert(key.to_owned(), value.to_owned()).is_some(), "the job has {key}");
    }
    let save = format!(
        "{BINARY} table.yaml --model base=scripted:good.yaml --seed 3 --out runs/x && {BINARY} baseline save \"$BASE\" runs/x"
    );
    assert_eq!(checkout.bash(&save, &variables).code, Some(0));
    let finished = checkout.bash(&script, &variables);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(checkout.read("grice/compare.xml").contains("<testsuite"));
    fs::remove_dir_all(checkout.path("grice")).expect("it can be removed");
    variables.insert("HEAD_MODEL".into(), "scripted:missing.yaml".into());
    assert_eq!(checkout.bash(&script, &variables).code, Some(5), "an error of the engine is not hidden");
}
