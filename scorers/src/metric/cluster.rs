//! Statistics as functions of sums over clusters.
//!
//! A cluster is what was drawn at random from the world that a probe speaks about: a case, or a
//! minimal pair. Everything that is said about noise rests on how far clusters differ, so all that
//! a statistic keeps of the grades is one row of sums per cluster. Its value is a function of the
//! weighted sum of the rows; leaving a cluster out, drawing clusters with replacement, swapping two
//! sides of a pair and linearising are all ways of changing the weights or the rows.

use super::formula::Formula;
use std::{collections::BTreeMap, fmt, sync::Arc};

/// What rounding may leave of a difference, as a part of the numbers that were subtracted: some thousand times the
/// spacing of floating-point numbers, and far less than one grade can make of any cluster.
pub(super) const ROUNDING: f64 = 1e-12;

/// A row of sums per cluster, and what to make of their total.
#[derive(Clone)]
pub struct Statistic {
    /// The clusters that have a row, ascending.
    pub(super) clusters: Vec<u32>,
    /// Which sides of the metric each of them feeds.
    pub(super) presence: Vec<u64>,
    /// The rows, one after another.
    pub(super) rows: Vec<f64>,
    pub(super) width: usize,
    pub(super) sides: u32,
    pub(super) formula: Arc<dyn Formula>,
}

impl fmt::Debug for Statistic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Statistic({} clusters, {} sums)", self.clusters.len(), self.width)
    }
}

impl Statistic {
    /// The clusters that the statistic rests on, as the table numbers them, ascending.
    pub fn clusters(&self) -> &[u32] {
        &self.clusters
    }

    /// How many sums it is a function of.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The rows of sums, in the order of [`Self::clusters`].
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.rows.chunks_exact(self.width.max(1))
    }

    /// The value at given totals, as [`Self::totals`] returns them.
    pub fn at(&self, totals: &[f64]) -> Option<f64> {
        self.formula.value(totals).filter(|value| value.is_finite())
    }

    /// Why there is no value when there is none.
    pub fn undefined(&self) -> String {
        self.formula.undefined()
    }

    /// The plain totals: every cluster once.
    pub fn totals(&self) -> Vec<f64> {
        self.weighted_totals(|_| 1.0)
    }

    /// The value with every cluster counted once.
    pub fn point(&self) -> Option<f64> {
        self.at(&self.totals())
    }

    /// The value when cluster `c` of the table counts `weights[c]` times; clusters beyond the end
    /// of `weights` do not count.
    pub fn value(&self, weights: &[f64]) -> Option<f64> {
        self.at(&self.weighted_totals(|cluster| weights.get(cluster as usize).copied().unwrap_or(0.0)))
    }

    fn weighted_totals(&self, weight: impl Fn(u32) -> f64) -> Vec<f64> {
        let mut totals = vec![0.0; self.width];
        for (row, cluster) in self.rows().zip(&self.clusters) {
            let weight = weight(*cluster);
            totals.iter_mut().zip(row).for_each(|(total, number)| *total += weight * number);
        }
        totals
    }

    /// The values with each cluster left out in turn.
    pub fn jackknife(&self) -> Vec<Option<f64>> {
        let totals = self.totals();
        let mut without = totals.clone();
        self.rows()
            .map(|row| {
                without
                    .iter_mut()
                    .zip(&totals)
                    .zip(row)
                    .for_each(|((without, total), number)| *without = total - number);
                self.at(&without)
            })
            .collect()
    }

    /// How much each cluster pulls the value (the derivative by its weight), centred; what only rounding leaves of a
    /// pull is 0.
    pub fn influences(&self) -> Option<Vec<f64>> {
        self.pulls().map(|(pulls, _)| pulls)
    }

    /// [`Self::influences`], and the size of the numbers that they are differences of: two pulls that differ by no more
    /// than a tiny part of that are the same.
    pub(crate) fn pulls(&self) -> Option<(Vec<f64>, f64)> {
        let totals = self.totals();
        let mut gradient = vec![0.0; self.width];
        self.formula.gradient(&totals, &mut gradient)?;
        let mut size = 0.0_f64;
        let mut pulls: Vec<f64> = Vec::with_capacity(self.clusters.len());
        for row in self.rows() {
            let parts = || row.iter().zip(&gradient).map(|(number, slope)| number * slope);
            size = size.max(parts().map(f64::abs).sum());
            pulls.push(parts().sum());
        }
        let centre = pulls.iter().sum::<f64>() / pulls.len().max(1) as f64;
        for pull in &mut pulls {
            *pull -= centre;
            if pull.abs() <= ROUNDING * size {
                *pull = 0.0;
            }
        }
        pulls.iter().all(|pull| pull.is_finite()).then_some((pulls, size))
    }

    /// The skewness of what clusters contribute: the mean cube of the influences over the cube of their standard deviation.
    /// None where they do not vary.
    pub fn skewness(&self) -> Option<f64> {
        let pulls = self.influences()?;
        let moment = |power| pulls.iter().map(|pull| pull.powi(power)).sum::<f64>() / pulls.len() as f64;
        let skewness = moment(3) / moment(2).powf(1.5);
        skewness.is_finite().then_some(skewness)
    }

    /// The cluster-robust standard error: the square root of G/(G-1) times the sum of squared
    /// influences, G clusters (Liang & Zeger 1986, <https://doi.org/10.1093/biomet/73.1.13>, with the
    /// small-sample factor that econometrics calls CR1). None below two clusters.
    pub fn standard_error(&self) -> Option<f64> {
        let clusters = self.clusters.len() as f64;
        if clusters < 2.0 {
            return None;
        }
        let squares: f64 = self.influences()?.iter().map(|pull| pull * pull).sum();
        Some((clusters / (clusters - 1.0) * squares).sqrt()).filter(|error| error.is_finite())
    }

    /// What each cluster contributes to the value, and the share of all grades that it holds: the contributions add up to the value,
    /// which is linearised, and one that holds few grades contributes little. None where it cannot be linearised.
    pub fn contributions(&self) -> Option<Vec<(f64, f64)>> {
        let value = self.point()?;
        let pulls = self.influences()?;
        Some(
            pulls.into_iter().zip(self.leverages()).map(|(pull, part)| (pull + value * part, part)).collect(),
        )
    }

    /// The share of all grades that each cluster holds: the mean over its means, or equal shares where it is not made of means.
    pub(crate) fn leverages(&self) -> Vec<f64> {
        let equal = 1.0 / self.clusters.len().max(1) as f64;
        if !self.formula.pairs() {
            return vec![equal; self.clusters.len()];
        }
        let totals = self.totals();
        let of = |row: &[f64]| {
            let parts = row.iter().zip(&totals).skip(1).step_by(2).filter(|(_, total)| **total > 0.0);
            let (sum, count) =
                parts.fold((0.0, 0.0), |(sum, count), (n, total)| (sum + n / total, count + 1.0));
            if count > 0.0 { sum / count } else { equal }
        };
        self.rows().map(of).collect()
    }

    /// How many clusters of equal size the grades are worth (Kish): the least over its means; none where it is not made of
    /// means.
    pub(crate) fn effective_clusters(&self) -> Option<f64> {
        if !self.formula.pairs() {
            return None;
        }
        let of = |place: usize| {
            let numbers = || self.rows().filter_map(|row| row.get(place));
            let (sum, squares) = numbers().fold((0.0, 0.0), |(sum, squares), n| (sum + n, squares + n * n));
            if squares > 0.0 { sum * sum / squares } else { 0.0 }
        };
        (1..self.width).step_by(2).map(of).reduce(f64::min)
    }

    /// The correlation of two estimates that the clusters they share bring about, from -1 to 1;
    /// 0 where either does not vary.
    pub fn correlation(&self, other: &Self) -> f64 {
        let (Some(mine), Some(theirs)) = (self.influences(), other.influences()) else { return 0.0 };
        let scale = |pulls: &[f64]| pulls.iter().map(|pull| pull * pull).sum::<f64>();
        let scale = (scale(&mine) * scale(&theirs)).sqrt();
        if scale <= f64::MIN_POSITIVE {
            return 0.0;
        }
        let mut theirs = other.clusters.iter().zip(theirs).peekable();
        let mut sum = 0.0;
        for (cluster, pull) in self.clusters.iter().zip(mine) {
            while theirs.next_if(|(other, _)| *other < cluster).is_some() {}
            if let Some((_, other)) = theirs.next_if(|(other, _)| *other == cluster) {
                sum += pull * other;
            }
        }
        (sum / scale).clamp(-1.0, 1.0)
    }

    /// Rows that are drawn among each other when clusters are drawn with replacement: clusters that
    /// feed the same sides. So a contrast of arms that lie in different clusters is resampled as two
    /// groups of fixed size. Where a group would be a single cluster, all form one group.
    pub(crate) fn strata(&self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (index, presence) in self.presence.iter().enumerate() {
            groups.entry(*presence).or_default().push(index);
        }
        if groups.values().any(|group| group.len() < 2) {
            return vec![(0..self.clusters.len()).collect()];
        }
        groups.into_values().collect()
    }
}

#[cfg(test)]
#[path = "cluster_tests.rs"]
mod tests;
