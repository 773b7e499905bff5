//! The trials whose grades differ most between two records.

use super::{
    DISCORDANT_SHOWN,
    pair::PairedProbe,
    result::{Discordant, DiscordantTrial, GradeValue},
};
use crate::record::ProbeRecord;
use scorers::{
    ValueKind,
    metric::{Column, Grade, Observation, Selector},
};
use std::collections::{HashMap, hash_map::Entry};

/// The largest difference within one trial.
struct Largest<'a> {
    size: f64,
    score: &'a str,
    base: Observation,
    head: Observation,
}

/// The trials that differ in any grade that the selectors choose.
pub(super) fn discordant(probe: &ProbeRecord, paired: &PairedProbe, selectors: &[&Selector]) -> Discordant {
    let mut trials: HashMap<(u32, u32, u32), Largest<'_>> = HashMap::new();
    let mut total = 0;
    for (name, column) in &paired.base.columns {
        let Some(other) = paired.head.columns.get(name) else { continue };
        for (base, head) in column.observations.iter().zip(&other.observations) {
            let size = gap(base.grade, head.grade);
            if size <= 0.0 || !chosen(paired, selectors, name, base) {
                continue;
            }
            total += 1;
            let found = Largest { size, score: name, base: *base, head: *head };
            match trials.entry((base.case, base.arm, base.sample)) {
                Entry::Vacant(place) => {
                    place.insert(found);
                }
                Entry::Occupied(mut known) if size > known.get().size => {
                    known.insert(found);
                }
                Entry::Occupied(_) => {}
            }
        }
    }
    let mut order: Vec<_> = trials.into_iter().collect();
    let key = |trial: &((u32, u32, u32), Largest<'_>)| {
        let (case, arm, sample) = trial.0;
        (sample, case, arm)
    };
    order.sort_by(|one, other| other.1.size.total_cmp(&one.1.size).then_with(|| key(one).cmp(&key(other))));
    order.truncate(DISCORDANT_SHOWN);
    let trials = order.into_iter().filter_map(|((case, arm, sample), largest)| {
        let (base, head) = (paired.base.columns.get(largest.score)?, paired.head.columns.get(largest.score)?);
        Some(DiscordantTrial {
            case: probe.cases.get(case as usize)?.id.clone(),
            arm: paired.arms.get(arm as usize)?.clone(),
            sample,
            score: largest.score.to_owned(),
            round: largest.base.round,
            branch: largest.base.branch,
            base: shown(base, largest.base.grade)?,
            head: shown(head, largest.head.grade)?,
        })
    });
    Discordant { total, trials: trials.collect() }
}

fn chosen(paired: &PairedProbe, selectors: &[&Selector], score: &str, grade: &Observation) -> bool {
    let arm = paired.arms.get(grade.arm as usize);
    selectors.iter().any(|selector| {
        selector.score == score
            && selector.arm.as_ref().is_none_or(|wanted| Some(wanted) == arm)
            && selector.round.is_none_or(|wanted| Some(wanted) == grade.round)
    })
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
