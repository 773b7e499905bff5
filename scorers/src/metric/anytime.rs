//! Looking more than once: what a level of an interval, or a p-value, is worth when samples are added until
//! the result is clear.
//!
//! Samples are added within fixed cases. The estimate after n samples then has the joint distribution that
//! sequential analysis calls canonical, Cov(estimate now, estimate later) = Var(estimate later) (Scharfstein, Tsiatis &
//! Robins 1997, Journal of the American Statistical Association 92:1342): for a mean over m cases it is τ²/m + σ²/(m n),
//! the first part being common to all looks. So estimate × information, with information V = 1 / variance, is a Brownian
//! motion in the time V, whatever part of the variance lies between cases. It is watched from the first look on,
//! at V₁, and for every a
//!
//! P(|W(V)| ≥ √(V (a² + log(V / V₁))) for some V ≥ V₁) = 2 (1 - Φ(a) + a φ(a))
//!
//! (Robbins 1970, Annals of Mathematical Statistics 41:1397; Robbins & Siegmund 1970, 41:1410: the mixture of
//! exp(yW - y²V/2) over all y, stopped, has the mean that it has at V₁). It holds with equality, has nothing to tune, and is narrowest at the
//! first look, where the easy verdicts are. With an estimated variance it is an asymptotic confidence sequence that
//! starts after a burn-in (Bibaut, Kallus & Lindon 2022, arXiv:2212.14411; Waudby-Smith et al. 2021,
//! arXiv:2103.06476).
//!
//! V / V₁ is not estimated: it is at most the growth of the sample, n / n₁, and a larger value only makes the boundary
//! wider. The boundary is applied as a stricter level of the fixed-sample interval or test of the look (significance
//! levels instead of normal deviates: Jennison & Turnbull 2000, Group Sequential Methods, chapter 3), so that
//! Student's t with few cases, Wilson's limits and exact tests keep what they are good for.
//!
//! Not here: when to look, and when to stop. Nothing depends on it.

use super::interval::{normal_density, normal_share, probit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Halvings in which a boundary is searched: to 1e-13.
const HALVINGS: u32 = 50;

/// Where a boundary is searched; at 12 its level is below 1e-29.
const FARTHEST: f64 = 12.0;

/// Whether how many samples there are could depend on what they showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// It was fixed in advance.
    #[default]
    Fixed,
    /// Samples were added until the result was clear: intervals and p-values hold whenever one stops.
    Anytime {
        /// Samples per case and arm at the first look, at least 1.
        first: u32,
        /// Samples per case and arm now.
        samples: u32,
    },
}

impl Validity {
    /// Whether it was fixed in advance.
    pub fn is_fixed(&self) -> bool {
        *self == Self::Fixed
    }

    /// The logarithm of how much the sample has grown since the first look, at least 0; none for fixed samples.
    fn growth(self) -> Option<f64> {
        match self {
            Self::Fixed => None,
            Self::Anytime { first, samples } => {
                Some((f64::from(samples.max(1)) / f64::from(first.max(1))).ln().max(0.0))
            }
        }
    }

    /// The same design with so many samples.
    #[must_use]
    pub fn at(self, now: u32) -> Self {
        match self {
            Self::Fixed => Self::Fixed,
            Self::Anytime { first, .. } => Self::Anytime { first, samples: now },
        }
    }

    /// The two-sided level that a fixed-sample interval or test has to have at this look, so that over all looks
    /// together the level is the given one (between 0 and 1).
    pub fn nominal(self, level: f64) -> f64 {
        let Some(growth) = self.growth() else { return level };
        let distance = boundary(level);
        2.0 * normal_share(-(distance * distance + growth).sqrt())
    }

    /// The p-value that holds whenever one stops, from the two-sided p-value of this look: the smallest level at
    /// which the boundary is crossed. At least as large as the given one.
    pub fn p(self, p: f64) -> f64 {
        let Some(growth) = self.growth().filter(|_| (0.0..=1.0).contains(&p)) else { return p };
        let deviate = -probit(p / 2.0);
        let square = deviate * deviate - growth;
        if square <= 0.0 { 1.0 } else { crossing(square.sqrt()).clamp(p, 1.0) }
    }

    /// What reports add to the name of a method; nothing for fixed samples.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Fixed => "",
            Self::Anytime { .. } => ", anytime-valid (Robbins–Siegmund)",
        }
    }
}

/// The probability that a Brownian motion that starts to be watched at V₁ ever reaches √(V (a² + log(V / V₁))).
fn crossing(a: f64) -> f64 {
    if a.is_infinite() { 0.0 } else { 2.0 * (normal_share(-a) + a * normal_density(a)) }
}

/// The a at which that probability is `level`.
fn boundary(level: f64) -> f64 {
    let (mut low, mut high) = (0.0, FARTHEST);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if crossing(middle) > level { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
#[path = "anytime_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "anytime_gate_tests.rs"]
mod gate_tests;
