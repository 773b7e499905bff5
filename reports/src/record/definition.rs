//! What a spec says of a metric: which direction is better.

use super::{Better, Bound, ProbeRecord};

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
