//! A spec file as it is written: the types that parse it, and that its JSON Schema is made from.
//!
//! What the types cannot say (names that must exist, templates that must render) is checked when the
//! file is resolved. Doc comments here are what editors show while a spec is written.

mod cases;
mod sampling;
mod speaker;
mod turn;

pub use cases::{Orders, PairDesign, RawArm, RawCases, RawFile, RawPairs, RawRow};
use indexmap::IndexMap;
use reports::record::ControlKind;
pub use sampling::RawSampling;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use scorers::scorer::CutOff;
use serde::Deserialize;
use serde_json::Value as Json;
pub use speaker::{RawSpeak, RawSpeaker};
pub use turn::{RawFork, RawModel, RawRepeat, RawReplay, RawText, RawTurn};

/// A probe: dialogues that are held with a model, how the replies are scored, and what is
/// estimated from the scores.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Grice probe")]
pub struct RawProbe {
    /// Name of the probe, `family.name`; unique in a run.
    pub probe: String,
    /// One sentence for readers: the question that the probe asks.
    pub about: String,
    /// What the probe measures, in the field's words.
    #[serde(default)]
    pub construct: Option<String>,
    /// Sources, such as `arXiv:2311.09144`.
    #[serde(default)]
    pub cites: Vec<String>,
    /// Constants for templates, by name: inline values, or `{ file: facts.csv }`.
    #[serde(default)]
    pub data: IndexMap<String, Json>,
    /// The cases: a list of maps, or `{ file: cases.jsonl }`.
    pub cases: RawCases,
    /// Conditions that every case runs under, by name.
    #[serde(default)]
    pub arms: Option<IndexMap<String, RawArm>>,
    /// Who speaks beside the model under test, by name: `- speak: { speaker: NAME, name: TURN }` lets one speak. A model plays it
    /// that `--model NAME=REF` names, or else its script.
    #[serde(default)]
    pub speakers: IndexMap<String, RawSpeaker>,
    /// The turns, in order.
    #[serde(default)]
    pub dialogue: Option<Vec<RawTurn>>,
    /// How often each case runs in each arm; 1 when left out.
    #[serde(default)]
    pub samples: Option<u32>,
    /// How the model under test samples.
    #[serde(default)]
    pub sampling: RawSampling,
    /// What becomes of the grades of replies that were cut off at their limit on tokens; `unscored` when left out:
    /// such a reply has only the grades that its rest could not change.
    #[serde(default)]
    pub cut_off: Option<CutOff>,
    /// The scores, by name: each is one scorer with its parameters.
    #[serde(default)]
    #[schemars(schema_with = "scores_schema")]
    pub score: IndexMap<String, Json>,
    /// The metrics, by name: each is one metric with its parameters. The first is the main one.
    #[serde(default)]
    #[schemars(schema_with = "metrics_schema")]
    pub metrics: IndexMap<String, Json>,
    /// Which direction of metrics is better: comparisons then say improved or regressed. An expectation of a metric
    /// says it too.
    #[serde(default)]
    pub better: RawBetter,
    /// What must hold; otherwise the run exits with 4.
    #[serde(default)]
    pub expect: Vec<RawExpectation>,
    /// Metrics that reports always show beside a control, and say what it rules out.
    #[serde(default)]
    pub controls: Vec<RawControl>,
}

/// A metric and its control.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Control")]
pub struct RawControl {
    /// Name of the metric.
    pub metric: String,
    /// Name of the metric that is its control: of another arm, another score, or another turn.
    pub beside: String,
    /// What kind of control it is.
    pub kind: ControlKind,
}

/// Metrics by the direction that is better.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Better")]
pub struct RawBetter {
    /// Metrics of which larger values are better.
    #[serde(default)]
    pub higher: Vec<String>,
    /// Metrics of which smaller values are better.
    #[serde(default)]
    pub lower: Vec<String>,
}

/// Something that must hold of a metric's estimate. At least one bound is needed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Expectation")]
pub struct RawExpectation {
    /// Name of the metric.
    pub metric: String,
    /// The estimate is this number or more.
    #[serde(default)]
    pub at_least: Option<f64>,
    /// The estimate is this number or less.
    #[serde(default)]
    pub at_most: Option<f64>,
    /// The estimate is more than this number.
    #[serde(default)]
    pub above: Option<f64>,
    /// The estimate is less than this number.
    #[serde(default)]
    pub below: Option<f64>,
    /// The estimate is more than that of this metric.
    #[serde(default)]
    pub greater_than: Option<String>,
    /// The estimate is less than that of this metric.
    #[serde(default)]
    pub less_than: Option<String>,
    /// So many of the grades that the metric reads may be missing.
    #[serde(default)]
    pub missing: Option<RawMissing>,
}

/// How many grades may be missing.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Missing")]
pub struct RawMissing {
    /// This share of them, from 0 to 1, whatever they are missing for.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub at_most: f64,
}

fn scores_schema(generator: &mut SchemaGenerator) -> Schema {
    let scorer = generator.subschema_for::<scorers::scorer::ScorerConfig>();
    schemars::json_schema!({ "type": "object", "additionalProperties": scorer })
}

fn metrics_schema(generator: &mut SchemaGenerator) -> Schema {
    let metric = generator.subschema_for::<scorers::metric::MetricConfig>();
    schemars::json_schema!({ "type": "object", "additionalProperties": metric })
}
