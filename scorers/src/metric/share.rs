//! Shares of clustered flags: Wilson's interval with an effective sample size.
//!
//! Grades of one case resemble each other, so n grades say less than n independent ones would. Following
//! the practice for survey proportions (Korn & Graubard 1998, Survey Methodology 24:193; Dean & Pagano
//! 2015, <https://doi.org/10.1093/jssam/smv024>; Franco et al. 2019, <https://doi.org/10.1093/jssam/smy019>), Wilson's
//! formula is given n divided by the design effect, the ratio of the cluster-robust variance to that of
//! independent grades, times the squared ratio of the t quantiles with n-1 and clusters-1 degrees of freedom.
//!
//! Two things are Grice's own, because probes are small and rates near 0 and 1 are common:
//! - The effective size is kept between n² / Σ n_c² (Kish: grades within a cluster are copies of each other)
//!   and n (they are independent), which no share of flags can leave in expectation.
//! - When few clusters hold the rarer answer, the design effect cannot be seen, and its estimate tends
//!   to 1. So with k such clusters the estimate weighs k² / (k² + [`DOUBT`]²), the worst case the rest:
//!   where all flags are equal, cases are counted, not grades.
//!
//! With one grade a cluster all of this vanishes and the interval is Wilson's exactly, but for one thing: where one or
//! two clusters hold the rarer answer (or three of more than 50), Wilson's coverage falls to 83 %, because its limit on the
//! side of the rarer answer is too near. There the one-sided Poisson limit is taken if it is farther, as Brown,
//! Cai & DasGupta (2001, <https://doi.org/10.1214/ss/1009213286>, section 4.1.1) propose.

use super::{
    cluster::Statistic,
    formula::MeanOf,
    growth::Growth,
    interval::{Ends, t_quantile, wilson},
    select::Scored,
    sums::Sums,
};
use statrs::distribution::{ContinuousCDF, Gamma};
use std::sync::Arc;

/// With how many clusters that hold the rarer answer the design effect is half believed. Chosen by
/// simulation (10, 20 and 40 clusters of 8, shares from 0.02 to 0.5, correlations within a cluster from 0 to
/// 0.9): with 2.5 coverage stays above 92.8 %, which is Wilson's own dip for 10 clusters; with 0 it
/// falls to 80 %.
const DOUBT: f64 = 2.5;

/// A share of flags and how much its grades are worth.
#[derive(Clone, Debug)]
pub struct Share {
    /// The share of true flags.
    pub value: f64,
    /// Flags.
    pub n: f64,
    /// Clusters.
    pub clusters: f64,
    /// n² / Σ n_c²: what n is worth if all flags of a cluster are the same.
    least: f64,
    /// Cluster-robust variance over that of independent flags; 1 where it is not defined.
    design_effect: f64,
    /// Clusters that hold the rarer answer.
    pub(super) informative: f64,
    /// How much each cluster pulls the share, ascending by cluster.
    pulls: Arc<Vec<(u32, f64)>>,
}

/// From how many times their worth grades of one case resemble each other for [`Share::may_miss_cases`].
const ALIKE: f64 = 1.5;
/// And from which part of its variance cases that were not drawn could add.
const UNSEEN: f64 = 0.5;
/// Cases with one grade each below which Wilson's limits jump too far from one count to the next.
const FEW: f64 = 8.0;

/// What rounding may make of a half.
pub(super) const HALF: f64 = 1e-9;

/// Up to so many clusters the rarer answer has to stand in three to be well described by Wilson's limits.
const FEW_CLUSTERS: f64 = 50.0;

impl Share {
    /// The share of true flags, as a statistic of clusters and with what its interval needs.
    pub fn of(flags: &[Scored]) -> Option<(Self, Statistic)> {
        let mut sums = Sums::new(2);
        for flag in flags {
            if let [trues, count] = sums.row(flag.cluster, 0) {
                *trues += flag.value;
                *count += 1.0;
            }
        }
        let statistic = sums.statistic(1, Arc::new(MeanOf));
        Some((Self::of_sums(&statistic)?, statistic))
    }

    /// The same from each cluster with its trues and flags.
    pub fn of_counts(counts: impl IntoIterator<Item = (u32, f64, f64)>) -> Option<Self> {
        Self::of_sums(&Statistic::share(counts))
    }

    /// The same from the trues and flags of each cluster.
    pub(crate) fn of_sums(statistic: &Statistic) -> Option<Self> {
        let value = statistic.point()?;
        let (mut n, mut squares, mut with_true, mut with_false) = (0.0, 0.0, 0.0, 0.0);
        for row in statistic.rows() {
            if let [trues, count] = row {
                n += count;
                squares += count * count;
                with_true += f64::from(u8::from(*trues > 0.0));
                with_false += f64::from(u8::from(trues < count));
            }
        }
        let independent = value * (1.0 - value) / (n - 1.0);
        let clustered = statistic.standard_error().map(|error| error * error);
        let design_effect = clustered.map_or(1.0, |clustered| clustered / independent);
        Some(Self {
            value,
            n,
            clusters: statistic.clusters().len() as f64,
            least: n * n / squares,
            design_effect: if design_effect.is_finite() { design_effect } else { 1.0 },
            informative: f64::min(with_true, with_false),
            pulls: Arc::new(
                statistic
                    .clusters()
                    .iter()
                    .copied()
                    .zip(statistic.influences().unwrap_or_default())
                    .collect(),
            ),
        })
    }

    /// How many independent flags the flags are worth.
    pub fn effective_n(&self, confidence: f64) -> f64 {
        let few = if self.clusters < self.n {
            t_quantile(confidence, self.clusters - 1.0) / t_quantile(confidence, self.n - 1.0)
        } else {
            1.0
        };
        let known = self.informative * self.informative;
        let seen = known / (known + DOUBT * DOUBT);
        // One cluster, or none that shows both answers, tells nothing about how far clusters differ.
        let estimated = self.design_effect * few * few / self.n;
        let worth = if few.is_finite() && self.informative > 0.0 {
            seen * estimated + (1.0 - seen) / self.least
        } else {
            1.0 / self.least
        };
        (1.0 / worth).clamp(self.least.min(self.n), self.n)
    }

    /// A positive correlation of two shares with a continuity correction (as in Newcombe's method 10),
    /// without which two shares that agree in every cluster would differ by 0 with certainty.
    pub(crate) fn cautious(&self, other: &Self, correlation: f64, confidence: f64) -> f64 {
        let n = self.effective_n(confidence).min(other.effective_n(confidence));
        let spread = (self.value * (1.0 - self.value) * other.value * (1.0 - other.value)).sqrt();
        if correlation <= 0.0 || spread <= 0.0 {
            correlation
        } else {
            (correlation - 0.5 / (n * spread)).max(0.0)
        }
    }
}

impl Share {
    /// Whether so few clusters hold the rarer answer, and so few of them, that Wilson's limit on its side is too near.
    pub(super) fn rare(&self) -> bool {
        let few = if self.clusters > FEW_CLUSTERS { 3.0 } else { 2.0 };
        self.informative <= few && 3.0 * self.informative <= self.clusters
    }

    /// The value with Wilson's limits for the effective n.
    pub(super) fn wilson(&self, confidence: f64) -> Ends {
        wilson(self.value, self.effective_n(confidence), confidence)
    }

    /// The value with the ends of its interval.
    pub(super) fn ends(&self, confidence: f64) -> Ends {
        let Ends { value, mut low, mut high } = self.wilson(confidence);
        if self.rare() && self.informative > 0.0 {
            let n = self.effective_n(confidence);
            // The mean of a Poisson variable that reaches so many or more with the probability of one whole tail.
            let limit = |seen: f64| {
                Gamma::new(seen, 1.0).map_or(0.0, |gamma| gamma.inverse_cdf(1.0 - confidence)) / n
            };
            // Of two answers that are equally rare, both are.
            if value < 0.5 + HALF {
                low = low.min(limit(value * n));
            }
            if value > 0.5 - HALF {
                high = high.max(1.0 - limit((1.0 - value) * n));
            }
        }
        Ends { value, low, high }
    }

    /// Why its interval may hold the true share in fewer runs than it says; none where it does not. By simulation of the
    /// designs of `examples/coverage`, intervals of which neither can be said hold it in 93 % of runs or more where grades of one case
    /// resemble each other; of which one can be said, in 89 %, and one grade of each of 4 to 7 cases in 87 %, at some rates.
    pub fn doubt(&self, confidence: f64) -> Option<&'static str> {
        let n = self.effective_n(confidence);
        let variance = self.value * (1.0 - self.value) / n;
        let alike = self.clusters < self.n && self.n > ALIKE * n;
        if alike && self.informative > 0.0 && self.unseen_variance() > UNSEEN * variance {
            Some("cases in which the rarer answer is common may exist and not be among these")
        } else if self.clusters >= self.n && self.clusters < FEW {
            Some("there is one grade of each of a few cases")
        } else {
            None
        }
    }

    /// The variance that it would have if all flags of a cluster were the same, times the probability that then no cluster of
    /// the rarer answer would be among them.
    pub(super) fn unseen_variance(&self) -> f64 {
        let commoner = self.value.max(1.0 - self.value);
        commoner.powf(self.least) * self.value * (1.0 - self.value) / self.least
    }

    /// The same share over more clusters like these, or with more flags in each.
    pub(super) fn grown(&self, growth: Growth) -> Self {
        let n = self.n * growth.clusters * growth.samples;
        Self {
            n,
            clusters: self.clusters * growth.clusters,
            least: self.least * growth.clusters,
            // The variance is the design effect over n.
            design_effect: self.design_effect * growth.variance() * n / self.n,
            informative: self.informative * growth.clusters,
            ..self.clone()
        }
    }

    /// The clusters that it rests on, and how much each pulls it.
    pub(super) fn pulls(&self) -> &[(u32, f64)] {
        &self.pulls
    }

    /// The correlation with another share that the clusters they have in common bring about, from -1 to 1; 0 where
    /// either is the same in every cluster.
    pub(super) fn correlation(&self, other: &Self) -> f64 {
        let square = |share: &Self| share.pulls.iter().map(|(_, pull)| pull * pull).sum::<f64>();
        let scale = (square(self) * square(other)).sqrt();
        if scale <= f64::MIN_POSITIVE {
            return 0.0;
        }
        let mut theirs = other.pulls.iter().peekable();
        let mut sum = 0.0;
        for (cluster, pull) in self.pulls.iter() {
            while theirs.next_if(|(other, _)| other < cluster).is_some() {}
            if let Some((_, other)) = theirs.next_if(|(other, _)| other == cluster) {
                sum += pull * other;
            }
        }
        (sum / scale).clamp(-1.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::interval::CONFIDENCE;

    fn doubt(counts: &[(f64, f64)]) -> Option<&'static str> {
        let counts = (0..).zip(counts).map(|(cluster, (yes, all))| (cluster, *yes, *all));
        Share::of_counts(counts).unwrap().doubt(CONFIDENCE)
    }

    // By hand: 24 cases of 16 flags, of which six go wrong once: v = 378/384, and v^24 / 24 = 0.029 of v (1 - v) is what cases that were
    // not drawn could add to 1 / 118, what the grades are worth. Two that go wrong often show how far cases differ.
    #[test]
    fn what_few_cases_show_is_doubted() {
        assert_eq!(doubt(&[(8.0, 16.0); 24]), None);
        let mut once = vec![(16.0, 16.0); 18];
        once.extend([(15.0, 16.0); 6]);
        assert!(doubt(&once).unwrap().starts_with("cases in which the rarer answer is common"));
        let mut hard = vec![(16.0, 16.0); 22];
        hard.extend([(4.0, 16.0), (8.0, 16.0)]);
        assert_eq!(doubt(&hard), None);
        assert!(
            doubt(&[(1.0, 1.0), (0.0, 1.0), (1.0, 1.0), (1.0, 1.0)])
                .unwrap()
                .starts_with("there is one grade")
        );
        // Cases that are all alike are counted as cases, and a hundred show what there is.
        assert_eq!(doubt(&[(16.0, 16.0); 24]), None);
        let mut many = vec![(16.0, 16.0); 70];
        many.extend([(4.0, 16.0); 30]);
        assert_eq!(doubt(&many), None);
    }
}
