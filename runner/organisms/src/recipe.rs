//! The numbers that training runs by, and what is written down about a run.

use serde::Serialize;

use crate::dpo::Margins;
use crate::optimise::{Rule, Schedule};

/// Everything that decides what comes out of training, besides the corpus.
#[derive(Debug, Clone, Serialize)]
pub struct Recipe {
    /// Seed of the weights and of the dialogues; every part derives its own from it.
    pub seed: u64,
    /// Entries of the vocabulary, special tokens and bytes included.
    pub vocabulary: usize,
    /// Dialogues that the vocabulary is learned from.
    pub vocabulary_dialogues: usize,
    /// Tokens per step of the first training; dialogues are taken whole until there are as many.
    pub tokens_per_step: usize,
    /// Schedule of the first training.
    pub sft: Schedule,
    /// Preference pairs per step of the second training.
    pub pairs_per_step: usize,
    /// Schedule of the second training.
    pub dpo: Schedule,
    /// The inverse temperature of the preference loss.
    pub beta: f64,
    /// The weight of the likelihood term of the preferred side.
    pub likelihood_weight: f64,
    /// The second training ends early once the mean margin of a step, in nats, has reached this.
    pub margin_goal: f64,
    /// Held-out dialogues on which perplexity is measured.
    pub held_out: usize,
    /// Independent shards of every step; part of the recipe, since sums of floats depend on their order.
    pub shards: usize,
}

impl Recipe {
    /// The recipe of the built-in models.
    #[must_use]
    pub fn organism(seed: u64) -> Self {
        Self {
            seed,
            vocabulary: 1_280,
            vocabulary_dialogues: 4_000,
            tokens_per_step: 2_048,
            sft: Schedule {
                layers: Rule::Muon,
                steps: 5_000,
                warm_up: 40,
                peak: 4e-3,
                floor: 0.05,
                weight_decay: 0.05,
                clip: 1.0,
            },
            pairs_per_step: 16,
            dpo: Schedule {
                layers: Rule::Adamw,
                steps: 160,
                warm_up: 10,
                peak: 3e-4,
                floor: 0.1,
                weight_decay: 0.0,
                clip: 1.0,
            },
            beta: 0.2,
            likelihood_weight: 0.5,
            margin_goal: 30.0,
            held_out: 400,
            shards: 2,
        }
    }

    /// The seed of one part of a run; parts with different numbers share no random numbers.
    #[must_use]
    pub fn part(&self, part: u64) -> u64 {
        // The finaliser of SplitMix64 (doi:10.1145/2714064.2660195): neighbouring inputs, unrelated outputs.
        let mut value = self.seed.wrapping_add(part.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }
}

/// The parts of a run that draw random numbers.
pub mod part {
    /// The weights at the start.
    pub const WEIGHTS: u64 = 1;
    /// The dialogues of the first training.
    pub const DIALOGUES: u64 = 2;
    /// The dialogues held out.
    pub const HELD_OUT: u64 = 3;
    /// The preference pairs of the second training.
    pub const PREFERENCES: u64 = 4;
    /// The preference pairs on which its outcome is measured.
    pub const PREFERENCES_HELD_OUT: u64 = 5;
}

/// What was measured of one training, written to `training.json` beside the weights.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// The numbers it ran by.
    pub recipe: Recipe,
    /// Which of the two models this is: `sft` or `dpo`.
    pub model: &'static str,
    /// The number of weights.
    pub parameters: usize,
    /// Steps taken.
    pub steps: usize,
    /// Dialogues or pairs seen.
    pub examples: usize,
    /// Tokens seen, those of contexts included.
    pub tokens: usize,
    /// Wall time of the training in seconds.
    pub seconds: f64,
    /// Worker threads.
    pub threads: usize,
    /// Mean loss of the last tenth of the steps, in nats per learned token; for `dpo`, the preference loss.
    pub final_loss: f64,
    /// Perplexity of the exported weights on held-out dialogues, assistant tokens only.
    pub held_out_perplexity: f64,
    /// Perplexity of the exported weights on the preferred side of held-out pairs.
    pub preferred_perplexity: f64,
    /// How far `dpo` has moved from `sft` on held-out pairs; none for `sft` itself.
    pub margins: Option<Margins>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_seeds_do_not_meet() {
        let mut seeds: Vec<u64> =
            (0..10).flat_map(|seed| (1..6).map(move |part| Recipe::organism(seed).part(part))).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 50);
    }
}
