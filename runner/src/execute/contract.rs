//! Replies that were to be JSON: what they say, or how they break their contract.

use crate::engine::Completion;
use scorers::{StopReason, reasoning::Reply, scorer::json::Shape};
use serde_json::Value as Json;

/// A reply that kept its contract.
#[derive(Debug, PartialEq)]
pub(super) struct Kept {
    /// What the turn says: the whole JSON, or one field of it.
    pub(super) text: String,
    /// The whole reply, where only a field of it is said.
    pub(super) whole: Option<String>,
    /// What texts quote.
    pub(super) value: Json,
}

/// What a reply says that was to be what `schema` describes; of its fields, `say` is what others hear.
///
/// # Errors
/// A sentence for people, where the reply is no such JSON.
pub(super) fn read(schema: &Json, say: Option<&str>, completion: &Completion) -> Result<Kept, String> {
    let said = Reply::of(&completion.text).into_said();
    let value: Json = serde_json::from_str(said.trim()).map_err(|error| match completion.stop {
        StopReason::Length => format!(
            "the reply was cut off after {} tokens, before its JSON had ended; `max_tokens` sets how many it may have",
            completion.completion_tokens
        ),
        _ => format!("the reply is no JSON: {error}"),
    })?;
    let shape = Shape::of(schema.as_object().unwrap_or(&serde_json::Map::new()))?;
    match shape.fault(&value) {
        Ok(None) => {}
        Ok(Some(fault)) => return Err(format!("the reply is not what the schema describes: {fault}")),
        Err(exhausted) => return Err(exhausted.to_string()),
    }
    let Some(field) = say else {
        return Ok(Kept { text: completion.text.clone(), whole: None, value });
    };
    match value.get(field).and_then(Json::as_str) {
        Some(text) => Ok(Kept { text: text.to_owned(), whole: Some(completion.text.clone()), value }),
        None => Err(format!("the reply has no text under `{field}`, which is what was to be said")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reply(text: &str, stop: StopReason) -> Completion {
        let text = text.to_owned();
        Completion { text, stop, prompt_tokens: 1, completion_tokens: 7, weights: Vec::new() }
    }

    #[test]
    fn a_field_is_said_and_the_rest_is_kept() {
        let schema =
            json!({ "type": "object", "required": ["say"], "properties": { "say": { "type": "string" } } });
        let text = r#" {"thought": "hm", "say": "Hello."}"#;
        let kept = read(&schema, Some("say"), &reply(text, StopReason::End)).unwrap();
        assert_eq!((kept.text.as_str(), kept.whole.as_deref()), ("Hello.", Some(text)));
        assert_eq!(kept.value["thought"], "hm");
        let whole = read(&schema, None, &reply(text, StopReason::End)).unwrap();
        assert_eq!((whole.text.as_str(), whole.whole), (text, None));
    }

    #[test]
    fn what_breaks_the_contract_is_said() {
        let schema =
            json!({ "type": "object", "required": ["say"], "properties": { "say": { "type": "string" } } });
        for (text, stop, why) in [
            ("{\"say\": \"Hel", StopReason::Length, "cut off after 7 tokens"),
            ("Hello.", StopReason::End, "no JSON"),
            ("{}", StopReason::End, "not what the schema describes"),
            ("{\"say\": 3}", StopReason::End, "not what the schema describes"),
        ] {
            let found = read(&schema, Some("say"), &reply(text, stop)).unwrap_err();
            assert!(found.contains(why), "{text}: {found}");
        }
        let found = read(&json!({}), Some("say"), &reply("[]", StopReason::End)).unwrap_err();
        assert!(found.contains("no text under `say`"), "{found}");
    }
}
