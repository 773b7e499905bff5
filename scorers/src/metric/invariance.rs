//! Rounding decides nothing: the same grades give the same interval whatever their sign, order, scale or coding.

use super::{
    MetricConfig, Prepared, Sources,
    fixture::Fixture,
    interval::{CONFIDENCE, Interval},
};
use indexmap::IndexMap;
use proptest::{collection::vec, prelude::*};
use serde_json::json;

/// Flags of one case: how many are true of how many, in the base and in the head, in two arms.
type Case = ((usize, usize), (usize, usize), usize);

fn cases() -> impl Strategy<Value = Vec<Case>> {
    let flags = (1..5_usize).prop_flat_map(|n| ((0..=n, 0..=n), (0..=n, 0..=n), Just(n)));
    // Records that hardly differ, and records that are the same, are where rounding could decide.
    (vec(flags, 2..14), 0..3_u8).prop_map(|(mut cases, kind)| {
        for (place, (base, head, _)) in cases.iter_mut().enumerate() {
            if kind == 0 || kind == 1 && place > 0 {
                *head = *base;
            }
        }
        cases
    })
}

/// One record; `number` codes the count of true flags.
fn record(cases: &[Case], head: bool, swapped: bool) -> Fixture {
    cases.iter().zip(0..).fold(Fixture::arms(&["a", "b"]), |fixture, ((base, other, n), case)| {
        let (a, b) = if head { *other } else { *base };
        let yes = |yes: usize| if swapped { n - yes } else { yes };
        fixture.flags("s", case, 0, yes(a), *n).flags("s", case, 1, yes(b), *n)
    })
}

fn difference(head: &Fixture, base: &Fixture, metric: &str) -> Option<Interval> {
    let metrics: IndexMap<String, MetricConfig> = serde_json::from_value(json!({
        "rate": { "rate": { "of": "s@a" } },
        "other": { "rate": { "of": "s@b" } },
        "contrast": { "contrast": { "plus": "rate", "minus": "other" } },
        "d_prime": { "d_prime": { "hit": "s@a", "false_alarm": "s@b" } },
    }))
    .unwrap();
    let of = |fixture: &Fixture| Sources::new(&metrics, &fixture.0).metric(metric).ok();
    interval(&of(head)?, &of(base)?)
}

fn interval(head: &Prepared, base: &Prepared) -> Option<Interval> {
    head.minus(base).ok()?.interval(CONFIDENCE, 200, 1).ok()
}

fn near(one: Option<(f64, f64)>, other: Option<(f64, f64)>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            let size = 1.0 + one.0.abs().max(one.1.abs());
            (one.0 - other.0).abs() <= 1e-12 * size && (one.1 - other.1).abs() <= 1e-12 * size
        }
        (None, None) => true,
        _ => false,
    }
}

fn ends(found: Option<Interval>) -> Option<(f64, f64)> {
    found.map(|found| (found.low, found.high))
}

fn mirrored(found: Option<Interval>) -> Option<(f64, f64)> {
    found.map(|found| (-found.high, -found.low))
}

const METRICS: [&str; 3] = ["rate", "contrast", "d_prime"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sides_exchanged_are_the_mirror_image(cases in cases()) {
        let (base, head) = (record(&cases, false, false), record(&cases, true, false));
        for metric in METRICS {
            let (found, turned) = (difference(&head, &base, metric), difference(&base, &head, metric));
            prop_assert!(near(ends(found.clone()), mirrored(turned.clone())), "{metric}: {found:?} {turned:?}");
        }
    }

    #[test]
    fn yes_and_no_exchanged_are_the_mirror_image(cases in cases()) {
        let side = |head, swapped| record(&cases, head, swapped);
        for metric in METRICS {
            let found = difference(&side(true, false), &side(false, false), metric);
            let turned = difference(&side(true, true), &side(false, true), metric);
            prop_assert!(near(ends(found.clone()), mirrored(turned.clone())), "{metric}: {found:?} {turned:?}");
        }
    }

    #[test]
    fn the_order_of_cases_decides_nothing(cases in cases(), turn in 0..14_usize) {
        let mut other = cases.clone();
        other.rotate_left(turn % cases.len());
        if turn % 2 == 1 {
            other.reverse();
        }
        for metric in METRICS {
            let found = difference(&record(&cases, true, false), &record(&cases, false, false), metric);
            let turned = difference(&record(&other, true, false), &record(&other, false, false), metric);
            prop_assert!(near(ends(found.clone()), ends(turned.clone())), "{metric}: {found:?} {turned:?}");
        }
    }

    #[test]
    fn the_scale_and_the_origin_of_numbers_decide_nothing(
        numbers in vec((-3..4_i32, -3..4_i32), 2..14),
        scale in prop_oneof![Just(1.0), Just(-1.0), Just(0.1), Just(1e6), Just(-1e-6)],
        origin in prop_oneof![Just(0.0), Just(0.3), Just(-7.0)],
    ) {
        // Where all cases differ alike, the unit in which grades are written gives the interval (`monotone::one_step`).
        let by = |pair: &(i32, i32)| pair.1 - pair.0;
        let alike = numbers.iter().all(|pair| by(pair) == by(&numbers[0]));
        prop_assume!(!alike || by(&numbers[0]) == 0);
        let prepare = |of: &dyn Fn(&(i32, i32)) -> i32, scale: f64, origin: f64| {
            let fixture = numbers.iter().zip(0..).fold(Fixture::new(), |fixture, (pair, case)| {
                fixture.numbers("s", case, 0, &[scale * (f64::from(of(pair)) / 10.0 + origin)])
            });
            let metrics: IndexMap<String, MetricConfig> =
                serde_json::from_value(json!({ "m": { "mean": { "of": "s" } } })).unwrap();
            Sources::new(&metrics, &fixture.0).metric("m").unwrap()
        };
        let at = |scale: f64, origin: f64| {
            interval(&prepare(&|pair| pair.1, scale, origin), &prepare(&|pair| pair.0, scale, origin))
        };
        let (plain, coded) = (ends(at(1.0, 0.0)), ends(at(scale, origin)));
        let back = coded.map(|(low, high)| (low / scale, high / scale)).map(|(low, high)| (low.min(high), low.max(high)));
        prop_assert!(near(plain, back), "{plain:?} {back:?}");
    }
}

/// Over four pairs the correlations of four shares can cancel all that chance explains; that is no certainty.
#[test]
fn a_contrast_over_few_pairs_is_never_known_exactly() {
    let yes = |base: [(usize, usize); 4], head: [(usize, usize); 4]| -> Vec<Case> {
        base.into_iter().zip(head).map(|(base, head)| (base, head, 2)).collect()
    };
    for (base, head, truth) in [
        ([(2, 1), (1, 0), (1, 1), (2, 0)], [(0, 1), (1, 2), (0, 2), (1, 1)], -1.0),
        ([(2, 1), (1, 0), (1, 1), (2, 0)], [(0, 1), (1, 2), (0, 2), (1, 2)], -1.125),
        ([(1, 0), (2, 0), (2, 0), (1, 0)], [(0, 2), (0, 1), (0, 1), (0, 2)], -1.5),
    ] {
        let cases = yes(base, head);
        let found = difference(&record(&cases, true, false), &record(&cases, false, false), "contrast");
        let found = found.unwrap_or_else(|| panic!("{cases:?} has an interval"));
        assert!(found.low < truth - 0.1 && found.high > truth + 0.1, "{truth}: {found:?}");
    }
}

/// Twelve cases of four flags that are the same in both records: the combined interval, in both codings.
#[test]
fn a_record_beside_itself_is_not_certain_to_be_the_same() {
    let yes = [1, 1, 1, 0, 0, 0, 2, 0, 0, 1, 0, 0];
    let cases: Vec<Case> = yes.iter().map(|yes| ((*yes, 0), (*yes, 0), 4)).collect();
    for swapped in [false, true] {
        let found =
            difference(&record(&cases, true, swapped), &record(&cases, false, swapped), "rate").unwrap();
        assert!((found.high - 0.11529).abs() < 1e-5 && (found.low + 0.11529).abs() < 1e-5, "{found:?}");
    }
}
