//! The transcripts that the page of a comparison shows: those of its discordant trials, picked out while each journal
//! is read once. No other transcript is kept.

use crate::{
    error::Error,
    store::{JOURNAL, RunDirectory, StoreError},
};
use reports::{Comparison, Readings, SideReadings, record::TrialKey};
use std::{collections::BTreeSet, path::Path};

/// Reads the transcripts of the base and the heads, in their order.
pub(super) fn read<'a>(
    runs: impl IntoIterator<Item = &'a Path>,
    comparison: &Comparison,
) -> Result<Readings, Error> {
    let wanted = Readings::wanted(comparison);
    let sides = runs.into_iter().zip(&wanted).map(|(run, keys)| side(&RunDirectory::at(run), keys));
    let mut sides = sides.collect::<Result<Vec<_>, _>>()?.into_iter();
    Ok(Readings { base: sides.next().unwrap_or_default(), heads: sides.collect() })
}

fn side(run: &RunDirectory, keys: &BTreeSet<TrialKey>) -> Result<SideReadings, Error> {
    let mut reader = run.reader()?;
    let mut trials = Vec::new();
    while trials.len() < keys.len() {
        let Some(trial) = reader.next() else { break };
        let trial = trial.map_err(|source| {
            let path = run.path().join(JOURNAL).display().to_string();
            Error::Store(StoreError::Record { path, source })
        })?;
        if keys.contains(&trial.key) {
            trials.push(trial);
        }
    }
    SideReadings::of(reader.header(), trials).map_err(|error| Error::Report(error.to_string()))
}
