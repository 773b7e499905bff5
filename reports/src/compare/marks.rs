//! What one has to know of a metric's grades to read its numbers: rates behind a sensitivity, floors and ceilings, metrics at
//! chance, clusters of unequal size, and samples that are too few.

use super::{
    definition::{expected, rests_on},
    outcome::{Numbers, Quantity, Rates, Span},
    verdict::Better,
};
use crate::{format::number::short, record::ProbeRecord};
use indexmap::IndexMap;
use scorers::metric::{
    EQUAL_DRAWS, Grade, MetricConfig, MetricResult, Observation, Range, Selector, Share, Sources, Table,
    contrast::Contrast, entropy::Correction, interval::CONFIDENCE, rate::Rate,
};
use std::collections::{BTreeMap, HashSet};

/// Samples per case below which aptitude and unreliability follow from the mean and the share of cases that are split, and
/// their intervals hold the truth too seldom.
const SAMPLES: u32 = 8;
/// Below this share of their number, clusters are said to tell as much as fewer.
const UNEQUAL: f64 = 0.8;
/// With so many cases an interval by Student's t is hardly too short, however skewed they are.
const STRAIGHT: u64 = 50;
/// The method of such an interval.
const STUDENT: &str = "t, cluster-robust";

/// Why a metric is not estimated from so many samples a case; none where it is.
pub(crate) fn withheld(metrics: &IndexMap<String, MetricConfig>, name: &str, samples: u32) -> Option<String> {
    if samples >= SAMPLES {
        return None;
    }
    let (mut open, mut seen) = (vec![name], HashSet::new());
    while let Some(name) = open.pop() {
        let Some(config) = metrics.get(name).filter(|_| seen.insert(name)) else { continue };
        if matches!(config, MetricConfig::Aptitude(_) | MetricConfig::Unreliability(_)) {
            return Some(format!(
                "{} needs at least {SAMPLES} samples per case, and there are {samples}",
                config.name()
            ));
        }
        open.extend(config.metrics().into_iter().map(|(_, name)| name));
    }
    None
}

/// The two rates behind a sensitivity.
pub(crate) fn rates(config: &MetricConfig, table: &Table) -> Option<Rates> {
    let MetricConfig::DPrime(d_prime) = config else { return None };
    Some(Rates { hits: share(&d_prime.hit, table)?, false_alarms: share(&d_prime.false_alarm, table)? })
}

/// The share of true flags among those that a selector chooses.
fn share(selector: &Selector, table: &Table) -> Option<f64> {
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
fn chosen<'a>(table: &'a Table, selector: &'a Selector) -> impl Iterator<Item = &'a Observation> {
    let column = table.columns.get(&selector.score);
    column.into_iter().flat_map(|column| &column.observations).filter(|grade| {
        let arm = table.arms.get(grade.arm as usize);
        selector.arm.as_ref().is_none_or(|wanted| Some(wanted) == arm)
            && selector.round.is_none_or(|wanted| Some(wanted) == grade.round)
    })
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

/// What a reader has to know, as sentences without a full stop.
pub(super) fn limitations(
    numbers: &Numbers,
    range: Option<Range>,
    at_chance: [bool; 2],
    better: Option<Better>,
) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(effective) = numbers.effective_clusters {
        found.push(format!(
            "its {} clusters differ in size and tell as much as {effective:.1} of equal size",
            numbers.clusters
        ));
    }
    let [base, head] = at_chance;
    for (side, quantity, rates, at_chance) in
        [("base", &numbers.base, numbers.base_rates, base), ("head", &numbers.head, numbers.head_rates, head)]
    {
        let end = end_of(quantity, range, rates, at_chance, better);
        found.extend(end.map(|what| format!("the {side} is {what}")));
    }
    found
}

/// What a reader of one run has to know of the main metric and of sensitivities, as `metric: sentence` without a full stop: the rates behind a
/// sensitivity, floors, ceilings and chance, and clusters of unequal size; and of which rates the interval may be too short.
pub(crate) fn of_run(
    probe: &ProbeRecord,
    table: &Table,
    results: &IndexMap<String, MetricResult>,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut doubts: IndexMap<&str, Vec<&str>> = IndexMap::new();
    let mut skewed: Vec<&str> = Vec::new();
    for (place, (name, config)) in probe.metrics.iter().enumerate() {
        let Some(MetricResult::Estimated(estimate)) = results.get(name) else { continue };
        if let Some(doubt) = doubt(config, table) {
            doubts.entry(doubt).or_default().push(name);
        }
        if estimate.range == Range::Real && estimate.method == STUDENT && estimate.clusters < STRAIGHT {
            skewed.push(name);
        }
        found.extend(of_draws(probe, name, table).map(|what| format!("{name}: {what}")));
        if estimate.method.contains(EQUAL_DRAWS) {
            found.push(format!(
                "{name}: its sides have different numbers of draws and are compared at equal ones"
            ));
        }
        let rates = rates(config, table);
        if place > 0 && rates.is_none() {
            continue;
        }
        if let Some(Rates { hits, false_alarms }) = rates {
            let (hits, false_alarms) = (short(100.0 * hits), short(100.0 * false_alarms));
            found.push(format!("{name}: hits {hits} %, false alarms {false_alarms} %"));
        }
        let interval = Span::Known { low: estimate.low, high: estimate.high, method: String::new() };
        let quantity = Quantity { value: estimate.value, interval };
        let better = expected(probe, name);
        let at_chance = at_chance(config, table);
        let end = end_of(&quantity, Some(estimate.range), rates, at_chance, better);
        found.extend(end.map(|end| format!("{name}: it is {end}")));
        let sizes = sizes(table, &rests_on(&probe.metrics, name).0);
        found.extend(effective(&sizes).map(|effective| {
            format!(
                "{name}: its {} clusters differ in size and tell as much as {effective:.1} of equal size",
                sizes.len()
            )
        }));
    }
    if !skewed.is_empty() {
        found.push(format!(
            "{}: if a few cases lie far from most, as times and lengths do, the interval holds the true mean less often than it says (in 8 of 10 runs if they are log-normal); fewer than {STRAIGHT} cases cannot show it",
            skewed.join(", ")
        ));
    }
    found.extend(doubts.into_iter().map(|(why, names)| {
        let names = names.join(", ");
        format!(
            "{names}: an interval may hold the true rate in a few per cent less of runs than it says, since {why}"
        )
    }));
    found
}

/// What a measure of how draws vary describes: the draws, or the model.
fn of_draws(probe: &ProbeRecord, name: &str, table: &Table) -> Option<String> {
    let correction = match probe.metrics.get(name)? {
        MetricConfig::Entropy(entropy) => entropy.correction,
        MetricConfig::EffectiveNumber(number) => number.correction,
        _ => return None,
    };
    let (least, most) = Sources::new(&probe.metrics, table).metric(name).ok()?.draws()?;
    let draws = if least == most { format!("{most}") } else { format!("{least} to {most}") };
    Some(match correction {
        Correction::None => format!(
            "it describes {draws} draws of each prefix and not the model, of which more draws would show more (`correction: chao_wang_jost` estimates that)"
        ),
        Correction::MillerMadow => {
            format!("it is estimated from {draws} draws of each prefix (Miller–Madow)")
        }
        Correction::ChaoWangJost => {
            format!("it is estimated from {draws} draws of each prefix (Chao, Wang & Jost)")
        }
    })
}

/// Whether chance explains what a sensitivity found: the interval of hits minus false alarms holds 0. That of d′ may hold it because
/// nothing bounds a rate of 0 or 1.
pub(super) fn at_chance(config: &MetricConfig, table: &Table) -> bool {
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

/// Why the interval of a rate may hold the truth too seldom.
fn doubt(config: &MetricConfig, table: &Table) -> Option<&'static str> {
    let MetricConfig::Rate(rate) = config else { return None };
    let mut counts: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for grade in chosen(table, &rate.of) {
        if let Grade::Number(number) = grade.grade {
            let (yes, all) = counts.entry(grade.cluster).or_default();
            *yes += f64::from(u8::from(number > 0.5));
            *all += 1.0;
        }
    }
    Share::of_counts(counts.into_iter().map(|(cluster, (yes, all))| (cluster, yes, all)))?.doubt(CONFIDENCE)
}

/// Whether a value is at a floor, a ceiling or chance, as the end of a sentence.
pub(crate) fn end_of(
    quantity: &Quantity,
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
    let (at_most, at_least) = (quantity.value >= 1.0, quantity.value <= 0.0);
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
