//! Drawing tokens so that two models with one vocabulary share their randomness.
//!
//! The Gumbel-max trick draws exactly from a softmax: to every token's logit, divided by the temperature, independent
//! Gumbel noise is added, and the largest sum wins. Where the noise depends on nothing but the seed of the generation,
//! the position in the reply and the token, a reply is a pure function of logits and seed; and where two models have
//! nearly the same logits, the same token wins in both, so that their difference is that of the models and not of
//! their luck (arXiv:2502.01754, section 3). The marginal distribution of either model stays what it was.
//!
//! Filters are those of the engine, in its order: temperature, softmax, top k, top p of what top k leaves, min p.
//! Nothing here knows the engine; `mistral_draw` hands its logits over.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use reports::record::Sampling;
use std::cmp::Ordering;

/// Below this temperature the engine is greedy, and so are we.
const GREEDY: f64 = 1e-7;
/// Tokens whose noise is made at once: as many as ChaCha hands out in one go (four blocks of 64 bytes).
const BLOCK: usize = 32;
/// Where the search for the nucleus begins, in tokens; most nuclei are smaller.
const NUCLEUS: usize = 256;

/// How the next token is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// The most probable one, the first of several.
    Greedy,
    /// By the Gumbel-max trick.
    Gumbel,
    /// By one uniform number and the cumulative distribution, as the engine draws.
    Plain,
}

/// Everything that chooses the tokens of one reply.
#[derive(Clone, Debug)]
pub struct Chooser {
    draw: Draw,
    /// The key of the noise, which is the seed of the generation.
    key: [u8; 32],
    temperature: f64,
    top_k: Option<usize>,
    top_p: Option<f32>,
    min_p: Option<f32>,
}

impl Chooser {
    /// A chooser for one generation; `draw` is ignored where the temperature asks for greed.
    pub fn new(draw: Draw, sampling: &Sampling, seed: u64) -> Self {
        // A temperature that is not a number counts as greedy, too.
        let warm = sampling.temperature >= GREEDY;
        let inside = |share: Option<f64>| share.filter(|share| *share > 0.0 && *share < 1.0);
        Self {
            draw: if warm { draw } else { Draw::Greedy },
            key: blake3::derive_key("grice token noise v1", &seed.to_le_bytes()),
            temperature: sampling.temperature,
            top_k: sampling.top_k.map(|k| k as usize).filter(|k| *k > 0),
            top_p: inside(sampling.top_p).map(|share| share as f32),
            min_p: inside(sampling.min_p).map(|share| share as f32),
        }
    }

    /// The token at a position of the reply (from 0), given the logits of the whole vocabulary. None where they are
    /// no distribution: where one of them is not a number or infinitely large, or all are infinitely small.
    pub fn choose(&self, logits: &[f32], position: u64) -> Option<u32> {
        let first = first_maximum(logits)?;
        if self.draw == Draw::Greedy {
            return u32::try_from(first).ok();
        }
        let tokens = self.support(logits);
        let chosen = match tokens {
            None => self.among(logits, 0..logits.len(), position),
            Some(tokens) => self.among(logits, tokens.into_iter(), position),
        };
        u32::try_from(chosen.unwrap_or(first)).ok()
    }

    /// Chooses among some tokens, which come in ascending order.
    fn among(
        &self,
        logits: &[f32],
        tokens: impl Iterator<Item = usize> + Clone,
        position: u64,
    ) -> Option<usize> {
        let scaled = tokens
            .filter_map(|token| logits.get(token).map(|logit| (token, f64::from(*logit) / self.temperature)));
        match self.draw {
            Draw::Gumbel => self.gumbel_maximum(scaled, position),
            Draw::Plain | Draw::Greedy => self.inverse(scaled, position),
        }
    }

    fn gumbel_maximum(&self, scaled: impl Iterator<Item = (usize, f64)>, position: u64) -> Option<usize> {
        let mut noise = Noise::new(self.key, position);
        let mut best: Option<(usize, f64)> = None;
        for (token, scaled) in scaled {
            let bits = noise.of(token);
            // Two logarithms are spared wherever the noise cannot be large enough.
            if best.is_some_and(|(_, best)| scaled + most(bits) <= best) {
                continue;
            }
            let sum = scaled + gumbel(bits);
            if best.is_none_or(|(_, best)| sum > best) {
                best = Some((token, sum));
            }
        }
        best.map(|(token, _)| token)
    }

    fn inverse(&self, scaled: impl Iterator<Item = (usize, f64)> + Clone, position: u64) -> Option<usize> {
        let largest = scaled.clone().map(|(_, scaled)| scaled).fold(f64::NEG_INFINITY, f64::max);
        let weight = |scaled: f64| (scaled - largest).exp();
        let total: f64 = scaled.clone().map(|(_, scaled)| weight(scaled)).sum();
        let target = unit(Noise::new(self.key, position).of(0)) * total;
        let mut sum = 0.0;
        let mut last = None;
        for (token, scaled) in scaled {
            let weight = weight(scaled);
            if weight > 0.0 {
                sum += weight;
                last = Some(token);
            }
            if sum > target {
                break;
            }
        }
        last
    }

    /// The tokens that the filters leave, in ascending order; none where all are left.
    fn support(&self, logits: &[f32]) -> Option<Vec<usize>> {
        if self.top_k.is_none() && self.top_p.is_none() && self.min_p.is_none() {
            return None;
        }
        // In single precision, as in the engine.
        let inverse = (1.0 / self.temperature) as f32;
        let largest = logits.iter().fold(f32::NEG_INFINITY, |most, logit| most.max(logit * inverse));
        let mut ranked: Vec<(usize, f32)> =
            logits.iter().map(|logit| (logit * inverse - largest).exp()).enumerate().collect();
        if let Some(k) = self.top_k {
            keep_first(&mut ranked, k);
        }
        if let Some(share) = self.top_p {
            keep_nucleus(&mut ranked, share);
        }
        if let Some(share) = self.min_p {
            // The engine drops what equals the bound, too; the most probable token always stays.
            let least = share * ranked.iter().fold(0.0, |most: f32, (_, weight)| most.max(*weight));
            ranked.retain(|(_, weight)| *weight > least);
        }
        let mut tokens: Vec<usize> =
            ranked.into_iter().filter(|(_, weight)| *weight > 0.0).map(|(token, _)| token).collect();
        tokens.sort_unstable();
        Some(tokens)
    }
}

/// The first of the largest logits; none where they are no distribution.
fn first_maximum(logits: &[f32]) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for (token, logit) in logits.iter().copied().enumerate() {
        if logit.is_nan() || logit == f32::INFINITY {
            return None;
        }
        if logit > best.map_or(f32::NEG_INFINITY, |(_, most)| most) {
            best = Some((token, logit));
        }
    }
    best.map(|(token, _)| token)
}

/// The more probable token first; of equal ones, the one with the lower number.
fn rank(one: &(usize, f32), other: &(usize, f32)) -> Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}

/// Keeps the `k` most probable tokens, in no order.
fn keep_first(ranked: &mut Vec<(usize, f32)>, k: usize) {
    if k < ranked.len() {
        ranked.select_nth_unstable_by(k, rank);
        ranked.truncate(k);
    }
}

/// Keeps the smallest set of the most probable tokens that together have this share. Only as many are sorted as
/// the set turns out to need.
fn keep_nucleus(ranked: &mut Vec<(usize, f32)>, share: f32) {
    let total: f64 = ranked.iter().map(|(_, weight)| f64::from(*weight)).sum();
    let cutoff = f64::from(share) * total;
    let mut size = NUCLEUS.min(ranked.len());
    loop {
        if size < ranked.len() {
            ranked.select_nth_unstable_by(size, rank);
        }
        let Some(head) = ranked.get_mut(..size) else { return };
        head.sort_unstable_by(rank);
        let mut sum = 0.0;
        let kept = head.iter().take_while(|(_, weight)| {
            let room = sum < cutoff;
            sum += f64::from(*weight);
            room
        });
        let kept = kept.count();
        if kept < size || size == ranked.len() {
            return ranked.truncate(kept);
        }
        size = size.saturating_mul(8).min(ranked.len());
    }
}

/// Noise by token: 64 bits each, made as they are asked for, in ascending order.
///
/// The bits are the stream of ChaCha with 8 rounds (<https://cr.yp.to/chacha.html>) under a key derived from the seed,
/// with the position as the number of the stream; a token's are those at its number. So they can be made from any
/// token on, without those before it.
struct Noise {
    generator: ChaCha8Rng,
    /// The block that `bits` holds.
    block: Option<usize>,
    bits: [u64; BLOCK],
}

impl Noise {
    fn new(key: [u8; 32], position: u64) -> Self {
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(position);
        Self { generator, block: None, bits: [0; BLOCK] }
    }

    #[inline]
    fn of(&mut self, token: usize) -> u64 {
        let block = token / BLOCK;
        if self.block != Some(block) {
            self.fill(block);
        }
        self.bits.get(token % BLOCK).copied().unwrap_or_default()
    }

    fn fill(&mut self, block: usize) {
        let next = self.block.map_or(0, |block| block + 1);
        if block != next {
            // In words of 32 bits.
            self.generator.set_word_pos((block * BLOCK * 2) as u128);
        }
        let mut bytes = [0; BLOCK * 8];
        self.generator.fill_bytes(&mut bytes);
        for (bits, bytes) in self.bits.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *bits = u64::from_le_bytes(*bytes);
        }
        self.block = Some(block);
    }
}

/// A number between 0 and 1, never one of them, of which small values are exact to the last bit.
fn unit(bits: u64) -> f64 {
    const SCALE: f64 = 1.0 / 18_446_744_073_709_551_616.0; // 2^-64
    ((bits as f64 + 0.5) * SCALE).min(1.0 - f64::EPSILON / 2.0)
}

/// Standard Gumbel noise. With U uniform, -ln(1 - U) is exponential; the tokens that win have a small U, where
/// numbers are densest.
fn gumbel(bits: u64) -> f64 {
    -(-(-unit(bits)).ln_1p()).ln()
}

/// What [`gumbel`] cannot exceed: -ln(1 - U) is at least U, and U at least the power of two by its leading zeros.
#[inline]
fn most(bits: u64) -> f64 {
    f64::from(bits.leading_zeros() + 1) * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests;
