//! `grice compare` and `grice baseline` as people and CI meet them, bad input above all: a clear error or a stated
//! limitation, never a confident number.

mod baseline;
mod place;

use place::{BINARY, Place};
use std::fs;
use support::{journal, run};

/// A policy that names one metric and minds nothing else.
fn policy(metric: &str, rest: &str) -> String {
    format!("metrics:\n  - {{ metric: \"{metric}\", better: higher, margin: 0.2, undecided: warn }}\n{rest}")
}

#[test]
fn a_comparison_needs_no_model_and_says_what_it_found() {
    let place = Place::new();
    let finished = place.compare("base", "head", &[]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stderr, "", "stored grades are used as they are");
    // A run is named by its directory or its journal, and grades that are missing are made.
    let stored = place.compare("base", "head", &["--format", "json"]).stdout;
    fs::remove_file(place.path("head/scores.jsonl")).expect("it can be removed");
    let again = place.compare("base/journal.jsonl", "head", &["--format", "json"]);
    assert_eq!(again.stdout, stored);
}

#[test]
fn several_views_are_written_at_once() {
    let place = Place::new();
    let files = ["c.md", "c.xml", "c.json", "c.txt"].map(|name| place.text(name));
    let mut further = Vec::new();
    for file in &files {
        further.extend(["--output", file]);
    }
    let finished = place.compare("base", "head", &further);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout, place.compare("base", "head", &[]).stdout, "the table is printed as well");
    for (file, format) in [("c.md", "markdown"), ("c.xml", "junit"), ("c.json", "json")] {
        let alone = place.compare("base", "head", &["--format", format]);
        assert_eq!(place.read(file), alone.stdout, "{format}");
    }
    let odd = place.text("c.odd");
    let finished = place.compare("base", "head", &["--output", &odd]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("the ending says no format"), "{}", finished.stderr);
    assert_eq!(place.compare("base", "head", &["--format", "json", "--output", &odd]).code, Some(0));
    let both = ["--format", "json", "--output", &odd, "--output", &files[0]];
    assert_eq!(place.compare("base", "head", &both).code, Some(2));
}

#[test]
fn a_truncated_journal_is_a_run_that_was_cut_short() {
    let place = Place::new();
    place.many();
    // The middle of the twentieth trial of forty-eight: of one pair there is nothing.
    place.edit("many-head/journal.jsonl", |text| {
        let whole: usize = text.split_inclusive('\n').take(20).map(str::len).sum();
        text[..whole + 100].to_owned()
    });
    let finished = place.compare("many", "many-head", &[]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("cut short"), "{}", finished.stdout);
    assert!(finished.stderr.contains("its journal has changed since it was graded"), "{}", finished.stderr);
    let gate = place.gate(&policy("scripted.table/asks", ""));
    let gated = place.compare("many", "many-head", &["--gate", &gate, "--format", "json"]);
    assert_eq!(gated.code, Some(9), "what was never run is undecided, and no regression: {}", gated.stdout);
    assert!(gated.stdout.contains("50.0 % in the head"), "{}", gated.stdout);

    let header = journal(&place.path("head")).find('\n').expect("a line");
    place.edit("head/journal.jsonl", |text| text[..header - 10].to_owned());
    let empty = place.compare("base", "head", &[]);
    assert_eq!(empty.code, Some(7));
    assert!(empty.stderr.contains("the record is empty"), "{}", empty.stderr);
}

#[test]
fn a_corrupt_journal_is_refused_with_its_line() {
    let place = Place::new();
    place.edit("head/journal.jsonl", |text| {
        let line = text.lines().nth(4).expect("a fifth line").to_owned();
        text.replacen(&line, &line[..line.len() - 5], 1)
    });
    let finished = place.compare("base", "head", &[]);
    assert_eq!(finished.code, Some(7));
    assert!(
        finished.stderr.contains("journal.jsonl: line 5 of the record is not as it was"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_trial_of_no_case_is_refused() {
    let place = Place::new();
    place.forge("base/journal.jsonl", |text| {
        text.replacen(
            "\"case\":\"taxi-clear\",\"arm\":\"clear\",\"sample\":1",
            "\"case\":\"bus\",\"sample\":1",
            1,
        )
    });
    let finished = place.compare("base", "head", &[]);
    assert_eq!(finished.code, Some(7), "{finished:?}");
    assert!(finished.stderr.contains("case `bus`, which its header does not know"), "{}", finished.stderr);
}

#[test]
fn corrupt_grades_are_refused_and_can_be_made_anew() {
    let place = Place::new();
    let whole = place.compare("base", "head", &["--format", "json"]).stdout;
    let good = place.read("head/scores.jsonl");
    let line = good.lines().nth(3).expect("a fourth line").to_owned();
    for (damaged, what) in [
        (good.replacen(&line, &line[..line.len() - 5], 1), "line 4 of the scores is not as it was written"),
        (good.replacen("\"flag\":true", "\"flag\":false", 1), "of the scores is not as it was written"),
        (good[..good.len() - 30].to_owned(), "19 trials of 20: the file was cut off"),
        (good.replacen(&format!("{line}\n"), "", 1), "line 4 of the scores is not as it was written"),
        (support::sealed(&good.replacen(&format!("{line}\n"), "", 1)), "19 trials of 20"),
        (good.replacen("{\"grades\":{\"format\":2", "{\"grades\":{\"format\":9", 1), "Use a newer Grice"),
    ] {
        place.write("head/scores.jsonl", &damaged);
        let finished = place.compare("base", "head", &[]);
        assert_eq!(finished.code, Some(7), "{finished:?}");
        assert!(finished.stderr.contains(what), "{}", finished.stderr);
    }
    let twice = good.replacen(&line, good.lines().nth(2).expect("a third line"), 1);
    place.write("head/scores.jsonl", &support::sealed(&twice));
    let finished = place.compare("base", "head", &[]);
    assert_eq!(finished.code, Some(7), "{finished:?}");
    assert!(finished.stderr.contains("stands there twice"), "{}", finished.stderr);

    // Grades of another journal or of other scorers are made anew, and it is said.
    for (stale, what) in [
        (
            support::sealed(&good.replacen(&support::graded_now(), "\"grading\":1", 1)),
            "its grades are those of other scorers",
        ),
        (
            support::unsealed(&good.replacen("\"format\":2", "\"format\":1", 1)),
            "its grades are of a format without checksums",
        ),
        (place.read("base/scores.jsonl"), "its journal has changed since it was graded"),
    ] {
        place.write("head/scores.jsonl", &stale);
        let finished = place.compare("base", "head", &["--format", "json"]);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), whole.as_str()));
        assert!(finished.stderr.contains(what), "{}", finished.stderr);
    }
    // Files of before the first version do not say what they grade.
    let old: String = support::unsealed(&good).lines().skip(1).map(|line| format!("{line}\n")).collect();
    place.write("head/scores.jsonl", &old);
    let finished = place.compare("base", "head", &["--format", "json"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), whole.as_str()));

    run(BINARY, &["score", &place.text("head")]);
    assert_eq!(place.read("head/scores.jsonl"), good);
}

#[test]
fn what_is_no_record_is_named() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).expect("it can be made");
    let empty = place.compare("base", "empty", &[]);
    assert_eq!(empty.code, Some(7));
    assert!(empty.stderr.contains("is no run directory"), "{}", empty.stderr);
    let missing = place.compare("base", "missing", &[]);
    assert_eq!(missing.code, Some(7));
    assert!(missing.stderr.contains("is neither a run directory nor a baseline"), "{}", missing.stderr);
    let other = place.compare("base", "head/report.md", &[]);
    assert_eq!(other.code, Some(7));
    assert!(other.stderr.contains("it is no baseline"), "{}", other.stderr);
}

#[test]
fn a_record_of_a_newer_format_is_refused() {
    let place = Place::new();
    place.edit("head/journal.jsonl", |text| text.replacen("\"format\":4", "\"format\":99", 1));
    let finished = place.compare("base", "head", &[]);
    assert_eq!(finished.code, Some(7));
    assert!(finished.stderr.contains("has format 99"), "{}", finished.stderr);
}

#[test]
fn records_without_a_common_trial_cannot_be_compared() {
    let place = Place::new();
    place.run("tables", "table", &["--filter", "case=table-*"]);
    place.run("taxis", "table", &["--filter", "case=taxi-*"]);
    let finished = place.compare("tables", "taxis", &[]);
    assert_eq!(finished.code, Some(10), "{finished:?}");
    assert!(finished.stderr.contains("have no trial in common"), "{}", finished.stderr);
}

#[test]
fn a_record_is_not_compared_with_itself() {
    let place = Place::new();
    for head in ["base", "base/", "base/journal.jsonl"] {
        let finished = place.compare("base", head, &[]);
        assert_eq!(finished.code, Some(2), "{head}");
        assert!(finished.stderr.contains("is given twice"), "{}", finished.stderr);
    }
}

#[test]
fn a_policy_that_does_not_fit_is_shown_at_its_place() {
    let place = Place::new();
    for (text, what) in [
        (policy("scripted.table/sensitivty", ""), "did you mean `scripted.table/sensitivity`?"),
        (
            "metrics:\n  - { metric: \"scripted.table/asks\", margin: 1.5 }\n".to_owned(),
            "outside of the metric's range",
        ),
        (
            "metrics:\n  - { metric: \"scripted.table/asks\", margin: -1 }\n".to_owned(),
            "not a number above 0",
        ),
        (
            "metrics:\n  - { metric: \"scripted.table/asks\", better: higher, margin: 10 }\n".to_owned(),
            "0.1 is ten percentage points",
        ),
        ("metrics: []\n".to_owned(), "at least one metric"),
    ] {
        let gate = place.gate(&text);
        let finished = place.compare("base", "head", &["--gate", &gate]);
        assert_eq!(finished.code, Some(3), "{text}: {finished:?}");
        assert!(finished.stderr.contains(what), "{}", finished.stderr);
        assert!(finished.stderr.contains("gate.yaml:"), "{}", finished.stderr);
        assert_eq!(finished.stdout, "");
    }
    let missing = place.compare("base", "head", &["--gate", "no-such-gate.yaml"]);
    assert_eq!(missing.code, Some(3), "{missing:?}");
    let unknown = place.compare("base", "head", &["--allow", "devise"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("did you mean `device`?"), "{}", unknown.stderr);
}

#[test]
fn a_gate_that_passes_says_what_it_leaves_open() {
    let place = Place::new();
    let gate = place.gate(&policy("scripted.table/asks", ""));
    for (format, first) in [
        ("terminal", "gate: pass, with 1 of 1 metric open"),
        ("markdown", "Gate: pass, with 1 of 1 metric open"),
    ] {
        let finished = place.compare("base", "head", &["--gate", &gate, "--format", format]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let line = finished.stdout.lines().next().unwrap_or_default();
        assert!(line.contains(first), "{format}: {line}");
    }
    let exploration = place.compare("base", "head", &[]).stdout;
    assert!(exploration.contains("exploration: "), "{exploration}");
}

#[test]
fn specs_say_what_they_could_show_before_they_are_run() {
    let place = Place::new();
    place.many();
    let gate = place.gate(&policy("scripted.table/asks", ""));
    let run_directory = place.text("many");
    let finished = run(BINARY, &["check", "cases/table.yaml", "--power", &run_directory, "--gate", &gate]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for expected in ["smallest difference", "◆ scripted.table/asks", "scripted.table/sensitivity", "left out"]
    {
        assert!(finished.stdout.contains(expected), "{expected}: {}", finished.stdout);
    }
    let missing = run(BINARY, &["check", "cases/table.yaml", "--power", "no-such-run"]);
    assert_eq!(missing.code, Some(7), "{missing:?}");
}

#[test]
fn one_sample_per_case_is_a_stated_limitation() {
    let place = Place::new();
    place.run("one", "table", &["--samples", "1"]);
    place.run("other", "table", &["--samples", "1", "--seed", "3"]);
    for format in ["terminal", "markdown", "json"] {
        let finished = place.compare("one", "other", &["--format", format]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stdout.contains("one sample per case"), "{format}: {}", finished.stdout);
        assert!(!finished.stdout.contains("1 improved") && !finished.stdout.contains("1 regressed"));
    }
}

#[test]
fn fewer_samples_are_compared_as_far_as_both_go() {
    let place = Place::new();
    place.run("few", "table", &["--samples", "3", "--seed", "2"]);
    let gate = place.gate(&policy("scripted.table/asks", ""));
    for (base, head) in [("base", "few"), ("few", "base")] {
        let finished = place.compare(base, head, &["--gate", &gate]);
        // Two cases decide nothing; where they lose more than the margin, no gate passes.
        assert!(matches!(finished.code, Some(0 | 9)), "{}", finished.stdout);
        assert!(!finished.stdout.contains("are missing"), "{}", finished.stdout);
        assert!(finished.stdout.contains("samples"), "it is said: {}", finished.stdout);
    }
}

#[test]
fn trials_that_were_not_run_are_no_regression() {
    let place = Place::new();
    place.many();
    place.run("tables", "table", &["--filter", "case=table-*", "--seed", "2", "--samples", "12"]);
    let gate = place.gate(&policy("scripted.table/asks", ""));
    let finished = place.compare("many", "tables", &["--gate", &gate, "--format", "json"]);
    assert_eq!(finished.code, Some(9), "{}", finished.stdout);
    assert!(finished.stdout.contains("50.0 % in the head"), "{}", finished.stdout);
}

#[test]
fn a_head_that_breaks_more_often_is_a_regression_of_its_own() {
    let place = Place::new();
    place.many();
    place.run("breaks", "failing", &["--seed", "2", "--samples", "12"]);
    let gate = place.gate(&policy("scripted.table/asks", ""));
    let finished = place.compare("many", "breaks", &["--gate", &gate, "--format", "json"]);
    assert_eq!(finished.code, Some(8), "{}", finished.stdout);
    let said = "0.0 % of grades are missing in the base and 50.0 % in the head";
    assert!(finished.stdout.contains(said), "{}", finished.stdout);
    let allowed = place.gate(&policy("scripted.table/asks", "missing: { at_most: 0.6 }\n"));
    let finished = place.compare("many", "breaks", &["--gate", &allowed, "--format", "json"]);
    assert_eq!(finished.code, Some(0), "the policy bounds it: {}", finished.stdout);
    assert!(finished.stdout.contains(said), "it is still said: {}", finished.stdout);
}

#[test]
fn what_changes_the_measurement_is_refused_by_name_or_allowed_by_name() {
    let place = Place::new();
    // A name, and a change to the head's journal that makes that difference.
    let changes: [(&str, &str, &str); 9] = [
        ("engine", "\"engine\":{\"name\":\"scripted\"", "\"engine\":{\"name\":\"other\""),
        (
            "engine-version",
            "\"engine\":{\"name\":\"scripted\",\"version\":\"",
            "\"engine\":{\"name\":\"scripted\",\"version\":\"9",
        ),
        ("device", "\"device\":\"none\"", "\"device\":\"cuda:0 NVIDIA H200\""),
        ("dtype", "\"dtype\":\"none\"", "\"dtype\":\"bf16\""),
        ("sampling", "\"sampling\":{\"temperature\":1.0", "\"sampling\":{\"temperature\":0.5"),
        ("cases", "\"request\":\"Book a taxi to the station.\"", "\"request\":\"Book a bus.\""),
        ("scorers", "\"act\":\"clarification\"", "\"act\":\"acknowledgement\""),
        ("metrics", "{\"rate\":{\"of\":\"sure\"}}", "{\"rate\":{\"of\":\"sure@clear\"}}"),
        ("dialogue", "\"text\":\"Say yes or no.\"", "\"text\":\"Say it.\""),
    ];
    let original = place.read("head/journal.jsonl");
    for (name, from, to) in changes {
        assert!(original.contains(from), "{name}: {from}");
        place.write("head/journal.jsonl", &support::sealed(&original.replacen(from, to, 1)));
        let finished = place.compare("base", "head", &[]);
        assert_eq!(finished.code, Some(10), "{name}: {finished:?}");
        assert!(finished.stdout.contains(name), "{name}: {}", finished.stdout);
        let gate = place.gate(&policy("scripted.table/asks", ""));
        assert_eq!(place.compare("base", "head", &["--gate", &gate]).code, Some(10), "{name}");
        for format in ["terminal", "markdown", "json", "junit"] {
            let allowed = place.compare("base", "head", &["--allow", name, "--format", format]);
            assert_eq!(allowed.code, Some(0), "{name}: {allowed:?}");
            let said = allowed.stdout.contains(name);
            assert!(said, "{name} is printed in {format}: {}", allowed.stdout);
        }
    }
    let template = |hash: &str| ("\"chat_template\":null", format!("\"chat_template\":\"{hash}\""));
    let (from, to) = template("aa");
    place.forge("base/journal.jsonl", |text| text.replacen(from, &to, 1));
    place.write("head/journal.jsonl", &support::sealed(&original.replacen(from, &template("bb").1, 1)));
    let finished = place.compare("base", "head", &[]);
    assert_eq!(finished.code, Some(10));
    assert!(finished.stdout.contains("chat-template"), "{}", finished.stdout);
}

#[test]
fn what_does_not_change_the_measurement_is_only_said() {
    let place = Place::new();
    let original = place.read("head/journal.jsonl");
    for (name, from, to) in [
        ("grice-version", "\"grice\":{\"version\":\"", "\"grice\":{\"version\":\"9."),
        ("tokenizer", "\"tokenizer\":null", "\"tokenizer\":\"aa\""),
        ("chat-template", "\"chat_template\":null", "\"chat_template\":\"aa\""),
        ("spec-text", "cites: [arXiv:2311.09144]", "cites: [arXiv:2311.09145]"),
        ("spec-text", "- user: Say yes or no.", "- user: 'Say yes or no.'   # or else"),
    ] {
        assert!(original.contains(from), "{name}: {from}");
        place.write("head/journal.jsonl", &support::sealed(&original.replacen(from, to, 1)));
        let finished = place.compare("base", "head", &["--format", "json"]);
        assert_eq!(finished.code, Some(0), "{name}: {finished:?}");
        assert!(finished.stdout.contains(&format!("\"name\": \"{name}\"")), "{name}: {}", finished.stdout);
    }
    assert!(place.compare("base", "head", &["--format", "json"]).stdout.contains("\"name\": \"seed\""));
}

#[test]
fn a_run_that_was_graded_by_other_specs_is_compared_by_those() {
    let place = Place::new();
    let spec = fs::read_to_string("cases/table.yaml").expect("the spec is there");
    let changed = spec.replace("text: \"sure\"", "text: \"Hm\"");
    assert_ne!(spec, changed);
    fs::create_dir(place.path("specs")).expect("it can be made");
    let specs = place.write("specs/table.yaml", &changed);
    for name in ["head", "base"] {
        run(BINARY, &["score", &place.text(name), "--specs", &specs]);
        let finished = place.compare("base", "head", &[]);
        match name {
            "head" => {
                assert_eq!(finished.code, Some(10), "{finished:?}");
                assert!(finished.stdout.contains("scorers"), "{}", finished.stdout);
            }
            _ => assert_eq!(finished.code, Some(0), "{finished:?}"),
        }
        // Views made later are of the same measures.
        let page = place.read(&format!("{name}/report.md"));
        let report = run(BINARY, &["report", &place.text(name), "--format", "markdown"]);
        assert_eq!(report.stdout, page);
    }
    let stored = place.compare("base", "head", &["--format", "json"]).stdout;
    place.forge("head/scores.jsonl", |text| text.replacen(&support::graded_now(), "\"grading\":1", 1));
    assert_eq!(place.compare("base", "head", &["--format", "json"]).stdout, stored);
    run(BINARY, &["score", &place.text("base")]);
    assert_eq!(
        place.compare("base", "head", &[]).code,
        Some(10),
        "without --specs its own measures are back"
    );
}
