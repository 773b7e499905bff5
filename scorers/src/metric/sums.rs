//! Sums per cluster while they are being added up, and the statistics that come of them.

use super::{
    cluster::Statistic,
    formula::{Formula, Join, Joined, MeanOf},
};
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

impl Statistic {
    /// A share from rows of (cluster, how many, of how many).
    pub fn share(rows: impl IntoIterator<Item = (u32, f64, f64)>) -> Self {
        let mut sums = Sums::new(2);
        for (cluster, some, all) in rows {
            if let [yes, n] = sums.row(cluster, 0) {
                *yes += some;
                *n += all;
            }
        }
        sums.statistic(1, Arc::new(MeanOf))
    }

    /// A statistic of two others that shares their clusters: both sides are weighted together.
    ///
    /// # Errors
    /// When the two together are too large.
    pub(crate) fn join(left: &Self, right: &Self, join: Join) -> Result<Self, String> {
        let (width, sides) = (left.width + right.width, left.sides + right.sides);
        if sides > u64::BITS {
            return Err(format!("it is made of more than {} rates or means", u64::BITS));
        }
        check_size(left.clusters.len() + right.clusters.len(), width)?;
        let mut sums = Sums::new(width);
        for (side, offset, shift) in [(left, 0, 0), (right, left.width, left.sides)] {
            for ((cluster, presence), row) in side.clusters.iter().zip(&side.presence).zip(side.rows()) {
                let whole = sums.marked(*cluster, presence << shift);
                whole.iter_mut().skip(offset).zip(row).for_each(|(place, number)| *place = *number);
            }
        }
        let formula =
            Joined { left: left.formula.clone(), right: right.formula.clone(), split: left.width, join };
        Ok(sums.statistic(sides, Arc::new(formula)))
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
