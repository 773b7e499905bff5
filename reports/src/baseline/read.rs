//! Reading a baseline line by line, so that one of any length needs the memory of one trial.

use super::{BASELINE_VERSION, BaselineError, BaselineHeader, Line};
use crate::{
    grade::TrialScores,
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
    input: R,
    header: BaselineHeader,
    buffer: Vec<u8>,
    line: u64,
    trials: u64,
    stopped: bool,
}

impl<R: BufRead> BaselineReader<R> {
    /// Reads what the baseline is of.
    ///
    /// # Errors
    /// When it is none, when it or the record in it is of a newer format, or when it cannot be read.
    pub fn new(mut input: R) -> Result<Self, BaselineError> {
        let mut buffer = Vec::new();
        input.read_until(b'\n', &mut buffer)?;
        let header = parse(&buffer)?;
        Ok(Self { input, header, buffer, line: 1, trials: 0, stopped: false })
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

    fn next_line(&mut self) -> Result<Line, BaselineError> {
        self.buffer.clear();
        self.input.read_until(b'\n', &mut self.buffer)?;
        if self.buffer.last() != Some(&b'\n') {
            return Err(BaselineError::Short { trials: self.trials });
        }
        self.line += 1;
        serde_json::from_slice(&self.buffer)
            .map_err(|error| BaselineError::Corrupt { line: self.line, reason: error.to_string() })
    }

    fn corrupt<T>(&self, reason: impl Into<String>) -> Result<T, BaselineError> {
        Err(BaselineError::Corrupt { line: self.line, reason: reason.into() })
    }

    fn step(&mut self) -> Result<Option<BaselineTrial>, BaselineError> {
        let scores = match self.next_line()? {
            Line::Scores(scores) => scores,
            Line::End { trials } if trials == self.trials => {
                self.buffer.clear();
                self.input.read_until(b'\n', &mut self.buffer)?;
                self.line += 1;
                return match self.buffer.is_empty() {
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

/// Versions are looked at before anything else, so that a newer file is called newer and not corrupt.
fn parse(line: &[u8]) -> Result<BaselineHeader, BaselineError> {
    #[derive(Deserialize)]
    struct First {
        baseline: Version,
    }
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    #[derive(Deserialize)]
    struct Held {
        baseline: Recorded,
    }
    #[derive(Deserialize)]
    struct Recorded {
        header: Version,
    }
    let first: First = serde_json::from_slice(line).map_err(|_| BaselineError::NoBaseline)?;
    if first.baseline.format > BASELINE_VERSION {
        return Err(BaselineError::Newer { found: first.baseline.format });
    }
    let corrupt = |reason: String| BaselineError::Corrupt { line: 1, reason };
    let held: Held = serde_json::from_slice(line).map_err(|error| corrupt(error.to_string()))?;
    if held.baseline.header.format > FORMAT_VERSION {
        return Err(RecordError::Newer { found: held.baseline.header.format }.into());
    }
    let line = migrate::read(line, "/baseline/header", held.baseline.header.format);
    match line.map_err(|error| corrupt(error.to_string()))? {
        Line::Baseline(header) => Ok(*header),
        _ => Err(BaselineError::NoBaseline),
    }
}
