//! Advice against simulations of what it advises, and against other programs.

use super::*;
use crate::metric::{MetricConfig, Sources, fixture::Fixture, interval::probit};
use indexmap::IndexMap;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

fn prepared(metric: &str, fixture: &Fixture) -> Prepared {
    let metrics: IndexMap<String, MetricConfig> =
        serde_json::from_value(json!({ "m": { metric: { "of": "s" } } })).unwrap();
    Sources::new(&metrics, &fixture.0).metric("m").unwrap()
}

fn flags(yes: impl Fn(u32) -> usize, cases: u32, n: usize) -> Prepared {
    prepared("rate", &(0..cases).fold(Fixture::new(), |f, case| f.flags("s", case, 0, yes(case), n)))
}

// Wilson's limit of 25 equal cases at 90 % is 2.7055 / (25 + 2.7055) = 0.0977, of 24 it is 0.1013.
#[test]
fn equal_cases_need_as_many_as_wilson_needs() {
    let equal = flags(|_| 3, 24, 3);
    let difference = Pilot::of(&equal.minus(&equal).unwrap()).unwrap();
    assert_eq!(clusters_needed(&difference, Claim::Between(-0.1, 0.1), 0.0, 0.9, 0.8), Some(25));
}

/// Numbers whose differences are normal with this standard deviation.
fn normal(random: &mut ChaCha8Rng, cases: u32, gap: f64) -> Prepared {
    let mut draw = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
    let [base, head] = [0.0, gap]
        .map(|gap| (0..cases).fold(Fixture::new(), |f, case| f.numbers("s", case, 0, &[gap + draw()])));
    prepared("mean", &head).minus(&prepared("mean", &base)).unwrap()
}

/// In how many of 1,000 runs of a design the claim is shown.
fn simulated(cases: u32, gap: f64, confidence: f64, shown: impl Fn(Interval) -> bool) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let held =
        (0..1_000).filter(|_| normal(&mut random, cases, gap).interval(confidence, 0, 0).is_ok_and(&shown));
    held.count() as f64 / 1_000.0
}

/// A pilot with exactly this spread of differences.
fn pilot(cases: u32) -> Pilot {
    let half = (f64::from(cases - 1) / f64::from(cases)).sqrt() * 2.0_f64.sqrt();
    let numbers = |sign: f64| {
        (0..cases).fold(Fixture::new(), |f, case| {
            f.numbers("s", case, 0, &[if case % 2 == 0 { sign * half / 2.0 } else { -sign * half / 2.0 }])
        })
    };
    Pilot::of(&prepared("mean", &numbers(1.0)).minus(&prepared("mean", &numbers(-1.0))).unwrap()).unwrap()
}

#[test]
fn what_is_advised_has_the_power_that_it_says() {
    let pilot = pilot(10);
    let difference = clusters_needed(&pilot, Claim::Above(0.0), 1.0, 0.95, 0.8).unwrap();
    let found = simulated(difference as u32, 1.0, 0.95, |interval| interval.low > 0.0);
    assert!((found - 0.8).abs() < 0.035, "{difference} cases: {found}");
    let within = clusters_needed(&pilot, Claim::Between(-1.0, 1.0), 0.0, 0.9, 0.8).unwrap();
    let found = simulated(within as u32, 0.0, 0.9, |interval| interval.low > -1.0 && interval.high < 1.0);
    assert!((found - 0.8).abs() < 0.035, "{within} cases: {found}");
}

// statsmodels 0.15: TTestPower().solve_power(effect_size=1 / sqrt(2), alpha=0.05, power=0.8) = 17.7
#[test]
fn a_difference_needs_as_many_as_in_statsmodels() {
    let found = clusters_needed(&pilot(10), Claim::Above(0.0), 1.0, 0.95, 0.8).unwrap();
    assert!((17..=19).contains(&found), "{found}");
}

#[test]
fn the_smallest_difference_is_shown_and_no_smaller_one() {
    let pilot = pilot(12);
    let found = smallest_shown(&pilot, 0.0, Toward::Either, 0.95, 0.8).unwrap();
    let at = |gap: f64| power(&pilot, Claim::Above(0.0), gap, 0.95).unwrap();
    assert!(at(found) >= 0.8 && at(0.99 * found) < 0.8, "{found}");
}

#[test]
fn more_samples_help_only_where_samples_vary() {
    let (base, head) =
        (flags(|case| (case % 5) as usize, 20, 4), flags(|case| (case % 3 + 1) as usize, 20, 4));
    let difference = Pilot::of(&head.minus(&base).unwrap()).unwrap();
    let need = |within: f64| {
        let (claim, truth) = (Claim::Between(-0.2, 0.2), 0.0);
        samples_needed(&difference, claim, truth, |_| 0.9, 0.8, (4, within))
    };
    assert!(need(1.0).is_some_and(|samples| samples > 4));
    assert_eq!(need(0.0), None);
}

/// Two models over cases that differ in how hard they are for both, and in how much harder they are for the head: the flags of a
/// model in both arms, 8 of each case.
fn models(random: &mut ChaCha8Rng, cases: u32, samples: usize, [base, head]: [[f64; 2]; 2]) -> [Fixture; 2] {
    let mut sides = [Fixture::arms(&["a", "b"]), Fixture::arms(&["a", "b"])];
    for case in 0..cases {
        let (common, own) = (0.15 * (random.random::<f64>() - 0.5), 0.2 * (random.random::<f64>() - 0.5));
        for (side, rates, shift) in [(0, base, common), (1, head, common + own)] {
            for (arm, rate) in (0..).zip(rates) {
                let yes = (0..samples).filter(|_| random.random::<f64>() < rate + shift).count();
                let fixture = std::mem::replace(&mut sides[side], Fixture::new());
                sides[side] = fixture.flags("s", case, arm, yes, samples);
            }
        }
    }
    sides
}

/// The difference of a metric between two models.
fn difference(metric: &serde_json::Value, [base, head]: &[Fixture; 2]) -> Prepared {
    let metrics: IndexMap<String, MetricConfig> = serde_json::from_value(json!({ "m": metric })).unwrap();
    let of = |fixture: &Fixture| Sources::new(&metrics, &fixture.0).metric("m").unwrap();
    of(head).minus(&of(base)).unwrap()
}

const RATES: [[f64; 2]; 2] = [[0.7, 0.3], [0.58, 0.3]];

/// Cases of a pilot that knows how cases vary to two in a hundred.
const MANY: u32 = 2_000;

/// A pilot of many cases.
fn known(metric: &serde_json::Value, seed: u64, rates: [[f64; 2]; 2]) -> Pilot {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Pilot::of(&difference(metric, &models(&mut random, MANY, 8, rates))).unwrap()
}

/// As if the pilot had so many cases.
fn over(pilot: &Pilot, cases: u64) -> Pilot {
    pilot.grown(Growth { clusters: cases as f64 / f64::from(MANY), ..Growth::NONE }).unwrap()
}

/// How often 900 designs of so many cases and samples show what is asked.
fn share_shown(
    metric: &serde_json::Value,
    (cases, samples): (u64, usize),
    rates: [[f64; 2]; 2],
    confidence: f64,
    shown: impl Fn(Interval) -> bool,
) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(77);
    let held = (0..900).filter(|_| {
        let found = difference(metric, &models(&mut random, cases as u32, samples, rates));
        found.interval(confidence, 0, 0).is_ok_and(&shown)
    });
    held.count() as f64 / 900.0
}

/// Whether it is shown as often as was said, which is at least 0.8: to 0.03, and the 0.013 by which 900 runs waver.
#[track_caller]
fn assert_power(found: f64, said: Option<f64>, what: &str) {
    let said = said.unwrap();
    assert!(said >= 0.8 && (found - said).abs() < 0.043, "{what}: {found} instead of {said}");
}

/// What a pilot advises has the power that it says.
#[test]
fn advice_on_rates_and_sensitivities_has_its_power() {
    for (metric, truth) in [
        (json!({ "rate": { "of": "s@a" } }), -0.12),
        (json!({ "d_prime": { "hit": "s@a", "false_alarm": "s@b" } }), probit(0.58) - probit(0.7)),
    ] {
        let pilot = known(&metric, 5, RATES);
        let below = Claim::Below(0.0);
        let cases = clusters_needed(&pilot, below, truth, 0.95, 0.8).unwrap();
        let found = share_shown(&metric, (cases, 8), RATES, 0.95, |interval| interval.high < 0.0);
        let said = power(&over(&pilot, cases), below, truth, 0.95);
        assert_power(found, said, &format!("{metric}: a difference over {cases} cases"));

        let same = [RATES[0]; 2];
        let pilot = known(&metric, 6, same);
        let margin = -0.6 * truth;
        let floor = Claim::Above(-margin);
        let cases = clusters_needed(&pilot, floor, 0.0, 0.9, 0.8).unwrap();
        let found = share_shown(&metric, (cases, 8), same, 0.9, |interval| interval.low > -margin);
        let said = power(&over(&pilot, cases), floor, 0.0, 0.9);
        assert_power(found, said, &format!("{metric}: not worse over {cases} cases"));

        let within = Claim::Between(-margin, margin);
        let cases = clusters_needed(&pilot, within, 0.0, 0.9, 0.8).unwrap();
        let inside = |interval: Interval| interval.low > -margin && interval.high < margin;
        let found = share_shown(&metric, (cases, 8), same, 0.9, inside);
        let said = power(&over(&pilot, cases), within, 0.0, 0.9);
        assert_power(found, said, &format!("{metric}: equivalence over {cases} cases"));
    }
}

#[test]
fn advice_on_samples_has_its_power() {
    let metric = json!({ "rate": { "of": "s@a" } });
    // Of the variance of a case's difference, 0.2² / 12 lies between cases; within, p (1 - p) / 8 of each model, less what
    // cases vary themselves.
    let (base, head) = (0.7 * 0.3 - 0.15_f64.powi(2) / 12.0, 0.58 * 0.42 - (0.15_f64.powi(2) + 0.04) / 12.0);
    let within = (base + head) / 8.0;
    let within = within / (within + 0.04 / 12.0);
    let pilot = over(&known(&metric, 8, RATES), 40);
    let below = Claim::Below(0.0);
    let samples = samples_needed(&pilot, below, -0.12, |_| 0.95, 0.8, (8, within)).unwrap() as usize;
    let found = share_shown(&metric, (40, samples), RATES, 0.95, |interval| interval.high < 0.0);
    let grown = pilot.grown(Growth { samples: samples as f64 / 8.0, within, ..Growth::NONE }).unwrap();
    assert_power(found, power(&grown, below, -0.12, 0.95), &format!("{samples} samples"));
}

#[test]
fn the_smallest_difference_is_shown_as_often_as_it_says() {
    let metric = json!({ "rate": { "of": "s@a" } });
    let pilot = over(&known(&metric, 7, RATES), 30);
    let smallest = smallest_shown(&pilot, 0.0, Toward::Down, 0.95, 0.8).unwrap();
    let rates = [RATES[0], [RATES[0][0] - smallest, RATES[0][1]]];
    let found = share_shown(&metric, (30, 8), rates, 0.95, |interval| interval.high < 0.0);
    assert_power(found, Some(0.8), &format!("a loss of {smallest}"));
}
