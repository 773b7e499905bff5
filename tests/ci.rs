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

/// Where the fake store of artifacts says that it keeps what it was given.
const ARTIFACT: &str = "https://github.com/somebody/model/actions/runs/1/artifacts/2";

/// The `gh` of a checkout: comments are files in `temp/comments`, named by their number, whose first line is the author.
const GH: &str = r#"#!/usr/bin/env bash
set -eu
echo "$@" >> gh.log
test ! -e gh-fails
author='github-actions[bot]'
case "$*" in
  "api --paginate repos/somebody/model/issues/7/comments?per_page=100 --jq "*)
    for comment in comments/*; do
      if [ "$(head -n 1 "$comment")" = "$author" ] && [ "$(sed -n 2p "$comment")" = "$MARKER" ]; then
        basename "$comment"
      fi
    done ;;
  "api --silent --method PATCH repos/somebody/model/issues/comments/"*" --field body=@grice-comment.md")
    known="comments/${5##*/}"
    test -e "$known"
    { echo "$author"; cat grice-comment.md; } > "$known" ;;
  "api --silent --method POST repos/somebody/model/issues/7/comments --field body=@grice-comment.md")
    new="comments/$(($(ls comments | wc -l) + 100))"
    { echo "$author"; cat grice-comment.md; } > "$new" ;;
  *) exit 1 ;;
esac
"#;

/// A checkout of somebody who uses Grice, with a fake `gh` that keeps comments and notes down how it was called.
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
        fs::write(&gh, GH).expect("it can be written");
        fs::set_permissions(&gh, fs::Permissions::from_mode(0o755)).expect("it can be set");
        fs::create_dir_all(here.join("temp/comments")).expect("it can be made");
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
            .env("GITHUB_ACTION_PATH", "/somewhere/grice")
            .env("RUNNER_TEMP", self.path("temp"))
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
        for (name, value) in [
            ("token", "none"),
            ("event.pull_request.number", "7"),
            ("repository", "somebody/model"),
            ("workflow", "on a pull request -->"),
        ] {
            known.insert(format!("github.{name}"), value.to_owned());
        }
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
            let fill = |value: &Value, known: &BTreeMap<String, String>| {
                let expression = value.as_str().expect("a text");
                let inner = expression.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}"));
                inner.map_or(expression.to_owned(), |inner| {
                    known.get(inner).unwrap_or_else(|| panic!("{inner}")).clone()
                })
            };
            if let Some(uses) = step["uses"].as_str() {
                let commit = uses.strip_prefix("actions/upload-artifact@").unwrap_or_default();
                assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{uses}");
                assert_eq!(step["if"], "always() && inputs.artifact == 'true'");
                let with = |key: &str| fill(&step["with"][key], &known);
                assert_eq!((with("name"), with("path")), (known["inputs.name"].clone(), "grice".to_owned()));
                let url = if known["inputs.artifact"] == "true" { ARTIFACT } else { "" };
                known.insert("steps.upload.outputs.artifact-url".to_owned(), url.to_owned());
                continue;
            }
            let mut variables = BTreeMap::new();
            for (key, value) in step["env"].as_object().expect("variables") {
                variables.insert(key.clone(), fill(value, &known));
            }
            let _ = fs::remove_file(self.path("output.txt"));
            let finished = self.bash(step["run"].as_str().expect("a script"), &variables);
            for line in self.read("output.txt").lines() {
                let (key, value) = line.split_once('=').expect("key=value");
                let id = step["id"].as_str().expect("a step with outputs has an id");
                known.insert(format!("steps.{id}.outputs.{key}"), value.to_owned());
            }
            if let Some(verdict) = known.get("steps.compare.outputs.verdict") {
                fs::write(self.path("verdict.txt"), verdict).expect("it can be written");
            }
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
    assert_eq!(checkout.read("verdict.txt"), "pass");
    let summary = checkout.read("summary.md");
    assert!(summary.contains("Gate: pass"), "{summary}");
    assert!(
        checkout.read("grice/compare.md").contains("](compare.html"),
        "in the artifact it lies beside the page"
    );
    assert!(checkout.read("grice/compare.xml").contains("<testsuite"));
    assert!(checkout.read("grice/compare.html").starts_with("<!doctype html>"));
    let comment = checkout.read("temp/comments/100");
    let (first, rest) = comment.split_once("-->\n").expect("a hidden first line");
    assert!(first.starts_with("github-actions[bot]\n<!-- grice compare ") && rest == summary, "{comment}");
}

#[test]
fn what_people_read_elsewhere_has_no_dead_link() {
    let checkout = Checkout::new();
    let models = [("base", "scripted:good.yaml"), ("head", "scripted:failing.yaml")];
    let links = |inputs: &[(&str, &str)]| {
        let _ = fs::remove_dir_all(checkout.path("grice"));
        let _ = fs::remove_file(checkout.path("summary.md"));
        let (step, code, said) = checkout.action(&[&models, inputs].concat());
        assert_eq!((step.as_str(), code), ("Verdict", Some(8)), "{said}");
        let summary = checkout.read("summary.md");
        let targets = summary.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let targets: Vec<String> = targets.map(ToOwned::to_owned).collect();
        (targets, summary)
    };
    let (found, summary) = links(&[]);
    assert_eq!(found, [ARTIFACT], "only the archive can be linked");
    let third = summary.lines().nth(2).unwrap_or_default();
    assert!(summary.lines().next().is_some_and(|line| line.contains("Gate:")), "{summary}");
    assert!(third.contains("`compare.html` in [the artifact]"), "{summary}");
    let (found, summary) = links(&[("artifact", "false")]);
    assert!(found.is_empty() && !summary.contains("artifact"), "{summary}");
    let page = "https://somebody.github.io/model/compare.html";
    let (found, summary) = links(&[("link", page)]);
    assert!(found.len() > 3 && found.iter().all(|link| link.starts_with(page)), "{summary}");
    assert!(found.iter().any(|link| link.contains("#pair/")), "{summary}");
}

#[test]
fn the_action_edits_its_own_comment_and_no_other() {
    let checkout = Checkout::new();
    let comment = |number: u32| checkout.read(&format!("temp/comments/{number}"));
    let models = [("base", "scripted:good.yaml"), ("head", "scripted:good.yaml")];
    let run = |inputs: &[(&str, &str)]| {
        let _ = fs::remove_dir_all(checkout.path("grice"));
        let (step, code, said) = checkout.action(&[&models, inputs].concat());
        assert_eq!((step.as_str(), code), ("", Some(0)), "{said}");
    };
    run(&[("name", "small")]);
    run(&[("name", "large")]);
    let (small, large) = (comment(100), comment(101));
    assert_ne!(small.lines().nth(1), large.lines().nth(1), "each has its own mark");
    // Another workflow of the same author, and somebody who quotes the comment.
    fs::write(checkout.path("temp/comments/102"), "github-actions[bot]\nCoverage: 80 %\n").expect("written");
    let quoted = small.replacen("github-actions[bot]", "somebody", 1);
    fs::write(checkout.path("temp/comments/099"), &quoted).expect("written");
    fs::write(checkout.path("temp/comments/100"), small.replace("pass", "OLD")).expect("written");
    run(&[("name", "small")]);
    assert_eq!((comment(100), comment(101)), (small, large));
    assert_eq!(
        (comment(102).as_str(), checkout.read("temp/comments/099")),
        ("github-actions[bot]\nCoverage: 80 %\n", quoted)
    );
    let all = fs::read_dir(checkout.path("temp/comments")).expect("the folder is there").count();
    assert_eq!(all, 4, "none is new");
}

/// The expression by which `gh` picks out the action's own comment, by jq, where that is installed.
#[test]
fn the_expression_of_the_action_finds_the_comment() {
    let text = fs::read_to_string(root().join("action.yml")).expect("the action is there");
    let expression =
        text.split("--jq '").nth(1).and_then(|rest| rest.split('\'').next()).expect("an expression");
    let comments = r#"[
        { "id": 1, "user": { "login": "somebody" }, "body": "<!-- grice compare 61 -->\nquoted" },
        { "id": 2, "user": { "login": "github-actions[bot]" }, "body": "Coverage\n<!-- grice compare 61 -->" },
        { "id": 3, "user": null, "body": "<!-- grice compare 61 -->" },
        { "id": 4, "user": { "login": "github-actions[bot]" }, "body": "<!-- grice compare 61 -->\n## Gate" },
        { "id": 5, "user": { "login": "github-actions[bot]" }, "body": "<!-- grice compare 6162 -->\n## Gate" }
    ]"#;
    let checkout = Checkout::new();
    fs::write(checkout.path("comments.json"), comments).expect("it can be written");
    let variables = [("MARKER".to_owned(), "<!-- grice compare 61 -->".to_owned())].into();
    let script =
        format!("if command -v jq > /dev/null; then jq '{expression}' comments.json; else echo 4; fi");
    assert_eq!(checkout.bash(&script, &variables).stdout, "4\n");
}

#[test]
fn the_action_ends_with_the_verdict_of_the_gate() {
    let checkout = Checkout::new();
    let (step, code, said) =
        checkout.action(&[("base", "scripted:good.yaml"), ("head", "scripted:failing.yaml")]);
    assert_eq!((step.as_str(), code), ("Verdict", Some(8)), "{said}");
    assert_eq!(checkout.read("verdict.txt"), "regression");
    let comment = checkout.read("temp/comments/100");
    assert!(comment.contains("Gate: regression"), "it is said in the pull request all the same: {comment}");
}

#[test]
fn arguments_reach_the_versions_that_they_are_for() {
    let checkout = Checkout::new();
    let models = [("base", "scripted:good.yaml"), ("head", "scripted:good.yaml")];
    let arguments = [("arguments", "--samples 2"), ("head-arguments", "--seed 5 --filter case=table-*")];
    let (step, _, said) = checkout.action(&[models, arguments].concat());
    assert!(["", "Verdict"].contains(&step.as_str()), "{said}");
    let header = |name: &str| {
        let journal = checkout.read(&format!("grice/{name}/journal.jsonl"));
        let line: Value = serde_json::from_str(journal.lines().next().unwrap_or_default()).expect("JSON");
        (line["run"]["seed"].clone(), line["run"]["probes"][0]["samples"].clone())
    };
    assert_eq!(header("base"), (0.into(), 2.into()));
    assert_eq!(header("head"), (5.into(), 2.into()));
}

/// A repository that is no checkout of Grice has no package `runner`.
#[test]
fn the_action_brings_its_own_runner() {
    let text = fs::read_to_string(root().join("action.yml")).expect("the action is there");
    let action: Value = serde_yaml::from_str(&text).expect("the action is YAML");
    let step = &action["runs"]["steps"][0];
    assert_eq!((&step["name"], &step["id"]), (&"Find the runner".into(), &"runner".into()));
    let script = step["run"].as_str().expect("a script");
    let checkout = Checkout::new();
    for (given, found) in [
        (
            "",
            "runner=cargo run --release --locked -q --manifest-path /somewhere/grice/Cargo.toml -p runner --\n",
        ),
        ("grice", "runner=grice\n"),
    ] {
        let _ = fs::remove_file(checkout.path("output.txt"));
        let variables = [("RUNNER".to_owned(), given.to_owned())].into();
        assert_eq!(checkout.bash(script, &variables).code, Some(0));
        assert_eq!(checkout.read("output.txt"), found);
    }
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
    fs::write(checkout.path("temp/gh-fails"), "").expect("it can be written");
    let (step, code, said) = run(&[good, bad]);
    assert_eq!((step.as_str(), code), ("", 0), "{said}");
    assert!(said.contains("::warning::"), "{said}");
}

/// A pull request can bring the folder of a run along, and a runner's folder can outlive a checkout.
#[test]
fn the_action_compares_only_what_it_has_measured() {
    let checkout = Checkout::new();
    let good = [("base", "scripted:good.yaml"), ("head", "scripted:good.yaml")];
    let (step, code, said) = checkout.action(&good);
    assert_eq!((step.as_str(), code), ("", Some(0)), "{said}");
    let broken = [("base", "scripted:good.yaml"), ("head", "scripted:missing.yaml")];
    let (step, code, said) = checkout.action(&broken);
    assert_eq!(step, "Run the head version", "{said}");
    assert!(!matches!(code, Some(0)), "the grades of an earlier run are no grades of this model: {said}");
    assert!(!checkout.path("grice/head/scores.jsonl").exists());
    fs::remove_dir_all(checkout.path("grice")).expect("it can be removed");
    std::os::unix::fs::symlink(checkout.path("temp"), checkout.path("grice")).expect("it can be linked");
    let (step, code, said) = checkout.action(&good);
    assert_eq!((step.as_str(), code), ("Run the base version", Some(2)), "{said}");
    // However the link is written, and whatever lies below it.
    for out in ["grice/", "grice//", "grice/.", "grice/below", "./grice/a/b"] {
        let (step, code, said) = checkout.action(&[&good[..], &[("out", out)]].concat());
        assert_eq!((step.as_str(), code), ("Run the base version", Some(2)), "{out}: {said}");
        let head = [("baseline", "v1"), good[1], ("out", out)];
        let (step, code, said) = checkout.action(&head);
        assert_eq!((step.as_str(), code), ("Run the head version", Some(2)), "{out}: {said}");
    }
    fs::remove_file(checkout.path("grice")).expect("it can be removed");
    // A report that the checkout brought is not this job's, and a link beside the runs is not kept.
    fs::create_dir(checkout.path("grice")).expect("it can be made");
    fs::write(checkout.path("grice/compare.md"), "Gate: pass").expect("it can be written");
    let (step, code, said) =
        checkout.action(&[good[0], good[1], ("head-arguments", "--filter case=table-*")]);
    assert!(["", "Verdict"].contains(&step.as_str()), "{code:?}: {said}");
    assert!(!checkout.read("grice/compare.md").starts_with("Gate: pass"));
    std::os::unix::fs::symlink("/", checkout.path("grice/machine")).expect("it can be linked");
    let (step, code, said) = checkout.action(&good);
    assert_eq!((step.as_str(), code), ("Compare and gate", Some(2)), "{said}");
}

/// Cargo takes settings from where it is called, and a pull request can bring some.
#[test]
fn the_action_builds_its_runner_out_of_reach_of_the_checkout() {
    let text = fs::read_to_string(root().join("action.yml")).expect("the action is there");
    let action: Value = serde_yaml::from_str(&text).expect("the action is YAML");
    let script = action["runs"]["steps"][0]["run"].as_str().expect("a script");
    for settings in [".cargo/config.toml", "rust-toolchain", "rust-toolchain.toml"] {
        let checkout = Checkout::new();
        let file = checkout.path(settings);
        fs::create_dir_all(file.parent().expect("a folder")).expect("it can be made");
        fs::write(&file, "").expect("it can be written");
        let cargo = checkout.path("bin/cargo");
        fs::write(&cargo, "#!/bin/sh\necho \"$PWD $*\" >> \"$RUNNER_TEMP/cargo.log\"\n")
            .expect("it can be written");
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("it can be set");
        let action_path = checkout.path("temp/grice").display().to_string();
        fs::create_dir(&action_path).expect("it can be made");
        let script = format!("GITHUB_ACTION_PATH={action_path}\n{script}");
        let finished = checkout.bash(&script, &[("RUNNER".to_owned(), String::new())].into());
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let built = checkout.path("temp/grice-build/release/grice").display().to_string();
        assert_eq!(checkout.read("output.txt"), format!("runner={built}\n"));
        let log = checkout.read("temp/cargo.log");
        assert!(log.starts_with(&format!("{action_path} build --release --locked -q -p runner")), "{log}");
    }
}

/// A tag can be moved to other code; a commit cannot.
#[test]
fn actions_are_pinned_by_commit() {
    for file in ["action.yml", ".github/workflows/ci.yml", ".github/workflows/compare.yml"] {
        let text = fs::read_to_string(root().join(file)).expect("it is there");
        for line in text.lines().filter(|line| line.trim_start_matches([' ', '-']).starts_with("uses: ")) {
            let (_, used) = line.split_once("uses: ").expect("it uses something");
            let pinned = used.split_once('@').and_then(|(_, rest)| rest.split(' ').next());
            let commit = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(used == "./" || pinned.is_some_and(commit), "{file}: {used}");
        }
    }
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
    let ours = [("GRICE", BINARY), ("SPECS", "table.yaml"), ("HEAD_MODEL", "scripted:good.yaml")];
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
