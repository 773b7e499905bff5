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
    formula::Formula,
    growth::Growth,
    interval::{Interval, normal_density, normal_quantile, probit},
    select::Grades,
    sums::Sums,
    terms::{self, Link, Term, corrected},
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

    fn pairs(&self) -> bool {
        true
    }

    fn undefined(&self) -> String {
        "one of the two rates has no grades".to_owned()
    }

    fn gradient(&self, totals: &[f64], gradient: &mut [f64]) -> Option<()> {
        let (totals, _) = totals.as_chunks::<2>();
        let (gradient, _) = gradient.as_chunks_mut::<2>();
        for ((weight, [yes, n]), [by_yes, by_n]) in
            [self.hit, self.false_alarm].into_iter().zip(totals).zip(gradient)
        {
            if *n <= 0.0 {
                return None;
            }
            let rate = corrected(*yes, *n);
            let slope = weight / (normal_density(probit(rate)) * (n + 1.0));
            (*by_yes, *by_n) = (slope, -slope * rate);
        }
        Some(())
    }
}

struct Delta {
    measure: Detection,
    value: f64,
    hit: Share,
    false_alarm: Share,
    correlation: f64,
}

impl Delta {
    /// How far the rate that is not 0 or 1 in every grade can be off, given the reach of each.
    fn rest(&self, hit: f64, alarm: f64, confidence: f64) -> f64 {
        let varies = |share: &Share| share.value > 0.0 && share.value < 1.0;
        let part = |share: &Share, error: f64| if varies(share) { error * error } else { 0.0 };
        normal_quantile(confidence) * (part(&self.hit, hit) + part(&self.false_alarm, alarm)).sqrt()
    }
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
        // A rate that is 0 or 1 in every grade limits the measure on one side only: the interval is honest while it reaches
        // as far as the nearest rates that count.
        let terms = self.terms();
        let (down, up) = terms::open(&terms);
        let fewest = terms::informative(&terms);
        if fewest < 1.0 && half < down.max(up) + self.rest(hit, alarm, confidence) {
            return Err("one of its rates is 0 or 1 in every grade, and there are too few grades to say how near to it the true rate is".to_owned());
        }
        if fewest > 0.0 && terms.iter().any(|term| term.share.rare()) {
            // Where few clusters hold the rarer answer of a rate, the delta method takes it for too well known.
            let (down, up) = terms::recovered(&terms, confidence);
            let why = "its spread is not a finite number";
            return Interval::checked(
                self.value - down,
                self.value + up,
                "MOVER (z of Wilson, effective n)",
                why,
            );
        }
        let why = "both rates move together in every case: how far they can part is unknown";
        Interval::checked(self.value - half, self.value + half, "delta method, effective n", why)
    }

    fn grown(&self, growth: Growth) -> Option<Arc<dyn ClosedForm>> {
        let (hit, false_alarm) = (self.hit.grown(growth), self.false_alarm.grown(growth));
        Some(Arc::new(Self { hit, false_alarm, ..*self }))
    }

    fn terms(&self) -> Vec<Term> {
        let of = |share: &Share, weight| Term { share: Arc::new(share.clone()), link: Link::Z, weight };
        vec![of(&self.hit, self.measure.hit), of(&self.false_alarm, self.measure.false_alarm)]
    }

    /// From no flag true to all, by the log-linear rule.
    fn width(&self) -> Option<f64> {
        let of = |n: f64, weight: f64| weight.abs() * (probit(corrected(n, n)) - probit(corrected(0.0, n)));
        Some(of(self.hit.n, self.measure.hit) + of(self.false_alarm.n, self.measure.false_alarm))
    }

    fn flags(&self, confidence: f64) -> Option<f64> {
        let of = |share: &Share| {
            let rate = corrected(share.value * share.n, share.n);
            rate * (1.0 - rate) * share.effective_n(confidence)
        };
        Some(of(&self.hit).min(of(&self.false_alarm)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::{Fixture, assert_near, ends};
    use serde_json::json;

    const D_PRIME: Detection = Detection { hit: 1.0, false_alarm: -1.0 };
    const CRITERION: Detection = Detection { hit: -0.5, false_alarm: -0.5 };

    // Stanislaw & Todorov 1999, <https://doi.org/10.3758/BF03207704>: 20 hits of 25, 10 false alarms of 25.
    #[test]
    fn published_example() {
        assert_near(&[D_PRIME.at(0.8, 0.4)], &[1.095], 5e-4);
        assert_near(&[CRITERION.at(0.8, 0.4)], &[-0.294], 5e-4);
    }

    /// By hand for 20 of 25 and 10 of 25, one grade a case, arms in different cases: rates 20.5/26 and 10.5/26;
    /// standard error² = Σ rate (1 - rate) / (25 × density²). Numbers from scipy.stats.norm.
    #[test]
    fn corrected_and_with_an_interval() {
        let (hit, alarm) = (20.5 / 26.0, 10.5 / 26.0);
        let fixture = (0..25).fold(Fixture::arms(&["yes", "no"]), |table, case| {
            table.flags("s", case, 0, usize::from(case < 20), 1).flags(
                "s",
                25 + case,
                1,
                usize::from(case < 10),
                1,
            )
        });
        let density = |rate: f64| (-probit(rate).powi(2) / 2.0).exp() / std::f64::consts::TAU.sqrt();
        let part = |rate: f64| rate * (1.0 - rate) / (25.0 * density(rate).powi(2));
        let half = 1.959963984540054 * (part(hit) + part(alarm)).sqrt();
        let value = probit(hit) - probit(alarm);
        let found =
            fixture.estimate(json!({ "m": { "d_prime": { "hit": "s@yes", "false_alarm": "s@no" } } }));
        assert_near(&ends(&found), &[value, value - half, value + half], 1e-12);
        assert_near(&[value, half], &[1.044498707092581, 0.7433385470318303], 1e-9);
        let found =
            fixture.estimate(json!({ "m": { "criterion": { "hit": "s@yes", "false_alarm": "s@no" } } }));
        let value = -(probit(hit) + probit(alarm)) / 2.0;
        assert_near(&ends(&found), &[value, value - half / 2.0, value + half / 2.0], 1e-12);
    }

    #[test]
    fn perfect_rates_have_a_wide_interval() {
        let fixture = (0..12).fold(Fixture::arms(&["yes", "no"]), |table, case| {
            table.flags("s", case, 0, 8, 8).flags("s", case, 1, 0, 8)
        });
        let found =
            fixture.estimate(json!({ "m": { "d_prime": { "hit": "s@yes", "false_alarm": "s@no" } } }));
        assert!(found.value > 4.0 && found.high - found.low > 2.0, "{found:?}");
    }

    #[test]
    fn the_same_grades_on_both_sides_are_no_certain_zero() {
        let fixture =
            (0..9).fold(Fixture::new(), |table, case| table.flags("s", case, 0, usize::from(case < 4), 1));
        let found = fixture.estimate(json!({ "m": { "d_prime": { "hit": "s", "false_alarm": "s" } } }));
        assert!(found.low < -0.1 && found.high > 0.1, "{found:?}");
    }
}
