//! The designs, what is true in them, and how often intervals held it.

use super::worlds::{Cases, World};
use scorers::metric::interval::probit;

/// The metrics that are looked at.
pub(crate) const NAMES: [&str; 3] = ["rate", "d_prime", "contrast"];

/// Rates of both arms, of the base and of the head.
type Rates = [[f64; 2]; 2];

/// The designs over which intervals were made.
const RATES: [Rates; 16] = [
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

/// Other rates, other correlations, other numbers of cases and samples. A part of those with 7 to 10 cases was looked at when the
/// allowance for cases that were not drawn was chosen; the others were not.
const HELD_OUT: [Rates; 10] = [
    [[0.995, 0.005], [0.995, 0.005]],
    [[0.985, 0.01], [0.93, 0.01]],
    [[0.88, 0.12], [0.88, 0.12]],
    [[0.7, 0.3], [0.95, 0.3]],
    [[0.99, 0.2], [0.7, 0.2]],
    [[0.04, 0.6], [0.15, 0.6]],
    [[0.4, 0.6], [0.6, 0.6]],
    [[0.25, 0.05], [0.1, 0.05]],
    [[0.65, 0.35], [0.65, 0.35]],
    [[0.002, 0.85], [0.35, 0.85]],
];

/// Which designs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grid {
    /// Those of the table.
    Stated,
    /// Others, to check those by.
    HeldOut,
}

impl Grid {
    /// How many cases, ascending.
    pub(crate) fn cases(self) -> &'static [u32] {
        match self {
            Self::Stated => &[6, 8, 12, 24, 48, 100],
            Self::HeldOut => &[7, 9, 10, 15, 20, 35, 70],
        }
    }

    fn rates(self) -> &'static [Rates] {
        match self {
            Self::Stated => &RATES,
            Self::HeldOut => &HELD_OUT,
        }
    }

    /// Samples of each case, and whether they are unequal.
    fn samples(self) -> [(u32, bool); 5] {
        match self {
            Self::Stated => [(1, false), (3, false), (8, false), (16, false), (8, true)],
            Self::HeldOut => [(1, false), (2, false), (5, false), (12, false), (10, true)],
        }
    }

    /// How cases differ, and how much luck both models share.
    fn kinds(self) -> &'static [(Cases, f64)] {
        match self {
            Self::Stated => &[
                (Cases::Same, 0.0),
                (Cases::Same, 0.9),
                (Cases::Spread, 0.0),
                (Cases::Alike(0.3), 0.0),
                (Cases::Alike(0.3), 0.9),
            ],
            Self::HeldOut => &[
                (Cases::Same, 0.0),
                (Cases::Same, 0.6),
                (Cases::Beta(0.15), 0.0),
                (Cases::Beta(0.4), 0.6),
                (Cases::Alike(0.2), 0.6),
                (Cases::Alike(0.5), 0.0),
            ],
        }
    }

    /// Every design.
    pub(crate) fn worlds(self) -> Vec<World> {
        let mut worlds = Vec::new();
        for cases in self.cases() {
            for (samples, unequal) in self.samples() {
                for rates in self.rates() {
                    for (kind, shared) in self.kinds() {
                        // With one sample a case, that grades of a case are alike says nothing.
                        if samples > 1 || matches!(kind, Cases::Same) {
                            let (cases, rates, kind, shared) = (*cases, *rates, *kind, *shared);
                            worlds.push(World { cases, samples, unequal, rates, kind, shared });
                        }
                    }
                }
            }
        }
        worlds
    }
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
        (self.runs > 0 && self.intervals * 5 >= self.runs)
            .then(|| 100.0 * f64::from(self.held) / f64::from(self.intervals.max(1)))
    }

    /// In how many of 100 runs there was no interval; none where nobody looked.
    pub(crate) fn missing(&self) -> Option<f64> {
        (self.runs > 0).then(|| 100.0 * f64::from(self.runs - self.intervals) / f64::from(self.runs))
    }

    /// In how many of 100 runs the interval excluded 0.
    pub(crate) fn power(&self) -> f64 {
        100.0 * f64::from(self.clear) / f64::from(self.runs.max(1))
    }
}
