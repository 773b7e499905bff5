//! Ratio: one metric as a multiple of another; [`super::interval::quotient`] combines their intervals.

use super::{Metric, Prepared, Sources};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The quotient of two metrics of the same probe, paired by cluster.
///
/// The interval is Fieller's, from the intervals of the two metrics and the correlation that shared clusters bring
/// about. There is none where the interval of the lower metric holds 0, nor, where
/// clusters have to be resampled, when it comes near 0 too often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// Name of the metric above the line.
    pub of: String,
    /// Name of the metric below the line.
    pub to: String,
}

impl Metric for Ratio {
    fn metrics(&self) -> Vec<(&'static str, &str)> {
        vec![("of", &self.of), ("to", &self.to)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let (of, to) = (sources.metric(&self.of)?, sources.metric(&self.to)?);
        of.over(&to)
    }
}

#[cfg(test)]
mod tests {
    use crate::metric::fixture::{Fixture, assert_near, ends};
    use serde_json::{Value, json};

    fn ratio() -> Value {
        json!({
            "of": { "mean": { "of": "s@a" } },
            "to": { "mean": { "of": "s@b" } },
            "m": { "ratio": { "of": "of", "to": "to" } },
        })
    }

    fn arms(pairs: &[(f64, f64)]) -> Fixture {
        pairs.iter().zip(0..).fold(Fixture::arms(&["a", "b"]), |table, ((a, b), case)| {
            table.numbers("s", case, 0, &[*a]).numbers("s", case, 1, &[*b])
        })
    }

    // Fieller's quadratic in numpy, with scipy.stats.t.ppf(0.975, 5).
    #[test]
    fn two_means_over_the_same_cases_are_fiellers() {
        let pairs = [(10.5, 5.0), (12.0, 6.5), (11.5, 5.0), (9.5, 4.25), (10.0, 5.0), (13.0, 6.0)];
        let expected = [2.094488188976378, 1.9239803821648669, 2.304357636223003];
        assert_near(&ends(&arms(&pairs).estimate(ratio())), &expected, 1e-9);
    }

    #[test]
    fn nothing_is_divided_by_what_may_be_nothing() {
        let reason = arms(&[(1.0, 0.5), (2.0, -0.75), (1.5, 1.0)]).reason(ratio());
        assert_eq!(reason, "the interval of what it divides by holds 0, so the ratio has no bounds");
    }
}
