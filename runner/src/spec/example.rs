//! Something that stands for JSON that a speaker will say, so that texts which quote its fields can be tried before anybody speaks.

use serde_json::{Map, Value as Json};

/// How deep an example goes.
const DEEPEST: usize = 8;

/// A value like those that a JSON Schema describes, as far as its types say; `text` stands for every text.
pub fn example(schema: &Json, text: &str) -> Json {
    within(schema, text, DEEPEST)
}

fn within(schema: &Json, text: &str, depth: usize) -> Json {
    if depth == 0 {
        return Json::Null;
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(first) = list(schema, "enum").and_then(<[Json]>::first) {
        return first.clone();
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = list(schema, key).and_then(<[Json]>::first) {
            return within(first, text, depth - 1);
        }
    }
    let kind = match schema.get("type") {
        Some(Json::Array(kinds)) => kinds.first().and_then(Json::as_str),
        Some(kind) => kind.as_str(),
        None => schema.get("properties").map(|_| "object"),
    };
    match kind {
        Some("object") => {
            let fields = schema.get("properties").and_then(Json::as_object);
            let filled = fields.into_iter().flatten();
            Json::Object(filled.map(|(name, field)| (name.clone(), within(field, text, depth - 1))).collect())
        }
        Some("array") => {
            let items = schema.get("items").filter(|items| items.is_object());
            Json::Array(items.map(|items| within(items, text, depth - 1)).into_iter().collect())
        }
        Some("boolean") => Json::Bool(false),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| Json::from(1)),
        Some("null") => Json::Null,
        _ => Json::from(text),
    }
}

fn list<'a>(schema: &'a Json, key: &str) -> Option<&'a [Json]> {
    schema.get(key).and_then(Json::as_array).map(Vec::as_slice)
}

/// The fields that a schema of an object names.
pub fn fields(schema: &Json) -> Option<&Map<String, Json>> {
    schema.get("properties").and_then(Json::as_object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_example_has_the_fields_and_kinds_of_its_schema() {
        let schema = json!({
            "type": "object",
            "properties": {
                "say": { "type": "string" },
                "done": { "type": "boolean" },
                "mood": { "enum": ["glad", "cross"] },
                "shares": { "type": "array", "items": { "type": "number", "minimum": 0 } },
            },
        });
        let expected = json!({ "say": "(reply)", "done": false, "mood": "glad", "shares": [0] });
        assert_eq!(example(&schema, "(reply)"), expected);
        assert_eq!(example(&json!({}), "x"), json!("x"));
    }

    #[test]
    fn a_deep_schema_ends() {
        let deep = (0..100).fold(json!({ "type": "string" }), |inner, _| json!({ "anyOf": [inner] }));
        assert_eq!(example(&deep, "x"), Json::Null);
    }
}
