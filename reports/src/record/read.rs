//! Reading a journal line by line, so that a record of any length needs the memory of one trial.

use super::{
    faults::{self, Expected},
    header::Header,
    line::{FIRST_SEALED, FORMAT_VERSION, Line, Record, RecordError},
    migrate,
    trial::TrialRecord,
};
use crate::lines::{Chain, Lines, Version, version};
use std::{collections::HashSet, io::BufRead};

/// The trials of a journal, one after another, read as they are asked for.
///
/// A last line without its line break is dropped: it was being written when the run was killed. Every other line is held
/// against its checksum; a record of a format from before there were any is read without ([`Reader::protected`]). A trial that cannot
/// have come of what was asked is an error.
/// After an error the iterator has ended.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    header: Header,
    expected: Expected,
    /// The format that the header had.
    format: u32,
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
        let mut lines = Lines::new(input);
        let (header, format) = lines.first(Record::parse_header, |(_, format)| *format >= FIRST_SEALED)?;
        let expected = Expected::of(&header);
        Ok(Self { lines, header, expected, format, trials: 0, complete: false, stopped: false })
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

    /// Whether it is of the newest format.
    pub fn current(&self) -> bool {
        self.format == FORMAT_VERSION
    }

    /// Whether a change of the record would be noticed: it is of a format that has checksums.
    pub fn protected(&self) -> bool {
        self.lines.protected()
    }

    /// The checksum of the line that was read last; none where the record has none.
    pub fn checksum(&self) -> Option<Chain> {
        self.lines.checksum()
    }

    /// Trials read so far.
    pub fn trials(&self) -> u64 {
        self.trials
    }

    /// Number of the line that was read last, from 1, its first byte in the input, and the byte after it.
    pub fn place(&self) -> (usize, u64, u64) {
        self.lines.place()
    }

    fn step(&mut self) -> Result<Option<TrialRecord>, RecordError> {
        let Some(text) = self.lines.next_line::<RecordError>()? else { return Ok(None) };
        let line = serde_json::from_slice(text);
        let corrupt = |reason: String| RecordError::Corrupt { line: self.lines.number(), reason };
        if self.complete {
            return Err(corrupt("there is something after the end".to_owned()));
        }
        let unknown = |error| RecordError::unknown(self.lines.number(), self.header.minor, &error);
        match line.map_err(unknown)? {
            Line::Trial(trial) => {
                if let Some(fault) = self.expected.fault(&trial) {
                    return Err(corrupt(fault));
                }
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
        let (complete, protected) = (reader.complete(), reader.protected());
        Ok(Self { complete, protected, header: reader.into_header(), trials })
    }

    /// [`Record::read`] from a text.
    ///
    /// # Errors
    /// As there.
    pub fn parse(journal: &str) -> Result<Self, RecordError> {
        Self::read(journal.as_bytes())
    }
}

impl Record {
    /// Reads a header line without its checksum, of this format or of an older one, which is brought up to it. Beside it,
    /// the format that it had.
    ///
    /// # Errors
    /// When it is of a newer format, or no header.
    fn parse_header(line: &[u8]) -> Result<(Header, u32), RecordError> {
        let corrupt = |reason: &str| RecordError::Corrupt { line: 1, reason: reason.to_owned() };
        // What a file holds that is no record at all is nobody's business: the parser would quote it.
        let Version { format, minor } =
            version(line, "run").map_err(|_| corrupt("it is no header of a record"))?;
        if format > FORMAT_VERSION {
            return Err(RecordError::Newer { found: format });
        }
        let read =
            migrate::read(line, "/run", format).map_err(|error| RecordError::unknown(1, minor, &error))?;
        let Line::Run(header) = read else { return Err(corrupt("it is no header of a record")) };
        match faults::of_header(&header) {
            Some(fault) => Err(corrupt(&fault)),
            None => Ok((*header, format)),
        }
    }
}
