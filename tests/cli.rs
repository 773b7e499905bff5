//! The program as scripts and people meet it, on the scripted engine.

use std::{fs, path::Path, process::Stdio};
use support::{Finished, journal, record, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// Runs a spec on a script into a fresh directory.
fn scripted(script: &str, further: &[&str], out: &Path) -> Finished {
    let model = format!("scripted:scripts/{script}.yaml");
    let out = out.to_str().expect("a plain path");
    let mut arguments = vec!["run", "cases/table.yaml", "--model", &model, "--out", out];
    arguments.extend(further);
    run(BINARY, &arguments)
}

/// Replaces what differs between equal runs: times, speeds and places.
fn redacted(text: &str, directory: &Path) -> String {
    let place = directory.to_str().expect("a plain path");
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(place, "[DIR]");
    text.replace(place, "[DIR]")
}

macro_rules! snapshot {
    ($name:expr, $text:expr, $directory:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]");
        settings.add_filter(r#"time="[\d.]+""#, "time=\"[SECONDS]\"");
        settings.add_filter(r"\d+(\.\d+)? s\b", "[SECONDS]");
        settings.add_filter(r"\d+(,\d{3})* tokens/s", "[SPEED]");
        settings.add_filter(r"[\d.]+ generations in flight", "[MEAN] generations in flight");
        settings.add_filter(r"at full batch \d+ %", "at full batch [SHARE] %");
        settings.add_filter(
            r#""(wall_seconds|mean_in_flight|full_batch_share)": [\d.]+"#,
            r#""$1": "[MEASURED]""#,
        );
        settings.add_filter(
            r#"("version": "|<dt>engine</dt><dd>scripted |<dt>grice</dt><dd>)\d+\.\d+\.\d+"#,
            "$1[VERSION]",
        );
        settings.add_filter(
            "(<dt>(time|tokens per second|in flight on average|time at full batch)</dt><dd>)[^<]*",
            "$1[MEASURED]",
        );
        settings.add_filter("'sha256-[^']*'", "'sha256-[HASH]'");
        settings.bind(|| insta::assert_snapshot!($name, redacted(&$text, $directory)));
    }};
}

#[test]
fn a_run_leaves_its_record_and_every_view() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let finished = scripted("table", &[], &out);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut files: Vec<_> = fs::read_dir(&out)
        .expect("the run has a directory")
        .map(|entry| entry.expect("it can be read").file_name().into_string().expect("a plain name"))
        .collect();
    files.sort();
    let expected = [
        "journal.jsonl",
        "junit.xml",
        "report.html",
        "report.json",
        "report.md",
        "scores.jsonl",
        "timing.json",
    ];
    assert_eq!(files, expected);
    snapshot!("run.terminal", finished.stdout, &out);
    let out_text = out.to_str().expect("a plain path");
    for (format, name) in [("json", "json"), ("junit", "xml"), ("markdown", "md")] {
        let report = run(BINARY, &["report", out_text, "--format", format]);
        assert_eq!(report.code, Some(0), "{report:?}");
        snapshot!(format!("run.{name}"), report.stdout, &out);
    }
    let page = run(BINARY, &["report", out_text, "--format", "html", "--transcripts", "3"]);
    assert_eq!(page.code, Some(0), "{page:?}");
    snapshot!("run.html", laid_bare(&page.stdout), &out);
}

/// A page without its style, its script and blank lines, and its transcripts on a line each.
fn laid_bare(page: &str) -> String {
    let cut = |text: &str, begin: &str, end: &str| {
        let (before, rest) = text.split_once(begin).expect("the element begins");
        let (_, after) = rest.split_once(end).expect("the element ends");
        format!("{before}{begin}{end}{after}")
    };
    let page = cut(&cut(page, "<style>", "</style>"), "<script>", "</script>");
    let page = page.replace("{\"probe\":", "\n{\"probe\":");
    page.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_record_does_not_depend_on_concurrency_or_company() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let journals: Vec<String> = ["1", "2", "16", "64"]
        .iter()
        .map(|concurrency| {
            let out = place.path().join(concurrency);
            scripted("table", &["--concurrency", concurrency], &out);
            journal(&out)
        })
        .collect();
    assert!(journals.windows(2).all(|pair| pair[0] == pair[1]), "concurrency changed the record");

    let alone = place.path().join("alone");
    scripted("table", &["--filter", "case=taxi-clear"], &alone);
    let (alone, whole) = (record(&alone), record(&place.path().join("1")));
    assert_eq!(alone.trials.len(), 5);
    assert!(alone.trials.iter().all(|trial| whole.trials.contains(trial)), "company changed a transcript");
}

#[test]
fn a_filter_leaves_a_record_of_what_it_selects() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let model = "scripted:scripts/table.yaml";
    let run_of = |filter: &str, out: &Path| {
        let out = out.to_str().expect("a plain path");
        run(BINARY, &["run", "cases", "--model", model, "--out", out, "--filter", filter])
    };
    let finished = run_of("probe=scripted.table & case~taxi", &out);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stdout.contains("not complete"), "{finished:?}");
    let record = record(&out);
    let probes: Vec<(&str, Option<u64>)> =
        record.header.probes.iter().map(|probe| (probe.id.as_str(), probe.cells)).collect();
    assert_eq!(probes, [("scripted.table", Some(record.trials.len() as u64 / 5))]);

    let whole = place.path().join("whole");
    assert_eq!(run_of("probe=scripted.table", &whole).code, Some(0));
    assert_eq!(support::record(&whole).header.probes[0].cells, None, "all of it was run");
    let resumed = run(BINARY, &["run", "cases", "--model", model, "--resume", out.to_str().expect("plain")]);
    assert_ne!(resumed.code, Some(0));
    assert!(resumed.stderr.contains("--filter"), "{resumed:?}");
}

#[test]
fn other_seeds_give_other_transcripts() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let (first, second) = (place.path().join("a"), place.path().join("b"));
    scripted("table", &["--seed", "1"], &first);
    scripted("table", &["--seed", "2"], &second);
    assert_ne!(record(&first).trials, record(&second).trials);
}

#[test]
fn a_failed_generation_is_recorded_as_that_and_takes_nothing_down() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let finished = scripted("failing", &[], &out);
    assert_eq!(finished.code, Some(5), "{finished:?}");
    let record = record(&out);
    assert_eq!(record.trials.len(), 20, "every trial is there");
    for trial in &record.trials {
        let failed = trial.transcript.turns.iter().filter(|turn| turn.text().is_none()).count();
        let expected = usize::from(trial.key.case.starts_with("taxi"));
        assert_eq!(failed, expected, "{}", trial.key.case);
        assert!(trial.transcript.turns.iter().all(|turn| turn.text() != Some("")), "no empty answer");
        let branches = if trial.key.case.starts_with("taxi") { 0 } else { 4 };
        assert_eq!(trial.transcript.branches.len(), branches);
    }
    snapshot!("failing.terminal", finished.stdout, &out);
}

#[test]
fn grading_again_gives_the_same_grades() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    scripted("table", &[], &out);
    let text = |name: &str| fs::read_to_string(out.join(name)).expect("the view is there");
    let before = ["scores.jsonl", "report.json", "report.html", "report.md", "junit.xml"].map(text);
    fs::remove_file(out.join("scores.jsonl")).expect("it can be removed");
    let again = run(BINARY, &["score", out.to_str().expect("a plain path")]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(before, ["scores.jsonl", "report.json", "report.html", "report.md", "junit.xml"].map(text));
}

#[test]
fn hostile_output_stays_text_everywhere() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let finished = scripted("hostile", &[], &out);
    assert!(!finished.stdout.contains('\u{1b}') && !finished.stdout.contains('\u{7}'));
    let html = fs::read_to_string(out.join("report.html")).expect("the page is there");
    assert!(!html.contains("<script>alert") && !html.contains("<img src=x"));
    let xml = fs::read_to_string(out.join("junit.xml")).expect("the file is there");
    assert!(!xml.contains('\u{1b}'));
    let exact = record(&out).trials.iter().any(|trial| {
        trial
            .transcript
            .turns
            .iter()
            .any(|turn| turn.text() == Some("   leading spaces?\n\n# Heading\n| a | b |"))
    });
    assert!(exact, "the record keeps the text exactly");
}

#[test]
fn runs_that_begin_in_one_second_have_a_folder_each() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let tests = support::root().join("tests");
    let [spec, script] = ["cases/table.yaml", "scripts/table.yaml"].map(|name| tests.join(name));
    let model = format!("scripted:{}", script.display());
    let arguments = ["run", spec.to_str().expect("a plain path"), "--model", &model];
    let begin = || {
        let mut command = support::command(BINARY, &arguments);
        command
            .current_dir(place.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts")
    };
    let started: Vec<_> = (0..4).map(|_| begin()).collect();
    for mut child in started {
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
    }
    let runs = fs::read_dir(place.path().join("runs")).expect("there are runs");
    let whole = runs.filter(|run| run.as_ref().is_ok_and(|run| run.path().join("report.html").exists()));
    assert_eq!(whole.count(), 4);
    // What cannot be loaded leaves no folder.
    let missing = ["run", spec.to_str().expect("a plain path"), "--model", "scripted:missing.yaml"];
    let failed = support::command(BINARY, &missing).current_dir(place.path()).output();
    assert_eq!(failed.expect("it starts").status.code(), Some(5));
    assert_eq!(fs::read_dir(place.path().join("runs")).expect("there are runs").count(), 4);
}

#[test]
fn a_page_of_all_transcripts_can_be_asked_for() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    scripted("table", &[], &out);
    let report = |further: &[&str]| {
        run(BINARY, &[&["report", out.to_str().expect("a plain path"), "--format"][..], further].concat())
    };
    let few = report(&["html", "--transcripts", "3"]);
    assert!(few.stdout.contains("This page holds 3 of 20 transcripts"), "{}", few.stderr);
    let all = report(&["html", "--transcripts", "all"]);
    assert_eq!(all.stdout, report(&["html"]).stdout, "there are not more than the default holds");
    assert_eq!(report(&["html", "--transcripts", "some"]).code, Some(2));
    for option in [["--transcripts", "3"], ["--filter", "arm=clear"]] {
        let other = report(&[&["json"][..], &option].concat());
        assert_eq!(other.code, Some(2), "{other:?}");
    }
    let some = report(&["html", "--filter", "case=taxi* & arm=clear", "--transcripts", "2"]);
    assert!(some.stdout.contains("This page holds 2 of 5 transcripts"), "{}", some.stderr);
    assert_eq!(report(&["html", "--filter", "case"]).code, Some(2));
}

#[test]
fn exit_codes_tell_what_happened() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let code = |arguments: &[&str]| run(BINARY, arguments).code;
    let out = place.path().join("x");
    let out = out.to_str().expect("a plain path");
    assert_eq!(code(&["--help"]), Some(0));
    assert_eq!(code(&["run"]), Some(2), "usage");
    assert_eq!(code(&["run", "cases/table.yaml", "--samples", "0"]), Some(2), "usage");
    assert_eq!(code(&["run", "cases/table.yaml", "--model", "no/such/model/here"]), Some(2), "usage");
    assert_eq!(code(&["check", "cases/table.yaml", "--filter", "case=nothing"]), Some(6), "nothing selected");
    assert_eq!(code(&["check", "scripts/table.yaml"]), Some(3), "invalid spec");
    assert_eq!(code(&["report", out]), Some(7), "no record");
    assert_eq!(
        code(&["run", "cases/table.yaml", "--model", "scripted:missing.yaml", "--out", out]),
        Some(5),
        "engine"
    );
    fs::create_dir(out).expect("it can be made");
    fs::write(Path::new(out).join("journal.jsonl"), "{\"run\":{\"format\":99}}\n")
        .expect("it can be written");
    let newer = run(BINARY, &["report", out]);
    assert_eq!(newer.code, Some(7));
    assert!(newer.stderr.contains("Use a newer Grice"), "{}", newer.stderr);
}

#[test]
fn the_commands_without_a_model_answer_on_standard_output() {
    for arguments in [
        &["check", "../specs"][..],
        &["schema"],
        &["scorers"],
        &["metrics"],
        &["completions", "bash"],
        &["devices"],
        &["scorers", "grounding_act"],
    ] {
        let finished = run(BINARY, arguments);
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:?}");
        assert!(!finished.stdout.is_empty() && finished.stderr.is_empty(), "{arguments:?}: {finished:?}");
        assert!(!finished.stdout.contains('\u{1b}'), "{arguments:?} prints no colours into a pipe");
    }
    let commands = [
        "run",
        "check",
        "score",
        "report",
        "compare",
        "history",
        "baseline",
        "schema",
        "scorers",
        "metrics",
        "completions",
        "audit",
        "devices",
    ];
    for command in commands {
        let help = run(BINARY, &[command, "--help"]);
        assert_eq!(help.code, Some(0));
        assert!(help.stdout.contains("Example:"), "`{command} --help` has an example");
    }
}
