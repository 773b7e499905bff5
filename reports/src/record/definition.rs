//! What specs say of a metric: which grades it rests on, and which direction is better.

use super::{Better, Bound, ProbeRecord};
use indexmap::IndexMap;
use scorers::metric::{MetricConfig, Selector};
use std::collections::HashSet;

/// A metric and those that it is made of, each once.
pub(crate) fn made_of<'a>(
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
pub(crate) fn rests_on<'a>(metrics: &'a IndexMap<String, MetricConfig>, name: &'a str) -> Vec<&'a Selector> {
    let inputs = |config: &'a MetricConfig| config.inputs().into_iter().map(|(_, selector, _)| selector);
    made_of(metrics, name).flat_map(inputs).collect()
}

/// Which direction of a metric the spec states by itself: calls better, or bounds; none where it says nothing, both, or only how it compares
/// with another one.
pub(crate) fn stated(probe: &ProbeRecord, name: &str) -> Option<Better> {
    if let Some(better) = probe.better.get(name) {
        return Some(*better);
    }
    let own = probe.expect.iter().filter(|expectation| expectation.metric == name);
    let mut found = own.filter_map(|expectation| match &expectation.bound {
        Bound::AtLeast(_) | Bound::Above(_) => Some(Better::Higher),
        Bound::AtMost(_) | Bound::Below(_) => Some(Better::Lower),
        _ => None,
    });
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// Which direction of a metric the spec calls better, or expects; none where it says nothing, or expects both.
pub(crate) fn expected(probe: &ProbeRecord, name: &str) -> Option<Better> {
    if let Some(better) = probe.better.get(name) {
        return Some(*better);
    }
    let mut found = probe.expect.iter().filter_map(|expectation| {
        let own = expectation.metric == name;
        match &expectation.bound {
            Bound::AtLeast(_) | Bound::Above(_) if own => Some(Better::Higher),
            Bound::AtMost(_) | Bound::Below(_) if own => Some(Better::Lower),
            Bound::GreaterThan(_) if own => Some(Better::Higher),
            Bound::LessThan(_) if own => Some(Better::Lower),
            Bound::GreaterThan(other) if other == name => Some(Better::Lower),
            Bound::LessThan(other) if other == name => Some(Better::Higher),
            _ => None,
        }
    });
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}
