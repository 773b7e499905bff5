//! Packed batches: sequences laid end to end, without padding, and the places where a token is learned.

use std::sync::Arc;

use crate::codec::Example;

/// Sequences laid end to end. Each position sees only what is before it in its own sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The tokens of all sequences, without the last of each, which has nothing left to predict.
    pub tokens: Vec<u32>,
    /// The length of each sequence; they add up to the number of tokens.
    pub lengths: Arc<[usize]>,
    /// The positions whose next token is learned.
    pub places: Vec<u32>,
    /// The token to be learned at each of these places.
    pub targets: Arc<[u32]>,
    /// How many of these places belong to each sequence.
    pub learned: Vec<usize>,
}

impl Batch {
    /// Packs sequences in the order given; those of fewer than two tokens carry nothing and are left out.
    #[must_use]
    pub fn pack<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Self {
        let (mut tokens, mut lengths) = (Vec::new(), Vec::new());
        let (mut places, mut targets, mut learned) = (Vec::new(), Vec::new(), Vec::new());
        for example in examples {
            let Some((_, inputs)) = example.tokens.split_last().filter(|(_, inputs)| !inputs.is_empty())
            else {
                continue;
            };
            let before = targets.len();
            let next = example.tokens.iter().zip(&example.learned).skip(1);
            for (place, (token, counts)) in next.enumerate() {
                if *counts {
                    places.push((tokens.len() + place) as u32);
                    targets.push(*token);
                }
            }
            tokens.extend_from_slice(inputs);
            lengths.push(inputs.len());
            learned.push(targets.len() - before);
        }
        Self { tokens, lengths: lengths.into(), places, targets: targets.into(), learned }
    }
}

/// Deals examples to `shards` equally: each goes, in order, to the shard with the fewest tokens so far.
#[must_use]
pub fn deal(examples: &[Example], shards: usize) -> Vec<Batch> {
    let mut hands: Vec<(usize, Vec<&Example>)> = (0..shards.max(1)).map(|_| (0, Vec::new())).collect();
    for example in examples {
        if let Some(hand) = hands.iter_mut().min_by_key(|hand| hand.0) {
            hand.0 += example.tokens.len();
            hand.1.push(example);
        }
    }
    hands.into_iter().map(|(_, hand)| Batch::pack(hand)).filter(|batch| !batch.targets.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(tokens: &[u32], learned: &[usize]) -> Example {
        let learned = (0..tokens.len()).map(|index| learned.contains(&index)).collect();
        Example { tokens: tokens.to_vec(), learned }
    }

    #[test]
    fn places_are_one_before_what_they_learn() {
        let examples = [example(&[1, 2, 3, 4], &[2, 3]), example(&[9], &[0]), example(&[5, 6, 7], &[1])];
        let batch = Batch::pack(&examples);
        assert_eq!(batch.tokens, [1, 2, 3, 5, 6]);
        assert_eq!(batch.lengths.as_ref(), [3, 2]);
        assert_eq!(batch.places, [1, 2, 3]);
        assert_eq!(batch.targets.as_ref(), [3, 4, 6]);
        assert_eq!(batch.learned, [2, 1]);
    }

    #[test]
    fn shards_are_dealt_evenly_and_lose_nothing() {
        let examples: Vec<Example> = (2..22).map(|length| example(&vec![7; length], &[1])).collect();
        let shards = deal(&examples, 3);
        let sizes: Vec<usize> = shards.iter().map(|shard| shard.tokens.len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), (1..21).sum::<usize>());
        assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 21, "{sizes:?}");
        assert_eq!(shards.iter().map(|shard| shard.targets.len()).sum::<usize>(), 20);
        assert!(deal(&[], 4).is_empty());
    }
}
