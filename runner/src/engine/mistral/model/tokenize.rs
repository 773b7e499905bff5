//! The engine's own tokens of a dialogue.

use crate::engine::{Failure, Message, engine_errors};
use mistralrs::{Model, TextMessageRole, TextMessages};
use scorers::{FailureKind, Role};

/// The tokens of the dialogue under the model's own chat template, by the engine. Special tokens come from the
/// template alone, so none is doubled; thinking is switched off where the template knows it.
pub(super) async fn tokenize(model: &Model, messages: &[Message]) -> Result<Vec<u32>, Failure> {
    let messages = messages.iter().fold(TextMessages::new(), |all, message| {
        let role = match message.role {
            Role::System => TextMessageRole::System,
            Role::User => TextMessageRole::User,
            Role::Assistant => TextMessageRole::Assistant,
        };
        all.add_message(role, &message.text)
    });
    model
        .tokenize(either::Either::Left(messages), None, false, true, Some(false))
        .await
        .map_err(|error| refused_by_template(&error.to_string()))
}

/// The chat template's refusal, in its own words and with what to do about it.
fn refused_by_template(words: &str) -> Failure {
    let words = engine_errors::words(words);
    let advice = "if it knows no system role, say in the first user turn what the system turn says; if it wants user and \
                  assistant in turn, let no speaker follow on itself";
    let message = format!("the model's chat template refuses this dialogue: {words}; {advice}");
    Failure { kind: FailureKind::Template, message }
}
