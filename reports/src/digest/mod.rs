//! One fold over a record: trials and their grades go in one by one, and what every view needs of all of them comes out.
//!
//! A digest holds the grades as numbers ([`Tables`], which a comparison needs and nothing else), counts, what the first
//! failures said, and for each trial how long it is: some hundred bytes a trial, and no text that a model wrote. The few
//! transcripts that a page shows are chosen from it ([`Digest::choose`]) and read again ([`Choice::read`]). Nothing in it
//! depends on the order in which the trials came.

mod choice;
mod count;
mod cut;
mod failures;
mod interest;
mod selection;
pub(crate) mod tables;
#[cfg(test)]
mod tests;

use crate::{
    grade::{GradeError, Grader, TrialScores, all_turns, text_bytes},
    record::{Header, ProbeRecord, Record, TrialRecord},
};
pub use choice::{Choice, Room};
pub(crate) use count::planned;
pub use count::{Counts, Failures, Grades};
pub use cut::CutOffs;
use cut::CutPlaces;
use failures::FirstFailures;
pub use interest::Interest;
use scorers::{Body, Outcome};
pub use selection::{Selected, Selection};
use std::sync::Arc;
pub use tables::Tables;
use tables::Trial;

/// What a record comes to.
#[derive(Clone, Debug)]
pub struct Digest {
    header: Arc<Header>,
    complete: bool,
    tables: Tables,
    said: Vec<TranscriptCounts>,
}

/// What is kept of the transcripts of one probe, beside their grades.
#[derive(Clone, Debug, Default)]
pub(crate) struct TranscriptCounts {
    /// Trials, generations and grades.
    pub(crate) counts: Counts,
    /// What became of the grades, by score in the order of the spec.
    pub(crate) scores: Vec<Grades>,
    /// Replies that were cut off, by score, arm and round.
    pub(crate) cut: CutPlaces,
    /// Trials with a grade that could not be given.
    troubled: u64,
    failures: FirstFailures,
    trials: Vec<Extent>,
}

/// One transcript, as far as it matters for whether a page shows it.
#[derive(Clone, Copy, Debug)]
struct Extent {
    trial: Trial,
    /// About how many bytes it takes in a page.
    bytes: u32,
    /// Whether a generation failed.
    broken: bool,
}

impl Digest {
    /// A digest without trials. Whoever grades the trials meanwhile can share the header.
    pub fn new(header: impl Into<Arc<Header>>) -> Self {
        let header = header.into();
        let said = |probe: &ProbeRecord| TranscriptCounts {
            scores: vec![Grades::default(); probe.scores.len()],
            ..TranscriptCounts::default()
        };
        let (tables, said) = (Tables::new(&header), header.probes.iter().map(said).collect());
        Self { header, complete: false, tables, said }
    }

    /// The digest of a record in memory, graded. Runs in the rayon pool of the caller.
    ///
    /// # Errors
    /// When a trial belongs to no probe, case or arm of the header, or stands there twice.
    pub fn of(record: &Record) -> Result<Self, GradeError> {
        let mut digest = Self::new(record.header.clone());
        let grader = Grader::new(&record.header);
        for trials in record.trials.chunks(Grader::BATCH) {
            for (trial, scores) in trials.iter().zip(&grader.grade(trials)?) {
                digest.add(trial, scores)?;
            }
        }
        digest.finish(record.complete)?;
        Ok(digest)
    }

    /// Adds one trial and its grades.
    ///
    /// # Errors
    /// When the header does not know its probe, case or arm.
    pub fn add(&mut self, trial: &TrialRecord, scores: &TrialScores) -> Result<(), GradeError> {
        let (index, place) = self.tables.add(scores)?;
        if let (Some(said), Some(probe)) = (self.said.get_mut(index), self.header.probes.get(index)) {
            said.add(probe, place, trial, scores);
        }
        Ok(())
    }

    /// States that all trials were added, and whether the run came to its end.
    ///
    /// # Errors
    /// When a trial was added twice.
    pub fn finish(&mut self, complete: bool) -> Result<(), GradeError> {
        self.complete = complete;
        self.said.iter_mut().for_each(|said| said.trials.sort_unstable_by_key(|extent| extent.trial));
        self.tables.settle(&self.header)
    }

    /// The header of the record.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the run came to its end.
    pub fn complete(&self) -> bool {
        self.complete
    }

    /// The grades alone.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The grades alone; everything else is given up.
    pub fn into_tables(self) -> (Arc<Header>, Tables) {
        (self.header, self.tables)
    }

    /// How many trials there are.
    pub fn trials(&self) -> u64 {
        self.tables.trials()
    }

    /// Trials with a grade that could not be given.
    pub fn troubled(&self) -> u64 {
        self.said.iter().map(|said| said.troubled).sum()
    }

    /// What the first generations that failed in a probe said, each kind of failure once, as `trial: message`.
    pub fn failures(&self, probe: &str) -> Vec<String> {
        let index = self.tables.places().probe(probe);
        index.and_then(|index| self.said.get(index)).map_or_else(Vec::new, |said| said.failures.words())
    }

    /// What is kept of each probe beside its grades, in the order of the header.
    pub(crate) fn said(&self) -> &[TranscriptCounts] {
        &self.said
    }

    /// The digest with other grades forgotten: for fixtures whose estimates are written by hand.
    #[cfg(test)]
    pub(crate) fn without_tables(mut self) -> Self {
        let header = Header { probes: Vec::new(), ..(*self.header).clone() };
        self.tables = Tables::new(&header);
        self
    }
}

impl TranscriptCounts {
    fn add(&mut self, probe: &ProbeRecord, place: Trial, trial: &TrialRecord, scores: &TrialScores) {
        self.counts.add_trial(trial);
        for line in &scores.scores {
            self.counts.grades.add_outcome(&line.outcome);
            if let Some(index) = probe.scores.get_index_of(&line.score) {
                if let Some(grades) = self.scores.get_mut(index) {
                    grades.add_outcome(&line.outcome);
                }
                self.cut.add(line, index, place);
            }
        }
        let given = |outcome: &Outcome| matches!(outcome, Outcome::Scored { .. });
        self.troubled += u64::from(scores.scores.iter().any(|line| !given(&line.outcome)));
        self.failures.add(place, trial);
        let broken = all_turns(&trial.transcript).any(|turn| matches!(turn.body, Body::Failed { .. }));
        let bytes = u32::try_from(text_bytes(trial)).unwrap_or(u32::MAX);
        self.trials.push(Extent { trial: place, bytes, broken });
    }
}
