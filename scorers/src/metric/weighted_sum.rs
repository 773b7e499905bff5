//! Weighted sum: several metrics as one, each with a weight of its own.

use super::{Metric, Prepared, Sources};
use crate::scorer::ConfigError;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Several metrics of the same probe added up, each times its weight, such as a reward: the task's score, plus how pleasant the
/// dialogue was, minus what it cost.
///
/// All are taken over the same cases together. The interval is Student's t over what each cluster contributes to the sum (clusters - 1
/// degrees of freedom). Of means over the branches of a fork it is the multiturn-aware reward of arXiv:2502.00640 (equation 1), and half the
/// interval over the quantile is its standard error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightedSum {
    /// Names of the metrics, each with its weight: two at least.
    pub of: IndexMap<String, f64>,
}

impl Metric for WeightedSum {
    fn metrics(&self) -> Vec<(&'static str, &str)> {
        self.of.keys().map(|name| ("of", name.as_str())).collect()
    }

    fn validate(&self) -> Result<(), ConfigError> {
        if self.of.len() < 2 {
            return Err(ConfigError::new("of", "a sum is of two metrics at least"));
        }
        match self.of.iter().find(|(_, weight)| !weight.is_finite() || **weight == 0.0) {
            Some((name, weight)) => {
                Err(ConfigError::new("of", format!("`{name}` cannot have the weight {weight}; leave it out, or give it a number")))
            }
            None => Ok(()),
        }
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let mut parts = self.of.iter().map(|(name, weight)| Ok::<_, String>((sources.metric(name)?, *weight)));
        let (first, weight) = parts.next().ok_or("there is nothing to add up")??;
        let mut sum: Option<Prepared> = None;
        for part in parts {
            let (part, others) = part?;
            sum = Some(match sum {
                None => first.plus(weight, &part, others)?,
                Some(sum) => sum.plus(1.0, &part, others)?,
            });
        }
        sum.ok_or_else(|| "there is nothing to add".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::metric::MetricResult;
    use crate::metric::fixture::{Fixture, assert_near, ends};
    use serde_json::{Value, json};

    fn reward() -> Value {
        json!({
            "main": { "mean": { "of": "s@a" } },
            "pleasant": { "mean": { "of": "s@b" } },
            "tokens": { "mean": { "of": "s@c" } },
            "m": { "weighted_sum": { "of": { "main": 1.0, "pleasant": 1.0, "tokens": -0.1 } } },
        })
    }

    /// One case a conversation: its main score, its interactivity, its thousands of tokens.
    fn conversations(all: &[(f64, f64, f64)]) -> Fixture {
        all.iter().zip(0..).fold(Fixture::arms(&["a", "b", "c"]), |table, ((main, pleasant, tokens), case)| {
            table.numbers("s", case, 0, &[*main]).numbers("s", case, 1, &[*pleasant]).numbers("s", case, 2, &[*tokens])
        })
    }

    // scipy.stats.t.interval(0.95, 3, loc=x.mean(), scale=scipy.stats.sem(x)) of x = main + pleasant - 0.1 * tokens
    #[test]
    fn a_sum_of_means_is_the_mean_of_the_sums() {
        let all = [(1.0, 0.7, 0.6), (0.0, 0.9, 0.3), (1.0, 0.5, 1.2), (0.5, 0.8, 0.9)];
        let found = conversations(&all).estimate(reward());
        assert_near(&ends(&found), &[1.275, 0.7614349358098698, 1.78856506419013], 1e-9);
        assert_eq!((found.n, found.clusters), (12, 4));
    }

    #[test]
    fn what_is_missing_is_said() {
        let metrics = json!({
            "main": { "mean": { "of": "s@a" } },
            "m": { "weighted_sum": { "of": { "main": 1.0, "other": 1.0 } } },
        });
        let results = conversations(&[(1.0, 0.5, 0.1)]).results(metrics);
        let MetricResult::Unavailable { reason, .. } = &results["m"] else { panic!("{results:?}") };
        assert_eq!(reason, "there is no metric `other`");
    }
}
