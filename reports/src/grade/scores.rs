//! The format of `scores.jsonl`: a line that says what the grades are of, then a line per trial.
//!
//! Grades are computed from a journal and can always be computed again, so a reader has to know whether those at hand
//! still belong to it: the first line holds the hash of the journal and the version of the scorers. Whether they
//! match is for the caller to see, who has the journal.

use super::TrialScores;
use crate::{
    lines::{Broken, Chain, FileError, Lines, version},
    record::{Better, Control, Expectation, ProbeRecord, ScoreRecord},
};
use indexmap::IndexMap;
use scorers::metric::MetricConfig;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};
use thiserror::Error;

/// Version of the format of `scores.jsonl`; raised when an old reader would misread it. Files without a first line of
/// their own are older than version 1 and are graded again.
pub const SCORES_VERSION: u32 = 2;

/// The first format whose lines have checksums.
const FIRST_SEALED: u32 = 2;

/// Version of the scorers; raised when any of them gives a transcript another grade than before, so that stored
/// grades of another version are made again, or refused where there is no transcript to make them from.
pub const GRADING_VERSION: u32 = 3;

/// What the grades of a file are of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoresHeader {
    /// [`SCORES_VERSION`] when written.
    pub format: u32,
    /// [`GRADING_VERSION`] when graded.
    pub grading: u32,
    /// BLAKE3 of the journal that was graded, in hex.
    pub journal: String,
    /// Trials in the journal, and so lines after this one.
    pub trials: u64,
    /// Whether the journal is that of a complete run.
    pub complete: bool,
    /// By probe, the measures that took the place of those in the journal; empty where they are the journal's own.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub measures: IndexMap<String, Measures>,
}

/// What is measured on the transcripts of a probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measures {
    /// The scores, by name.
    pub scores: IndexMap<String, ScoreRecord>,
    /// The metrics, by name.
    pub metrics: IndexMap<String, MetricConfig>,
    /// Which direction of a metric is better, where the spec says so; none in files from before it was kept here, where the
    /// directions in the journal hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<IndexMap<String, Better>>,
    /// What must hold.
    pub expect: Vec<Expectation>,
    /// Metrics that are shown beside their controls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<Control>,
}

impl Measures {
    /// The measures of a probe.
    pub fn of(probe: &ProbeRecord) -> Self {
        let ProbeRecord { scores, metrics, better, expect, controls, .. } = probe.clone();
        Self { scores, metrics, better: Some(better), expect, controls }
    }

    /// Puts these measures in the place of a probe's own.
    pub fn put_into(self, probe: &mut ProbeRecord) {
        let Self { scores, metrics, better, expect, controls } = self;
        (probe.scores, probe.metrics, probe.expect, probe.controls) = (scores, metrics, expect, controls);
        probe.better = better.unwrap_or(std::mem::take(&mut probe.better));
    }
}

/// Why a scores file cannot be read.
#[derive(Debug, Error)]
pub enum ScoresError {
    /// Older than the first version, or no scores file at all.
    #[error("its first line does not say which journal it grades")]
    Unversioned,
    /// Written by a newer Grice.
    #[error(
        "the scores have format {found}; this version of Grice reads up to {SCORES_VERSION}. Use a newer Grice"
    )]
    Newer {
        /// The format that the file says it has.
        found: u32,
    },
    /// A line is not what it should be.
    #[error("line {line} of the scores cannot be read: {reason}. `grice score` makes them anew")]
    Corrupt {
        /// Line number, from 1.
        line: u64,
        /// What the parser said.
        reason: String,
    },
    /// A line is not the one that was written.
    #[error("line {line} of the scores is not as it was written: {broken}. `grice score` makes them anew")]
    Altered {
        /// Line number, from 1.
        line: u64,
        /// How that shows.
        broken: Broken,
    },
    /// Lines are missing, or there are too many.
    #[error(
        "the scores have {found} trials of {expected}: the file was cut off. `grice score` makes them anew"
    )]
    Short {
        /// Trials that there should be.
        expected: u64,
        /// Trials that there are.
        found: u64,
    },
    /// The input itself failed.
    #[error("the scores cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
}

/// How the first line begins. One that begins so and cannot be read is damaged, and not one of another time.
const OPENING: &[u8] = b"{\"grades\":";

/// The first line of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First<H> {
    grades: H,
}

impl FileError for ScoresError {
    fn without_first(begun: &[u8]) -> Self {
        Self::of_first(begun, "it is cut off")
    }

    fn altered(line: usize, broken: Broken) -> Self {
        Self::Altered { line: line as u64, broken }
    }

    fn corrupt(line: usize, reason: String) -> Self {
        Self::Corrupt { line: line as u64, reason }
    }

    fn is_newer(&self) -> bool {
        matches!(self, Self::Newer { .. })
    }
}

impl ScoresError {
    /// What is wrong with a first line that cannot be read.
    fn of_first(line: &[u8], reason: impl ToString) -> Self {
        match line.starts_with(OPENING) {
            true => Self::Corrupt { line: 1, reason: reason.to_string() },
            false => Self::Unversioned,
        }
    }
}

impl ScoresHeader {
    fn parse(line: &[u8]) -> Result<Self, ScoresError> {
        let found = version(line, "grades").map_err(|error| ScoresError::of_first(line, error))?.format;
        if found > SCORES_VERSION {
            return Err(ScoresError::Newer { found });
        }
        let first: First<Self> =
            serde_json::from_slice(line).map_err(|error| ScoresError::of_first(line, error))?;
        Ok(first.grades)
    }
}

/// Writes a scores file line by line, with their checksums.
pub struct ScoresWriter<W> {
    output: W,
    chain: Chain,
}

impl<W: Write> ScoresWriter<W> {
    /// Writes the first line.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(output: W, header: &ScoresHeader) -> io::Result<Self> {
        let mut writer = Self { output, chain: Chain::default() };
        writer.write(&First { grades: header })?;
        Ok(writer)
    }

    /// Writes the grades of the next trial of the journal.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn add(&mut self, trial: &TrialScores) -> io::Result<()> {
        self.write(trial)
    }

    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        self.output.write_all(self.chain.seal(&serde_json::to_string(line)?).as_bytes())
    }
}

/// The lines of a scores file, one after another. After an error the iterator has ended.
#[derive(Debug)]
pub struct ScoresReader<R> {
    lines: Lines<R>,
    header: ScoresHeader,
    found: u64,
    stopped: bool,
}

impl<R: BufRead> ScoresReader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// When it does not say what the grades are of, or a newer Grice wrote it.
    pub fn new(input: R) -> Result<Self, ScoresError> {
        let mut lines = Lines::new(input);
        let header = lines.first(ScoresHeader::parse, |header| header.format >= FIRST_SEALED)?;
        Ok(Self { lines, header, found: 0, stopped: false })
    }

    /// What the grades are of.
    pub fn header(&self) -> &ScoresHeader {
        &self.header
    }

    /// Whether a change of the grades would be noticed: they are of a format that has checksums.
    pub fn protected(&self) -> bool {
        self.lines.protected()
    }

    fn step(&mut self) -> Result<Option<TrialScores>, ScoresError> {
        let Some(line) = self.lines.next_line::<ScoresError>()? else {
            let (expected, found) = (self.header.trials, self.found);
            return match expected == found && !self.lines.cut() {
                true => Ok(None),
                false => Err(ScoresError::Short { expected, found }),
            };
        };
        let scores = serde_json::from_slice(line);
        self.found += 1;
        let corrupt = |reason| ScoresError::Corrupt { line: self.lines.number() as u64, reason };
        if self.found > self.header.trials {
            return Err(corrupt(format!("the first line speaks of {} trials only", self.header.trials)));
        }
        scores.map(Some).map_err(|error: serde_json::Error| corrupt(error.to_string()))
    }
}

impl<R: BufRead> Iterator for ScoresReader<R> {
    type Item = Result<TrialScores, ScoresError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stopped {
            return None;
        }
        let step = self.step().transpose();
        self.stopped = !matches!(step, Some(Ok(_)));
        step
    }
}
