//! What a statistic makes of sums over clusters: quotients of them, and differences and quotients of those.
//!
//! Not here: the sums themselves ([`super::cluster`]), and what signal detection and half-lives make of them, which stands
//! with those metrics.

use std::sync::Arc;

/// What a statistic makes of the sums.
pub trait Formula: Send + Sync {
    /// The value at these totals; none where it is not defined or not finite.
    fn value(&self, totals: &[f64]) -> Option<f64>;

    /// Why there is no value when there is none, as a sentence without a full stop.
    fn undefined(&self) -> String {
        "its value is not defined for these grades".to_owned()
    }

    /// Whether the totals are pairs of a sum and the number of grades in it.
    fn pairs(&self) -> bool {
        false
    }

    /// The derivatives of the value by each total; by central differences unless a formula knows better.
    fn gradient(&self, totals: &[f64], gradient: &mut [f64]) -> Option<()> {
        let mut moved = totals.to_vec();
        for ((slot, total), index) in gradient.iter_mut().zip(totals).zip(0..) {
            let step = 1e-5 * total.abs().max(1.0);
            let mut at = |value: f64| {
                if let Some(place) = moved.get_mut::<usize>(index) {
                    *place = value;
                }
                self.value(&moved)
            };
            let (above, below) = (at(total + step)?, at(total - step)?);
            at(*total);
            *slot = (above - below) / (2.0 * step);
        }
        Some(())
    }
}

/// The quotient of two sums: a mean, or a share.
pub(crate) struct MeanOf;

impl Formula for MeanOf {
    fn value(&self, totals: &[f64]) -> Option<f64> {
        match totals {
            [sum, count] if *count > 0.0 => Some(sum / count).filter(|value| value.is_finite()),
            _ => None,
        }
    }

    fn undefined(&self) -> String {
        "there is nothing to average".to_owned()
    }

    fn pairs(&self) -> bool {
        true
    }

    fn gradient(&self, totals: &[f64], gradient: &mut [f64]) -> Option<()> {
        let value = self.value(totals)?;
        if let ([by_sum, by_count], [_, count]) = (gradient, totals) {
            *by_sum = 1.0 / count;
            *by_count = -value / count;
        }
        Some(())
    }
}

/// What a statistic makes of the values of two others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Join {
    /// Left minus right.
    Difference,
    /// Left divided by right.
    Quotient,
    /// So many times left plus so many times right.
    Sum(f64, f64),
}

/// The formula of two others, of which the first has so many totals.
pub(super) struct Joined {
    pub(super) left: Arc<dyn Formula>,
    pub(super) right: Arc<dyn Formula>,
    pub(super) split: usize,
    pub(super) join: Join,
}

impl Formula for Joined {
    fn value(&self, totals: &[f64]) -> Option<f64> {
        let (left, right) = totals.split_at_checked(self.split)?;
        let (left, right) = (self.left.value(left)?, self.right.value(right)?);
        let value = match self.join {
            Join::Difference => left - right,
            Join::Quotient => left / right,
            Join::Sum(first, second) => first * left + second * right,
        };
        Some(value).filter(|value| value.is_finite())
    }

    fn pairs(&self) -> bool {
        self.left.pairs() && self.right.pairs()
    }

    fn undefined(&self) -> String {
        match self.join {
            Join::Difference | Join::Sum(..) => "one of its sides has no value".to_owned(),
            Join::Quotient => "what it divides by is 0 or has no value".to_owned(),
        }
    }

    fn gradient(&self, totals: &[f64], gradient: &mut [f64]) -> Option<()> {
        let (left, right) = totals.split_at_checked(self.split)?;
        let (by_left, by_right) = gradient.split_at_mut_checked(self.split)?;
        self.left.gradient(left, by_left)?;
        self.right.gradient(right, by_right)?;
        let (left, right) = match self.join {
            Join::Difference => (1.0, -1.0),
            Join::Sum(first, second) => (first, second),
            Join::Quotient => {
                let (above, below) = (self.left.value(left)?, self.right.value(right)?);
                (1.0 / below, -above / (below * below))
            }
        };
        by_left.iter_mut().for_each(|slope| *slope *= left);
        by_right.iter_mut().for_each(|slope| *slope *= right);
        Some(())
    }
}
