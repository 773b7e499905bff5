//! Pairing grades of two records by case, arm, sample, round and branch.

use super::{
    missing::Missing,
    options::CompareOptions,
    pairing::{Pairing, SideGrades},
    result::TrialPairs,
    side::Side,
};
use crate::{
    digest::tables::ProbeTable,
    grade::places::ProbePlaces,
    record::{CaseRecord, ProbeRecord},
};
use indexmap::IndexMap;
use rayon::prelude::*;
use scorers::{
    ValueKind,
    metric::{Column, Grade, Observation, Selector, Table, anytime::Validity, table::Trial},
};
use std::cmp::Ordering;

/// The grades of one probe in two records, brought to the cases, arms and clusters of the base.
pub(super) struct PairedProbe {
    pub(super) trials: TrialPairs,
    /// The pairs of each score.
    pub(super) scores: IndexMap<String, PairedScore>,
    /// Names of the arms of the base.
    pub(super) arms: Vec<String>,
    /// Samples that both runs were to have; further ones of either are no missing partners.
    samples: u32,
    /// The grades of both sides that have a partner.
    pub(super) base: Table,
    /// As `base`, place by place.
    pub(super) head: Table,
}

/// The pairs of one score that lack a grade somewhere; those with two are in the tables.
#[derive(Clone, Debug, Default)]
pub(super) struct PairedScore {
    incomplete: Vec<Incomplete>,
}

/// A place without two grades, and what became of it in the base and in the head.
#[derive(Clone, Copy, Debug)]
struct Incomplete {
    trial: Trial,
    round: Option<u32>,
    base: State,
    head: State,
}

/// What became of a place in one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Scored,
    Unscored,
    Failed,
    Absent,
}

impl State {
    fn of(grade: Option<Observation>, kind: ValueKind) -> Self {
        match (grade.map(|grade| grade.grade), kind) {
            (None, _) => Self::Absent,
            (Some(Grade::Failed), _) => Self::Failed,
            // What a metric could not use counts as not given.
            (Some(Grade::Number(number)), ValueKind::Number) if number.is_finite() => Self::Scored,
            (Some(Grade::Number(number)), ValueKind::Flag) if (0.0..=1.0).contains(&number) => Self::Scored,
            (Some(Grade::Label(_)), ValueKind::Label) => Self::Scored,
            _ => Self::Unscored,
        }
    }
}

impl PairedScore {
    /// Pairs the grades of one score: what lacks a partner, and the two columns of what has one.
    fn of(base: &Column, head: &Column, moved: &Moved, samples: u32) -> (Self, Column, Column) {
        let theirs = || head.observations.iter().filter_map(|grade| moved.grade(grade));
        // Usually both records have their cases in the same order, and nothing has to be copied.
        if theirs().is_sorted_by_key(|grade| grade.key()) {
            return Self::of_sorted(base, head, theirs(), samples);
        }
        let mut theirs: Vec<Observation> = theirs().collect();
        theirs.sort_by_key(Observation::key);
        Self::of_sorted(base, head, theirs.into_iter(), samples)
    }

    /// The same, with the grades of the head in the order and by the indices of the base.
    fn of_sorted(
        base: &Column,
        head: &Column,
        theirs: impl Iterator<Item = Observation>,
        samples: u32,
    ) -> (Self, Column, Column) {
        let kind = if base
            .observations
            .iter()
            .any(|grade| matches!(grade.grade, Grade::Number(_) | Grade::Label(_)))
        {
            base.kind
        } else {
            head.kind
        };
        let mut labels = base.labels.clone();
        let relabelled: Vec<u32> =
            head.labels.iter().map(|label| labels.insert_full(label.clone()).0 as u32).collect();
        // Never more than either side has: room that is not needed is given back below.
        let most = base.observations.len().min(head.observations.len());
        let column = || Column { kind, labels: labels.clone(), observations: Vec::with_capacity(most) };
        let (mut one, mut other) = (column(), column());
        let mut score = Self::default();
        merge(base.observations.iter().copied(), theirs, |left, right| {
            if left.or(right).is_some_and(|grade| grade.sample >= samples) {
                return;
            }
            let (mine, yours) = (State::of(left, kind), State::of(right, kind));
            match (left, right) {
                (Some(left), Some(right)) if mine == State::Scored && yours == State::Scored => {
                    one.observations.push(left);
                    // The base decides which cluster a case belongs to.
                    let mut right = Observation { cluster: left.cluster, ..right };
                    if let Grade::Label(label) = right.grade {
                        right.grade = Grade::Label(relabelled.get(label as usize).copied().unwrap_or(label));
                    }
                    other.observations.push(right);
                }
                _ => {
                    let Some(grade) = left.or(right) else { return };
                    let (trial, round) = (grade.trial(), grade.place.round);
                    score.incomplete.push(Incomplete { trial, round, base: mine, head: yours });
                }
            }
        });
        one.observations.shrink_to_fit();
        other.observations.shrink_to_fit();
        (score, one, other)
    }
}

impl PairedProbe {
    /// Samples per case that both runs were to have.
    pub(super) fn samples(&self) -> u32 {
        self.samples
    }

    /// Pairs the grades of a probe that both sides have; none where one lacks it.
    pub(super) fn of(probe: &ProbeRecord, base: &Side, head: &Side) -> Option<Self> {
        let (one, other) = (base.probe(&probe.id)?, head.probe(&probe.id)?);
        let other_record = head.header().probes.iter().find(|record| record.id == probe.id)?;
        let moved = Moved::of(base.places(&probe.id)?, other, other_record);
        let clusters: std::collections::HashSet<&str> = probe.cases.iter().map(CaseRecord::cluster).collect();
        let clusters = clusters.len() as u32;
        let table = || Table { arms: one.arms().to_vec(), clusters, columns: IndexMap::new() };
        let mut paired = Self {
            trials: trials(one, other, &moved),
            scores: IndexMap::new(),
            arms: one.arms().to_vec(),
            samples: one.planned(probe).min(other.planned(other_record)),
            base: table(),
            head: table(),
        };
        let samples = paired.samples;
        let columns: Vec<_> = one.table().columns.iter().collect();
        let pairs = columns.into_par_iter().filter_map(|(name, column)| {
            let theirs = other.table().columns.get(name)?;
            Some((name, PairedScore::of(column, theirs, &moved, samples)))
        });
        let pairs: Vec<_> = pairs.collect();
        for (name, (score, one, other)) in pairs {
            paired.scores.insert(name.clone(), score);
            paired.base.columns.insert(name.clone(), one);
            paired.head.columns.insert(name.clone(), other);
        }
        Some(paired)
    }

    /// The pairs that any of the selectors chooses, counted.
    pub(super) fn pairing(
        &self,
        selectors: &[&Selector],
        validity: Validity,
        options: &CompareOptions,
    ) -> Pairing {
        let mut pairing = Pairing::default();
        let mut missing = Missing::default();
        for (name, score) in &self.scores {
            let wanted: Vec<_> = selectors.iter().filter(|selector| selector.score == *name).collect();
            if wanted.is_empty() {
                continue;
            }
            let chosen = |arm: u32, round: Option<u32>| {
                let arm = self.arms.get(arm as usize).map_or("", String::as_str);
                wanted.iter().any(|selector| selector.reads(arm, round))
            };
            let complete = self.base.columns.get(name).map_or(&[][..], |column| &column.observations);
            pairing.both +=
                complete.iter().filter(|grade| chosen(grade.arm, grade.place.round)).count() as u64;
            for place in score.incomplete.iter().filter(|place| chosen(place.trial.1, place.round)) {
                count(&mut pairing.base, place.base);
                count(&mut pairing.head, place.head);
                missing.add(place.trial, place.base != State::Scored, place.head != State::Scored);
                pairing.places += 1;
            }
        }
        pairing.places += pairing.both;
        pairing.base.scored += pairing.both;
        pairing.head.scored += pairing.both;
        if pairing.base.missing() + pairing.head.missing() > 0 {
            pairing.missing_p = missing.p(pairing.both, validity, options);
        }
        pairing
    }

    /// Clusters of the base.
    pub(super) fn clusters(&self) -> u32 {
        self.base.clusters
    }

    /// The two tables with only those samples of which the number is even, or odd.
    pub(super) fn half(&self, odd: bool) -> (Table, Table) {
        let half = |table: &Table| {
            let columns = table.columns.iter().map(|(name, column)| {
                let kept = column.observations.iter().filter(|grade| (grade.sample % 2 == 1) == odd);
                let (kind, labels) = (column.kind, column.labels.clone());
                (name.clone(), Column { kind, labels, observations: kept.copied().collect() })
            });
            Table { arms: table.arms.clone(), clusters: table.clusters, columns: columns.collect() }
        };
        (half(&self.base), half(&self.head))
    }
}

fn count(grades: &mut SideGrades, state: State) {
    match state {
        State::Scored => grades.scored += 1,
        State::Unscored => grades.unscored += 1,
        State::Failed => grades.failed += 1,
        State::Absent => grades.absent += 1,
    }
}

/// Where the cases and arms of the head stand in the base.
struct Moved {
    cases: Vec<Option<u32>>,
    arms: Vec<Option<u32>>,
}

impl Moved {
    fn of(base: &ProbePlaces, head: &ProbeTable, record: &ProbeRecord) -> Self {
        let arm = |name: &String| base.arms().iter().position(|arm| arm == name).map(|arm| arm as u32);
        Self {
            cases: record.cases.iter().map(|case| base.case(&case.id)).collect(),
            arms: head.arms().iter().map(arm).collect(),
        }
    }

    fn at(&self, case: u32, arm: u32) -> Option<(u32, u32)> {
        let case = self.cases.get(case as usize).copied().flatten()?;
        Some((case, self.arms.get(arm as usize).copied().flatten()?))
    }

    fn grade(&self, grade: &Observation) -> Option<Observation> {
        let (case, arm) = self.at(grade.case, grade.arm)?;
        Some(Observation { case, arm, ..*grade })
    }
}

fn trials(base: &ProbeTable, head: &ProbeTable, moved: &Moved) -> TrialPairs {
    let mut theirs: Vec<Trial> = head
        .trials()
        .iter()
        .filter_map(|(case, arm, sample)| moved.at(*case, *arm).map(|(case, arm)| (case, arm, *sample)))
        .collect();
    let mut pairs =
        TrialPairs { only_head: (head.trials().len() - theirs.len()) as u64, ..TrialPairs::default() };
    theirs.sort_unstable();
    let mut others = theirs.into_iter().peekable();
    for trial in base.trials() {
        while others.next_if(|other| other < trial).is_some() {
            pairs.only_head += 1;
        }
        if others.next_if(|other| other == trial).is_some() {
            pairs.common += 1;
        } else {
            pairs.only_base += 1;
        }
    }
    pairs.only_head += others.count() as u64;
    pairs
}

/// Walks through two sorted lists together. Where a place occurs more than once, the first goes with the first.
fn merge(
    left: impl Iterator<Item = Observation>,
    right: impl Iterator<Item = Observation>,
    mut pair: impl FnMut(Option<Observation>, Option<Observation>),
) {
    let (mut left, mut right) = (left.peekable(), right.peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some(one), Some(other)) => one.key().cmp(&other.key()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return,
        };
        match order {
            Ordering::Less => pair(left.next(), None),
            Ordering::Greater => pair(None, right.next()),
            Ordering::Equal => pair(left.next(), right.next()),
        }
    }
}
