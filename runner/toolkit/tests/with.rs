//! `cargo with` as a user starts it, with a stand-in for Cargo that prints how it was called.

#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

/// Runs `with` where nothing is installed but a Cargo that prints its arguments and ends with code 7.
fn with(test: &str, arguments: &[&str]) -> Output {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&folder).unwrap();
    let cargo = folder.join("cargo");
    fs::write(&cargo, "#!/bin/sh\nprintf '<%s>' \"$@\"\nexit 7\n").unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    Command::new(env!("CARGO_BIN_EXE_with"))
        .args(arguments)
        .env_clear()
        .env("PATH", &folder)
        .env("CARGO", &cargo)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_feature_that_needs_nothing_is_built_and_run_and_its_code_passed_on() {
    if cfg!(target_os = "macos") {
        return;
    }
    let output = with("mkl", &["mkl", "--", "specs/", "--model", "a b"]);
    let called = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(called, "<run><--release><-p><runner><--features><mkl><--><specs/><--model><a b>");
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn a_missing_toolkit_is_said_before_anything_is_built() {
    let output = with("cuda", &["cuda", "--", "specs/"]);
    assert_eq!(output.status.code(), Some(101));
    assert!(output.stdout.is_empty(), "Cargo was started");
    let (said, words) = (said(&output), if cfg!(target_os = "macos") { "use `metal`" } else { "`nvcc`" });
    assert!(said.starts_with("error: the feature `cuda`") && said.contains(words), "{said}");
}

#[test]
fn without_a_known_feature_it_says_how_it_is_used() {
    for (arguments, words) in [
        (&[][..], "cargo with cuda -- "),
        (&["--help"], "cargo with cuda -- "),
        (&["cud"], "there are cuda,"),
    ] {
        let output = with("usage", arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(words), "{}", said(&output));
    }
}
