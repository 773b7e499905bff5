//! How to compare, and why it may be impossible.

use super::{
    comparability::DifferenceName,
    error::CompareError,
    gate::Policy,
    result::{Settings, SideSummary},
    side::Side,
};
use scorers::metric::multiplicity::Multiplicity;
use std::collections::BTreeSet;

/// How to compare.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareOptions {
    /// The level of every test, between 0 and ½.
    pub level: f64,
    /// The power at which differences count as detectable, between ½ and 1.
    pub power: f64,
    /// How p-values are adjusted; a policy has its own say in this.
    pub multiplicity: Multiplicity,
    /// Bootstrap replicates of intervals without a closed form.
    pub replicates: usize,
    /// Random permutations of a test that cannot be enumerated.
    pub permutations: usize,
    /// Seed of both.
    pub seed: u64,
    /// Differences that are allowed, by name; those that a policy allows come on top.
    pub allow: Vec<String>,
    /// The policy that will judge, for its margins and directions.
    pub policy: Option<Policy>,
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self {
            level: 0.05,
            power: 0.8,
            multiplicity: Multiplicity::default(),
            replicates: 10_000,
            permutations: 10_000,
            seed: 0,
            allow: Vec::new(),
            policy: None,
        }
    }
}

impl CompareOptions {
    /// The names of allowed differences.
    pub(super) fn allowed(&self) -> Result<BTreeSet<DifferenceName>, CompareError> {
        let of_policy = self.policy.iter().flat_map(|policy| &policy.allow);
        let parsed = self.allow.iter().chain(of_policy).map(|name| name.parse());
        parsed.collect::<Result<_, String>>().map_err(CompareError::Allow)
    }

    pub(super) fn settings(&self) -> Settings {
        Settings {
            level: self.level,
            power: self.power,
            multiplicity: self.policy.as_ref().map_or(self.multiplicity, |policy| policy.multiplicity),
            replicates: self.replicates as u64,
            permutations: self.permutations as u64,
            seed: self.seed,
        }
    }
}

impl Side {
    pub(super) fn summary(&self) -> SideSummary {
        let header = self.header();
        SideSummary {
            name: self.name().to_owned(),
            model: header.model().clone(),
            engine: header.engine().clone(),
            grice: header.grice.clone(),
            seed: header.seed,
            complete: self.complete(),
            trials: self.trials(),
        }
    }
}
