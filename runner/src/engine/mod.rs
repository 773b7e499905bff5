//! Engines: what turns a dialogue so far into the model's next turn.
//!
//! One small, object-safe trait stands between the run and everything that generates text. The real
//! engine is mistral.rs, in this process or in one of its own; the scripted one answers from a file in microseconds, so
//! that scheduling, scoring, reports and resuming are tested without a model.

pub mod coupling;
pub mod device;
mod dispatch;
pub mod engine_errors;
pub mod footprint;
pub mod hub;
pub mod isolated;
pub mod kind;
pub mod layout;
pub mod limiter;
pub mod load;
pub mod load_check;
pub mod load_error;
pub mod machine;
pub mod mistral;
pub mod model_files;
pub mod options;
mod parse_reference;
pub mod pool;
pub mod recorded;
pub mod reference;
pub mod scripted;
pub mod settings;
pub mod source;
pub mod weights;

use futures::future::BoxFuture;
pub use reports::record::dialogue::Message;
use reports::{
    audit,
    record::{EngineIdentity, ModelIdentity, Sampling, dialogue::Ask},
};
use scorers::{FailureKind, StopReason};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What to generate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The dialogue so far, oldest first; the model speaks next.
    pub messages: Vec<Message>,
    /// What it is to answer with. Its texts have been filled in.
    #[serde(default)]
    pub ask: Ask,
    /// How to sample.
    pub sampling: Sampling,
    /// Seed of this one generation.
    pub seed: u64,
}

impl Request {
    /// Asks for any text.
    pub fn new(messages: Vec<Message>, sampling: Sampling, seed: u64) -> Self {
        Self { messages, ask: Ask::Text, sampling, seed }
    }
}

/// What the model said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Completion {
    /// The text exactly as generated, leading white space included.
    pub text: String,
    /// Why it ended.
    pub stop: StopReason,
    /// Tokens of the prompt, chat template included.
    pub prompt_tokens: u32,
    /// Tokens generated.
    pub completion_tokens: u32,
    /// Probability of each option of a choice, in their order; empty where there was none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<f64>,
}

/// Why there is no completion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// The engine's words.
    pub message: String,
}

impl Failure {
    /// A failure of the engine itself, in its words; or of the model's chat template, where those say so.
    pub fn engine(message: impl AsRef<str>) -> Self {
        let words = engine_errors::words(message.as_ref());
        match engine_errors::template_words(words) {
            Some(said) => Self::refused(said),
            None => Self { kind: FailureKind::Engine, message: words.to_owned() },
        }
    }

    /// There was no reply in time.
    pub fn late(timeout: Duration) -> Self {
        let seconds = timeout.as_secs_f64();
        let message = format!("no reply within {seconds} s; --timeout sets how long one may take");
        Self { kind: FailureKind::Timeout, message }
    }

    /// The model's chat template does not take the dialogue: its own words, and what to do.
    pub fn refused(said: &str) -> Self {
        let advice = engine_errors::template_advice(said);
        let message = format!("the model's chat template refused the dialogue: {said}; {advice}");
        Self { kind: FailureKind::Template, message }
    }
}

/// One token of a greedy reply, and how nearly it was another.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenChoice {
    /// The token's text. Some tokenizers lose a leading space when a token is decoded alone.
    pub text: String,
    /// Natural logarithm of its probability.
    pub log_probability: f32,
    /// The runner-up with its log-probability; none where the engine gives none.
    pub runner_up: Option<(String, f32)>,
}

impl From<TokenChoice> for audit::Candidate {
    fn from(choice: TokenChoice) -> Self {
        Self {
            text: choice.text,
            log_probability: f64::from(choice.log_probability),
            runner_up: choice.runner_up.map(|(text, log_probability)| (text, f64::from(log_probability))),
        }
    }
}

/// Which model and engine a record speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The model, down to its bytes.
    pub model: ModelIdentity,
    /// What runs it.
    pub engine: EngineIdentity,
}

/// What an engine can do. A run that needs what an engine of its cast cannot do is refused at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// It can draw as [`reports::record::Coupling::Gumbel`] says. Records of an engine that cannot say so.
    pub couples: bool,
    /// A prompt is computed faster when another one with the same beginning was computed before.
    pub shares_prefixes: bool,
    /// It can be held to a JSON Schema ([`Ask::Json`]).
    pub constrains: bool,
    /// It can choose among options by their probability ([`Ask::Choose`]).
    pub chooses: bool,
    /// It knows how probable the tokens of a reply were ([`Engine::trace`]).
    #[serde(default)]
    pub log_probabilities: bool,
}

/// Generates turns. Many calls may be in flight at once; each answers for itself alone.
///
/// An engine says what it is, for how many it has room, and generates; what else it can, it says or leaves out. One that is put around
/// another ([`inner`](Self::inner)) answers what it has something to do with, and the other one everything else.
pub trait Engine: Send + Sync {
    /// The engine that this one is put around, if any.
    fn inner(&self) -> Option<&dyn Engine> {
        None
    }

    /// What the record says of this engine.
    fn identity(&self) -> &Identity;

    /// How many generations it works on at once; fewer once memory has given out.
    fn room(&self) -> usize;

    /// How many generations are worth having in flight: what it works on at once, and an eighth more whose prompts are
    /// made ready meanwhile.
    fn worthwhile_concurrency(&self) -> usize {
        let room = self.room();
        room.saturating_add(room.div_ceil(8))
    }

    /// What it can do.
    fn facts(&self) -> Facts {
        self.inner().map_or_else(Facts::default, |engine| engine.facts())
    }

    /// Generates one turn. The future may be dropped at any time without harm to other calls.
    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>>;

    /// Whether it has anything to say under a seed. Models always have; who says a record again has only what is there.
    fn has_words(&self, seed: u64) -> bool {
        self.inner().is_none_or(|engine| engine.has_words(seed))
    }

    /// Generates one turn greedily, whatever the request says of sampling, and returns its tokens with their
    /// probabilities. Audits ask for them, of engines that have them ([`Facts::log_probabilities`]).
    fn trace(&self, request: Request) -> BoxFuture<'_, Result<Vec<TokenChoice>, Failure>> {
        match self.inner() {
            Some(engine) => engine.trace(request),
            None => Box::pin(std::future::ready(Err(Failure::engine("this engine knows no probabilities")))),
        }
    }

    /// Tokens of prompts so far that the engine had kept and did not compute again, by its own count.
    fn cached_tokens(&self) -> u64 {
        self.inner().map_or(0, |engine| engine.cached_tokens())
    }

    /// Replies so far that failed, or were in flight when another one failed, and were generated anew.
    fn failures(&self) -> u64 {
        self.inner().map_or(0, |engine| engine.failures())
    }

    /// What whoever started the run should know of how it went, beside the record.
    fn notes(&self) -> Vec<String> {
        self.inner().map_or_else(Vec::new, |engine| engine.notes())
    }
}
