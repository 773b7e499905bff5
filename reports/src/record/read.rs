//! Reading a journal line by line, so that a record of any length needs the memory of one trial.

use super::{Header, Line, Record, RecordError, TrialRecord};
use std::{collections::HashSet, io::BufRead};

/// The trials of a journal, one after another, read as they are asked for.
///
/// A last line without its line break is dropped: it was being written when the run was killed.
/// After an error the iterator has ended.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    header: Header,
    trials: u64,
    complete: bool,
    stopped: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// When there is none, when it is of a newer format, or when the input cannot be read.
    pub fn new(input: R) -> Result<Self, RecordError> {
        let mut lines = Lines { input, line: 0, start: 0, end: 0 };
        let text = lines.next_line()?.ok_or(RecordError::Empty)?;
        let header = Record::parse_header(&text)?;
        Ok(Self { lines, header, trials: 0, complete: false, stopped: false })
    }

    /// What was asked, and of which model.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The header by itself; what is left of the input is not read.
    pub fn into_header(self) -> Header {
        self.header
    }

    /// The header by itself, when the trials are still to be read: the probes, which take most of its memory, are moved
    /// out of the reader.
    pub fn take_header(&mut self) -> Header {
        let probes = std::mem::take(&mut self.header.probes);
        Header { probes, ..self.header.clone() }
    }

    /// Whether the run came to its end; known only when every trial has been read.
    pub fn complete(&self) -> bool {
        self.complete
    }

    /// Trials read so far.
    pub fn trials(&self) -> u64 {
        self.trials
    }

    /// Number of the line that was read last, from 1, its first byte in the input, and the byte after it.
    pub fn place(&self) -> (usize, u64, u64) {
        (self.lines.line, self.lines.start, self.lines.end)
    }

    fn step(&mut self) -> Result<Option<TrialRecord>, RecordError> {
        let Some(text) = self.lines.next_line()? else { return Ok(None) };
        let corrupt = |reason: String| RecordError::Corrupt { line: self.lines.line, reason };
        if self.complete {
            return Err(corrupt("there is something after the end".to_owned()));
        }
        match serde_json::from_str(&text).map_err(|error| corrupt(error.to_string()))? {
            Line::Trial(trial) => {
                self.trials += 1;
                Ok(Some(*trial))
            }
            Line::Run(_) => Err(corrupt("a second header".to_owned())),
            Line::End { trials } if trials == self.trials => {
                self.complete = true;
                self.step()
            }
            Line::End { trials } => {
                let found = self.trials;
                Err(corrupt(format!("the end speaks of {trials} trials, but there are {found}")))
            }
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<TrialRecord, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stopped {
            return None;
        }
        let step = self.step().transpose();
        self.stopped = !matches!(step, Some(Ok(_)));
        step
    }
}

/// The lines of an input with their numbers and places.
#[derive(Debug)]
struct Lines<R> {
    input: R,
    line: usize,
    start: u64,
    end: u64,
}

impl<R: BufRead> Lines<R> {
    /// The next line that is whole and not blank.
    fn next_line(&mut self) -> Result<Option<String>, RecordError> {
        loop {
            let mut bytes = Vec::new();
            self.input.read_until(b'\n', &mut bytes)?;
            if bytes.last() != Some(&b'\n') {
                return Ok(None);
            }
            self.line += 1;
            (self.start, self.end) = (self.end, self.end + bytes.len() as u64);
            let text = String::from_utf8(bytes)
                .map_err(|error| RecordError::Corrupt { line: self.line, reason: error.to_string() })?;
            if !text.trim().is_empty() {
                return Ok(Some(text));
            }
        }
    }
}

impl Record {
    /// Reads a whole journal into memory. A last line cut off in the middle is dropped.
    ///
    /// # Errors
    /// See [`RecordError`]; a trial that stands twice is an error too.
    pub fn read(input: impl BufRead) -> Result<Self, RecordError> {
        let mut reader = Reader::new(input)?;
        let mut trials: Vec<TrialRecord> = Vec::new();
        let mut seen = HashSet::new();
        while let Some(trial) = reader.next() {
            let trial = trial?;
            if !seen.insert(trial.key.clone()) {
                return Err(RecordError::Doubled { line: reader.place().0, key: Box::new(trial.key) });
            }
            trials.push(trial);
        }
        Ok(Self { complete: reader.complete(), header: reader.into_header(), trials })
    }

    /// [`Record::read`] from a text.
    ///
    /// # Errors
    /// As there.
    pub fn parse(journal: &str) -> Result<Self, RecordError> {
        Self::read(journal.as_bytes())
    }
}
