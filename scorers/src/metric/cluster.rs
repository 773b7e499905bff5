//! Statistics as functions of sums over clusters.
//!
//! A cluster is what was drawn at random from the world that a probe speaks about: a case, or a
//! minimal pair. Everything that is said about noise rests on how far clusters differ, so all that
//! a statistic keeps of the grades is one row of sums per cluster. Its value is a function of the
//! weighted sum of the rows; leaving a cluster out, drawing clusters with replacement, swapping two
//! sides of a pair and linearising are all ways of changing the weights or the rows.

use std::{collections::BTreeMap, fmt, sync::Arc};

/// The most numbers that the rows of one statistic may hold (128 MiB).
const LARGEST: usize = 1 << 24;

/// What rounding may leave of a difference, as a part of the numbers that were subtracted: some thousand times the
/// spacing of floating-point numbers, and far less than one grade can make of any cluster.
pub(super) const ROUNDING: f64 = 1e-12;

/// What a statistic makes of the sums.
pub trait Formula: Send + Sync {
    /// The value at these totals; none where it is not defined or not finite.
    fn value(&self, totals: &[f64]) -> Option<f64>;

    /// Why there is no value when there is none, as a sentence without a full stop.
    fn undefined(&self) -> String {
        "its value is not defined for these grades".to_owned()
    }

    /// Whether the totals are pairs of a sum and the number of grades in it.
    fn pairs(&self) -> bool {
        false
    }

    /// The derivatives of the value by each total; by central differences unless a formula knows better.
    fn gradient(&self, totals: &[f64], gradient: &mut [f64]) -> Option<()> {
        let mut moved = totals.to_vec();
        for ((slot, total), index) in gradient.iter_mut().zip(totals).zip(0..) {
            let step = 1e-5 * total.abs().max(1.0);
            let mut at = |value: f64| {
                if let Some(place) = moved.get_mut::<usize>(index) {
                    *place = value;
                }
                self.value(&moved)
            };
            let (above, below) = (at(total + step)?, at(total - step)?);
            at(*total);
            *slot = (above - below) / (2.0 * step);
        }
        Some(())
    }
}

/// The quotient of two sums: a mean, or a share.
pub(crate) struct MeanOf;

impl Formula for MeanOf {
    fn value(&self, totals: &[f64]) -> Option<f64> {
        match totals {
            [sum, count] if *count > 0.0 => Some(sum / count).filter(|value| value.is_finite()),
            _ => None,
        }
    }

    fn undefined(&self) -> String {
        "there is nothing to average".to_owned()
    }

    fn pairs(&self) -> bool {
        true
    }

    fn gradient(&self, totals: &[f64], gradient: &mut [f64]) -> Option<()> {
        let value = self.value(totals)?;
        if let ([by_sum, by_count], [_, count]) = (gradient, totals) {
            *by_sum = 1.0 / count;
            *by_count = -value / count;
        }
        Some(())
    }
}

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

    fn marked(&mut self, cluster: u32, sides: u64) -> &mut [f64] {
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

/// A row of sums per cluster, and what to make of their total.
#[derive(Clone)]
pub struct Statistic {
    /// The clusters that have a row, ascending.
    clusters: Vec<u32>,
    /// Which sides of the metric each of them feeds.
    presence: Vec<u64>,
    /// The rows, one after another.
    rows: Vec<f64>,
    width: usize,
    sides: u32,
    formula: Arc<dyn Formula>,
}

impl fmt::Debug for Statistic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Statistic({} clusters, {} sums)", self.clusters.len(), self.width)
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

/// What a statistic makes of the values of two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Left minus right.
    Difference,
    /// Left divided by right.
    Quotient,
}

struct Joined {
    left: Arc<dyn Formula>,
    right: Arc<dyn Formula>,
    split: usize,
    join: Join,
}

impl Formula for Joined {
    fn value(&self, totals: &[f64]) -> Option<f64> {
        let (left, right) = totals.split_at_checked(self.split)?;
        let (left, right) = (self.left.value(left)?, self.right.value(right)?);
        let value = match self.join {
            Join::Difference => left - right,
            Join::Quotient => left / right,
        };
        Some(value).filter(|value| value.is_finite())
    }

    fn pairs(&self) -> bool {
        self.left.pairs() && self.right.pairs()
    }

    fn undefined(&self) -> String {
        match self.join {
            Join::Difference => "one of its sides has no value".to_owned(),
            Join::Quotient => "what it divides by is 0 or has no value".to_owned(),
        }
    }

    fn gradient(&self, totals: &[f64], gradient: &mut [f64]) -> Option<()> {
        let (left, right) = totals.split_at_checked(self.split)?;
        let (by_left, by_right) = gradient.split_at_mut_checked(self.split)?;
        self.left.gradient(left, by_left)?;
        self.right.gradient(right, by_right)?;
        let (left, right) = match self.join {
            Join::Difference => (1.0, -1.0),
            Join::Quotient => {
                let (above, below) = (self.left.value(left)?, self.right.value(right)?);
                (1.0 / below, -above / (below * below))
            }
        };
        by_left.iter_mut().for_each(|slope| *slope *= left);
        by_right.iter_mut().for_each(|slope| *slope *= right);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::assert_near;

    struct Squared;

    impl Formula for Squared {
        fn value(&self, totals: &[f64]) -> Option<f64> {
            totals.first().map(|total| total * total)
        }
    }

    fn statistic(rows: &[(u32, f64, f64)]) -> Statistic {
        let mut sums = Sums::new(2);
        for (cluster, sum, count) in rows {
            sums.row(*cluster, 0).copy_from_slice(&[*sum, *count]);
        }
        sums.statistic(1, Arc::new(MeanOf))
    }

    #[test]
    fn weights_count_clusters_repeatedly() {
        let single = statistic(&[(0, 3.0, 2.0), (2, 1.0, 1.0), (5, 4.0, 3.0)]);
        let doubled = statistic(&[(0, 3.0, 2.0), (1, 3.0, 2.0), (5, 4.0, 3.0)]);
        assert_near(
            &[single.value(&[2.0, 9.0, 0.0, 9.0, 9.0, 1.0]).unwrap()],
            &[doubled.point().unwrap()],
            1e-15,
        );
        assert_eq!(single.value(&[]), None);
    }

    #[test]
    fn leaving_out_is_a_weight_of_zero() {
        let whole = statistic(&[(0, 3.0, 2.0), (1, 1.0, 1.0), (2, 4.0, 3.0)]);
        let left: Vec<f64> = whole.jackknife().into_iter().flatten().collect();
        let weighted = [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]].map(|w| whole.value(&w).unwrap());
        assert_near(&left, &weighted, 1e-15);
    }

    // By hand: centred, three are -1/4 and one 3/4; the mean cube is 3/32, the mean square 3/16: 2 / √3.
    #[test]
    fn skewness_by_hand() {
        let found = statistic(&[(0, 0.0, 1.0), (1, 0.0, 1.0), (2, 0.0, 1.0), (3, 1.0, 1.0)]).skewness();
        assert_near(&[found.unwrap()], &[2.0 / 3.0_f64.sqrt()], 1e-12);
        assert_eq!(statistic(&[(0, 1.0, 1.0), (1, 1.0, 1.0)]).skewness(), None);
    }

    #[test]
    fn slopes_by_differences_are_near_the_true_ones() {
        let mut slope = [0.0, 0.0];
        Squared.gradient(&[3.0, 1.0], &mut slope).unwrap();
        assert_near(&slope, &[6.0, 0.0], 1e-8);
    }

    #[test]
    fn a_joined_slope_is_that_of_its_value() {
        let (left, right) =
            (statistic(&[(0, 3.0, 2.0), (1, 1.0, 1.0)]), statistic(&[(1, 5.0, 2.0), (4, 4.0, 3.0)]));
        for join in [Join::Difference, Join::Quotient] {
            let joined = Statistic::join(&left, &right, join).unwrap();
            let pulls = joined.influences().unwrap();
            for (index, pull) in pulls.iter().enumerate() {
                let mut weights = [1.0; 5];
                let step = 1e-6;
                weights[joined.clusters()[index] as usize] += step;
                let slope = (joined.value(&weights).unwrap() - joined.point().unwrap()) / step;
                assert_near(&[*pull], &[slope], 1e-5);
            }
        }
    }

    #[test]
    fn sides_in_different_clusters_are_drawn_apart() {
        let (left, right) =
            (statistic(&[(0, 3.0, 2.0), (1, 1.0, 1.0)]), statistic(&[(3, 5.0, 2.0), (4, 4.0, 3.0)]));
        let joined = Statistic::join(&left, &right, Join::Difference).unwrap();
        let mut strata = joined.strata();
        strata.sort();
        assert_eq!(strata, [vec![0, 1], vec![2, 3]]);
        assert_near(&[left.correlation(&right), left.correlation(&left)], &[0.0, 1.0], 1e-12);
    }
}
