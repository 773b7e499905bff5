//! From grades to what a reader wants to know first: estimates, counts, and whether what must hold holds.

mod controls;
mod ends;
mod expect;
pub(crate) mod marks;
mod remarks;

pub use crate::digest::{Counts, CutOffs, Failures, Grades};
use crate::{
    digest::{self, Digest, TranscriptCounts},
    record::ProbeRecord,
};
pub use ends::End;
pub use expect::{Expected, Holds, Tally};
use indexmap::IndexMap;
pub use marks::Rates;
use remarks::of_run;
pub(crate) use remarks::withheld;
use scorers::metric::{self, MetricResult, Table};
use serde::{Deserialize, Serialize};

/// Version of the summary's serialized form; raised when an old reader would misread it.
pub const SUMMARY_VERSION: u32 = 1;

/// Everything computed from a record. Two equal records have equal summaries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// [`SUMMARY_VERSION`] when written.
    pub format: u32,
    /// Whether the run came to its end.
    pub complete: bool,
    /// Whether what must hold holds.
    pub verdict: ExitVerdict,
    /// Over all probes.
    pub total: Counts,
    /// Over the probes of each family, by name.
    pub families: IndexMap<String, FamilySummary>,
    /// The probes, in the order of the record.
    pub probes: Vec<ProbeSummary>,
}

/// The probes whose ids begin with the same word.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilySummary {
    /// Ids of its probes.
    pub probes: Vec<String>,
    /// Over those.
    pub counts: Counts,
    /// How many expectations held, failed, and could not be decided.
    pub expectations: Tally,
}

/// One probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeSummary {
    /// `family.name`.
    pub id: String,
    /// One sentence for readers.
    pub about: String,
    /// Over its trials.
    pub counts: Counts,
    /// What became of the grades of each score, by its name.
    pub scores: IndexMap<String, Grades>,
    /// The metrics, by name; the first is the main one.
    pub metrics: IndexMap<String, MetricResult>,
    /// What must hold, in the order of the spec.
    pub expectations: Vec<Expected>,
    /// Replies that were cut off, by metric and arm; only where there are any.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub cut_off: IndexMap<String, IndexMap<String, CutOffs>>,
    /// Metrics that compare shares which all stand at the same end.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub ends: IndexMap<String, End>,
    /// What a reader has to know of its metrics, as sentences without a full stop: the rates behind a sensitivity, floors,
    /// ceilings and chance, clusters of unequal size.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// Its metrics that have a control, each beside it, and what that rules out: sentences likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
}

/// What a run came to as a whole; the runner turns it into an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitVerdict {
    /// Everything that must hold holds.
    Passed,
    /// Something that must hold does not.
    Failed,
    /// Nothing failed, but of something that must hold there is no estimate.
    Undecided,
    /// Not one generation came about.
    NoGenerations,
}

/// How long a run took. Never part of the record: it differs between equal runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// When it started, in RFC 3339.
    pub started: String,
    /// How long it took, in seconds.
    pub wall_seconds: f64,
    /// Replies asked of the engine in that time.
    pub generations: u64,
    /// Tokens that it generated.
    pub generated_tokens: u64,
    /// Tokens of all prompts.
    pub prompt_tokens: u64,
    /// Generations in flight on average over that time, where that was measured, but no more than the engine works on at
    /// once: the most that its batches can have held on average.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "mean_batch")]
    pub mean_in_flight: Option<f64>,
    /// Share of that time in which no more could have been in flight, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_batch_share: Option<f64>,
}

impl Timing {
    /// Generated tokens per second; none where no time passed.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let rate = self.generated_tokens as f64 / self.wall_seconds;
        (self.wall_seconds > 0.0 && rate.is_finite()).then_some(rate)
    }
}

/// The family of a probe: what stands before the first dot of its id.
pub fn family_of(probe: &str) -> &str {
    probe.split_once('.').map_or(probe, |(family, _)| family)
}

impl Summary {
    /// Estimates all metrics and decides all expectations. The resampling of intervals is seeded by
    /// the record's own seed. Runs in the rayon pool of the caller.
    pub fn of(digest: &Digest) -> Self {
        use rayon::prelude::*;
        let header = digest.header();
        let probes: Vec<_> = header.probes.iter().zip(digest.tables().probes()).collect();
        let estimates = probes
            .into_par_iter()
            .map(|(probe, table)| estimates(probe, table.table(), header.seed))
            .collect();
        Self::from_estimates(digest, estimates)
    }

    /// As [`Summary::of`], with the metrics of every probe already estimated, in the same order.
    pub(crate) fn from_estimates(digest: &Digest, estimates: Vec<IndexMap<String, MetricResult>>) -> Self {
        let none = Table::default();
        let mut probes: Vec<ProbeSummary> = Vec::with_capacity(estimates.len());
        for ((index, probe), metrics) in digest.header().probes.iter().enumerate().zip(estimates) {
            let table = digest.tables().probes().get(index).map_or(&none, |table| table.table());
            if let Some(said) = digest.said().get(index) {
                probes.push(summarise(probe, said, table, metrics));
            }
        }
        let mut families: IndexMap<String, FamilySummary> = IndexMap::new();
        let mut total = Counts::default();
        for probe in &probes {
            let family = families.entry(family_of(&probe.id).to_owned()).or_default();
            family.probes.push(probe.id.clone());
            family.counts.add(&probe.counts);
            probe.expectations.iter().for_each(|expected| family.expectations.add(expected));
            total.add(&probe.counts);
        }
        let verdict = verdict(&total, &probes);
        Self { format: SUMMARY_VERSION, complete: digest.complete(), verdict, total, families, probes }
    }

    /// What the run came to as a whole.
    pub fn exit_verdict(&self) -> ExitVerdict {
        self.verdict
    }

    /// How many expectations held, failed, and could not be decided.
    pub fn expectations(&self) -> Tally {
        let mut tally = Tally::default();
        self.probes.iter().flat_map(|probe| &probe.expectations).for_each(|expected| tally.add(expected));
        tally
    }
}

/// Estimates all metrics of a probe; `seed` drives the resampling. Those whose interval so many samples cannot make honest
/// are unavailable, and say why.
pub(crate) fn estimates(probe: &ProbeRecord, table: &Table, seed: u64) -> IndexMap<String, MetricResult> {
    let mut results = metric::estimate_all(&probe.metrics, table, seed);
    for (name, result) in &mut results {
        if let (Some(reason), MetricResult::Estimated(found)) =
            (withheld(&probe.metrics, name, probe.samples), &*result)
        {
            let (unscored, failed) = (found.unscored, found.failed);
            *result = MetricResult::Unavailable { reason, unscored, failed };
        }
    }
    results
}

fn verdict(total: &Counts, probes: &[ProbeSummary]) -> ExitVerdict {
    let mut tally = Tally::default();
    probes.iter().flat_map(|probe| &probe.expectations).for_each(|expected| tally.add(expected));
    if total.generations > 0 && total.failures.sum() == total.generations {
        ExitVerdict::NoGenerations
    } else if tally.failed > 0 {
        ExitVerdict::Failed
    } else if tally.undecided > 0 {
        ExitVerdict::Undecided
    } else {
        ExitVerdict::Passed
    }
}

fn summarise(
    probe: &ProbeRecord,
    said: &TranscriptCounts,
    table: &Table,
    metrics: IndexMap<String, MetricResult>,
) -> ProbeSummary {
    let counts = Counts { planned: digest::planned(probe), ..said.counts.clone() };
    let scores = probe.scores.keys().cloned().zip(said.scores.iter().copied()).collect();
    let (expectations, ends) = {
        let ends = ends::Ends::new(probe, table, &metrics);
        let decide = |expectation| Expected::decide(expectation, &metrics, &ends);
        (probe.expect.iter().map(decide).collect(), ends.all())
    };
    let (id, about, cut_off) = (probe.id.clone(), probe.about.clone(), said.cut.by_metric(probe));
    let (remarks, controls) = (of_run(probe, table, &metrics), controls::of_run(probe, &metrics));
    ProbeSummary { id, about, counts, scores, metrics, expectations, cut_off, ends, remarks, controls }
}

#[cfg(test)]
mod tests;
