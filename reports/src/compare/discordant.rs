//! The trials whose grades differ most between two records.

use super::{
    DISCORDANT_SHOWN,
    pair::PairedProbe,
    result::{Discordant, DiscordantTrial, GradeValue},
};
use crate::record::ProbeRecord;
use scorers::{
    ValueKind,
    metric::{Column, Grade, Observation, Selector, table::Trial},
};
use std::cmp::Ordering;

/// The largest difference within one trial.
#[derive(Clone, Copy)]
struct Largest<'a> {
    size: f64,
    score: &'a str,
    base: Observation,
    head: Observation,
}

impl Largest<'_> {
    fn trial(&self) -> Trial {
        self.base.trial()
    }

    /// Which of two comes first: the larger one, then one of every case before a second of any.
    fn order(&self, other: &Self) -> Ordering {
        let key = |(case, arm, sample): Trial| (sample, case, arm);
        other.size.total_cmp(&self.size).then_with(|| key(self.trial()).cmp(&key(other.trial())))
    }
}

/// The first few trials of one score; all others are forgotten at once, or they would take more memory than the grades.
#[derive(Default)]
struct First<'a> {
    trials: Vec<Largest<'a>>,
}

impl<'a> First<'a> {
    fn add(&mut self, found: Largest<'a>) {
        let full = self.trials.len() >= DISCORDANT_SHOWN;
        if full && self.trials.last().is_some_and(|last| last.order(&found).is_lt()) {
            return;
        }
        let place = self.trials.partition_point(|known| known.order(&found).is_lt());
        self.trials.insert(place, found);
        self.trials.truncate(DISCORDANT_SHOWN);
    }
}

/// The trials that differ in any grade that the selectors choose.
pub(super) fn discordant(probe: &ProbeRecord, paired: &PairedProbe, selectors: &[&Selector]) -> Discordant {
    let mut total = 0;
    let mut first: Vec<Largest<'_>> = Vec::new();
    for (name, column) in &paired.base.columns {
        let Some(other) = paired.head.columns.get(name) else { continue };
        let mut of_score = First::default();
        let mut current: Option<Largest<'_>> = None;
        for (base, head) in column.observations.iter().zip(&other.observations) {
            let size = gap(base.grade, head.grade);
            if size <= 0.0 || !chosen(paired, selectors, name, base) {
                continue;
            }
            total += 1;
            let found = Largest { size, score: name, base: *base, head: *head };
            // The grades of one trial stand beside each other.
            match &mut current {
                Some(known) if known.trial() == found.trial() => {
                    if size > known.size {
                        *known = found;
                    }
                }
                _ => current.replace(found).into_iter().for_each(|known| of_score.add(known)),
            }
        }
        current.into_iter().for_each(|known| of_score.add(known));
        // What is among the first by its largest grade is among the first of that score.
        for found in of_score.trials {
            match first.iter_mut().find(|known| known.trial() == found.trial()) {
                Some(known) if found.size > known.size => *known = found,
                Some(_) => {}
                None => first.push(found),
            }
        }
    }
    first.sort_by(Largest::order);
    first.truncate(DISCORDANT_SHOWN);
    let trials = first.into_iter().filter_map(|largest| {
        let (case, arm, sample) = largest.trial();
        let (base, head) = (paired.base.columns.get(largest.score)?, paired.head.columns.get(largest.score)?);
        Some(DiscordantTrial {
            case: probe.cases.get(case as usize)?.id.clone(),
            arm: paired.arms.get(arm as usize)?.clone(),
            sample,
            score: largest.score.to_owned(),
            round: largest.base.place.round,
            branch: largest.base.place.branch,
            base: shown(base, largest.base.grade)?,
            head: shown(head, largest.head.grade)?,
        })
    });
    Discordant { total, trials: trials.collect() }
}

fn chosen(paired: &PairedProbe, selectors: &[&Selector], score: &str, grade: &Observation) -> bool {
    selectors.iter().any(|selector| selector.score == score && selector.chooses(&paired.arms, grade))
}

/// How far two grades of one place lie apart: labels are equal or not.
fn gap(base: Grade, head: Grade) -> f64 {
    match (base, head) {
        (Grade::Number(base), Grade::Number(head)) => (head - base).abs(),
        (Grade::Label(base), Grade::Label(head)) => f64::from(u8::from(base != head)),
        _ => 0.0,
    }
}

fn shown(column: &Column, grade: Grade) -> Option<GradeValue> {
    match (grade, column.kind) {
        (Grade::Number(number), ValueKind::Flag) => Some(GradeValue::Flag(number > 0.5)),
        (Grade::Number(number), _) => Some(GradeValue::Number(number)),
        (Grade::Label(label), _) => column.labels.get_index(label as usize).cloned().map(GradeValue::Label),
        (Grade::Unscored | Grade::Failed, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DISCORDANT_SHOWN, compare, fixtures::*};
    use serde_json::json;

    #[test]
    fn discordant_trials_are_the_first_of_all_by_every_score_together() {
        let header = |name: &str| {
            let mut header = header(name, 30, 4);
            let both = json!({ "contrast": { "plus": "mean", "minus": "rate" } });
            header.probes[0].metrics.insert("both".into(), serde_json::from_value(both).unwrap());
            header
        };
        let (base, head) = (trials(&header("base"), 1, 0.3), trials(&header("head"), 2, 0.6));
        let number = |line: &crate::grade::ScoreLine| match &line.outcome {
            scorers::Outcome::Scored { value, .. } => value.as_number().unwrap_or_default(),
            other => panic!("{other:?}"),
        };
        // By hand: every trial with its largest difference of flag and number, sorted.
        let cases = header("base").probes[0].cases.clone();
        let place = |id: &str| cases.iter().position(|case| case.id == id);
        let mut expected: Vec<(f64, u32, Option<usize>)> = base
            .iter()
            .zip(&head)
            .map(|(one, other)| {
                let gap = |score: usize| (number(&other.scores[score]) - number(&one.scores[score])).abs();
                (gap(0).max(gap(1)), one.sample, place(&one.case))
            })
            .collect();
        expected
            .sort_by(|one, other| other.0.total_cmp(&one.0).then((one.1, one.2).cmp(&(other.1, other.2))));
        let comparison =
            compare(&side(header("base"), base), &[side(header("head"), head)], &quick()).unwrap();
        let found = &comparison.heads[0].probes[0].metrics["both"].discordant.trials;
        let found: Vec<_> = found.iter().map(|trial| (trial.sample, place(&trial.case))).collect();
        let expected: Vec<_> =
            expected.iter().take(DISCORDANT_SHOWN).map(|trial| (trial.1, trial.2)).collect();
        assert_eq!(found, expected);
    }
}
