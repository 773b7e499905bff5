//! What a comparison comes to: everything that a renderer shows and a gate judges. Single metrics stand in
//! `outcome.rs`.
//!
//! A difference is always head minus base. Nothing here is text made by a model except the labels in
//! [`GradeValue::Label`] and whatever names the user chose: renderers treat both as hostile.

use super::comparability::Comparability;
pub use super::outcome::{
    Aim, Beyond, Compared, Direction, DirectionSource, Discordant, DiscordantTrial, Effect, GradeValue,
    MetricComparison, Needed, Numbers, Quantity, Rates, SeriesPoint, Span, Standing, Test,
};
use super::{matrix::Matrix, pairing::Pairing, word::Verdict};
use crate::record::{EngineIdentity, GriceIdentity, ModelIdentity};
use indexmap::IndexMap;
use scorers::metric::{anytime::Validity, multiplicity::Multiplicity};
use serde::{Deserialize, Serialize};

/// Version of the comparison's serialized form; raised when an old reader would misread it.
pub const COMPARISON_VERSION: u32 = 2;

/// One base record against one or more heads. Equal records and options give equal comparisons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// [`COMPARISON_VERSION`] when written.
    pub format: u32,
    /// How it was computed.
    pub settings: Settings,
    /// What the heads are compared with.
    pub base: SideSummary,
    /// A comparison a head, in the order that they were given.
    pub heads: Vec<Versus>,
    /// All records side by side, where there are more than two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Matrix>,
}

/// How a comparison was computed; printed in every report, so that a number can be made again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The level of every test: 0.05. Intervals have confidence 1 - level, those that show that a metric is equivalent or
    /// not worse 1 - 2 × level.
    pub level: f64,
    /// The power at which differences count as detectable: 0.8.
    pub power: f64,
    /// How p-values of one family of metrics are adjusted.
    pub multiplicity: Multiplicity,
    /// Bootstrap replicates of intervals without a closed form.
    pub replicates: u64,
    /// Random permutations of a test that cannot be enumerated.
    pub permutations: u64,
    /// Seed of both.
    pub seed: u64,
}

/// One record, in a few words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideSummary {
    /// Name in reports: what the user called it, or the model's.
    pub name: String,
    /// The model.
    pub model: ModelIdentity,
    /// What ran it.
    pub engine: EngineIdentity,
    /// The Grice that wrote the record.
    pub grice: GriceIdentity,
    /// Seed of the run.
    pub seed: u64,
    /// Whether the run came to its end.
    pub complete: bool,
    /// Trials in the record.
    pub trials: u64,
}

/// One head against the base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versus {
    /// The head.
    pub head: SideSummary,
    /// What else differs than the model. When it refuses, `probes` is empty.
    pub comparability: Comparability,
    /// Trials of both records.
    pub trials: TrialPairs,
    /// How many metrics have each verdict.
    pub tally: VerdictTally,
    /// The families of metrics within which p-values were adjusted.
    pub families: Vec<Family>,
    /// The probes that both records have, in the order of the base.
    pub probes: Vec<ProbeComparison>,
    /// Metrics (`probe/metric`) of the base that the head does not have; those of a probe it lacks included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
}

/// Trials by where they occur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialPairs {
    /// In both records.
    pub common: u64,
    /// In the base only.
    pub only_base: u64,
    /// In the head only.
    pub only_head: u64,
}

/// How many metrics have each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictTally {
    /// Better by more than the margin.
    pub improved: u64,
    /// Better, perhaps within the margin.
    pub gained: u64,
    /// Any difference lies within the margin.
    pub equivalent: u64,
    /// Not worse by the margin.
    pub not_worse: u64,
    /// Nobody can say.
    pub open: u64,
    /// Worse, perhaps within the margin.
    pub slipped: u64,
    /// Worse by more than the margin.
    pub regressed: u64,
    /// Other by more than the margin, without a direction.
    pub changed: u64,
    /// Other, perhaps within the margin, without a direction.
    pub shifted: u64,
    /// Not judged.
    pub exploration: u64,
}

impl VerdictTally {
    /// Counts one.
    pub(crate) fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Improved => &mut self.improved,
            Verdict::Gained => &mut self.gained,
            Verdict::Equivalent => &mut self.equivalent,
            Verdict::NotWorse => &mut self.not_worse,
            Verdict::Open => &mut self.open,
            Verdict::Slipped => &mut self.slipped,
            Verdict::Regressed => &mut self.regressed,
            Verdict::Changed => &mut self.changed,
            Verdict::Shifted => &mut self.shifted,
            Verdict::Exploration => &mut self.exploration,
        } += 1;
    }

    /// How many have a verdict.
    pub fn of(&self, verdict: Verdict) -> u64 {
        match verdict {
            Verdict::Improved => self.improved,
            Verdict::Gained => self.gained,
            Verdict::Equivalent => self.equivalent,
            Verdict::NotWorse => self.not_worse,
            Verdict::Open => self.open,
            Verdict::Slipped => self.slipped,
            Verdict::Regressed => self.regressed,
            Verdict::Changed => self.changed,
            Verdict::Shifted => self.shifted,
            Verdict::Exploration => self.exploration,
        }
    }
}

/// Metrics whose p-values were adjusted together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// What its metrics are to the comparison.
    pub standing: Standing,
    /// How many tests share the level.
    pub tests: u64,
    /// How many further ones could not reject at their share of it in this design, whatever the grades; they take
    /// nothing from the others.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unable: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// One probe in both records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeComparison {
    /// `family.name`.
    pub id: String,
    /// One sentence for readers.
    pub about: String,
    /// Its trials.
    pub trials: TrialPairs,
    /// Whether the number of samples could depend on what they showed; intervals and p-values are made for it.
    #[serde(default, skip_serializing_if = "Validity::is_fixed")]
    pub validity: Validity,
    /// What became of the grades of each score, by its name.
    pub scores: IndexMap<String, Pairing>,
    /// How much the paired samples of a case vary, for each score of which some case has two, by its name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub within_case: IndexMap<String, WithinCase>,
    /// The metrics that both records define, by name; the first is the main one.
    pub metrics: IndexMap<String, MetricComparison>,
    /// What the records cannot show, as sentences without a full stop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limitations: Vec<String>,
}

/// Variances within cases, pooled over cases, arms and rounds. The unit is the square of the score's; that of flags
/// and labels is a share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithinCase {
    /// Degrees of freedom: pairs of samples minus cells.
    pub freedom: u64,
    /// Variance of the paired difference, head minus base.
    pub difference: f64,
    /// What it would be if the samples of head and base had nothing to do with each other: the sum of both variances.
    pub independent: f64,
}

impl WithinCase {
    /// The variance of the paired difference, as a share of what it would be for independent samples: with that share
    /// of the samples, an interval is as narrow. None where nothing varies.
    pub fn ratio(&self) -> Option<f64> {
        (self.independent > 0.0).then(|| self.difference / self.independent)
    }
}

impl Versus {
    /// The ratio of variances of all scores, their mean weighted by degrees of freedom. None where nothing varies.
    pub fn within_case_ratio(&self) -> Option<f64> {
        let scores = self.probes.iter().flat_map(|probe| probe.within_case.values());
        let mut sums = (0.0, 0.0);
        for score in scores {
            if let Some(ratio) = score.ratio() {
                sums.0 += ratio * score.freedom as f64;
                sums.1 += score.freedom as f64;
            }
        }
        (sums.1 > 0.0).then(|| sums.0 / sums.1)
    }
}
