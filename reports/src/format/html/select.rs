//! Which transcripts the page holds, where there are too many for a page that stays usable.
//!
//! First those in which something failed, then those that a scorer could not grade, then the
//! discordant ones (their grade differs from that of most samples of the same case and arm), then
//! the rest, the first sample of every case and arm before any second one.

use crate::{
    format::{Options, Report},
    grade::{GradedProbe, ScoreLine, TrialScores},
    record::{TrialKey, TrialRecord},
};
use scorers::{Body, Outcome, Value};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Why a transcript is worth looking at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Interest {
    /// A generation failed, or a grade for want of one.
    Failed,
    /// A scorer could not say.
    Unscored,
    /// Its grade differs from that of most samples of the same case and arm.
    Discordant,
    /// Nothing special.
    Plain,
}

/// One trial of the report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen<'a> {
    /// Index of the probe in the header.
    pub(super) probe: usize,
    pub(super) trial: &'a TrialRecord,
    pub(super) scores: &'a TrialScores,
    pub(super) interest: Interest,
}

/// The trials that the page holds, in the order of the record.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    pub(super) chosen: Vec<Chosen<'a>>,
    /// How many trials there are.
    pub(super) total: usize,
}

pub(super) fn select<'a>(report: &Report<'a>, options: &Options) -> Selection<'a> {
    let trials: HashMap<&TrialKey, &TrialRecord> =
        report.record.trials.iter().map(|trial| (&trial.key, trial)).collect();
    let mut all: Vec<Chosen<'a>> = Vec::with_capacity(trials.len());
    for (probe, graded) in report.graded.probes.iter().enumerate() {
        let majorities = majorities(graded);
        for scores in &graded.trials {
            let key = TrialKey {
                probe: scores.probe.clone(),
                case: scores.case.clone(),
                arm: scores.arm.clone(),
                sample: scores.sample,
            };
            if let Some(trial) = trials.get(&key).copied() {
                let interest = interest(trial, scores, &majorities);
                all.push(Chosen { probe, trial, scores, interest });
            }
        }
    }
    let total = all.len();
    let mut order: Vec<usize> = (0..total).collect();
    order.sort_by_key(|&index| all.get(index).map(|chosen| (chosen.interest, chosen.scores.sample, index)));
    let mut bytes = 0;
    let mut kept: Vec<usize> = order
        .into_iter()
        .take(options.max_transcripts)
        .take_while(|&index| {
            bytes += all.get(index).map_or(0, |chosen| weight(chosen.trial));
            bytes <= options.max_transcript_bytes
        })
        .collect();
    kept.sort_unstable();
    Selection { chosen: kept.into_iter().filter_map(|index| all.get(index).copied()).collect(), total }
}

/// About how many bytes a transcript takes in the page.
fn weight(trial: &TrialRecord) -> usize {
    crate::grade::all_turns(&trial.transcript)
        .map(|turn| match &turn.body {
            Body::Scripted { text } | Body::Generated { text, .. } => text.len() + 120,
            Body::Failed { message, .. } => message.len() + 120,
        })
        .sum()
}

type Cell<'a> = (&'a str, &'a str, &'a str, Option<u32>);

/// The most frequent flag or label of every score, case, arm and round on the main line.
fn majorities(graded: &GradedProbe) -> HashMap<Cell<'_>, String> {
    let mut counts: HashMap<Cell<'_>, BTreeMap<String, usize>> = HashMap::new();
    for trial in &graded.trials {
        for line in trial.scores.iter().filter(|line| line.branch.is_none()) {
            if let Some(category) = category(line) {
                let cell = (trial.case.as_str(), trial.arm.as_str(), line.score.as_str(), line.round);
                *counts.entry(cell).or_default().entry(category).or_default() += 1;
            }
        }
    }
    counts
        .into_iter()
        .filter_map(|(cell, counts)| {
            let all: usize = counts.values().sum();
            // A majority, not a tie: half against half makes nobody the odd one out.
            counts.into_iter().find(|(_, count)| 2 * count > all).map(|(name, _)| (cell, name))
        })
        .collect()
}

fn category(line: &ScoreLine) -> Option<String> {
    match line.outcome.value()? {
        Value::Flag(flag) => Some(flag.to_string()),
        Value::Label(label) => Some(label.clone()),
        Value::Number(_) => None,
    }
}

fn interest(trial: &TrialRecord, scores: &TrialScores, majorities: &HashMap<Cell<'_>, String>) -> Interest {
    let broken =
        crate::grade::all_turns(&trial.transcript).any(|turn| matches!(turn.body, Body::Failed { .. }));
    let of_line = |line: &ScoreLine| match &line.outcome {
        Outcome::Failed { .. } => Interest::Failed,
        Outcome::Unscored { .. } => Interest::Unscored,
        Outcome::Scored { .. } => {
            let cell = (scores.case.as_str(), scores.arm.as_str(), line.score.as_str(), line.round);
            let odd = line.branch.is_none()
                && majorities.get(&cell).zip(category(line)).is_some_and(|(most, own)| *most != own);
            if odd { Interest::Discordant } else { Interest::Plain }
        }
    };
    let graded = scores.scores.iter().map(of_line).min().unwrap_or(Interest::Plain);
    if broken { Interest::Failed } else { graded }
}
