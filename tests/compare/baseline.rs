//! Saved baselines: what one stands for, what cannot be one, and those of older formats.

use super::place::{BINARY, Place};
use std::fs;
use support::{Finished, journal, root, run};

/// `baseline save` into the folder of baselines of this place.
fn save(place: &Place, name: &str, of: &str, further: &[&str]) -> Finished {
    let (run_directory, folder) = (place.text(of), place.text("baselines"));
    let mut arguments = vec!["baseline", "save", name, &run_directory, "--dir", &folder];
    arguments.extend(further);
    run(BINARY, &arguments)
}

#[test]
fn a_baseline_stands_for_its_run() {
    let place = Place::new();
    let saved = save(&place, "v1", "base", &[]);
    assert_eq!(saved.code, Some(0), "{saved:?}");
    let folder = place.text("baselines");
    let of_run: serde_json::Value =
        serde_json::from_str(&place.compare("base", "head", &["--format", "json"]).stdout).expect("JSON");
    // By name, by file; the numbers are those of the run.
    let head = place.text("head");
    let by_name = run(BINARY, &["compare", "v1", &head, "--baselines", &folder, "--format", "json"]);
    assert_eq!(by_name.code, Some(0), "{by_name:?}");
    let by_file = place.compare("baselines/v1.jsonl", "head", &["--format", "json"]);
    assert_eq!(by_name.stdout, by_file.stdout);
    let of_baseline: serde_json::Value = serde_json::from_str(&by_name.stdout).expect("JSON");
    assert_eq!(of_baseline["comparison"]["base"]["name"], "v1");
    assert_eq!(of_baseline["comparison"]["heads"][0]["probes"], of_run["comparison"]["heads"][0]["probes"]);

    // It is small, and the same whatever it is called and whenever it is made.
    let text = place.read("baselines/v1.jsonl");
    assert!(text.len() < journal(&place.path("base")).len(), "{} bytes", text.len());
    assert!(!text.contains("At what time, please?"), "no word of the model is in it");
    save(&place, "v2", "base", &[]);
    assert_eq!(place.read("baselines/v2.jsonl"), text);

    let twice = save(&place, "v1", "head", &[]);
    assert_eq!(twice.code, Some(2));
    assert!(twice.stderr.contains("--replace replaces it"), "{}", twice.stderr);
    assert_eq!(place.read("baselines/v1.jsonl"), text);
    assert_eq!(save(&place, "v1", "head", &["--replace"]).code, Some(0));
    assert_ne!(place.read("baselines/v1.jsonl"), text);

    let list = run(BINARY, &["baseline", "list", "--dir", &folder]);
    assert_eq!(list.code, Some(0));
    let names: Vec<&str> =
        list.stdout.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["v1", "v2"], "{}", list.stdout);
    let show = run(BINARY, &["baseline", "show", "v2", "--dir", &folder]);
    assert_eq!(show.code, Some(0), "{show:?}");
    assert!(show.stdout.contains("scripted:scripts/table.yaml") && show.stdout.contains("left out"));

    let near = run(BINARY, &["compare", "v12", &head, "--baselines", &folder]);
    assert_eq!(near.code, Some(7));
    assert!(near.stderr.contains("did you mean the baseline `v1`?"), "{}", near.stderr);
    let twice = run(BINARY, &["compare", "v2", &place.text("baselines/v2.jsonl"), "--baselines", &folder]);
    assert_eq!(twice.code, Some(2), "{twice:?}");
}

#[test]
fn what_is_no_baseline_is_named_when_it_is_to_be_shown() {
    let place = Place::new();
    assert_eq!(save(&place, "v1", "base", &[]).code, Some(0));
    let folder = place.text("baselines");
    let show = |name: &str| run(BINARY, &["baseline", "show", name, "--dir", &folder]);
    for (name, code, what) in [
        ("v12", 7, "did you mean the baseline `v1`?"),
        ("released", 7, "is neither a run directory nor a baseline; the baselines are `v1`"),
        ("runs/v3", 7, "runs/v3 is neither a run directory nor a baseline\n"),
        (&place.text("base"), 2, "is no baseline; `grice report` shows a run"),
    ] {
        let finished = show(name);
        assert_eq!(finished.code, Some(code), "{name}: {finished:?}");
        assert!(finished.stderr.contains(what), "{name}: {}", finished.stderr);
    }
    for same in [&place.text("baselines/v1.jsonl"), "v1.jsonl"] {
        assert_eq!(show(same).stdout, show("v1").stdout, "{same}");
    }
    let ending = save(&place, "v2.jsonl", "base", &[]);
    assert_eq!(ending.code, Some(2), "{ending:?}");
    assert!(ending.stderr.contains("say `v2`"), "{}", ending.stderr);
}

#[test]
fn a_baseline_with_transcripts_can_be_graded_again() {
    let place = Place::new();
    for (name, further) in [("said", &["--with-transcripts"][..]), ("unsaid", &[])] {
        assert_eq!(save(&place, name, "base", further).code, Some(0));
    }
    let stored = place.compare("baselines/said.jsonl", "head", &["--format", "json"]).stdout;
    for name in ["said", "unsaid"] {
        let file = format!("baselines/{name}.jsonl");
        place.forge(&file, |text| text.replacen(&support::graded_now(), "\"grading\":1", 1));
    }
    let again = place.compare("baselines/said.jsonl", "head", &["--format", "json"]);
    assert_eq!((again.code, again.stdout), (Some(0), stored));
    assert!(again.stderr.contains("its grades are those of other scorers"), "{}", again.stderr);
    let refused = place.compare("baselines/unsaid.jsonl", "head", &[]);
    assert_eq!(refused.code, Some(7), "{refused:?}");
    assert!(refused.stderr.contains("Save it anew from its run"), "{}", refused.stderr);
}

#[test]
fn what_cannot_be_a_baseline_is_refused() {
    let place = Place::new();
    for name in ["../v1", "a b", ".hidden", "", "CON", "nul", "v1."] {
        let finished = save(&place, name, "base", &[]);
        assert_eq!(finished.code, Some(2), "{name}: {finished:?}");
    }
    place.edit("head/journal.jsonl", |text| text[..text.len() - 400].to_owned());
    let cut = save(&place, "v1", "head", &[]);
    assert_eq!(cut.code, Some(2));
    assert!(cut.stderr.contains("was cut short"), "{}", cut.stderr);
    assert_eq!(save(&place, "v1", "missing", &[]).code, Some(7));
    let left: Vec<_> = fs::read_dir(place.path("baselines")).expect("the folder is there").collect();
    assert!(left.is_empty(), "nothing half is left: {left:?}");

    save(&place, "v1", "base", &[]);
    let good = place.read("baselines/v1.jsonl");
    for (text, what) in [
        (good.replacen("\"format\":2", "\"format\":9", 1), "the baseline has format 9"),
        (good[..good.len() - 20].to_owned(), "the baseline was cut off after 20 trials"),
        (good.replacen("{\"scores\":", "{\"scares\":", 1), "line 2 of the baseline is not as it was written"),
    ] {
        place.write("baselines/v1.jsonl", &text);
        let finished = place.compare("baselines/v1.jsonl", "base", &[]);
        assert_eq!(finished.code, Some(7), "{finished:?}");
        assert!(finished.stderr.contains(what), "{}", finished.stderr);
        let folder = place.text("baselines");
        assert_eq!(run(BINARY, &["baseline", "show", "v1", "--dir", &folder]).code, Some(7));
        assert_eq!(run(BINARY, &["baseline", "list", "--dir", &folder]).code, Some(0));
    }
}

#[test]
fn baselines_and_journals_of_every_version_are_compared() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let mut found = Vec::new();
    for journal in ["v1", "v2", "v3", "v4"] {
        let directory = place.path().join(journal);
        fs::create_dir(&directory).expect("it can be made");
        fs::copy(format!("records/{journal}.jsonl"), directory.join("journal.jsonl"))
            .expect("it can be copied");
        let run_directory = directory.to_str().expect("a plain path");
        for baseline in ["baseline-v1", "baseline-v1-of-record-v2"] {
            let file = format!("records/{baseline}.jsonl");
            // Grades of other scorers are no measure for those of today; without transcripts nobody can grade anew.
            let finished = run(BINARY, &["compare", &file, run_directory]);
            match baseline {
                "baseline-v1" => assert_eq!(finished.code, Some(0), "it holds transcripts: {finished:?}"),
                _ => {
                    assert_eq!(finished.code, Some(7), "{finished:?}");
                    assert!(finished.stderr.contains("version 1 of the scorers"), "{}", finished.stderr);
                }
            }
            // As the file would be if the scorers had not changed since.
            let today = fs::read_to_string(root().join("tests").join(&file)).expect("it can be read");
            let today = today.replacen("\"grading\":1", &support::graded_now(), 1);
            let file = directory.join(format!("{baseline}.jsonl"));
            fs::write(&file, today).expect("it can be written");
            let file = file.to_str().expect("a plain path");
            let finished = run(BINARY, &["compare", file, run_directory, "--format", "json"]);
            assert_eq!(finished.code, Some(0), "{baseline} and {journal}: {finished:?}");
            let text: serde_json::Value = serde_json::from_str(&finished.stdout).expect("JSON");
            let head = &text["comparison"]["heads"][0];
            assert_eq!(head["trials"]["common"], 4, "{baseline} and {journal}: {head}");
            assert_eq!(head["comparability"]["refused"], false, "{head}");
            found.push(head["probes"].clone());
        }
    }
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
    let numbers = &found[0][0]["metrics"];
    assert!(numbers.as_object().is_some_and(|metrics| !metrics.is_empty()), "{numbers}");
}
