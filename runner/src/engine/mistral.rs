//! mistral.rs in this process.
//!
//! Three facts shape this file. The engine trims the text of chat replies, so the dialogue is
//! rendered and tokenized first (with the model's own chat template) and sent as tokens: then the
//! text comes back exactly as generated. A failed forward pass fails every request of its batch, so
//! a failed request is tried once more on its own before it counts as failed. And a receiver that
//! is dropped too early has killed engines before, so every request lives in a task of its own that
//! keeps its receiver whatever happens to the caller.

mod trace;

use super::{
    Completion, Engine, Failure, Identity, Message, Request, TokenChoice, mistral_build::ADAPTER,
    trouble::Trouble,
};
use futures::future::BoxFuture;
use mistralrs::{
    AdapterSelection, Model, NormalRequest, RequestMessage, Response, SamplingParams, StopTokens,
    TextMessageRole, TextMessages,
};
use scorers::{FailureKind, Role, StopReason};
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// Longest time that one generation may take, queueing included.
pub const TIMEOUT: Duration = Duration::from_secs(600);

/// A loaded model.
pub struct Mistral {
    inner: Arc<Inner>,
    identity: Identity,
    concurrency: usize,
}

struct Inner {
    model: Model,
    context: Option<u32>,
    /// Whether an adapter lies on top of the weights.
    adapted: bool,
    /// Held by a request that is tried a second time, so that such requests do not meet in a batch.
    alone: Mutex<()>,
}

impl Mistral {
    /// Wraps a loaded model.
    pub fn new(model: Model, mut identity: Identity, concurrency: usize) -> Self {
        let longest =
            model.max_sequence_length().ok().flatten().and_then(|length| u32::try_from(length).ok());
        // What was asked for holds where the model can do more.
        let context = identity.engine.context.into_iter().chain(longest).min();
        identity.engine.context = context;
        let adapted = identity.model.adapter.is_some();
        let inner = Inner { model, context, adapted, alone: Mutex::new(()) };
        Self { inner: Arc::new(inner), identity, concurrency }
    }
}

impl Engine for Mistral {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn preferred_concurrency(&self) -> usize {
        self.concurrency
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        let inner = Arc::clone(&self.inner);
        let task = tokio::spawn(async move { inner.generate(&request).await });
        Box::pin(async move {
            match tokio::time::timeout(TIMEOUT, task).await {
                Ok(Ok(completion)) => completion,
                Ok(Err(panic)) => Err(Failure::engine(format!("the engine's task broke off: {panic}"))),
                Err(_) => {
                    let message = format!("no reply within {} s", TIMEOUT.as_secs());
                    Err(Failure { kind: FailureKind::Timeout, message })
                }
            }
        })
    }

    fn shares_prefixes(&self) -> bool {
        // The paged cache keeps the blocks of finished prompts; without it the engine keeps none.
        self.identity.engine.attention.is_some()
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

/// What a request says to have the adapter used.
fn adapter(adapted: bool) -> Option<AdapterSelection> {
    adapted.then(|| AdapterSelection::alias(ADAPTER))
}

impl Inner {
    async fn generate(&self, request: &Request) -> Result<Completion, Failure> {
        let prompt = self.tokenize(&request.messages).await?;
        let prompt_tokens = u32::try_from(prompt.len()).unwrap_or(u32::MAX);
        let room = self.context.map_or(u32::MAX, |context| context.saturating_sub(prompt_tokens));
        let overflow = || Failure {
            kind: FailureKind::ContextOverflow,
            message: format!(
                "a prompt of {prompt_tokens} tokens and its reply do not fit into a context of {} tokens; --context sets it, up to what the model was made for",
                self.context.unwrap_or(0)
            ),
        };
        if room == 0 {
            return Err(overflow());
        }
        let most = request.sampling.max_tokens.min(room);
        let completion = match self.complete(prompt.clone(), request, most).await {
            // Where memory gave out, whoever governs the concurrency tries again.
            Err(failure)
                if failure.kind == FailureKind::Engine
                    && Trouble::of(&failure.message) != Some(Trouble::OutOfMemory) =>
            {
                let _alone = self.alone.lock().await;
                self.complete(prompt, request, most).await?
            }
            other => other?,
        };
        match completion.stop {
            StopReason::Length if most < request.sampling.max_tokens => Err(overflow()),
            _ => Ok(completion),
        }
    }

    /// The tokens of the dialogue under the model's own chat template. Special tokens come from the
    /// template alone, so none is doubled; thinking is switched off where the template knows it.
    async fn tokenize(&self, messages: &[Message]) -> Result<Vec<u32>, Failure> {
        let messages = messages.iter().fold(TextMessages::new(), |all, message| {
            let role = match message.role {
                Role::System => TextMessageRole::System,
                Role::User => TextMessageRole::User,
                Role::Assistant => TextMessageRole::Assistant,
            };
            all.add_message(role, &message.text)
        });
        self.model
            .tokenize(either::Either::Left(messages), None, false, true, Some(false))
            .await
            .map_err(|error| Failure::engine(format!("the chat template could not be applied: {error}")))
    }

    async fn complete(&self, prompt: Vec<u32>, request: &Request, most: u32) -> Result<Completion, Failure> {
        let sampling = &request.sampling;
        let parameters = SamplingParams {
            temperature: Some(sampling.temperature),
            top_k: sampling.top_k.map(|k| k as usize),
            top_p: sampling.top_p,
            min_p: sampling.min_p,
            max_len: Some(most as usize),
            stop_toks: (!sampling.stop.is_empty()).then(|| StopTokens::Seqs(sampling.stop.clone())),
            ..SamplingParams::neutral()
        };
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let message = RequestMessage::CompletionTokens(prompt);
        let mut normal = NormalRequest::new_simple(message, parameters, sender, 0, None, None);
        normal.seed = Some(request.seed);
        normal.adapter = adapter(self.adapted);
        let failed = |error: &dyn std::fmt::Display| Failure::engine(error.to_string());
        let queue = self.model.inner().get_sender(None).map_err(|error| failed(&error))?;
        queue
            .send(mistralrs::Request::Normal(Box::new(normal)))
            .await
            .map_err(|_| Failure::engine("the engine does not take requests any more"))?;
        match receiver.recv().await {
            Some(Response::CompletionDone(done)) => {
                let usage = (done.usage.prompt_tokens, done.usage.completion_tokens);
                let choice =
                    done.choices.into_iter().next().ok_or_else(|| Failure::engine("no choice came back"))?;
                let stop = match choice.finish_reason.as_str() {
                    "length" => StopReason::Length,
                    "stop" => StopReason::End,
                    other => return Err(Failure::engine(format!("the generation ended with `{other}`"))),
                };
                Ok(Completion {
                    text: choice.text,
                    stop,
                    prompt_tokens: u32::try_from(usage.0).unwrap_or(u32::MAX),
                    completion_tokens: u32::try_from(usage.1).unwrap_or(u32::MAX),
                })
            }
            Some(Response::CompletionModelError(message, _)) => Err(Failure::engine(message)),
            Some(Response::InternalError(error) | Response::ValidationError(error)) => Err(failed(&error)),
            Some(_) => Err(Failure::engine("the engine answered with something else than a completion")),
            None => Err(Failure::engine("the engine stopped before it answered")),
        }
    }
}
