//! What the process of an engine is asked, and what it says: one JSON object per line.
//!
//! Whatever is said is hostile input. A line has a greatest length, an object no key that is not known, and numbers of
//! the engine that size something have bounds. Nothing here knows processes or pipes; a test can say anything.

use crate::engine::{
    Completion, Engine, Facts, Failure, Identity, Request, TokenChoice, reference::ModelReference,
    settings::Settings,
};
use reports::format::safe;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, BufRead, Read};
use thiserror::Error;

/// Bytes of a line, at most: more than a reply of the most tokens has, and the probabilities of them.
pub(super) const LONGEST: usize = 64 << 20;
/// Notes of an engine, at most, and characters of each.
const NOTES: usize = 32;
const NOTE: usize = 4_000;
/// Generations that an engine can say to work on at once, at most.
const AT_ONCE: usize = 1 << 20;
/// Characters that are quoted of what cannot be read.
const QUOTED: usize = 200;

/// What the parent wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Asked {
    /// The first line, and no other: which model.
    Load(Box<Order>),
    /// A turn.
    Generate { id: u64, request: Request },
    /// A greedy turn with its probabilities.
    Trace { id: u64, request: Request },
}

/// Which model, and what the process may take for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The model.
    pub reference: ModelReference,
    /// How it computes.
    pub settings: Settings,
    /// Bytes of memory that may be written to; none for any number.
    pub memory: Option<u64>,
}

/// What the process of the engine says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum FromEngine {
    /// The model is loaded.
    Ready(Box<Ready>),
    /// The model cannot be loaded, and the process ends.
    Refused { reason: String },
    /// The engine has other numbers or notes than before.
    State(State),
    /// The tasks of the process still get their turn.
    Alive {},
    /// A turn.
    Reply { id: u64, completion: Completion },
    /// No turn.
    Failed { id: u64, failure: Failure },
    /// A greedy turn with its probabilities.
    Traced { id: u64, tokens: Vec<Token> },
}

/// What does not change of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ready {
    pub(super) identity: Identity,
    pub(super) facts: Facts,
    pub(super) state: State,
}

/// What changes of an engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub(super) room: usize,
    pub(super) cached_tokens: u64,
    pub(super) failures: u64,
    pub(super) notes: Vec<String>,
}

/// A token of a greedy reply. Its logarithms go by their bits: those of a token that cannot be are infinite, for which
/// JSON has no number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    text: String,
    log_probability: u32,
    runner_up: Option<(String, u32)>,
}

/// Why a line is none of ours.
#[derive(Debug, Error)]
pub enum WireError {
    /// It does not end.
    #[error("a line of more than {} MiB", LONGEST >> 20)]
    TooLong,
    /// It is not what it should be.
    #[error("a line that cannot be read ({0})")]
    Malformed(String),
    /// It can be read, and says too much.
    #[error("more than there can be: {0}")]
    TooMuch(&'static str),
    /// It is not its turn.
    #[error("something that was not asked for: {0}")]
    Unexpected(&'static str),
    /// The pipe itself failed.
    #[error("nothing that can be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// The next line without its line break, or none at the end. A line that breaks off is the end.
///
/// # Errors
/// When the line is longer than [`LONGEST`], or nothing can be read.
pub(super) fn read_line(reader: &mut impl BufRead) -> Result<Option<Vec<u8>>, WireError> {
    let mut line = Vec::new();
    reader.take(LONGEST as u64 + 1).read_until(b'\n', &mut line)?;
    match line.pop() {
        Some(b'\n') => Ok(Some(line)),
        _ if line.len() >= LONGEST => Err(WireError::TooLong),
        _ => Ok(None),
    }
}

/// A message as a line with its line break.
///
/// # Errors
/// When it would be too long to be read again.
pub(super) fn line(message: &impl Serialize) -> Result<Vec<u8>, WireError> {
    let mut line = serde_json::to_vec(message).map_err(malformed)?;
    line.push(b'\n');
    if line.len() > LONGEST { Err(WireError::TooLong) } else { Ok(line) }
}

fn malformed(error: serde_json::Error) -> WireError {
    WireError::Malformed(safe::excerpt(&error.to_string(), QUOTED))
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, WireError> {
    serde_json::from_slice(line).map_err(malformed)
}

impl Asked {
    /// Reads a line of the parent.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn parse(line: &[u8]) -> Result<Self, WireError> {
        parse(line)
    }
}

impl FromEngine {
    /// Reads a line of the process.
    ///
    /// # Errors
    /// When it is none, or says more than an engine has.
    pub(super) fn parse(line: &[u8]) -> Result<Self, WireError> {
        let said: Self = parse(line)?;
        match &said {
            Self::Ready(ready) => ready.state.check()?,
            Self::State(state) => state.check()?,
            _ => {}
        }
        Ok(said)
    }
}

impl Ready {
    /// What an engine is.
    pub(super) fn of(engine: &dyn Engine) -> Self {
        Self { identity: engine.identity().clone(), facts: engine.facts(), state: State::of(engine) }
    }
}

impl State {
    /// How an engine is now. Notes that are longer than people read are cut.
    pub(super) fn of(engine: &dyn Engine) -> Self {
        let fitting = |note: String| match note.chars().nth(NOTE) {
            Some(_) => safe::excerpt(&note, NOTE - 1),
            None => note,
        };
        Self {
            room: engine.room().min(AT_ONCE),
            cached_tokens: engine.cached_tokens(),
            failures: engine.failures(),
            notes: engine.notes().into_iter().take(NOTES).map(fitting).collect(),
        }
    }

    fn check(&self) -> Result<(), WireError> {
        if self.room > AT_ONCE {
            return Err(WireError::TooMuch("generations at once"));
        }
        if self.notes.len() > NOTES || self.notes.iter().any(|note| note.chars().nth(NOTE).is_some()) {
            return Err(WireError::TooMuch("notes"));
        }
        Ok(())
    }
}

impl From<TokenChoice> for Token {
    fn from(choice: TokenChoice) -> Self {
        let TokenChoice { text, log_probability, runner_up } = choice;
        let runner_up = runner_up.map(|(text, log_probability)| (text, log_probability.to_bits()));
        Self { text, log_probability: log_probability.to_bits(), runner_up }
    }
}

impl From<Token> for TokenChoice {
    fn from(token: Token) -> Self {
        let Token { text, log_probability, runner_up } = token;
        let runner_up = runner_up.map(|(text, bits)| (text, f32::from_bits(bits)));
        Self { text, log_probability: f32::from_bits(log_probability), runner_up }
    }
}

#[cfg(test)]
mod tests;
