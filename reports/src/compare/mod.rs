//! Comparing records: what changed from one version of a model to the next, and how sure one can be.
//!
//! [`compare`] takes grades only ([`Side`]): no transcript, no file, no model. It pairs them by probe, case, arm,
//! sample, round and branch, refuses what does not measure the same, and gives every metric of both records its
//! difference with an interval, a test and a verdict. [`Policy::judge`] turns that into a gate.
//!
//! # Decisions
//! - Estimates rest on the places that have a grade in both records, so that a difference is that of its two
//!   sides; what is missing is counted per side, and tested for being missing unevenly.
//! - The interval decides, by the table in `docs/verdicts.md`: where it lies against 0 and the margin gives the word. The test
//!   against the margin is that interval inverted, so that no report shows a verdict that its own interval contradicts.
//! - Within its margin a metric is equivalent even where the difference is significant: the margin says what matters.
//! - Metrics that a policy names are one family, the first metrics of the other probes another: their tests
//!   are adjusted, by Holm over those that could reject. All further metrics are exploration: shown, unadjusted and without
//!   a verdict. What has to be shown of every metric (not worse, equivalent) needs no adjustment.
//! - Which direction is better is said by the policy, or else by what the spec says or expects of the metric (`better`,
//!   `at_least`, `above` and `greater_than`: higher; the others: lower). Where nobody says so, a rule with a margin fails
//!   on either side.

mod beyond;
mod by_chance;
mod comparability;
mod coupled;
#[cfg(test)]
mod decision_tests;
mod differences;
mod discordant;
mod draft;
mod error;
#[cfg(test)]
mod fixtures;
mod gate;
mod history;
mod judge;
#[cfg(test)]
mod judge_tests;
mod marks;
mod matrix;
mod metric;
mod missing;
pub(crate) mod needed;
mod numbers;
mod options;
mod outcome;
mod pair;
mod pairing;
mod policy;
mod power;
mod quantity;
mod result;
mod side;
mod side_by_side;
#[cfg(test)]
mod tests;
mod trend;
mod verdict;
mod versus;
mod within;
mod word;

pub use crate::record::Better;
pub use comparability::{Comparability, Difference, DifferenceName, Severity};
pub use coupled::{Coupled, Uncoupled};
pub use error::{CompareError, PolicyProblem};
pub use gate::{
    GateOutcome, GateVerdict, GatedMetric, GatedResult, MissingPolicy, OnUndecided, Policy, Requirement, Rule,
};
pub use history::history;
pub use matrix::{Matrix, MatrixCell, MatrixRow};
pub use options::CompareOptions;
pub use pairing::{Pairing, SideGrades};
pub use power::{Outlook, Power, power};
pub use result::{
    Aim, Beyond, COMPARISON_VERSION, Compared, Comparison, Direction, DirectionSource, Discordant,
    DiscordantTrial, Effect, Family, GradeValue, MetricComparison, Needed, Numbers, ProbeComparison,
    Quantity, Rates, SeriesPoint, Settings, SideSummary, Span, Standing, Test, TrialPairs, VerdictTally,
    Versus, WithinCase,
};
pub use side::Side;
pub use trend::{
    Change, HISTORY_VERSION, History, RecordComparison, Trend, TrendMetrics, TrendPoint, Version,
};
pub use versus::compare;
pub use word::Verdict;

/// The most discordant trials that a comparison names for one metric.
pub const DISCORDANT_SHOWN: usize = 20;
