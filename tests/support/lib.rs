//! What end-to-end tests share: starting the program and looking at what it left behind.

use reports::{
    Record,
    record::{Coupling, Sampling},
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace exists")
}

/// Sampling of replies of 24 tokens at most.
pub fn brief(temperature: f64) -> Sampling {
    Sampling {
        temperature,
        max_tokens: 24,
        top_p: None,
        top_k: None,
        min_p: None,
        stop: Vec::new(),
        coupling: Coupling::Gumbel,
    }
}

/// What a finished program left.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; none when it was killed.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A command that runs the program in the directory `tests/`, without colours and network.
pub fn command(binary: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command
        .args(arguments)
        .current_dir(root().join("tests"))
        .env("NO_COLOR", "1")
        .env("COLUMNS", "110")
        .env("HF_HUB_OFFLINE", "1")
        .env_remove("RAYON_NUM_THREADS");
    command
}

/// Runs the program to its end.
pub fn run(binary: &str, arguments: &[&str]) -> Finished {
    command(binary, arguments).output().expect("the program starts").into()
}

/// The text of a run's journal.
pub fn journal(directory: &Path) -> String {
    std::fs::read_to_string(directory.join("journal.jsonl")).expect("the run has a journal")
}

/// The record of a run.
pub fn record(directory: &Path) -> Record {
    Record::parse(&journal(directory)).expect("the journal is whole")
}
