//! Choosing grades from a table, and gathering those that belong together.

use super::table::{Column, Grade, Observation, Selector, Table};
use crate::{Place, ValueKind};
use std::collections::{BTreeMap, BTreeSet};

/// The scored grades that a selector chooses, in the order of the dialogue.
pub struct Grades {
    /// What kind of grade they are.
    pub kind: ValueKind,
    /// The grades, sorted by case, arm, sample, round and branch.
    pub scored: Vec<Scored>,
}

/// A grade that a scorer gave.
#[derive(Clone, Copy, Debug)]
pub struct Scored {
    /// Index of the cluster.
    pub cluster: u32,
    /// Index of the case.
    pub case: u32,
    /// Index of the arm.
    pub arm: u32,
    /// Sample of the case, from 0.
    pub sample: u32,
    /// Where it stands in its trial.
    pub place: Place,
    /// The number, or the index of the label.
    pub value: f64,
}

/// What grades have in common that are taken together before anything is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// The samples of one case in one arm and round.
    Samples,
    /// The continuations of one prefix: the branches of one sample, or, without a fork, the samples.
    Draws,
}

/// Grades that are taken together.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Index of the cluster that they belong to.
    pub cluster: u32,
    /// The numbers, or indices of labels; ascending, unless they stand in the order of the dialogue.
    pub values: Vec<f64>,
}

impl Grades {
    /// The scored grades that `selector` chooses.
    ///
    /// # Errors
    /// A sentence that says why there are none.
    pub fn choose(table: &Table, selector: &Selector, accepted: &[ValueKind]) -> Result<Self, String> {
        let column = table
            .columns
            .get(&selector.score)
            .ok_or_else(|| format!("there is no score `{}`", selector.score))?;
        if !accepted.contains(&column.kind) {
            return Err(format!(
                "`{}` gives {}, which this metric does not take",
                selector.score,
                plural(column.kind)
            ));
        }
        let (mut reached, mut unscored, mut failed) = (0_u64, 0_u64, 0_u64);
        let mut scored = Vec::new();
        for observation in chosen(table, column, selector)? {
            reached += 1;
            if observation.cluster >= table.clusters {
                return Err(format!("a grade of `{}` lies in a cluster that does not exist", selector.score));
            }
            match (observation.grade, column.kind) {
                (Grade::Failed, _) => failed += 1,
                (Grade::Number(number), ValueKind::Number) if number.is_finite() => {
                    scored.push(entry(observation, number));
                }
                (Grade::Number(number), ValueKind::Flag) if (0.0..=1.0).contains(&number) => {
                    scored.push(entry(observation, number.round()));
                }
                (Grade::Label(label), ValueKind::Label) => scored.push(entry(observation, f64::from(label))),
                _ => unscored += 1,
            }
        }
        if reached == 0 {
            return Err(format!("no trial reached `{selector}`"));
        }
        if scored.is_empty() {
            return Err(format!(
                "none of the {reached} grades of `{selector}` could be given ({unscored} unscored, {failed} failed)"
            ));
        }
        // Whatever order a record was written in, sums are added up in the same one.
        scored.sort_by_key(|grade| (grade.case, grade.arm, grade.sample, grade.place));
        Ok(Self { kind: column.kind, scored })
    }

    /// The grades of each round, ascending; nothing outside a `repeat`.
    pub fn by_round(&self) -> BTreeMap<u32, Self> {
        let mut rounds = BTreeMap::new();
        for grade in &self.scored {
            if let Some(round) = grade.place.round {
                let grades =
                    rounds.entry(round).or_insert_with(|| Self { kind: self.kind, scored: Vec::new() });
                grades.scored.push(*grade);
            }
        }
        rounds
    }

    /// How many clusters the grades lie in.
    pub fn clusters(&self) -> usize {
        self.scored.iter().map(|grade| grade.cluster).collect::<BTreeSet<u32>>().len()
    }

    /// The grades gathered into cells, ascending in each.
    pub fn cells(&self, together: Together) -> Vec<Cell> {
        let mut cells = self.cells_in_order(together);
        cells.iter_mut().for_each(|cell| cell.values.sort_by(f64::total_cmp));
        cells
    }

    /// The same with the grades of every cell in the order of the dialogue.
    pub(crate) fn cells_in_order(&self, together: Together) -> Vec<Cell> {
        let forked = self.scored.iter().any(|grade| grade.place.branch.is_some());
        let mut cells = BTreeMap::new();
        for grade in &self.scored {
            let sample = (together == Together::Draws && forked).then_some(grade.sample);
            let cell = cells
                .entry((grade.case, grade.arm, grade.place.round, sample))
                .or_insert_with(|| Cell { cluster: grade.cluster, values: Vec::new() });
            cell.values.push(grade.value);
        }
        cells.into_values().collect()
    }
}

impl Cell {
    /// A cell of these grades.
    pub(crate) fn sorted(cluster: u32, values: &[f64]) -> Self {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        Self { cluster, values }
    }

    /// How often each value occurs, in ascending order of the values.
    pub fn counts(&self) -> Vec<f64> {
        self.values.chunk_by(|one, other| one.total_cmp(other).is_eq()).map(|run| run.len() as f64).collect()
    }
}

/// Numbers of grades that a metric rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Grades used.
    pub scored: u64,
    /// Grades that a scorer could not give.
    pub unscored: u64,
    /// Grades missing because a generation failed.
    pub failed: u64,
}

impl Counts {
    /// Counts the grades that any of the selectors chooses, each once.
    pub fn of(table: &Table, selectors: &[&Selector]) -> Self {
        let mut counts = Self::default();
        for (name, column) in &table.columns {
            let wanted: Vec<_> = selectors.iter().filter(|selector| selector.score == *name).collect();
            if wanted.is_empty() {
                continue;
            }
            for observation in &column.observations {
                if wanted.iter().any(|selector| selector.chooses(&table.arms, observation)) {
                    match observation.grade {
                        Grade::Failed => counts.failed += 1,
                        Grade::Unscored => counts.unscored += 1,
                        Grade::Number(number) if !number.is_finite() => counts.unscored += 1,
                        Grade::Number(_) | Grade::Label(_) => counts.scored += 1,
                    }
                }
            }
        }
        counts
    }
}

/// The grades of a column that a selector chooses.
///
/// # Errors
/// When it names an arm that there is not.
fn chosen<'a>(
    table: &'a Table,
    column: &'a Column,
    selector: &'a Selector,
) -> Result<impl Iterator<Item = &'a Observation>, String> {
    if let Some(name) = selector.arm.as_ref().filter(|name| !table.arms.contains(*name)) {
        return Err(format!("there is no arm `{name}`"));
    }
    Ok(column.observations.iter().filter(|observation| selector.chooses(&table.arms, observation)))
}

fn entry(observation: &Observation, value: f64) -> Scored {
    let Observation { cluster, case, arm, sample, place, .. } = *observation;
    Scored { cluster, case, arm, sample, place, value }
}

fn plural(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Flag => "flags",
        ValueKind::Number => "numbers",
        ValueKind::Label => "labels",
    }
}
