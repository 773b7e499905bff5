//! Criterion: how readily a model says yes, whatever the case; computed in [`super::detection`].

use super::{FLAGS, Metric, Prepared, Selector, Sources, detection::Detection};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Criterion c = -(z(hit rate) + z(false-alarm rate)) / 2; above 0 the model says no too readily.
///
/// Rates are corrected by the log-linear rule, (yes + 0.5) / (n + 1), so that 0 and 1 have a z (Hautus 1995). The
/// interval is the delta method's (Gourevitch & Galanter 1967) with the effective sample sizes of the rates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Flags of the cases where yes is right.
    pub hit: Selector,
    /// Flags of the cases where yes is wrong.
    pub false_alarm: Selector,
}

impl Metric for Criterion {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("hit", &self.hit, FLAGS), ("false_alarm", &self.false_alarm, FLAGS)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let (hits, false_alarms) =
            (sources.grades(&self.hit, FLAGS)?, sources.grades(&self.false_alarm, FLAGS)?);
        Detection { hit: -0.5, false_alarm: -0.5 }.prepare(&hits, &false_alarms)
    }
}
