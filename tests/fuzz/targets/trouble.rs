//! Error messages of the engine and of chat templates, which quote whatever they like.

use runner::engine::{Failure, engine_errors};

pub(super) fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let failure = Failure::engine(&text);
    assert!(failure.message.len() <= text.len() + 1_000, "advice is short");
    let _ = engine_errors::explained(&text);
    if let Some(said) = engine_errors::template_words(&text) {
        assert!(text.contains(said) && !engine_errors::template_advice(said).is_empty());
    }
}
