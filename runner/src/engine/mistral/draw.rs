//! Choosing tokens inside of mistral.rs: hands the logits to a [`Chooser`], and returns to the engine logits that leave
//! it no choice.
//!
//! The engine calls a logits processor from its own thread, for many sequences at once, possibly twice for one
//! position; an error would fail the whole batch. So nothing here fails: what goes wrong is noted, the sequence goes
//! on with any token, and the request that it belongs to fails when it ends.

use crate::engine::coupling::Chooser;
use mistralrs::{CustomLogitsProcessor, DType, Device, Tensor};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// Chooses the tokens of one reply, and remembers the last one.
pub(super) struct Drawn {
    chooser: Chooser,
    /// Tokens of the prompt: what stands in the context beyond them is the reply so far.
    prompt: usize,
    /// The last token, or one of the states below.
    last: AtomicU64,
}

const NOTHING: u64 = u64::MAX;
const BROKEN: u64 = u64::MAX - 1;

/// What a reply has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    /// No token was asked for.
    Nothing,
    /// This token was the last one.
    Token(u32),
    /// The logits were no distribution at some position, so the reply means nothing.
    Broken,
}

impl Drawn {
    /// For a prompt of so many tokens.
    pub(super) fn new(chooser: Chooser, prompt: usize) -> Self {
        Self { chooser, prompt, last: AtomicU64::new(NOTHING) }
    }

    /// What the reply has come to so far.
    pub(super) fn last(&self) -> Last {
        match self.last.load(Ordering::Acquire) {
            NOTHING => Last::Nothing,
            BROKEN => Last::Broken,
            token => u32::try_from(token).map_or(Last::Broken, Last::Token),
        }
    }

    fn token(&self, logits: &Tensor, context: &[u32]) -> u32 {
        if self.last() == Last::Broken {
            return 0;
        }
        let position = context.len().saturating_sub(self.prompt) as u64;
        let chosen = values(logits).ok().and_then(|logits| self.chooser.choose(&logits, position));
        self.last.store(chosen.map_or(BROKEN, u64::from), Ordering::Release);
        chosen.unwrap_or(0)
    }
}

impl CustomLogitsProcessor for Drawn {
    fn apply(&self, logits: &Tensor, context: &[u32]) -> mistralrs::Result<Tensor> {
        Ok(only(self.token(logits, context), logits).unwrap_or_else(|_| {
            self.last.store(BROKEN, Ordering::Release);
            logits.clone()
        }))
    }
}

/// Makes the model say these tokens, and notes how probable each of them was.
pub(super) struct Forced {
    tokens: Vec<u32>,
    /// Tokens of the prompt.
    prompt: usize,
    /// Natural logarithms of the probabilities, by position; none where it is not known, or no number.
    logarithms: Mutex<Vec<Option<f64>>>,
}

impl Forced {
    /// For a prompt of so many tokens.
    pub(super) fn new(tokens: Vec<u32>, prompt: usize) -> Self {
        let logarithms = Mutex::new(vec![None; tokens.len()]);
        Self { tokens, prompt, logarithms }
    }

    /// The logarithm of the probability of all of them; none where one of them was not said.
    pub(super) fn logarithm(&self) -> Option<f64> {
        let found = self.logarithms.lock().unwrap_or_else(PoisonError::into_inner);
        found.iter().copied().sum()
    }
}

impl CustomLogitsProcessor for Forced {
    fn apply(&self, logits: &Tensor, context: &[u32]) -> mistralrs::Result<Tensor> {
        let position = context.len().saturating_sub(self.prompt);
        let Some(token) = self.tokens.get(position).copied() else { return Ok(logits.clone()) };
        let found = values(logits).ok().and_then(|logits| log_probability(&logits, token));
        let mut all = self.logarithms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = all.get_mut(position) {
            *place = found;
        }
        Ok(only(token, logits).unwrap_or_else(|_| logits.clone()))
    }
}

/// Natural logarithm of the softmax over the whole vocabulary at one token; none where that is no number.
fn log_probability(logits: &[f32], token: u32) -> Option<f64> {
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let total: f64 = logits.iter().map(|logit| (f64::from(*logit) - largest).exp()).sum();
    let found = f64::from(*logits.get(token as usize)?) - largest - total.ln();
    found.is_finite().then_some(found)
}

/// Always the same token.
pub(super) struct Always(pub(super) u32);

impl CustomLogitsProcessor for Always {
    fn apply(&self, logits: &Tensor, _context: &[u32]) -> mistralrs::Result<Tensor> {
        Ok(only(self.0, logits).unwrap_or_else(|_| logits.clone()))
    }
}

/// Logits wherever they are and in whatever number format, as numbers.
fn values(logits: &Tensor) -> mistralrs::Result<Vec<f32>> {
    logits.to_device(&Device::Cpu)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
}

/// Logits like the given ones, of which this token has the largest.
fn only(token: u32, like: &Tensor) -> mistralrs::Result<Tensor> {
    let mut logits = vec![0_f32; like.elem_count()];
    if let Some(logit) = logits.get_mut(token as usize) {
        *logit = 1.0;
    }
    Tensor::from_vec(logits, like.shape(), &Device::Cpu)?.to_dtype(like.dtype())?.to_device(like.device())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::coupling::Draw;
    use reports::record::{Coupling, Sampling};

    fn drawn(prompt: usize) -> Drawn {
        let sampling = Sampling { coupling: Coupling::Gumbel, ..Sampling::plain(1.0, 1) };
        Drawn::new(Chooser::new(Draw::Gumbel, &sampling, 1), prompt)
    }

    fn chosen(drawn: &Drawn, logits: &Tensor, context: &[u32]) -> usize {
        let left = values(&drawn.apply(logits, context).unwrap()).unwrap();
        assert_eq!(left.len(), logits.elem_count());
        assert_eq!(left.iter().filter(|logit| **logit > 0.0).count(), 1);
        left.iter().position(|logit| *logit > 0.0).unwrap()
    }

    #[test]
    fn the_position_comes_from_the_context_and_not_from_the_number_of_calls() {
        let drawn = drawn(2);
        assert_eq!(drawn.last(), Last::Nothing);
        let logits = Tensor::from_vec(vec![0_f32; 40], 40, &Device::Cpu).unwrap();
        let reply: Vec<usize> = (2..12).map(|length| chosen(&drawn, &logits, &vec![7; length])).collect();
        // Again, twice each, in another order.
        for length in (2..12).rev().chain(2..12) {
            assert_eq!(chosen(&drawn, &logits, &vec![7; length]), reply[length - 2]);
        }
        assert_eq!(drawn.last(), Last::Token(reply[9] as u32));
        assert!(reply.iter().any(|token| *token != reply[0]), "{reply:?}");
        // A context shorter than the prompt is nothing to panic about.
        chosen(&drawn, &logits, &[]);
    }

    // By hand: of the logits ln 1, ln 2 and ln 5 the probabilities are 1/8, 2/8 and 5/8.
    #[test]
    fn forced_tokens_are_said_and_their_probabilities_noted() {
        let forced = Forced::new(vec![1, 2], 3);
        let logits = Tensor::from_vec(vec![0.0, 2_f32.ln(), 5_f32.ln()], 3, &Device::Cpu).unwrap();
        let said = |context: &[u32]| values(&forced.apply(&logits, context).unwrap()).unwrap();
        assert_eq!(said(&[7, 7, 7]), [0.0, 1.0, 0.0]);
        assert_eq!(forced.logarithm(), None, "the second one has not been said");
        // Twice for one position, as the engine may ask.
        assert_eq!((said(&[7, 7, 7, 1]), said(&[7, 7, 7, 1])), (vec![0.0, 0.0, 1.0], vec![0.0, 0.0, 1.0]));
        assert!((forced.logarithm().unwrap() - (2.0 / 8.0 * 5.0 / 8.0_f64).ln()).abs() < 1e-6);
        let broken = Tensor::from_vec(vec![0.0, f32::NAN, 0.0], 3, &Device::Cpu).unwrap();
        forced.apply(&broken, &[7, 7, 7]).unwrap();
        assert_eq!(forced.logarithm(), None);
    }

    #[test]
    fn half_precision_and_other_shapes_are_fine() {
        let logits: Vec<f32> = (0..40).map(|token| (token % 7) as f32).collect();
        let plain = Tensor::from_vec(logits, 40, &Device::Cpu).unwrap();
        let expected = chosen(&drawn(0), &plain, &[1]);
        for dtype in [DType::F16, DType::BF16, DType::F64] {
            let half = plain.to_dtype(dtype).unwrap();
            assert_eq!(chosen(&drawn(0), &half, &[1]), expected);
            assert_eq!(drawn(0).apply(&half, &[1]).unwrap().dtype(), dtype);
        }
        let wrapped = plain.reshape((1, 1, 40)).unwrap();
        assert_eq!(chosen(&drawn(0), &wrapped, &[1]), expected);
        assert_eq!(drawn(0).apply(&wrapped, &[1]).unwrap().dims(), [1, 1, 40]);
    }

    #[test]
    fn logits_that_are_no_distribution_break_the_reply_and_not_the_engine() {
        for bad in [f32::NAN, f32::INFINITY] {
            let drawn = drawn(0);
            let fine = Tensor::from_vec(vec![0_f32; 4], 4, &Device::Cpu).unwrap();
            let broken = Tensor::from_vec(vec![0.0, bad, 0.0, 0.0], 4, &Device::Cpu).unwrap();
            chosen(&drawn, &fine, &[1]);
            assert_eq!(chosen(&drawn, &broken, &[1, 2]), 0);
            assert_eq!(drawn.last(), Last::Broken);
            // It does not recover.
            chosen(&drawn, &fine, &[1, 2, 3]);
            assert_eq!(drawn.last(), Last::Broken);
        }
    }
}
