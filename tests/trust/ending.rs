//! Signals: a run ends soon, keeps what is finished, and leaves nothing half behind.
#![cfg(unix)]

use crate::bench::{Bench, SPEC};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use support::record;

/// Sends a signal by its name.
pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{name} can be sent");
}

/// Waits until something holds, for 20 seconds.
pub(crate) fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "waited for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn every_wish_to_end_ends_a_run_in_good_order() {
    for name in ["INT", "TERM", "HUP"] {
        let bench = Bench::new();
        let arguments = ["run", "spec.yaml", "--model", "scripted:script.yaml", "--out"];
        let quick = bench.read("script.yaml");
        bench.write("script.yaml", &format!("- {{ when: Third, reply: [x], delay: 600000 }}\n{quick}"));
        let mut program = bench.command(&[&arguments[..], &["out"]].concat());
        let child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let journal = bench.at("out/journal.jsonl");
        wait("four trials", || std::fs::read_to_string(&journal).is_ok_and(|text| text.lines().count() == 5));
        let started = Instant::now();
        signal(&child, name);
        let finished: support::Finished = child.wait_with_output().expect("it ends").into();
        assert_eq!(finished.code, Some(130), "{name}: {finished:?}");
        assert!(finished.stderr.contains("interrupted; continue with\n"), "{name}: {finished:?}");
        assert!(started.elapsed() < Duration::from_secs(3), "{name} took {:?}", started.elapsed());
        assert_eq!(record(&bench.at("out")).trials.len(), 4);
    }
}

#[test]
fn a_wish_in_the_first_moment_of_a_run_is_answered() {
    let bench = Bench::new();
    bench.write("script.yaml", "- { reply: [x], delay: 600000 }\n");
    for number in 0..10 {
        let out = format!("out-{number}");
        let mut program =
            bench.command(&["run", "spec.yaml", "--model", "scripted:script.yaml", "--out", &out]);
        let mut child = program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let said = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut lines = said.map(|line| line.expect("it is text"));
        assert!(lines.any(|line| line.starts_with("loading")), "it says that it loads the model");
        signal(&child, "TERM");
        assert!(lines.any(|line| line.contains("interrupted")), "it says that it has heard");
        assert_eq!(child.wait().expect("it ends").code(), Some(130));
    }
}

#[test]
fn what_a_terminal_that_is_gone_must_not_end_goes_on() {
    let bench = Bench::new();
    bench.write("script.yaml", "- { reply: [yes], delay: 1500 }\n");
    let line = "exec nohup \"$0\" run spec.yaml --model scripted:script.yaml --out out";
    let mut program = Command::new("sh");
    program.args(["-c", line, crate::bench::BINARY]).current_dir(bench.at(""));
    let child = program
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    wait("the journal", || bench.at("out/journal.jsonl").exists());
    signal(&child, "HUP");
    let finished: support::Finished = child.wait_with_output().expect("it ends").into();
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn what_a_killed_run_left_is_taken_away() {
    let bench = Bench::new();
    assert_eq!(bench.scripted(&["--out", "out"]).code, Some(0));
    let names = bench.names("out");
    let whole = bench.read("out/journal.jsonl");
    bench.write("out/.grice-journal.jsonl.abc123", &whole[..whole.len() / 2]);
    bench.write("out/.grice-report.html.abc123", "<");
    bench.write("out/journal.jsonl", &whole[..whole.len() / 2]);
    assert_eq!(bench.scripted(&["--resume", "out"]).code, Some(0));
    assert_eq!((bench.names("out"), bench.read("out/journal.jsonl")), (names, whole));
}

#[test]
fn a_journal_that_another_run_writes_is_left_alone() {
    let bench = Bench::new();
    bench.write("spec.yaml", &SPEC.replace("samples: 2", "samples: 1"));
    bench.write("script.yaml", "- { when: First, reply: [x] }\n- { reply: [x], delay: 600000 }\n");
    let arguments = ["run", "spec.yaml", "--model", "scripted:script.yaml"];
    let mut program = bench.command(&[&arguments[..], &["--out", "out"]].concat());
    let mut child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let journal = bench.at("out/journal.jsonl");
    wait("one trial", || std::fs::read_to_string(&journal).is_ok_and(|text| text.lines().count() == 2));
    let second = bench.run(&[&arguments[..], &["--resume", "out"]].concat());
    assert_eq!(second.code, Some(7), "{second:?}");
    assert!(second.stderr.contains("is being written by another run"), "{second:?}");
    signal(&child, "KILL");
    child.wait().expect("it ends");
}
