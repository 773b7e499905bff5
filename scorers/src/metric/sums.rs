//! Sums per cluster while they are being added up.

use super::{cluster::Statistic, formula::Formula};
use std::{collections::BTreeMap, sync::Arc};

/// The most numbers that the rows of one statistic may hold (128 MiB).
const LARGEST: usize = 1 << 24;

/// Sums per cluster while they are being added up.
pub(crate) struct Sums {
    width: usize,
    /// Where the row of a cluster lies, ascending by cluster.
    places: BTreeMap<u32, usize>,
    presence: Vec<u64>,
    rows: Vec<f64>,
    /// The cluster asked for last: grades of one cluster mostly come one after another.
    last: Option<(u32, usize)>,
}

impl Sums {
    /// No clusters yet; every row will have `width` numbers.
    pub(crate) fn new(width: usize) -> Self {
        Self { width, places: BTreeMap::new(), presence: Vec::new(), rows: Vec::new(), last: None }
    }

    /// The row of a cluster; `side` (0 to 63) says which part of the metric the cluster feeds.
    pub(crate) fn row(&mut self, cluster: u32, side: u32) -> &mut [f64] {
        self.marked(cluster, 1 << (side % u64::BITS))
    }

    /// The same with a set of sides, a bit each.
    pub(super) fn marked(&mut self, cluster: u32, sides: u64) -> &mut [f64] {
        let place = match self.last {
            Some((last, place)) if last == cluster => place,
            _ => *self.places.entry(cluster).or_insert_with(|| {
                self.presence.push(0);
                self.rows.extend(std::iter::repeat_n(0.0, self.width));
                self.presence.len() - 1
            }),
        };
        self.last = Some((cluster, place));
        if let Some(presence) = self.presence.get_mut(place) {
            *presence |= sides;
        }
        self.rows.get_mut(place * self.width..(place + 1) * self.width).unwrap_or_default()
    }

    /// The finished statistic.
    pub(crate) fn statistic(self, sides: u32, formula: Arc<dyn Formula>) -> Statistic {
        let Self { width, places, presence, rows, .. } = self;
        let row = |place: &usize| rows.get(place * width..(place + 1) * width).unwrap_or_default();
        Statistic {
            clusters: places.keys().copied().collect(),
            presence: places.values().filter_map(|place| presence.get(*place)).copied().collect(),
            rows: places.values().flat_map(row).copied().collect(),
            width,
            sides,
            formula,
        }
    }
}

/// Whether a metric over this many clusters and numbers per cluster fits into memory.
///
/// # Errors
/// When it does not, saying so.
pub(crate) fn check_size(clusters: usize, width: usize) -> Result<(), String> {
    if clusters.saturating_mul(width) > LARGEST {
        return Err(format!(
            "{clusters} clusters with {width} numbers each are more than this metric can hold"
        ));
    }
    Ok(())
}
