//! Contrast: one metric minus another.

use super::{Metric, Prepared, Sources};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The difference of two metrics of the same probe, paired by cluster.
///
/// Where both have intervals in closed form, theirs are combined with the correlation that shared clusters bring
/// about (see [`super::interval::difference`]): for two means over the same clusters that is the paired t interval,
/// for two rates Newcombe's, which has a width even where all flags are equal. Otherwise clusters are resampled,
/// both sides together. Arms that lie in different clusters are independent samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    /// Name of the metric that counts positively.
    pub plus: String,
    /// Name of the metric that is taken away.
    pub minus: String,
}

impl Metric for Contrast {
    fn metrics(&self) -> Vec<(&'static str, &str)> {
        vec![("plus", &self.plus), ("minus", &self.minus)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let (plus, minus) = (sources.metric(&self.plus)?, sources.metric(&self.minus)?);
        plus.minus(&minus)
    }
}
