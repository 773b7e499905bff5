//! Tests of there being no difference between two records of the same cases.
//!
//! If two models behave alike, it does not matter which of them a cluster's grades came from. So the two
//! sides of every cluster are swapped at random, and the p-value is how often the difference then is at
//! least as large as the observed one. This needs no distribution and holds for every metric, since a metric is
//! a function of sums over clusters. Up to [`ENUMERABLE`] clusters that differ, all swaps are tried; beyond, the
//! swaps are random and p is (extreme + 1) / (swaps + 1), which never is 0 and keeps the level (Phipson &
//! Smyth 2010, <https://doi.org/10.2202/1544-6115.1585>).
//!
//! With one flag a cluster on each side, the distribution over all swaps is binomial: that is McNemar's exact
//! test (1947, <https://doi.org/10.1007/BF02295996>), and its p-value is computed directly.

use super::cluster::{ROUNDING, Statistic};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

/// Up to so many clusters that differ, all 2^clusters swaps are tried.
pub const ENUMERABLE: usize = 16;

/// Random swaps that one call of [`SignFlip::extreme`] makes.
pub const CHUNK: usize = 500;

/// Which test a p-value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestMethod {
    /// McNemar's exact test: every cluster is one pair of flags.
    #[serde(rename = "mcnemar")]
    McNemar {
        /// Clusters true in the base only.
        only_base: u64,
        /// Clusters true in the head only.
        only_head: u64,
    },
    /// All swaps of the sides of clusters.
    Enumerated {
        /// Clusters that differ.
        clusters: u64,
    },
    /// Random swaps of the sides of clusters.
    Sampled {
        /// Clusters that differ.
        clusters: u64,
        /// How many random swaps.
        swaps: u64,
    },
}

impl TestMethod {
    /// The name for people.
    pub fn label(self) -> String {
        match self {
            Self::McNemar { .. } => "McNemar, exact".to_owned(),
            Self::Enumerated { .. } => "cluster permutation, exact".to_owned(),
            Self::Sampled { swaps, .. } => format!("cluster permutation, {swaps} random swaps"),
        }
    }
}

/// The two-sided exact p-value of `one` against `other` discordant pairs: 2 P(X ≤ the smaller), X binomial with
/// share ½, at most 1. With no discordant pair it is 1.
pub fn mcnemar(one: u64, other: u64) -> f64 {
    match Binomial::new(0.5, one + other) {
        Ok(binomial) if one != other => (2.0 * binomial.cdf(one.min(other))).min(1.0),
        _ => 1.0,
    }
}

/// The discordant clusters of two shares of flags with one flag a cluster: true on the left only, and on the
/// right only. None where a cluster has more grades, or only one of the sides has it.
pub fn flag_pairs(left: &Statistic, right: &Statistic) -> Option<(u64, u64)> {
    if left.width() != 2 || right.width() != 2 || left.clusters() != right.clusters() {
        return None;
    }
    let one = |number: f64| (number - 1.0).abs() < 1e-9;
    let flag = |row: &[f64]| match row {
        [yes, n] if one(*n) && (one(*yes) || yes.abs() < 1e-9) => Some(*yes > 0.5),
        _ => None,
    };
    let (mut only_left, mut only_right) = (0, 0);
    for (left, right) in left.rows().zip(right.rows()) {
        match (flag(left)?, flag(right)?) {
            (true, false) => only_left += 1,
            (false, true) => only_right += 1,
            _ => {}
        }
    }
    Some((only_left, only_right))
}

/// Two statistics whose clusters can be swapped.
pub struct SignFlip {
    form: Form,
    /// Rows that differ, left minus right, equal ones gathered.
    rows: Vec<f64>,
    /// How often each row occurs.
    copies: Vec<u32>,
    width: usize,
    observed: f64,
}

enum Form {
    /// The statistic itself, at both sides' totals; the sum of both sides, which swaps leave alone.
    Exact { statistic: Statistic, sum: Vec<f64> },
    /// The sum of what clusters contribute to the linearised difference.
    Linear,
}

impl SignFlip {
    /// The test of two statistics of the same metric over paired grades. Where the rows of the two sides
    /// cannot be exchanged for each other (`exchangeable` is false, or they have different sums), the difference
    /// is linearised, and the contributions of clusters change their signs.
    ///
    /// # Errors
    /// A sentence without a full stop, when a side or the difference has no value, or cannot be linearised.
    pub fn new(left: &Statistic, right: &Statistic, exchangeable: bool) -> Result<Self, String> {
        let value = |statistic: &Statistic| statistic.point().ok_or_else(|| statistic.undefined());
        let observed = value(left)? - value(right)?;
        if exchangeable && left.width() == right.width() {
            let width = left.width();
            let sum = left.totals().iter().zip(right.totals()).map(|(one, other)| one + other).collect();
            let (rows, copies) = gather(differences(left, right, width), width);
            return Ok(Self {
                form: Form::Exact { statistic: left.clone(), sum },
                rows,
                copies,
                width,
                observed,
            });
        }
        let contributions = |statistic: &Statistic| {
            let found = statistic.contributions().ok_or("the difference cannot be linearised")?;
            let found = found.into_iter().map(|(contributed, _)| contributed);
            Ok::<_, String>(statistic.clusters().iter().copied().zip(found).collect::<Vec<_>>())
        };
        let mut merged = std::collections::BTreeMap::<u32, (f64, f64)>::new();
        for (cluster, contributed) in contributions(left)? {
            merged.entry(cluster).or_default().0 = contributed;
        }
        for (cluster, contributed) in contributions(right)? {
            merged.entry(cluster).or_default().1 = contributed;
        }
        let rows: Vec<f64> = merged.into_values().map(|(one, other)| apart(one, other)).collect();
        let (rows, copies) = gather(rows, 1);
        Ok(Self { form: Form::Linear, rows, copies, width: 1, observed })
    }

    /// Clusters that differ between the sides.
    pub fn clusters(&self) -> usize {
        self.copies.iter().map(|copies| *copies as usize).sum()
    }

    /// The exact p-value over all swaps; none for more than [`ENUMERABLE`] clusters.
    pub fn enumerate(&self) -> Option<f64> {
        let clusters = self.clusters();
        if clusters > ENUMERABLE {
            return None;
        }
        if clusters == 0 {
            return Some(1.0);
        }
        let rows: Vec<&[f64]> = self
            .rows
            .chunks_exact(self.width.max(1))
            .zip(&self.copies)
            .flat_map(|(row, copies)| std::iter::repeat_n(row, *copies as usize))
            .collect();
        // Swapping everything only changes the sign, so the first cluster stays as it is.
        let swaps = 1_u32 << (clusters - 1);
        let mut extreme = 0_u32;
        let mut gap = vec![0.0; self.width];
        for swap in 0..swaps {
            gap.fill(0.0);
            for (row, place) in rows.iter().zip(0..) {
                let sign = if place > 0 && swap >> (place - 1) & 1 == 1 { -1.0 } else { 1.0 };
                gap.iter_mut().zip(*row).for_each(|(gap, number)| *gap += sign * number);
            }
            extreme += u32::from(self.is_extreme(&gap));
        }
        Some(f64::from(extreme) / f64::from(swaps))
    }

    /// How many of [`CHUNK`] random swaps are at least as extreme as what was observed. Chunks with different
    /// numbers are independent, and the same on every machine.
    pub fn extreme(&self, seed: u64, chunk: u64) -> u64 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(chunk);
        let mut gap = vec![0.0; self.width];
        let mut extreme = 0;
        for _ in 0..CHUNK {
            gap.fill(0.0);
            let (mut bits, mut left) = (0_u64, 0_u32);
            for (row, copies) in self.rows.chunks_exact(self.width.max(1)).zip(&self.copies) {
                // Equal rows are swapped together: what counts is how many of them.
                let (mut kept, mut open) = (0_u32, *copies);
                while open > 0 {
                    if left == 0 {
                        (bits, left) = (random.random(), 64);
                    }
                    let taken = open.min(left);
                    let mask = if taken == 64 { u64::MAX } else { (1 << taken) - 1 };
                    kept += (bits & mask).count_ones();
                    bits = bits.checked_shr(taken).unwrap_or(0);
                    left -= taken;
                    open -= taken;
                }
                let weight = 2.0 * f64::from(kept) - f64::from(*copies);
                gap.iter_mut().zip(row).for_each(|(gap, number)| *gap += weight * number);
            }
            extreme += u64::from(self.is_extreme(&gap));
        }
        extreme
    }

    /// Whether the difference at these swapped sums is at least as large as the observed one; one without a
    /// value counts as if it were, which can only make p larger.
    fn is_extreme(&self, gap: &[f64]) -> bool {
        let found = match &self.form {
            Form::Linear => gap.first().copied(),
            Form::Exact { statistic, sum } => {
                let side = |sign: f64| {
                    let totals: Vec<f64> =
                        sum.iter().zip(gap).map(|(sum, gap)| f64::midpoint(*sum, sign * gap)).collect();
                    statistic.at(&totals)
                };
                side(1.0).zip(side(-1.0)).map(|(left, right)| left - right)
            }
        };
        found.is_none_or(|found| found.abs() >= self.observed.abs() * (1.0 - 1e-9) - 1e-12)
    }
}

/// The difference of two sums; 0 where only rounding tells them apart.
fn apart(one: f64, other: f64) -> f64 {
    let gap = one - other;
    if gap.abs() <= ROUNDING * (one.abs() + other.abs()) { 0.0 } else { gap }
}

/// Rows of the left side minus those of the right; a cluster that one side lacks counts as zeros there.
fn differences(left: &Statistic, right: &Statistic, width: usize) -> Vec<f64> {
    let mut rows = Vec::with_capacity(left.clusters().len() * width);
    let mut others = right.clusters().iter().zip(right.rows()).peekable();
    for (cluster, row) in left.clusters().iter().zip(left.rows()) {
        while let Some((_, other)) = others.next_if(|(other, _)| *other < cluster) {
            rows.extend(other.iter().map(|number| -number));
        }
        match others.next_if(|(other, _)| *other == cluster) {
            Some((_, other)) => rows.extend(row.iter().zip(other).map(|(one, other)| apart(*one, *other))),
            None => rows.extend(row),
        }
    }
    rows.extend(others.flat_map(|(_, other)| other.iter().map(|number| -number)));
    rows
}

/// Equal rows gathered, up to their sign, and rows of zeros left out: swapping those changes nothing.
fn gather(mut rows: Vec<f64>, width: usize) -> (Vec<f64>, Vec<u32>) {
    let width = width.max(1);
    // A swap turns a row into its opposite, so the two are the same for this purpose.
    for row in rows.chunks_exact_mut(width) {
        if row.iter().find(|number| **number != 0.0).is_some_and(|first| *first < 0.0) {
            row.iter_mut().for_each(|number| *number = -*number);
        }
    }
    let mut order: Vec<&[f64]> =
        rows.chunks_exact(width).filter(|row| row.iter().any(|number| *number != 0.0)).collect();
    let compare = |one: &&[f64], other: &&[f64]| {
        let mut pairs = one.iter().zip(*other).map(|(one, other)| (one + 0.0).total_cmp(&(other + 0.0)));
        pairs.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    };
    order.sort_unstable_by(compare);
    let (mut gathered, mut copies) = (Vec::new(), Vec::new());
    for run in order.chunk_by(|one, other| compare(one, other).is_eq()) {
        gathered.extend(run.first().copied().unwrap_or_default());
        copies.push(u32::try_from(run.len()).unwrap_or(u32::MAX));
    }
    (gathered, copies)
}

#[cfg(test)]
#[path = "paired_tests.rs"]
mod tests;
