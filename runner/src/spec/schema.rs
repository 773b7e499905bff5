//! The JSON Schema of the spec language, made from the types that parse it.

use super::raw::RawProbe;
use serde_json::{Map, Value as Json, json};

/// The schema as a value.
pub fn schema() -> Json {
    let schema = schemars::SchemaGenerator::new(schemars::generate::SchemaSettings::draft2020_12())
        .into_root_schema_for::<RawProbe>();
    let mut schema = schema.to_value();
    if let Some(definitions) = schema.get_mut("$defs").and_then(Json::as_object_mut) {
        allow_templates(definitions);
    }
    schema
}

/// The schema as the text of a file, with a line end.
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

/// Lets a template stand for every value inside of a scorer: a text that is one lone expression
/// keeps the type of its value.
fn allow_templates(definitions: &mut Map<String, Json>) {
    let mut reached = Vec::new();
    let mut next = vec!["ScorerConfig".to_owned()];
    while let Some(name) = next.pop() {
        if reached.contains(&name) {
            continue;
        }
        if let Some(definition) = definitions.get(&name) {
            references(definition, &mut next);
        }
        reached.push(name);
    }
    for name in reached {
        if let Some(definition) = definitions.get_mut(&name) {
            widen(definition);
        }
    }
}

fn references(schema: &Json, found: &mut Vec<String>) {
    match schema {
        Json::Object(fields) => {
            if let Some(name) =
                fields.get("$ref").and_then(Json::as_str).and_then(|path| path.strip_prefix("#/$defs/"))
            {
                found.push(name.to_owned());
            }
            fields.values().for_each(|value| references(value, found));
        }
        Json::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// Widens the properties of every object in a schema, except those that name a scorer.
fn widen(schema: &mut Json) {
    match schema {
        Json::Object(fields) => {
            let closed = fields.get("additionalProperties") == Some(&Json::Bool(false));
            for (key, value) in fields.iter_mut() {
                widen(value);
                if key == "properties" {
                    let scorer_names = closed && is_variant(value);
                    for (_, property) in value.as_object_mut().into_iter().flatten() {
                        if !scorer_names {
                            or_template(property);
                        }
                    }
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(widen),
        _ => {}
    }
}

/// Whether properties are the one key of an enum's variant, which leads to its parameters.
fn is_variant(properties: &Json) -> bool {
    properties
        .as_object()
        .is_some_and(|map| map.len() == 1 && map.values().all(|only| only.get("$ref").is_some()))
}

fn or_template(property: &mut Json) {
    let plain = property.get("type") == Some(&json!("string")) && property.get("enum").is_none();
    if plain || property.get("const").is_some() {
        return;
    }
    let mut inner = property.take();
    let mut outer = Map::new();
    // Editors show what stands at the top.
    for key in ["description", "default"] {
        if let Some(value) = inner.as_object_mut().and_then(|fields| fields.remove(key)) {
            outer.insert(key.to_owned(), value);
        }
    }
    let template = json!({ "type": "string", "pattern": "^\\s*\\{\\{.*\\}\\}\\s*$" });
    outer.insert("anyOf".to_owned(), json!([inner, template]));
    *property = Json::Object(outer);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_copy_is_current() {
        let committed = include_str!("../../../specs/schema.json");
        assert!(
            committed == schema_text(),
            "specs/schema.json is stale; write it anew with `runner schema > specs/schema.json`"
        );
    }
}
