//! `cargo with FEATURES -- ARGUMENTS`: looks for what the features need, then builds `runner` with them and starts it.
//!
//! Cargo runs the build scripts of the engine's kernels before that of `runner`, minutes into a build, and each of them
//! says in its own words what it misses. This one is built in a second and speaks first.

#![expect(clippy::print_stderr, reason = "it is a program for people at a terminal")]

use std::{
    env,
    ffi::OsString,
    process::{Command, ExitCode},
};

const USAGE: &str = "\
Builds `runner` with features of the engine and runs it.

    cargo with cuda -- specs/ --model REF
    cargo with cuda,flash-attn -- devices

The features are cuda, cudnn, flash-attn, metal, accelerate and mkl; docs/gpu.md says which to use where.";

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let Some(list) = arguments.next().filter(|first| !first.to_string_lossy().starts_with('-')) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let list = list.to_string_lossy().into_owned();
    let features = match toolkit::features(&list) {
        Ok(features) => features,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::from(2);
        }
    };
    if let Err(problem) = toolkit::check(&features) {
        eprintln!("error: {problem}\n(docs/gpu.md says what each platform needs)");
        // As Cargo does where a build fails.
        return ExitCode::from(101);
    }
    let arguments: Vec<OsString> = arguments.collect();
    let arguments = arguments.strip_prefix(&[OsString::from("--")]).unwrap_or(&arguments);
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["run", "--release", "-p", "runner", "--features", &list, "--"]).args(arguments);
    start(cargo)
}

/// Becomes the command, so that an interrupt reaches the run alone.
#[cfg(unix)]
fn start(mut command: Command) -> ExitCode {
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    eprintln!("error: cannot start Cargo: {error}");
    ExitCode::FAILURE
}

/// Starts the command and ends as it does.
#[cfg(not(unix))]
fn start(mut command: Command) -> ExitCode {
    match command.status() {
        Ok(status) => {
            status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            eprintln!("error: cannot start Cargo: {error}");
            ExitCode::FAILURE
        }
    }
}
