//! What a reader has to know of the numbers of one run, in sentences, and which of them would mislead.

use super::marks::{Rates, at_chance, chosen, effective, end_of, rates, sizes};
use crate::{
    record::{ProbeRecord, definition::expected},
    text::number::short,
};
use indexmap::IndexMap;
use scorers::metric::{
    Grade, MetricConfig, MetricResult, Prepared, Range, Share, Sources, Table, closed::Student,
    entropy::Correction, interval::CONFIDENCE, made_of, rests_on,
};
use std::collections::BTreeMap;

/// With so many cases an interval by Student's t is hardly too short, however skewed they are.
const STRAIGHT: u64 = 50;

/// Why a metric is not estimated from so many samples a case; none where it is.
pub(crate) fn withheld(metrics: &IndexMap<String, MetricConfig>, name: &str, samples: u32) -> Option<String> {
    let (config, least) = made_of(metrics, name)
        .map(|config| (config, config.parameters().least_samples()))
        .find(|(_, least)| samples < *least)?;
    Some(format!("{} needs at least {least} samples per case, and there are {samples}", config.name()))
}

/// What a reader of one run has to know of the main metric and of sensitivities, as `metric: sentence` without a full stop: the rates behind a
/// sensitivity, floors, ceilings and chance, and clusters of unequal size; and of which rates the interval may be too short.
pub(super) fn of_run(
    probe: &ProbeRecord,
    table: &Table,
    results: &IndexMap<String, MetricResult>,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut sources = Sources::new(&probe.metrics, table);
    let mut doubts: IndexMap<&str, Vec<&str>> = IndexMap::new();
    let mut skewed: Vec<&str> = Vec::new();
    for (place, (name, config)) in probe.metrics.iter().enumerate() {
        let Some(MetricResult::Estimated(estimate)) = results.get(name) else { continue };
        if let Some(doubt) = doubt(config, table) {
            doubts.entry(doubt).or_default().push(name);
        }
        let mut prepared = || sources.metric(name).ok();
        if estimate.range == Range::Real
            && estimate.clusters < STRAIGHT
            && prepared().is_some_and(|prepared| prepared.student() == Some(Student::Mean))
        {
            skewed.push(name);
        }
        found.extend(of_draws(config, &mut prepared).map(|what| format!("{name}: {what}")));
        if !config.metrics().is_empty() && prepared().is_some_and(|prepared| prepared.rarefied()) {
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
        let better = expected(probe, name);
        let at_chance = at_chance(config, table);
        let end = end_of(estimate.value, Some(estimate.range), rates, at_chance, better);
        found.extend(end.map(|end| format!("{name}: it is {end}")));
        let sizes = sizes(table, &rests_on(&probe.metrics, name));
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
fn of_draws(config: &MetricConfig, prepared: &mut dyn FnMut() -> Option<Prepared>) -> Option<String> {
    let correction = match config {
        MetricConfig::Entropy(entropy) => entropy.correction,
        MetricConfig::EffectiveNumber(number) => number.correction,
        _ => return None,
    };
    let (least, most) = prepared()?.draws()?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn aptitude_and_what_is_made_of_it_need_samples() {
        let metrics: IndexMap<String, MetricConfig> = serde_json::from_value(json!({
            "asks": { "rate": { "of": "s" } },
            "one": { "aptitude": { "of": "s" } },
            "gap": { "contrast": { "plus": "asks", "minus": "one" } },
        }))
        .unwrap();
        assert_eq!(withheld(&metrics, "asks", 1), None);
        assert!(withheld(&metrics, "gap", 7).unwrap().contains("aptitude needs at least 8 samples"));
        assert_eq!(withheld(&metrics, "gap", 8), None);
    }
}
