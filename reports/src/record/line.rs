//! The lines of a record, its formats, and why it cannot be read.

use super::{
    header::Header,
    trial::{TrialKey, TrialRecord},
};
use crate::lines::{Broken, Chain, FileError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Version of the journal's format; raised when an old reader would misread it.
pub const FORMAT_VERSION: u32 = 4;

/// Version within the format; raised when an old reader would merely not know a key, and back at 0 with every format.
pub const MINOR_VERSION: u32 = 1;

/// The first format whose lines have checksums.
pub(super) const FIRST_SEALED: u32 = 3;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first line.
    Run(Box<Header>),
    /// A finished trial.
    Trial(Box<TrialRecord>),
    /// The last line of a complete record.
    End {
        /// How many trials the record holds.
        trials: u64,
    },
}

/// A whole record in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What was asked, and of which model.
    pub header: Header,
    /// What was said, in the order of the plan.
    pub trials: Vec<TrialRecord>,
    /// Whether the run came to its end.
    pub complete: bool,
    /// Whether a change of what was stored would have been noticed: its format has checksums.
    pub protected: bool,
}

/// Why a journal cannot be read.
#[derive(Debug, Error)]
pub enum RecordError {
    /// There is no header line.
    #[error("the record is empty")]
    Empty,
    /// Written by a newer Grice.
    #[error(
        "the record has format {found}; this version of Grice reads up to {FORMAT_VERSION}. Use a newer Grice"
    )]
    Newer {
        /// The format that the record says it has.
        found: u32,
    },
    /// Written by a newer Grice, which says something that this one does not know.
    #[error(
        "line {line} of the record, which has format {FORMAT_VERSION}.{minor}, says something that this version of Grice does not \
         know ({reason}); it knows {FORMAT_VERSION}.{MINOR_VERSION}. Use a newer Grice"
    )]
    NewerMinor {
        /// Line number, from 1.
        line: usize,
        /// The minor version that the record says it has.
        minor: u32,
        /// What the parser said.
        reason: String,
    },
    /// A line in the middle is not what it should be.
    #[error("line {line} of the record cannot be read: {reason}")]
    Corrupt {
        /// Line number, from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// A line is not the one that was written.
    #[error("line {line} of the record is not as it was written: {broken}. {}", what_to_do(*line))]
    Altered {
        /// Line number, from 1.
        line: usize,
        /// How that shows.
        broken: Broken,
    },
    /// A trial was recorded twice.
    #[error("line {line} of the record: the trial {key} stands there for the second time")]
    Doubled {
        /// Line number, from 1.
        line: usize,
        /// Which trial.
        key: Box<TrialKey>,
    },
    /// The input itself failed.
    #[error("the record cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
}

/// What helps against a line that is not what was written.
fn what_to_do(line: usize) -> &'static str {
    match line {
        ..=1 => "Take the file from a copy, or run anew",
        _ => "Take the file from a copy, or delete it from this line on and continue the run with --resume",
    }
}

impl Line {
    /// The line as it is stored, with its checksum and its line break, below the line that `chain` stands at.
    ///
    /// # Errors
    /// Never in practice: all of it can be written as JSON.
    pub fn sealed(&self, chain: &mut Chain) -> serde_json::Result<String> {
        Ok(chain.seal(&serde_json::to_string(self)?))
    }
}

impl FileError for RecordError {
    fn without_first(_: &[u8]) -> Self {
        Self::Empty
    }

    fn altered(line: usize, broken: Broken) -> Self {
        Self::Altered { line, broken }
    }

    fn corrupt(line: usize, reason: String) -> Self {
        Self::Corrupt { line, reason }
    }

    fn is_newer(&self) -> bool {
        matches!(self, Self::Newer { .. })
    }
}

impl RecordError {
    /// A line that cannot be read, of a record with a minor version.
    pub(crate) fn unknown(line: usize, minor: u32, error: &serde_json::Error) -> Self {
        let reason = error.to_string();
        match minor > MINOR_VERSION && error.is_data() {
            true => Self::NewerMinor { line, minor, reason },
            false => Self::Corrupt { line, reason },
        }
    }
}
