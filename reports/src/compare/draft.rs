//! From the numbers of a probe to its verdicts: what has to wait until the p-values of all probes are adjusted.

use super::{
    needed::{TestDesign, needed, smallest},
    options::CompareOptions,
    policy::margin_outside,
    result::{Beyond, Compared, Numbers, ProbeComparison, Standing, Test},
    verdict::{Evidence, FEWEST},
};
use crate::record::Better;
use indexmap::IndexMap;
use scorers::metric::{design::Pilot, multiplicity::Multiplicity};

/// A probe whose p-values are not adjusted yet.
pub(super) struct Draft {
    pub(super) probe: ProbeComparison,
    /// What is known of how each metric varies.
    pub(super) spreads: IndexMap<String, Spread>,
    /// By how much two values of a metric can differ, where that is known.
    pub(super) widths: IndexMap<String, f64>,
    pub(super) samples: u32,
}

/// How a difference varies.
#[derive(Clone, Default)]
pub(super) struct Spread {
    /// The difference as something to plan from, where it has an interval.
    pub(super) pilot: Option<Pilot>,
    /// The share of its variance that comes from samples, where that was asked.
    pub(super) within: Option<f64>,
    /// Clusters that its rule needs to be decided at all, where there are fewer.
    pub(super) clusters: Option<u32>,
}

impl Draft {
    /// Adjusts nothing any more: gives every metric its verdict, reason and need. `tests` is how many tests share the level
    /// in the family of a metric.
    ///
    /// # Errors
    /// A metric with what is wrong with its margin.
    pub(super) fn finish(
        mut self,
        tests: impl Fn(Standing) -> u64,
        options: &CompareOptions,
    ) -> Result<ProbeComparison, (String, String)> {
        for (name, metric) in &mut self.probe.metrics {
            if let (Some(margin), Some(widest)) = (metric.margin, self.widths.get(name))
                && let Some(problem) = margin_outside(margin, *widest)
            {
                return Err((name.clone(), problem));
            }
            let (better, margin) = (metric.better.map(|direction| direction.better), metric.margin);
            let spread = self.spreads.get(name).cloned().unwrap_or_default();
            match &mut metric.outcome {
                Compared::Unavailable { reason } => metric.why.clone_from(reason),
                Compared::Numbers(numbers) => {
                    let plan = TestDesign {
                        level: options.level,
                        tests: tests(metric.standing),
                        power: options.power,
                        within: spread.within,
                        samples: self.samples,
                        validity: self.probe.validity,
                    };
                    let found = spread
                        .pilot
                        .as_ref()
                        .and_then(|pilot| smallest(pilot, numbers.clusters, better, &plan));
                    // What no two values of the metric can differ by is nothing that a design shows.
                    let widest = self.widths.get(name).copied().unwrap_or(f64::INFINITY);
                    numbers.detectable = found.filter(|size| margin.unwrap_or_default() + size <= widest);
                    if !metric.standing.is_judged() {
                        continue;
                    }
                    let evidence = evidence(numbers, better, margin, options.level);
                    (metric.verdict, metric.why) = evidence.verdict();
                    if metric.verdict.is_open() && numbers.clusters >= FEWEST {
                        let present = crate::text::counted(numbers.clusters, "cluster", "clusters");
                        if let Some(clusters) = spread.clusters {
                            metric.why = format!(
                                "{}; no grades of {present} could show a difference beyond the margin, it takes {clusters}",
                                metric.why
                            );
                        } else if found.is_some() && numbers.detectable.is_none() {
                            metric.why = format!(
                                "{}; with {present} like these no difference is large enough to be shown reliably",
                                metric.why
                            );
                        }
                    }
                    let pilot = spread.pilot.as_ref().filter(|_| metric.verdict.is_open());
                    numbers.needed = pilot.and_then(|pilot| needed(pilot, &evidence, &plan));
                }
            }
        }
        Ok(self.probe)
    }

    /// The numbers of one family.
    fn family(&mut self, standing: Standing) -> impl Iterator<Item = &mut Numbers> {
        let metrics = self.probe.metrics.values_mut().filter(move |metric| metric.standing == standing);
        metrics.filter_map(|metric| match &mut metric.outcome {
            Compared::Numbers(numbers) => Some(numbers.as_mut()),
            Compared::Unavailable { .. } => None,
        })
    }
}

/// What a verdict is made from.
pub(super) fn evidence(
    numbers: &Numbers,
    better: Option<Better>,
    margin: Option<f64>,
    level: f64,
) -> Evidence<'_> {
    Evidence {
        clusters: numbers.clusters,
        difference: &numbers.difference,
        inner: numbers.inner,
        beyond: numbers.beyond,
        better,
        margin,
        level,
    }
}

/// Adjusts the p-values of one family; how many tests share the level, and how many can never reject at their share.
pub(super) fn adjust(
    drafts: &mut [Draft],
    standing: Standing,
    multiplicity: Multiplicity,
    level: f64,
) -> (u64, u64) {
    let mut of_difference: Vec<&mut Test> = Vec::new();
    let mut of_margin: Vec<&mut Beyond> = Vec::new();
    let mut raw: Vec<(f64, Option<f64>)> = Vec::new();
    let tests =
        drafts.iter_mut().flat_map(|draft| draft.family(standing)).filter(|of| of.beyond.is_some()).count();
    for numbers in drafts.iter_mut().flat_map(|draft| draft.family(standing)) {
        raw.extend(numbers.beyond.map(|test| (numbers.among(test.p, tests, multiplicity), test.least)));
        of_difference.extend(numbers.test.as_mut());
        of_margin.extend(numbers.beyond.as_mut());
    }
    let plain: Vec<f64> = of_difference.iter().map(|test| test.p).collect();
    for (test, adjusted) in of_difference.into_iter().zip(multiplicity.adjust(&plain)) {
        test.adjusted = adjusted;
    }
    let adjusted = multiplicity.adjust_able(&raw, level);
    let share = multiplicity.able(&raw.iter().map(|(_, least)| *least).collect::<Vec<_>>(), level);
    for (test, adjusted) in of_margin.into_iter().zip(adjusted) {
        test.adjusted = adjusted;
    }
    let unable = share.iter().filter(|able| !**able).count() as u64;
    (share.len() as u64 - unable, unable)
}
