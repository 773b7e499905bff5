//! Unreliability: how far apart a case's good and bad samples lie.

use super::{Metric, NUMBERS, Prepared, Range, Selector, Sources, percentile, sorted::sample_percentile};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The 90th minus the 10th percentile over the samples of one case, averaged over cases (arXiv:2505.06120).
///
/// Between two grades a percentile is interpolated linearly. A case with one sample would seem perfectly
/// reliable and is left out; at least some cases must have 8 samples, since the spread of fewer says little. The interval is Student's t over clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unreliability {
    /// Which grades.
    pub of: Selector,
}

impl Metric for Unreliability {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, NUMBERS)]
    }

    fn least_samples(&self) -> u32 {
        percentile::LEAST_SAMPLES
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let grades = sources.grades(&self.of, NUMBERS)?;
        percentile::check_samples(&grades, &self.of)?;
        percentile::over_cases(&grades, &self.of, Range::Positive, |cell| {
            let at = |percent| sample_percentile(&cell.values, percent);
            if cell.values.len() < 2 { None } else { Some(at(90.0)? - at(10.0)?) }
        })
        .map_err(|_| "no case has two samples, so nothing can be said of their spread".to_owned())
    }
}
