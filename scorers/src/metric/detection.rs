//! Signal detection: what d′ and the criterion share.
//!
//! Rates are corrected by the log-linear rule, (yes + 0.5) / (n + 1), whatever they are, so that rates of 0 and
//! 1 have a z (Hautus 1995, <https://doi.org/10.3758/BF03203619>). The variance of z(rate) is that of the delta
//! method, rate × (1 - rate) / (n × density(z)²) (Gourevitch & Galanter 1967,
//! <https://doi.org/10.1007/BF02289402>), with the effective n of clustered flags (see [`super::Share`]) in place
//! of n; the two rates are correlated as far as they share clusters. The interval is normal.

use super::{
    Prepared, Range, Share,
    closed::ClosedForm,
    cluster::{Formula, Sums},
    interval::{Interval, normal_density, normal_quantile, probit},
    select::Grades,
};
use std::sync::Arc;

/// A weighted sum of z(hit rate) and z(false-alarm rate).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detection {
    /// Weight of z(hit rate).
    pub(crate) hit: f64,
    /// Weight of z(false-alarm rate).
    pub(crate) false_alarm: f64,
}

/// The rate by the log-linear rule.
pub(crate) fn corrected(yes: f64, n: f64) -> f64 {
    (yes + 0.5) / (n + 1.0)
}

impl Detection {
    /// The measure at two rates strictly between 0 and 1.
    pub(crate) fn at(self, hit: f64, false_alarm: f64) -> f64 {
        self.hit * probit(hit) + self.false_alarm * probit(false_alarm)
    }

    /// The measure over flags.
    pub(crate) fn prepare(self, hits: &Grades, false_alarms: &Grades) -> Result<Prepared, String> {
        let mut sums = Sums::new(4);
        for (side, offset, grades) in [(0, 0, hits), (1, 2, false_alarms)] {
            for grade in &grades.scored {
                if let Some([yes, n, ..]) = sums.row(grade.cluster, side).get_mut(offset..) {
                    *yes += grade.value;
                    *n += 1.0;
                }
            }
        }
        let prepared = Prepared::resampled(sums.statistic(2, Arc::new(self)), Range::Real)?;
        let of = |grades: &Grades| Share::of(&grades.scored).ok_or("there is nothing to average");
        let ((hit, hit_statistic), (false_alarm, false_alarm_statistic)) = (of(hits)?, of(false_alarms)?);
        let correlation = hit_statistic.correlation(&false_alarm_statistic);
        let value = prepared.value;
        Ok(prepared.with(Delta { measure: self, value, hit, false_alarm, correlation }))
    }
}

impl Formula for Detection {
    fn value(&self, totals: &[f64]) -> Option<f64> {
        match totals {
            [hits, signals, alarms, noises] if *signals > 0.0 && *noises > 0.0 => {
                Some(self.at(corrected(*hits, *signals), corrected(*alarms, *noises)))
            }
            _ => None,
        }
    }

    fn undefined(&self) -> String {
        "one of the two rates has no grades".to_owned()
    }
}

struct Delta {
    measure: Detection,
    value: f64,
    hit: Share,
    false_alarm: Share,
    correlation: f64,
}

impl ClosedForm for Delta {
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let error = |share: &Share, weight: f64| {
            let rate = corrected(share.value * share.n, share.n);
            weight * (rate * (1.0 - rate) / share.effective_n(confidence)).sqrt()
                / normal_density(probit(rate))
        };
        let hit = error(&self.hit, self.measure.hit);
        let alarm = error(&self.false_alarm, self.measure.false_alarm);
        let correlation = self.hit.cautious(&self.false_alarm, self.correlation, confidence);
        let variance = hit * hit + 2.0 * correlation * hit * alarm + alarm * alarm;
        let half = normal_quantile(confidence) * variance.max(0.0).sqrt();
        let why = "both rates move together in every case: how far they can part is unknown";
        Interval::checked(self.value - half, self.value + half, "delta method, effective n", why)
    }
}
