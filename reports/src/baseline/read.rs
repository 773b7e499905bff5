//! Reading a baseline line by line, so that one of any length needs the memory of one trial.

use super::{BASELINE_VERSION, BaselineError, BaselineHeader, FIRST_SEALED, Line};
use crate::{
    grade::TrialScores,
    lines::{Broken, LineError, Lines, too_long},
    record::{FORMAT_VERSION, Header, RecordError, TrialRecord, migrate},
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
        match lines.next_line() {
            Ok(_) => {}
            // A newer Grice may make its checksums otherwise.
            Err(LineError::Broken(broken)) => {
                let newer = parse(lines.text()).err();
                let newer = newer
                    .filter(|error| matches!(error, BaselineError::Newer { .. } | BaselineError::Record(_)));
                return Err(newer.unwrap_or(BaselineError::Altered { line: 1, broken }));
            }
            Err(error) => return Err(unreadable(error, lines.number())),
        }
        let header = parse(lines.text())?;
        if header.format >= FIRST_SEALED && !lines.protected() {
            return Err(BaselineError::Altered { line: 1, broken: Broken::Missing });
        }
        Ok(Self { lines, header, trials: 0, stopped: false })
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

    fn next_line(&mut self) -> Result<Line, BaselineError> {
        let line = match self.lines.next_line() {
            Ok(None) => return Err(BaselineError::Short { trials: self.trials }),
            Ok(Some(line)) => serde_json::from_slice(line),
            Err(error) => return Err(unreadable(error, self.lines.number())),
        };
        line.map_err(|error| unknown(self.lines.number(), self.header.header.minor, &error))
    }

    fn corrupt<T>(&self, reason: impl Into<String>) -> Result<T, BaselineError> {
        Err(BaselineError::Corrupt { line: self.lines.number() as u64, reason: reason.into() })
    }

    fn step(&mut self) -> Result<Option<BaselineTrial>, BaselineError> {
        let scores = match self.next_line()? {
            Line::Scores(scores) => scores,
            Line::End { trials } if trials == self.trials => {
                let ended = match self.lines.next_line() {
                    Err(LineError::Unreadable(error)) => return Err(error.into()),
                    Ok(line) => line.is_none(),
                    Err(_) => false,
                };
                return match ended && !self.lines.cut() {
                    true => Ok(None),
                    false => self.corrupt("there is something after the end"),
                };
            }
            Line::End { trials } => {
                let found = self.trials;
                return self.corrupt(format!("the end speaks of {trials} trials, but there are {found}"));
            }
            Line::Baseline(_) => return self.corrupt("a second header"),
            Line::Trial(_) => return self.corrupt("a transcript without its grades"),
        };
        let mut trial = None;
        if self.header.transcripts {
            let Line::Trial(said) = self.next_line()? else { return self.corrupt("no transcript") };
            let key = &said.key;
            let same = (&key.probe, &key.case, &key.arm, key.sample)
                == (&scores.probe, &scores.case, &scores.arm, scores.sample);
            if !same {
                return self.corrupt(format!("the transcript is of another trial, {key}"));
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

/// Why a line cannot be had; `number` is that of the last line that was whole.
fn unreadable(error: LineError, number: usize) -> BaselineError {
    let line = number as u64;
    match error {
        LineError::Broken(broken) => BaselineError::Altered { line, broken },
        LineError::TooLong => BaselineError::Corrupt { line: line + 1, reason: too_long() },
        LineError::Unreadable(error) => error.into(),
    }
}

/// How the first line begins. One that begins so and cannot be read is damaged, and not something else.
const OPENING: &[u8] = b"{\"baseline\":";

/// Versions are looked at before anything else, so that a newer file is called newer and not corrupt.
fn parse(line: &[u8]) -> Result<BaselineHeader, BaselineError> {
    #[derive(Deserialize)]
    struct First {
        baseline: Version,
    }
    #[derive(Deserialize)]
    struct Version {
        format: u32,
        #[serde(default)]
        minor: u32,
    }
    #[derive(Deserialize)]
    struct Held {
        baseline: Recorded,
    }
    #[derive(Deserialize)]
    struct Recorded {
        header: Version,
    }
    let corrupt = |reason: String| BaselineError::Corrupt { line: 1, reason };
    let first: First = serde_json::from_slice(line).map_err(|error| match line.starts_with(OPENING) {
        true => corrupt(error.to_string()),
        false => BaselineError::NoBaseline,
    })?;
    if first.baseline.format > BASELINE_VERSION {
        return Err(BaselineError::Newer { found: first.baseline.format });
    }
    let held: Held = serde_json::from_slice(line).map_err(|error| corrupt(error.to_string()))?;
    if held.baseline.header.format > FORMAT_VERSION {
        return Err(RecordError::Newer { found: held.baseline.header.format }.into());
    }
    let line = migrate::read(line, "/baseline/header", held.baseline.header.format);
    match line.map_err(|error| unknown(1, held.baseline.header.minor, &error))? {
        Line::Baseline(header) => Ok(*header),
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
