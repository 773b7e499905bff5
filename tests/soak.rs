//! A short soak: every kind of disturbance at least once or twice, by a fixed seed. `docs/trust.md` has the figures of a long one.
#![cfg(unix)]

use std::process::Command;

#[test]
fn disturbed_runs_end_as_undisturbed_ones_do() {
    let mut soak = Command::new(env!("CARGO_BIN_EXE_soak"));
    let finished =
        soak.args(["--tries", "40", "--minutes", "5", "--seed", "11"]).output().expect("it starts");
    let text = String::from_utf8_lossy(&finished.stdout).into_owned();
    assert!(finished.status.success(), "{text}{}", String::from_utf8_lossy(&finished.stderr));
    assert!(text.contains("seed 11") && text.contains("several continue one run"), "{text}");
}

#[test]
fn what_is_no_runner_is_a_fault() {
    let mut soak = Command::new(env!("CARGO_BIN_EXE_soak"));
    let finished =
        soak.args(["--tries", "1", "--seed", "11", "--binary", "/bin/sh"]).output().expect("it starts");
    assert_eq!(finished.status.code(), Some(1), "{finished:?}");
    assert!(String::from_utf8_lossy(&finished.stderr).contains("--seed 11 --round 0"), "{finished:?}");
}
