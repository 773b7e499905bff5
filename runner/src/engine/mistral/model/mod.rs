//! mistral.rs in this process.
//!
//! Three facts shape this file. The engine trims the text of chat replies, so the dialogue is
//! rendered and tokenized first (with the model's own chat template) and sent as tokens: then the
//! text comes back exactly as generated. A failed forward pass fails every request of its batch and spoils
//! what else is in flight (see `flights`), so all of these are tried once more, with nothing else in the engine, before
//! they count as failed. And a receiver that is dropped too early has killed engines before, so every request lives in
//! a task of its own that keeps its receiver whatever happens to the caller.

mod choices;
mod control;
mod flights;
mod guard;
mod prompts;
mod requests;
mod tokenize;
mod trace;

use super::build::Loaded;
use crate::engine::{
    Completion, Engine, Facts, Failure, Identity, Message, Request, TokenChoice, engine_errors::Trouble,
    settings::Settings,
};
use flights::Flights;
use futures::future::BoxFuture;
use guard::Guard;
use mistralrs::Model;
pub(super) use prompts::Ready;
use prompts::{ENDLESS, Prompts, Unmade, writes_date};
use reports::record::{PromptRecord, dialogue::Ask};
use scorers::{FailureKind, StopReason};
use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokenize::tokenize;
use tokenizers::Tokenizer;
use tokio::sync::{Mutex, RwLock, Semaphore};

/// A loaded model.
pub(super) struct Mistral {
    inner: Arc<Inner>,
    identity: Identity,
    concurrency: usize,
    /// As many as the engine works on at once: a reply is given time from when it has a place, so that none is late
    /// because others were before it.
    places: Semaphore,
    timeout: Duration,
    /// What is known of the settings before anything is generated.
    notes: Vec<String>,
}

struct Inner {
    model: Model,
    /// Makes prompts ready beside the engine; none where only the engine can.
    prompts: Option<Prompts>,
    /// Turns options of a choice into tokens; none where nobody knows the tokenizer.
    tokenizer: Option<Arc<Tokenizer>>,
    /// Counts control tokens in them; likewise.
    guard: Option<Guard>,
    context: Option<u32>,
    /// Whether the model brings a penalty on repetition along, which requests then have to undo.
    penalty: bool,
    /// Whether an adapter lies on top of the weights.
    adapted: bool,
    /// What the engine works on.
    flights: Flights,
    /// Shared by the requests in flight; one that is tried a second time has the engine to itself.
    engine: RwLock<()>,
    /// Replies that were generated anew, and the engine's words the first time.
    anew: AtomicU64,
    first_failure: OnceLock<String>,
    /// Tokens that have been last in a reply, and whether they are what ends a reply.
    ends: Mutex<HashMap<u32, bool>>,
    /// Tokens of prompts that the engine had kept.
    cached: AtomicU64,
}

impl Mistral {
    /// Wraps a model that was loaded as the settings say.
    ///
    /// # Errors
    /// When its chat template does not come to an end.
    pub(super) async fn new(
        loaded: Loaded,
        mut identity: Identity,
        settings: &Settings,
    ) -> Result<Self, &'static str> {
        let Loaded { model, ready, .. } = loaded;
        let dated =
            ready.as_ref().map(|ready| ready.template.clone()).filter(|template| writes_date(template));
        let tokenizer = ready.as_ref().map(|ready| Arc::clone(&ready.tokenizer));
        let prompts = match ready {
            Some(ready) => match Prompts::of(ready, &model, settings.date).await {
                Ok(prompts) => Some(prompts),
                Err(Unmade::LeftToTheEngine) => None,
                Err(Unmade::Endless) => return Err(ENDLESS),
            },
            None => None,
        };
        let clock = dated.filter(|_| prompts.is_none());
        let by_clock = clock.clone().map(by_the_clock);
        identity.model.prompt = prompts.as_ref().map(Prompts::record).or(by_clock);
        let clock = clock.map(|_| CLOCK.to_owned());
        let longest =
            model.max_sequence_length().ok().flatten().and_then(|length| u32::try_from(length).ok());
        // What was asked for holds where the model can do more.
        let context = settings.context.into_iter().chain(longest).min();
        identity.engine.context = context;
        let too_long = settings.context.zip(longest).filter(|(asked, longest)| asked > longest);
        let shortened = |(asked, longest)| {
            format!(
                "--context {asked} is more than the {longest} tokens that the model was made for, which hold"
            )
        };
        let defaults = model.config().ok().and_then(|config| config.generation_defaults);
        let penalty = defaults.is_some_and(|defaults| defaults.repetition_penalty.is_some());
        let adapted = identity.model.adapter.is_some();
        let inner = Inner {
            model,
            prompts,
            tokenizer: tokenizer.clone(),
            guard: None,
            context,
            penalty,
            adapted,
            flights: Flights::default(),
            engine: RwLock::new(()),
            anew: AtomicU64::new(0),
            first_failure: OnceLock::new(),
            ends: Mutex::new(HashMap::new()),
            cached: AtomicU64::new(0),
        };
        let guard = match tokenizer {
            Some(tokenizer) => Some(inner.guard(&tokenizer).await),
            None => None,
        };
        Ok(Self {
            inner: Arc::new(Inner { guard, ..inner }),
            identity,
            concurrency: settings.max_running,
            places: Semaphore::new(settings.max_running.clamp(1, Semaphore::MAX_PERMITS)),
            timeout: settings.timeout,
            notes: settings.notes.iter().cloned().chain(too_long.map(shortened)).chain(clock).collect(),
        })
    }
}

impl Engine for Mistral {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn room(&self) -> usize {
        self.concurrency
    }

    fn facts(&self) -> Facts {
        // The paged cache keeps the blocks of finished prompts. The other one, where it is switched on, is of no use to
        // branches: it keeps nothing for a prompt that it has seen as a whole.
        let shares_prefixes = self.identity.engine.attention.is_some();
        let chooses = self.inner.tokenizer.is_some();
        Facts { couples: true, shares_prefixes, constrains: true, chooses, log_probabilities: true }
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        let (inner, also) = (Arc::clone(&self.inner), Arc::clone(&self.inner));
        let request = Arc::new(request);
        Box::pin(async move {
            // The prompt is made ready before there is a place for it, so that the place is not empty meanwhile.
            let asked = Arc::clone(&request);
            let prompt = self.in_time(async move { also.prompt(&asked).await }).await?;
            // The semaphore is never closed; without a place the reply is merely given less time.
            let _place = self.places.acquire().await.ok();
            self.in_time(async move { inner.reply(prompt, &request).await }).await
        })
    }

    fn cached_tokens(&self) -> u64 {
        self.inner.cached.load(Ordering::Relaxed)
    }

    fn failures(&self) -> u64 {
        self.inner.anew.load(Ordering::Relaxed)
    }

    fn notes(&self) -> Vec<String> {
        let anew = self.inner.anew.load(Ordering::Relaxed);
        let first = self.inner.first_failure.get();
        let failed = first.map(|first| {
            format!(
                "forward passes failed in the engine; the {anew} replies in flight then were generated anew, one at a \
                 time: {first}"
            )
        });
        self.notes.iter().cloned().chain(failed).collect()
    }

    fn trace(&self, request: Request) -> BoxFuture<'_, Result<Vec<TokenChoice>, Failure>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(self.in_time(async move { inner.trace(&request).await }))
    }
}

impl Mistral {
    /// Work for the engine, in a task of its own.
    async fn in_time<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(self.timeout, tokio::spawn(work)).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(Failure::engine(format!("the engine's task broke off: {panic}"))),
            Err(_) => Err(Failure::late(self.timeout)),
        }
    }
}

/// What the record says of prompts into which the engine writes the day of the clock: two runs of different days cannot be taken for
/// the same.
fn by_the_clock(template: String) -> PromptRecord {
    let date = Some(format!("{} by the clock", jiff::Zoned::now().date()));
    PromptRecord { template, example: None, date }
}

impl Inner {
    async fn guard(&self, tokenizer: &Tokenizer) -> Guard {
        let mut turns = Vec::new();
        for roles in guard::TURNS {
            // A template that refuses one of them has the other.
            turns.extend(self.made(&guard::bare(roles)).await.unwrap_or_default());
        }
        Guard::of(tokenizer, &turns)
    }

    /// The tokens of a prompt that leaves room for a reply.
    async fn prompt(&self, request: &Request) -> Result<Vec<u32>, Failure> {
        let prompt = self.tokenize(&request.messages).await?;
        match self.room(&prompt) {
            0 => Err(self.overflow(&prompt)),
            _ => Ok(prompt),
        }
    }

    /// Tokens that a reply to a prompt can have.
    fn room(&self, prompt: &[u32]) -> u32 {
        self.context.map_or(u32::MAX, |context| context.saturating_sub(length(prompt)))
    }

    fn overflow(&self, prompt: &[u32]) -> Failure {
        Failure {
            kind: FailureKind::ContextOverflow,
            message: format!(
                "a prompt of {} tokens and its reply do not fit into a context of {} tokens; --context sets it, up to what the model was made for",
                length(prompt),
                self.context.unwrap_or(0)
            ),
        }
    }

    async fn reply(&self, prompt: Vec<u32>, request: &Request) -> Result<Completion, Failure> {
        let most = request.sampling.max_tokens.min(self.room(&prompt));
        let shared = self.engine.read().await;
        let completion = self.answer(prompt.clone(), request, most).await;
        drop(shared);
        let completion = match completion {
            // Where memory gave out, whoever governs the concurrency tries again.
            Err(failure)
                if failure.kind == FailureKind::Engine
                    && Trouble::of(&failure.message) != Some(Trouble::OutOfMemory) =>
            {
                self.anew.fetch_add(1, Ordering::Relaxed);
                let _alone = self.engine.write().await;
                self.answer(prompt.clone(), request, most).await?
            }
            other => other?,
        };
        match completion.stop {
            StopReason::Length if most < request.sampling.max_tokens => Err(self.overflow(&prompt)),
            _ => Ok(completion),
        }
    }

    /// What is asked for: a text of so many tokens at most, or one of several options.
    async fn answer(&self, prompt: Vec<u32>, request: &Request, most: u32) -> Result<Completion, Failure> {
        match &request.ask {
            Ask::Text => self.complete(prompt, request, most, None).await,
            Ask::Choose { options } => self.choose(prompt, options, request).await,
            Ask::Json { schema, .. } => self.complete(prompt, request, most, Some(schema)).await,
        }
    }

    async fn tokenize(&self, messages: &[Message]) -> Result<Vec<u32>, Failure> {
        let tokens = self.made(messages).await?;
        if let Some(guard) = &self.guard {
            let made = |messages: Vec<Message>| async move { self.made(&messages).await };
            guard.check(messages, &tokens, made).await?;
        }
        Ok(tokens)
    }

    async fn made(&self, messages: &[Message]) -> Result<Vec<u32>, Failure> {
        let Some(prompts) = &self.prompts else { return tokenize(&self.model, messages).await };
        match prompts.tokens(messages) {
            Ok(tokens) => return Ok(tokens),
            Err(Unmade::Endless) => {
                return Err(Failure { kind: FailureKind::Template, message: ENDLESS.to_owned() });
            }
            Err(Unmade::LeftToTheEngine) => {}
        }
        // The template may refuse the dialogue, and say so itself.
        let tokens = tokenize(&self.model, messages).await?;
        match prompts.spoken(messages) {
            Some(control) => Err(forged(control)),
            None if prompts.are_dated() => Err(another_date()),
            None => Ok(tokens),
        }
    }
}

/// What to say where only the engine can apply a template that writes a date.
const CLOCK: &str = "the model's chat template writes the date, and only mistral.rs itself can apply it, by the clock of this \
                     machine: prompts differ from day to day, whatever `--date` says";

/// The engine would write the day of the clock into a prompt of a run whose record says another date.
fn another_date() -> Failure {
    let message = "the model's chat template writes the date, and only mistral.rs itself can apply it to this dialogue, by the clock of this machine \
                   and not by `--date`";
    Failure { kind: FailureKind::Template, message: message.to_owned() }
}

/// What somebody said holds a control token, which only the engine could make a prompt of, and would take for one.
fn forged(control: &str) -> Failure {
    let message = format!(
        "a turn holds `{control}`, a control token of this model, which would begin or end a turn; write it otherwise"
    );
    Failure { kind: FailureKind::Template, message }
}

fn length(prompt: &[u32]) -> u32 {
    u32::try_from(prompt.len()).unwrap_or(u32::MAX)
}
