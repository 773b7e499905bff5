//! Grading trials as they are read, a batch at a time, so that a record of any length is never in memory whole.

use super::{
    GradeError, TrialScores,
    bind::{Bound, bind_all},
    places::{CellIndex, Places},
};
use crate::record::{Header, ProbeRecord, RecordError, TrialKey, TrialRecord};
use rayon::prelude::*;
use std::collections::HashMap;
use thiserror::Error;

/// Trials that are graded together. A case's samples stand beside each other in a finished record, so few cases have
/// their scorers built more than once.
const BATCH: usize = 2_048;

/// Bytes of text that are graded together, but for the last trial.
const BATCH_BYTES: usize = 8 << 20;

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
    header: &'a Header,
    places: Places,
}

impl<'a> Grader<'a> {
    /// Trials of a batch, usually.
    pub(crate) const BATCH: usize = BATCH;

    /// A grader for the scores that a header defines.
    pub fn new(header: &'a Header) -> Self {
        Self { header, places: Places::of(header) }
    }

    /// Grades a batch, in its order. Runs in the rayon pool of the caller.
    ///
    /// # Errors
    /// When a trial belongs to no probe, case or arm of the header.
    pub fn grade(&self, trials: &[TrialRecord]) -> Result<Vec<TrialScores>, GradeError> {
        let located = trials
            .iter()
            .map(|trial| {
                let key = &trial.key;
                let (index, place) = self.places.find(&key.probe, &key.case, &key.arm)?;
                Ok((index, place))
            })
            .collect::<Result<Vec<(usize, CellIndex)>, GradeError>>()?;
        let mut cells: HashMap<(usize, CellIndex), &ProbeRecord> = HashMap::new();
        for (index, place) in &located {
            if let Some(probe) = self.header.probes.get(*index) {
                cells.insert((*index, *place), probe);
            }
        }
        let bound: HashMap<(usize, CellIndex), Vec<Bound>> =
            cells.into_par_iter().map(|(cell, probe)| (cell, bind_all(probe, cell.1))).collect();
        let graded = located.par_iter().zip(trials).map(|(cell, trial)| {
            let scores = bound.get(cell).map_or(&[][..], Vec::as_slice);
            graded(trial, scores)
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
            let batch = next_batch(&mut trials)?;
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

fn next_batch(
    trials: &mut impl Iterator<Item = Result<TrialRecord, RecordError>>,
) -> Result<Vec<TrialRecord>, StreamError> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while batch.len() < BATCH && bytes < BATCH_BYTES {
        let Some(trial) = trials.next() else { break };
        let trial = trial?;
        bytes += super::text_bytes(&trial);
        batch.push(trial);
    }
    Ok(batch)
}

/// The grades of a trial by these scores.
fn graded(trial: &TrialRecord, scores: &[Bound]) -> TrialScores {
    let TrialKey { probe, case, arm, sample } = trial.key.clone();
    let scores = scores.iter().flat_map(|score| score.grade(&trial.transcript)).collect();
    TrialScores { probe, case, arm, sample, scores }
}
