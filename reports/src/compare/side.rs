//! One side of a comparison: the grades of a record without its text.
//!
//! A side is filled from graded trials one by one, so that neither transcripts nor the lines of a scores
//! file are ever in memory together. A grade takes some fifty bytes.

use super::CompareError;
use crate::{
    grade::{Graded, TrialScores},
    record::{FORMAT_VERSION, Header, RecordError},
};
use indexmap::IndexMap;
use scorers::{
    Outcome, Value, ValueKind,
    metric::{Column, Observation, Table},
};
use std::{collections::HashMap, sync::Arc};

/// The grades of one record, ready to be compared.
#[derive(Clone, Debug)]
pub struct Side {
    name: String,
    header: Arc<Header>,
    complete: bool,
    pub(super) probes: Vec<SideProbe>,
    names: HashMap<String, usize>,
}

/// The grades of one probe.
#[derive(Clone, Debug, Default)]
pub(super) struct SideProbe {
    cases: HashMap<String, u32>,
    clusters: Vec<u32>,
    /// Trials as (case, arm, sample).
    pub(super) trials: Vec<(u32, u32, u32)>,
    /// All grades, a column a score in the order of the spec.
    table: Table,
    /// Whether a column has been given its kind.
    known: Vec<bool>,
}

impl Side {
    /// A side without trials; `name` is what reports call it. Whoever grades the trials meanwhile can share the header.
    ///
    /// # Errors
    /// When the record is of a newer format.
    pub fn new(name: impl Into<String>, header: impl Into<Arc<Header>>) -> Result<Self, CompareError> {
        let (name, header) = (name.into(), header.into());
        if header.format > FORMAT_VERSION {
            let error = RecordError::Newer { found: header.format };
            return Err(CompareError::Record { side: name, error: error.to_string() });
        }
        let probes = header.probes.iter().map(SideProbe::new).collect();
        let names =
            header.probes.iter().enumerate().map(|(place, probe)| (probe.id.clone(), place)).collect();
        Ok(Self { name, header, complete: true, probes, names })
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
        side.finish()
    }

    /// Fills a side from grades in memory.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of(name: impl Into<String>, header: Header, graded: &Graded) -> Result<Self, CompareError> {
        let mut side = Self::new(name, header)?;
        for trial in graded.probes.iter().flat_map(|probe| &probe.trials) {
            side.add(trial)?;
        }
        side.finish()
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

    /// Adds one graded trial.
    ///
    /// # Errors
    /// When the header does not know its probe, case or arm.
    pub fn add(&mut self, trial: &TrialScores) -> Result<(), CompareError> {
        let place = self.names.get(&trial.probe).copied();
        let Some(probe) = place.and_then(|place| self.probes.get_mut(place)) else {
            return Err(self.wrong(format!("the header has no probe `{}`", trial.probe)));
        };
        let case = probe.cases.get(&trial.case).copied();
        let arm = probe.arms().iter().position(|arm| *arm == trial.arm);
        let (Some(case), Some(arm)) = (case, arm) else {
            let what = if case.is_none() { ("case", &trial.case) } else { ("arm", &trial.arm) };
            return Err(self.wrong(format!("{} has no {} `{}`", trial.probe, what.0, what.1)));
        };
        probe.add(trial, case, arm as u32);
        Ok(())
    }

    /// Sorts the grades, which pairing needs.
    ///
    /// # Errors
    /// When a trial stands there twice.
    pub fn finish(mut self) -> Result<Self, CompareError> {
        for place in 0..self.probes.len() {
            let Some(probe) = self.probes.get_mut(place) else { continue };
            if let Some((case, arm, sample)) = probe.sort() {
                let id = self.header.probes.get(place).map_or("", |probe| probe.id.as_str());
                let case = self.header.probes.get(place).and_then(|probe| probe.cases.get(case as usize));
                let case = case.map_or("", |case| case.id.as_str());
                let arm = self.probes.get(place).and_then(|probe| probe.arms().get(arm as usize)).cloned();
                let arm = arm.filter(|arm| !arm.is_empty()).map_or(String::new(), |arm| format!(" @ {arm}"));
                return Err(self.wrong(format!("the trial {id} / {case}{arm} #{sample} stands there twice")));
            }
        }
        Ok(self)
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
        self.probes.iter().map(|probe| probe.trials.len() as u64).sum()
    }

    pub(super) fn probe(&self, id: &str) -> Option<&SideProbe> {
        self.names.get(id).and_then(|place| self.probes.get(*place))
    }

    fn wrong(&self, error: String) -> CompareError {
        CompareError::Record { side: self.name.clone(), error }
    }
}

impl SideProbe {
    fn new(probe: &crate::record::ProbeRecord) -> Self {
        let mut names: IndexMap<&str, ()> = IndexMap::new();
        let clusters: Vec<u32> =
            probe.cases.iter().map(|case| names.insert_full(case.cluster(), ()).0 as u32).collect();
        let mut arms: Vec<String> = probe.arms.keys().cloned().collect();
        if arms.is_empty() {
            arms.push(String::new());
        }
        let columns = probe.scores.keys().map(|name| (name.clone(), Column::new(ValueKind::Flag))).collect();
        Self {
            cases: (0..).zip(&probe.cases).map(|(place, case)| (case.id.clone(), place)).collect(),
            table: Table { arms, clusters: names.len() as u32, columns },
            clusters,
            trials: Vec::new(),
            known: vec![false; probe.scores.len()],
        }
    }

    pub(super) fn arms(&self) -> &[String] {
        &self.table.arms
    }

    /// Samples of the case that has most, as their numbers tell.
    pub(super) fn samples(&self) -> u32 {
        self.trials.iter().map(|(.., sample)| sample.saturating_add(1)).max().unwrap_or(0)
    }

    /// Samples per case that its run was to have. The header of a run whose samples are added until a gate is decided,
    /// when it is cut short, says only how many it began with.
    pub(super) fn planned(&self, record: &crate::record::ProbeRecord) -> u32 {
        match record.first_look {
            Some(_) => record.samples.max(self.samples()),
            None => record.samples,
        }
    }

    /// The index of a case.
    pub(super) fn case(&self, id: &str) -> Option<u32> {
        self.cases.get(id).copied()
    }

    /// All grades.
    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    /// How many grades there are.
    pub(super) fn grades(&self) -> usize {
        self.table.columns.values().map(|column| column.observations.len()).sum()
    }

    fn add(&mut self, trial: &TrialScores, case: u32, arm: u32) {
        self.trials.push((case, arm, trial.sample));
        let cluster = self.clusters.get(case as usize).copied().unwrap_or_default();
        for line in &trial.scores {
            let Some((place, _, column)) = self.table.columns.get_full_mut(&line.score) else { continue };
            // A score has one kind; the first grade that was given tells it.
            if let (Outcome::Scored { value, .. }, Some(known @ false)) =
                (&line.outcome, self.known.get_mut(place))
            {
                *known = true;
                column.kind = match value {
                    Value::Flag(_) => ValueKind::Flag,
                    Value::Number(_) => ValueKind::Number,
                    Value::Label(_) => ValueKind::Label,
                };
            }
            let grade = column.grade(&line.outcome);
            let (sample, branch, round) = (trial.sample, line.branch, line.round);
            column.observations.push(Observation { cluster, case, arm, sample, branch, round, grade });
        }
    }

    /// Sorts everything; the first trial that stands there twice, if one does.
    fn sort(&mut self) -> Option<(u32, u32, u32)> {
        self.trials.sort_unstable();
        self.trials.shrink_to_fit();
        for column in self.table.columns.values_mut() {
            column.observations.sort_by_key(super::pair::place);
            column.observations.shrink_to_fit();
        }
        let doubled = self.trials.windows(2).find(|pair| matches!(pair, [one, other] if one == other));
        doubled.and_then(|pair| pair.first().copied())
    }
}
