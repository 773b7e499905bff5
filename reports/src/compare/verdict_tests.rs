//! The decision rule: the table of `docs/verdicts.md`, and that a larger loss never has a milder word.

use super::{
    super::{
        gate::GatedResult,
        outcome::{Beyond, Span},
    },
    *,
};
use proptest::prelude::*;

/// The word for an interval, and the 90 % interval inside of it.
fn word(ends: (f64, f64), margin: Option<f64>, better: Option<Better>, adjusted: f64) -> Verdict {
    let (low, high) = ends;
    let value = f64::midpoint(low, high);
    let difference = Quantity { value, interval: Span::Known { low, high, method: String::new() } };
    let (inner, beyond) = (
        Some((value + (low - value) * 0.84, value + (high - value) * 0.84)),
        Some(Beyond { p: if outside(ends, margin) { 0.01 } else { 0.5 }, adjusted, least: None }),
    );
    Evidence { clusters: 12, difference: &difference, inner, beyond, better, margin, level: 0.05 }.verdict().0
}

/// Whether an interval lies wholly beyond a margin.
fn outside((low, high): (f64, f64), margin: Option<f64>) -> bool {
    let margin = margin.unwrap_or_default();
    low > margin || high < -margin
}

#[test]
fn the_table_of_the_documentation() {
    use Verdict::*;
    let higher = Some(Better::Higher);
    for (ends, margin, better, expected) in [
        ((0.12, 0.3), Some(0.1), higher, Improved),
        ((0.02, 0.3), Some(0.1), higher, Gained),
        ((-0.05, 0.05), Some(0.1), higher, Equivalent),
        ((-0.08, -0.02), Some(0.1), higher, Equivalent),
        ((-0.09, 0.3), Some(0.1), higher, NotWorse),
        ((-0.2, 0.2), Some(0.1), higher, Open),
        ((-0.2, -0.02), Some(0.1), higher, Slipped),
        ((-0.3, -0.12), Some(0.1), higher, Regressed),
        ((0.12, 0.3), Some(0.1), Some(Better::Lower), Regressed),
        ((0.02, 0.3), Some(0.1), Some(Better::Lower), Slipped),
        ((-0.3, 0.09), Some(0.1), Some(Better::Lower), NotWorse),
        ((-0.3, -0.12), Some(0.1), Some(Better::Lower), Improved),
        ((-0.3, -0.12), Some(0.1), None, Changed),
        ((0.12, 0.3), Some(0.1), None, Changed),
        ((0.02, 0.3), Some(0.1), None, Shifted),
        ((-0.09, 0.3), Some(0.1), None, Open),
        ((-0.05, 0.05), Some(0.1), None, Equivalent),
        ((0.01, 0.3), None, higher, Improved),
        ((-0.3, -0.01), None, higher, Regressed),
        ((-0.3, 0.01), None, higher, Open),
        ((-0.3, -0.01), None, None, Changed),
    ] {
        assert_eq!(word(ends, margin, better, 0.001), expected, "{ends:?} {margin:?} {better:?}");
    }
    // Once it is adjusted, it no longer stands.
    assert_eq!(word((-0.3, -0.12), Some(0.1), higher, 0.2), Slipped);
    assert_eq!(word((0.12, 0.3), Some(0.1), higher, 0.2), Gained);
    assert_eq!(word((-0.3, -0.12), None, None, 0.2), Shifted);
}

/// From good to bad; those of one line count as the same.
fn severity(verdict: Verdict) -> u32 {
    match verdict {
        Verdict::Improved => 0,
        Verdict::Gained => 1,
        Verdict::Equivalent | Verdict::NotWorse => 2,
        Verdict::Open => 3,
        Verdict::Slipped => 4,
        Verdict::Regressed => 5,
        Verdict::Changed | Verdict::Shifted | Verdict::Exploration => panic!("{verdict:?} has no direction"),
    }
}

proptest! {
    #[test]
    fn a_larger_loss_never_has_a_milder_word(
        value in -1.0..1.0_f64,
        half in 0.001..1.0_f64,
        further in 0.0..1.0_f64,
        margin in proptest::option::of(0.001..0.5_f64),
        lower in any::<bool>(),
        p in 0.0..1.0_f64,
    ) {
        let better = if lower { Better::Lower } else { Better::Higher };
        let at = |value: f64, p| {
            let value = better.sign() * value;
            severity(word((value - half, value + half), margin, Some(better), p))
        };
        prop_assert!(at(value - further, p * 0.9) >= at(value, p) || value > 0.0);
        prop_assert!(at(value - further, 0.0) >= at(value, 0.0));
        // On either side, the mirror image has the mirrored word.
        let plain = word((value - half, value + half), margin, Some(better), p);
        let mirrored = word((-value - half, -value + half), margin, Some(if lower { Better::Higher } else { Better::Lower }), p);
        prop_assert_eq!(plain, mirrored);
    }
}

#[test]
fn the_worst_of_two_results_is_symmetric() {
    use GatedResult::*;
    let all = [Passed, PassedUndecided, Warned, Undecided, Regressed];
    for (place, one) in all.into_iter().enumerate() {
        for (other_place, other) in all.into_iter().enumerate() {
            assert_eq!(one.worst(other), all[place.max(other_place)]);
        }
    }
}
