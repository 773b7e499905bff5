//! The formats of a comparison. As with reports, one format is one file, and none touches the disk.
//!
//! The verdict of the gate comes first in every format. Nothing that the comparison counts as missing, refused or
//! limited is left out of any of them; where a format has a limit on its size, what does not fit is counted.

#[cfg(test)]
pub(super) mod fixtures;
pub mod json;
mod junit;
pub(super) mod markdown;
pub(super) mod page;
pub mod readings;
pub(super) mod terminal;
#[cfg(test)]
mod tests;
pub(super) mod words;

use super::{Format, Options, RenderError};
use crate::compare::{Comparison, GateOutcome, GatedMetric, MetricComparison, Versus};
use readings::Readings;
use std::collections::HashMap;

/// Writes a comparison, and what a gate made of it. The page is written without transcripts; see
/// [`render_comparison_page`] for one with them.
///
/// # Errors
/// None of them depends on names or grades.
pub fn render_comparison(
    format: Format,
    comparison: &Comparison,
    gate: Option<&GateOutcome>,
    options: &Options,
) -> Result<String, RenderError> {
    match format {
        Format::Terminal => Ok(terminal::render(comparison, gate, options)),
        Format::Json => json::render(comparison, gate),
        Format::Junit => junit::render(comparison, gate),
        Format::Markdown => Ok(markdown::render(comparison, gate, options)),
        Format::Html => {
            let readings = Readings::absent("this page was made without them", comparison.heads.len());
            page::render(comparison, gate, &readings, options)
        }
    }
}

/// Writes the page of a comparison with the transcripts of its discordant trials side by side.
///
/// # Errors
/// As [`render_comparison`].
pub fn render_comparison_page(
    comparison: &Comparison,
    gate: Option<&GateOutcome>,
    readings: &Readings,
    options: &Options,
) -> Result<String, RenderError> {
    page::render(comparison, gate, readings, options)
}

/// What the gate made of the metrics of one head, by probe and metric.
type Gated<'a> = HashMap<(&'a str, &'a str), &'a GatedMetric>;

/// The heads, each with what the gate made of its metrics.
fn heads<'a>(
    comparison: &'a Comparison,
    gate: Option<&'a GateOutcome>,
) -> impl Iterator<Item = (&'a Versus, Gated<'a>)> {
    let mut lines = gate.map_or(&[][..], |gate| &gate.metrics).iter().peekable();
    comparison.heads.iter().map(move |versus| {
        let mut gated = Gated::new();
        // Two heads may have one name; the lines are in the order of the comparison, so that they are told apart.
        for (probe, metric, _) in metrics(versus) {
            let next = lines.next_if(|line| {
                line.head == versus.head.name && line.probe == probe && line.metric == metric
            });
            gated.extend(next.map(|line| ((probe, metric), line)));
        }
        (versus, gated)
    })
}

/// The metrics of a head with the ids of their probes, in order.
fn metrics(versus: &Versus) -> impl Iterator<Item = (&str, &str, &MetricComparison)> {
    versus.probes.iter().flat_map(|probe| {
        probe.metrics.iter().map(|(name, metric)| (probe.id.as_str(), name.as_str(), metric))
    })
}
