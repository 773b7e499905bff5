//! The record: a versioned journal of JSON lines, first the header, then one line per trial.
//!
//! The journal is append-only while a run goes on. It holds nothing that varies between two runs of
//! the same specs, model and seed (no times, no speeds), so that equal runs have equal records.

mod header;
mod trial;

pub use header::{
    ArmRecord, Bound, CaseRecord, EngineIdentity, Expectation, GriceIdentity, Header, ModelIdentity,
    ProbeRecord, Sampling, ScoreRecord,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;
pub use trial::{TrialKey, TrialRecord};

/// Version of the journal's format; raised when an old reader would misread it.
pub const FORMAT_VERSION: u32 = 1;

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
}

impl Record {
    /// Reads a journal. A last line cut off in the middle is dropped: it was being written when the
    /// run was killed.
    ///
    /// # Errors
    /// See [`RecordError`].
    pub fn parse(journal: &str) -> Result<Self, RecordError> {
        let whole = journal.rfind('\n').map_or("", |end| &journal[..=end]);
        let mut lines = whole.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let (_, first) = lines.next().ok_or(RecordError::Empty)?;
        let header = Self::parse_header(first)?;
        let mut record = Self { header, trials: Vec::new(), complete: false };
        for (index, text) in lines {
            let corrupt = |reason: String| RecordError::Corrupt { line: index + 1, reason };
            if record.complete {
                return Err(corrupt("there is something after the end".to_owned()));
            }
            match serde_json::from_str(text).map_err(|error| corrupt(error.to_string()))? {
                Line::Trial(trial) => record.trials.push(*trial),
                Line::Run(_) => return Err(corrupt("a second header".to_owned())),
                Line::End { trials } if trials == record.trials.len() as u64 => record.complete = true,
                Line::End { trials } => {
                    let found = record.trials.len();
                    return Err(corrupt(format!("the end speaks of {trials} trials, but there are {found}")));
                }
            }
        }
        Ok(record)
    }

    /// Reads a header line.
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
        match serde_json::from_str(line).map_err(corrupt)? {
            Line::Run(header) => Ok(*header),
            _ => Err(RecordError::Corrupt { line: 1, reason: "the first line is no header".to_owned() }),
        }
    }
}
