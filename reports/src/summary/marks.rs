//! What the grades of a metric show of its numbers: the rates behind a sensitivity, floors, ceilings and chance, and clusters
//! of unequal size.

use crate::record::Better;
use indexmap::IndexMap;
use scorers::metric::{
    Grade, MetricConfig, Observation, Range, Selector, Sources, Table, contrast::Contrast,
    interval::CONFIDENCE, rate::Rate,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Below this share of their number, clusters are said to tell as much as fewer.
const UNEQUAL: f64 = 0.8;

/// Hits and false alarms behind a sensitivity, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// The share of hits.
    pub hits: f64,
    /// The share of false alarms.
    pub false_alarms: f64,
}

/// The two rates behind a sensitivity.
pub(crate) fn rates(config: &MetricConfig, table: &Table) -> Option<Rates> {
    let MetricConfig::DPrime(d_prime) = config else { return None };
    Some(Rates { hits: share(&d_prime.hit, table)?, false_alarms: share(&d_prime.false_alarm, table)? })
}

/// The share of true flags among those that a selector chooses.
pub(super) fn share(selector: &Selector, table: &Table) -> Option<f64> {
    let (mut yes, mut all) = (0.0, 0.0);
    for grade in chosen(table, selector) {
        if let Grade::Number(number) = grade.grade {
            yes += f64::from(u8::from(number > 0.5));
            all += 1.0;
        }
    }
    (all > 0.0).then(|| yes / all)
}

/// The grades that a selector chooses.
pub(super) fn chosen<'a>(table: &'a Table, selector: &'a Selector) -> impl Iterator<Item = &'a Observation> {
    let column = table.columns.get(&selector.score);
    let grades = column.into_iter().flat_map(|column| &column.observations);
    grades.filter(|grade| selector.chooses(&table.arms, grade))
}

/// How many grades that the selectors choose lie in each cluster that has any, ascending.
pub(crate) fn sizes(table: &Table, selectors: &[&Selector]) -> Vec<u64> {
    let mut sizes: BTreeMap<u32, u64> = BTreeMap::new();
    let grades = selectors.iter().flat_map(|selector| chosen(table, selector));
    let given = grades.filter(|grade| matches!(grade.grade, Grade::Number(_) | Grade::Label(_)));
    given.for_each(|grade| *sizes.entry(grade.cluster).or_default() += 1);
    let mut sizes: Vec<u64> = sizes.into_values().collect();
    sizes.sort_unstable();
    sizes
}

/// How many clusters of equal size tell as much as clusters of these sizes; none where that is about their number.
pub(crate) fn effective(sizes: &[u64]) -> Option<f64> {
    let (sum, squares) = sizes.iter().fold((0.0, 0.0), |(sum, squares), size| {
        let size = *size as f64;
        (sum + size, squares + size * size)
    });
    let effective = sum * sum / squares;
    (effective < UNEQUAL * sizes.len() as f64).then_some(effective)
}

/// Whether chance explains what a sensitivity found: the interval of hits minus false alarms holds 0. That of d′ may hold it because
/// nothing bounds a rate of 0 or 1.
pub(crate) fn at_chance(config: &MetricConfig, table: &Table) -> bool {
    let MetricConfig::DPrime(d_prime) = config else { return false };
    let rate = |of: &Selector| MetricConfig::Rate(Rate { of: of.clone() });
    let (hits, false_alarms) = ("hits".to_owned(), "false_alarms".to_owned());
    let gap = MetricConfig::Contrast(Contrast { plus: hits.clone(), minus: false_alarms.clone() });
    let metrics: IndexMap<String, MetricConfig> =
        [(hits, rate(&d_prime.hit)), (false_alarms, rate(&d_prime.false_alarm)), ("gap".to_owned(), gap)]
            .into_iter()
            .collect();
    let gap = Sources::new(&metrics, table).metric("gap").and_then(|gap| gap.interval(CONFIDENCE, 1, 0));
    gap.is_ok_and(|gap| gap.low <= 0.0 && gap.high >= 0.0)
}

/// Whether a value is at a floor, a ceiling or chance, as the end of a sentence.
pub(crate) fn end_of(
    value: f64,
    range: Option<Range>,
    rates: Option<Rates>,
    at_chance: bool,
    better: Option<Better>,
) -> Option<String> {
    if let Some(Rates { hits, false_alarms }) = rates {
        let ceiling = hits >= 1.0 && false_alarms <= 0.0;
        let floor = hits <= 0.0 && false_alarms >= 1.0;
        return if ceiling || floor {
            Some(format!(
                "at its {}: all flags are as they can be, and how much further the model is cannot be seen",
                if ceiling { "ceiling" } else { "floor" }
            ))
        } else {
            at_chance
                .then(|| "not clear of chance: its hits and false alarms may be equally frequent".to_owned())
        };
    }
    if range != Some(Range::Share) {
        return None;
    }
    let (at_most, at_least) = (value >= 1.0, value <= 0.0);
    let word = match (at_most, at_least) {
        (true, _) => "ceiling",
        (_, true) => "floor",
        _ => return None,
    };
    let room = match (at_most, better) {
        (true, Some(Better::Higher)) | (false, Some(Better::Lower)) => ": it cannot get better",
        (true, Some(Better::Lower)) | (false, Some(Better::Higher)) => ": it cannot get worse",
        (_, None) => "",
    };
    Some(format!("at its {word} in every case{room}"))
}

#[cfg(test)]
#[path = "marks_tests.rs"]
mod tests;
