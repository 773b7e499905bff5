//! Looks at runs that get more samples until something is decided: how many samples the next look has, and which probes get them.
//!
//! The number of samples grows by half from look to look, and only in probes that have an open metric. What decides is
//! `reports::compare`, and what makes intervals that hold at every look is `scorers::metric::anytime`.

use super::model_run::ModelRun;
use crate::{
    error::Error,
    policy::PolicyFile,
    spec::{Plan, Probe},
};
use reports::{
    GateOutcome,
    record::dialogue::{Speak, spoken},
};

/// Without a budget, so many times the samples of the first look.
const BUDGET: u32 = 8;

/// The most samples of each probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looks {
    /// In the order of the probes.
    budgets: Vec<u32>,
}

impl Looks {
    /// The most samples of each probe; those that can grow are marked with their first look. A probe without a gated metric
    /// keeps its own samples, and so does one whose replies are all greedy: more of them are copies.
    ///
    /// # Errors
    /// When a budget is less than the first look.
    pub fn of(
        budget: Option<u32>,
        gate: &PolicyFile,
        probes: &mut [Probe],
        plan: &Plan,
    ) -> Result<Self, Error> {
        let mut budgets = Vec::with_capacity(probes.len());
        for (probe, totals) in probes.iter_mut().zip(&plan.totals) {
            let first = probe.record.samples;
            let gated =
                probe.record.metrics.keys().any(|name| gate.policy.rule(&probe.record.id, name).is_some());
            let sampled = |speak: &&Speak| speak.sampling.temperature > 0.0;
            let varies =
                probe.record.dialogues.values().flat_map(|steps| spoken(steps)).any(|speak| sampled(&speak));
            if !(gated && varies && totals.trials > 0) {
                budgets.push(first);
                continue;
            }
            let most = budget.unwrap_or(first.saturating_mul(BUDGET));
            if most < first {
                return Err(Error::Usage(format!(
                    "--budget {most} is less than the {first} samples per case that `{}` starts with; lower those with --samples",
                    probe.record.id
                )));
            }
            probe.record.first_look = Some(first);
            budgets.push(most);
        }
        Ok(Self { budgets })
    }

    /// Brings the samples to the look that the journals were on their way to.
    pub fn resume(&self, runs: &[ModelRun<'_>], probes: &mut [Probe]) {
        for (probe, budget) in probes.iter_mut().zip(&self.budgets) {
            let present = runs.iter().map(|run| run.samples(&probe.record.id));
            let present = present.max().unwrap_or(0);
            if let Some(first) = probe.record.first_look {
                probe.record.samples = next_look(first, present, *budget);
            }
        }
    }

    /// Gives more samples to the probes of open metrics; whether any can have more.
    pub fn grow(&self, outcome: &GateOutcome, probes: &mut [Probe]) -> bool {
        let mut grown = false;
        for (probe, budget) in probes.iter_mut().zip(&self.budgets) {
            let open = outcome
                .metrics
                .iter()
                .any(|metric| metric.result.is_open() && metric.probe == probe.record.id);
            let more = next(probe.record.samples, *budget).max(probe.record.samples);
            if open && probe.record.first_look.is_some() && more > probe.record.samples {
                probe.record.samples = more;
                grown = true;
            }
        }
        grown
    }
}

/// Samples at the next look: half as many again, within the budget.
fn next(samples: u32, budget: u32) -> u32 {
    samples.saturating_add(samples.div_ceil(2)).min(budget)
}

/// The first look that holds all samples that are there.
fn next_look(first: u32, present: u32, budget: u32) -> u32 {
    let budget = budget.max(present);
    let mut samples = first;
    while samples < present {
        samples = next(samples, budget);
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_grow_by_half_up_to_the_budget() {
        let mut looks = vec![4];
        while let Some(now) = looks.last().copied().filter(|now| *now < 30) {
            looks.push(next(now, 30));
        }
        assert_eq!(looks, [4, 6, 9, 14, 21, 30]);
        assert_eq!((next(1, 8), next(u32::MAX, u32::MAX)), (2, u32::MAX));
    }

    #[test]
    fn an_interrupted_batch_is_completed_first() {
        assert_eq!(next_look(4, 0, 30), 4);
        assert_eq!(next_look(4, 4, 30), 4);
        assert_eq!(next_look(4, 5, 30), 6);
        // The budget was 20 before, and is 40 now.
        assert_eq!((next_look(4, 20, 20), next_look(4, 20, 40)), (20, 21));
        // No sample that is there is ever left out.
        assert_eq!(next_look(4, 25, 10), 25);
    }
}
