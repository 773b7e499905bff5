//! Drawing tokens so that two models with one vocabulary share their randomness.
//!
//! The Gumbel-max trick draws exactly from a softmax: to every token's logit, divided by the temperature, independent
//! Gumbel noise is added, and the largest sum wins. Where the noise depends on nothing but the seed of the generation,
//! the position in the reply and the token, a reply is a pure function of logits and seed; and where two models have
//! nearly the same logits, the same token wins in both, so that their difference is that of the models and not of
//! their luck (arXiv:2502.01754, section 3). The marginal distribution of either model stays what it was.
//!
//! Filters are those of the engine, in its order: temperature, softmax, top k, top p of what top k leaves, min p.
//! Nothing here knows the engine; `mistral::draw` hands its logits over.

use reports::record::Sampling;
use std::cmp::Ordering;

/// Below this temperature the engine is greedy, and so are we.
const GREEDY: f64 = 1e-7;
/// Tokens that are passed over together where none of them can win.
const BLOCK: usize = 32;
/// Tokens of a block that are looked at side by side.
const LANES: usize = 8;
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
        // All of it on the widest vector instructions at hand: a large vocabulary takes a good part of a step.
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                if !are_numbers(logits) {
                    return None;
                }
                let chosen = match (self.draw, self.support(logits)) {
                    (Draw::Greedy, _) => None,
                    (Draw::Gumbel, None) => self.gumbel_of_all(logits, position),
                    (Draw::Gumbel, Some(tokens)) => self.gumbel_of(&self.scaled(logits, tokens), position),
                    (Draw::Plain, None) => self.inverse_of(&self.scaled(logits, 0..logits.len()), position),
                    (Draw::Plain, Some(tokens)) => self.inverse_of(&self.scaled(logits, tokens), position),
                };
                u32::try_from(chosen.or_else(|| first_maximum(logits))?).ok()
            },
        )
    }

    /// Logits of some tokens, divided by the temperature.
    fn scaled(&self, logits: &[f32], tokens: impl IntoIterator<Item = usize>) -> Vec<(usize, f64)> {
        let logit = |token: usize| logits.get(token).map(|logit| (token, self.divided(*logit)));
        tokens.into_iter().filter_map(logit).collect()
    }

    #[inline(always)]
    fn divided(&self, logit: f32) -> f64 {
        f64::from(logit) / self.temperature
    }

    /// Almost every block of tokens is passed over at once: when even its largest logit with its largest noise would
    /// not win.
    #[inline(always)]
    fn gumbel_of_all(&self, logits: &[f32], position: u64) -> Option<usize> {
        let noise = Noise::new(&self.key, position);
        let mut best = Best::default();
        for (block, logits) in logits.chunks(BLOCK).enumerate() {
            let first = block * BLOCK;
            if let Ok(logits) = logits.try_into() {
                let (largest, least) = extremes(logits, noise, first);
                if best.is_out_of_reach(self.divided(largest), least) {
                    continue;
                }
            }
            for (token, logit) in (first..).zip(logits) {
                best.offer(token, self.divided(*logit), noise.of(token));
            }
        }
        best.token()
    }

    fn gumbel_of(&self, scaled: &[(usize, f64)], position: u64) -> Option<usize> {
        let noise = Noise::new(&self.key, position);
        let mut best = Best::default();
        for (token, scaled) in scaled {
            best.offer(*token, *scaled, noise.of(*token));
        }
        best.token()
    }

    fn inverse_of(&self, scaled: &[(usize, f64)], position: u64) -> Option<usize> {
        let largest = scaled.iter().fold(f64::NEG_INFINITY, |most, (_, scaled)| most.max(*scaled));
        let weights = || scaled.iter().map(|(token, scaled)| (*token, (scaled - largest).exp()));
        let total: f64 = weights().map(|(_, weight)| weight).sum();
        let target = unit(Noise::new(&self.key, position).of(0)) * total;
        let mut sum = 0.0;
        let mut last = None;
        for (token, weight) in weights().filter(|(_, weight)| *weight > 0.0) {
            sum += weight;
            last = Some(token);
            if sum > target {
                break;
            }
        }
        last
    }

    /// The tokens that the filters leave, in ascending order; none where there is no filter.
    fn support(&self, logits: &[f32]) -> Option<Vec<usize>> {
        if self.draw == Draw::Greedy || (self.top_k.is_none() && self.top_p.is_none() && self.min_p.is_none())
        {
            return None;
        }
        let mut ranked: Vec<(u32, f32)> = (0..).zip(logits.iter().copied()).collect();
        if let Some(k) = self.top_k {
            keep_first(&mut ranked, k);
        }
        if self.top_p.is_some() || self.min_p.is_some() {
            // Probabilities but for a factor; in single precision, as in the engine.
            let inverse = (1.0 / self.temperature) as f32;
            let largest = ranked.iter().fold(f32::NEG_INFINITY, |most, (_, logit)| most.max(logit * inverse));
            for (_, logit) in &mut ranked {
                *logit = (*logit * inverse - largest).exp();
            }
        }
        if let Some(share) = self.top_p {
            keep_nucleus(&mut ranked, share);
        }
        if let Some(share) = self.min_p {
            // The engine drops what equals the bound, too; the most probable token always stays.
            let least = share * ranked.iter().fold(0.0, |most: f32, (_, weight)| most.max(*weight));
            ranked.retain(|(_, weight)| *weight > least);
        }
        let mut tokens: Vec<usize> = ranked.into_iter().map(|(token, _)| token as usize).collect();
        tokens.sort_unstable();
        Some(tokens)
    }
}

/// The token with the largest sum so far.
#[derive(Default)]
struct Best(Option<(usize, f64)>);

impl Best {
    /// Whether a token, or a block of them, cannot win: two logarithms are spared then.
    #[inline(always)]
    fn is_out_of_reach(&self, scaled: f64, bits: u64) -> bool {
        self.0.is_some_and(|(_, sum)| scaled + most(bits) <= sum)
    }

    #[inline]
    fn offer(&mut self, token: usize, scaled: f64, bits: u64) {
        if self.is_out_of_reach(scaled, bits) {
            return;
        }
        let sum = scaled + gumbel(bits);
        // A sum that is infinitely small belongs to a token that cannot be drawn.
        if sum > self.0.map_or(f64::NEG_INFINITY, |(_, best)| best) {
            self.0 = Some((token, sum));
        }
    }

    fn token(&self) -> Option<usize> {
        self.0.map(|(token, _)| token)
    }
}

/// The largest logit of a block and its smallest noise. In lanes that know nothing of each other, so that they fit
/// vectors of any width.
#[inline(always)]
fn extremes(logits: &[f32; BLOCK], noise: Noise, first: usize) -> (f32, u64) {
    let (mut largest, mut least) = ([f32::NEG_INFINITY; LANES], [u64::MAX; LANES]);
    for (row, logits) in logits.as_chunks::<LANES>().0.iter().enumerate() {
        for (lane, logit) in logits.iter().enumerate() {
            if *logit > largest[lane] {
                largest[lane] = *logit;
            }
            let bits = noise.of(first + row * LANES + lane);
            least[lane] = least[lane].min(bits);
        }
    }
    let largest = largest.into_iter().fold(f32::NEG_INFINITY, f32::max);
    (largest, least.into_iter().fold(u64::MAX, u64::min))
}

/// Whether no logit is infinitely large or not a number at all.
#[inline(always)]
fn are_numbers(logits: &[f32]) -> bool {
    logits.iter().fold(true, |all, logit| all & (*logit < f32::INFINITY))
}

/// The first of the largest logits; none where all are infinitely small.
fn first_maximum(logits: &[f32]) -> Option<usize> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let first = logits.iter().position(|logit| logit.partial_cmp(&most) == Some(Ordering::Equal));
    first.filter(|_| most > f32::NEG_INFINITY)
}

/// The more probable token first; of equal ones, the one with the lower number.
fn rank(one: &(u32, f32), other: &(u32, f32)) -> Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}

/// Keeps the `k` most probable tokens, in no order.
fn keep_first(ranked: &mut Vec<(u32, f32)>, k: usize) {
    if k < ranked.len() {
        ranked.select_nth_unstable_by(k, rank);
        ranked.truncate(k);
    }
}

/// Keeps the smallest set of the most probable tokens that together have this share. Only as many are sorted as
/// the set turns out to need.
fn keep_nucleus(ranked: &mut Vec<(u32, f32)>, share: f32) {
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

/// The noise of one position: 64 random bits per token, which can be made for any token alone.
///
/// They are the outputs of SplitMix64 (Steele, Lea and Flood 2014, <https://doi.org/10.1145/2660193.2660195>), those of
/// a token at its number, from a state that is BLAKE3 of the position under the seed's key. Nobody attacks this noise:
/// it has to be even and independent, which SplitMix64's outputs are by the usual batteries of tests, and quick, since a
/// large vocabulary has 150,000 tokens.
#[derive(Clone, Copy)]
struct Noise(u64);

impl Noise {
    fn new(key: &[u8; 32], position: u64) -> Self {
        let hash = blake3::keyed_hash(key, &position.to_le_bytes());
        let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
        Self(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }

    #[inline(always)]
    fn of(self, token: usize) -> u64 {
        let number = (token as u64).wrapping_add(1);
        let mut bits = self.0.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
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
#[inline(always)]
fn most(bits: u64) -> f64 {
    f64::from(bits.leading_zeros() + 1) * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests;
