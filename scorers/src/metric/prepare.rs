//! From the metrics of a spec to estimates.

use super::{
    Estimate, MetricConfig, MetricResult, Point, Prepared, Selector, Sources, Table, ValueOnly,
    bootstrap::REPLICATES,
    interval::{CONFIDENCE, Interval},
    select::Counts,
};
use indexmap::IndexMap;
use std::collections::HashSet;

impl<'a> Sources<'a> {
    /// The metrics of one probe and its grades.
    pub fn new(metrics: &'a IndexMap<String, MetricConfig>, table: &'a Table) -> Self {
        let named = metrics.iter().map(|(name, config)| (name.as_str(), config.parameters()));
        Self::over(named.collect(), table)
    }
}

/// A metric and those that it is made of, each once.
pub fn made_of<'a>(
    metrics: &'a IndexMap<String, MetricConfig>,
    name: &'a str,
) -> impl Iterator<Item = &'a MetricConfig> {
    let (mut open, mut seen) = (vec![name], HashSet::new());
    std::iter::from_fn(move || {
        while let Some(name) = open.pop() {
            let Some(config) = metrics.get(name).filter(|_| seen.insert(name)) else { continue };
            open.extend(config.metrics().into_iter().map(|(_, name)| name));
            return Some(config);
        }
        None
    })
}

/// The grades that a metric reads, also through other metrics.
pub fn rests_on<'a>(metrics: &'a IndexMap<String, MetricConfig>, name: &'a str) -> Vec<&'a Selector> {
    let inputs = |config: &'a MetricConfig| config.inputs().into_iter().map(|(_, selector, _)| selector);
    made_of(metrics, name).flat_map(inputs).collect()
}

/// Estimates all metrics of a probe; `seed` drives the resampling and nothing else.
pub fn estimate_all(
    metrics: &IndexMap<String, MetricConfig>,
    table: &Table,
    seed: u64,
) -> IndexMap<String, MetricResult> {
    let mut sources = Sources::new(metrics, table);
    let mut results = IndexMap::new();
    for name in metrics.keys() {
        let counts = Counts::of(table, &rests_on(metrics, name));
        let estimated = sources.metric(name).map(|prepared| estimate(&prepared, counts, seed));
        let Counts { unscored, failed, .. } = counts;
        let result =
            estimated.unwrap_or_else(|reason| MetricResult::Unavailable { reason, unscored, failed });
        results.insert(name.clone(), result);
    }
    results
}

fn estimate(prepared: &Prepared, counts: Counts, seed: u64) -> MetricResult {
    // A round whose grades allow no interval is left out of the curve; its grades are in the counts.
    let series = prepared.series.iter().filter_map(|(round, n, point)| {
        let Interval { low, high, .. } = point.interval(CONFIDENCE, REPLICATES, seed).ok()?;
        Some(Point { round: *round, value: point.value, low, high, n: *n })
    });
    let series = series.collect();
    let Counts { scored: n, unscored, failed } = counts;
    let (value, range, clusters) =
        (prepared.value, prepared.range, prepared.statistic.clusters().len() as u64);
    match prepared.interval(CONFIDENCE, REPLICATES, seed) {
        Ok(Interval { low, high, method }) => {
            let estimate =
                Estimate { value, low, high, method, n, clusters, unscored, failed, range, series };
            MetricResult::Estimated(estimate)
        }
        Err(reason) => {
            MetricResult::ValueOnly(ValueOnly { value, reason, n, clusters, unscored, failed, range, series })
        }
    }
}
