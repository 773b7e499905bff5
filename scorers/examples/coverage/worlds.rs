//! Simulated models: two versions answer the same cases, and what is true of them is known.

use indexmap::IndexMap;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scorers::{
    Place, ValueKind,
    metric::{Column, Grade, MetricConfig, Observation, Prepared, Sources, Table},
};
use statrs::distribution::{Beta, ContinuousCDF};

/// How cases differ from each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cases {
    /// Not at all.
    Same,
    /// Their rates lie evenly around the mean, as far as it leaves room.
    Spread,
    /// Grades of one case have this correlation, because some copy a draw that both models share.
    Alike(f64),
    /// Their rates have a beta distribution with this correlation of two grades of one case; what is harder for one model is so
    /// for the other.
    Beta(f64),
}

/// Two models, base and head, over two arms of the same cases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    /// How many cases.
    pub(crate) cases: u32,
    /// Samples per case and arm, at most.
    pub(crate) samples: u32,
    /// Whether cases have from one to that many samples instead.
    pub(crate) unequal: bool,
    /// The rates of true flags in the arms `a` and `b`, of the base and of the head.
    pub(crate) rates: [[f64; 2]; 2],
    /// How cases differ.
    pub(crate) kind: Cases,
    /// The probability that a sample of the head has the luck of the base's.
    pub(crate) shared: f64,
}

/// Flags of one case, model and arm: how many are true, of how many.
pub(crate) type Flags = (u32, u32);

impl World {
    /// The flags of every case, `[model][arm]`.
    pub(crate) fn draw(&self, random: &mut ChaCha8Rng) -> Vec<[[Flags; 2]; 2]> {
        (0..self.cases).map(|_| self.case(random)).collect()
    }

    fn case(&self, random: &mut ChaCha8Rng) -> [[Flags; 2]; 2] {
        let samples = if self.unequal { random.random_range(1..=self.samples) } else { self.samples };
        let mut flags = [[(0, samples); 2]; 2];
        for arm in 0..2 {
            let rates = self.rates.map(|rates| rates[arm]);
            let room = rates.iter().map(|rate| rate.min(1.0 - rate)).fold(1.0, f64::min);
            let difficulty: f64 = random.random();
            let (rates, copied) = match self.kind {
                Cases::Same => (rates, 0.0),
                Cases::Spread => (rates.map(|rate| rate + room * (2.0 * difficulty - 1.0)), 0.0),
                Cases::Alike(correlation) => (rates, correlation.sqrt()),
                Cases::Beta(correlation) => (rates.map(|rate| beta(rate, correlation, difficulty)), 0.0),
            };
            let common: f64 = random.random();
            for _ in 0..samples {
                let luck: f64 = random.random();
                let other = if random.random::<f64>() < self.shared { luck } else { random.random() };
                for (model, own) in [luck, other].into_iter().enumerate() {
                    let draw = if random.random::<f64>() < copied { common } else { own };
                    flags[model][arm].0 += u32::from(draw < rates[model]);
                }
            }
        }
        flags
    }

    /// A seed of its own for every world.
    pub(crate) fn random(&self, seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }
}

/// The share below which a part `below` of a beta distribution lies, from its mean and its variance over that of a flag.
fn beta(mean: f64, correlation: f64, below: f64) -> f64 {
    let sum = 1.0 / correlation - 1.0;
    Beta::new(mean * sum, (1.0 - mean) * sum).map_or(mean, |beta| beta.inverse_cdf(below))
}

/// The grades of one model.
pub(crate) fn table(cases: &[[[Flags; 2]; 2]], model: usize) -> Table {
    let mut column = Column::new(ValueKind::Flag);
    for (case, flags) in (0..).zip(cases) {
        for (arm, (yes, n)) in (0..).zip(flags[model]) {
            for sample in 0..n {
                let grade = Grade::Number(f64::from(u8::from(sample < yes)));
                let (cluster, place) = (case, Place::default());
                column.observations.push(Observation { cluster, case, arm, sample, place, grade });
            }
        }
    }
    Table {
        arms: vec!["a".to_owned(), "b".to_owned()],
        clusters: cases.len() as u32,
        columns: [("s".to_owned(), column)].into_iter().collect(),
    }
}

/// What is measured, as a spec writes it.
pub(crate) fn metrics() -> IndexMap<String, MetricConfig> {
    let metrics = serde_json::json!({
        "rate": { "rate": { "of": "s@a" } },
        "other": { "rate": { "of": "s@b" } },
        "contrast": { "contrast": { "plus": "rate", "minus": "other" } },
        "d_prime": { "d_prime": { "hit": "s@a", "false_alarm": "s@b" } },
    });
    serde_json::from_value(metrics).unwrap_or_default()
}

/// Whether the 95 % interval holds the truth and whether it excludes 0; none where there is no interval.
pub(crate) fn holds(prepared: &Prepared, truth: f64) -> Option<(bool, bool)> {
    let found = prepared.interval(0.95, 500, 1).ok()?;
    let near = 1e-12;
    Some((found.low <= truth + near && truth - near <= found.high, found.low > 0.0 || found.high < 0.0))
}

/// The metrics of one model, prepared.
pub(crate) fn prepared(
    metrics: &IndexMap<String, MetricConfig>,
    table: &Table,
    names: &[&str],
) -> Option<Vec<Prepared>> {
    let mut sources = Sources::new(metrics, table);
    names.iter().map(|name| sources.metric(name).ok()).collect()
}
