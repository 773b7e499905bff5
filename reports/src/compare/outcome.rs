//! What the comparison of one metric comes to.

use super::{pairing::Pairing, word::Verdict};
use crate::record::Better;
pub use crate::summary::Rates;
use scorers::metric::{Range, paired::TestMethod};
use serde::{Deserialize, Serialize};

/// One metric in both records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricComparison {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, as a sentence without a full stop.
    pub why: String,
    /// Which direction is better, where anybody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Direction>,
    /// Differences up to this size do not matter; in the metric's own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// Whether it is judged, and among which others.
    pub standing: Standing,
    /// The range that its values can take, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// The grades that it rests on.
    pub pairing: Pairing,
    /// The numbers, or why there are none.
    pub outcome: Compared,
    /// The trials whose grades differ most.
    pub discordant: Discordant,
    /// What the grades cannot show, as sentences without a full stop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limitations: Vec<String>,
}

/// What a metric is to a comparison: a family of verdicts, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The policy names it: judged among the gated ones.
    Gated,
    /// The first metric of its probe, and not gated: judged among the headlines.
    Headline,
    /// Any other: shown, unadjusted and without a verdict.
    Exploration,
}

impl Standing {
    /// Whether the policy names it.
    pub fn is_gated(self) -> bool {
        self == Self::Gated
    }

    /// Whether it has a verdict.
    pub fn is_judged(self) -> bool {
        self != Self::Exploration
    }
}

/// Which direction is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Direction {
    /// The direction.
    pub better: Better,
    /// Who said so.
    pub from: DirectionSource,
}

/// Who said which direction is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectionSource {
    /// The policy of the gate.
    Policy,
    /// The spec: an expectation about the metric bounds it from below (higher) or above (lower).
    Expectation,
}

/// The numbers of a metric, or why there are none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// Both records give a value.
    Numbers(Box<Numbers>),
    /// At least one does not.
    Unavailable {
        /// Why not, as a sentence without a full stop.
        reason: String,
    },
}

/// Both estimates, their difference, and how sure it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// The base over the paired grades.
    pub base: Quantity,
    /// The head over the paired grades.
    pub head: Quantity,
    /// The base over all of its own grades, where that is another number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_alone: Option<f64>,
    /// The head over all of its own grades, where that is another number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_alone: Option<f64>,
    /// Head minus base, paired by cluster, with its 95 % interval.
    pub difference: Quantity,
    /// The 90 % interval of the difference, within which two one-sided tests at 5 % are read off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<(f64, f64)>,
    /// Clusters (cases or minimal pairs) that the difference rests on.
    pub clusters: u64,
    /// The test of there being no difference; none below two clusters, or where the difference cannot be linearised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// How large the difference is whatever the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// The p-value of the two one-sided tests against the margin, where there is a margin and the
    /// interval has a closed form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equivalence_p: Option<f64>,
    /// The test of the difference being no larger than the margin (0 without one), from which a verdict is made; none
    /// for exploration, or without an interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Beyond>,
    /// How probable so large a difference, on either side, is at most if nothing changed, of these cases; none where a policy names a
    /// margin or nothing is gated, or of what is no sum of rates and means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<f64>,
    /// Whether every cluster of one side lies beyond every cluster of the other; false below three.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
    /// The smallest true difference that this design finds with 80 % power: at the level that is left once it is shared
    /// with the other metrics of the family. What a margin allows comes on top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detectable: Option<f64>,
    /// How many clusters of equal size tell as much, (Σ n)² / Σ n² over the grades n of each (Kish 1965, Survey Sampling),
    /// where their number misleads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_clusters: Option<f64>,
    /// Of a sensitivity (d′), the two rates that it is made of in the base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_rates: Option<Rates>,
    /// The same in the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_rates: Option<Rates>,
    /// What it would take to decide an open one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<Needed>,
    /// The same quantity round by round, where the metric has such a curve in both records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<SeriesPoint>,
}

/// A value, and the interval that it lies in if there is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// The point estimate.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Span,
}

/// An interval, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// There is one.
    Known {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// How it was made, for people.
        method: String,
    },
    /// There is none.
    Unknown {
        /// Why not, as a sentence without a full stop.
        reason: String,
    },
}

impl Quantity {
    /// The ends of the interval, if there is one.
    pub fn ends(&self) -> Option<(f64, f64)> {
        match self.interval {
            Span::Known { low, high, .. } => Some((low, high)),
            Span::Unknown { .. } => None,
        }
    }
}

/// A test of there being no difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The two-sided p-value by itself.
    pub p: f64,
    /// The p-value adjusted for the other metrics of its family; of exploration as it is.
    pub adjusted: f64,
    /// Which test.
    pub method: TestMethod,
}

/// A test of the difference being no larger than the margin (0 without one), read off intervals: the smallest level
/// at which the interval lies wholly beyond the margin on one side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beyond {
    /// The p-value by itself: twice the one-sided one.
    pub p: f64,
    /// The p-value adjusted for the other metrics of its family.
    pub adjusted: f64,
    /// The smallest p-value that any grades could have given in this design; none where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<f64>,
}

/// The size of a difference without its unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Cohen's h of two shares: 2 asin √head - 2 asin √base, from -π to π (Cohen 1988, Statistical
    /// Power Analysis, section 6.2). Independent of how grades cluster.
    CohensH(f64),
    /// The difference in standard deviations of the clusters' contributions to it (d_z, Cohen 1988,
    /// section 2.3.5): difference / (standard error × √clusters).
    Standardised(f64),
}

/// What it would take to decide a metric with 80 % power, if its true difference were the observed one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needed {
    /// What would then be shown.
    pub aim: Aim,
    /// Clusters needed with the present samples per case.
    pub clusters: u64,
    /// Samples per case and arm needed with the present clusters; none where no number is enough, or where
    /// one sample per case leaves open how much samples vary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
    /// Whether no number of samples per case is enough, because cases differ too much from each other: more
    /// samples make every case surer, but only more cases tell how cases differ.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_clusters: bool,
}

/// What more trials could show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// That there is a difference.
    Difference,
    /// That any difference is smaller than the margin.
    Equivalence,
    /// That it is not worse by the margin or more.
    NotWorse,
}

/// One round of a curve in both records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesPoint {
    /// Round, from 1.
    pub round: u32,
    /// Value in the base.
    pub base: f64,
    /// Value in the head.
    pub head: f64,
    /// Head minus base.
    pub difference: f64,
    /// The 95 % interval of the difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
}

/// Trials whose grades differ between the records, which one reads to believe a number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discordant {
    /// How many places differ in all.
    pub total: u64,
    /// The trials that differ most, at most [`super::DISCORDANT_SHOWN`]: first by size, then one of every case
    /// before a second of any.
    pub trials: Vec<DiscordantTrial>,
}

/// A trial whose grades differ; both transcripts are found in the records by its key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscordantTrial {
    /// The case.
    pub case: String,
    /// The arm; empty where the probe has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arm: String,
    /// The sample, from 0.
    pub sample: u32,
    /// The score whose grades differ most.
    pub score: String,
    /// Round of that grade, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// Branch of that grade, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<u32>,
    /// That grade in the base.
    pub base: GradeValue,
    /// That grade in the head.
    pub head: GradeValue,
}

/// A grade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GradeValue {
    /// A flag.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A label, as the model may have written it.
    Label(String),
}
