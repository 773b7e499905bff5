//! A greedy reply with the probability of each of its tokens and of the runner-up, for audits.

use super::{Inner, Request, TokenChoice};
use crate::engine::Failure;
use mistralrs::{SamplingParams, StopTokens};

/// The token itself and the runner-up.
const CANDIDATES: usize = 2;

impl Inner {
    /// Log-probabilities are natural logarithms of the softmax over the whole vocabulary.
    pub(super) async fn trace(&self, request: &Request) -> Result<Vec<TokenChoice>, Failure> {
        let prompt = self.tokenize(&request.messages).await?;
        let sampling = &request.sampling;
        let parameters = SamplingParams {
            temperature: Some(0.0),
            top_n_logprobs: CANDIDATES,
            // As in the replies that are looked into: a penalty that comes with the model is undone.
            repetition_penalty: self.penalty.then_some(1.0),
            max_len: Some(sampling.max_tokens as usize),
            stop_toks: (!sampling.stop.is_empty()).then(|| StopTokens::Seqs(sampling.stop.clone())),
            ..SamplingParams::neutral()
        };
        let done = self.ask(prompt, parameters, request.seed, |normal| normal.return_logprobs = true).await?;
        let choice = done.choices.into_iter().next();
        let tokens = choice.and_then(|choice| choice.logprobs).and_then(|logprobs| logprobs.content);
        let tokens = tokens.ok_or_else(|| Failure::engine("no probabilities came back"))?;
        let choice = |token: mistralrs::core::ResponseLogprob| {
            let runner_up = token.top_logprobs.get(1);
            TokenChoice {
                text: token.token,
                log_probability: token.logprob,
                runner_up: runner_up.map(|next| (next.bytes.clone().unwrap_or_default(), next.logprob)),
            }
        };
        Ok(tokens.into_iter().map(choice).collect())
    }
}
