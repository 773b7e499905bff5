//! The difference of two means, rates, d′ or contrasts over the same clusters.
//!
//! What the two sides of a cluster contribute to the difference is one number, and clusters are independent: the difference
//! has Student's t interval from those numbers, whatever correlates within a cluster (analysis of cluster summaries,
//! Donner & Klar 2000, *Design and Analysis of Cluster Randomization Trials*, chapter 6; linearised as in
//! [`super::cluster::Statistic::standard_error`]). Combining the intervals of the two sides instead
//! ([`super::closed::Difference`]) adds up two doubts about how much flags of one cluster are alike, although the
//! doubt cancels where both sides have the same clusters: with 12 cases of 8 flags such an interval of a difference of d′
//! is nearly twice as wide.
//!
//! t says nothing where nearly all clusters contribute the same, such as none or all that there can be: where all do, it has no width.
//! So with k clusters besides those that contribute what most do, the squared reach of t weighs k² / (k² + [`DOUBT`]²), that of the combined intervals the rest. The weight is Grice's own.
//!
//! Means need no such care: their difference has the t interval of paired samples, also where one side is the same in every
//! cluster and has no interval by itself.
//!
//! Two shares with one flag a cluster are left alone: there the combined intervals are Newcombe's method 10.

use super::{
    Range,
    closed::{ClosedForm, Difference, Pair},
    cluster::Statistic,
    interval::{Interval, t_quantile},
};

/// With how many clusters that stand out t is half believed. Chosen by simulation over 5 to 100 clusters of 4 to 16 flags,
/// shares from 0.01 to 0.99: with 0.75 coverage is 93 to 97 % where more than a few clusters stand out, and 97 to 99 %
/// where the flags of a whole run differ in a handful of clusters; with 0 it falls to 91 % there.
const DOUBT: f64 = 0.75;

/// The first side minus the second.
pub(crate) struct PairedClusters {
    combined: Difference,
    value: f64,
    /// The cluster-robust standard error of the difference.
    error: f64,
    clusters: f64,
    /// Clusters besides those that contribute what most do.
    informative: f64,
    /// Whether both sides are made of flags.
    flags: bool,
    /// The values that the difference can take.
    range: Range,
}

impl PairedClusters {
    /// From the statistics of both sides, that of their difference with its range, and how their intervals combine. None
    /// where t has nothing to add: clusters that are not the same, one cluster, or two shares with one flag a cluster.
    pub(crate) fn new(
        sides: [&Statistic; 2],
        difference: &Statistic,
        range: Range,
        pair: &Pair,
    ) -> Option<Self> {
        let [left, right] = sides;
        if left.clusters() != right.clusters() {
            return None;
        }
        let several =
            |statistic: &Statistic| statistic.rows().any(|row| matches!(row, [_, count] if *count > 1.0));
        if pair.of_shares() && !(several(left) && several(right)) {
            return None;
        }
        Some(Self {
            combined: Difference(pair.clone()),
            value: difference.point()?,
            error: difference.standard_error()?,
            clusters: left.clusters().len() as f64,
            informative: besides_the_commonest(difference.influences()?) as f64,
            flags: pair.of_flags(),
            range,
        })
    }

    fn bounded(&self, low: f64, high: f64, method: impl Into<String>) -> Result<Interval, String> {
        let (least, most) = match self.range {
            Range::ShareDifference => (-1.0, 1.0),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        };
        Interval::checked(low.max(least), high.min(most), method, "its spread is not a finite number")
    }
}

/// How many numbers are not the most common one; those that only rounding tells apart are the same.
fn besides_the_commonest(mut numbers: Vec<f64>) -> usize {
    numbers.sort_by(f64::total_cmp);
    let largest = numbers.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
    let same = numbers.chunk_by(|one, other| other - one <= 1e-9 * largest);
    numbers.len() - same.map(<[f64]>::len).max().unwrap_or(0)
}

/// What the method says.
const METHOD: &str = "t, paired by cluster";

impl ClosedForm for PairedClusters {
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let half = t_quantile(confidence, self.clusters - 1.0) * self.error;
        if !self.flags && half > 1e-9 * self.value.abs() {
            return self.bounded(self.value - half, self.value + half, METHOD);
        }
        let Interval { low, high, method } = self.combined.interval(confidence)?;
        let squared = self.informative * self.informative;
        let seen = squared / (squared + DOUBT * DOUBT);
        let reach = |other: f64| (seen * half * half + (1.0 - seen) * other * other).sqrt();
        let method = if self.informative > 0.0 { METHOD.to_owned() } else { method };
        self.bounded(self.value - reach(self.value - low), self.value + reach(high - self.value), method)
    }

    fn width(&self) -> Option<f64> {
        self.combined.width()
    }

    fn flags(&self, confidence: f64) -> Option<f64> {
        self.combined.flags(confidence)
    }
}

#[cfg(test)]
mod tests {
    use crate::metric::fixture::{Fixture, assert_near, ends};
    use crate::metric::{
        Estimate,
        interval::{difference, wilson},
    };
    use serde_json::json;

    /// The contrast of two arms with 4 flags a case; how many are true in each case.
    fn contrast(pairs: &[(usize, usize)]) -> Estimate {
        let fixture = pairs.iter().zip(0..).fold(Fixture::arms(&["a", "b"]), |table, ((a, b), case)| {
            table.flags("s", case, 0, *a, 4).flags("s", case, 1, *b, 4)
        });
        fixture.estimate(json!({
            "a": { "rate": { "of": "s@a" } },
            "b": { "rate": { "of": "s@b" } },
            "m": { "contrast": { "plus": "a", "minus": "b" } },
        }))
    }

    // scipy.stats.ttest_rel of the rates: half the width is 0.2142151529696929. 3 of 6 cases stand out, so that 16/17 of
    // the squared reach is t's.
    #[test]
    fn where_all_cases_differ_it_is_nearly_the_paired_t_interval() {
        let found = contrast(&[(4, 3), (3, 1), (4, 2), (2, 1), (3, 0), (1, 0)]);
        let half = 0.214_215_152_969_692_9_f64;
        assert!((found.value - 5.0 / 12.0).abs() < 1e-12, "{found:?}");
        assert!(found.method.starts_with("t, paired"), "{found:?}");
        for reach in [found.high - found.value, found.value - found.low] {
            assert!(half * (16.0_f64 / 17.0).sqrt() < reach && reach < 1.1 * half, "{reach} {half}");
        }
    }

    // scipy.stats.ttest_rel: the second side is 1 in every case, so that it has no interval by itself.
    #[test]
    fn a_side_that_never_varies_leaves_the_paired_t_interval() {
        let fixture =
            [2.0, 3.0, 5.0, 4.0].iter().zip(0..).fold(Fixture::arms(&["a", "b"]), |table, (a, case)| {
                table.numbers("s", case, 0, &[*a]).numbers("s", case, 1, &[1.0])
            });
        let found = fixture.estimate(json!({
            "a": { "mean": { "of": "s@a" } },
            "b": { "mean": { "of": "s@b" } },
            "m": { "contrast": { "plus": "a", "minus": "b" } },
        }));
        assert_near(&ends(&found), &[2.5, 0.445739743239121, 4.554260256760879], 1e-9);
    }

    // Every case goes from all to none, which is no certainty that all would: the combined intervals stand, Wilson's with 4
    // cases that are worth one flag each.
    #[test]
    fn where_all_cases_differ_as_far_as_they_can_the_combined_intervals_stand() {
        let found = contrast(&[(4, 0); 4]);
        let expected = difference(wilson(1.0, 4.0, 0.95), wilson(0.0, 4.0, 0.95), 0.0);
        assert_near(&ends(&found), &[1.0, expected.low, 1.0], 1e-9);
        assert!(found.low < 0.4, "{found:?}");
    }

    // No case differs, so the combined intervals stand: Wilson's, with 4 cases that are worth one flag each. The sides
    // move together but for the continuity correction of half a flag in 4: the correlation is 1 - 0.5 / (4 × 1/4) = 1/2.
    #[test]
    fn where_no_case_differs_the_combined_intervals_stand() {
        let found = contrast(&[(4, 4), (0, 0), (4, 4), (0, 0)]);
        let share = wilson(0.5, 4.0, 0.95);
        let expected = difference(share, share, 0.5);
        assert_near(&ends(&found), &[0.0, expected.low, expected.high], 1e-9);
    }
}
