//! A bound on the work of a JSON Schema, in steps that are the same on every machine.
//!
//! The validator has no bound of its own, but it takes keywords of ours. So a keyword is put into every part of a schema, and
//! counts how often, and on how much, that part is tried. Keywords of others are tried last, and not at all where another one has
//! failed; so ours stands in a schema of its own in `allOf`, which is tried before everything that leads to further schemas for the
//! same value. What leads into lists and maps may come before it: there a part that fails ends the whole, and one that holds was
//! counted.
//!
//! A validator cannot be asked to stop, either: once the steps are used up, the keyword unwinds the stack to where the check
//! began. Nothing is printed on the way, and nothing else is caught there.

use jsonschema::{Keyword, ValidationError, ValidationOptions, Validator};
use serde_json::{Map, Value, json};
use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};
use thiserror::Error;

/// Steps that one reply may take: about a second's.
const STEPS: u64 = 1_000_000;
/// Bytes of a part of a schema, or of a string, that are one step.
const BYTES: u64 = 64;
/// The name of the keyword, which no schema uses by accident.
const NAME: &str = "x-grice-steps";
/// Parts of a schema that may lie inside of each other, references followed, before a reply is looked into.
const DEEPEST: usize = 200;

/// Patterns for names of fields: each is tried on every field.
const MOST_PATTERNS: usize = 1_000;

/// Keywords with a schema, or with a list of schemas.
const ONE: [&str; 16] = [
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords with schemas by name.
const NAMED: [&str; 6] = ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];
/// Keywords whose values are data, whatever they look like.
const DATA: [&str; 4] = ["const", "default", "enum", "examples"];

thread_local! {
    /// Steps that the check in this thread may still take.
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

/// Why a reply was not checked to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the schema takes more than {STEPS} steps on this reply")]
pub struct Exhausted;

/// A validator that takes a bounded number of steps.
pub(super) struct Bounded(Validator);

impl Bounded {
    /// Compiles a schema.
    ///
    /// # Errors
    /// A sentence that says why it is none.
    pub(super) fn new(schema: &Map<String, Value>, options: ValidationOptions) -> Result<Self, String> {
        let mut schema = Value::Object(schema.clone());
        let whole = schema.clone();
        refuse_references(&whole, &whole)?;
        refuse_circles(&whole)?;
        count_in(&mut schema);
        let options = options.with_keyword(NAME, |_, cost, _| Ok(Box::new(Counter(cost.as_u64().unwrap_or(1)))));
        let built = options.build(&schema).map(Self);
        built.map_err(|error| format!("not a JSON Schema: {error}"))
    }

    /// What is wrong with a document, if anything is.
    ///
    /// # Errors
    /// When that cannot be said within the bound.
    pub(super) fn check(&self, document: &Value) -> Result<Option<String>, Exhausted> {
        LEFT.set(STEPS);
        let checked = catch_unwind(AssertUnwindSafe(|| self.0.validate(document).err().map(|error| error.to_string())));
        checked.map_err(|thrown| match thrown.downcast::<Exhausted>() {
            Ok(exhausted) => *exhausted,
            Err(other) => resume_unwind(other),
        })
    }
}

/// Counts the steps of one part of a schema: its own size, in steps.
struct Counter(u64);

impl Counter {
    fn count(&self, document: &Value) {
        let size = match document {
            Value::String(text) => text.len() as u64 / BYTES,
            Value::Array(items) => items.len() as u64,
            Value::Object(fields) => fields.len() as u64,
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        };
        let cost = self.0.saturating_mul(size.saturating_add(1));
        match LEFT.get().checked_sub(cost) {
            Some(left) => LEFT.set(left),
            None => resume_unwind(Box::new(Exhausted)),
        }
    }
}

impl<'i> Keyword<'i> for Counter {
    fn validate(&self, document: &'i Value) -> Result<(), ValidationError<'i>> {
        self.count(document);
        Ok(())
    }

    fn is_valid(&self, document: &'i Value) -> bool {
        self.count(document);
        true
    }
}

/// Puts the keyword into a schema and every part of it; the bytes of the schema's own text without its parts.
fn count_in(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    let mut own = 0;
    for (key, value) in fields.iter_mut() {
        own += key.len() as u64;
        match value {
            _ if DATA.contains(&key.as_str()) => own += size(value),
            // What stands by name stands under names: they are ours to count, and no keywords.
            Value::Object(parts) if NAMED.contains(&key.as_str()) => {
                for (name, part) in parts {
                    own += name.len() as u64;
                    count_in_any(part);
                }
            }
            Value::Object(_) => count_in(value),
            Value::Array(items) if ONE.contains(&key.as_str()) => items.iter_mut().for_each(count_in_any),
            Value::Array(items) => {
                own += items.iter().map(size).sum::<u64>();
                items.iter_mut().for_each(count_in_any);
            }
            other => own += size(other),
        }
    }
    let counter = json!({ NAME: 1 + own / BYTES });
    if let Value::Array(all) = fields.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
        // Behind the others, whose places references may name: when one of them fails, nothing more is tried. Of what is no list the
        // validator says what is wrong.
        all.push(counter);
    }
}

/// [`count_in`] for what may be a list of schemas.
fn count_in_any(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(count_in_any),
        other => count_in(other),
    }
}

/// Bytes of a value, about.
fn size(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() as u64 + size(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
    }
}

/// The references of one part of a schema to others within the document, as their targets are written.
fn references(fields: &Map<String, Value>) -> impl Iterator<Item = &str> {
    ["$ref", "$dynamicRef", "$recursiveRef"].into_iter().filter_map(|key| fields.get(key)?.as_str())
}

/// What a reference points to: a pointer into the schema, or a name that a part of it has.
fn target<'a>(whole: &'a Value, reference: &str) -> Option<&'a Value> {
    let fragment = decoded(reference.strip_prefix('#')?);
    if fragment.is_empty() || fragment.starts_with('/') {
        return whole.pointer(&fragment);
    }
    let named = |part: &Value| {
        let mut names = ["$anchor", "$dynamicAnchor"].into_iter().filter_map(|key| part.get(key)?.as_str());
        names.any(|name| name == fragment)
    };
    let mut open = vec![whole];
    while let Some(part) = open.pop() {
        if named(part) {
            return Some(part);
        }
        match part {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    None
}

/// A pointer without the escapes of an address.
fn decoded(pointer: &str) -> String {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The schemas of the drafts themselves, which the validator knows and which end.
const DRAFTS: [&str; 2] = ["http://json-schema.org/", "https://json-schema.org/"];

/// What cannot be counted, or followed when circles are looked for, is refused: references to data and to other documents, and
/// parts with addresses of their own.
fn refuse_references(whole: &Value, part: &Value) -> Result<(), String> {
    match part {
        Value::Object(fields) => {
            for reference in references(fields) {
                if leads_into_data(whole, reference) {
                    return Err(format!("`{reference}` refers to data and not to a schema"));
                }
                if !reference.starts_with('#') && !DRAFTS.iter().any(|draft| reference.starts_with(draft)) {
                    return Err(format!("`{reference}` is outside of the schema; refer to `#/$defs/…`"));
                }
            }
            let patterns = fields.get("patternProperties").and_then(Value::as_object).map_or(0, Map::len);
            if patterns > MOST_PATTERNS {
                return Err(format!("`patternProperties` has more than {MOST_PATTERNS} patterns"));
            }
            let has_address = ["$id", "id"].into_iter().any(|key| fields.get(key).is_some_and(Value::is_string));
            if has_address && !std::ptr::eq(whole, part) {
                return Err("a part of the schema has an address (`$id`) of its own; leave it out".to_owned());
            }
            let parts = fields.iter().filter(|(key, _)| !DATA.contains(&key.as_str()));
            parts.map(|(_, value)| value).try_for_each(|value| refuse_references(whole, value))
        }
        Value::Array(items) => items.iter().try_for_each(|item| refuse_references(whole, item)),
        _ => Ok(()),
    }
}

/// Whether a pointer goes through the value of a keyword that holds data.
fn leads_into_data(whole: &Value, reference: &str) -> bool {
    let Some(pointer) = reference.strip_prefix('#').map(decoded) else { return false };
    let (mut at, mut by_name) = (Some(whole), false);
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let is_object = at.is_some_and(Value::is_object);
        if is_object && !by_name && DATA.contains(&step.as_str()) {
            return true;
        }
        by_name = is_object && !by_name && NAMED.contains(&step.as_str());
        at = at.and_then(|value| match value {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            other => other.get(&step),
        });
    }
    false
}

/// A schema that is made of itself without looking further into the document would recurse for ever, and one that is made of very
/// many others would recurse too deeply.
fn refuse_circles(whole: &Value) -> Result<(), String> {
    let mut known = std::collections::HashMap::new();
    let mut open = vec![whole];
    while let Some(part) = open.pop() {
        depth_in_place(whole, part, &mut known, 0)?;
        match part {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    Ok(())
}

/// How many schemas are tried inside of each other on one and the same part of a document.
fn depth_in_place(
    whole: &Value,
    part: &Value,
    known: &mut std::collections::HashMap<*const Value, Option<usize>>,
    above: usize,
) -> Result<usize, String> {
    let Value::Object(fields) = part else { return Ok(0) };
    match known.get(&std::ptr::from_ref(part)) {
        Some(Some(depth)) => return Ok(*depth),
        Some(None) => return Err("a part of the schema is made of itself".to_owned()),
        None => {}
    }
    let deep = || format!("more than {DEEPEST} parts of the schema lie inside of each other");
    if above > DEEPEST {
        return Err(deep());
    }
    known.insert(std::ptr::from_ref(part), None);
    let mut inner: Vec<&Value> = references(fields).filter_map(|reference| target(whole, reference)).collect();
    for key in ["allOf", "anyOf", "oneOf"] {
        inner.extend(fields.get(key).and_then(Value::as_array).into_iter().flatten());
    }
    inner.extend(["not", "if", "then", "else"].into_iter().filter_map(|key| fields.get(key)));
    for key in ["dependentSchemas", "dependencies"] {
        inner.extend(fields.get(key).and_then(Value::as_object).into_iter().flat_map(|parts| parts.values()));
    }
    let mut depth = 0;
    for part in inner {
        depth = depth.max(1 + depth_in_place(whole, part, known, above + 1)?);
    }
    if depth > DEEPEST {
        return Err(deep());
    }
    known.insert(std::ptr::from_ref(part), Some(depth));
    Ok(depth)
}

#[cfg(test)]
mod tests {
    use crate::{
        Turn,
        scorer::tests::{error, flag},
    };
    use serde_json::{Value, json};

    /// An outcome in words.
    fn outcome(scorer: &Value, text: &str) -> String {
        format!("{:?}", crate::scorer::tests::outcome(scorer, &[Turn::generated("reply", text)]))
    }

    fn scorer(schema: Value) -> Value {
        json!({"json": {"turn": "reply", "schema": schema}})
    }

    /// A schema whose parts each refer to the next one twice, `parts` of them.
    fn fan(parts: usize, at: &str, with: &str) -> Value {
        let part = |number: usize| {
            let next = json!({"$ref": format!("#/{at}/d{}", number + 1)});
            let body = if number + 1 == parts { json!({"type": "string"}) } else { json!({ with: [next.clone(), next] }) };
            (format!("d{number}"), body)
        };
        json!({ at: (0..parts).map(part).collect::<serde_json::Map<_, _>>(), "$ref": format!("#/{at}/d0") })
    }

    #[test]
    fn what_takes_for_ever_has_no_grade() {
        for at in ["$defs", "definitions", "somewhere", "properties"] {
            for with in ["allOf", "anyOf", "oneOf"] {
                let shallow = scorer(fan(8, at, with));
                assert_eq!(flag(&shallow, "\"a\""), Some(with != "oneOf"), "{at} {with}");
                let deep = scorer(fan(60, at, with));
                // Where the first of two is enough, the second is never tried.
                let found = outcome(&deep, if with == "anyOf" { "1" } else { "\"a\"" });
                assert!(found.contains("1000000 steps"), "{at} {with}: {found}");
            }
        }
        // What looks further into the document triples with each level of it.
        let list = json!({"type": "array", "items": {"$ref": "#"}, "minItems": 1});
        let tree = scorer(json!({"anyOf": [list, list, list]}));
        let nested = format!("{}{}", "[".repeat(60), "]".repeat(60));
        assert!(outcome(&tree, &nested).contains("1000000 steps"));
        // In older drafts nothing is looked at beside a reference.
        let list = json!({"type": "array", "items": {"$ref": "#"}, "contains": {"$ref": "#"}, "minItems": 1});
        let old = json!({"$schema": "http://json-schema.org/draft-07/schema#", "anyOf": [list, {"items": {"$ref": "#"}, "minItems": 1}]});
        for text in ["[]", &nested] {
            assert_ne!(flag(&scorer(old.clone()), text), Some(true));
        }
    }

    #[test]
    fn what_can_never_end_is_no_schema() {
        for (schema, why) in [
            (json!({"$ref": "#"}), "made of itself"),
            (json!({"allOf": [{"$ref": "#"}]}), "made of itself"),
            (json!({"$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}), "made of itself"),
            (json!({"$anchor": "x", "if": {"$ref": "#x"}}), "made of itself"),
            (json!({"$defs": {"a": {"$id": "x"}}}), "an address"),
            (json!({"$id": "http://x/y", "$ref": "y"}), "outside of the schema"),
            (json!({"$ref": "#/default", "default": {"type": "string"}}), "refers to data"),
            (json!({"$ref": "#/properties/a/enum/0", "properties": {"a": {"enum": [{}]}}}), "refers to data"),
            (fan(400, "$defs", "allOf"), "inside of each other"),
            (json!({"patternProperties": (0..1_001).map(|n| (format!("^a{n}$"), json!(true))).collect::<serde_json::Map<_, _>>()}), "more than 1000 patterns"),
        ] {
            let error = error(&scorer(schema.clone()));
            assert!(error.parameter == "schema" && error.message.contains(why), "{schema}: {}", error.message);
        }
    }

    #[test]
    fn ordinary_schemas_check_what_they_did() {
        let list = json!({
            "$id": "https://example.org/list", "$defs": {"list": {"properties": {"next": {"$ref": "#/$defs/list"}, "default": {}, "enum": {"$ref": "#/properties/default"}}, "required": ["value"]}},
            "properties": {"default": {"type": "integer"}}, "$ref": "#/$defs/list"
        });
        assert_eq!(flag(&scorer(list.clone()), r#"{"value": 1, "next": {"value": 2, "enum": 3}}"#), Some(true));
        assert_eq!(flag(&scorer(list.clone()), r#"{"value": 1, "next": {"value": 2, "enum": "x"}}"#), Some(false));
        assert_eq!(flag(&scorer(list), r#"{"value": 1, "next": {}}"#), Some(false));
        let closed = json!({"type": "object", "properties": {"a": {"enum": ["x", {"y": 1}]}}, "additionalProperties": false});
        assert_eq!(flag(&scorer(closed.clone()), r#"{"a": {"y": 1}}"#), Some(true));
        assert_eq!(flag(&scorer(closed), r#"{"a": "x", "x-grice-steps": 1}"#), Some(false));
        let draft = json!({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {"type": "integer"}}, "items": [{"$ref": "#/definitions/a"}, {"const": {"b": 2}}]});
        assert_eq!(flag(&scorer(draft.clone()), r#"[1, {"b": 2}]"#), Some(true));
        assert_eq!(flag(&scorer(draft), r#"[1, {"b": 3}]"#), Some(false));
    }
}
