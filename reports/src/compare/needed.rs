//! How large a difference a design can show, and how many cases or samples would decide what is open.
//!
//! All of it takes the interval at hand as what more of the same grades would give: its reach shrinks with the square
//! root of the clusters, except where no two clusters differ. There the interval only bounds how many unseen clusters could,
//! z² / (n + z²), which shrinks with their number.

use super::{
    Aim,
    outcome::{Needed, Numbers},
    verdict::{Evidence, FEWEST},
};
use crate::format::number::short;
use scorers::metric::{
    anytime::Validity,
    equivalence::detectable,
    interval::{normal_quantile, normal_share, t_quantile},
};

/// Rounds in which the samples that are needed are searched.
const ROUNDS: u32 = 8;
/// More clusters or samples than this are no advice.
const MOST: f64 = 1e9;

/// What is known of the design of a metric.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// The level of the verdict.
    pub(super) level: f64,
    /// How many tests share that level: the strictest of Holm's steps.
    pub(super) tests: u64,
    /// The power that is asked.
    pub(super) power: f64,
    /// The share of the variance that comes from samples, where it is known.
    pub(super) within: Option<f64>,
    /// Samples per case.
    pub(super) samples: u32,
    pub(super) validity: Validity,
}

/// The smallest true difference that this design finds with the power of the plan, at its strictest level; beyond a margin,
/// by so much more. None without an interval, or with too few clusters to decide anything.
pub(super) fn smallest(numbers: &Numbers, plan: &Plan) -> Option<f64> {
    let (low, high) = numbers.difference.ends()?;
    let degrees = degrees(numbers.clusters).filter(|_| numbers.clusters >= FEWEST)?;
    let shown = plan.validity.nominal(plan.level);
    let strict = plan.validity.nominal(plan.level / plan.tests.max(1) as f64);
    let half = (high - low) / 2.0 * t_quantile(1.0 - strict, degrees) / t_quantile(1.0 - shown, degrees);
    detectable(half, numbers.clusters, strict, plan.power)
}

/// The smallest difference that a design can show, in words; one beyond the margin where there is a margin.
pub(crate) fn said_of_smallest(size: f64, margin: Option<f64>) -> String {
    match margin {
        Some(margin) => format!(
            "the smallest difference that this design shows to be beyond the margin is {}",
            short(margin + size)
        ),
        None => format!("the smallest difference that this design shows is {}", short(size)),
    }
}

fn degrees(clusters: u64) -> Option<f64> {
    clusters.checked_sub(1).filter(|degrees| *degrees > 0).map(|degrees| degrees as f64)
}

/// What would decide an open metric if its true difference were the observed one; `spread` is the standard error of
/// the difference.
pub(super) fn needed(
    numbers: &Numbers,
    evidence: &Evidence<'_>,
    spread: Option<f64>,
    plan: &Plan,
) -> Option<Needed> {
    let (aim, reach) = evidence.aim()?;
    let shown = match aim {
        Aim::Difference => numbers.difference.ends()?,
        Aim::Equivalence | Aim::NotWorse => numbers.inner?,
    };
    let half = (shown.1 - shown.0) / 2.0;
    let size = numbers.difference.value.abs();
    let search = Search { aim, reach, size, margin: evidence.margin, plan };
    let alike = spread.is_none_or(|spread| spread <= 1e-9 * numbers.difference.value.abs().max(1e-3));
    if alike && aim != Aim::Difference {
        let clusters = search.of_alike(half, numbers.clusters)?;
        return Some(Needed { aim, clusters, samples: None, only_clusters: true });
    }
    let error = half / t_quantile(1.0 - search.level(plan.validity), degrees(numbers.clusters)?);
    let present = numbers.clusters as f64;
    let enough = |clusters: f64| {
        let degrees = (clusters - 1.0).max(1.0);
        search.power(error * (present / clusters).sqrt(), degrees, plan.validity) >= plan.power
    };
    if enough(present) {
        return None;
    }
    let clusters = least_whole(present, enough)?;
    let mut only_clusters = false;
    let samples = plan.within.and_then(|within| {
        let now = f64::from(plan.samples);
        let degrees = degrees(numbers.clusters)?;
        let enough = |samples: f64| {
            let validity = plan.validity.at(samples.min(f64::from(u32::MAX)) as u32);
            let scale = ((1.0 - within) + within * now / samples).max(0.0).sqrt();
            search.power(error * scale, degrees, validity) >= plan.power
        };
        // With any number of samples what lies between clusters stays.
        only_clusters = !enough(MOST);
        if only_clusters { None } else { least_whole(now, enough) }
    });
    Some(Needed { aim, clusters, samples, only_clusters })
}

/// What is searched.
struct Search<'a> {
    aim: Aim,
    /// How far the interval may reach from the observed difference.
    reach: f64,
    /// The observed difference.
    size: f64,
    margin: Option<f64>,
    plan: &'a Plan,
}

impl Search<'_> {
    /// The two-sided level of the interval that decides.
    fn level(&self, validity: Validity) -> f64 {
        match self.aim {
            Aim::Difference => validity.nominal(self.plan.level),
            Aim::Equivalence | Aim::NotWorse => validity.nominal(2.0 * self.plan.level),
        }
    }

    /// The probability that it is shown, with this standard error.
    fn power(&self, error: f64, degrees: f64, validity: Validity) -> f64 {
        let strict = match self.aim {
            Aim::Difference => validity.nominal(self.plan.level / self.plan.tests.max(1) as f64),
            Aim::Equivalence | Aim::NotWorse => self.level(validity),
        };
        let quantile = t_quantile(1.0 - strict, degrees);
        let one = normal_share(self.reach / error - quantile);
        match (self.aim, self.margin) {
            // Both ends have to lie within the margin.
            (Aim::Equivalence, Some(margin)) => {
                (one + normal_share((margin + self.size) / error - quantile) - 1.0).max(0.0)
            }
            _ => one,
        }
    }

    /// Clusters, where no two of them differ: the interval reaches as far as w z² / (n + z²).
    fn of_alike(&self, half: f64, clusters: u64) -> Option<u64> {
        let squared = normal_quantile(1.0 - self.level(self.plan.validity)).powi(2);
        let widest = half * (clusters as f64 + squared) / squared;
        let least = squared * (widest / self.reach - 1.0);
        // The bound has to be below the margin, not at it.
        let found = (least.floor() + 1.0).max(1.0);
        (least.is_finite() && found < MOST && found > clusters as f64).then_some(found as u64)
    }
}

/// The smallest whole number above `present` that is enough; none beyond all reason.
fn least_whole(present: f64, enough: impl Fn(f64) -> bool) -> Option<u64> {
    let (mut low, mut high) = (present.max(1.0).floor(), present.max(1.0).floor());
    for _ in 0..ROUNDS * 8 {
        high *= 2.0;
        if high > MOST {
            return None;
        }
        if enough(high) {
            break;
        }
        low = high;
    }
    while high - low > 1.0 {
        let middle = f64::midpoint(low, high).floor();
        if enough(middle) { high = middle } else { low = middle }
    }
    Some(high as u64)
}

#[cfg(test)]
#[path = "needed_tests.rs"]
mod tests;
