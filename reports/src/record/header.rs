//! The header of a record: provenance, and a frozen copy of every probe that was run.

use super::{
    dialogue::{self, Dialogue},
    sampling::{Coupling, Sampling},
};
use indexmap::{IndexMap, IndexSet};
use schemars::JsonSchema;
use scorers::{Speaker, metric::MetricConfig, scorer::CutOff, template::Variables};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor},
};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What was run, on what, with which seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Version of the format, [`super::FORMAT_VERSION`] when written.
    pub format: u32,
    /// Version within the format, [`super::MINOR_VERSION`] when written: raised when an old reader would merely not know a key.
    #[serde(default, skip_serializing_if = "is_first")]
    pub minor: u32,
    /// The Grice that wrote the record.
    pub grice: GriceIdentity,
    /// Who played whom.
    pub cast: Cast,
    /// Seed of the run, from which the seed of every generation is derived.
    pub seed: u64,
    /// Which part of a run this is; none for a run that is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The probes, in the order of the plan.
    pub probes: Vec<ProbeRecord>,
}

fn is_first(minor: &u32) -> bool {
    *minor == 0
}

impl Header {
    /// The model under test.
    pub fn model(&self) -> &ModelIdentity {
        &self.cast.model.model
    }

    /// What ran the model under test.
    pub fn engine(&self) -> &EngineIdentity {
        &self.cast.model.engine
    }
}

/// One of several parts of a run, each of which holds whole clusters and is a record by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// Which part, from 1.
    pub index: u32,
    /// How many parts the run has.
    pub count: u32,
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part {} of {}", self.index, self.count)
    }
}

/// Who plays each speaker. There is always a model under test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    /// The model under test.
    pub model: Player,
    /// The other speakers, in the order in which the user named them.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "each_once")]
    pub others: IndexMap<Speaker, Player>,
}

/// Players by speaker, each of whom has one; what is wrong names the speaker.
fn each_once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IndexMap<Speaker, Player>, D::Error> {
    struct Players;

    impl<'de> Visitor<'de> for Players {
        type Value = IndexMap<Speaker, Player>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a player for each speaker")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut players = IndexMap::new();
            while let Some(speaker) = map.next_key::<Speaker>()? {
                let player = map.next_value().map_err(|error| {
                    A::Error::custom(format!("who plays the speaker `{speaker}`: {error}"))
                })?;
                if players.insert(speaker.clone(), player).is_some() {
                    return Err(A::Error::custom(format!("the speaker `{speaker}` has two players")));
                }
            }
            Ok(players)
        }
    }

    deserializer.deserialize_map(Players)
}

impl Cast {
    /// A cast of the model under test alone.
    pub fn of_model(model: ModelIdentity, engine: EngineIdentity) -> Self {
        Self { model: Player { model, engine }, others: IndexMap::new() }
    }

    /// Whom somebody plays.
    pub fn speakers(&self) -> IndexSet<Speaker> {
        std::iter::once(Speaker::default()).chain(self.others.keys().cloned()).collect()
    }
}

/// Who plays a speaker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Player {
    /// The model.
    pub model: ModelIdentity,
    /// What runs it.
    pub engine: EngineIdentity,
}

impl Player {
    /// Which model on which engine, for people: `builtin:dpo on onde-mistralrs 0.9.6, cpu, f32`.
    pub fn words(&self) -> String {
        let Self { model, engine } = self;
        let (engine, version, device, numbers) =
            (&engine.name, &engine.version, &engine.device, engine.numbers());
        let again = if self.engine.replays.is_some() { ", as recorded" } else { "" };
        format!("{} on {engine} {version}, {device}, {numbers}{again}", model.reference)
    }
}

/// Version of Grice itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GriceIdentity {
    /// Version of the package.
    pub version: String,
    /// Commit it was built from, where that is known; `-dirty` is appended when the tree was changed.
    pub commit: Option<String>,
}

/// Which model, down to its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelIdentity {
    /// Name in reports.
    pub name: String,
    /// The reference that the user gave, such as `builtin:sft`.
    pub reference: String,
    /// BLAKE3 of the weights, in hex; none for a scripted engine or where the files are not at hand.
    pub weights: Option<String>,
    /// BLAKE3 of the tokenizer, in hex.
    pub tokenizer: Option<String>,
    /// BLAKE3 of the chat template, in hex.
    pub chat_template: Option<String>,
    /// BLAKE3 of the files of a LoRA adapter on top of the weights, in hex; none without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// BLAKE3 of the other files that the engine reads, in hex, by their names: configurations and index files. Empty in
    /// records from before they were looked at.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// How dialogues become prompts; none where only the engine knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<PromptRecord>,
}

impl ModelIdentity {
    /// The date (YYYY-MM-DD) that is in prompts, or that there is none; nothing where only the engine knows the prompts.
    pub fn date(&self) -> Option<&str> {
        self.prompt.as_ref().map(|prompt| prompt.date.as_deref().unwrap_or("none"))
    }

    /// The reference without what says only of what kind it is: older records name models of a hub by their ids.
    pub fn bare_reference(&self) -> &str {
        self.reference.strip_prefix("hub:").unwrap_or(&self.reference)
    }

    /// Names of the files that are not the same in another model, in order; empty where either knows no files.
    pub fn unlike_files<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a str> {
        let known = !self.files.is_empty() && !other.files.is_empty();
        let names = self.files.keys().chain(other.files.keys());
        let unlike = names.filter(|name| known && self.files.get(*name) != other.files.get(*name));
        unlike.map(String::as_str).collect()
    }
}

/// How a dialogue becomes the text that the model is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptRecord {
    /// The chat template, in Jinja.
    pub template: String,
    /// The dialogue of one user turn, `Hello.`, in it: it shows what the template adds, such as a system message of its
    /// own. None where the template refuses it.
    pub example: Option<String>,
    /// The date (YYYY-MM-DD) that the template is given; none where it writes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// What generated the text. How many devices shared the work is no part of it, because it changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineIdentity {
    /// Crate or kind (`onde-mistralrs`, `scripted`).
    pub name: String,
    /// Version of that crate.
    pub version: String,
    /// Kind of device and name of the card, such as `cpu` or `cuda NVIDIA H200`.
    pub device: String,
    /// Number format that the model computes in, and of weights that are not quantised, such as `f32`.
    pub dtype: String,
    /// Tokens that prompt and reply can have together; none where there is no limit.
    pub context: Option<u32>,
    /// Version of the card's driver; none without a card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Quantisation of the weights, such as `q4k`; none where they are kept in `dtype`, or where the
    /// files of the model decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantisation: Option<String>,
    /// What computes attention, such as `paged`; none for the engine's plain one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<String>,
    /// What came of the check before the first trial; none for an engine that has nothing to check, and in records
    /// from before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<LoadCheck>,
    /// BLAKE3 of the journal whose turns were said again, in hex; none where they were generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replays: Option<String>,
}

/// Whether a model said the same alone and together before its first trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadCheck {
    /// It did.
    Passed,
    /// It did not, and ran one dialogue at a time.
    OneAtATime,
    /// Nobody looked: the user had it left out.
    Skipped,
}

impl EngineIdentity {
    /// The number format and the quantisation as one phrase, such as `bf16, weights in q4k`.
    pub fn numbers(&self) -> String {
        match &self.quantisation {
            Some(quantisation) => format!("{}, weights in {quantisation}", self.dtype),
            None => self.dtype.clone(),
        }
    }
}

/// A probe as it was run: enough to grade its transcripts again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeRecord {
    /// `family.name`.
    pub id: String,
    /// One sentence for readers.
    pub about: String,
    /// What it measures, in the field's words.
    pub construct: Option<String>,
    /// Sources.
    pub cites: Vec<String>,
    /// Path of the spec as the user gave it, with forward slashes.
    pub path: String,
    /// The spec's text, for readers: what it comes to stands in the other fields.
    pub source: String,
    /// BLAKE3 of the spec's text and of every data file it reads, in hex.
    pub hash: String,
    /// Samples per case and arm.
    pub samples: u32,
    /// Pairs of case and arm that a filter left; none where all were run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<u64>,
    /// Samples per case and arm at the first look of a run that added samples until its gate was decided; none
    /// where `samples` was fixed in advance. Comparisons then use intervals that hold whenever one stops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_look: Option<u32>,
    /// Sampling of every live turn that does not say otherwise.
    pub sampling: Sampling,
    /// Whether the command line put it into the place of what the spec says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resampled: bool,
    /// Names and descriptions of the arms; one with an empty name where the spec has none.
    pub arms: IndexMap<String, ArmRecord>,
    /// The cases.
    pub cases: Vec<CaseRecord>,
    /// The dialogue of every arm, in their order; empty in a record from before format 4, which did not keep them.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub dialogues: IndexMap<String, Dialogue>,
    /// The scores, by name.
    pub scores: IndexMap<String, ScoreRecord>,
    /// The metrics, by name; the first is the main one.
    pub metrics: IndexMap<String, MetricConfig>,
    /// Which direction of a metric is better, where the spec says so.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub better: IndexMap<String, Better>,
    /// What must hold.
    pub expect: Vec<Expectation>,
    /// Metrics that are shown beside their controls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<super::Control>,
}

impl ProbeRecord {
    /// Leaves every draw of a token to the engines.
    pub fn uncouple(&mut self) {
        self.sampling.coupling = Coupling::None;
        self.dialogues.values_mut().for_each(|steps| dialogue::uncouple(steps));
    }
}

/// One arm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmRecord {
    /// One sentence for readers.
    pub about: Option<String>,
    /// The variables that the arm adds to every case, constants of the probe included.
    pub set: Variables,
    /// Which of them are templates over the case, in the order in which they are filled in. None in records of before
    /// there were such: their texts were said as they stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<String>,
}

impl ArmRecord {
    /// Whether both set the same variables, in the same way. Descriptions are for readers, and the order decides nothing that comes of it.
    pub fn sets_like(&self, other: &Self) -> bool {
        let templates = |arm: &Self| arm.templates.iter().cloned().collect::<BTreeSet<String>>();
        self.set == other.set && templates(self) == templates(other)
    }
}

/// One case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    /// Unique in its probe.
    pub id: String,
    /// The minimal pair it belongs to: its cluster.
    pub pair: Option<String>,
    /// The only arm it runs in; none for all.
    pub arm: Option<String>,
    /// The variables that it brings to the templates; those of the arm come on top.
    pub variables: Variables,
}

impl CaseRecord {
    /// Name of the cluster: the pair, or else the case.
    pub fn cluster(&self) -> &str {
        self.pair.as_deref().unwrap_or(&self.id)
    }
}

/// One score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreRecord {
    /// The scorer with its parameters as written: its texts are templates over the case's variables.
    pub scorer: Json,
    /// The arms in which the graded turn exists.
    pub arms: Vec<String>,
    /// What becomes of the grades of replies that were cut off. Records from before there was a choice gave them.
    #[serde(default = "graded", skip_serializing_if = "is_graded")]
    pub cut_off: CutOff,
}

impl ScoreRecord {
    /// Whether both are one scorer with the same parameters, whatever the order of its keys and however its numbers are written.
    pub fn grades_like(&self, other: &Self) -> bool {
        alike(&self.scorer, &other.scorer)
    }
}

/// Whether two values of JSON say the same: 5 and 5.0 do.
fn alike(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let same =
                |(key, value): (&String, &Json)| other.get(key).is_some_and(|other| alike(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}

fn graded() -> CutOff {
    CutOff::Graded
}

fn is_graded(cut_off: &CutOff) -> bool {
    *cut_off == CutOff::Graded
}

/// Which direction of a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Larger values are better.
    Higher,
    /// Smaller values are better.
    Lower,
}

impl Better {
    /// The word that specs and policies use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }

    /// The difference with the sign that makes better positive.
    pub fn sign(self) -> f64 {
        match self {
            Self::Higher => 1.0,
            Self::Lower => -1.0,
        }
    }
}

/// Something that must hold, or the run has failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Name of the metric.
    pub metric: String,
    /// What must hold of its estimate.
    pub bound: Bound,
}

/// What must hold of an estimate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Estimate ≥ number.
    AtLeast(f64),
    /// Estimate ≤ number.
    AtMost(f64),
    /// Estimate > number.
    Above(f64),
    /// Estimate < number.
    Below(f64),
    /// Estimate > that of another metric.
    GreaterThan(String),
    /// Estimate < that of another metric.
    LessThan(String),
    /// Share of the metric's grades that are missing ≤ number.
    MissingAtMost(f64),
}
