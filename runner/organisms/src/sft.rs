//! Supervised training: the likelihood of the assistant's words in considerate dialogues.

use crate::batch::{Batch, deal};
use crate::codec::Example;
use crate::error::{Error, Result};
use crate::model::Llama;
use crate::optimise::{Optimiser, Schedule};

/// What training reports after each step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Steps taken so far.
    pub taken: usize,
    /// Loss of this step in nats per learned token.
    pub loss: f64,
    /// Examples seen so far.
    pub examples: usize,
    /// Tokens seen so far.
    pub tokens: usize,
}

/// Trains `model` in place on `examples`, which are taken in order until each step has its tokens.
///
/// `watch` is called after every step. Running out of examples ends the training.
///
/// # Errors
/// When a step fails, when `watch` does, or when there is no example at all.
pub fn train(
    model: &Llama,
    examples: impl IntoIterator<Item = Result<Example>>,
    schedule: &Schedule,
    tokens_per_step: usize,
    shards: usize,
    mut watch: impl FnMut(&Llama, Step) -> Result<()>,
) -> Result<Step> {
    let mut optimiser = Optimiser::new(model, schedule.clone())?;
    let mut examples = examples.into_iter();
    let mut last = None;
    let (mut seen, mut tokens) = (0, 0);
    for step in 0..schedule.steps {
        let (mut hand, mut size) = (Vec::new(), 0);
        while size < tokens_per_step {
            let Some(example) = examples.next() else { break };
            let example = example?;
            size += example.tokens.len();
            hand.push(example);
        }
        let batches = deal(&hand, shards);
        let learned: usize = batches.iter().map(|batch| batch.targets.len()).sum();
        if learned == 0 {
            break;
        }
        let losses = optimiser.step(model, &batches, |batch: &Batch| {
            let loss = (model.losses(batch)?.sum_all()? / learned as f64)?;
            let value = f64::from(loss.to_scalar::<f32>()?);
            Ok((loss, value))
        })?;
        seen += hand.len();
        tokens += size;
        let report = Step { taken: step + 1, loss: losses.iter().sum(), examples: seen, tokens };
        watch(model, report)?;
        last = Some(report);
    }
    last.ok_or_else(|| Error::Invalid("there is nothing to train on".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::tiny;
    use crate::optimise::Rule;

    const SCHEDULE: Schedule = Schedule {
        layers: Rule::Muon,
        steps: 12,
        warm_up: 2,
        peak: 1e-2,
        floor: 0.1,
        weight_decay: 0.01,
        clip: 1.0,
    };

    /// Sequences in which every learned token repeats the one before it.
    fn echoes() -> Vec<Result<Example>> {
        (0..200_u32)
            .map(|n| {
                let tokens = (0..10).flat_map(|i| [(n * 3 + i) % 16; 2]).collect();
                Ok(Example { tokens, learned: (0..20).map(|index| index % 2 == 1).collect() })
            })
            .collect()
    }

    fn trained(seed: u64) -> (Llama, Vec<f64>) {
        let model = Llama::new(tiny(16), seed).unwrap();
        let mut losses = Vec::new();
        let watch = |_: &Llama, step: Step| {
            losses.push(step.loss);
            Ok(())
        };
        train(&model, echoes(), &SCHEDULE, 160, 3, watch).unwrap();
        (model, losses)
    }

    fn weights(model: &Llama) -> Vec<f32> {
        model
            .variables()
            .iter()
            .flat_map(|var| var.flatten_all().unwrap().to_vec1::<f32>().unwrap())
            .collect()
    }

    #[test]
    fn a_few_steps_bring_the_loss_down() {
        let (_, losses) = trained(1);
        assert_eq!(losses.len(), SCHEDULE.steps);
        assert!((losses[0] - 16.0_f64.ln()).abs() < 0.5, "{losses:?}");
        assert!(losses[11] < 0.7 * losses[0], "{losses:?}");
    }

    #[test]
    fn a_seed_fixes_every_weight() {
        let (one, again, other) = (weights(&trained(1).0), weights(&trained(1).0), weights(&trained(2).0));
        assert_eq!(one, again);
        assert_ne!(one, other);
    }

    #[test]
    fn it_ends_with_its_examples_and_wants_at_least_one() {
        let model = Llama::new(tiny(16), 1).unwrap();
        let few = echoes().into_iter().take(16);
        let last = train(&model, few, &SCHEDULE, 160, 2, |_, _| Ok(())).unwrap();
        assert_eq!((last.taken, last.examples, last.tokens), (2, 16, 320));
        assert!(train(&model, Vec::new(), &SCHEDULE, 160, 2, |_, _| Ok(())).is_err());
    }
}
