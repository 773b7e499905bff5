//! The formats of a history: a trend over versions. As with comparisons, one format is one file.

#[cfg(test)]
mod fixtures;
pub mod json;
mod markdown;
mod page;
mod plots;
mod terminal;
#[cfg(test)]
mod tests;

use super::{Format, Options, RenderError, compare::words, number};
use crate::compare::{Better, Change, History, Trend};
use scorers::metric::MetricResult;

/// Writes a history.
///
/// # Errors
/// [`RenderError::Unsupported`] for [`Format::Junit`]: a trend has nothing that passes or fails. The other errors do
/// not depend on names or grades.
pub fn render_history(format: Format, history: &History, options: &Options) -> Result<String, RenderError> {
    match format {
        Format::Terminal => Ok(terminal::render(history, options)),
        Format::Json => json::render(history),
        Format::Markdown => Ok(markdown::render(history)),
        Format::Html => page::render(history),
        Format::Junit => Err(RenderError::Unsupported {
            view: "a history",
            format,
            others: "terminal, json, markdown or html",
        }),
    }
}

/// The name of a version; its number where it has none.
fn named(history: &History, place: usize) -> String {
    let version = history.versions.get(place);
    version.map_or_else(|| (place + 1).to_string(), |version| version.side.name.clone())
}

/// `probe/metric`.
fn title(trend: &Trend) -> String {
    format!("{}/{}", trend.probe, trend.metric)
}

/// What is known about a metric beside its values: its direction and margin, whether it is gated.
fn about(trend: &Trend) -> String {
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
fn estimate(trend: &Trend, place: usize) -> (String, String) {
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
fn change(change: Option<&Change>) -> String {
    let Some(change) = change else { return "–".to_owned() };
    let interval = change
        .difference
        .ends()
        .map_or(String::new(), |(low, high)| format!(" {}", number::interval(low, high)));
    format!("{}{interval} {}", words::signed(change.difference.value), words::mark(change.verdict))
}

/// What stands against a version: why it cannot be compared, or what was allowed.
fn remarks(history: &History) -> Vec<(bool, String)> {
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
