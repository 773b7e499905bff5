//! Holding what was observed against a bound.
//!
//! Shares and their differences are decimal fractions to those who write bounds, and binary ones to a processor: 0.8 - 0.6
//! is 0.20000000000000007. So a bound that is met within [`TOLERANCE`] is met: `at_most: 0.2` holds of that difference,
//! and `above: 0.2` does not. The tolerance is relative where the numbers are larger than 1. It lies four orders above what
//! sums of grades lose, and far below any difference that a million grades could show.

/// How near a bound counts as the bound, for numbers up to 1; for larger ones it grows with them.
pub const TOLERANCE: f64 = 1e-9;

/// Whether two numbers are the same but for what binary fractions lose.
pub fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0)
}

/// Whether a number reaches a bound from below, or lies above it.
pub fn at_least(observed: f64, bound: f64) -> bool {
    observed >= bound || same(observed, bound)
}

/// Whether a number does not pass a bound from below.
pub fn at_most(observed: f64, bound: f64) -> bool {
    observed <= bound || same(observed, bound)
}

/// Whether a number lies above a bound and not on it.
pub fn above(observed: f64, bound: f64) -> bool {
    observed > bound && !same(observed, bound)
}

/// Whether a number lies below a bound and not on it.
pub fn below(observed: f64, bound: f64) -> bool {
    observed < bound && !same(observed, bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_that_decimal_figures_meet_is_met() {
        for (observed, bound) in
            [(0.8 - 0.6, 0.2), (0.3 - 0.1, 0.2), (0.1 + 0.2, 0.3), (1.0 - 0.9, 0.1), (30.1 + 0.2, 30.3)]
        {
            assert!(at_most(observed, bound) && at_least(observed, bound), "{observed} {bound}");
            assert!(!above(observed, bound) && !below(observed, bound), "{observed} {bound}");
        }
    }

    #[test]
    fn a_difference_that_could_be_measured_counts() {
        // One grade in a million.
        for (observed, bound) in [(0.200001, 0.2), (0.2 + 2e-9, 0.2), (1e6 + 0.01, 1e6)] {
            assert!(above(observed, bound) && !at_most(observed, bound));
            assert!(below(bound, observed) && !at_least(bound, observed));
        }
    }
}
