//! Reading a baseline line by line, so that one of any length needs the memory of one trial.

use super::{BASELINE_VERSION, BaselineError, BaselineHeader, BaselineLine, FIRST_SEALED};
use crate::{
    grade::TrialScores,
    lines::{Broken, FileError, Lines, Version, version},
    record::{
        FORMAT_VERSION, Header, RecordError, TrialRecord,
        faults::{self, Expected},
        migrate,
    },
};
use serde::Deserialize;
use std::io::BufRead;

/// One trial of a baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineTrial {
    /// Its grades.
    pub scores: TrialScores,
    /// What was said, where the baseline holds it.
    pub trial: Option<TrialRecord>,
}

/// The trials of a baseline, one after another. After an error the iterator has ended.
#[derive(Debug)]
pub struct BaselineReader<R> {
    lines: Lines<R>,
    header: BaselineHeader,
    /// What its transcripts have to be.
    expected: Expected,
    trials: u64,
    stopped: bool,
}

impl<R: BufRead> BaselineReader<R> {
    /// Reads what the baseline is of.
    ///
    /// # Errors
    /// When it is none, when it or the record in it is of a newer format, or when it cannot be read.
    pub fn new(input: R) -> Result<Self, BaselineError> {
        let mut lines = Lines::new(input);
        let header = lines.first(parse, |header: &BaselineHeader| header.format >= FIRST_SEALED)?;
        let expected = Expected::of(&header.header);
        Ok(Self { lines, header, expected, trials: 0, stopped: false })
    }

    /// What the baseline is of.
    pub fn header(&self) -> &BaselineHeader {
        &self.header
    }

    /// The header of the record, when the trials are still to be read: the probes, which take most of its memory, are
    /// moved out of the reader.
    pub fn take_record(&mut self) -> Header {
        let probes = std::mem::take(&mut self.header.header.probes);
        Header { probes, ..self.header.header.clone() }
    }

    /// Whether a change of the baseline would be noticed: it is of a format that has checksums.
    pub fn protected(&self) -> bool {
        self.lines.protected()
    }

    fn next_line(&mut self) -> Result<BaselineLine, BaselineError> {
        let short = BaselineError::Short { trials: self.trials };
        let line = serde_json::from_slice(self.lines.next_line::<BaselineError>()?.ok_or(short)?);
        line.map_err(|error| unknown(self.lines.number(), self.header.header.minor, &error))
    }

    fn corrupt<T>(&self, reason: impl Into<String>) -> Result<T, BaselineError> {
        Err(BaselineError::Corrupt { line: self.lines.number() as u64, reason: reason.into() })
    }

    fn step(&mut self) -> Result<Option<BaselineTrial>, BaselineError> {
        let scores = match self.next_line()? {
            BaselineLine::Scores(scores) => scores,
            BaselineLine::End { trials } if trials == self.trials => {
                let ended = match self.lines.next_line() {
                    Err(error @ BaselineError::Unreadable(_)) => return Err(error),
                    Ok(line) => line.is_none(),
                    Err(_) => false,
                };
                return match ended && !self.lines.cut() {
                    true => Ok(None),
                    false => self.corrupt("there is something after the end"),
                };
            }
            BaselineLine::End { trials } => {
                let found = self.trials;
                return self.corrupt(format!("the end speaks of {trials} trials, but there are {found}"));
            }
            BaselineLine::Baseline(_) => return self.corrupt("a second header"),
            BaselineLine::Trial(_) => return self.corrupt("a transcript without its grades"),
        };
        let mut trial = None;
        if self.header.transcripts {
            let BaselineLine::Trial(said) = self.next_line()? else { return self.corrupt("no transcript") };
            let key = &said.key;
            let same = (&key.probe, &key.case, &key.arm, key.sample)
                == (&scores.probe, &scores.case, &scores.arm, scores.sample);
            if !same {
                return self.corrupt(format!("the transcript is of another trial, {key}"));
            }
            if let Some(fault) = self.expected.fault(&said) {
                return self.corrupt(fault);
            }
            trial = Some(*said);
        }
        self.trials += 1;
        Ok(Some(BaselineTrial { scores, trial }))
    }
}

impl<R: BufRead> Iterator for BaselineReader<R> {
    type Item = Result<BaselineTrial, BaselineError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stopped {
            return None;
        }
        let step = self.step().transpose();
        self.stopped = !matches!(step, Some(Ok(_)));
        step
    }
}

/// How the first line begins. One that begins so and cannot be read is damaged, and not something else.
const OPENING: &[u8] = b"{\"baseline\":";

impl FileError for BaselineError {
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
        matches!(self, Self::Newer { .. } | Self::Record(_))
    }
}

impl BaselineError {
    /// What is wrong with a first line that cannot be read.
    fn of_first(line: &[u8], reason: impl ToString) -> Self {
        match line.starts_with(OPENING) {
            true => Self::Corrupt { line: 1, reason: reason.to_string() },
            false => Self::NoBaseline,
        }
    }
}

fn parse(line: &[u8]) -> Result<BaselineHeader, BaselineError> {
    #[derive(Deserialize)]
    struct First {
        baseline: Recorded,
    }
    #[derive(Deserialize)]
    struct Recorded {
        header: Version,
    }
    let found = version(line, "baseline").map_err(|error| BaselineError::of_first(line, error))?.format;
    if found > BASELINE_VERSION {
        return Err(BaselineError::Newer { found });
    }
    let first: First = serde_json::from_slice(line).map_err(|error| BaselineError::of_first(line, error))?;
    let Version { format, minor } = first.baseline.header;
    if format > FORMAT_VERSION {
        return Err(RecordError::Newer { found: format }.into());
    }
    let line = migrate::read(line, "/baseline/header", format);
    match line.map_err(|error| unknown(1, minor, &error))? {
        BaselineLine::Baseline(header) => match faults::of_header(&header.header) {
            Some(reason) => Err(BaselineError::Corrupt { line: 1, reason }),
            None => Ok(*header),
        },
        _ => Err(BaselineError::NoBaseline),
    }
}

/// A line that cannot be read, of a baseline of a record with a minor version.
fn unknown(line: usize, minor: u32, error: &serde_json::Error) -> BaselineError {
    match RecordError::unknown(line, minor, error) {
        RecordError::Corrupt { reason, .. } => BaselineError::Corrupt { line: line as u64, reason },
        newer => newer.into(),
    }
}
