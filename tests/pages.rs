//! What people read of a comparison and of several versions, from stored runs on the scripted engine.

use std::{fs, path::Path};
use support::{Finished, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// Runs the shared spec on a script into a folder, and gives the folder as text.
fn scripted(script: &str, place: &Path, name: &str) -> String {
    let out = place.join(name).to_str().expect("a plain path").to_owned();
    let model = format!("{name}=scripted:scripts/{script}.yaml");
    run(BINARY, &["run", "cases/table.yaml", "--model", &model, "--out", &out]);
    out
}

fn compared(arguments: &[&str]) -> Finished {
    let mut all = vec!["compare"];
    all.extend(arguments);
    run(BINARY, &all)
}

#[test]
fn the_page_of_a_comparison_holds_the_transcripts_that_differ() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let base = scripted("table", place.path(), "base");
    let head = scripted("hostile", place.path(), "head");
    let file = place.path().join("compare.html").to_str().expect("a plain path").to_owned();
    let finished = compared(&[&base, &head, "--format", "html", "--output", &file]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let page = fs::read_to_string(&file).expect("the page is written");
    assert!(page.contains("At what time, please?"), "what the base said");
    assert!(
        page.contains("\\u003c/script\\u003e\\u003cscript\\u003ealert(1)"),
        "what the head said, as text"
    );
    assert!(!page.contains("<script>alert") && !page.contains("<img"));
    // The same command twice writes the same page.
    compared(&[&base, &head, "--format", "html", "--output", &file]);
    assert_eq!(fs::read_to_string(&file).expect("the page is written"), page);

    let markdown = compared(&[&base, &head, "--format", "markdown", "--link", "compare.html"]);
    assert!(markdown.stdout.contains("](compare.html#metric-scripted.table/"), "{}", markdown.stdout);
}

#[test]
fn a_history_follows_versions_in_the_order_given() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let one = scripted("table", place.path(), "one");
    let two = scripted("hostile", place.path(), "two");
    let three = scripted("table", place.path(), "three");
    let finished = run(BINARY, &["history", &one, &two, &three]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.starts_with("3 versions, baseline one, best one"), "{}", finished.stdout);
    assert!(finished.stdout.contains("scripted.table/sensitivity"), "the main metric: {}", finished.stdout);
    assert!(!finished.stdout.contains("scripted.table/stays_sure"), "not the others: {}", finished.stdout);
    let all = run(BINARY, &["history", &one, &two, &three, "--all", "--baseline", &two, "--format", "json"]);
    let read: serde_json::Value = serde_json::from_str(&all.stdout).expect("it is JSON");
    assert_eq!(read["history"]["baseline"], 1);
    assert_eq!(read["history"]["metrics"].as_array().map(Vec::len), Some(6));
    for format in ["markdown", "html"] {
        let view = run(BINARY, &["history", &one, &two, &three, "--format", format]);
        assert_eq!(view.code, Some(0), "{view:?}");
    }
    let missing = run(BINARY, &["history", &one, &two, "--baseline", "nowhere"]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(missing.stderr.contains("the baseline nowhere is none of the runs"), "{missing:?}");
    let alone = run(BINARY, &["history", &one]);
    assert_eq!(alone.code, Some(2), "one version is no history: {alone:?}");
}
