//! Replies from a model with this crate's own forward pass: slow, for a quick look at what was learned.

use std::sync::Arc;

use rand::Rng;

use crate::codec::{Codec, END};
use crate::corpus::Message;
use crate::error::{Error, Result};
use crate::model::Llama;

/// The model's next message after `messages`: greedy at a `temperature` of zero, else sampled.
///
/// # Errors
/// When the dialogue leaves no room among the model's positions.
pub fn reply(
    model: &Llama,
    codec: &Codec,
    messages: &[Message],
    most_tokens: usize,
    temperature: f64,
    random: &mut impl Rng,
) -> Result<String> {
    let mut tokens = codec.prompt(messages)?;
    let start = tokens.len();
    let room = model.config().max_position_embeddings.saturating_sub(start);
    if room == 0 {
        return Err(Error::Invalid(format!("a dialogue of {start} tokens leaves no room for a reply")));
    }
    let end = codec.id(END)?;
    for _ in 0..most_tokens.min(room) {
        let lengths = Arc::from([tokens.len()]);
        let logits = model.logits(&tokens, &lengths, &[tokens.len() as u32 - 1])?;
        let next = choose(&logits.squeeze(0)?.to_vec1::<f32>()?, temperature, random);
        if next == end {
            break;
        }
        tokens.push(next);
    }
    codec.decode(&tokens[start..])
}

/// The index of a logit: the largest, or one drawn from their softmax by the Gumbel maximum.
fn choose(logits: &[f32], temperature: f64, random: &mut impl Rng) -> u32 {
    let scored = logits.iter().map(|logit| {
        let logit = f64::from(*logit);
        if temperature > 0.0 {
            let uniform: f64 = random.random_range(f64::MIN_POSITIVE..1.0);
            logit / temperature - (-uniform.ln()).ln()
        } else {
            logit
        }
    });
    let best = scored.enumerate().max_by(|left, right| left.1.total_cmp(&right.1));
    best.map_or(0, |(index, _)| index as u32)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::config::tests::tiny;
    use crate::corpus::Speaker;

    #[test]
    fn draws_follow_the_softmax_and_zero_is_greedy() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let logits = [0.0, 3.0_f32.ln(), -1e9];
        let hits = (0..4_000).filter(|_| choose(&logits, 1.0, &mut random) == 1).count();
        assert!((2_890..3_110).contains(&hits), "three in four expected, five deviations allowed: {hits}");
        assert!((0..50).all(|_| choose(&logits, 0.0, &mut random) == 1));
    }

    #[test]
    fn a_reply_is_bounded_and_reproducible() {
        let codec = Codec::train(["one two three".to_owned()].into_iter(), 300).unwrap();
        let model = Llama::new(tiny(codec.size()), 1).unwrap();
        let said = |text: String| [Message { speaker: Speaker::User, text }];
        let sample =
            |text: String| reply(&model, &codec, &said(text), 5, 1.0, &mut ChaCha8Rng::seed_from_u64(7));
        assert_eq!(sample("one".to_owned()).unwrap(), sample("one".to_owned()).unwrap());
        assert!(sample("x".repeat(600)).is_err());
    }
}
