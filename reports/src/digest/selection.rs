//! The transcripts that a page shows, read from the record once it is known which they are.

use super::{
    Digest,
    choice::{Choice, Room},
    interest::Interest,
    tables::Trial,
};
use crate::{
    grade::{Grader, StreamError, TrialScores},
    record::{Record, RecordError, TrialKey, TrialRecord},
};

/// One transcript with its grades.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// Index of the probe in the header.
    pub probe: usize,
    /// What was said.
    pub trial: TrialRecord,
    /// How it is graded, with the evidence.
    pub scores: TrialScores,
    /// Why it is here.
    pub interest: Interest,
    place: Trial,
}

/// The transcripts that a page shows, in the order of probes, cases, arms and samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The transcripts.
    pub trials: Vec<Selected>,
    /// Of how many trials they were chosen.
    pub total: usize,
}

impl Digest {
    /// Chooses transcripts by the usual rule, and takes them from a record in memory, which has to be the one that was
    /// digested.
    ///
    /// # Errors
    /// When a trial does not belong to the header.
    pub fn select(&self, room: Room, record: &Record) -> Result<Selection, StreamError> {
        self.choose(room, |_| true).read(self, record.trials.iter().cloned().map(Ok))
    }
}

impl Choice {
    /// Reads the chosen trials from the record that was digested, and grades them once more, for the evidence. Reading ends
    /// when all are found. Runs in the rayon pool of the caller.
    ///
    /// # Errors
    /// When a trial cannot be read, or does not belong to the header.
    pub fn read(
        self,
        digest: &Digest,
        trials: impl IntoIterator<Item = Result<TrialRecord, RecordError>>,
    ) -> Result<Selection, StreamError> {
        let chosen = |trial: &Result<TrialRecord, RecordError>| {
            trial.as_ref().map_or(true, |trial| self.place(digest, &trial.key).is_some())
        };
        let wanted = trials.into_iter().filter(chosen).take(self.chosen.len());
        let mut found = Vec::with_capacity(self.chosen.len());
        Grader::new(digest.header()).each(wanted, |trial, scores| {
            found.push((trial, scores));
            Ok::<(), StreamError>(())
        })?;
        Ok(self.of_graded(digest, found))
    }

    /// The chosen ones among trials with their grades.
    pub(crate) fn of_graded(
        self,
        digest: &Digest,
        graded: impl IntoIterator<Item = (TrialRecord, TrialScores)>,
    ) -> Selection {
        let select = |(trial, scores): (TrialRecord, TrialScores)| {
            let (probe, place, interest) = self.place(digest, &trial.key)?;
            Some(Selected { probe, trial, scores, interest, place })
        };
        let mut trials: Vec<Selected> = graded.into_iter().filter_map(select).collect();
        trials.sort_by_key(|selected| (selected.probe, selected.place));
        Selection { trials, total: self.total }
    }

    /// Where a trial stands and why it is wanted; none where it is not.
    fn place(&self, digest: &Digest, key: &TrialKey) -> Option<(usize, Trial, Interest)> {
        let (probe, at) = digest.tables.places().find(&key.probe, &key.case, &key.arm).ok()?;
        let place = (at.case, at.arm, key.sample);
        Some((probe, place, *self.chosen.get(&(probe, place))?))
    }
}
