//! One side of a comparison: the grades of a record without its text, and what reports call it.

use super::error::CompareError;
use crate::{
    digest::{Digest, Tables, tables::ProbeTable},
    grade::{GradeError, TrialScores, places::ProbePlaces},
    record::{FORMAT_VERSION, Header, RecordError},
};
use std::sync::Arc;

/// The grades of one record, ready to be compared.
#[derive(Clone, Debug)]
pub struct Side {
    name: String,
    header: Arc<Header>,
    complete: bool,
    tables: Tables,
}

impl Side {
    /// A side without trials; `name` is what reports call it. Whoever grades the trials meanwhile can share the header.
    ///
    /// # Errors
    /// When the record is of a newer format.
    pub fn new(name: impl Into<String>, header: impl Into<Arc<Header>>) -> Result<Self, CompareError> {
        let header = header.into();
        let tables = Tables::new(&header);
        Self::with(name.into(), header, tables)
    }

    fn with(name: String, header: Arc<Header>, tables: Tables) -> Result<Self, CompareError> {
        if header.format > FORMAT_VERSION {
            let error = RecordError::Newer { found: header.format };
            return Err(CompareError::Record { side: name, error: error.to_string() });
        }
        Ok(Self { name, header, complete: true, tables })
    }

    /// Fills a side from graded trials, such as the lines of `scores.jsonl`.
    ///
    /// # Errors
    /// When the record is of a newer format, when a line cannot be read, when a trial does not belong to
    /// the header, or when one stands there twice.
    pub fn read<E: std::fmt::Display>(
        name: impl Into<String>,
        header: Header,
        trials: impl IntoIterator<Item = Result<TrialScores, E>>,
    ) -> Result<Self, CompareError> {
        let mut side = Self::new(name, header)?;
        for trial in trials {
            let trial = trial.map_err(|error| side.wrong(error.to_string()))?;
            side.add(&trial)?;
        }
        side.settle()?;
        Ok(side)
    }

    /// The grades of a digest.
    ///
    /// # Errors
    /// When the record is of a newer format.
    pub fn of(name: impl Into<String>, digest: Digest) -> Result<Self, CompareError> {
        let (header, tables) = digest.into_tables();
        Self::with(name.into(), header, tables)
    }

    /// States that the run was cut short; a side counts as complete unless told so.
    #[must_use]
    pub fn with_complete(mut self, complete: bool) -> Self {
        self.complete = complete;
        self
    }

    /// Gives it another name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Puts a header of the same probes, cases, arms and scores into the place of the one that it has: that of a run whose
    /// samples have grown.
    pub fn renew(&mut self, header: impl Into<Arc<Header>>) {
        self.header = header.into();
    }

    /// Adds one graded trial.
    ///
    /// # Errors
    /// When the header does not know its probe, case or arm.
    pub fn add(&mut self, trial: &TrialScores) -> Result<(), CompareError> {
        let added = self.tables.add(trial);
        added.map(drop).map_err(|error| self.foreign(&error))
    }

    /// Sorts the grades, which pairing needs. More can be added afterwards, and then sorted again.
    ///
    /// # Errors
    /// When a trial stands there twice.
    pub fn settle(&mut self) -> Result<(), CompareError> {
        let settled = self.tables.settle(&self.header);
        settled.map_err(|error| self.foreign(&error))
    }

    /// What reports call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The header of its record.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether its run came to its end.
    pub fn complete(&self) -> bool {
        self.complete
    }

    /// Its trials.
    pub fn trials(&self) -> u64 {
        self.tables.trials()
    }

    pub(super) fn probe(&self, id: &str) -> Option<&ProbeTable> {
        self.tables.probe(id)
    }

    /// Where the trials of a probe stand.
    pub(super) fn places(&self, id: &str) -> Option<&ProbePlaces> {
        let places = self.tables.places();
        places.probes().get(places.probe(id)?)
    }

    fn foreign(&self, error: &GradeError) -> CompareError {
        self.wrong(error.to_string())
    }

    fn wrong(&self, error: String) -> CompareError {
        CompareError::Record { side: self.name.clone(), error }
    }
}
