//! The engine's own tokens of a dialogue.

use crate::engine::{Failure, Message, engine_errors};
use mistralrs::{Model, TextMessageRole, TextMessages};
use scorers::Role;

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
        .map_err(|error| Failure::refused(engine_errors::words(&error.to_string())))
}
