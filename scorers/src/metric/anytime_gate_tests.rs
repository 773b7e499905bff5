//! False alarms of looking more than once, by simulation: means and d′, and a gate over several metrics, which raises an
//! alarm when any of them is called changed at any look.
//!
//! `GRICE_SIMULATIONS=20 cargo test -p scorers --release -- --nocapture sequential_gates` prints the table of `BENCHMARKS.md`.

use super::{
    Validity,
    tests::{by_half, grown, most, runs, swapped},
};
use crate::{
    Place, ValueKind,
    metric::{
        Grade, MetricConfig, Observation, Prepared, Sources, fixture::Fixture, multiplicity::Multiplicity,
    },
};
use indexmap::IndexMap;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

/// What is looked at: a share, a mean and a d′ over the same cases, so that their errors hang together.
const METRICS: [&str; 3] = ["share", "mean", "sensitivity"];

/// Two models that do not differ on average, over cases that are sampled again and again.
#[derive(Clone, Copy, Debug)]
struct World {
    cases: u32,
    /// How far cases lie around the mean, in both models alike: at most 0.2.
    difficulty: f64,
    /// The same for each model by itself: at most 0.1.
    interaction: f64,
    /// By how much the head is better in all that is measured.
    gain: f64,
}

const NULL: [World; 4] = [
    World { cases: 8, difficulty: 0.0, interaction: 0.0, gain: 0.0 },
    World { cases: 12, difficulty: 0.2, interaction: 0.0, gain: 0.0 },
    World { cases: 12, difficulty: 0.1, interaction: 0.1, gain: 0.0 },
    World { cases: 24, difficulty: 0.2, interaction: 0.1, gain: 0.0 },
];

/// One metric at one look.
struct Look {
    validity: Validity,
    base: Prepared,
    head: Prepared,
}

impl Look {
    /// Whether the 95 % interval lies clear of 0.
    fn clear(&self) -> bool {
        let difference = self.head.minus(&self.base).unwrap();
        let found = difference.interval(1.0 - self.validity.nominal(0.05), 500, 1);
        found.is_ok_and(|found| found.low > 0.0 || found.high < 0.0)
    }
}

impl World {
    /// Calls `see` with all metrics at every look until it says that this is enough.
    fn watch(
        self,
        random: &mut ChaCha8Rng,
        schedule: &[u32],
        fixed: bool,
        mut see: impl FnMut(&[Look]) -> bool,
    ) {
        let metrics: IndexMap<String, MetricConfig> = serde_json::from_value(json!({
            "share": { "rate": { "of": "flag@signal" } },
            "mean": { "mean": { "of": "number@signal" } },
            "sensitivity": { "d_prime": { "hit": "flag@signal", "false_alarm": "flag@noise" } },
        }))
        .unwrap();
        let cases: Vec<[f64; 2]> = (0..self.cases)
            .map(|_| {
                let common = self.difficulty * (2.0 * random.random::<f64>() - 1.0);
                [0.0, self.gain]
                    .map(|gain| gain + common + self.interaction * (2.0 * random.random::<f64>() - 1.0))
            })
            .collect();
        let mut sides = [0, 1].map(|_| Fixture::arms(&["signal", "noise"]));
        let mut samples = 0;
        for look in schedule {
            for (case, shifts) in (0..).zip(&cases) {
                for sample in samples..*look {
                    for (side, shift) in sides.iter_mut().zip(shifts) {
                        grade(side, random, case, sample, *shift);
                    }
                }
            }
            samples = *look;
            let validity = if fixed { Validity::Fixed } else { grown(schedule[0], samples) };
            let [base, head] = [0, 1].map(|side: usize| {
                let mut sources = Sources::new(&metrics, &sides[side].0);
                METRICS.map(|name| sources.metric(name).unwrap())
            });
            let looks: Vec<Look> =
                base.into_iter().zip(head).map(|(base, head)| Look { validity, base, head }).collect();
            if see(&looks) {
                return;
            }
        }
    }

    /// In how many of 100 runs each of several things is so at any look.
    fn ever<const N: usize>(self, fixed: bool, runs: u32, so: impl Fn(&[Look]) -> [bool; N]) -> [f64; N] {
        let mut random = ChaCha8Rng::seed_from_u64(79);
        let mut found = [0_u32; N];
        for _ in 0..runs {
            let mut any = [false; N];
            self.watch(&mut random, &by_half(4, 32), fixed, |looks| {
                any.iter_mut().zip(so(looks)).for_each(|(any, so)| *any |= so);
                any.iter().all(|any| *any)
            });
            found.iter_mut().zip(any).for_each(|(found, any)| *found += u32::from(any));
        }
        found.map(|found| 100.0 * f64::from(found) / f64::from(runs))
    }
}

/// One sample of one case in both arms: flags that are rarer where there is noise, and a number that is skewed.
fn grade(side: &mut Fixture, random: &mut ChaCha8Rng, case: u32, sample: u32, shift: f64) {
    let mut enter = |score: &str, kind, arm, number| {
        let (grade, place) = (Grade::Number(number), Place::default());
        side.enter(score, kind, Observation { cluster: case, case, arm, sample, place, grade });
    };
    for (arm, chance) in [(0, 0.6 + shift), (1, 0.35 - shift)] {
        enter("flag", ValueKind::Flag, arm, f64::from(u8::from(random.random::<f64>() < chance)));
    }
    enter("number", ValueKind::Number, 0, 5.0 * shift - (1.0 - random.random::<f64>()).ln());
}

/// Whether the interval of each metric lies clear of 0.
fn each_clear(looks: &[Look]) -> [bool; 3] {
    [0, 1, 2].map(|place: usize| looks[place].clear())
}

/// Whether a gate would call any metric changed: significant over the family, and its interval clear of 0.
fn alarm(looks: &[Look]) -> [bool; 1] {
    let clear = each_clear(looks);
    if !clear.contains(&true) {
        return [false];
    }
    let raw: Vec<f64> = looks.iter().map(|look| look.validity.p(swapped(&look.base, &look.head))).collect();
    let adjusted = Multiplicity::Holm.adjust(&raw);
    [clear.into_iter().zip(adjusted).any(|(clear, p)| clear && p <= 0.05)]
}

/// Whether any interval lies clear of 0, which nobody has adjusted for there being several.
fn any_clear(looks: &[Look]) -> [bool; 1] {
    [each_clear(looks).contains(&true)]
}

/// With 300 runs a rate of 5 % wavers by 1.3: no more than 8 may be seen.
#[test]
fn intervals_of_means_and_sensitivities_hold_the_truth_at_every_look() {
    for world in NULL {
        for (found, name) in world.ever(false, 300, each_clear).iter().zip(METRICS) {
            assert!(*found <= 8.0, "{name}, {world:?}: {found} %");
        }
    }
}

#[test]
fn a_gate_of_several_metrics_keeps_the_level_at_every_look() {
    for world in NULL {
        let [found] = world.ever(false, 300, alarm);
        assert!(found <= 8.0, "{world:?}: {found} %");
    }
}

#[test]
fn fixed_intervals_of_several_metrics_would_not() {
    let [found] = NULL[3].ever(true, 150, any_clear);
    assert!(found > 12.0, "{found} %");
}

#[test]
fn a_gate_of_several_metrics_finds_what_is_there() {
    let [found] = World { gain: 0.2, ..NULL[3] }.ever(false, 60, alarm);
    assert!(found > 95.0, "{found} %");
}

/// The table of `BENCHMARKS.md`, with fewer runs unless more are asked for.
#[test]
#[expect(clippy::print_stdout, reason = "whoever asks for more runs wants the table")]
fn sequential_gates() {
    let runs = runs();
    println!("false alarms in {runs} runs without a difference (%), looks by half from 4 to 32");
    println!(
        "cases, difficulty, interaction: interval of share, mean, d′; gate of all three; any fixed interval"
    );
    for world in NULL {
        let World { cases, difficulty, interaction, .. } = world;
        let each = world.ever(false, runs, each_clear);
        let ([gate], [fixed]) = (world.ever(false, runs, alarm), world.ever(true, runs, any_clear));
        println!("{cases}, {difficulty}, {interaction}: {each:.2?}; {gate:.2}; {fixed:.2}");
        assert!(each.into_iter().chain([gate]).all(|found| found <= most(runs)), "{world:?}");
        assert!(fixed > gate, "what holds at every look is for a reason");
    }
}
