//! What the formats of a history say in the same words.

use crate::{
    compare::{Better, Change, History, Trend},
    format::{compare::words, number},
};
use scorers::metric::MetricResult;

/// The name of a version; its number where it has none.
pub(super) fn named(history: &History, place: usize) -> String {
    let version = history.versions.get(place);
    version.map_or_else(|| (place + 1).to_string(), |version| version.side.name.clone())
}

/// `probe/metric`.
pub(super) fn title(trend: &Trend) -> String {
    format!("{}/{}", trend.probe, trend.metric)
}

/// What is known about a metric beside its values: its direction and margin, whether it is gated.
pub(super) fn about(trend: &Trend) -> String {
    let mut parts = Vec::new();
    parts.extend(trend.better.map(|direction| match direction.better {
        Better::Higher => "higher is better".to_owned(),
        Better::Lower => "lower is better".to_owned(),
    }));
    parts.extend(trend.margin.map(|margin| format!("margin {margin}")));
    if trend.gated {
        parts.push("gated".to_owned());
    }
    parts.join(", ")
}

/// Estimate and interval of a version, or `–` and why there is none.
pub(super) fn estimate(trend: &Trend, place: usize) -> (String, String) {
    let none = || "–".to_owned();
    match trend.points.get(place).and_then(|point| point.estimate.as_ref()) {
        Some(MetricResult::Estimated(found)) => {
            (number::short(found.value), number::interval(found.low, found.high))
        }
        Some(MetricResult::ValueOnly(known)) => (number::short(known.value), known.reason.clone()),
        Some(MetricResult::Unavailable { reason, .. }) => (none(), reason.clone()),
        None => (none(), "not in the record".to_owned()),
    }
}

/// A change in a few characters: the difference, its interval, the sign of its verdict.
pub(super) fn change(change: Option<&Change>) -> String {
    let Some(change) = change else { return "–".to_owned() };
    let interval = change
        .difference
        .ends()
        .map_or(String::new(), |(low, high)| format!(" {}", number::interval(low, high)));
    format!("{}{interval} {}", words::signed(change.difference.value), words::mark(change.verdict))
}

/// What stands against a version: why it cannot be compared, or what was allowed.
pub(super) fn remarks(history: &History) -> Vec<(bool, String)> {
    let mut remarks = Vec::new();
    for version in &history.versions {
        let steps = [&version.from_baseline, &version.from_previous];
        let mut seen: Option<usize> = None;
        for step in
            steps.into_iter().flatten().filter(|step| seen.replace(step.against) != Some(step.against))
        {
            let against = named(history, step.against);
            let stated = step
                .comparability
                .differences
                .iter()
                .filter(|found| found.severity == crate::compare::Severity::Refuse);
            remarks.extend(stated.map(|found| {
                let what = words::difference(found);
                (found.refuses(), format!("{} against {against}: {what}", version.side.name))
            }));
        }
    }
    remarks
}
