//! What another number of cases or samples would show: power, numbers needed, and the smallest difference to be found.
//!
//! Nothing is scaled by a rule of thumb. The interval that a larger design would have is made by the same formula as the
//! present one, from the same shares, spreads and correlations over more clusters ([`super::closed::ClosedForm::grown`]): so
//! Wilson's limits shrink as they do, and Student's t gets its degrees of freedom. The estimate then falls around an
//! assumed truth with its standard error, and an interval by Student's t varies in length besides (the normal
//! approximation to noncentral t: Abramowitz & Stegun 1964, 26.7.10).

use super::{
    Prepared,
    closed::{ClosedForm, Spread},
    growth::Growth,
    interval::{Interval, normal_share, t_quantile},
};
use std::sync::Arc;

/// More clusters or samples than this are never advised.
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

/// The directions in which a difference may be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// Above what it is compared with.
    Up,
    /// Below it.
    Down,
    /// On either side, with at least the power that is asked on both.
    Either,
}

/// A difference whose grades are taken for what others would be like.
#[derive(Clone)]
pub struct Pilot {
    closed: Arc<dyn ClosedForm>,
    value: f64,
    /// The cluster-robust standard error of the value.
    error: f64,
    clusters: f64,
}

impl Pilot {
    /// From a difference with an interval in closed form that is known for other numbers of clusters, too; none from others.
    pub fn of(difference: &Prepared) -> Option<Self> {
        let closed = difference.closed.clone()?;
        closed.grown(Growth::NONE)?;
        let (value, error) = (difference.value, difference.statistic.standard_error()?);
        Some(Self { closed, value, error, clusters: difference.statistic.clusters().len() as f64 })
    }

    /// From the interval alone, however it was made, as if it were Student's over so many clusters, at least two.
    pub fn of_interval(value: f64, (low, high): (f64, f64), confidence: f64, clusters: u64) -> Option<Self> {
        let clusters = clusters as f64;
        let error = (high - low) / 2.0 / t_quantile(confidence, clusters - 1.0);
        if !(error.is_finite() && error > 0.0) {
            return None;
        }
        let spread = Spread { value, error: Some(error), clusters, bounds: None, skewness: 0.0 };
        Some(Self { closed: Arc::new(spread), value, error, clusters })
    }

    /// The same, said to rest on so many clusters: two sides that rest on others have twice as many as a side has.
    #[must_use]
    pub fn with_clusters(self, clusters: u64) -> Self {
        Self { clusters: clusters as f64, ..self }
    }

    /// The same over another number of clusters like these, or with other numbers of samples in each.
    pub fn grown(&self, growth: Growth) -> Option<Self> {
        Some(Self {
            closed: self.closed.grown(growth)?,
            value: self.value,
            error: self.error * growth.variance().sqrt(),
            clusters: self.clusters * growth.clusters,
        })
    }
}

/// The probability that the interval at a confidence such as 0.95 shows the claim, if the true value is `truth`. None where
/// there is no interval.
pub fn power(pilot: &Pilot, claim: Claim, truth: f64, confidence: f64) -> Option<f64> {
    let Interval { low, high, .. } = pilot.closed.interval(confidence).ok()?;
    let (error, degrees) = (pilot.error, (pilot.clusters - 1.0).max(1.0));
    let student = t_quantile(confidence, degrees) * error;
    let shows = |room: f64, reach: f64| {
        // As much of the reach as is Student's is an estimate, and a little short on average.
        let part = reach.min(student);
        let spread = (error * error + part * part / (2.0 * degrees)).sqrt();
        let gap = room - reach + part / (4.0 * degrees);
        if spread > 0.0 { normal_share(gap / spread) } else { f64::from(u8::from(gap > 0.0)) }
    };
    let (down, up) = (pilot.value - low, high - pilot.value);
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
pub fn clusters_needed(pilot: &Pilot, claim: Claim, truth: f64, confidence: f64, wanted: f64) -> Option<u64> {
    least(2.0, MOST, |clusters| {
        let growth = Growth { clusters: clusters / pilot.clusters, ..Growth::NONE };
        shown(pilot, growth, claim, truth, confidence) >= wanted
    })
}

/// The fewest samples per case, of which there are `samples` now, that show the claim with a probability of `wanted`
/// over the present clusters; `within` is the share of the variance that samples cause (see
/// [`super::equivalence::within_share`]), and the confidence that is asked may depend on how many samples there are. None
/// where no number of samples is enough.
pub fn samples_needed(
    pilot: &Pilot,
    claim: Claim,
    truth: f64,
    confidence: impl Fn(f64) -> f64,
    wanted: f64,
    (samples, within): (u32, f64),
) -> Option<u64> {
    least(1.0, MOST, |number| {
        let growth = Growth { samples: number / f64::from(samples.max(1)), within, ..Growth::NONE };
        shown(pilot, growth, claim, truth, confidence(number)) >= wanted
    })
}

/// The smallest true difference from `from` (mostly 0, or a margin) that the present design would have shown with a
/// probability of `wanted`; at least 0. None where there is no interval.
pub fn smallest_shown(pilot: &Pilot, from: f64, toward: Toward, confidence: f64, wanted: f64) -> Option<f64> {
    let enough = |gap: f64| {
        let up = || power(pilot, Claim::Above(from), from + gap, confidence).unwrap_or(0.0);
        let down = || power(pilot, Claim::Below(from), from - gap, confidence).unwrap_or(0.0);
        let found = match toward {
            Toward::Up => up(),
            Toward::Down => down(),
            Toward::Either => up().min(down()),
        };
        found >= wanted
    };
    let Interval { low, high, .. } = pilot.closed.interval(confidence).ok()?;
    let (mut below, mut above) = (0.0, 2.0 * (high - low));
    while !enough(above) {
        if above > MOST {
            return None;
        }
        above *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(below, above);
        if enough(middle) { above = middle } else { below = middle }
    }
    Some(above)
}

/// The probability that a larger or smaller design shows the claim; 0 where that is not known.
fn shown(pilot: &Pilot, growth: Growth, claim: Claim, truth: f64, confidence: f64) -> f64 {
    pilot.grown(growth).and_then(|grown| power(&grown, claim, truth, confidence)).unwrap_or(0.0)
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
        let middle = f64::midpoint(below, above).floor();
        if enough(middle) { above = middle } else { below = middle }
    }
    Some(above as u64)
}

#[cfg(test)]
#[path = "design_tests.rs"]
mod tests;
