//! The designs, what is true in them, and how often intervals held it.

use super::worlds::{Cases, World};
use scorers::metric::interval::probit;

/// The metrics that are looked at.
pub(crate) const NAMES: [&str; 3] = ["rate", "d_prime", "contrast"];

/// How many cases.
pub(crate) const CASES: [u32; 6] = [6, 8, 12, 24, 48, 100];

/// Rates of both arms, of the base and of the head.
const RATES: [[[f64; 2]; 2]; 16] = [
    [[0.001, 0.001], [0.001, 0.001]],
    [[0.999, 0.001], [0.999, 0.001]],
    [[0.999, 0.001], [0.8, 0.001]],
    [[0.999, 0.3], [0.8, 0.3]],
    [[0.001, 0.999], [0.999, 0.001]],
    [[0.5, 0.5], [0.999, 0.5]],
    [[0.01, 0.1], [0.05, 0.1]],
    [[0.02, 0.2], [0.2, 0.2]],
    [[0.97, 0.03], [0.9, 0.03]],
    [[0.03, 0.5], [0.97, 0.5]],
    [[0.95, 0.05], [0.95, 0.05]],
    [[0.9, 0.1], [0.6, 0.1]],
    [[0.8, 0.2], [0.6, 0.4]],
    [[0.5, 0.5], [0.5, 0.5]],
    [[0.3, 0.2], [0.5, 0.2]],
    [[0.2, 0.01], [0.3, 0.05]],
];

/// What is true of a model with these rates, in the order of [`NAMES`].
pub(crate) fn truths([a, b]: [f64; 2]) -> [f64; 3] {
    [a, probit(a) - probit(b), a - b]
}

/// Every design.
pub(crate) fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for cases in CASES {
        for (samples, unequal) in [(1, false), (3, false), (8, false), (16, false), (8, true)] {
            for rates in RATES {
                for (kind, shared) in [
                    (Cases::Same, 0.0),
                    (Cases::Same, 0.9),
                    (Cases::Spread, 0.0),
                    (Cases::Alike(0.3), 0.0),
                    (Cases::Alike(0.3), 0.9),
                ] {
                    // With one sample a case, that grades of a case are alike says nothing.
                    if samples > 1 || matches!(kind, Cases::Same) {
                        worlds.push(World { cases, samples, unequal, rates, kind, shared });
                    }
                }
            }
        }
    }
    worlds
}

/// How often there was an interval, held the truth, and excluded 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    runs: u32,
    intervals: u32,
    held: u32,
    clear: u32,
}

impl Held {
    /// Counts one run.
    pub(crate) fn add(&mut self, found: Option<(bool, bool)>) {
        self.runs += 1;
        if let Some((held, clear)) = found {
            self.intervals += 1;
            self.held += u32::from(held);
            self.clear += u32::from(clear);
        }
    }

    /// In how many of 100 runs with an interval it held the truth; none where hardly any had one.
    pub(crate) fn coverage(&self) -> Option<f64> {
        (self.intervals * 5 >= self.runs)
            .then(|| 100.0 * f64::from(self.held) / f64::from(self.intervals.max(1)))
    }

    /// In how many of 100 runs there was no interval.
    pub(crate) fn missing(&self) -> f64 {
        100.0 * f64::from(self.runs - self.intervals) / f64::from(self.runs.max(1))
    }

    /// In how many of 100 runs the interval excluded 0.
    pub(crate) fn power(&self) -> f64 {
        100.0 * f64::from(self.clear) / f64::from(self.runs.max(1))
    }
}
