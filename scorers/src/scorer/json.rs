//! JSON: is the turn a JSON document, and of the expected shape?
//!
//! Shapes are JSON Schemas (draft 2020-12 unless `$schema` says otherwise), checked by the
//! `jsonschema` crate without any access to files or the network; patterns in them run in linear
//! time. Schemas that refer to their own parts can ask for any amount of work, so [`fuel`] bounds it.

mod fuel;

use super::text::excerpt;
use super::{ConfigError, Configure, Reads, Scorer};
use crate::{Outcome, ValueKind, View};
use fuel::Bounded;
pub use fuel::Exhausted;
use jsonschema::PatternOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Whether the whole text is a JSON document; with `schema`, whether it also has that shape.
/// JSON is RFC 8259; schemas are JSON Schema, draft 2020-12 unless `$schema` says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Json {
    /// The live turn to grade.
    pub turn: String,
    /// A JSON Schema that the document has to satisfy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Map<String, Value>>,
    /// Whether the document may stand in a code fence, with other text around it: then the first
    /// fence counts.
    #[serde(default)]
    pub fenced: bool,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

impl Configure for Json {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Flag
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        let wrong = |message: String| ConfigError::new("schema", message);
        let shape = self.schema.as_ref().map(|schema| Shape::of(schema).map_err(wrong)).transpose()?;
        Ok(Box::new(Checker { shape, fenced: self.fenced }))
    }
}

/// What a JSON document has to look like: a JSON Schema, checked in a bounded number of steps.
pub struct Shape(Bounded);

impl Shape {
    /// The shape that a schema describes.
    ///
    /// # Errors
    /// A sentence that says why it is no schema.
    pub fn of(schema: &Map<String, Value>) -> Result<Self, String> {
        let patterns = PatternOptions::regex().size_limit(LARGEST_PATTERN).dfa_size_limit(LARGEST_PATTERN);
        Bounded::new(schema, jsonschema::options().with_pattern_options(patterns)).map(Self)
    }

    /// What is wrong with a document; none where nothing is.
    ///
    /// # Errors
    /// When that cannot be said within the bound on steps.
    pub fn fault(&self, document: &Value) -> Result<Option<String>, Exhausted> {
        self.0.check(document).map(|fault| fault.map(|words| excerpt(&words)))
    }
}

/// Bytes that one compiled pattern of a schema may take.
const LARGEST_PATTERN: usize = 1 << 18;

struct Checker {
    shape: Option<Shape>,
    fenced: bool,
}

impl Scorer for Checker {
    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        let document = if self.fenced { inside_fence(text).unwrap_or(text) } else { text };
        let value: Value = match serde_json::from_str(document) {
            Ok(value) => value,
            Err(error) => return Outcome::flag(false).because(error.to_string()),
        };
        match self.shape.as_ref().map(|shape| shape.fault(&value)) {
            Some(Ok(Some(fault))) => Outcome::flag(false).because(fault),
            Some(Err(exhausted)) => Outcome::unscored(exhausted.to_string()),
            Some(Ok(None)) | None => Outcome::flag(true),
        }
    }
}

/// What stands in the first code fence: between a line that starts with three backticks and the
/// next such line, or the end of a text that was cut off.
fn inside_fence(text: &str) -> Option<&str> {
    let opening =
        if text.trim_start().starts_with("```") { text.find("```")? } else { text.find("\n```")? + 1 };
    let after = &text[opening..];
    let body = &after[after.find('\n')? + 1..];
    match body.find("\n```") {
        Some(end) => Some(&body[..end]),
        None => Some(body.strip_prefix("```").map_or(body, |_| "")),
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, flag};
    use serde_json::json;

    #[test]
    fn the_whole_text_is_a_document() {
        let scorer = json!({"json": {"turn": "reply"}});
        assert_eq!(flag(&scorer, " {\"day\": \"Friday\"}\n"), Some(true));
        assert_eq!(flag(&scorer, "Here: {\"day\": \"Friday\"}"), Some(false));
        assert_eq!(flag(&scorer, "{'day': 1}"), Some(false));
        assert_eq!(flag(&scorer, &"[".repeat(100_000)), Some(false));
    }

    #[test]
    fn a_fence_is_allowed_on_demand() {
        let (bare, fenced) =
            (json!({"json": {"turn": "reply"}}), json!({"json": {"turn": "reply", "fenced": true}}));
        let text = "Here you are:\n```json\n{\"day\": 1}\n```\nAnything else?";
        assert_eq!(flag(&bare, text), Some(false));
        assert_eq!(flag(&fenced, text), Some(true));
        assert_eq!(flag(&fenced, "{\"day\": 1}"), Some(true));
        assert_eq!(flag(&fenced, "```\n{}"), Some(true));
        assert_eq!(flag(&fenced, "```json\n```"), Some(false));
        assert_eq!(flag(&fenced, "```"), Some(false));
    }

    #[test]
    fn a_shape_can_be_demanded() {
        let schema = json!({"type": "object", "required": ["day"], "properties": {"guests": {"type": "integer", "minimum": 1}}});
        let scorer = json!({"json": {"turn": "reply", "schema": schema}});
        assert_eq!(flag(&scorer, r#"{"day": "Friday", "guests": 4}"#), Some(true));
        assert_eq!(flag(&scorer, r#"{"guests": 4}"#), Some(false));
        assert_eq!(flag(&scorer, r#"{"day": "Friday", "guests": 0}"#), Some(false));
        assert_eq!(
            error(&json!({"json": {"turn": "reply", "schema": {"type": "objekt"}}})).parameter,
            "schema"
        );
        let elsewhere = json!({"json": {"turn": "reply", "schema": {"$ref": "file:///etc/passwd"}}});
        assert_eq!(error(&elsewhere).parameter, "schema");
    }
}
