//! The numbers of one metric: two estimates, their difference, its interval, test and effect.

use super::{
    beyond::beyond_p,
    by_chance::apart,
    options::CompareOptions,
    quantity::quantity,
    result::{Beyond, Effect, Numbers, Quantity, SeriesPoint, Span, Standing, Test},
};
use rayon::prelude::*;
use scorers::metric::{
    MetricConfig, Prepared, Range,
    anytime::Validity,
    equivalence::equivalence_p,
    interval::CONFIDENCE,
    paired::{CHUNK, SignFlip, TestMethod, flag_pairs, mcnemar},
};

/// Cluster draws that a bootstrap may take (some seconds): beyond, there are fewer replicates, as its method says.
const DRAWS: usize = 400_000_000;
/// The same for rows that random swaps may add up.
const SWAPPED: usize = 2_000_000_000;
/// From this skewness on an interval by Student's t is too short with few clusters.
const SKEWED: f64 = 1.0;
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
    pub(super) fn numbers(
        &self,
        standing: Standing,
        margin: Option<f64>,
        options: &CompareOptions,
    ) -> Result<Numbers, String> {
        let difference = self.head.minus(&self.base)?;
        let difference = if standing.is_judged() { difference.held() } else { difference };
        let clusters = difference.statistic.clusters().len();
        let (level, inner_level) = self.levels(options.level);
        let replicates = enough(self.validity, options.replicates, DRAWS / clusters.max(1), options);
        let confidence = 1.0 - level;
        let quantity = |prepared: &Prepared, replicates: usize| {
            let mut quantity = quantity(prepared, level, replicates, options.seed);
            if let Span::Known { method, .. } = &mut quantity.interval {
                method.push_str(self.validity.suffix());
            }
            quantity
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
        let clusters = clusters as u64;
        let beyond =
            standing.is_judged().then(|| beyond_p(&difference, margin.unwrap_or(0.0), &shown, level));
        let beyond = beyond.flatten().map(|p| self.validity.p(p));
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
            beyond: beyond.map(|p| Beyond { p, adjusted: p, least: None }),
            chance: None,
            apart: standing.is_judged() && apart(&self.base.statistic, &self.head.statistic),
            detectable: None,
            effective_clusters: None,
            base_rates: None,
            head_rates: None,
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
    fn test(&self, options: &CompareOptions) -> Option<Test> {
        let mut test = self.test_once(options)?;
        test.p = self.validity.p(test.p);
        test.adjusted = test.p;
        Some(test)
    }

    /// The test as if this were the only look.
    fn test_once(&self, options: &CompareOptions) -> Option<Test> {
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
        let known = matches!(difference.interval, Span::Known { .. });
        known
            && self.head.minus(&self.base).is_ok_and(|difference| {
                let skewness = difference.statistic.skewness().unwrap_or(0.0);
                difference.student().is_some() && skewness.abs() > SKEWED
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
fn enough(validity: Validity, asked: usize, most: usize, options: &CompareOptions) -> usize {
    let least = match validity.is_fixed() {
        true => 0.0,
        false => BEYOND / validity.nominal(options.level).max(f64::MIN_POSITIVE),
    };
    // The cast saturates.
    asked.max(least as usize).min(most.max(LEAST))
}

/// The p-value of a test by swaps as if this were the only look: over all of them, or over random ones.
pub(super) fn swapped(test: &SignFlip, validity: Validity, options: &CompareOptions) -> Test {
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

#[cfg(test)]
mod tests {
    use super::*;
    use indexmap::IndexMap;
    use scorers::{
        Place, ValueKind,
        metric::{Column, Grade, Observation, Sources, Table},
    };

    /// A metric over one grade a case.
    fn prepared(metric: &str, kind: ValueKind, grades: &[f64]) -> (MetricConfig, Prepared) {
        let mut column = Column::new(kind);
        for (case, grade) in (0..).zip(grades) {
            let grade = Grade::Number(*grade);
            let (cluster, arm, sample, place) = (case, 0, 0, Place::default());
            column.observations.push(Observation { cluster, case, arm, sample, place, grade });
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
}
