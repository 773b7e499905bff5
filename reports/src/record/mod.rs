//! The record: a versioned journal of JSON lines, first the header, then one line per trial.
//!
//! The journal is append-only while a run goes on. It holds nothing that varies between two runs of
//! the same specs, model and seed (no times, no speeds), so that equal runs have equal records.
//! `docs/record-format.md` describes it for other programs.

mod header;
pub(crate) mod migrate;
mod read;
#[cfg(test)]
mod tests;
mod trial;
mod variables;

pub use header::{
    ArmRecord, Better, Bound, CaseRecord, Coupling, EngineIdentity, Expectation, GriceIdentity, Header,
    LoadCheck, ModelIdentity, ProbeRecord, PromptRecord, Sampling, ScoreRecord,
};
pub use read::Reader;
use serde::{Deserialize, Serialize};
use thiserror::Error;
pub use trial::{TrialKey, TrialRecord};
pub use variables::{NAMES, Unfilled};

/// Version of the journal's format; raised when an old reader would misread it.
pub const FORMAT_VERSION: u32 = 2;

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
    /// A line in the middle is not what it should be.
    #[error("line {line} of the record cannot be read: {reason}")]
    Corrupt {
        /// Line number, from 1.
        line: usize,
        /// What the parser said.
        reason: String,
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

impl Record {
    /// Reads a header line, of this format or of an older one, which is brought up to it.
    ///
    /// # Errors
    /// When it is of a newer format, or no header.
    pub fn parse_header(line: &str) -> Result<Header, RecordError> {
        #[derive(Deserialize)]
        struct Probe {
            run: Version,
        }
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let corrupt = |error: serde_json::Error| RecordError::Corrupt { line: 1, reason: error.to_string() };
        let probe: Probe = serde_json::from_str(line).map_err(corrupt)?;
        if probe.run.format > FORMAT_VERSION {
            return Err(RecordError::Newer { found: probe.run.format });
        }
        match migrate::read(line.as_bytes(), "/run", probe.run.format).map_err(corrupt)? {
            Line::Run(header) => Ok(*header),
            _ => Err(RecordError::Corrupt { line: 1, reason: "the first line is no header".to_owned() }),
        }
    }
}
