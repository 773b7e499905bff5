//! Rate: the share of grades that are true.

use super::{FLAGS, Metric, Prepared, Range, Selector, Share, Sources, select::Grades};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The share of scored grades that are true, from 0 to 1, and its curve where there are rounds.
///
/// The interval is Wilson's with an effective sample size (see [`super::Share`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Which grades.
    pub of: Selector,
}

impl Metric for Rate {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, FLAGS)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let grades = sources.grades(&self.of, FLAGS)?;
        let mut rate = share(&grades)?;
        if self.of.round.is_none() {
            for round in grades.rounds() {
                let grades = grades.of_round(round);
                rate.series.push((round, grades.scored.len() as u64, share(&grades)?));
            }
        }
        Ok(rate)
    }
}

/// The share of true flags, without a curve.
pub(super) fn share(flags: &Grades) -> Result<Prepared, String> {
    let (share, statistic) = Share::of(&flags.scored).ok_or("there is nothing to average")?;
    Ok(Prepared::resampled(statistic, Range::Share)?.with(share))
}
