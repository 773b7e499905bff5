//! What another number of cases or samples would show: power, numbers needed, and the smallest difference to be found.
//!
//! Nothing is scaled by a rule of thumb. The interval that a larger design would have is made by the same formula as the
//! present one, from the same shares, spreads and correlations over more clusters ([`super::closed::ClosedForm::grown`]): so
//! Wilson's limits shrink as they do, and Student's t gets its degrees of freedom. The estimate then falls around an
//! assumed truth with its standard error, and an interval by Student's t varies in length besides (the normal
//! approximation to noncentral t: Abramowitz & Stegun 1964, 26.7.10).

use super::{
    Prepared,
    closed::Growth,
    interval::{Interval, normal_share, t_quantile},
};

/// More clusters than this are never advised.
const MOST: f64 = 1e9;

/// What an interval can show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Claim {
    /// All of it lies above this.
    Above(f64),
    /// All of it lies below this.
    Below(f64),
    /// All of it lies between these.
    Between(f64, f64),
}

/// The probability that the interval at a confidence such as 0.95 shows the claim, if the true value is `truth` and there
/// are so many times the clusters, and so many times the samples in each, of which `within` is the share of variance that
/// samples cause. None where there is no interval in closed form.
pub fn power(
    difference: &Prepared,
    claim: Claim,
    truth: f64,
    confidence: f64,
    growth: Growth,
) -> Option<f64> {
    let Interval { low, high, .. } = difference.closed.as_ref()?.grown(growth)?.interval(confidence).ok()?;
    let clusters = difference.statistic.clusters().len() as f64 * growth.clusters;
    let degrees = (clusters - 1.0).max(1.0);
    let error = difference.statistic.standard_error()? * growth.variance().sqrt();
    let student = t_quantile(confidence, degrees) * error;
    let shows = |room: f64, reach: f64| {
        // As much of the reach as is Student's is an estimate, and a little short on average.
        let part = reach.min(student);
        let spread = (error * error + part * part / (2.0 * degrees)).sqrt();
        let gap = room - reach + part / (4.0 * degrees);
        if spread > 0.0 { normal_share(gap / spread) } else { f64::from(u8::from(gap > 0.0)) }
    };
    let (down, up) = (difference.value - low, high - difference.value);
    let found = match claim {
        Claim::Above(floor) => shows(truth - floor, down),
        Claim::Below(ceiling) => shows(ceiling - truth, up),
        Claim::Between(floor, ceiling) => {
            (shows(truth - floor, down) + shows(ceiling - truth, up) - 1.0).max(0.0)
        }
    };
    found.is_finite().then_some(found)
}

/// The fewest clusters, present ones included, over which the claim is shown with a probability of `wanted`, if others are
/// like those that there are and the true value is `truth`. None where no number of clusters is enough.
pub fn clusters_needed(
    difference: &Prepared,
    claim: Claim,
    truth: f64,
    confidence: f64,
    wanted: f64,
) -> Option<u64> {
    let present = difference.statistic.clusters().len() as f64;
    let enough = |clusters: f64| {
        let growth = Growth { clusters: clusters / present, ..Growth::NONE };
        power(difference, claim, truth, confidence, growth).is_some_and(|found| found >= wanted)
    };
    least(2.0, MOST, enough)
}

/// The fewest samples per case, of which there are `samples` now, that show the claim with a probability of `wanted`
/// over the present clusters; `within` is the share of the variance that samples cause (see
/// [`super::equivalence::within_share`]). None where no number of samples is enough.
pub fn samples_needed(
    difference: &Prepared,
    claim: Claim,
    truth: f64,
    confidence: f64,
    wanted: f64,
    (samples, within): (u32, f64),
) -> Option<u64> {
    let enough = |number: f64| {
        let growth = Growth { samples: number / f64::from(samples.max(1)), within, ..Growth::NONE };
        power(difference, claim, truth, confidence, growth).is_some_and(|found| found >= wanted)
    };
    least(1.0, MOST, enough)
}

/// The smallest true difference from `from` (mostly 0, or a margin) that the present design would have shown with a
/// probability of `wanted`, in the direction in which it reaches less far; at least 0. None where there is no
/// interval in closed form.
pub fn smallest_shown(difference: &Prepared, from: f64, confidence: f64, wanted: f64) -> Option<f64> {
    let shown = |gap: f64| {
        let up = power(difference, Claim::Above(from), from + gap, confidence, Growth::NONE);
        let down = power(difference, Claim::Below(from), from - gap, confidence, Growth::NONE);
        up.into_iter().chain(down).fold(0.0, f64::max) >= wanted
    };
    let Interval { low, high, .. } = difference.closed.as_ref()?.interval(confidence).ok()?;
    let (mut below, mut above) = (0.0, 2.0 * (high - low));
    while !shown(above) {
        if above > MOST {
            return None;
        }
        above *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(below, above);
        if shown(middle) { above = middle } else { below = middle }
    }
    Some(above)
}

/// The smallest whole number from `first` on that is enough, if larger ones are; none up to `most`.
fn least(first: f64, most: f64, enough: impl Fn(f64) -> bool) -> Option<u64> {
    let mut above = first;
    while !enough(above) {
        if above >= most {
            return None;
        }
        above *= 2.0;
    }
    let mut below = (above / 2.0).floor().max(first - 1.0);
    while above - below > 1.0 {
        let middle = ((below + above) / 2.0).floor();
        if enough(middle) { above = middle } else { below = middle }
    }
    Some(above as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{MetricConfig, Sources, fixture::Fixture};
    use indexmap::IndexMap;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use serde_json::json;

    fn prepared(metric: &str, fixture: &Fixture) -> Prepared {
        let metrics: IndexMap<String, MetricConfig> =
            serde_json::from_value(json!({ "m": { metric: { "of": "s" } } })).unwrap();
        Sources::new(&metrics, &fixture.0).metric("m").unwrap()
    }

    fn flags(yes: impl Fn(u32) -> usize, cases: u32, n: usize) -> Prepared {
        prepared("rate", &(0..cases).fold(Fixture::new(), |f, case| f.flags("s", case, 0, yes(case), n)))
    }

    // Wilson's limit of 25 equal cases at 90 % is 2.7055 / (25 + 2.7055) = 0.0977, of 24 it is 0.1013.
    #[test]
    fn equal_cases_need_as_many_as_wilson_needs() {
        let equal = flags(|_| 3, 24, 3);
        let difference = equal.minus(&equal).unwrap();
        assert_eq!(clusters_needed(&difference, Claim::Between(-0.1, 0.1), 0.0, 0.9, 0.8), Some(25));
    }

    /// Numbers whose differences are normal with this standard deviation.
    fn normal(random: &mut ChaCha8Rng, cases: u32, gap: f64) -> Prepared {
        let mut draw = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        let [base, head] = [0.0, gap]
            .map(|gap| (0..cases).fold(Fixture::new(), |f, case| f.numbers("s", case, 0, &[gap + draw()])));
        prepared("mean", &head).minus(&prepared("mean", &base)).unwrap()
    }

    /// In how many of 1,000 runs of a design the claim is shown.
    fn simulated(cases: u32, gap: f64, confidence: f64, shown: impl Fn(Interval) -> bool) -> f64 {
        let mut random = ChaCha8Rng::seed_from_u64(8);
        let held = (0..1_000)
            .filter(|_| normal(&mut random, cases, gap).interval(confidence, 0, 0).is_ok_and(&shown));
        held.count() as f64 / 1_000.0
    }

    /// A pilot with exactly this spread of differences.
    fn pilot(cases: u32) -> Prepared {
        let half = (f64::from(cases - 1) / f64::from(cases)).sqrt() * 2.0_f64.sqrt();
        let numbers = |sign: f64| {
            (0..cases).fold(Fixture::new(), |f, case| {
                f.numbers("s", case, 0, &[if case % 2 == 0 { sign * half / 2.0 } else { -sign * half / 2.0 }])
            })
        };
        prepared("mean", &numbers(1.0)).minus(&prepared("mean", &numbers(-1.0))).unwrap()
    }

    #[test]
    fn what_is_advised_has_the_power_that_it_says() {
        let pilot = pilot(10);
        let difference = clusters_needed(&pilot, Claim::Above(0.0), 1.0, 0.95, 0.8).unwrap();
        let found = simulated(difference as u32, 1.0, 0.95, |interval| interval.low > 0.0);
        assert!((found - 0.8).abs() < 0.035, "{difference} cases: {found}");
        let within = clusters_needed(&pilot, Claim::Between(-1.0, 1.0), 0.0, 0.9, 0.8).unwrap();
        let found = simulated(within as u32, 0.0, 0.9, |interval| interval.low > -1.0 && interval.high < 1.0);
        assert!((found - 0.8).abs() < 0.035, "{within} cases: {found}");
    }

    // statsmodels 0.15: TTestPower().solve_power(effect_size=1 / sqrt(2), alpha=0.05, power=0.8) = 17.7
    #[test]
    fn a_difference_needs_as_many_as_in_statsmodels() {
        let found = clusters_needed(&pilot(10), Claim::Above(0.0), 1.0, 0.95, 0.8).unwrap();
        assert!((17..=19).contains(&found), "{found}");
    }

    #[test]
    fn the_smallest_difference_is_shown_and_no_smaller_one() {
        let pilot = pilot(12);
        let found = smallest_shown(&pilot, 0.0, 0.95, 0.8).unwrap();
        let at = |gap: f64| power(&pilot, Claim::Above(0.0), gap, 0.95, Growth::NONE).unwrap();
        assert!(at(found) >= 0.8 && at(0.99 * found) < 0.8, "{found}");
    }

    #[test]
    fn more_samples_help_only_where_samples_vary() {
        let (base, head) =
            (flags(|case| (case % 5) as usize, 20, 4), flags(|case| (case % 3 + 1) as usize, 20, 4));
        let difference = head.minus(&base).unwrap();
        let need = |within: f64| {
            let (claim, truth) = (Claim::Between(-0.2, 0.2), 0.0);
            samples_needed(&difference, claim, truth, 0.9, 0.8, (4, within))
        };
        assert!(need(1.0).is_some_and(|samples| samples > 4));
        assert_eq!(need(0.0), None);
    }
}
