//! Intervals in closed form, as metrics hold them until a confidence is asked for.

use super::interval::{Ends, Interval, difference, normal_quantile, quotient, t_quantile};
use super::share::Share;
use std::sync::Arc;

/// Something whose interval needs no resampling.
pub trait ClosedForm: Send + Sync {
    /// The interval at a confidence such as 0.95.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    fn interval(&self, confidence: f64) -> Result<Interval, String>;

    /// The share that this is, if it is one.
    fn share(&self) -> Option<&Share> {
        None
    }
}

/// A mean over clusters with a cluster-robust standard error and Student's t (clusters - 1 degrees of freedom).
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// The mean.
    pub value: f64,
    /// Its cluster-robust standard error; none below two clusters.
    pub error: Option<f64>,
    /// How many clusters.
    pub clusters: f64,
    /// Between which values every single observation must lie, where that is known.
    pub bounds: Option<(f64, f64)>,
}

impl ClosedForm for Spread {
    /// Where no two clusters differ, t would give an interval without width. Within bounds there is an
    /// honest one: at most the share u of all clusters differs that Wilson's interval allows when none
    /// of G did, and those by no more than the bounds allow.
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let error = self.error.ok_or("one case only: how far cases differ is unknown")?;
        if error <= 1e-12 * self.value.abs().max(f64::MIN_POSITIVE) {
            let bounds = self.bounds.filter(|(least, most)| least.is_finite() && most.is_finite());
            let (least, most) = bounds.ok_or_else(|| {
                format!("it is {} in every case: how far cases can differ is unknown", self.value)
            })?;
            let squared = normal_quantile(confidence).powi(2);
            let unseen = squared / (self.clusters + squared);
            let (low, high) =
                (self.value - unseen * (self.value - least), self.value + unseen * (most - self.value));
            let why = "every case has the only possible value";
            return Interval::checked(low, high, "Wilson bound on cases that differ", why);
        }
        let half = t_quantile(confidence, self.clusters - 1.0) * error;
        let (least, most) = self.bounds.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let (low, high) = ((self.value - half).max(least), (self.value + half).min(most));
        Interval::checked(low, high, "t, cluster-robust", "its spread is not a finite number")
    }
}

/// Two metrics, each with an interval in closed form, and how their estimates hang together.
pub struct Pair {
    /// Value and interval of the first.
    pub left: (f64, Arc<dyn ClosedForm>),
    /// Value and interval of the second.
    pub right: (f64, Arc<dyn ClosedForm>),
    /// The correlation of the two estimates over the clusters that they share.
    pub correlation: f64,
}

impl Pair {
    fn ends(&self, confidence: f64) -> Result<(Ends, Ends, f64, String), String> {
        let (left, right) = (self.left.1.interval(confidence)?, self.right.1.interval(confidence)?);
        let correlation = match (self.left.1.share(), self.right.1.share()) {
            (Some(left), Some(right)) => left.cautious(right, self.correlation, confidence),
            _ => self.correlation,
        };
        let method = if left.method == right.method {
            left.method
        } else {
            format!("{}; {}", left.method, right.method)
        };
        let ends = |value, low, high| Ends { value, low, high };
        Ok((
            ends(self.left.0, left.low, left.high),
            ends(self.right.0, right.low, right.high),
            correlation,
            method,
        ))
    }
}

/// The first minus the second.
pub struct Difference(pub Pair);

impl ClosedForm for Difference {
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let (plus, minus, correlation, method) = self.0.ends(confidence)?;
        let Ends { low, high, .. } = difference(plus, minus, correlation);
        let why = "both sides move together in every case: how far they can part is unknown";
        Interval::checked(low, high, format!("paired by cluster, MOVER ({method})"), why)
    }
}

/// The first divided by the second.
pub struct Quotient(pub Pair);

impl ClosedForm for Quotient {
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let (above, below, correlation, method) = self.0.ends(confidence)?;
        let ends = quotient(above, below, correlation)
            .ok_or("the interval of what it divides by holds 0, so the ratio has no bounds")?;
        let why = "both sides move together in every case: how far they can part is unknown";
        Interval::checked(ends.low, ends.high, format!("paired by cluster, Fieller ({method})"), why)
    }
}
