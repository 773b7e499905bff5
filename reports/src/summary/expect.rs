//! Deciding what a spec says must hold.

use super::ends::Ends;
use crate::{
    record::{Bound, Expectation},
    tolerance::{above, at_least, at_most, below},
};
use indexmap::IndexMap;
use scorers::metric::MetricResult;
use serde::{Deserialize, Serialize};

/// An expectation with its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// What must hold.
    pub expectation: Expectation,
    /// Whether it does.
    pub holds: Holds,
}

/// Whether an expectation holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// It does.
    Held {
        /// The metric's estimate.
        observed: f64,
        /// What it was compared with: the number, or the other metric's estimate.
        against: f64,
    },
    /// It does not.
    Failed {
        /// The metric's estimate.
        observed: f64,
        /// What it was compared with.
        against: f64,
    },
    /// There is nothing to compare: an estimate is missing, or both sides of a comparison stand where a difference says
    /// nothing.
    Undecided {
        /// Why.
        reason: String,
    },
}

/// How many expectations held, failed, and could not be decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// These held.
    pub held: u64,
    /// These did not.
    pub failed: u64,
    /// Of these nobody can say.
    pub undecided: u64,
}

impl Tally {
    /// Counts one.
    pub fn add(&mut self, expected: &Expected) {
        match expected.holds {
            Holds::Held { .. } => self.held += 1,
            Holds::Failed { .. } => self.failed += 1,
            Holds::Undecided { .. } => self.undecided += 1,
        }
    }

    /// All of them.
    pub fn sum(&self) -> u64 {
        self.held + self.failed + self.undecided
    }
}

impl Expected {
    /// Decides by the point estimates.
    pub(super) fn decide(
        expectation: &Expectation,
        metrics: &IndexMap<String, MetricResult>,
        ends: &Ends<'_>,
    ) -> Self {
        let decided = compare(expectation, metrics).and_then(|(observed, against, holds)| {
            match ends.undecidable(expectation, holds) {
                Some(reason) => Err(reason),
                None => Ok((observed, against, holds)),
            }
        });
        let holds = match decided {
            Ok((observed, against, true)) => Holds::Held { observed, against },
            Ok((observed, against, false)) => Holds::Failed { observed, against },
            Err(reason) => Holds::Undecided { reason },
        };
        Self { expectation: expectation.clone(), holds }
    }

    /// What must hold, as a phrase: `asks ≥ 0.5`.
    pub fn phrase(&self) -> String {
        let metric = &self.expectation.metric;
        match &self.expectation.bound {
            Bound::AtLeast(number) => format!("{metric} ≥ {number}"),
            Bound::AtMost(number) => format!("{metric} ≤ {number}"),
            Bound::Above(number) => format!("{metric} > {number}"),
            Bound::Below(number) => format!("{metric} < {number}"),
            Bound::GreaterThan(other) => format!("{metric} > {other}"),
            Bound::LessThan(other) => format!("{metric} < {other}"),
            Bound::MissingAtMost(share) => format!("missing grades of {metric} ≤ {share}"),
        }
    }
}

fn compare(
    expectation: &Expectation,
    metrics: &IndexMap<String, MetricResult>,
) -> Result<(f64, f64, bool), String> {
    if let Bound::MissingAtMost(most) = &expectation.bound {
        let missing = missing(&expectation.metric, metrics)?;
        return Ok((missing, *most, at_most(missing, *most)));
    }
    let observed = estimate(&expectation.metric, metrics)?;
    let (against, holds) = match &expectation.bound {
        Bound::AtLeast(number) => (*number, at_least(observed, *number)),
        Bound::AtMost(number) | Bound::MissingAtMost(number) => (*number, at_most(observed, *number)),
        Bound::Above(number) => (*number, above(observed, *number)),
        Bound::Below(number) => (*number, below(observed, *number)),
        Bound::GreaterThan(other) => {
            let other = estimate(other, metrics)?;
            (other, above(observed, other))
        }
        Bound::LessThan(other) => {
            let other = estimate(other, metrics)?;
            (other, below(observed, other))
        }
    };
    Ok((observed, against, holds))
}

/// The share of the grades of a metric that are missing, whatever for.
fn missing(name: &str, metrics: &IndexMap<String, MetricResult>) -> Result<f64, String> {
    let (n, missing) = match metrics.get(name) {
        Some(MetricResult::Estimated(one)) => (one.n, one.unscored + one.failed),
        Some(MetricResult::ValueOnly(known)) => (known.n, known.unscored + known.failed),
        Some(MetricResult::Unavailable { unscored, failed, .. }) => (0, unscored + failed),
        None => return Err(format!("there is no metric `{name}`")),
    };
    match n + missing {
        0 => Err(format!("`{name}` has no grades, so none can be missing")),
        all => Ok(missing as f64 / all as f64),
    }
}

fn estimate(name: &str, metrics: &IndexMap<String, MetricResult>) -> Result<f64, String> {
    match metrics.get(name) {
        Some(MetricResult::Estimated(estimate)) if estimate.value.is_finite() => Ok(estimate.value),
        Some(MetricResult::Estimated(_)) => Err(format!("the estimate of `{name}` is not finite")),
        Some(MetricResult::ValueOnly(known)) => Ok(known.value),
        Some(MetricResult::Unavailable { reason, .. }) => Err(format!("`{name}` is unavailable: {reason}")),
        None => Err(format!("there is no metric `{name}`")),
    }
}
