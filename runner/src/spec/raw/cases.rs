//! Cases and arms as they are written.

use super::RawTurn;
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value as Json;
use std::{borrow::Cow, fmt};

/// One case: `id`, `pair` and `arm` are reserved, every other key is a variable.
pub type RawRow = IndexMap<String, Json>;

/// The cases, in the file or beside it.
#[derive(Clone, Debug)]
pub enum RawCases {
    /// A list of maps.
    Inline(Vec<RawRow>),
    /// A file with a row per case.
    File(RawFile),
    /// Pairs of the outcomes of a list, a case for each pair and order.
    Pairs(RawPairs),
}

/// Pairs of outcomes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pairs")]
pub struct RawPairs {
    /// Name of the list under `data`: texts, or maps with `id` and `text`.
    pub of: String,
    /// Which pairs; all unless stated otherwise.
    #[serde(default)]
    pub design: PairDesign,
    /// How many pairs a random design takes.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub number: Option<u32>,
    /// What a random design is drawn by; 0 unless stated otherwise.
    #[serde(default)]
    pub seed: u64,
    /// In which orders the two stand; both unless stated otherwise.
    #[serde(default)]
    pub orders: Orders,
    /// So many wordings go round: a variable `wording` counts from 0, the same in both orders of a pair.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub wordings: Option<u32>,
}

/// Which pairs a design takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PairDesign {
    /// All there are.
    #[default]
    All,
    /// Some, drawn by `seed`, such that every outcome is in two at least where there are as many.
    Random,
}

/// In which orders the outcomes of a pair stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Orders {
    /// In both, a case each.
    #[default]
    Both,
    /// As in the list.
    Given,
}

/// Where cases come from that the spec does not list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    pairs: Option<RawPairs>,
}

/// A data file beside the spec.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DataFile")]
pub struct RawFile {
    /// Path relative to the spec's folder, never outside of it: `.csv`, `.json` or `.jsonl`.
    pub file: String,
}

/// A condition that cases run under.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Arm")]
pub struct RawArm {
    /// One sentence for readers.
    #[serde(default)]
    pub about: Option<String>,
    /// Variables that the arm adds to every case, or overrides.
    #[serde(default)]
    pub set: IndexMap<String, Json>,
    /// The turns of this arm, instead of the probe's.
    #[serde(default)]
    pub dialogue: Option<Vec<RawTurn>>,
}

impl<'de> Deserialize<'de> for RawCases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CasesVisitor)
    }
}

struct CasesVisitor;

impl<'de> Visitor<'de> for CasesVisitor {
    type Value = RawCases;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of cases, { file: ... }, or { pairs: ... }")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawCases, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = items.next_element()? {
            rows.push(row);
        }
        Ok(RawCases::Inline(rows))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawCases, A::Error> {
        let Source { file, pairs } = Source::deserialize(MapAccessDeserializer::new(map))?;
        match (file, pairs) {
            (Some(file), None) => Ok(RawCases::File(RawFile { file })),
            (None, Some(pairs)) => Ok(RawCases::Pairs(pairs)),
            (None, None) => Err(A::Error::missing_field("file")),
            (Some(_), Some(_)) => {
                Err(A::Error::custom("cases come from a file or from pairs, not from both"))
            }
        }
    }
}

impl JsonSchema for RawCases {
    fn schema_name() -> Cow<'static, str> {
        "Cases".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "anyOf": [
                {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "description": "One case; every key but these three is a variable of the templates.",
                        "properties": {
                            "id": { "type": "string", "description": "Unique in the probe; made from pair and arm when left out." },
                            "pair": { "type": "string", "description": "The minimal pair that the case belongs to; the unit of the intervals." },
                            "arm": { "type": "string", "description": "The only arm that the case runs in." },
                        },
                    },
                },
                generator.subschema_for::<RawFile>(),
                {
                    "type": "object",
                    "description": "Pairs of outcomes, a case for each pair and order; its variables are `first`, `second`, `first_id`, `second_id` and `order`.",
                    "properties": { "pairs": generator.subschema_for::<RawPairs>() },
                    "required": ["pairs"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}
