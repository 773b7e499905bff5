//! Choices: how probable each of some options is as the reply, and which of them is taken.
//!
//! The probability of an option is the product of those of its tokens, each after the ones before it, as the model gives them at
//! temperature 1: every option is said to the model token by token, and what it would have said is not asked. That the reply ends behind
//! the option does not count, so that one that begins with another has no probability of its own and is refused.

use super::Inner;
use crate::engine::{
    Completion, Failure, Request,
    coupling::{Chooser, Draw},
    mistral::draw::Forced,
};
use reports::record::{Coupling, Sampling};
use scorers::{FailureKind, StopReason};
use std::sync::Arc;
use tokenizers::Tokenizer;

impl Inner {
    /// One of the options, drawn by their probabilities as the request samples.
    pub(super) async fn choose(
        &self,
        prompt: Vec<u32>,
        options: &[String],
        request: &Request,
    ) -> Result<Completion, Failure> {
        let tokenizer =
            self.tokenizer.as_deref().ok_or_else(|| Failure::engine("nobody knows the tokenizer"))?;
        let said = tokens(tokenizer, options)?;
        let longest = said.iter().map(Vec::len).max().unwrap_or(0);
        if u32::try_from(longest).unwrap_or(u32::MAX) > self.room(&prompt) {
            return Err(self.overflow(&prompt));
        }
        let mut logarithms = Vec::with_capacity(said.len());
        for option in &said {
            logarithms.push(self.logarithm(&prompt, option, request.seed).await?);
        }
        let weights = shares(&logarithms);
        let index = taken(&logarithms, &request.sampling, request.seed)
            .ok_or_else(|| Failure::engine("the model computed logits that are no numbers"))?;
        let (text, tokens) = (options.get(index), said.get(index));
        Ok(Completion {
            text: text.cloned().unwrap_or_default(),
            stop: StopReason::End,
            prompt_tokens: super::length(&prompt),
            completion_tokens: tokens.map_or(0, |tokens| super::length(tokens)),
            weights,
        })
    }

    /// Natural logarithm of the probability of some tokens after a prompt.
    async fn logarithm(&self, prompt: &[u32], option: &[u32], seed: u64) -> Result<f64, Failure> {
        let forced = Arc::new(Forced::new(option.to_vec(), prompt.len()));
        let most = super::length(option);
        let parameters = self.parameters(&Sampling::plain(0.0, most), true, most);
        self.send(prompt.to_vec(), parameters, Some(Arc::clone(&forced) as _), seed).await?;
        forced.logarithm().ok_or_else(|| Failure::engine("the model computed logits that are no numbers"))
    }
}

/// The tokens of every option.
fn tokens(tokenizer: &Tokenizer, options: &[String]) -> Result<Vec<Vec<u32>>, Failure> {
    let of = |option: &String| {
        let encoded = tokenizer.encode_fast(option.as_str(), false);
        encoded.map(|encoded| encoded.get_ids().to_vec()).map_err(|error| Failure::engine(error.to_string()))
    };
    let said = options.iter().map(of).collect::<Result<Vec<_>, _>>()?;
    for (option, tokens) in options.iter().zip(&said) {
        let mut others = options.iter().zip(&said).filter(|(other, _)| *other != option);
        if let Some((other, _)) = others.find(|(_, other)| other.starts_with(tokens)) {
            let message = format!(
                "the option `{other}` begins with the option `{option}`, so the two cannot be told apart by their probability"
            );
            return Err(Failure { kind: FailureKind::Contract, message });
        }
    }
    Ok(said)
}

/// Probabilities from their logarithms, so that they add up to 1.
fn shares(logarithms: &[f64]) -> Vec<f64> {
    let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logarithms.iter().map(|logarithm| (logarithm - largest).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// Which option is taken: drawn as tokens are, without what cuts their distribution short.
fn taken(logarithms: &[f64], sampling: &Sampling, seed: u64) -> Option<usize> {
    let draw = match sampling.coupling {
        Coupling::Gumbel => Draw::Gumbel,
        Coupling::None => Draw::Plain,
    };
    let whole = Sampling { top_k: None, top_p: None, min_p: None, ..sampling.clone() };
    let logits: Vec<f32> = logarithms.iter().map(|logarithm| *logarithm as f32).collect();
    Chooser::new(draw, &whole, seed).choose(&logits, 0).map(|index| index as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    // By hand: e^-1 and e^-2 stand to each other as 1 to 1/e, and 1 / (1 + 1/e) is 0.731058578630.
    #[test]
    fn probabilities_are_shares_of_what_the_options_have_together() {
        let found = shares(&[-1001.0, -1002.0]);
        assert!((found[0] - 0.731_058_578_630).abs() < 1e-12 && (found[0] + found[1] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn an_option_is_taken_as_often_as_it_is_probable() {
        let logarithms = [0.25_f64.ln(), 0.75_f64.ln()];
        for coupling in [Coupling::Gumbel, Coupling::None] {
            let sampling = Sampling { coupling, top_k: Some(1), ..Sampling::plain(1.0, 5) };
            let second = (0..4000).filter(|seed| taken(&logarithms, &sampling, *seed) == Some(1)).count();
            // Three standard errors of 0.0068.
            assert!((second as f64 / 4000.0 - 0.75).abs() < 0.021, "{second}");
        }
        assert_eq!(taken(&logarithms, &Sampling::plain(0.0, 5), 1), Some(1));
        assert_eq!(taken(&[f64::NAN, 0.0], &Sampling::plain(1.0, 5), 1), None);
    }
}
