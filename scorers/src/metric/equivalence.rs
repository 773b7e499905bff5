//! Equivalence, and how large a difference a sample can show.
//!
//! All of it is read off intervals, so that it holds for whatever made them: two one-sided tests at level α
//! reject when the 1 - 2α interval lies within the margin (Schuirmann 1987,
//! <https://doi.org/10.1007/BF01068419>), and half the width of an interval tells the standard error.

use super::{
    Prepared,
    interval::{Interval, t_quantile},
};

/// Halvings of the level in which a p-value is searched: to 1e-12.
const HALVINGS: u32 = 40;

/// The p-value of the two one-sided tests that a difference lies within ±margin: the smallest α at which its
/// 1 - 2α interval does. For a paired t interval these are the paired two one-sided t tests. None where the
/// interval has no closed form.
pub fn equivalence_p(difference: &Prepared, margin: f64) -> Option<f64> {
    let closed = difference.closed.as_ref()?;
    let within = |alpha: f64| {
        let Interval { low, high, .. } = closed.interval(1.0 - 2.0 * alpha).ok()?;
        Some(-margin < low && high < margin)
    };
    if difference.value.abs() >= margin {
        // The interval always holds its value; beyond α = ½ there is no interval to read the p-value off.
        return Some(0.5);
    }
    let (mut above, mut below) = (0.5, 0.0);
    within(0.25)?;
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(above, below);
        if within(middle).unwrap_or(true) { above = middle } else { below = middle }
    }
    Some(above)
}

/// The smallest true difference that a two-sided test at `level` finds with probability `power`, from half the width
/// of the 1 - level interval over so many clusters: half × (1 + t_power / t_(1 - level/2)), which is
/// (t_(1 - level/2) + t_power) standard errors (Bloom 1995, <https://doi.org/10.1177/0193841X9501900504>).
pub fn detectable(half_width: f64, clusters: u64, level: f64, power: f64) -> Option<f64> {
    let degrees = clusters.checked_sub(1).filter(|degrees| *degrees > 0)? as f64;
    let ratio = t_quantile(2.0 * power - 1.0, degrees) / t_quantile(1.0 - level, degrees);
    Some(half_width * (1.0 + ratio)).filter(|found| found.is_finite())
}

/// How much of the variance of a difference comes from samples within clusters, from 0 to 1: from the
/// difference over the even and over the odd samples of every case. A quarter of the mean squared gap between
/// what a cluster contributes to the two is the variance that samples cause, whatever the clusters
/// themselves do. None where the halves cannot be compared, or nothing varies.
pub fn within_share(whole: &Prepared, even: &Prepared, odd: &Prepared) -> Option<f64> {
    let (even_clusters, odd_clusters) = (even.statistic.clusters(), odd.statistic.clusters());
    if even_clusters != odd_clusters || even_clusters != whole.statistic.clusters() {
        return None;
    }
    let total: f64 = whole.statistic.influences()?.iter().map(|pull| pull * pull).sum();
    let (even, odd) = (even.statistic.influences()?, odd.statistic.influences()?);
    let within: f64 = even.iter().zip(&odd).map(|(even, odd)| (even - odd) * (even - odd)).sum::<f64>() / 4.0;
    (total > 0.0).then(|| (within / total).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{
        MetricConfig, Sources, Table,
        fixture::{Fixture, assert_near},
    };
    use indexmap::IndexMap;
    use serde_json::json;

    const HEAD: [f64; 8] = [1.2, 0.4, 2.2, 1.9, 0.1, 1.4, 0.8, 1.1];
    const BASE: [f64; 8] = [1.0, 0.5, 2.0, 1.5, 0.3, 1.1, 0.9, 0.8];

    fn prepared(numbers: &[f64]) -> Prepared {
        let fixture = numbers
            .iter()
            .zip(0..)
            .fold(Fixture::new(), |fixture, (number, case)| fixture.numbers("s", case, 0, &[*number]));
        prepare(&fixture.0)
    }

    fn prepare(table: &Table) -> Prepared {
        let metrics: IndexMap<String, MetricConfig> =
            serde_json::from_value(json!({ "m": { "mean": { "of": "s" } } })).unwrap();
        Sources::new(&metrics, table).metric("m").unwrap()
    }

    // statsmodels.stats.weightstats.ttost_paired(HEAD, BASE, -m, m)[0]
    #[test]
    fn two_one_sided_t_tests_as_in_statsmodels() {
        let difference = prepared(&HEAD).minus(&prepared(&BASE)).unwrap();
        for (margin, p) in
            [(0.2, 0.188783770227978), (0.3, 0.031962061469432486), (0.5, 0.0010915705625329183)]
        {
            assert_near(&[equivalence_p(&difference, margin).unwrap()], &[p], 1e-9);
        }
        assert_near(&[equivalence_p(&difference, 0.1).unwrap()], &[0.5], 0.0);
    }

    #[test]
    fn detectable_is_what_a_t_test_detects() {
        // scipy: (t.ppf(0.975, 7) + t.ppf(0.8, 7)) * standard error 0.1, from half = t.ppf(0.975, 7) * 0.1.
        let half = 2.364624251592784 * 0.1;
        assert_near(&[detectable(half, 8, 0.05, 0.8).unwrap()], &[(2.364624251592784 + T_80) * 0.1], 1e-9);
        assert_eq!(detectable(half, 1, 0.05, 0.8), None);
        assert_eq!(detectable(half, 0, 0.05, 0.8), None);
    }

    const T_80: f64 = 0.8960296443137653;

    #[test]
    fn samples_alone_vary_or_clusters_alone() {
        let table = |even: &dyn Fn(u32) -> f64, odd: &dyn Fn(u32) -> f64| {
            let numbers = |case: u32| [even(case), odd(case)];
            let whole = (0..40).fold(Fixture::new(), |f, case| f.numbers("s", case, 0, &numbers(case)));
            let half = |at: usize| {
                (0..40).fold(Fixture::new(), |f, case| f.numbers("s", case, 0, &numbers(case)[at..=at]))
            };
            [whole, half(0), half(1)].map(|fixture| prepare(&fixture.0))
        };
        let [whole, even, odd] = table(&|case| f64::from(case % 7), &|case| f64::from(case % 7));
        assert_near(&[within_share(&whole, &even, &odd).unwrap()], &[0.0], 1e-12);
        // Even and odd samples have no common part: all that varies are samples.
        let [whole, even, odd] = table(&|case| f64::from(case % 2), &|case| f64::from(case / 2 % 2));
        assert_near(&[within_share(&whole, &even, &odd).unwrap()], &[1.0], 1e-12);
    }
}
