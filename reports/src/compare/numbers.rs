//! The numbers of one metric: two estimates, their difference, its interval, test and effect.

use super::{
    options::Options,
    result::{Effect, Needed, Numbers, Quantity, SeriesPoint, Span, Test},
    verdict::Evidence,
};
use rayon::prelude::*;
use scorers::metric::{
    MetricConfig, Prepared, Range,
    equivalence::{detectable, equivalence_p},
    interval::Interval,
    paired::{CHUNK, SignFlip, TestMethod, flag_pairs, mcnemar},
};

/// Cluster draws that a bootstrap may take (some seconds): beyond, there are fewer replicates, as its method says.
const DRAWS: usize = 400_000_000;
/// The same for rows that random swaps may add up.
const SWAPPED: usize = 2_000_000_000;
/// Fewer swaps or replicates than this are never made.
const LEAST: usize = 1_000;
/// Confidence of the intervals that are shown per round, and the replicates behind them.
const ROUND_REPLICATES: usize = 1_000;

/// A metric in both records over paired grades.
pub(super) struct Both<'a> {
    pub(super) config: &'a MetricConfig,
    /// Whether it rests on labels, whose sums two records may lay out differently.
    pub(super) labelled: bool,
    pub(super) base: Prepared,
    pub(super) head: Prepared,
}

impl Both<'_> {
    /// Everything that does not depend on other metrics; the p-value is not adjusted yet.
    ///
    /// # Errors
    /// A sentence without a full stop, when there is no difference to speak of.
    pub(super) fn numbers(&self, margin: Option<f64>, options: &Options) -> Result<Numbers, String> {
        let difference = self.head.minus(&self.base)?;
        let clusters = difference.statistic.clusters().len();
        let replicates = options.replicates.min((DRAWS / clusters.max(1)).max(LEAST));
        let confidence = 1.0 - options.level;
        let quantity = |prepared: &Prepared, replicates: usize| Quantity {
            value: prepared.value,
            interval: match prepared.interval(confidence, replicates, options.seed) {
                Ok(Interval { low, high, method }) => Span::Known { low, high, method },
                Err(reason) => Span::Unknown { reason },
            },
        };
        let few = replicates.min(scorers::metric::bootstrap::REPLICATES);
        let (shown, (inner, test)) = rayon::join(
            || quantity(&difference, replicates),
            || {
                let inner = difference.interval(1.0 - 2.0 * options.level, replicates, options.seed).ok();
                (inner.map(|inner| (inner.low, inner.high)), self.test(options))
            },
        );
        let half = shown.ends().map(|(low, high)| (high - low) / 2.0);
        let clusters = clusters as u64;
        Ok(Numbers {
            base: quantity(&self.base, few),
            head: quantity(&self.head, few),
            base_alone: None,
            head_alone: None,
            inner,
            test,
            effect: self.effect(&difference),
            equivalence_p: margin.and_then(|margin| equivalence_p(&difference, margin)),
            detectable: half.and_then(|half| detectable(half, clusters, options.level, options.power)),
            needed: None,
            series: self.series(&difference, confidence, options.seed),
            difference: shown,
            clusters,
        })
    }

    /// The test of there being no difference; none below two clusters, where nothing can be tested.
    fn test(&self, options: &Options) -> Option<Test> {
        let (head, base) = (&self.head.statistic, &self.base.statistic);
        if head.clusters().len() < 2 {
            return None;
        }
        if matches!(self.config, MetricConfig::Rate(_))
            && let Some((only_head, only_base)) = flag_pairs(head, base)
        {
            let p = mcnemar(only_head, only_base);
            return Some(Test { p, adjusted: p, method: TestMethod::McNemar { only_base, only_head } });
        }
        let test = SignFlip::new(head, base, !self.labelled).ok()?;
        let clusters = test.clusters();
        if let Some(p) = test.enumerate() {
            return Some(Test {
                p,
                adjusted: p,
                method: TestMethod::Enumerated { clusters: clusters as u64 },
            });
        }
        let wanted = options.permutations.min((SWAPPED / clusters.max(1)).max(LEAST));
        let chunks = wanted.div_ceil(CHUNK).max(1) as u64;
        let extreme: u64 = (0..chunks).into_par_iter().map(|chunk| test.extreme(options.seed, chunk)).sum();
        let swaps = chunks * CHUNK as u64;
        let p = (extreme + 1) as f64 / (swaps + 1) as f64;
        Some(Test { p, adjusted: p, method: TestMethod::Sampled { clusters: clusters as u64, swaps } })
    }

    fn effect(&self, difference: &Prepared) -> Option<Effect> {
        let effect = if self.base.range == Range::Share && self.head.range == Range::Share {
            let angle = |share: f64| 2.0 * share.clamp(0.0, 1.0).sqrt().asin();
            Effect::CohensH(angle(self.head.value) - angle(self.base.value))
        } else {
            let clusters = difference.statistic.clusters().len() as f64;
            let spread = difference.statistic.standard_error()? * clusters.sqrt();
            Effect::Standardised(difference.value / spread)
        };
        let (Effect::CohensH(size) | Effect::Standardised(size)) = effect;
        size.is_finite().then_some(effect)
    }

    fn series(&self, difference: &Prepared, confidence: f64, seed: u64) -> Vec<SeriesPoint> {
        let at = |prepared: &Prepared, round: u32| {
            prepared.series.iter().find(|(other, ..)| *other == round).map(|(.., point)| point.value)
        };
        let point = |(round, _, point): &(u32, u64, Prepared)| {
            Some(SeriesPoint {
                round: *round,
                base: at(&self.base, *round)?,
                head: at(&self.head, *round)?,
                difference: point.value,
                interval: point.interval(confidence, ROUND_REPLICATES, seed).ok().map(|i| (i.low, i.high)),
            })
        };
        difference.series.iter().filter_map(point).collect()
    }
}

/// What would decide a metric that these numbers leave undecided; `within` is the share of its variance that comes
/// from samples, `samples` how many there are per case.
pub(super) fn needed(
    numbers: &Numbers,
    evidence: &Evidence<'_>,
    power: f64,
    within: Option<f64>,
    samples: u32,
) -> Option<Needed> {
    let (aim, reach) = evidence.aim()?;
    let (half, level) = match aim {
        super::Aim::Difference => {
            let (low, high) = numbers.difference.ends()?;
            ((high - low) / 2.0, evidence.level)
        }
        super::Aim::Equivalence => {
            let (low, high) = numbers.inner?;
            ((high - low) / 2.0, 2.0 * evidence.level)
        }
    };
    // How many times smaller the variance has to be.
    let factor = (detectable(half, numbers.clusters, level, power)? / reach).powi(2);
    if !factor.is_finite() || factor <= 1.0 {
        return None;
    }
    let whole = |number: f64| (number.ceil() < 1e15).then_some(number.ceil() as u64);
    let samples = within.and_then(|within| {
        // Variance with n instead of m samples: (1 - within) + within × m / n of the present one.
        let room = 1.0 / factor - (1.0 - within);
        if room > 0.0 { whole(f64::from(samples) * within / room) } else { None }
    });
    Some(Needed { aim, clusters: whole(numbers.clusters as f64 * factor)?, samples })
}

#[cfg(test)]
mod tests {
    use super::{super::Aim, *};

    /// A difference over many clusters, where t is normal: (1.95996 + 0.84162) / 1.95996 half-widths are detectable.
    fn numbers(value: f64, half: f64) -> Numbers {
        let quantity = |value: f64| Quantity {
            value,
            interval: Span::Known { low: value - half, high: value + half, method: String::new() },
        };
        Numbers {
            base: quantity(0.0),
            head: quantity(value),
            base_alone: None,
            head_alone: None,
            difference: quantity(value),
            inner: Some((value - half * 0.839_2, value + half * 0.839_2)),
            clusters: 1_000_000,
            test: None,
            effect: None,
            equivalence_p: None,
            detectable: None,
            needed: None,
            series: Vec::new(),
        }
    }

    fn need(value: f64, half: f64, margin: Option<f64>, within: Option<f64>) -> Option<Needed> {
        let numbers = numbers(value, half);
        let (difference, inner) = (&numbers.difference, numbers.inner);
        let evidence = Evidence { difference, inner, test: None, better: None, margin, level: 0.05 };
        needed(&numbers, &evidence, 0.8, within, 4)
    }

    // By hand: 0.1 × 2.80159 / 1.95996 = 0.142942 is detectable; its square over 0.01 is 2.043203 (scipy: ((norm.ppf(.975) + norm.ppf(.8)) / norm.ppf(.975))²).
    #[test]
    fn more_clusters_or_more_samples() {
        let found = need(0.1, 0.1, None, Some(1.0)).unwrap();
        assert_eq!((found.aim, found.samples), (Aim::Difference, Some(9)));
        assert!(found.clusters.abs_diff(2_043_203) <= 1, "{found:?}");
        // With nine tenths within, 3.6 / (1 / 2.0432 - 0.1) = 9.24 samples.
        assert_eq!(need(0.1, 0.1, None, Some(0.9)).unwrap().samples, Some(10));
        // With half of it between clusters, no number of samples halves the variance.
        assert_eq!(need(0.1, 0.1, None, Some(0.5)).unwrap().samples, None);
        assert_eq!(need(0.1, 0.1, None, None).unwrap().samples, None);
    }

    #[test]
    fn what_is_nearer_is_aimed_at() {
        assert_eq!(need(0.01, 0.1, Some(0.05), None).unwrap().aim, Aim::Equivalence);
        assert_eq!(need(0.04, 0.1, Some(0.05), None).unwrap().aim, Aim::Difference);
        assert_eq!(need(0.0, 0.1, None, None), None);
        // Present samples would find a difference as large as this.
        assert_eq!(need(0.2, 0.1, None, None), None);
    }
}
