//! The transcripts that the page of a comparison shows: those of its discordant trials, picked out while each record
//! is read once. No other transcript is kept.

use super::records::{Source, measured};
use crate::{
    error::Error,
    store::{Baselines, RunDirectory, StoreError},
};
use reports::{Comparison, ShownTranscripts, SideTranscripts, TrialScores, record::TrialKey};
use std::{collections::BTreeSet, path::Path};

/// Reads the transcripts of the base and the heads, in their order.
pub(super) fn read(sources: &[Source], comparison: &Comparison) -> Result<ShownTranscripts, Error> {
    let wanted = ShownTranscripts::wanted(comparison);
    let sides = sources.iter().zip(&wanted).map(|(source, keys)| match source {
        Source::Run(run) => of_run(run, keys),
        Source::Baseline(file) => of_baseline(file, keys),
    });
    let mut sides = sides.collect::<Result<Vec<_>, _>>()?.into_iter();
    Ok(ShownTranscripts { base: sides.next().unwrap_or_default(), heads: sides.collect() })
}

fn of_run(run: &RunDirectory, keys: &BTreeSet<TrialKey>) -> Result<SideTranscripts, Error> {
    let mut reader = run.reader()?;
    let mut trials = Vec::new();
    while trials.len() < keys.len() {
        let Some(trial) = reader.next() else { break };
        let trial =
            trial.map_err(|source| Error::Store(StoreError::Record { path: run.journal(), source }))?;
        if keys.contains(&trial.key) {
            trials.push(trial);
        }
    }
    let header = measured(reader.into_header(), run)?;
    SideTranscripts::of(&header, trials).map_err(|error| Error::Report(error.to_string()))
}

fn of_baseline(file: &Path, keys: &BTreeSet<TrialKey>) -> Result<SideTranscripts, Error> {
    let reader = Baselines::open(file)?;
    let header = reader.header().clone();
    let (mut trials, mut grades) = (Vec::new(), Vec::new());
    for trial in reader {
        let trial =
            trial.map_err(|source| StoreError::Baseline { path: file.display().to_string(), source })?;
        if !keys.contains(&key(&trial.scores)) {
            continue;
        }
        match trial.trial {
            Some(said) => trials.push(said),
            None => grades.push(trial.scores),
        }
    }
    if header.transcripts {
        return SideTranscripts::of(&header.header, trials).map_err(|error| Error::Report(error.to_string()));
    }
    let why = "the baseline holds grades only; save it with --with-transcripts to read what was said";
    Ok(SideTranscripts::of_scores(&header.header, grades, why))
}

fn key(scores: &TrialScores) -> TrialKey {
    TrialKey {
        probe: scores.probe.clone(),
        case: scores.case.clone(),
        arm: scores.arm.clone(),
        sample: scores.sample,
    }
}
