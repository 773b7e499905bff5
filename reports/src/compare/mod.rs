//! Comparing records: what changed from one version of a model to the next, and how sure one can be.
//!
//! [`compare`] takes grades only ([`Side`]): no transcript, no file, no model. It pairs them by probe, case, arm,
//! sample, round and branch, refuses what does not measure the same, and gives every metric of both records its
//! difference with an interval, a test and a verdict. [`Policy::judge`] turns that into a gate.
//!
//! # Decisions
//! - Estimates rest on the places that have a grade in both records, so that a difference is that of its two
//!   sides; what is missing is counted per side, and tested for being missing unevenly.
//! - A difference is significant when its permutation test rejects after adjustment *and* its 95 %
//!   interval lies clear of 0, so that no report shows a verdict that its own interval contradicts.
//! - Within its margin a metric is equivalent even where the difference is significant: the margin says what matters.
//! - Metrics that a policy names and all others are two families for the adjustment, as primary and secondary
//!   endpoints are; intervals, equivalence and detectable differences are not adjusted.
//! - Which direction is better is said by the policy, or else by what the spec expects of the metric (`at_least`,
//!   `above` and `greater_than`: higher; the others: lower). Where nobody says so, even a significant difference is
//!   undecided, and its reason says that only the direction is missing.

mod comparability;
mod coupled;
pub(crate) mod definition;
mod differences;
mod discordant;
#[cfg(test)]
mod fixtures;
mod gate;
mod history;
mod judge;
#[cfg(test)]
mod judge_tests;
mod matrix;
mod metric;
mod missing;
mod numbers;
mod options;
mod outcome;
mod pair;
mod policy;
mod result;
mod side;
#[cfg(test)]
mod tests;
mod trend;
mod verdict;
mod versus;
mod within;

pub use comparability::{Comparability, Difference, DifferenceName, Severity};
pub use coupled::{Coupled, Uncoupled};
pub use gate::{
    GateOutcome, GateVerdict, GatedMetric, GatedResult, MissingPolicy, OnUndecided, Policy, Requirement, Rule,
};
pub use history::history;
pub use matrix::{Matrix, MatrixCell, MatrixRow};
pub use options::{CompareError, Options};
pub use policy::PolicyProblem;
pub use result::{
    Aim, COMPARISON_VERSION, Compared, Comparison, Direction, DirectionSource, Discordant, DiscordantTrial,
    Effect, Family, GradeValue, Grades, MetricComparison, Needed, Numbers, Pairing, ProbeComparison,
    Quantity, SeriesPoint, Settings, SideSummary, Span, Test, TrialPairs, VerdictTally, Versus, WithinCase,
};
pub use side::Side;
pub use trend::{Change, HISTORY_VERSION, History, Step, Trend, TrendMetrics, TrendPoint, Version};
pub use verdict::{Better, Verdict};
pub use versus::compare;

/// The most discordant trials that a comparison names for one metric.
pub const DISCORDANT_SHOWN: usize = 20;
