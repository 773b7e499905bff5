//! A greedy reply with the probability of each of its tokens and of the runner-up, for audits.

use super::{Inner, Request, TokenChoice};
use crate::engine::Failure;
use mistralrs::SamplingParams;

/// The token itself and the runner-up.
const CANDIDATES: usize = 2;

impl Inner {
    /// Log-probabilities are natural logarithms of the softmax over the whole vocabulary.
    pub(super) async fn trace(&self, request: &Request) -> Result<Vec<TokenChoice>, Failure> {
        let prompt = self.tokenize(&request.messages).await?;
        let sampling = &request.sampling;
        let greedy = self.parameters(sampling, true, sampling.max_tokens);
        let parameters = SamplingParams { top_n_logprobs: CANDIDATES, ..greedy };
        let _shared = self.engine.read().await;
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
