//! Stored baselines: what a comparison needs of a record, in one file that can be committed.
//!
//! A baseline is JSON lines: what it is of, a line of grades per trial in the order of the record, and an end. The
//! transcripts are left out unless wanted, the evidence of grades always. Only complete runs become baselines. Equal records give equal bytes, whatever
//! the file is called. `docs/record-format.md` describes the format; which files there are is the runner's business.

mod read;
#[cfg(test)]
mod tests;

use crate::{
    grade::{GRADING_VERSION, TrialScores},
    lines::{Broken, Chain},
    record::{Header, RecordError, TrialRecord},
};
pub use read::{BaselineReader, BaselineTrial};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use thiserror::Error;

/// Version of the format of baselines; raised when an old reader would misread one.
pub const BASELINE_VERSION: u32 = 2;

/// The first format whose lines have checksums.
const FIRST_SEALED: u32 = 2;

/// What a baseline is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineHeader {
    /// [`BASELINE_VERSION`] when written.
    pub format: u32,
    /// Version of the scorers that graded it.
    pub grading: u32,
    /// BLAKE3 of the journal that it was made from, in hex.
    pub journal: String,
    /// Whether the transcripts are in the file.
    pub transcripts: bool,
    /// The header of the record, with the measures that the grades are of.
    pub header: Header,
}

/// One line of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BaselineLine {
    /// The first line.
    Baseline(Box<BaselineHeader>),
    /// The grades of a trial.
    Scores(TrialScores),
    /// The transcript of the trial whose grades stand in the line before.
    Trial(Box<TrialRecord>),
    /// The last line.
    End {
        /// How many trials the baseline holds.
        trials: u64,
    },
}

/// Why a baseline cannot be read.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// It is something else.
    #[error("it is no baseline: its first line does not say what it is of")]
    NoBaseline,
    /// Written by a newer Grice.
    #[error(
        "the baseline has format {found}; this version of Grice reads up to {BASELINE_VERSION}. Use a newer Grice"
    )]
    Newer {
        /// The format that the baseline says it has.
        found: u32,
    },
    /// The record in it was written by a newer Grice.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A line is not what it should be.
    #[error("line {line} of the baseline cannot be read: {reason}")]
    Corrupt {
        /// Line number, from 1.
        line: u64,
        /// What the parser said.
        reason: String,
    },
    /// A line is not the one that was written.
    #[error(
        "line {line} of the baseline is not as it was written: {broken}. Take the file from a copy, or save it anew from its \
         run with `grice baseline save --replace`"
    )]
    Altered {
        /// Line number, from 1.
        line: u64,
        /// How that shows.
        broken: Broken,
    },
    /// The end is missing.
    #[error("the baseline was cut off after {trials} trials")]
    Short {
        /// Trials that there are.
        trials: u64,
    },
    /// The input itself failed.
    #[error("the baseline cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// Writes a baseline, line by line.
#[derive(Debug)]
pub struct BaselineWriter<W> {
    output: W,
    chain: Chain,
    transcripts: bool,
    trials: u64,
}

impl<W: Write> BaselineWriter<W> {
    /// Starts a baseline of a record with these measures.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(output: W, header: Header, journal: String, transcripts: bool) -> io::Result<Self> {
        let (format, grading) = (BASELINE_VERSION, GRADING_VERSION);
        let header = BaselineHeader { format, grading, journal, transcripts, header };
        let mut writer = Self { output, chain: Chain::default(), transcripts, trials: 0 };
        writer.write(&BaselineLine::Baseline(Box::new(header)))?;
        Ok(writer)
    }

    /// Adds a trial; its transcript is left out unless the baseline was started with transcripts.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn add(&mut self, trial: TrialRecord, scores: TrialScores) -> io::Result<()> {
        self.write(&BaselineLine::Scores(scores.without_evidence()))?;
        if self.transcripts {
            self.write(&BaselineLine::Trial(Box::new(trial)))?;
        }
        self.trials += 1;
        Ok(())
    }

    /// Ends the baseline; how many trials it holds.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> io::Result<u64> {
        self.write(&BaselineLine::End { trials: self.trials })?;
        self.output.flush()?;
        Ok(self.trials)
    }

    fn write(&mut self, line: &BaselineLine) -> io::Result<()> {
        let object = serde_json::to_string(line)?;
        self.output.write_all(self.chain.seal(&object).as_bytes())
    }
}
