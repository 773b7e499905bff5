//! The grades of a record as numbers: a table per probe, filled trial by trial.
//!
//! Neither transcripts nor the lines of a scores file are ever in memory together; a grade takes some fifty bytes. What a
//! table holds does not depend on the order in which trials came.

use crate::{
    grade::{GradeError, TrialScores, graded_by, places::Places},
    record::{Header, ProbeRecord, TrialKey},
};
pub(crate) use scorers::metric::table::Trial;
use scorers::{
    Outcome, Value, ValueKind,
    metric::{Column, Grade, Observation, Table},
};

/// The grades of one record.
#[derive(Clone, Debug)]
pub struct Tables {
    places: Places,
    probes: Vec<ProbeTable>,
}

/// The grades of one probe.
#[derive(Clone, Debug)]
pub(crate) struct ProbeTable {
    /// Its trials.
    trials: Vec<Trial>,
    /// All grades, a column a score in the order of the spec.
    table: Table,
    /// Whether a grade has told what kind a column is of.
    known: Vec<bool>,
}

impl Tables {
    /// Tables without grades, for the scores of a header.
    pub fn new(header: &Header) -> Self {
        let places = Places::of(header);
        let table = |(probe, places): (&ProbeRecord, &crate::grade::places::ProbePlaces)| {
            let column = |name: &String| (name.clone(), Column::new(ValueKind::Flag));
            let columns = probe.scores.keys().map(column).collect();
            let table = Table { arms: places.arms().to_vec(), clusters: places.clusters(), columns };
            ProbeTable { trials: Vec::new(), table, known: vec![false; probe.scores.len()] }
        };
        let probes = header.probes.iter().zip(places.probes()).map(table).collect();
        Self { places, probes }
    }

    /// Adds the grades of one trial; the index of its probe, and where it stands there. Grades of scores that the header
    /// does not know are passed over.
    ///
    /// # Errors
    /// When the header does not know its probe, case or arm.
    pub(crate) fn add(&mut self, scores: &TrialScores) -> Result<(usize, Trial), GradeError> {
        let (index, at) = self.places.find(&scores.probe, &scores.case, &scores.arm)?;
        let cluster = self.places.probes().get(index).map_or(0, |places| places.cluster(at.case));
        let trial = (at.case, at.arm, scores.sample);
        if let Some(probe) = self.probes.get_mut(index) {
            probe.add(scores, trial, cluster);
        }
        Ok((index, trial))
    }

    /// Puts everything into the order of cases, arms and samples, whatever order it came in. More trials can be added
    /// afterwards; then this has to be called again.
    ///
    /// # Errors
    /// When a trial was added twice.
    pub(crate) fn settle(&mut self, header: &Header) -> Result<(), GradeError> {
        for (probe, record) in self.probes.iter_mut().zip(&header.probes) {
            if let Some(trial) = probe.settle(record) {
                return Err(GradeError::Doubled(Box::new(key(record, trial))));
            }
        }
        Ok(())
    }

    /// The probes, in the order of the header.
    pub(crate) fn probes(&self) -> &[ProbeTable] {
        &self.probes
    }

    /// The probe of an id.
    pub(crate) fn probe(&self, id: &str) -> Option<&ProbeTable> {
        self.probes.get(self.places.probe(id)?)
    }

    /// Where trials stand.
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// How many trials there are.
    pub(crate) fn trials(&self) -> u64 {
        self.probes.iter().map(|probe| probe.trials.len() as u64).sum()
    }
}

/// The key of a trial; names are empty where the probe does not have them.
pub(crate) fn key(probe: &ProbeRecord, (case, arm, sample): Trial) -> TrialKey {
    let case = probe.cases.get(case as usize).map(|case| case.id.clone()).unwrap_or_default();
    let arm = probe.arms.get_index(arm as usize).map(|(name, _)| name.clone()).unwrap_or_default();
    TrialKey { probe: probe.id.clone(), case, arm, sample }
}

impl ProbeTable {
    /// Its trials, in their order.
    pub(crate) fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// All grades, in the order of their trials.
    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    /// Names of the arms; a probe without arms has one with an empty name.
    pub(crate) fn arms(&self) -> &[String] {
        &self.table.arms
    }

    /// Samples of the case that has most, as their numbers tell.
    pub(crate) fn samples(&self) -> u32 {
        self.trials.iter().map(|(.., sample)| sample.saturating_add(1)).max().unwrap_or(0)
    }

    /// Samples per case that its run was to have. The header of a run whose samples are added until a gate is decided,
    /// when it is cut short, says only how many it began with.
    pub(crate) fn planned(&self, record: &ProbeRecord) -> u32 {
        match record.first_look {
            Some(_) => record.samples.max(self.samples()),
            None => record.samples,
        }
    }

    /// How many grades there are.
    pub(crate) fn grades(&self) -> usize {
        self.table.columns.values().map(|column| column.observations.len()).sum()
    }

    fn add(&mut self, scores: &TrialScores, (case, arm, sample): Trial, cluster: u32) {
        self.trials.push((case, arm, sample));
        for line in &scores.scores {
            let Some((index, _, column)) = self.table.columns.get_full_mut(&line.score) else { continue };
            // A score has one kind; any grade that was given tells it.
            if let (Outcome::Scored { value, .. }, Some(known @ false)) =
                (&line.outcome, self.known.get_mut(index))
            {
                *known = true;
                column.kind = kind_of(value);
            }
            let grade = column.grade(&line.outcome);
            let place = line.place();
            column.observations.push(Observation { cluster, case, arm, sample, place, grade });
        }
    }

    /// Sorts everything; the first trial that stands there twice, if one does.
    fn settle(&mut self, record: &ProbeRecord) -> Option<Trial> {
        if !self.trials.is_sorted() {
            self.trials.sort_unstable();
        }
        for ((name, column), known) in self.table.columns.iter_mut().zip(&self.known) {
            if !column.observations.is_sorted_by_key(Observation::key) {
                column.observations.sort_by_key(Observation::key);
            }
            number_labels(column);
            // Where no grade was given, its scorer tells of what kind they would be.
            if let (false, Some(graded)) = (known, graded_by(record, name)) {
                column.kind = graded.kind;
            }
        }
        let doubled = self.trials.windows(2).find(|pair| matches!(pair, [one, other] if one == other));
        doubled.and_then(|pair| pair.first().copied())
    }
}

fn kind_of(value: &Value) -> ValueKind {
    match value {
        Value::Flag(_) => ValueKind::Flag,
        Value::Number(_) => ValueKind::Number,
        Value::Label(_) => ValueKind::Label,
    }
}

/// Numbers the labels of a sorted column in the order of their first occurrence.
fn number_labels(column: &mut Column) {
    let mut numbers: Vec<Option<u32>> = vec![None; column.labels.len()];
    let mut order = Vec::with_capacity(numbers.len());
    for observation in &mut column.observations {
        let Grade::Label(label) = &mut observation.grade else { continue };
        let Some(number) = numbers.get_mut(*label as usize) else { continue };
        *label = *number.get_or_insert_with(|| {
            order.push(*label as usize);
            (order.len() - 1) as u32
        });
    }
    if !order.is_sorted() {
        column.labels = order.iter().filter_map(|label| column.labels.get_index(*label).cloned()).collect();
    }
}
