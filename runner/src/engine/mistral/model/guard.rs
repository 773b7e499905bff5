//! That nobody's words become control tokens: however a prompt was made, it has no more of them than its turns call for.
//!
//! What is said is searched for control tokens before a prompt is made (`control`). But a template may take a text apart or put two together,
//! a tokenizer may read another character as the one that a token is written with, and a prompt that only the engine can make is not searched. So what
//! came of it is counted, and held against the same turns with nothing said in them.

use crate::engine::{Failure, Message};
use scorers::{FailureKind, Role};
use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};
use tokenizers::Tokenizer;

/// Turns of every kind; a model whose template takes no system turn has the others.
pub(super) const TURNS: [&[Role]; 2] =
    [&[Role::System, Role::User, Role::Assistant, Role::User], &[Role::User, Role::Assistant, Role::User]];

/// What counts the control tokens of prompts.
pub(super) struct Guard {
    controls: HashSet<u32>,
    /// How many there are in turns in which next to nothing is said.
    expected: Mutex<HashMap<Vec<Role>, usize>>,
}

/// Turns in which next to nothing is said.
pub(super) fn bare(roles: &[Role]) -> Vec<Message> {
    roles.iter().map(|role| Message { role: *role, text: "x".to_owned() }).collect()
}

impl Guard {
    /// The special tokens of a tokenizer, and those of its added ones that `turns`, the tokens of [`bare`] dialogues, hold. Marks of reasoning
    /// begin and end no turn, and replies have them.
    pub(super) fn of(tokenizer: &Tokenizer, turns: &[u32]) -> Self {
        let added = tokenizer.get_added_tokens_decoder();
        let controls = added
            .iter()
            .filter(|(id, token)| !token.content.contains("think") && (token.special || turns.contains(id)));
        Self { controls: controls.map(|(id, _)| *id).collect(), expected: Mutex::default() }
    }

    fn count(&self, tokens: &[u32]) -> usize {
        tokens.iter().filter(|token| self.controls.contains(token)).count()
    }

    /// That a prompt has no more control tokens than its turns call for; `made` makes prompts.
    ///
    /// # Errors
    /// When it has more, or its turns cannot be made a prompt of when nothing is said in them.
    pub(super) async fn check<Made: Future<Output = Result<Vec<u32>, Failure>>>(
        &self,
        messages: &[Message],
        prompt: &[u32],
        made: impl Fn(Vec<Message>) -> Made,
    ) -> Result<(), Failure> {
        let (count, roles) =
            (self.count(prompt), messages.iter().map(|message| message.role).collect::<Vec<_>>());
        let known = self.expected.lock().unwrap_or_else(PoisonError::into_inner).get(&roles).copied();
        let expected = match known {
            Some(expected) => expected,
            None => {
                let expected = self.count(&made(bare(&roles)).await?);
                self.expected.lock().unwrap_or_else(PoisonError::into_inner).insert(roles, expected);
                expected
            }
        };
        if count <= expected {
            return Ok(());
        }
        // Some templates do with a text what they do not with another one, so the same texts are tried without what control tokens
        // are written with.
        let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace()).collect();
        let plain = messages.iter().map(|message| Message { role: message.role, text: plain(&message.text) });
        if count <= self.count(&made(plain.collect()).await?) {
            return Ok(());
        }
        let message = "what is said in this dialogue comes to a control token under the model's chat template and tokenizer, which would begin or end a \
                       turn; write it otherwise";
        Err(Failure { kind: FailureKind::Template, message: message.to_owned() })
    }
}
