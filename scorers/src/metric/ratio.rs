//! Ratio: one metric as a multiple of another.

use super::{Metric, Prepared, Sources};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The quotient of two metrics of the same probe, paired by cluster.
///
/// The interval is Fieller's, from the intervals of the two metrics and the correlation that shared clusters bring
/// about (see [`super::interval::quotient`]). There is none where the interval of the lower metric holds 0, nor, where
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
