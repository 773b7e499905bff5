//! What people and editors are told about a scorer or metric, taken from its JSON Schema.
//!
//! The schema comes from the configuration type, the words in it from that type's documentation, so
//! there is one place to write and nothing to keep in step.

use schemars::Schema;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

/// One entry of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The name that specs use.
    pub name: &'static str,
    /// What it measures, in one paragraph.
    pub about: String,
    /// Its parameters: the required ones in the order of the type, then the others by name.
    pub parameters: Vec<Parameter>,
}

/// One parameter of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// The key that specs use.
    pub name: String,
    /// What may stand there, in words ("list of texts").
    pub kind: String,
    /// Whether it may not be left out.
    pub required: bool,
    /// What it does, in one paragraph.
    pub about: String,
}

/// Describes the parameters of a configuration type by its schema.
pub fn entry(name: &'static str, schema: &Json) -> Entry {
    let definitions = schema.get("$defs").and_then(Json::as_object);
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Json::as_array)
        .map(|names| names.iter().filter_map(Json::as_str).collect())
        .unwrap_or_default();
    let mut parameters: Vec<Parameter> = schema
        .get("properties")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .map(|(name, property)| Parameter {
            name: name.clone(),
            kind: kind_words(property, definitions),
            required: required.contains(&name.as_str()),
            about: paragraph(property),
        })
        .collect();
    // Whether a JSON object keeps its order depends on what else is compiled in; the list does not.
    let place = |name: &str| required.iter().position(|known| *known == name).unwrap_or(required.len());
    parameters.sort_by(|a, b| place(&a.name).cmp(&place(&b.name)).then_with(|| a.name.cmp(&b.name)));
    Entry { name, about: paragraph(schema), parameters }
}

/// The first paragraph of a schema's description, on one line.
fn paragraph(schema: &Json) -> String {
    let description = schema.get("description").and_then(Json::as_str).unwrap_or_default();
    let first = description.split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a schema allows, in words.
fn kind_words(schema: &Json, definitions: Option<&Map<String, Json>>) -> String {
    if let Some(name) = schema.get("$ref").and_then(Json::as_str).and_then(|path| path.rsplit('/').next()) {
        return match (name, definitions.and_then(|all| all.get(name))) {
            // A scorer inside a scorer: its own parameters would fill the page.
            ("ScorerConfig", _) => "scorer".to_owned(),
            (_, Some(definition)) => kind_words(definition, definitions),
            (name, None) => name.to_owned(),
        };
    }
    if let Some(values) = schema.get("enum").and_then(Json::as_array) {
        return values.iter().map(plain).collect::<Vec<_>>().join(" | ");
    }
    if let Some(value) = schema.get("const") {
        return plain(value);
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(branches) = schema.get(key).and_then(Json::as_array) {
            let branches = branches.iter().filter(|branch| !is_null(branch) && !is_template(branch));
            let words: Vec<String> = branches.map(|branch| kind_words(branch, definitions)).collect();
            let constants = schema[key].as_array().is_some_and(|all| all.iter().all(is_constant));
            return words.join(if constants { " | " } else { " or " });
        }
    }
    let named = schema.get("type").map(|kind| match kind {
        Json::Array(kinds) => {
            kinds.iter().find(|kind| **kind != json!("null")).map(plain).unwrap_or_default()
        }
        kind => plain(kind),
    });
    match named.as_deref() {
        Some("string") => "text".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("boolean") => "true | false".to_owned(),
        Some("array") => match schema.get("items") {
            Some(items) => format!("list of {}", kind_words(items, definitions)),
            None => "list".to_owned(),
        },
        Some("object") => match schema.get("additionalProperties").filter(|inner| inner.is_object()) {
            Some(inner) => format!("object of {}", kind_words(inner, definitions)),
            None => "object".to_owned(),
        },
        Some(other) => other.to_owned(),
        None => "anything".to_owned(),
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn is_null(schema: &Json) -> bool {
    schema.get("type") == Some(&json!("null"))
}

fn is_constant(schema: &Json) -> bool {
    schema.get("const").is_some() || schema.get("enum").is_some()
}

/// The pattern by which a schema says "or a template".
const TEMPLATE: &str = r"\{\{";

fn is_template(schema: &Json) -> bool {
    schema.get("pattern") == Some(&json!(TEMPLATE))
}

/// Lets every property of a schema be a template as well, as a spec may write a list or a number as
/// `"{{ objects }}"`. For use with `#[schemars(transform = ...)]`.
pub fn allow_templates(schema: &mut Schema) {
    let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) else { return };
    for property in properties.values_mut().filter(|property| !takes_any_text(property)) {
        let Some(fields) = property.as_object_mut() else { continue };
        let mut inner = std::mem::take(fields);
        for annotation in ["description", "default"] {
            if let Some(words) = inner.remove(annotation) {
                fields.insert(annotation.to_owned(), words);
            }
        }
        fields.insert("anyOf".to_owned(), json!([inner, { "type": "string", "pattern": TEMPLATE }]));
    }
}

fn takes_any_text(schema: &Json) -> bool {
    let text = match schema.get("type") {
        Some(Json::Array(kinds)) => kinds.contains(&json!("string")),
        Some(kind) => kind == "string",
        None => schema.as_bool().unwrap_or(false),
    };
    text && schema.get("enum").is_none() && schema.get("pattern").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_can_be_a_template_and_still_be_described() {
        let mut schema: Schema = schemars::json_schema!({
            "description": "First line\nsame paragraph.\n\nSecond.",
            "properties": {
                "free": { "type": "string" },
                "size": { "type": ["integer", "null"], "description": "How many.", "default": 3 },
                "list": { "type": "array", "items": { "type": "string" } }
            },
            "required": ["free"]
        });
        allow_templates(&mut schema);
        let size = &schema.as_value()["properties"]["size"];
        assert_eq!(size["anyOf"][1]["pattern"], TEMPLATE);
        assert_eq!(size["default"], 3);
        let entry = entry("x", schema.as_value());
        assert_eq!(entry.about, "First line same paragraph.");
        let kinds: Vec<_> =
            entry.parameters.iter().map(|one| (one.name.as_str(), one.kind.as_str())).collect();
        assert!(kinds.contains(&("free", "text")));
        assert!(kinds.contains(&("size", "whole number")));
        assert!(kinds.contains(&("list", "list of text")));
        assert!(entry.parameters.iter().all(|one| one.required == (one.name == "free")));
    }
}
