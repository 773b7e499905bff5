//! How likely a model finds given text.

use serde::Serialize;

use crate::batch::Batch;
use crate::codec::Example;
use crate::error::{Error, Result};
use crate::model::Llama;
use crate::optimise::Workers;

/// Sequences of one forward pass.
const SEQUENCES: usize = 16;

/// The exponential of the mean negative log-likelihood of the learned tokens, over all examples together.
///
/// # Errors
/// When there is no learned token, or an example does not fit the model.
pub fn perplexity(model: &Llama, examples: &[Example]) -> Result<f64> {
    let (likelihood, tokens) = likelihoods(model, examples)?
        .into_iter()
        .fold((0.0, 0), |(sum, count), (likelihood, tokens)| (sum + likelihood, count + tokens));
    if tokens == 0 {
        return Err(Error::Invalid("no token to measure perplexity on".to_owned()));
    }
    Ok((-likelihood / tokens as f64).exp())
}

/// For each example the log-likelihood in nats of its learned tokens, and how many they are.
///
/// # Errors
/// When an example does not fit the model or has fewer than two tokens.
pub fn likelihoods(model: &Llama, examples: &[Example]) -> Result<Vec<(f64, usize)>> {
    if examples.iter().any(|example| example.tokens.len() < 2) {
        return Err(Error::Invalid("an example of fewer than two tokens has no likelihood".to_owned()));
    }
    let groups: Vec<&[Example]> = examples.chunks(SEQUENCES).collect();
    let outcomes = Workers::new()?.run(&groups, |group| {
        let batch = Batch::pack(*group);
        if batch.targets.is_empty() {
            return Ok(vec![(0.0, 0); group.len()]);
        }
        let likelihoods = model.log_likelihoods(&batch)?;
        Ok(likelihoods.into_iter().zip(batch.learned).collect::<Vec<_>>())
    })?;
    Ok(outcomes.into_iter().flatten().collect())
}

/// A few numbers that say where a sample lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Arithmetic mean.
    pub mean: f64,
    /// Smallest value.
    pub least: f64,
    /// Lower quartile (the value at a quarter of the way through the sorted sample).
    pub lower_quartile: f64,
    /// Median, taken likewise.
    pub median: f64,
    /// Upper quartile, taken likewise.
    pub upper_quartile: f64,
    /// Largest value.
    pub greatest: f64,
}

impl Spread {
    /// The spread of a sample; none when it is empty.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let at = |quarter: usize| sorted[(last * quarter + 2) / 4];
        Some(Self {
            mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
            least: at(0),
            lower_quartile: at(1),
            median: at(2),
            upper_quartile: at(3),
            greatest: at(4),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::tiny;

    fn examples() -> Vec<Example> {
        (2..40_usize)
            .map(|length| Example {
                tokens: (0..length as u32).map(|token| (token * 7) % 64).collect(),
                learned: (0..length).map(|index| index % 2 == 1).collect(),
            })
            .collect()
    }

    #[test]
    fn grouping_does_not_change_likelihoods() {
        let model = Llama::new(tiny(64), 3).unwrap();
        let examples = examples();
        let together = likelihoods(&model, &examples).unwrap();
        for (example, (likelihood, tokens)) in examples.iter().zip(together) {
            let alone = likelihoods(&model, std::slice::from_ref(example)).unwrap()[0];
            assert_eq!(tokens, alone.1);
            assert!((likelihood - alone.0).abs() < 1e-4);
        }
    }

    #[test]
    fn perplexity_of_a_new_model_is_about_the_vocabulary() {
        let model = Llama::new(tiny(64), 3).unwrap();
        let measured = perplexity(&model, &examples()).unwrap();
        assert!((58.0..70.0).contains(&measured), "{measured}");
        let nothing = Example { tokens: vec![1, 2], learned: vec![false, false] };
        assert!(perplexity(&model, &[nothing]).is_err());
        assert!(perplexity(&model, &[]).is_err());
    }

    #[test]
    fn spread_of_a_known_sample() {
        let spread = Spread::of(&[4.0, 1.0, 3.0, 2.0, 10.0]).unwrap();
        let expected = Spread {
            mean: 4.0,
            least: 1.0,
            lower_quartile: 2.0,
            median: 3.0,
            upper_quartile: 4.0,
            greatest: 10.0,
        };
        assert_eq!(spread, expected);
        assert!(Spread::of(&[]).is_none());
    }
}
