//! A metric's value with its interval, as reports show it.

use super::outcome::{Quantity, Span};
use scorers::metric::{Prepared, interval::Interval};

/// A value with its interval at a two-sided level, as if this were the only look.
pub(super) fn quantity(prepared: &Prepared, level: f64, replicates: usize, seed: u64) -> Quantity {
    let interval = match prepared.interval(1.0 - level, replicates, seed) {
        Ok(Interval { low, high, method }) => Span::Known { low, high, method },
        Err(reason) => Span::Unknown { reason },
    };
    Quantity { value: prepared.value, interval }
}
