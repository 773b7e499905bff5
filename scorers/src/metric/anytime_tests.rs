//! Tests of the boundary: against scipy, by its own inverse, and by simulation of two models that are looked at
//! after every batch.
//!
//! `GRICE_SIMULATIONS=20 cargo test -p scorers --release -- --nocapture sequential_designs` prints the long simulation of
//! `BENCHMARKS.md`.

use super::*;
use crate::metric::{
    Prepared, Range, Share,
    fixture::assert_near,
    formula::MeanOf,
    paired::{CHUNK, SignFlip},
    sums::Sums,
};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Runs of a simulation whose table is printed: 100, and `GRICE_SIMULATIONS` times as many where that is set.
pub(super) fn runs() -> u32 {
    let times = std::env::var("GRICE_SIMULATIONS").ok().and_then(|times| times.parse().ok());
    100 * times.unwrap_or(1_u32).max(1)
}

/// The most false alarms, in 100 runs, that may be seen in so many where there are 5: three standard errors more.
pub(super) fn most(runs: u32) -> f64 {
    5.0 + 3.0 * (5.0 * 95.0 / f64::from(runs)).sqrt()
}

pub(super) const fn grown(first: u32, samples: u32) -> Validity {
    Validity::Anytime { first, samples }
}

// scipy 1.17.1: a = brentq(lambda a: 2*(norm.sf(a) + a*norm.pdf(a)) - level, 0, 12); 2*norm.sf(sqrt(a*a + log(n/first)))
#[test]
fn levels_as_in_scipy() {
    for (level, first, samples, nominal) in [
        (0.05, 4, 4, 0.005182214978731317),
        (0.05, 4, 16, 0.0024188001274173822),
        (0.05, 3, 48, 0.0011386612508974625),
        (0.1, 4, 16, 0.005716129599032509),
        (0.01, 4, 4, 0.0007565679854145608),
        (0.00625, 3, 48, 0.000100284076476739),
    ] {
        assert_near(&[grown(first, samples).nominal(level) / nominal], &[1.0], 1e-9);
    }
    assert_near(&[boundary(0.05)], &[2.7954834829151074], 1e-12);
}

// scipy 1.17.1: z = norm.isf(p/2); s = z*z - log(n/first); 1 if s <= 0 else 2*(norm.sf(sqrt(s)) + sqrt(s)*norm.pdf(sqrt(s)))
#[test]
fn p_values_as_in_scipy() {
    for (p, first, samples, expected) in [
        (0.5, 4, 4, 0.9286740822557407),
        (0.5, 4, 16, 1.0),
        (0.05, 4, 4, 0.27910046378359726),
        (0.05, 4, 16, 0.4834483871885484),
        (0.004, 4, 16, 0.07523686827250038),
        (1e-6, 4, 4, 2.5858084480015254e-05),
    ] {
        assert_near(&[grown(first, samples).p(p)], &[expected], 1e-9);
    }
    assert_near(&[grown(1, 2).p(0.0), grown(1, 2).p(1.0), Validity::Fixed.p(0.3)], &[0.0, 1.0, 0.3], 0.0);
}

proptest! {
    #[test]
    fn level_and_p_value_are_each_other_s_inverse(level in 1e-6..0.9_f64, first in 1..20_u32, more in 0..500_u32) {
        let validity = grown(first, first + more);
        let nominal = validity.nominal(level);
        prop_assert!(nominal > 0.0 && nominal < level);
        prop_assert!((validity.p(nominal) / level - 1.0).abs() < 1e-6);
        prop_assert!(grown(first, first + more + 1).nominal(level) <= nominal);
    }

    #[test]
    fn nothing_panics(level in proptest::num::f64::ANY, first in 0..u32::MAX, samples in 0..u32::MAX) {
        let _ = (grown(first, samples).nominal(level), grown(first, samples).p(level));
    }
}

/// Two models over cases that are sampled again and again.
#[derive(Clone, Copy, Debug)]
struct World {
    cases: u32,
    /// The mean rates of the base and of the head.
    rates: [f64; 2],
    /// How far the rates of cases lie around those, in both models alike.
    difficulty: f64,
    /// The same for each model by itself: what differs from case to case between the models.
    interaction: f64,
}

/// Samples per case at each look: after every so many samples.
fn evenly(first: u32, step: usize, last: u32) -> Vec<u32> {
    (first..=last).step_by(step).collect()
}

/// As `grice run --until-decided` does: by half of what is there.
pub(super) fn by_half(first: u32, last: u32) -> Vec<u32> {
    let mut looks = vec![first];
    while let Some(now) = looks.last().copied().filter(|now| *now < last) {
        looks.push((now + now.div_ceil(2)).min(last));
    }
    looks
}

/// One look at one pair of models.
struct Look {
    validity: Validity,
    difference: Prepared,
    sides: [Prepared; 2],
}

impl Look {
    fn ends(&self, level: f64) -> Option<(f64, f64)> {
        let found = self.difference.interval(1.0 - self.validity.nominal(level), 500, 1).ok()?;
        Some((found.low, found.high))
    }

    fn misses(&self, truth: f64) -> bool {
        self.ends(0.05).is_some_and(|(low, high)| truth < low || high < truth)
    }

    fn within(&self, margin: f64) -> bool {
        self.ends(0.1).is_some_and(|(low, high)| -margin < low && high < margin)
    }

    fn p(&self) -> f64 {
        let [base, head] = &self.sides;
        self.validity.p(swapped(base, head))
    }
}

/// The p-value of the permutation test at one look: all swaps with few cases, some thousand random ones with more.
pub(super) fn swapped(base: &Prepared, head: &Prepared) -> f64 {
    const CHUNKS: u64 = 8;
    let test = SignFlip::new(&head.statistic, &base.statistic, true).unwrap();
    test.enumerate().unwrap_or_else(|| {
        let extreme: u64 = (0..CHUNKS).map(|chunk| test.extreme(1, chunk)).sum();
        (extreme + 1) as f64 / (CHUNKS * CHUNK as u64 + 1) as f64
    })
}

impl World {
    /// Calls `see` at every look until it says that this is enough; the samples per case then, or at the end.
    fn watch(
        self,
        random: &mut ChaCha8Rng,
        schedule: &[u32],
        fixed: bool,
        mut see: impl FnMut(&Look) -> bool,
    ) -> u32 {
        let chances: Vec<[f64; 2]> = (0..self.cases)
            .map(|_| {
                let common = self.difficulty * (2.0 * random.random::<f64>() - 1.0);
                self.rates.map(|rate| {
                    let own = self.interaction * (2.0 * random.random::<f64>() - 1.0);
                    // No world is so wide that this cuts anything off: the mean rates are the true ones.
                    (rate + common + own).clamp(0.0, 1.0)
                })
            })
            .collect();
        let first = schedule[0];
        let mut trues = vec![[0.0_f64; 2]; chances.len()];
        let mut samples = 0;
        for look in schedule {
            for (trues, chances) in trues.iter_mut().zip(&chances) {
                for _ in samples..*look {
                    for (trues, chance) in trues.iter_mut().zip(chances) {
                        *trues += f64::from(u8::from(random.random::<f64>() < *chance));
                    }
                }
            }
            samples = *look;
            let sides = [0, 1].map(|side| {
                let mut sums = Sums::new(2);
                for (trues, case) in trues.iter().zip(0..) {
                    sums.row(case, 0).copy_from_slice(&[trues[side], f64::from(samples)]);
                }
                let statistic = sums.statistic(1, Arc::new(MeanOf));
                let share = Share::of_sums(&statistic).unwrap();
                Prepared::resampled(statistic, Range::Share).unwrap().with(share)
            });
            let difference = sides[1].minus(&sides[0]).unwrap();
            let validity = if fixed { Validity::Fixed } else { grown(first, samples) };
            if see(&Look { validity, difference, sides }) {
                break;
            }
        }
        samples
    }

    fn truth(self) -> f64 {
        self.rates[1] - self.rates[0]
    }
}

/// In how many of 100 runs something is so at any look.
fn ever(world: World, schedule: &[u32], fixed: bool, runs: u32, so: impl Fn(&Look) -> bool) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(77);
    let mut found = 0_u32;
    for _ in 0..runs {
        let mut any = false;
        world.watch(&mut random, schedule, fixed, |look| {
            any = so(look);
            any
        });
        found += u32::from(any);
    }
    100.0 * f64::from(found) / f64::from(runs)
}

/// Worlds without a difference between the models, from easy to nasty.
const NULL: [World; 8] = [
    World { cases: 8, rates: [0.5, 0.5], difficulty: 0.0, interaction: 0.0 },
    World { cases: 8, rates: [0.5, 0.5], difficulty: 0.2, interaction: 0.3 },
    World { cases: 10, rates: [0.3, 0.3], difficulty: 0.1, interaction: 0.2 },
    World { cases: 12, rates: [0.2, 0.2], difficulty: 0.2, interaction: 0.0 },
    World { cases: 20, rates: [0.5, 0.5], difficulty: 0.3, interaction: 0.1 },
    World { cases: 20, rates: [0.05, 0.05], difficulty: 0.05, interaction: 0.0 },
    World { cases: 30, rates: [0.9, 0.9], difficulty: 0.05, interaction: 0.05 },
    World { cases: 30, rates: [0.4, 0.4], difficulty: 0.0, interaction: 0.4 },
];

/// 20 looks, a growth of 20. With 500 runs a rate of 5 % wavers by 1: no more than 7 may be seen.
#[test]
fn intervals_hold_the_truth_at_every_look() {
    for world in NULL {
        let found = ever(world, &evenly(3, 3, 60), false, 500, |look| look.misses(0.0));
        assert!(found <= 7.0, "{world:?}: {found} %");
    }
}

#[test]
fn fixed_intervals_would_not() {
    let found = ever(NULL[4], &evenly(3, 3, 60), true, 200, |look| look.misses(0.0));
    assert!(found > 10.0, "{found} %");
}

#[test]
fn p_values_hold_at_every_look() {
    // Up to 16 cases all swaps are tried, beyond they are drawn.
    for (world, schedule) in [
        (NULL[0], evenly(3, 3, 60)),
        (NULL[1], evenly(3, 3, 60)),
        (NULL[2], evenly(3, 3, 60)),
        (NULL[4], by_half(3, 40)),
        (NULL[7], by_half(3, 40)),
    ] {
        let found = ever(world, &schedule, false, 200, |look| look.p() <= 0.05);
        // 200 runs: 5 % waver by 1.5.
        assert!(found <= 8.0, "{world:?}: {found} %");
    }
}

#[test]
fn random_swaps_find_a_difference() {
    let world = World { cases: 20, rates: [0.3, 0.7], difficulty: 0.2, interaction: 0.05 };
    let found = ever(world, &by_half(4, 32), false, 100, |look| look.p() <= 0.05);
    assert!(found > 95.0, "{found} %");
}

#[test]
fn equivalence_at_the_margin_is_rarely_claimed() {
    for world in [
        World { cases: 20, rates: [0.5, 0.6], difficulty: 0.2, interaction: 0.0 },
        World { cases: 10, rates: [0.3, 0.4], difficulty: 0.0, interaction: 0.2 },
    ] {
        let found = ever(world, &evenly(4, 4, 80), false, 500, |look| look.within(world.truth()));
        assert!(found <= 7.0, "{world:?}: {found} %");
    }
}

/// What a design comes to: in how many of 100 runs there is a verdict in the end, and after how many samples per case
/// on average. A verdict is an interval clear of 0, or one within the margin.
fn cost(world: World, schedule: &[u32], fixed: bool, margin: f64, runs: u32) -> (f64, f64) {
    let mut random = ChaCha8Rng::seed_from_u64(78);
    let (mut decided, mut samples) = (0_u32, 0.0);
    for _ in 0..runs {
        let mut any = false;
        samples += f64::from(world.watch(&mut random, schedule, fixed, |look| {
            any = look.misses(0.0) || look.within(margin);
            any
        }));
        decided += u32::from(any);
    }
    (100.0 * f64::from(decided) / f64::from(runs), samples / f64::from(runs))
}

/// 24 cases, a margin of 0.15: a large difference, a medium one, and none.
const LARGE: World = World { cases: 24, rates: [0.3, 0.7], difficulty: 0.2, interaction: 0.05 };
const MEDIUM: World = World { cases: 24, rates: [0.4, 0.6], difficulty: 0.2, interaction: 0.05 };
const NONE: World = World { cases: 24, rates: [0.5, 0.5], difficulty: 0.2, interaction: 0.05 };
const MARGIN: f64 = 0.15;

#[test]
fn an_easy_verdict_costs_little() {
    let schedule = by_half(4, 32);
    let (decided, samples) = cost(LARGE, &schedule, false, MARGIN, 150);
    assert!(decided > 99.0 && samples < 6.0, "{decided} % after {samples}");
    let (decided, samples) = cost(MEDIUM, &schedule, false, MARGIN, 150);
    assert!(decided > 90.0 && samples < 16.0, "{decided} % after {samples}");
    let (decided, samples) = cost(NONE, &schedule, false, MARGIN, 150);
    assert!(decided > 80.0 && samples < 28.0, "{decided} % after {samples}");
}

/// The tables of `BENCHMARKS.md`, with fewer runs unless more are asked for.
#[test]
#[expect(clippy::print_stdout, reason = "whoever asks for more runs wants the tables")]
fn sequential_designs() {
    let runs = runs();
    println!("false alarms in {runs} runs without a difference (%)");
    println!("cases, rate, difficulty, interaction: 30 looks anytime, by half anytime, 30 looks fixed");
    for world in NULL {
        let World { cases, rates: [rate, _], difficulty, interaction } = world;
        let alarms = |schedule: &[u32], fixed| ever(world, schedule, fixed, runs, |look| look.misses(0.0));
        let (even, half) = (evenly(2, 2, 60), by_half(4, 32));
        let found = [alarms(&even, false), alarms(&half, false), alarms(&even, true)];
        println!("{cases}, {rate}, {difficulty}, {interaction}: {found:.2?}");
        let [even, half, fixed] = found;
        assert!(even.max(half) <= most(runs) && fixed > even, "{world:?}: {found:?}");
    }
    println!("verdicts (%) and mean samples per case, by half from 4 to 32; fixed: verdicts at 4, 8, 16, 32");
    for (name, world) in [("large", LARGE), ("medium", MEDIUM), ("none", NONE)] {
        let (decided, samples) = cost(world, &by_half(4, 32), false, MARGIN, runs);
        let fixed = [4, 8, 16, 32].map(|n| cost(world, &[n], true, MARGIN, runs).0);
        println!("{name}: {decided:.1} %, {samples:.1} samples; fixed {fixed:.1?}");
        // At the end of the schedule, being allowed to look costs few verdicts.
        assert!(decided > fixed[3] - 15.0 && samples <= 32.0, "{name}: {decided} after {samples}, {fixed:?}");
    }
}
