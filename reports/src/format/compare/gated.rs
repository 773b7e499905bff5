//! The metrics of a comparison, each with what the gate made of it.

use crate::compare::{Comparison, GateOutcome, GatedMetric, MetricComparison, Versus};
use std::collections::HashMap;

/// What the gate made of the metrics of one head, by probe and metric.
pub(in crate::format) type Gated<'a> = HashMap<(&'a str, &'a str), &'a GatedMetric>;

/// The heads, each with what the gate made of its metrics.
pub(in crate::format) fn heads<'a>(
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
pub(in crate::format) fn metrics(versus: &Versus) -> impl Iterator<Item = (&str, &str, &MetricComparison)> {
    versus.probes.iter().flat_map(|probe| {
        probe.metrics.iter().map(|(name, metric)| (probe.id.as_str(), name.as_str(), metric))
    })
}
