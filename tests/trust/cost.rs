//! What a run may cost: said before anything is spent, and bounded.

use crate::bench::{Bench, SPEC};
use support::record;

#[test]
fn the_plan_is_said_before_the_model_is_loaded() {
    let bench = Bench::new();
    let finished = bench.run(&["run", "spec.yaml", "--model", "scripted:missing.yaml", "--out", "out"]);
    assert_eq!(finished.code, Some(5), "{finished:?}");
    let said = "plan: 6 trials, 6 replies of 60 tokens at most in all, prompts of about ";
    assert!(finished.stderr.contains(said), "{}", finished.stderr);
    let both = ["--model", "a=scripted:script.yaml", "--model", "b=scripted:script.yaml", "--out", "both"];
    let finished = bench.run(&[&["run", "spec.yaml"], &both[..]].concat());
    assert!(finished.stderr.contains(", for each of 2 models"), "{}", finished.stderr);
    bench.write(
        "spec.yaml",
        &SPEC.replace("samples: 2", "samples: 100000").replace("max_tokens: 10", "max_tokens: 32768"),
    );
    let large = bench.run(&["run", "spec.yaml", "--model", "scripted:missing.yaml", "--out", "large"]);
    assert!(
        large.stderr.contains("plan: 300,000 trials, 300,000 replies of 9,830,400,000 tokens"),
        "{}",
        large.stderr
    );
}

#[test]
fn a_limit_ends_a_run_that_can_be_continued() {
    let bench = Bench::new();
    assert_eq!(bench.scripted(&["--out", "whole"]).code, Some(0));
    let whole = bench.read("whole/journal.jsonl");
    for (limit, value, finished_trials) in [
        ("--limit-generations", "2", 2),
        ("--limit-generations", "5", 5),
        ("--limit-tokens", "11", 1),
        ("--limit-time", "0s", 0),
    ] {
        let out = format!("out{limit}{value}");
        let ended = bench.scripted(&["--out", &out, limit, value]);
        assert_eq!(ended.code, Some(11), "{limit} {value}: {ended:?}");
        let rest =
            if finished_trials > 0 { "; continue with\n" } else { ", before anything was generated\n" };
        assert!(ended.stderr.contains(&format!("the limit {limit} was reached{rest}")), "{ended:?}");
        if finished_trials > 0 {
            // A reply has one or two tokens; where ten are allowed, none begins that could go beyond the limit.
            let trials = record(&bench.at(&out)).trials.len();
            assert!(
                trials == finished_trials || (limit == "--limit-tokens" && trials == 2),
                "{limit}: {trials}"
            );
            assert_eq!(bench.scripted(&["--resume", &out]).code, Some(0));
            assert_eq!(bench.read(&format!("{out}/journal.jsonl")), whole, "{limit} {value}");
        }
    }
    // What is enough is no limit, and each command has its own.
    let enough = ["--limit-generations", "6", "--limit-tokens", "1000", "--limit-time", "1h"];
    assert_eq!(bench.scripted(&[&["--out", "enough"], &enough[..]].concat()).code, Some(0));
    for step in 0..3 {
        let place = if step == 0 { "--out" } else { "--resume" };
        let ended = bench.scripted(&[place, "steps", "--limit-generations", "2"]);
        assert_eq!(ended.code, Some(if step == 2 { 0 } else { 11 }), "{step}: {ended:?}");
    }
    assert_eq!(bench.read("steps/journal.jsonl"), whole);
    // Several models spend together.
    let both = [
        "--model",
        "a=scripted:script.yaml",
        "--model",
        "b=scripted:script.yaml",
        "--limit-generations",
        "9",
    ];
    let ended = bench.run(&[&["run", "spec.yaml", "--out", "both"], &both[..]].concat());
    assert_eq!(ended.code, Some(11), "{ended:?}");
    assert_eq!((record(&bench.at("both/a")).complete, record(&bench.at("both/b")).trials.len()), (true, 3));
}

#[test]
fn limits_are_numbers_and_times() {
    let bench = Bench::new();
    for wrong in [
        ["--limit-time", "5"],
        ["--limit-time", "-5s"],
        ["--limit-time", "1d"],
        ["--limit-generations", "-1"],
        ["--limit-tokens", "many"],
        ["--samples", "4000000000"],
    ] {
        let finished = bench.scripted(&wrong);
        assert_eq!(finished.code, Some(2), "{wrong:?}: {finished:?}");
    }
}
