//! Ends of intervals that never move against the grades.
//!
//! If a flag of the second record is lost, neither end of the interval of the difference may rise: a larger loss would be
//! judged more mildly. Intervals do not keep to that by themselves. They are wide where all clusters differ alike, since others were
//! perhaps not seen, and narrow once one of them differs less; and a cluster that loses far more than the others widens them on both sides.
//!
//! So the upper end is the lowest one over the grades as they are and over grades that are nowhere worse; the lower end
//! the highest one over grades that are nowhere better. A larger loss leaves more grades to choose from, so the ends fall with
//! it. They are searched: a flag of one cluster, or of all that are like it, is turned where that moves the end most, and so on
//! until nothing moves it any more. No search of so many grades finds every last one; how seldom an end still rises is tested.
//!
//! It takes a hundred times as long as the interval itself, so only what is judged is held together so
//! ([`super::Prepared::held`]).
//!
//! Where no cluster differs at all, an interval stands as it is, and where none is better (worse) the lower (upper) end
//! reaches at least as far as if none differed, whether all were like one side, like the other, or between them: who cannot tell that
//! equal records are equal cannot tell it of one that lost a flag. Means keep the textbook's paired t.

use super::{
    cluster::Statistic,
    interval::{CONFIDENCE, t_quantile},
    share::Share,
    terms::{Link, Term},
};
use std::{cmp::Ordering, sync::Arc};

/// Over more clusters one more flag moves an end by less than anybody looks at.
const MOST: usize = 400;
/// Sums of more shares are left as they are: there are too many grades to search.
const SHARES: usize = 8;
/// Flags that are turned one after another, at most.
const ROUNDS: usize = 48;
/// Only the clusters at the far end can be the ones whose grades widen an interval by t: so many kinds of them are tried.
const FAR: usize = 4;
/// With so few clusters that stand out, or so few in all, all are tried.
const STAND_OUT: f64 = 3.0;
/// The same for the clusters.
const FEW: usize = 10;
/// So many grades are followed at a time, and so many flags turned although no end came nearer: of few clusters, and of many.
const SEARCH: [(usize, u32); 2] = [(12, 10), (2, 1)];
/// Of many clusters none is turned unless one lies so far out, as a part of how far it must for t to widen with it.
const OUT: f64 = 0.7;
/// Of flags between those of the two sides, so many are turned one after another.
const BETWEEN: usize = 6;
/// The levels at which ends are looked at: those of a difference, of equivalence, and of a difference among a dozen others.
pub(super) const LEVELS: [f64; 3] = [CONFIDENCE, 0.9, 0.995];
/// An end has to move by more than rounding makes of it.
const BARELY: f64 = 1e-10;
/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Lower,
    Upper,
}

impl End {
    fn other(self) -> Self {
        match self {
            Self::Lower => Self::Upper,
            Self::Upper => Self::Lower,
        }
    }

    /// With this sign a smaller number is a nearer end.
    pub(super) fn sign(self) -> f64 {
        match self {
            Self::Lower => -1.0,
            Self::Upper => 1.0,
        }
    }
}

/// The trues of every cluster in every share of a sum.
#[derive(Clone)]
pub(super) struct Flags {
    difference: Statistic,
    /// What each share is multiplied with.
    weights: Vec<f64>,
}

impl Flags {
    /// Those of a sum of shares; none of anything else, or of so many clusters that it does not matter.
    pub(super) fn of(difference: &Statistic, terms: &[Term]) -> Option<Self> {
        let plain = terms.iter().all(|term| term.link == Link::Share);
        let few = terms.len() <= SHARES && difference.clusters().len() <= MOST;
        let fits = difference.width() == 2 * terms.len() && few;
        (plain && fits && !terms.is_empty()).then(|| Self {
            difference: difference.clone(),
            weights: terms.iter().map(|term| term.weight).collect(),
        })
    }

    pub(super) fn difference(&self) -> &Statistic {
        &self.difference
    }

    /// The shares that these flags make.
    pub(super) fn terms(&self) -> Option<Vec<Term>> {
        let clusters = self.difference.clusters();
        let term = |(place, weight): (usize, &f64)| {
            let rows = clusters.iter().zip(self.difference.rows());
            let counts = rows.filter_map(|(cluster, row)| {
                Some((*cluster, *row.get(2 * place)?, *row.get(2 * place + 1)?))
            });
            let share = Share::of_counts(counts)?;
            Some(Term { share: Arc::new(share), link: Link::Share, weight: *weight })
        };
        self.weights.iter().enumerate().map(term).collect()
    }

    /// Whether no cluster of the second side is better than in the first, and whether none is worse.
    pub(super) fn one_sided(&self) -> [bool; 2] {
        let differs = |row: &[f64], sign: f64| {
            let parts = self.weights.iter().zip(row.chunks_exact(2));
            let share = |(weight, pair): (&f64, &[f64])| match pair {
                [trues, all] if *all > 0.0 => weight * trues / all,
                _ => 0.0,
            };
            sign * parts.map(share).sum::<f64>() > BARELY
        };
        [1.0, -1.0].map(|sign| !self.difference.rows().any(|row| differs(row, sign)))
    }

    /// The flags of either side on both sides, and flags between them, if no cluster is better (lower end) or worse (upper end) in the
    /// second side; `ends` says how far that end is over flags. A larger loss leaves more flags between the sides, so the farthest
    /// of these ends comes no nearer with it.
    pub(super) fn between(&self, end: End, ends: impl Fn(&Self) -> Option<[f64; LEVELS.len()]>) -> Vec<Self> {
        let one_sided = |flags: &Self| flags.one_sided().get(end as usize).is_some_and(|so| *so);
        if !one_sided(self) {
            return Vec::new();
        }
        let same =
            |flags: &Self| [true, false].map(|first| flags.without_difference(first)).into_iter().flatten();
        let mut found: Vec<Self> = same(self).collect();
        let mut here = self.clone();
        for _ in 0..BETWEEN {
            let nearer = here.neighbours(end.other(), FAR).into_iter().filter(one_sided);
            let mut candidates: Vec<([f64; LEVELS.len()], Self)> = nearer
                .map(|flags| {
                    let reached: Vec<_> = same(&flags).filter_map(|same| ends(&same)).collect();
                    let farthest = |level: usize| {
                        reached
                            .iter()
                            .filter_map(|ends| ends.get(level))
                            .copied()
                            .fold(f64::NEG_INFINITY, f64::max)
                    };
                    (std::array::from_fn(farthest), flags)
                })
                .collect();
            candidates.sort_by(|one, other| one.1.compare(&other.1));
            let farthest = |by: &dyn Fn(&[f64; LEVELS.len()]) -> f64| {
                candidates
                    .iter()
                    .max_by(|one, other| by(&one.0).total_cmp(&by(&other.0)))
                    .map(|(_, flags)| flags.clone())
            };
            let Some(next) = farthest(&|ends| ends.iter().sum()) else { break };
            let levels = 0..LEVELS.len();
            let farthest =
                levels.filter_map(|level| farthest(&|ends| ends.get(level).copied().unwrap_or_default()));
            found.extend(farthest.flat_map(|flags| same(&flags).collect::<Vec<_>>()));
            here = next;
        }
        found
    }

    /// The flags of one side on both sides; none where the sides have unequal numbers of flags.
    fn without_difference(&self, first: bool) -> Option<Self> {
        let mut difference = self.difference.clone();
        let half = difference.width / 2;
        for row in difference.rows.chunks_exact_mut(difference.width.max(1)) {
            let (plus, minus) = row.split_at_mut(half);
            let even =
                plus.iter().zip(&*minus).skip(1).step_by(2).all(|(one, other)| (one - other).abs() < 0.5);
            if !even {
                return None;
            }
            let (from, to) = if first { (plus, minus) } else { (minus, plus) };
            to.copy_from_slice(from.get(..half)?);
        }
        half.is_multiple_of(2).then(|| Self { difference, weights: self.weights.clone() })
    }

    /// The clusters with equal flags, from those that the end lies far from to the others.
    fn groups(&self, end: End) -> Vec<Vec<usize>> {
        let totals = self.difference.totals();
        let part = |row: &[f64], place: usize| Some(row.get(2 * place)? / totals.get(2 * place + 1)?);
        let contributed = |row: &[f64]| -> f64 {
            let parts = self.weights.iter().enumerate();
            end.sign() * parts.filter_map(|(place, weight)| Some(weight * part(row, place)?)).sum::<f64>()
        };
        let mut rows: Vec<(f64, &[f64], usize)> =
            (0..).zip(self.difference.rows()).map(|(place, row)| (contributed(row), row, place)).collect();
        rows.sort_by(|one, other| {
            one.0.total_cmp(&other.0).then_with(|| in_order(one.1, other.1)).then(one.2.cmp(&other.2))
        });
        let same = rows.chunk_by(|one, other| in_order(one.1, other.1).is_eq());
        same.map(|group| group.iter().map(|(.., place)| *place).collect()).collect()
    }

    /// One flag of each of these clusters turned, so that the sum moves away from the far end; none where there is none to turn.
    fn turned(&self, clusters: &[usize], term: usize, end: End) -> Option<Self> {
        let step = end.sign() * self.weights.get(term)?.signum();
        let mut difference = self.difference.clone();
        for cluster in clusters {
            let at = cluster * difference.width + 2 * term;
            let all = *difference.rows.get(at + 1)?;
            let trues = difference.rows.get_mut(at)?;
            *trues += step;
            if !(0.0..=all).contains(trues) {
                return None;
            }
        }
        Some(Self { difference, weights: self.weights.clone() })
    }

    /// The flags with the nearest end at each of [`LEVELS`], as far as they are not these. Of these, so many clusters stand out, and `reached`
    /// are the ends, turned so that the nearer one is smaller; `ends` says them of other flags.
    pub(super) fn nearest(
        &self,
        informative: f64,
        end: End,
        mut reached: [f64; LEVELS.len()],
        ends: impl Fn(&Self) -> Option<[f64; LEVELS.len()]>,
    ) -> Vec<Self> {
        let all = informative <= STAND_OUT || self.difference.clusters().len() <= FEW;
        let [few, many] = SEARCH;
        let (followed, patience) = if all { few } else { many };
        if !all && !self.far_out(end) {
            return Vec::new();
        }
        let mut best: [Option<Self>; LEVELS.len()] = LEVELS.map(|_| None);
        let (mut beam, mut waited) = (vec![self.clone()], 0);
        for _ in 0..ROUNDS {
            let mut candidates: Vec<(f64, Self)> = Vec::new();
            let mut nearer = false;
            for turned in
                beam.iter().flat_map(|flags| flags.neighbours(end, if all { usize::MAX } else { FAR }))
            {
                let Some(there) = ends(&turned) else { continue };
                for ((there, reached), best) in there.iter().zip(&mut reached).zip(&mut best) {
                    if *there < *reached - BARELY {
                        (*reached, nearer) = (*there, true);
                        *best = Some(turned.clone());
                    }
                }
                candidates.push((there.iter().sum(), turned));
            }
            waited = if nearer { 0 } else { waited + 1 };
            if waited > patience || candidates.is_empty() {
                break;
            }
            candidates.sort_by(|one, other| one.0.total_cmp(&other.0).then_with(|| one.1.compare(&other.1)));
            candidates.dedup_by(|one, other| one.1.compare(&other.1).is_eq());
            candidates.truncate(followed);
            beam = candidates.into_iter().map(|(_, flags)| flags).collect();
        }
        best.into_iter().flatten().collect()
    }

    /// Whether a cluster lies so far out on this side that the other end of an interval by t would come nearer with it: the end is the
    /// value and t standard errors, and of n clusters one moves the error by more than the value if it lies √n / t deviations out.
    fn far_out(&self, end: End) -> bool {
        let Some(pulls) = self.difference.influences() else { return false };
        let clusters = pulls.len() as f64;
        let error = (clusters / (clusters - 1.0) * pulls.iter().map(|pull| pull * pull).sum::<f64>()).sqrt();
        let farthest = pulls.iter().map(|pull| -end.sign() * pull).fold(0.0, f64::max);
        farthest > OUT * error / t_quantile(CONFIDENCE, clusters - 1.0)
    }

    /// A flag of one cluster, or of all that are like it, turned, of so many kinds of clusters from the far end.
    fn neighbours(&self, end: End, kinds: usize) -> Vec<Self> {
        let groups = self.groups(end);
        let chosen = groups.iter().take(kinds).flat_map(|group| {
            let one = group.get(..1).unwrap_or_default();
            std::iter::once(one).chain((group.len() > 1).then_some(group.as_slice()))
        });
        let terms = 0..self.weights.len();
        chosen
            .flat_map(|clusters| terms.clone().filter_map(move |term| self.turned(clusters, term, end)))
            .collect()
    }

    /// An order of flags, whichever clusters they are in.
    fn compare(&self, other: &Self) -> Ordering {
        let rows = |flags: &Self| {
            let mut rows: Vec<Vec<f64>> = flags.difference.rows().map(<[f64]>::to_vec).collect();
            rows.sort_by(|one, other| in_order(one, other));
            rows.concat()
        };
        in_order(&rows(self), &rows(other))
    }
}

/// The order of two rows of equal length.
fn in_order(one: &[f64], other: &[f64]) -> Ordering {
    let pairs = one.iter().zip(other).map(|(one, other)| one.total_cmp(other));
    pairs.fold(Ordering::Equal, Ordering::then)
}

/// By how much one grade moves a mean, if grades differ by the unit in which they are written (1 of whole numbers, 0.1 of numbers with one
/// decimal); where there is none, by how much one cluster does that does not differ at all. None where that is nothing, either.
pub(super) fn one_step(difference: &Statistic) -> Option<f64> {
    let value = difference.point()?.abs();
    let clusters = difference.clusters().len().max(1) as f64;
    let unknown = (value > 0.0).then_some(value / clusters);
    if !difference.formula.pairs() {
        return unknown;
    }
    let sums: Vec<f64> = difference.rows().flat_map(|row| row.iter().copied().step_by(2)).collect();
    let whole = |unit: f64| {
        sums.iter().all(|sum| {
            let units = sum / unit;
            (units - units.round()).abs() <= 1e-9 * units.abs().max(1.0)
        })
    };
    let unit = (0..=DECIMALS).map(|decimals| 0.1_f64.powi(decimals)).find(|unit| whole(*unit));
    let grades = difference.totals().into_iter().skip(1).step_by(2).reduce(f64::min);
    match (unit, grades) {
        (Some(unit), Some(grades)) if grades > 0.0 => Some(unit / grades),
        _ => unknown,
    }
}

/// With more decimals numbers are taken for measured ones.
const DECIMALS: i32 = 4;

#[cfg(test)]
#[path = "monotone_tests.rs"]
mod tests;
