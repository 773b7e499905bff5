//! Why something stored cannot be read or written.

use reports::{baseline::BaselineError, grade::ScoresError, record::RecordError};
use std::io;
use thiserror::Error;

/// Why a journal cannot be written or continued.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The system refused.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Another process writes it.
    #[error("{0} is being written by another run")]
    Locked(String),
    /// It cannot be read.
    #[error("{path}: {source}")]
    Record {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: RecordError,
    },
    /// It belongs to another run.
    #[error("{path} cannot be continued: its {what} is not the same as now{values}")]
    Different {
        /// The file.
        path: String,
        /// What differs.
        what: &'static str,
        /// What it was and what it is, as the end of the sentence.
        values: String,
    },
}

/// Why a run or a baseline cannot be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no run here.
    #[error("{0} is no run directory: it has no journal.jsonl")]
    NoRun(String),
    /// There is neither a run nor a baseline.
    #[error("{what} is neither a run directory nor a baseline{near}")]
    Nothing {
        /// What the user named.
        what: String,
        /// The nearest baseline there is, as the end of the sentence.
        near: String,
    },
    /// There is a run here already.
    #[error("{0} holds a run already; choose another --out, or continue it with --resume")]
    Exists(String),
    /// The record is unreadable.
    #[error("{path}: {source}")]
    Record {
        /// The journal.
        path: String,
        /// What is wrong.
        source: RecordError,
    },
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The grades are unreadable.
    #[error("{path}: {source}")]
    Scores {
        /// The scores file.
        path: String,
        /// What is wrong.
        source: ScoresError,
    },
    /// A baseline is unreadable.
    #[error("{path}: {source}")]
    Baseline {
        /// The baseline.
        path: String,
        /// What is wrong.
        source: BaselineError,
    },
    /// Two parts of one record do not belong together.
    #[error("{path}: {reason}")]
    Foreign {
        /// The run or baseline.
        path: String,
        /// What does not fit.
        reason: String,
    },
    /// The system refused.
    #[error("{path}: {source}")]
    File {
        /// The file or directory.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}
