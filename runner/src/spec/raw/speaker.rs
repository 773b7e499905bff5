//! Speakers beside the model under test, and their turns, as they are written.

use super::RawSampling;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// Somebody who speaks beside the model under test: a simulated user, a judge, a mediator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Speaker")]
pub struct RawSpeaker {
    /// One sentence for readers.
    #[serde(default)]
    pub about: Option<String>,
    /// What it alone is told, above all that it sees, whenever it is to speak, such as a hidden goal: a template.
    #[serde(default)]
    pub system: Option<String>,
    /// How it samples; what is left out has the defaults, not what the probe says of the model under test.
    #[serde(default)]
    pub sampling: RawSampling,
    /// Where it has one, the script that plays it unless `--model NAME=REF` names a model: path of a YAML list of rules under a folder
    /// `data`, relative to the spec's folder and never outside of it.
    #[serde(default)]
    pub script: Option<String>,
}

/// A live turn of one of the `speakers`. Without `ask` it speaks in the dialogue, as the user; with `ask` it answers in private, in a
/// context of its own, and later texts can quote what it said as `turns.NAME`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Speak")]
pub struct RawSpeak {
    /// Who speaks: a name under `speakers`.
    pub speaker: String,
    /// Name of the turn, unique in the dialogue: `turns.NAME` in later templates, `turn: NAME` in scorers.
    pub name: String,
    /// Only in these arms.
    #[serde(default)]
    pub arms: Option<Vec<String>>,
    /// What it is asked in private: a template, which quotes what the speaker has to know of the dialogue.
    #[serde(default)]
    pub ask: Option<String>,
    /// It answers with one of these, by the probability that each has: templates, two at least.
    #[serde(default)]
    #[schemars(length(min = 2))]
    pub options: Option<Vec<String>>,
    /// It answers with JSON that this JSON Schema describes: the engine lets it say nothing else.
    #[serde(default)]
    pub json: Option<Map<String, Json>>,
    /// The field of that JSON which is said, and which others hear; of a speaker in the dialogue one has to be.
    #[serde(default)]
    pub say: Option<String>,
    /// Sampling parameters that differ from the speaker's.
    #[serde(default)]
    pub sampling: RawSampling,
}
