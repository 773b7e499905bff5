//! The numbers of one metric: two estimates, their difference, its interval, test and effect.

use super::{
    options::Options,
    result::{Effect, Needed, Numbers, Quantity, SeriesPoint, Span, Test},
    verdict::Evidence,
};
use rayon::prelude::*;
use scorers::metric::{
    MetricConfig, Prepared, Range,
    anytime::Validity,
    equivalence::{detectable, equivalence_p},
    interval::{CONFIDENCE, Interval, t_quantile},
    paired::{CHUNK, SignFlip, TestMethod, flag_pairs, mcnemar},
};

/// Cluster draws that a bootstrap may take (some seconds): beyond, there are fewer replicates, as its method says.
const DRAWS: usize = 400_000_000;
/// The same for rows that random swaps may add up.
const SWAPPED: usize = 2_000_000_000;
/// From this skewness on an interval by Student's t is too short with few clusters.
const SKEWED: f64 = 1.0;
/// What the methods of such intervals say.
const STUDENT: [&str; 2] = ["t, cluster-robust", "t, paired by cluster"];
/// Rounds in which the samples that are needed are searched.
const ROUNDS: u32 = 8;
/// Fewer swaps or replicates than this are never made.
const LEAST: usize = 1_000;
/// Replicates, or random swaps, that shall lie beyond the end of an interval, or be as extreme as a p-value at the
/// level: a stricter level needs more of them in all.
const BEYOND: f64 = 50.0;
/// Confidence of the intervals that are shown per round, and the replicates behind them.
const ROUND_REPLICATES: usize = 1_000;

/// A metric in both records over paired grades.
pub(super) struct Both<'a> {
    pub(super) config: &'a MetricConfig,
    /// Whether it rests on labels, whose sums two records may lay out differently.
    pub(super) labelled: bool,
    /// Whether the number of samples was fixed in advance.
    pub(super) validity: Validity,
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
        let (level, inner_level) = self.levels(options.level);
        let replicates = enough(self.validity, options.replicates, DRAWS / clusters.max(1), options);
        let confidence = 1.0 - level;
        let quantity = |prepared: &Prepared, replicates: usize| Quantity {
            value: prepared.value,
            interval: match prepared.interval(confidence, replicates, options.seed) {
                Ok(Interval { low, high, method }) => {
                    Span::Known { low, high, method: method + self.validity.suffix() }
                }
                Err(reason) => Span::Unknown { reason },
            },
        };
        let few = enough(self.validity, scorers::metric::bootstrap::REPLICATES, replicates, options);
        let few = few.min(replicates);
        let (shown, (inner, test)) = rayon::join(
            || quantity(&difference, replicates),
            || {
                let inner = difference.interval(1.0 - inner_level, replicates, options.seed).ok();
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
            equivalence_p: margin
                .and_then(|margin| equivalence_p(&difference, margin))
                // One of two sides of a two-sided level.
                .map(|p| (self.validity.p(2.0 * p) / 2.0).max(p)),
            detectable: half.and_then(|half| detectable(half, clusters, level, options.power)),
            needed: None,
            series: self.series(&difference, confidence, options.seed),
            difference: shown,
            clusters,
        })
    }

    /// The levels that the 95 % and the 90 % interval need at this look.
    fn levels(&self, level: f64) -> (f64, f64) {
        (self.validity.nominal(level), self.validity.nominal(2.0 * level))
    }

    /// The test of there being no difference; none below two clusters, where nothing can be tested.
    fn test(&self, options: &Options) -> Option<Test> {
        let mut test = self.test_once(options)?;
        test.p = self.validity.p(test.p);
        test.adjusted = test.p;
        Some(test)
    }

    /// The test as if this were the only look.
    fn test_once(&self, options: &Options) -> Option<Test> {
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
        Some(swapped(&test, self.validity, options))
    }

    /// Whether an interval by Student's t may be too short, because what clusters contribute is skewed. That of flags allows for
    /// it.
    pub(super) fn is_skewed(&self, difference: &Quantity) -> bool {
        if self.base.closed.as_ref().is_some_and(|closed| closed.flags(CONFIDENCE).is_some()) {
            return false;
        }
        let by_t = matches!(&difference.interval, Span::Known { method, .. } if STUDENT.iter().any(|name| method.contains(name)));
        by_t && self.head.minus(&self.base).is_ok_and(|difference| {
            difference.statistic.skewness().is_some_and(|skewness| skewness.abs() > SKEWED)
        })
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

/// How many replicates or swaps: as many as asked, more where looking often makes the level strict, but no more
/// than time allows.
fn enough(validity: Validity, asked: usize, most: usize, options: &Options) -> usize {
    let least = match validity.is_fixed() {
        true => 0.0,
        false => BEYOND / validity.nominal(options.level).max(f64::MIN_POSITIVE),
    };
    // The cast saturates.
    asked.max(least as usize).min(most.max(LEAST))
}

/// The p-value of a test by swaps as if this were the only look: over all of them, or over random ones.
pub(super) fn swapped(test: &SignFlip, validity: Validity, options: &Options) -> Test {
    let clusters = test.clusters();
    if let Some(p) = test.enumerate() {
        return Test { p, adjusted: p, method: TestMethod::Enumerated { clusters: clusters as u64 } };
    }
    let wanted = enough(validity, options.permutations, SWAPPED / clusters.max(1), options);
    let chunks = wanted.div_ceil(CHUNK).max(1) as u64;
    let extreme: u64 = (0..chunks).into_par_iter().map(|chunk| test.extreme(options.seed, chunk)).sum();
    let swaps = chunks * CHUNK as u64;
    let p = (extreme + 1) as f64 / (swaps + 1) as f64;
    Test { p, adjusted: p, method: TestMethod::Sampled { clusters: clusters as u64, swaps } }
}

/// What would decide a metric that these numbers leave undecided; `within` is the share of its variance that comes
/// from samples, `samples` how many there are per case.
pub(super) fn needed(
    numbers: &Numbers,
    evidence: &Evidence<'_>,
    power: f64,
    within: Option<f64>,
    samples: u32,
    validity: Validity,
) -> Option<Needed> {
    let (aim, reach) = evidence.aim()?;
    let ((low, high), level) = match aim {
        super::Aim::Difference => (numbers.difference.ends()?, evidence.level),
        super::Aim::Equivalence => (numbers.inner?, 2.0 * evidence.level),
    };
    let now = validity.nominal(level);
    // Adjusting for other metrics asks for a stricter level: as much stricter as it is for this p-value now.
    let strictness = match (aim, &numbers.test) {
        (super::Aim::Difference, Some(test)) if test.p > 0.0 => (test.adjusted / test.p).max(1.0),
        _ => 1.0,
    };
    let half = (high - low) / 2.0;
    // How many times smaller the variance has to be for an interval of this level.
    let factor = |nominal: f64| {
        let degrees = numbers.clusters.checked_sub(1).filter(|degrees| *degrees > 0)? as f64;
        let half = half * t_quantile(1.0 - nominal, degrees) / t_quantile(1.0 - now, degrees);
        let factor = (detectable(half, numbers.clusters, nominal, power)? / reach).powi(2);
        factor.is_finite().then_some(factor)
    };
    let more = factor(validity.nominal(level / strictness)).filter(|factor| *factor > 1.0)?;
    let clusters = whole(numbers.clusters as f64 * more)?;
    let mut only_clusters = false;
    let samples = within.and_then(|within| {
        let mut found = f64::from(samples);
        // Looking at more samples asks for a stricter level, which asks for more samples: a few rounds settle it.
        for _ in 0..if validity.is_fixed() { 1 } else { ROUNDS } {
            let strict = validity.at(found.min(f64::from(u32::MAX)) as u32).nominal(level / strictness);
            // Variance with n instead of m samples: (1 - within) + within × m / n of the present one.
            let room = 1.0 / factor(strict)? - (1.0 - within);
            if room <= 0.0 {
                only_clusters = true;
                return None;
            }
            found = f64::from(samples) * within / room;
        }
        whole(found)
    });
    Some(Needed { aim, clusters, samples, only_clusters })
}

/// Rounded up; none where the number is beyond all reason.
fn whole(number: f64) -> Option<u64> {
    (number.ceil() < 1e15).then_some(number.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::{super::Aim, *};
    use indexmap::IndexMap;
    use scorers::{
        ValueKind,
        metric::{Column, Grade, Observation, Sources, Table},
    };

    /// A metric over one grade a case.
    fn prepared(metric: &str, kind: ValueKind, grades: &[f64]) -> (MetricConfig, Prepared) {
        let mut column = Column::new(kind);
        for (case, grade) in (0..).zip(grades) {
            let grade = Grade::Number(*grade);
            let (cluster, arm, sample, branch, round) = (case, 0, 0, None, None);
            column.observations.push(Observation { cluster, case, arm, sample, branch, round, grade });
        }
        let clusters = grades.len() as u32;
        let columns = [("s".to_owned(), column)].into_iter().collect();
        let table = Table { arms: vec![String::new()], clusters, columns };
        let metrics: IndexMap<String, MetricConfig> =
            serde_json::from_value(serde_json::json!({ "m": { metric: { "of": "s" } } })).unwrap();
        let prepared = Sources::new(&metrics, &table).metric("m").unwrap();
        (metrics["m"].clone(), prepared)
    }

    fn effect(metric: &str, kind: ValueKind, base: &[f64], head: &[f64]) -> Effect {
        let ((config, base), (_, head)) = (prepared(metric, kind, base), prepared(metric, kind, head));
        let difference = head.minus(&base).unwrap();
        let both = Both { config: &config, labelled: false, validity: Validity::Fixed, base, head };
        both.effect(&difference).unwrap()
    }

    // statsmodels 0.15.0: proportion_effectsize(0.75, 0.5), which is π / 6; numpy 2.4.6: d.mean() / d.std(ddof=1)
    #[test]
    fn effects_as_in_statsmodels_and_numpy() {
        let head = [1.2, 0.4, 2.2, 1.9, 0.1, 1.4, 0.8, 1.1];
        let base = [1.0, 0.5, 2.0, 1.5, 0.3, 1.1, 0.9, 0.8];
        let Effect::Standardised(size) = effect("mean", ValueKind::Number, &base, &head) else { panic!() };
        assert!((size - D_Z).abs() < 1e-9, "{size}");
        let (base, head) = ([1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 0.0]);
        let Effect::CohensH(size) = effect("rate", ValueKind::Flag, &base, &head) else { panic!() };
        assert!((size - std::f64::consts::PI / 6.0).abs() < 1e-12, "{size}");
    }

    const D_Z: f64 = 0.555_066_294_733_607_4;

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
        needed(&numbers, &evidence, 0.8, within, 4, Validity::Fixed)
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
        let between = need(0.1, 0.1, None, Some(0.5)).unwrap();
        assert_eq!((between.samples, between.only_clusters), (None, true));
        let unknown = need(0.1, 0.1, None, None).unwrap();
        assert_eq!((unknown.samples, unknown.only_clusters), (None, false));
    }

    // By hand: over the first look 2.79548 deviates are asked; ((2.79548 + 0.84162) / 2.79548)² = 1.69275. At 7 samples
    // 2.89383 are asked: ((2.89383 + 0.84162) / 2.79548)² × 4 = 7.142.
    #[test]
    fn looking_at_more_samples_asks_for_more() {
        let numbers = numbers(0.1, 0.1);
        let (difference, inner) = (&numbers.difference, numbers.inner);
        let evidence = Evidence { difference, inner, test: None, better: None, margin: None, level: 0.05 };
        let validity = Validity::Anytime { first: 4, samples: 4 };
        let found = needed(&numbers, &evidence, 0.8, Some(1.0), 4, validity).unwrap();
        assert!(found.clusters.abs_diff(1_692_750) < 50, "{found:?}");
        assert_eq!((found.samples, found.only_clusters), (Some(8), false));
    }

    // By hand: of three metrics Holm asks a third of the level of the first: 2.39398 deviates; ((2.39398 + 0.84162) / 1.95996)²
    // = 2.72529.
    #[test]
    fn other_metrics_ask_for_more() {
        let mut numbers = numbers(0.1, 0.1);
        let method = TestMethod::Enumerated { clusters: 9 };
        numbers.test = Some(Test { p: 0.04, adjusted: 0.12, method });
        let (difference, inner, test) = (&numbers.difference, numbers.inner, numbers.test.as_ref());
        let evidence = Evidence { difference, inner, test, better: None, margin: None, level: 0.05 };
        let found = needed(&numbers, &evidence, 0.8, Some(1.0), 4, Validity::Fixed).unwrap();
        assert!(found.clusters.abs_diff(2_725_290) < 50, "{found:?}");
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
