//! Which trials are worth looking at first, as far as the record of one run can tell.

use super::tables::{ProbeTable, Trial};
use scorers::{
    ValueKind,
    metric::{Column, Grade, Observation},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Why a transcript is worth looking at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Interest {
    /// A generation failed, or a grade for want of one.
    Failed,
    /// A scorer could not say.
    Unscored,
    /// Its grade differs from that of most samples of the same case and arm.
    Discordant,
    /// Nothing special.
    Plain,
}

/// The interest of every trial of a settled table, in the order of its trials.
pub(super) fn of_trials(probe: &ProbeTable) -> Vec<Interest> {
    let mut interests = vec![Interest::Plain; probe.trials().len()];
    for column in probe.table().columns.values() {
        let mut rest = 0;
        // Both are sorted, so one walk through the column finds the trial of every grade.
        for cell in column.observations.chunk_by(same_cell) {
            let most = majorities(column, cell);
            for grade in cell {
                let trial = grade.trial();
                rest += probe.trials().get(rest..).map_or(0, |left| before(left, trial));
                if let Some(interest) = interests.get_mut(rest) {
                    *interest = (*interest).min(of_grade(column, grade, &most));
                }
            }
        }
    }
    interests
}

/// How many of some sorted trials come before this one: none or few, so they are counted one by one.
fn before(trials: &[Trial], trial: Trial) -> usize {
    trials.iter().take_while(|other| **other < trial).count()
}

fn same_cell(one: &Observation, other: &Observation) -> bool {
    (one.case, one.arm) == (other.case, other.arm)
}

fn of_grade(column: &Column, grade: &Observation, most: &BTreeMap<Option<u32>, Category>) -> Interest {
    match grade.grade {
        Grade::Failed => Interest::Failed,
        Grade::Unscored => Interest::Unscored,
        Grade::Number(_) | Grade::Label(_) => {
            let own = category(column, grade);
            let odd = most.get(&grade.place.round).zip(own).is_some_and(|(most, own)| *most != own);
            if odd { Interest::Discordant } else { Interest::Plain }
        }
    }
}

/// A flag, as 0 or 1, or the number of a label.
type Category = u32;

/// What a grade on the main line says, where it is one of several things and no quantity.
fn category(column: &Column, grade: &Observation) -> Option<Category> {
    match (grade.grade, column.kind) {
        _ if grade.place.branch.is_some() => None,
        (Grade::Label(label), ValueKind::Label) => Some(label),
        (Grade::Number(flag), ValueKind::Flag) => Some(u32::from(flag >= 0.5)),
        _ => None,
    }
}

/// The most frequent flag or label of a case and an arm on the main line, by round.
fn majorities(column: &Column, cell: &[Observation]) -> BTreeMap<Option<u32>, Category> {
    let mut counts: BTreeMap<Option<u32>, BTreeMap<Category, usize>> = BTreeMap::new();
    for grade in cell {
        if let Some(category) = category(column, grade) {
            *counts.entry(grade.place.round).or_default().entry(category).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .filter_map(|(round, counts)| {
            let all: usize = counts.values().sum();
            // A majority, not a tie: half against half makes nobody the odd one out.
            counts.into_iter().find(|(_, count)| 2 * count > all).map(|(category, _)| (round, category))
        })
        .collect()
}
