//! Turns as they are written: short (`user: text`) or long (`user: { text, arms }`).

use schemars::{JsonSchema, Schema, SchemaGenerator};
use scorers::scorer::CutOff;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value as Json;
use std::{borrow::Cow, fmt, marker::PhantomData};

/// One step of a dialogue: a map with one key, which says who speaks or what happens.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Turn")]
pub enum RawTurn {
    /// Instructions that stand above the dialogue; only at its start.
    System(RawText),
    /// What the user says.
    User(RawText),
    /// What the assistant is made to have said: a scripted reply.
    Assistant(RawText),
    /// A live reply of the model under test, under a name.
    Model(RawModel),
    /// A live turn of another speaker.
    Speak(Box<super::RawSpeak>),
    /// A recorded dialogue, turn by turn: the model replies to each beginning of it, and what the person said takes the reply's place.
    Replay(Box<RawReplay>),
    /// Turns that are repeated.
    Repeat(RawRepeat),
    /// Independent continuations from the identical prefix; the main line goes on without them.
    Fork(RawFork),
}

/// A scripted turn.
#[derive(Clone, Debug)]
pub struct RawText {
    /// A template.
    pub text: String,
    /// Its name, where it is to be graded or quoted like a live turn.
    pub name: Option<String>,
    /// Only in these arms.
    pub arms: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LongText")]
struct LongText {
    /// A template.
    text: String,
    /// A name, where the turn is to be graded like a reply (`turn: NAME` in scorers) or quoted (`turns.NAME`).
    #[serde(default)]
    name: Option<String>,
    /// Only in these arms.
    #[serde(default)]
    arms: Option<Vec<String>>,
}

/// A live turn.
#[derive(Clone, Debug)]
pub struct RawModel {
    /// Its name, unique in the dialogue.
    pub name: String,
    /// Only in these arms.
    pub arms: Option<Vec<String>>,
    /// Sampling parameters that differ from the probe's.
    pub sampling: super::RawSampling,
    /// What becomes of the grades of replies that were cut off, where that differs from the probe's.
    pub cut_off: Option<CutOff>,
    /// It answers with one of these.
    pub options: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LongModel")]
struct LongModel {
    /// Its name, unique in the dialogue: `turns.NAME` in later templates, `turn: NAME` in scorers.
    name: String,
    /// Only in these arms.
    #[serde(default)]
    arms: Option<Vec<String>>,
    /// Softmax temperature of this turn.
    #[serde(default)]
    temperature: Option<f64>,
    /// Most tokens of this reply.
    #[serde(default)]
    max_tokens: Option<u32>,
    /// Nucleus of this turn.
    #[serde(default)]
    top_p: Option<f64>,
    /// Most probable tokens of this turn.
    #[serde(default)]
    top_k: Option<u32>,
    /// Share of the best token's probability for this turn.
    #[serde(default)]
    min_p: Option<f64>,
    /// Strings that end this reply.
    #[serde(default)]
    stop: Option<Vec<String>>,
    /// What becomes of the grades of this reply where it was cut off at its limit on tokens.
    #[serde(default)]
    cut_off: Option<CutOff>,
    /// It answers with one of these, by the probability that each has: templates, two at least.
    #[serde(default)]
    #[schemars(length(min = 2))]
    options: Option<Vec<String>>,
}

/// Turns that are repeated, a number of `times` or `over` a list.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Repeat")]
pub struct RawRepeat {
    /// So many rounds.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub times: Option<u32>,
    /// One round per element: a list, or an expression that gives one, such as `shards`.
    #[serde(default)]
    #[schemars(schema_with = "over_schema")]
    pub over: Option<Json>,
    /// Name of the variable that holds the element of the round.
    #[serde(default, rename = "as")]
    pub variable: Option<String>,
    /// An expression that ends the repeat where it is true at the end of a round, such as `'booked' in turns.reply`.
    #[serde(default)]
    pub until: Option<String>,
    /// Only in these arms.
    #[serde(default)]
    pub arms: Option<Vec<String>>,
    /// The turns of each round. `round` is a variable in them, from 1.
    pub turns: Vec<RawTurn>,
}

/// Independent continuations of the dialogue from one point; `over` a list, so many of each of its elements.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Fork")]
pub struct RawFork {
    /// Its name, unique in the dialogue.
    pub name: String,
    /// How many continuations, of each element where the fork goes `over` a list; there it is 1 unless stated otherwise.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub samples: Option<u32>,
    /// Continuations per element: a list, or an expression that gives one, such as `candidates`.
    #[serde(default)]
    #[schemars(schema_with = "over_schema")]
    pub over: Option<Json>,
    /// Name of the variable that holds the element of the continuation.
    #[serde(default, rename = "as")]
    pub variable: Option<String>,
    /// Only in these arms.
    #[serde(default)]
    pub arms: Option<Vec<String>>,
    /// The turns of each continuation.
    pub turns: Vec<RawTurn>,
}

/// A recorded dialogue in which the model takes one side. In each round it hears what the other side said, its reply is taken aside (in a
/// fork of its own), and what the person said to that goes into the dialogue, so that every prefix is the recorded one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Replay")]
pub struct RawReplay {
    /// An expression that gives the recorded dialogue, such as the name of a variable: a list of `{ role, text }` or `{ speaker, text }`.
    pub over: String,
    /// The side that the model takes: a role of the dialogue.
    pub of: String,
    /// The reply: its name, or `{ name: ..., max_tokens: ... }`.
    pub model: RawModel,
    /// Name of the person's turn in the reply's place: `turn: NAME` in scorers, `turns.NAME` in later templates.
    pub reference: String,
    /// How many replies to each beginning; 1 when left out.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub samples: Option<u32>,
    /// Only in these arms.
    #[serde(default)]
    pub arms: Option<Vec<String>>,
    /// Turns that follow each reply, in its fork: a judge that is asked about it in private.
    #[serde(default)]
    pub reply_then: Vec<RawTurn>,
    /// Turns that follow each turn of the person, in private.
    #[serde(default)]
    pub reference_then: Vec<RawTurn>,
}

fn over_schema(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": ["string", "array"] })
}

/// A turn that has a short form, which is only a text.
trait Short: Sized {
    type Long: DeserializeOwned + JsonSchema;
    const EXPECTED: &'static str;
    const NAME: &'static str;
    const MEANING: &'static str;

    fn short(text: String) -> Self;
    fn long(long: Self::Long) -> Self;
}

impl Short for RawText {
    type Long = LongText;
    const EXPECTED: &'static str = "a text, or { text: ..., name: ..., arms: [...] }";
    const NAME: &'static str = "Text";
    const MEANING: &'static str = "What is said: a template.";

    fn short(text: String) -> Self {
        Self { text, name: None, arms: None }
    }

    fn long(long: LongText) -> Self {
        Self { text: long.text, name: long.name, arms: long.arms }
    }
}

impl Short for RawModel {
    type Long = LongModel;
    const EXPECTED: &'static str = "the name of the reply, or { name: ..., max_tokens: ... }";
    const NAME: &'static str = "Model";
    const MEANING: &'static str = "The name of the reply.";

    fn short(name: String) -> Self {
        Self { name, arms: None, sampling: super::RawSampling::default(), cut_off: None, options: None }
    }

    fn long(long: LongModel) -> Self {
        let LongModel { name, arms, temperature, max_tokens, top_p, top_k, min_p, stop, cut_off, options } =
            long;
        // Coupling is a property of the whole probe, so that its record can say it once.
        let sampling =
            super::RawSampling { temperature, max_tokens, top_p, top_k, min_p, stop, coupling: None };
        Self { name, arms, sampling, cut_off, options }
    }
}

struct ShortVisitor<T>(PhantomData<T>);

impl<'de, T: Short> Visitor<'de> for ShortVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::short(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<T, E> {
        Ok(T::short(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::Long::deserialize(MapAccessDeserializer::new(map)).map(T::long)
    }
}

fn short_schema<T: Short>(generator: &mut SchemaGenerator) -> Schema {
    let long = generator.subschema_for::<T::Long>();
    schemars::json_schema!({ "anyOf": [{ "type": "string", "description": T::MEANING }, long] })
}

macro_rules! short {
    ($($type:ty),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(ShortVisitor(PhantomData))
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                <$type as Short>::NAME.into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                short_schema::<$type>(generator)
            }
        }
    )*};
}

short!(RawText, RawModel);
