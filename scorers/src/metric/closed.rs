//! Intervals in closed form, as metrics hold them until a confidence is asked for.

use super::growth::Growth;
use super::interval::{Ends, Interval, difference, normal_quantile, quotient, t_quantile};
use super::share::Share;
use super::terms::{Link, Term};
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

    /// What it rests on, if those are flags: n p (1 - p) with the effective n, the smallest if there are several shares.
    /// It decides how far two sides that agree in every cluster can part.
    fn flags(&self, confidence: f64) -> Option<f64> {
        self.share().map(|share| share.value * (1.0 - share.value) * share.effective_n(confidence))
    }

    /// The same over another number of clusters like these, or with another number of samples in each; none where that is
    /// not known.
    fn grown(&self, _growth: Growth) -> Option<Arc<dyn ClosedForm>> {
        None
    }

    /// Why there is no interval that would not mislead, whatever it is compared with.
    fn withheld(&self) -> Option<&str> {
        None
    }

    /// The shares of flags that it is a weighted sum of; none where it is made of something else.
    fn terms(&self) -> Vec<Term> {
        Vec::new()
    }

    /// By how much two of its values can differ, where that is known.
    fn width(&self) -> Option<f64> {
        None
    }

    /// The same with ends that never move against the grades ([`super::Prepared::held`]); none where they are left as they are.
    fn held(&self) -> Option<Arc<dyn ClosedForm>> {
        None
    }

    /// Whether its interval is made by Student's t.
    fn student(&self) -> Option<Student> {
        None
    }

    /// Whether it rests on fewer draws than there are, so that both of its sides have as many.
    fn rarefied(&self) -> bool {
        false
    }

    /// Whether it is a mean, or a sum of means: what a case contributes does not depend on the others.
    fn linear(&self) -> bool {
        false
    }

    /// By how much two of its observations can differ, and its clusters, if it is a mean within bounds.
    fn bounded(&self) -> Option<(f64, f64)> {
        None
    }
}

/// How Student's t enters an interval, which it makes too short where clusters are few and skewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Student {
    /// The interval is that of one mean.
    Mean,
    /// It is one of what clusters contribute to a difference, or made of such intervals.
    Paired,
}

/// A value whose interval would mislead, and why.
pub struct Withheld(pub String);

impl ClosedForm for Withheld {
    fn interval(&self, _confidence: f64) -> Result<Interval, String> {
        Err(self.0.clone())
    }

    fn withheld(&self) -> Option<&str> {
        Some(&self.0)
    }
}

impl ClosedForm for Share {
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let ends = self.ends(confidence);
        let method = if self.clusters < self.n { "Wilson, effective n" } else { "Wilson" };
        Interval::checked(ends.low, ends.high, method, "its spread is not a finite number")
    }

    fn share(&self) -> Option<&Share> {
        Some(self)
    }

    fn grown(&self, growth: Growth) -> Option<Arc<dyn ClosedForm>> {
        Some(Arc::new(self.grown(growth)))
    }

    fn terms(&self) -> Vec<Term> {
        vec![Term { share: Arc::new(self.clone()), link: Link::Share, weight: 1.0 }]
    }

    fn width(&self) -> Option<f64> {
        Some(1.0)
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
    /// The skewness of what clusters contribute.
    pub skewness: f64,
}

/// Cochran's rule (Sampling Techniques, 1977, section 2.15): an interval by Student's t holds what it promises from this number
/// times the squared skewness on.
const COCHRAN: f64 = 25.0;

impl Spread {
    /// With how many clusters Student's t would be right, if those that there are show that they are too skewed for it: their
    /// skewness is more than twice its standard error, √(6 / clusters).
    fn too_skewed(&self) -> Option<f64> {
        let needed = COCHRAN * self.skewness * self.skewness;
        let shown = self.skewness.abs() > 2.0 * (6.0 / self.clusters).sqrt();
        // Within bounds they cannot be far from each other.
        (self.bounds.is_none() && shown && self.clusters < needed).then_some(needed.ceil())
    }
}

impl ClosedForm for Spread {
    /// Where no two clusters differ, t would give an interval without width. Within bounds there is an
    /// honest one: at most the share u of all clusters differs that Wilson's interval allows when none
    /// of G did, and those by no more than the bounds allow.
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let error = self.error.ok_or("one case only: how far cases differ is unknown")?;
        if error <= 0.0 {
            let bounds = self.bounds.filter(|(least, most)| least.is_finite() && most.is_finite());
            let (least, most) = bounds.ok_or_else(|| {
                format!("it is {} in every case: how far cases can differ is unknown", self.value)
            })?;
            let unseen = unseen(self.clusters, confidence);
            let (low, high) =
                (self.value - unseen * (self.value - least), self.value + unseen * (most - self.value));
            let why = "every case has the only possible value";
            return Interval::checked(low, high, "Wilson bound on cases that differ", why);
        }
        if let Some(needed) = self.too_skewed() {
            return Err(format!(
                "most of {} cases lie near one value and few far from it: an interval would be too short below some {needed} cases",
                self.clusters
            ));
        }
        let half = t_quantile(confidence, self.clusters - 1.0) * error;
        let (least, most) = self.bounds.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let (low, high) = ((self.value - half).max(least), (self.value + half).min(most));
        Interval::checked(low, high, "t, cluster-robust", "its spread is not a finite number")
    }

    fn student(&self) -> Option<Student> {
        let varies = self.error.is_some_and(|error| error > 0.0);
        (varies && self.too_skewed().is_none()).then_some(Student::Mean)
    }

    fn grown(&self, growth: Growth) -> Option<Arc<dyn ClosedForm>> {
        let error = self.error.map(|error| error * growth.variance().sqrt());
        Some(Arc::new(Self { error, clusters: self.clusters * growth.clusters, ..*self }))
    }

    fn width(&self) -> Option<f64> {
        self.bounded().map(|(width, _)| width)
    }

    fn linear(&self) -> bool {
        true
    }

    fn bounded(&self) -> Option<(f64, f64)> {
        let (least, most) = self.bounds?;
        Some((most - least, self.clusters)).filter(|(width, _)| width.is_finite())
    }
}

/// The largest share of clusters that may differ when none of so many did: the end of Wilson's interval.
fn unseen(clusters: f64, confidence: f64) -> f64 {
    let squared = normal_quantile(confidence).powi(2);
    squared / (clusters + squared)
}

/// Two metrics, each with an interval in closed form, and how their estimates hang together.
#[derive(Clone)]
pub struct MetricPair {
    /// Value and interval of the first.
    pub left: (f64, Arc<dyn ClosedForm>),
    /// Value and interval of the second.
    pub right: (f64, Arc<dyn ClosedForm>),
    /// The correlation of the two estimates over the clusters that they share.
    pub correlation: f64,
}

impl MetricPair {
    /// The shares that the first minus the second is a sum of; none where a side is made of something else.
    pub(crate) fn terms(&self) -> Vec<Term> {
        let (mut terms, right) = (self.left.1.terms(), self.right.1.terms());
        if terms.is_empty() || right.is_empty() {
            return Vec::new();
        }
        terms.extend(right.into_iter().map(Term::negated));
        terms
    }

    /// Whether both sides are shares of flags themselves.
    pub(crate) fn of_shares(&self) -> bool {
        self.left.1.share().is_some() && self.right.1.share().is_some()
    }

    /// Whether both sides are means.
    pub(crate) fn linear(&self) -> bool {
        self.left.1.linear() && self.right.1.linear()
    }

    /// Whether either side is made by Student's t.
    fn student(&self) -> Option<Student> {
        self.left.1.student().or(self.right.1.student()).map(|_| Student::Paired)
    }

    /// Whether either side rests on fewer draws than there are.
    fn rarefied(&self) -> bool {
        self.left.1.rarefied() || self.right.1.rarefied()
    }

    /// The smaller of what both sides rest on.
    fn flags(&self, confidence: f64) -> Option<f64> {
        Some(self.left.1.flags(confidence)?.min(self.right.1.flags(confidence)?))
    }

    /// How far two means within bounds that agree in every cluster may part.
    fn unseen(&self, confidence: f64) -> Option<f64> {
        let ((width, clusters), (other, others)) = (self.left.1.bounded()?, self.right.1.bounded()?);
        Some(unseen(clusters.min(others), confidence) * width.max(other))
    }

    /// The correlation, of two sides made of flags with a continuity correction of half a flag (as in Newcombe's method
    /// 10), without which two that agree in every cluster would differ by 0 with certainty.
    fn cautious(&self, confidence: f64) -> f64 {
        if let (Some(left), Some(right)) = (self.left.1.share(), self.right.1.share()) {
            return left.cautious(right, self.correlation, confidence);
        }
        match self.flags(confidence) {
            Some(flags) if self.correlation > 0.0 && flags > 0.0 => (self.correlation - 0.5 / flags).max(0.0),
            Some(_) => self.correlation.min(0.0),
            None => self.correlation,
        }
    }

    /// Both sides grown, the correlation as it is.
    pub(crate) fn grown(&self, growth: Growth) -> Option<Self> {
        let side = |(value, closed): &(f64, Arc<dyn ClosedForm>)| Some((*value, closed.grown(growth)?));
        Some(Self { left: side(&self.left)?, right: side(&self.right)?, correlation: self.correlation })
    }

    fn ends(&self, confidence: f64) -> Result<(Ends, Ends, f64, String), String> {
        let (left, right) = (self.left.1.interval(confidence)?, self.right.1.interval(confidence)?);
        let correlation = self.cautious(confidence);
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
#[derive(Clone)]
pub struct Difference(pub MetricPair);

impl ClosedForm for Difference {
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let (plus, minus, correlation, method) = self.0.ends(confidence)?;
        let Ends { value, low, high } = difference(plus, minus, correlation);
        let why = "both sides move together in every case: how far they can part is unknown";
        // What rounding leaves of a width of 0.
        if high - low <= 1e-6 * (plus.high - plus.low) {
            let reach = self.0.unseen(confidence).ok_or(why)?;
            let method = "Wilson bound on cases that differ";
            return Interval::checked(value - reach, value + reach, method, why);
        }
        Interval::checked(low, high, format!("paired by cluster, MOVER ({method})"), why)
    }

    fn student(&self) -> Option<Student> {
        self.0.student()
    }

    fn rarefied(&self) -> bool {
        self.0.rarefied()
    }

    fn grown(&self, growth: Growth) -> Option<Arc<dyn ClosedForm>> {
        Some(Arc::new(Self(self.0.grown(growth)?)))
    }

    fn width(&self) -> Option<f64> {
        Some(self.0.left.1.width()? + self.0.right.1.width()?)
    }

    fn linear(&self) -> bool {
        self.0.linear()
    }

    fn flags(&self, confidence: f64) -> Option<f64> {
        self.0.flags(confidence)
    }
}

/// The first divided by the second.
pub struct Quotient(pub MetricPair);

impl ClosedForm for Quotient {
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let (above, below, correlation, method) = self.0.ends(confidence)?;
        let ends = quotient(above, below, correlation)
            .ok_or("the interval of what it divides by holds 0, so the ratio has no bounds")?;
        let why = "both sides move together in every case: how far they can part is unknown";
        Interval::checked(ends.low, ends.high, format!("paired by cluster, Fieller ({method})"), why)
    }

    fn student(&self) -> Option<Student> {
        self.0.student()
    }

    fn rarefied(&self) -> bool {
        self.0.rarefied()
    }
}
