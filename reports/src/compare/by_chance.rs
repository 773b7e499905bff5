//! What chance does where nothing changed: whether a difference is too large for that, whatever else is tested.
//!
//! The interval asks what holds of other cases. With five cases it is so cautious that even a loss of everything no longer stands
//! once it is adjusted for thirteen metrics. A narrower question has a sharper answer: if both versions were the same, they would draw their
//! trials of a case from the same distribution, so each pair of trials could as well lie the other way round. [`chance`] bounds how
//! probable so large a difference would then be (Chernoff 1952, <https://doi.org/10.1214/aoms/1177729330>), in two ways:
//!
//! - Given the pairs, each of them turns its difference around with a probability of a half.
//! - Two draws of a flag differ most often where it is true half of the time, whatever the case.
//!
//! Both hold in each design and number of trials, however cases differ, and however the grades of one trial are alike. Neither gets
//! larger when a grade gets worse.
//!
//! [`apart`] is coarser, and holds for each metric: every case of one side lies beyond every case of the other. Where nothing
//! changed that happens in one of 126 comparisons of five cases at most, and in one of 462 of six.

use super::{
    outcome::Numbers,
    verdict::{BARELY, FEWEST},
};
use indexmap::IndexMap;
use scorers::{
    ValueKind,
    metric::{
        Grade, MetricConfig, Selector, Table, cluster::Statistic, multiplicity::Multiplicity, table::Trial,
    },
};
use std::collections::BTreeMap;

/// With fewer clusters an interval is too short for the strict levels that many metrics leave: of thirty unchanged metrics over five cases
/// one was called worse in a tenth of gates.
const FEW: u64 = 7;

impl Numbers {
    /// The p-value with which it enters a family of so many tests: among others, and over few clusters, chance must not do it either.
    pub(super) fn among(&self, p: f64, tests: usize, multiplicity: Multiplicity) -> f64 {
        let alone = tests < 2 || multiplicity == Multiplicity::None;
        let chance = self.chance.filter(|_| !alone && self.clusters < FEW);
        chance.map_or(p, |chance| p.max(chance))
    }
}

/// Metrics that are made of others go no deeper than this.
const DEEPEST: usize = 16;
/// Halvings in which a bound is searched; each value of the search is a bound.
const HALVINGS: u32 = 30;
/// The largest tilt that is tried, in units of the largest trial.
const STEEPEST: f64 = 60.0;

/// Whether every cluster of one side lies beyond every cluster of the other, of at least as many as can decide anything.
pub(super) fn apart(base: &Statistic, head: &Statistic) -> bool {
    if base.clusters() != head.clusters() || (base.clusters().len() as u64) < FEWEST {
        return false;
    }
    let (Some((low, high)), Some((other_low, other_high))) = (spread(base), spread(head)) else {
        return false;
    };
    low > other_high + BARELY || other_low > high + BARELY
}

/// The least and the most that clusters come to: each by itself or, where one has no value by itself, what it contributes.
fn spread(statistic: &Statistic) -> Option<(f64, f64)> {
    let alone: Option<Vec<f64>> = statistic.rows().map(|row| statistic.at(row)).collect();
    let values = alone.or_else(|| {
        let contributions = statistic.contributions()?;
        Some(contributions.into_iter().map(|(value, part)| value / part).collect())
    })?;
    let within = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    values.iter().all(|value| value.is_finite()).then_some(within)
}

/// What one trial has to do with the difference.
#[derive(Clone, Copy, Default)]
struct TrialPart {
    /// What it adds to the base minus the head.
    difference: f64,
    /// The most that it could add.
    most: f64,
}

/// How probable a difference at least as large on either side is at most, if both are the same; `sign` is that of head minus base. None
/// of metrics that are no sums of rates and means; a sensitivity counts as its hits minus its false alarms.
pub(super) fn chance(
    metrics: &IndexMap<String, MetricConfig>,
    name: &str,
    (base, head): (&Table, &Table),
    sign: f64,
) -> Option<f64> {
    let mut terms = Vec::new();
    terms_of(metrics, name, 1.0, DEEPEST, &mut terms)?;
    let mut trials: BTreeMap<Trial, TrialPart> = BTreeMap::new();
    let mut flags = true;
    for (selector, weight) in terms {
        let (mine, theirs) = (base.columns.get(&selector.score)?, head.columns.get(&selector.score)?);
        flags &= mine.kind == ValueKind::Flag;
        let pairs = mine.observations.iter().zip(&theirs.observations);
        let chosen = || pairs.clone().filter(|(grade, _)| selector.chooses(&base.arms, grade));
        let part = weight / chosen().count().max(1) as f64;
        for (mine, theirs) in chosen() {
            let (Grade::Number(one), Grade::Number(other)) = (mine.grade, theirs.grade) else { return None };
            let trial = trials.entry(mine.trial()).or_default();
            trial.difference += part * (one - other);
            trial.most += part.abs();
        }
    }
    let found: f64 = -sign * trials.values().map(|trial| trial.difference).sum::<f64>();
    // A coin that turns the difference around, and two that make up a pair of flags.
    let turned = bound(found, trials.values().map(|trial| trial.difference.abs()), 1.0);
    let one_sided = if flags {
        2.0 * turned.min(bound(found, trials.values().map(|trial| trial.most / 2.0), 2.0))
    } else {
        turned
    };
    Some((2.0 * one_sided).min(1.0))
}

/// The rates and means that a metric is a sum of, each with its sign.
fn terms_of<'a>(
    metrics: &'a IndexMap<String, MetricConfig>,
    name: &str,
    sign: f64,
    deep: usize,
    terms: &mut Vec<(&'a Selector, f64)>,
) -> Option<()> {
    let deep = deep.checked_sub(1)?;
    match metrics.get(name)? {
        MetricConfig::Rate(rate) => terms.push((&rate.of, sign)),
        MetricConfig::Mean(mean) => terms.push((&mean.of, sign)),
        MetricConfig::DPrime(d_prime) => {
            terms.extend([(&d_prime.hit, sign), (&d_prime.false_alarm, -sign)]);
        }
        MetricConfig::Contrast(contrast) => {
            let is_sum = |name: &str| !matches!(metrics.get(name), Some(MetricConfig::DPrime(_)));
            if !(is_sum(&contrast.plus) && is_sum(&contrast.minus)) {
                return None;
            }
            terms_of(metrics, &contrast.plus, sign, deep, terms)?;
            terms_of(metrics, &contrast.minus, -sign, deep, terms)?;
        }
        _ => return None,
    }
    Some(())
}

/// Chernoff's bound of the probability that fair coins of these sizes, so many of each, add up to so much.
fn bound(sum: f64, sizes: impl Iterator<Item = f64> + Clone, coins: f64) -> f64 {
    let largest = sizes.clone().fold(0.0, f64::max);
    if sum <= 0.0 || largest <= 0.0 {
        return 1.0;
    }
    let (sum, sizes) = (sum / largest, sizes.map(|size| size / largest));
    let slope = |tilt: f64| coins * sizes.clone().map(|size| size * (tilt * size).tanh()).sum::<f64>() - sum;
    let (mut low, mut high) = (0.0, STEEPEST);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if slope(middle) < 0.0 { low = middle } else { high = middle }
    }
    let log_cosh = |x: f64| x + (-2.0 * x).exp().ln_1p() - std::f64::consts::LN_2;
    (coins * sizes.clone().map(|size| log_cosh(high * size)).sum::<f64>() - high * sum).exp().min(1.0)
}

#[cfg(test)]
#[path = "by_chance_tests.rs"]
mod tests;
