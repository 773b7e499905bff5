//! Grading a record: every score of every trial, from the transcripts and the frozen specs alone.
//!
//! Nothing here knows a model, so a stored run can be graded again at any time. The work runs in
//! the rayon pool of the caller; the result does not depend on how many threads that has.

mod bind;
mod scores;
mod stream;

use crate::record::{ProbeRecord, Record, TrialKey, TrialRecord};
use bind::{Bound, bind_all};
use indexmap::IndexMap;
use rayon::prelude::*;
use scorers::{
    Branch, Outcome, Transcript, Turn, ValueKind,
    metric::{Column, Observation, Table},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use thiserror::Error;

pub use scores::{
    GRADING_VERSION, Measures, SCORES_VERSION, ScoresError, ScoresHeader, ScoresReader, write_scores,
};
pub use stream::{Grader, StreamError};

/// All grades of a record.
#[derive(Clone, Debug, Default)]
pub struct Graded {
    /// Its probes, in the order of the header.
    pub probes: Vec<GradedProbe>,
}

/// All grades of one probe.
#[derive(Clone, Debug, Default)]
pub struct GradedProbe {
    /// Id of the probe.
    pub probe: String,
    /// A line per trial, in the order of the record.
    pub trials: Vec<TrialScores>,
    /// The same grades as columns, for metrics.
    pub table: Table,
    /// The live turn that each score grades, by the score's name.
    pub turns: IndexMap<String, String>,
}

/// Every grade of one trial: a line of `scores.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialScores {
    /// The probe.
    pub probe: String,
    /// The case.
    pub case: String,
    /// The arm; empty where the probe has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arm: String,
    /// The sample, from 0.
    pub sample: u32,
    /// The grades, by score in the order of the spec, then along the transcript.
    pub scores: Vec<ScoreLine>,
}

/// One grade and the place that it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreLine {
    /// Name of the score.
    pub score: String,
    /// The fork, where the graded turn stands in a branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork: Option<String>,
    /// The branch, from 0; none on the main line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<u32>,
    /// The round, from 1; none outside a `repeat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// Whether the reply was cut off at its limit on tokens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// Whether the reply is what a scripted turn of the assistant before it says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copied: bool,
    /// What grading came to.
    pub outcome: Outcome,
}

impl ScoreLine {
    /// A grade of a reply that stands outside of forks and repeats, and was neither cut off nor copied.
    pub fn plain(score: impl Into<String>, outcome: Outcome) -> Self {
        let (fork, branch, round, cut, copied) = (None, None, None, false, false);
        Self { score: score.into(), fork, branch, round, cut, copied, outcome }
    }
}

impl TrialScores {
    fn of(trial: &TrialRecord, scores: &[Bound]) -> Self {
        let TrialKey { probe, case, arm, sample } = trial.key.clone();
        let scores = scores.iter().flat_map(|score| score.grade(&trial.transcript)).collect();
        Self { probe, case, arm, sample, scores }
    }

    /// The same grades without what in the text decided them, as a baseline keeps them.
    #[must_use]
    pub fn without_evidence(mut self) -> Self {
        for line in &mut self.scores {
            if let Outcome::Scored { evidence, .. } = &mut line.outcome {
                evidence.clear();
            }
        }
        self
    }
}

/// A trial that does not belong to its record: somebody has edited one of the two.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum GradeError {
    /// The header does not have the probe.
    #[error("the record has a trial of the probe `{0}`, which its header does not know")]
    Probe(String),
    /// The probe does not have the case.
    #[error("the record has a trial of {probe} with the case `{case}`, which its header does not know")]
    Case {
        /// The probe.
        probe: String,
        /// The unknown case.
        case: String,
    },
    /// The probe does not have the arm.
    #[error("the record has a trial of {probe} in the arm `{arm}`, which its header does not know")]
    Arm {
        /// The probe.
        probe: String,
        /// The unknown arm.
        arm: String,
    },
}

/// Grades a whole record.
///
/// # Errors
/// When a trial belongs to no probe, case or arm of the header.
pub fn grade(record: &Record) -> Result<Graded, GradeError> {
    let mut trials: IndexMap<&str, Vec<&TrialRecord>> =
        record.header.probes.iter().map(|probe| (probe.id.as_str(), Vec::new())).collect();
    for trial in &record.trials {
        let probe = trial.key.probe.as_str();
        trials.get_mut(probe).ok_or_else(|| GradeError::Probe(probe.to_owned()))?.push(trial);
    }
    let probes = record
        .header
        .probes
        .iter()
        .map(|probe| grade_trials(probe, trials.shift_remove(probe.id.as_str()).unwrap_or_default()))
        .collect::<Result<_, _>>()?;
    Ok(Graded { probes })
}

/// Grades the trials of one probe. Trials of other probes must not be among them.
///
/// # Errors
/// When a trial belongs to no case or arm of the probe.
pub fn grade_trials<'a>(
    probe: &ProbeRecord,
    trials: impl IntoIterator<Item = &'a TrialRecord>,
) -> Result<GradedProbe, GradeError> {
    let places = Places::of(probe);
    let located: Vec<(Place, &TrialRecord)> = trials
        .into_iter()
        .map(|trial| Ok((places.find(probe, trial)?, trial)))
        .collect::<Result<_, GradeError>>()?;

    let mut cells: Vec<Place> = located.iter().map(|(place, _)| *place).collect();
    cells.sort_unstable();
    cells.dedup();
    let bound: HashMap<Place, Vec<Bound>> =
        cells.into_par_iter().map(|place| (place, bind_all(probe, place))).collect();

    let graded: Vec<TrialScores> = located
        .par_iter()
        .map(|(place, trial)| {
            let scores = bound.get(place).map_or(&[][..], Vec::as_slice);
            TrialScores::of(trial, scores)
        })
        .collect();

    let (table, turns) = tabulate(probe, &places, &located, &bound, &graded);
    Ok(GradedProbe { probe: probe.id.clone(), trials: graded, table, turns })
}

/// Indices of a case and an arm in their probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Place {
    case: usize,
    arm: usize,
}

/// Where cases, arms and clusters stand.
struct Places<'a> {
    cases: HashMap<&'a str, usize>,
    arms: Vec<&'a str>,
    clusters: Vec<u32>,
    cluster_count: u32,
}

impl<'a> Places<'a> {
    fn of(probe: &'a ProbeRecord) -> Self {
        let mut names: IndexMap<&str, ()> = IndexMap::new();
        let clusters =
            probe.cases.iter().map(|case| names.insert_full(case.cluster(), ()).0 as u32).collect();
        let mut arms: Vec<&str> = probe.arms.keys().map(String::as_str).collect();
        if arms.is_empty() {
            arms.push("");
        }
        Self {
            cases: probe.cases.iter().enumerate().map(|(index, case)| (case.id.as_str(), index)).collect(),
            arms,
            clusters,
            cluster_count: names.len() as u32,
        }
    }

    fn find(&self, probe: &ProbeRecord, trial: &TrialRecord) -> Result<Place, GradeError> {
        let case = self.cases.get(trial.key.case.as_str()).copied();
        let arm = self.arms.iter().position(|arm| *arm == trial.key.arm);
        match (case, arm) {
            (Some(case), Some(arm)) => Ok(Place { case, arm }),
            (None, _) => Err(GradeError::Case { probe: probe.id.clone(), case: trial.key.case.clone() }),
            (_, None) => Err(GradeError::Arm { probe: probe.id.clone(), arm: trial.key.arm.clone() }),
        }
    }
}

/// The turns of the main line and of every branch.
pub(crate) fn all_turns(transcript: &Transcript) -> impl Iterator<Item = &Turn> {
    transcript.turns.iter().chain(transcript.branches.iter().flat_map(|branch: &Branch| &branch.turns))
}

fn tabulate(
    probe: &ProbeRecord,
    places: &Places<'_>,
    located: &[(Place, &TrialRecord)],
    bound: &HashMap<Place, Vec<Bound>>,
    graded: &[TrialScores],
) -> (Table, IndexMap<String, String>) {
    let mut columns: IndexMap<String, Column> = IndexMap::new();
    let mut turns = IndexMap::new();
    // A score has one kind and one turn in all cases; any scorer that could be built knows them.
    let mut ready: Vec<(&Place, &Bound)> =
        bound.iter().flat_map(|(place, scores)| scores.iter().map(move |score| (place, score))).collect();
    ready.sort_by_key(|(place, _)| **place);
    for name in probe.scores.keys() {
        let known = ready.iter().find_map(|(_, score)| match &score.ready {
            Ok((config, _)) if score.name == *name => Some(config),
            _ => None,
        });
        columns.insert(name.clone(), Column::new(known.map_or(ValueKind::Flag, |c| c.parameters().kind())));
        if let Some(config) = known {
            turns.insert(name.clone(), config.parameters().turn().to_owned());
        }
    }
    for ((place, _), trial) in located.iter().zip(graded) {
        for line in &trial.scores {
            let Some(column) = columns.get_mut(&line.score) else { continue };
            let grade = column.grade(&line.outcome);
            column.observations.push(Observation {
                cluster: places.clusters.get(place.case).copied().unwrap_or_default(),
                case: place.case as u32,
                arm: place.arm as u32,
                sample: trial.sample,
                branch: line.branch,
                round: line.round,
                grade,
            });
        }
    }
    let arms = places.arms.iter().map(|arm| (*arm).to_owned()).collect();
    (Table { arms, clusters: places.cluster_count, columns }, turns)
}

#[cfg(test)]
mod tests;
