//! Grading trials as they are read, a batch at a time, so that a record of any length needs the memory of one batch.
//!
//! No tables are made here: whoever wants metrics gathers the grades, as a side of a comparison does.

use super::{GradeError, Place, Places, TrialScores, bind::bind_all};
use crate::record::{Header, ProbeRecord, RecordError, TrialRecord};
use rayon::prelude::*;
use std::collections::HashMap;
use thiserror::Error;

/// Trials that are graded together. A case's samples stand beside each other in a finished record, so few cases have
/// their scorers built more than once.
const BATCH: usize = 2_048;

/// Why a record cannot be graded while it is read.
#[derive(Debug, Error)]
pub enum StreamError {
    /// The record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A trial does not belong to the header.
    #[error(transparent)]
    Grade(#[from] GradeError),
}

/// Grades trials of the probes of one header.
pub struct Grader<'a> {
    probes: HashMap<&'a str, (&'a ProbeRecord, Places<'a>)>,
}

impl<'a> Grader<'a> {
    /// A grader for the scores that a header defines.
    pub fn new(header: &'a Header) -> Self {
        let probes =
            header.probes.iter().map(|probe| (probe.id.as_str(), (probe, Places::of(probe)))).collect();
        Self { probes }
    }

    /// Grades a batch, in its order. Runs in the rayon pool of the caller.
    ///
    /// # Errors
    /// When a trial belongs to no probe, case or arm of the header.
    pub fn grade(&self, trials: &[TrialRecord]) -> Result<Vec<TrialScores>, GradeError> {
        let located = trials
            .iter()
            .map(|trial| {
                let id = trial.key.probe.as_str();
                let (probe, places) = self.probes.get(id).ok_or_else(|| GradeError::Probe(id.to_owned()))?;
                Ok((*probe, places.find(probe, trial)?, trial))
            })
            .collect::<Result<Vec<_>, GradeError>>()?;
        let mut cells: HashMap<(&str, Place), &ProbeRecord> = HashMap::new();
        for (probe, place, _) in &located {
            cells.insert((probe.id.as_str(), *place), probe);
        }
        let bound: HashMap<_, _> =
            cells.into_par_iter().map(|(cell, probe)| (cell, bind_all(probe, cell.1))).collect();
        let graded = located.par_iter().map(|(probe, place, trial)| {
            let scores = bound.get(&(probe.id.as_str(), *place)).map_or(&[][..], Vec::as_slice);
            TrialScores::of(trial, scores)
        });
        Ok(graded.collect())
    }

    /// Grades trials one after another and hands each to a consumer, with its grades, in their order.
    ///
    /// # Errors
    /// The first trial that cannot be read or graded, or what the consumer says.
    pub fn each<E: From<StreamError>>(
        &self,
        trials: impl IntoIterator<Item = Result<TrialRecord, RecordError>>,
        mut take: impl FnMut(TrialRecord, TrialScores) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut trials = trials.into_iter();
        loop {
            let batch: Vec<TrialRecord> =
                trials.by_ref().take(BATCH).collect::<Result<_, _>>().map_err(StreamError::from)?;
            if batch.is_empty() {
                return Ok(());
            }
            let graded = self.grade(&batch).map_err(StreamError::from)?;
            for (trial, scores) in batch.into_iter().zip(graded) {
                take(trial, scores)?;
            }
        }
    }
}
