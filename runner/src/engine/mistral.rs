//! mistral.rs in this process.
//!
//! Three facts shape this file. The engine trims the text of chat replies, so the dialogue is
//! rendered and tokenized first (with the model's own chat template) and sent as tokens: then the
//! text comes back exactly as generated. A failed forward pass fails every request of its batch, so
//! a failed request is tried once more on its own before it counts as failed. And a receiver that
//! is dropped too early has killed engines before, so every request lives in a task of its own that
//! keeps its receiver whatever happens to the caller.

mod prompts;
mod trace;

use super::{
    Completion, Engine, Failure, Identity, Message, Request, TokenChoice,
    coupling::{Chooser, Draw},
    mistral_build::{ADAPTER, Loaded},
    mistral_draw::{Always, Drawn, Last},
    settings::Settings,
    trouble::Trouble,
};
use futures::future::BoxFuture;
use mistralrs::{
    AdapterSelection, CompletionResponse, CustomLogitsProcessor, Model, NormalRequest, RequestMessage,
    Response, SamplingParams, StopTokens, TextMessageRole, TextMessages,
};
use prompts::Prompts;
use reports::record::{Coupling, Sampling};
use scorers::{FailureKind, Role, StopReason};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Mutex, Semaphore};

/// A loaded model.
pub struct Mistral {
    inner: Arc<Inner>,
    identity: Identity,
    concurrency: usize,
    /// As many as the engine works on at once: a reply is given time from when it has a place, so that none is late
    /// because others were before it.
    places: Semaphore,
    timeout: Duration,
    notes: Vec<String>,
}

struct Inner {
    model: Model,
    /// Makes prompts ready beside the engine; none where only the engine can.
    prompts: Option<Prompts>,
    context: Option<u32>,
    /// Whether the model brings a penalty on repetition along, which requests then have to undo.
    penalty: bool,
    /// Whether an adapter lies on top of the weights.
    adapted: bool,
    /// Held by a request that is tried a second time, so that such requests do not meet in a batch.
    alone: Mutex<()>,
    /// Tokens that have been last in a reply, and whether they are what ends a reply.
    ends: Mutex<HashMap<u32, bool>>,
    /// Tokens of prompts that the engine had kept.
    cached: AtomicU64,
}

impl Mistral {
    /// Wraps a model that was loaded as the settings say.
    pub(super) async fn new(loaded: Loaded, mut identity: Identity, settings: &Settings) -> Self {
        let Loaded { model, ready, .. } = loaded;
        let prompts = match ready {
            Some(ready) => Prompts::of(ready, &model).await,
            None => None,
        };
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
        let (alone, ends) = (Mutex::new(()), Mutex::new(HashMap::new()));
        let inner =
            Inner { model, prompts, context, penalty, adapted, alone, ends, cached: AtomicU64::new(0) };
        Self {
            inner: Arc::new(inner),
            identity,
            concurrency: settings.max_running,
            places: Semaphore::new(settings.max_running.clamp(1, Semaphore::MAX_PERMITS)),
            timeout: settings.timeout,
            notes: too_long.map(shortened).into_iter().collect(),
        }
    }
}

impl Engine for Mistral {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn preferred_concurrency(&self) -> usize {
        self.concurrency
    }

    fn couples(&self) -> bool {
        true
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

    fn shares_prefixes(&self) -> bool {
        // The paged cache keeps the blocks of finished prompts. The other one, where it is switched on, is of no use to
        // branches: it keeps nothing for a prompt that it has seen as a whole.
        self.identity.engine.attention.is_some()
    }

    fn cached_tokens(&self) -> u64 {
        self.inner.cached.load(Ordering::Relaxed)
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn trace(&self, request: Request) -> BoxFuture<'_, Result<Vec<TokenChoice>, Failure>> {
        let inner = Arc::clone(&self.inner);
        let task = tokio::spawn(async move { inner.trace(&request).await });
        Box::pin(async move {
            task.await
                .unwrap_or_else(|panic| Err(Failure::engine(format!("the engine's task broke off: {panic}"))))
        })
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
            Err(_) => {
                let seconds = self.timeout.as_secs_f64();
                let message = format!("no reply within {seconds} s; --timeout sets how long one may take");
                Err(Failure { kind: FailureKind::Timeout, message })
            }
        }
    }
}

/// What a request says to have the adapter used.
fn adapter(adapted: bool) -> Option<AdapterSelection> {
    adapted.then(|| AdapterSelection::alias(ADAPTER))
}

impl Inner {
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
        let completion = match self.complete(prompt.clone(), request, most).await {
            // Where memory gave out, whoever governs the concurrency tries again.
            Err(failure)
                if failure.kind == FailureKind::Engine
                    && Trouble::of(&failure.message) != Some(Trouble::OutOfMemory) =>
            {
                let _alone = self.alone.lock().await;
                self.complete(prompt.clone(), request, most).await?
            }
            other => other?,
        };
        match completion.stop {
            StopReason::Length if most < request.sampling.max_tokens => Err(self.overflow(&prompt)),
            _ => Ok(completion),
        }
    }

    async fn tokenize(&self, messages: &[Message]) -> Result<Vec<u32>, Failure> {
        match self.prompts.as_ref().and_then(|prompts| prompts.tokens(messages)) {
            Some(tokens) => Ok(tokens),
            None => tokenize(&self.model, messages).await,
        }
    }

    async fn complete(&self, prompt: Vec<u32>, request: &Request, most: u32) -> Result<Completion, Failure> {
        let sampling = &request.sampling;
        let draw = draw(sampling)
            .map(|draw| Arc::new(Drawn::new(Chooser::new(draw, sampling, request.seed), prompt.len())));
        let parameters = self.parameters(sampling, draw.is_some(), most);
        let processor = draw.clone().map(|draw| draw as Arc<dyn CustomLogitsProcessor>);
        let done = self.send(prompt, parameters, processor, request.seed).await?;
        let kept = done.usage.prompt_tokens_details.as_ref().map_or(0, |of| of.cached_tokens);
        self.cached.fetch_add(kept as u64, Ordering::Relaxed);
        let last = draw.map_or(Last::Nothing, |draw| draw.last());
        if last == Last::Broken {
            return Err(Failure::engine("the model computed logits that are no numbers"));
        }
        let (text, reason) = first(&done)?;
        let stop = match reason {
            "length" => StopReason::Length,
            "stop" if sampling.stop.is_empty() => StopReason::End,
            // The engine says the same of both; which it was is told by the last token.
            "stop" => match last {
                Last::Token(token) if !self.ends(token).await? => StopReason::StopString,
                _ => StopReason::End,
            },
            other => return Err(Failure::engine(format!("the generation ended with `{other}`"))),
        };
        Ok(Completion {
            text: text.to_owned(),
            stop,
            prompt_tokens: u32::try_from(done.usage.prompt_tokens).unwrap_or(u32::MAX),
            completion_tokens: u32::try_from(done.usage.completion_tokens).unwrap_or(u32::MAX),
        })
    }

    /// What the engine is told. Everything is said outright, since the engine takes what is not from the defaults that
    /// come with a model. Where the tokens are chosen here, it has nothing left to choose.
    fn parameters(&self, sampling: &Sampling, chosen: bool, most: u32) -> SamplingParams {
        let own = |share: Option<f64>| share.filter(|_| !chosen);
        SamplingParams {
            temperature: Some(if chosen { 0.0 } else { sampling.temperature }),
            top_k: Some(sampling.top_k.filter(|_| !chosen).map_or(0, |k| k as usize)),
            top_p: Some(own(sampling.top_p).unwrap_or(1.0)),
            min_p: Some(own(sampling.min_p).unwrap_or(0.0)),
            repetition_penalty: self.penalty.then_some(1.0),
            max_len: Some(most as usize),
            stop_toks: (!sampling.stop.is_empty()).then(|| StopTokens::Seqs(sampling.stop.clone())),
            ..SamplingParams::neutral()
        }
    }

    /// Whether a token ends a reply. The engine does not tell which tokens do, so it is made to say the token: after one
    /// that ends a reply there is no second one.
    async fn ends(&self, token: u32) -> Result<bool, Failure> {
        let mut known = self.ends.lock().await;
        if let Some(ends) = known.get(&token) {
            return Ok(*ends);
        }
        let parameters = SamplingParams {
            temperature: Some(0.0),
            max_len: Some(2),
            repetition_penalty: self.penalty.then_some(1.0),
            ..SamplingParams::neutral()
        };
        let done = self.send(vec![token], parameters, Some(Arc::new(Always(token))), 0).await?;
        let ends = first(&done)?.1 == "stop" && done.usage.completion_tokens == 1;
        known.insert(token, ends);
        Ok(ends)
    }

    async fn send(
        &self,
        prompt: Vec<u32>,
        parameters: SamplingParams,
        processor: Option<Arc<dyn CustomLogitsProcessor>>,
        seed: u64,
    ) -> Result<CompletionResponse, Failure> {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let message = RequestMessage::CompletionTokens(prompt);
        let mut normal = NormalRequest::new_simple(message, parameters, sender, 0, None, None);
        normal.seed = Some(seed);
        normal.logits_processors = processor.map(|processor| vec![processor]);
        normal.adapter = adapter(self.adapted);
        let failed = |error: &dyn std::fmt::Display| Failure::engine(error.to_string());
        let queue = self.model.inner().get_sender(None).map_err(|error| failed(&error))?;
        queue
            .send(mistralrs::Request::Normal(Box::new(normal)))
            .await
            .map_err(|_| Failure::engine("the engine does not take requests any more"))?;
        match receiver.recv().await {
            Some(Response::CompletionDone(done)) => Ok(done),
            Some(Response::CompletionModelError(message, _)) => Err(Failure::engine(message)),
            Some(Response::InternalError(error) | Response::ValidationError(error)) => Err(failed(&error)),
            Some(_) => Err(Failure::engine("the engine answered with something else than a completion")),
            None => Err(Failure::engine("the engine stopped before it answered")),
        }
    }
}

/// The tokens of the dialogue under the model's own chat template, by the engine. Special tokens come from the
/// template alone, so none is doubled; thinking is switched off where the template knows it.
async fn tokenize(model: &Model, messages: &[Message]) -> Result<Vec<u32>, Failure> {
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
        .map_err(|error| Failure::engine(format!("the chat template could not be applied: {error}")))
}

fn length(prompt: &[u32]) -> u32 {
    u32::try_from(prompt.len()).unwrap_or(u32::MAX)
}

/// Whether tokens are chosen here, and how; none where the engine does it. For a reply that a string can end they are
/// always chosen here, since the engine does not say which token was the last.
fn draw(sampling: &Sampling) -> Option<Draw> {
    match sampling.coupling {
        _ if sampling.stop.is_empty() && sampling.temperature <= 0.0 => None,
        Coupling::Gumbel => Some(Draw::Gumbel),
        Coupling::None if sampling.stop.is_empty() => None,
        Coupling::None => Some(Draw::Plain),
    }
}

/// Text of a reply, and why it ended.
fn first(done: &CompletionResponse) -> Result<(&str, &str), Failure> {
    let choice = done.choices.first().ok_or_else(|| Failure::engine("no choice came back"))?;
    Ok((&choice.text, &choice.finish_reason))
}
