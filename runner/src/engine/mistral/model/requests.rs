//! Requests to mistral.rs: what it is told, and what its answers mean.

use super::{Inner, flights::Landing};
use crate::engine::{
    Completion, Failure, Request,
    coupling::{Chooser, Draw},
    mistral::{
        build::ADAPTER,
        draw::{Always, Drawn, Last},
    },
};
use mistralrs::{
    AdapterSelection, CompletionResponse, Constraint, CustomLogitsProcessor, NormalRequest, RequestMessage,
    Response, SamplingParams, StopTokens,
};
use reports::record::{Coupling, Sampling};
use scorers::{FailureKind, StopReason};
use serde_json::{Value as Json, json};
use std::sync::{Arc, atomic::Ordering};

/// What is said of a reply that was in flight when the forward pass of another one failed.
const VOID: &str = "another reply failed in the engine while this one was being computed";

impl Inner {
    /// One completion of a prompt, of so many tokens at most; with a schema, JSON that it describes.
    ///
    /// The engine looks at the token that was chosen. One that the JSON cannot go on with is chosen again among those that it can, by the
    /// same draw, so the reply is distributed as the model's under the condition that each of its tokens can be there.
    pub(super) async fn complete(
        &self,
        prompt: Vec<u32>,
        request: &Request,
        most: u32,
        schema: Option<&Json>,
    ) -> Result<Completion, Failure> {
        let sampling = &request.sampling;
        let draw = draw(sampling)
            .map(|draw| Arc::new(Drawn::new(Chooser::new(draw, sampling, request.seed), prompt.len())));
        let parameters = self.parameters(sampling, draw.is_some(), most);
        let processor = draw.clone().map(|draw| draw as Arc<dyn CustomLogitsProcessor>);
        let done = match schema {
            None => self.send(prompt, parameters, processor, request.seed).await?,
            Some(schema) => {
                let constraint = Constraint::JsonSchema(compact(schema));
                let processors = processor.map(|processor| vec![processor]);
                let further = |normal: &mut NormalRequest| {
                    normal.logits_processors = processors;
                    normal.constraint = constraint;
                };
                self.ask(prompt, parameters, request.seed, further).await.map_err(unheld)?
            }
        };
        let kept = done.usage.prompt_tokens_details.as_ref().map_or(0, |of| of.cached_tokens);
        self.cached.fetch_add(kept as u64, Ordering::Relaxed);
        let last = draw.map_or(Last::Nothing, |draw| draw.last());
        if last == Last::Broken {
            return Err(Failure::engine("the model computed logits that are no numbers"));
        }
        let (text, reason) = first(&done)?;
        let stop = match reason {
            // The grammar's own end is not always one of the model's, which then goes on saying nothing.
            "length" if schema.is_some() && is_whole(text) => StopReason::End,
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
            weights: Vec::new(),
        })
    }

    /// What the engine is told. Everything is said outright, since the engine takes what is not from the defaults that
    /// come with a model. Where the tokens are chosen here, it has nothing left to choose.
    pub(super) fn parameters(&self, sampling: &Sampling, chosen: bool, most: u32) -> SamplingParams {
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

    /// Sends a request with what chooses its tokens, if anything does.
    pub(super) async fn send(
        &self,
        prompt: Vec<u32>,
        parameters: SamplingParams,
        processor: Option<Arc<dyn CustomLogitsProcessor>>,
        seed: u64,
    ) -> Result<CompletionResponse, Failure> {
        let processors = processor.map(|processor| vec![processor]);
        self.ask(prompt, parameters, seed, |normal| normal.logits_processors = processors).await
    }

    /// Sends a request with what is further asked of it, and waits for the answer.
    pub(super) async fn ask(
        &self,
        prompt: Vec<u32>,
        parameters: SamplingParams,
        seed: u64,
        further: impl FnOnce(&mut NormalRequest),
    ) -> Result<CompletionResponse, Failure> {
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let message = RequestMessage::CompletionTokens(prompt);
        let mut normal = NormalRequest::new_simple(message, parameters, sender, 0, None, None);
        normal.seed = Some(seed);
        normal.adapter = self.adapted.then(|| AdapterSelection::alias(ADAPTER));
        further(&mut normal);
        let failed = |error: &dyn std::fmt::Display| Failure::engine(error.to_string());
        let queue = self.model.inner().get_sender(None).map_err(|error| failed(&error))?;
        let send = queue.send(mistralrs::Request::Normal(Box::new(normal)));
        let Landing { answer, void } = self
            .flights
            .land(receiver, send)
            .await
            .map_err(|_| Failure::engine("the engine does not take requests any more"))?;
        match answer {
            Some(Response::CompletionDone(_)) if void => Err(Failure::engine(VOID)),
            Some(Response::CompletionDone(done)) => Ok(done),
            Some(Response::CompletionModelError(message, _)) => {
                let failure = Failure::engine(message);
                self.first_failure.get_or_init(|| failure.message.clone());
                Err(failure)
            }
            Some(Response::InternalError(error) | Response::ValidationError(error)) => Err(failed(&error)),
            Some(_) => Err(Failure::engine("the engine answered with something else than a completion")),
            None => Err(Failure::engine("the engine stopped before it answered")),
        }
    }
}

/// A schema by which JSON has no white space that says nothing: small models never come to the end of it.
fn compact(schema: &Json) -> Json {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        let guidance = json!({ "whitespace_flexible": false, "item_separator": ", ", "key_separator": ": " });
        fields.insert("x-guidance".to_owned(), guidance);
    }
    schema
}

/// Whether a text is JSON that cannot go on; a number could.
fn is_whole(text: &str) -> bool {
    serde_json::from_str::<Json>(text).is_ok_and(|value| !value.is_number())
}

/// A schema that the engine has no grammar for is no failure of the engine.
fn unheld(failure: Failure) -> Failure {
    match failure.message.split_once("Invalid grammar. ") {
        Some((_, reason)) => {
            let message = format!("the engine cannot hold a reply to this JSON Schema: {reason}");
            Failure { kind: FailureKind::Contract, message }
        }
        None => failure,
    }
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
