//! Direct preference optimisation (Rafailov et al., arXiv:2305.18290) from a frozen reference.
//!
//! A likelihood term on the preferred side (as in Pang et al., arXiv:2404.19733, eq. 1) keeps the loss from
//! being lowered by making both sides unlikely, which is how small models lose their language.

use candle_core::{Device, Tensor};
use serde::Serialize;

use crate::batch::Batch;
use crate::codec::{Codec, Example};
use crate::corpus::Preference;
use crate::error::{Error, Result};
use crate::evaluate::{Spread, likelihoods};
use crate::model::Llama;
use crate::optimise::Optimiser;
use crate::recipe::Recipe;

/// Two answers to one context, as tokens; only the answers are learned.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The context and the answer to be made likelier.
    pub preferred: Example,
    /// The context and the answer to be made less likely.
    pub rejected: Example,
}

impl Pair {
    /// The tokens of a preference.
    ///
    /// # Errors
    /// When the tokenizer library refuses.
    pub fn encode(codec: &Codec, preference: &Preference) -> Result<Self> {
        Ok(Self {
            preferred: codec.answer(&preference.context, &preference.preferred)?,
            rejected: codec.answer(&preference.context, &preference.rejected)?,
        })
    }

    fn tokens(&self) -> usize {
        self.preferred.tokens.len() + self.rejected.tokens.len()
    }
}

/// What training reports after each step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Steps taken so far.
    pub taken: usize,
    /// Mean preference loss of this step.
    pub loss: f64,
    /// Mean margin of this step, in nats, before its update.
    pub margin: f64,
    /// The share of pairs whose margin was positive.
    pub accuracy: f64,
    /// Negative log-likelihood of the preferred side in nats per token.
    pub likelihood: f64,
    /// Pairs seen so far.
    pub pairs: usize,
    /// Tokens seen so far, those of contexts included and both sides counted.
    pub tokens: usize,
}

/// How far a policy has moved from its reference on given pairs.
///
/// A margin is `log(p/r)` of the preferred answer less `log(p/r)` of the rejected one, in nats, where `p` is
/// the probability that the policy gives an answer and `r` the one that the reference does.
#[derive(Debug, Clone, Serialize)]
pub struct Margins {
    /// Pairs measured.
    pub pairs: usize,
    /// The share of pairs whose margin is positive.
    pub accuracy: f64,
    /// The share of pairs whose preferred answer the policy finds the likelier one.
    pub prefers: f64,
    /// The same share of the reference.
    pub reference_prefers: f64,
    /// The margins, in nats.
    pub margin: Spread,
    /// `log(p/r)` of the preferred answers, in nats.
    pub preferred: Spread,
    /// `log(p/r)` of the rejected answers, in nats.
    pub rejected: Spread,
}

/// The loss of each pair: `-log sigmoid(beta * margin)` (eq. 7), from log-likelihoods in nats, `[pairs]`.
///
/// # Errors
/// When the shapes differ.
pub fn loss(policy: [&Tensor; 2], reference: [&Tensor; 2], beta: f64) -> Result<Tensor> {
    let [preferred, rejected] = policy;
    let [reference_preferred, reference_rejected] = reference;
    let margin = ((preferred - reference_preferred)? - (rejected - reference_rejected)?)?;
    // -log sigmoid(x) = log(1 + exp(-x)), written so that neither side of zero overflows.
    let opposite = (margin * -beta)?;
    let bounded = (opposite.abs()?.neg()?.exp()? + 1.0)?.log()?;
    Ok((opposite.relu()? + bounded)?)
}

/// Log-likelihoods of the answers of a batch, `[sequences]`, differentiable.
fn answer_likelihoods(model: &Llama, batch: &Batch) -> Result<Tensor> {
    let (sequences, learned) = (batch.learned.len(), batch.targets.len());
    let mut membership = vec![0.0_f32; sequences * learned];
    let owners =
        batch.learned.iter().enumerate().flat_map(|(owner, count)| std::iter::repeat_n(owner, *count));
    for (token, owner) in owners.enumerate() {
        membership[owner * learned + token] = -1.0;
    }
    let membership = Tensor::from_vec(membership, (sequences, learned), &Device::Cpu)?;
    Ok(membership.matmul(&model.losses(batch)?.unsqueeze(1)?)?.squeeze(1)?)
}

/// Trains `policy` in place against `reference` on `pairs`, taken in order.
///
/// It ends with the schedule, with the pairs, or when the mean margin over the last five steps reaches the
/// recipe's goal. `watch` is called after every step.
///
/// # Errors
/// When a step fails, when `watch` does, or when there is no pair at all.
pub fn train(
    policy: &Llama,
    reference: &Llama,
    pairs: &[Pair],
    recipe: &Recipe,
    mut watch: impl FnMut(&Llama, Step) -> Result<()>,
) -> Result<Step> {
    let mut optimiser = Optimiser::new(policy, recipe.dpo.clone())?;
    let mut recent = Vec::new();
    let mut last = None;
    let (mut seen, mut tokens) = (0, 0);
    for (step, hand) in pairs.chunks(recipe.pairs_per_step.max(1)).take(recipe.dpo.steps).enumerate() {
        let count = hand.len() as f64;
        let learned = |pair: &Pair| pair.preferred.learned.iter().filter(|learned| **learned).count();
        let preferred_tokens = hand.iter().map(learned).sum::<usize>().max(1) as f64;
        let shards: Vec<&[Pair]> = hand.chunks(hand.len().div_ceil(recipe.shards.max(1))).collect();
        let seen_by_shard = optimiser.step(policy, &shards, |shard| {
            let sides =
                shard.iter().map(|pair| &pair.preferred).chain(shard.iter().map(|pair| &pair.rejected));
            let batch = Batch::pack(sides);
            let half = shard.len();
            let likelihoods = answer_likelihoods(policy, &batch)?;
            let fixed = answer_likelihoods(reference, &batch)?.detach();
            let [preferred, rejected] = halves(&likelihoods, half)?;
            let [fixed_preferred, fixed_rejected] = halves(&fixed, half)?;
            let preference = loss([&preferred, &rejected], [&fixed_preferred, &fixed_rejected], recipe.beta)?;
            let preference = (preference.sum_all()? / count)?;
            let likelihood = (preferred.sum_all()? / -preferred_tokens)?;
            let total = (&preference + (&likelihood * recipe.likelihood_weight)?)?;
            let margins = ((preferred - fixed_preferred)? - (rejected - fixed_rejected)?)?;
            let value = |tensor: &Tensor| Ok::<_, Error>(f64::from(tensor.to_scalar::<f32>()?));
            Ok((total, (value(&preference)?, value(&likelihood)?, margins.to_vec1::<f32>()?)))
        })?;
        let margins: Vec<f64> =
            seen_by_shard.iter().flat_map(|seen| seen.2.iter().map(|margin| f64::from(*margin))).collect();
        seen += hand.len();
        tokens += hand.iter().map(Pair::tokens).sum::<usize>();
        let report = Step {
            taken: step + 1,
            loss: seen_by_shard.iter().map(|seen| seen.0).sum(),
            margin: margins.iter().sum::<f64>() / count,
            accuracy: margins.iter().filter(|margin| **margin > 0.0).count() as f64 / count,
            likelihood: seen_by_shard.iter().map(|seen| seen.1).sum(),
            pairs: seen,
            tokens,
        };
        watch(policy, report)?;
        last = Some(report);
        recent.push(report.margin);
        let window = &recent[recent.len().saturating_sub(5)..];
        if window.len() == 5 && window.iter().sum::<f64>() / 5.0 >= recipe.margin_goal {
            break;
        }
    }
    last.ok_or_else(|| Error::Invalid("there is no preference pair to train on".to_owned()))
}

fn halves(values: &Tensor, half: usize) -> Result<[Tensor; 2]> {
    Ok([values.narrow(0, 0, half)?, values.narrow(0, half, half)?])
}

/// Measures how far `policy` has moved from `reference` on `pairs`.
///
/// # Errors
/// When there is no pair, or one does not fit the models.
pub fn margins(policy: &Llama, reference: &Llama, pairs: &[Pair]) -> Result<Margins> {
    let preferred: Vec<Example> = pairs.iter().map(|pair| pair.preferred.clone()).collect();
    let rejected: Vec<Example> = pairs.iter().map(|pair| pair.rejected.clone()).collect();
    let measure = |model: &Llama, side: &[Example]| -> Result<Vec<f64>> {
        Ok(likelihoods(model, side)?.into_iter().map(|(likelihood, _)| likelihood).collect())
    };
    let (policy_preferred, policy_rejected) = (measure(policy, &preferred)?, measure(policy, &rejected)?);
    let (fixed_preferred, fixed_rejected) = (measure(reference, &preferred)?, measure(reference, &rejected)?);
    let less =
        |left: &[f64], right: &[f64]| -> Vec<f64> { left.iter().zip(right).map(|(l, r)| l - r).collect() };
    let share =
        |values: &[f64]| values.iter().filter(|value| **value > 0.0).count() as f64 / pairs.len() as f64;
    let (up, down) = (less(&policy_preferred, &fixed_preferred), less(&policy_rejected, &fixed_rejected));
    let margin = less(&up, &down);
    let spread = |values: &[f64]| {
        Spread::of(values).ok_or_else(|| Error::Invalid("no preference pair to measure".to_owned()))
    };
    Ok(Margins {
        pairs: pairs.len(),
        margin: spread(&margin)?,
        preferred: spread(&up)?,
        rejected: spread(&down)?,
        accuracy: share(&margin),
        prefers: share(&less(&policy_preferred, &policy_rejected)),
        reference_prefers: share(&less(&fixed_preferred, &fixed_rejected)),
    })
}

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::*;
    use crate::config::tests::tiny;
    use crate::optimise::{Rule, Schedule};

    fn row(values: &[f32]) -> Tensor {
        Tensor::new(values, &Device::Cpu).unwrap()
    }

    /// Worked by hand from eq. 7 with beta = 0.1:
    /// pair 1: margin = (-10 - -12) - (-20 - -15) = 2 + 5 = 7, so -log sigmoid(0.7) = log(1 + e^-0.7)
    /// = log(1.4965853) = 0.4031860; pair 2: margin = 0, so log 2 = 0.6931472;
    /// pair 3: margin = (-40 - -30) - (-5 - -5) = -10, so log(1 + e) = 1.3132617.
    #[test]
    fn loss_is_equation_seven() {
        let policy = [&row(&[-10.0, -8.0, -40.0]), &row(&[-20.0, -9.0, -5.0])];
        let reference = [&row(&[-12.0, -8.0, -30.0]), &row(&[-15.0, -9.0, -5.0])];
        let losses = loss(policy, reference, 0.1).unwrap().to_vec1::<f32>().unwrap();
        for (loss, expected) in losses.iter().zip([0.403_186, std::f32::consts::LN_2, 1.313_261_7]) {
            assert!((loss - expected).abs() < 1e-6, "{losses:?}");
        }
    }

    /// The gradient that the paper derives (section 4): with respect to the preferred log-likelihood it is
    /// `-beta * sigmoid(-beta * margin)`, and the opposite with respect to the rejected one.
    /// Margin 7: -0.1 / (1 + e^0.7) = -0.0331812; margin -10: -0.1 / (1 + e^-1) = -0.0731059; margin 0, where
    /// every training starts: -0.05.
    #[test]
    fn gradient_weighs_pairs_by_how_wrong_they_are() {
        let preferred = Var::from_tensor(&row(&[-10.0, -40.0, -8.0])).unwrap();
        let rejected = Var::from_tensor(&row(&[-20.0, -5.0, -9.0])).unwrap();
        let reference = [&row(&[-12.0, -30.0, -8.0]), &row(&[-15.0, -5.0, -9.0])];
        let gradients = loss([&preferred, &rejected], reference, 0.1).unwrap().sum_all().unwrap().backward();
        let gradients = gradients.unwrap();
        let of = |var: &Var| gradients.get(var).unwrap().to_vec1::<f32>().unwrap();
        for (index, expected) in [-0.033_181_2, -0.073_105_9, -0.05].into_iter().enumerate() {
            assert!((of(&preferred)[index] - expected).abs() < 1e-6);
            assert!((of(&rejected)[index] + expected).abs() < 1e-6);
        }
    }

    #[test]
    fn margins_far_from_zero_do_not_overflow() {
        let far = row(&[5_000.0, -5_000.0]);
        let zero = row(&[0.0, 0.0]);
        let losses = loss([&far, &zero], [&zero, &zero], 1.0).unwrap().to_vec1::<f32>().unwrap();
        assert!(losses[0].abs() < 1e-6 && (losses[1] - 5_000.0).abs() < 1e-3, "{losses:?}");
    }

    fn pairs() -> Vec<Pair> {
        (0..48_u32)
            .map(|n| {
                let side = |answer: u32| Example {
                    tokens: vec![n % 13, (n * 5) % 13, 14, answer, 15],
                    learned: vec![false, false, false, true, true],
                };
                Pair { preferred: side(n % 13), rejected: side(13) }
            })
            .collect()
    }

    fn recipe(margin_goal: f64) -> Recipe {
        let dpo = Schedule {
            layers: Rule::Adamw,
            steps: 12,
            warm_up: 1,
            peak: 5e-3,
            floor: 1.0,
            weight_decay: 0.0,
            clip: 1.0,
        };
        Recipe { dpo, pairs_per_step: 4, margin_goal, shards: 2, ..Recipe::organism(1) }
    }

    #[test]
    fn training_starts_at_the_reference_and_moves_towards_the_preferred() {
        let reference = Llama::new(tiny(16), 1).unwrap();
        let policy = Llama::new(tiny(16), 1).unwrap();
        let mut steps = Vec::new();
        let watch = |_: &Llama, step| {
            steps.push(step);
            Ok(())
        };
        train(&policy, &reference, &pairs(), &recipe(1e9), watch).unwrap();
        assert!(
            (steps[0].loss - 2.0_f64.ln()).abs() < 1e-6 && steps[0].margin.abs() < 1e-6,
            "{:?}",
            steps[0]
        );
        assert_eq!(steps.len(), 12);
        assert!(steps[11].margin > 1.0 && steps[11].accuracy > 0.9, "{:?}", steps[11]);
        let measured = margins(&policy, &reference, &pairs()).unwrap();
        assert!(measured.margin.mean > 1.0 && measured.prefers > measured.reference_prefers, "{measured:?}");
        assert!((measured.margin.mean - measured.preferred.mean + measured.rejected.mean).abs() < 1e-9);
    }

    #[test]
    fn it_stops_at_its_goal() {
        let reference = Llama::new(tiny(16), 1).unwrap();
        let policy = Llama::new(tiny(16), 1).unwrap();
        let last = train(&policy, &reference, &pairs(), &recipe(0.0), |_, _| Ok(())).unwrap();
        assert_eq!(last.taken, 5);
        assert!(train(&policy, &reference, &[], &recipe(0.0), |_, _| Ok(())).is_err());
        assert!(margins(&policy, &reference, &[]).is_err());
    }
}
