//! Aptitude: how well a case goes when it goes well.

use super::{Metric, NUMBERS, Prepared, Range, Selector, Sources, percentile, sorted::sample_percentile};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The 90th percentile over the samples of one case, averaged over cases (arXiv:2505.06120).
///
/// Between two grades the percentile is interpolated linearly. It takes 8 samples a case: of fewer it would be little more than
/// their mean. The interval is Student's t over clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aptitude {
    /// Which grades.
    pub of: Selector,
}

impl Metric for Aptitude {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, NUMBERS)]
    }

    fn least_samples(&self) -> u32 {
        percentile::LEAST_SAMPLES
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let grades = sources.grades(&self.of, NUMBERS)?;
        percentile::check_samples(&grades, &self.of)?;
        percentile::over_cases(&grades, &self.of, Range::Real, |cell| {
            sample_percentile(&cell.values, 90.0)
        })
    }
}
