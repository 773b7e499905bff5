//! Templates: whatever a text says, it is rendered within its bounds or refused at a place of its own.

use scorers::template::{self, MAX_RENDERED, TemplateError, Variables};
use serde_json::json;
use std::sync::LazyLock;

static VARIABLES: LazyLock<Variables> = LazyLock::new(|| {
    let pairs = [
        ("n", json!(7)),
        ("x", json!(1.5)),
        ("s", json!("a text, größer")),
        ("list", json!([1, "two", null, [3], { "a": 4 }])),
        ("map", json!({ "a": { "b": ["c"] }, "": 1 })),
        ("turns", json!({ "reply": "yes" })),
        ("none", json!(null)),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
});

pub(super) fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match template::render(&text, &VARIABLES) {
        Ok(rendered) => {
            assert!(rendered.len() <= MAX_RENDERED, "{} bytes", rendered.len());
            assert_eq!(template::render(&text, &VARIABLES).as_ref(), Ok(&rendered), "it changed its mind");
            assert!(template::is_template(&text) || rendered == text, "a plain text stays as it is");
        }
        Err(error) => placed(&error, &text),
    }
    if let Err(error) = template::variables_of(&text) {
        placed(&error, &text);
    }
    match template::evaluate(&text, &VARIABLES) {
        Ok(value) => drop(template::text_of(&value)),
        Err(error) => placed(&error, &text),
    }
    let nested = json!({ "a": [text, { "b": text }] });
    let mut errors = Vec::new();
    template::render_all(&nested, &VARIABLES, &mut errors);
    assert_eq!(template::render_value(&nested, &VARIABLES).is_err(), !errors.is_empty());
}

fn placed(error: &TemplateError, text: &str) {
    assert!(!error.message.is_empty());
    if let Some(range) = &error.range {
        assert!(text.get(range.clone()).is_some(), "{range:?} is no place in {text:?}");
    }
}
