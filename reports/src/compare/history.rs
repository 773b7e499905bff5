//! A trend over versions: every record's own estimates in the order given, and what changed against the version before
//! and against the baseline.
//!
//! Values are those of each record by itself, over all of its grades; changes are paired comparisons, as
//! [`super::compare`] makes them. A version that does not measure the same keeps its values and has no changes.

use super::{
    CompareOptions, Side,
    error::CompareError,
    matrix::Matrix,
    result::{MetricComparison, Versus},
    trend::{Change, HISTORY_VERSION, History, RecordComparison, Trend, TrendMetrics, TrendPoint, Version},
    versus::{validate, versus},
};
use indexmap::IndexMap;
use rayon::prelude::*;
use scorers::metric::MetricResult;

/// The trend over versions in the order given; `baseline` is the index of the one that all are compared with. Runs in
/// the rayon pool of the caller.
///
/// # Errors
/// As [`super::compare`], and when `baseline` is not the index of a version.
pub fn history(
    sides: &[Side],
    baseline: usize,
    chosen: TrendMetrics,
    options: &CompareOptions,
) -> Result<History, CompareError> {
    let base = sides.get(baseline).filter(|_| sides.len() > 1).ok_or(CompareError::OneRecord)?;
    validate(sides, options)?;
    // Against the baseline, in order, without the baseline itself.
    let others: Vec<usize> = (0..sides.len()).filter(|place| *place != baseline).collect();
    let against = |place: &usize| match sides.get(*place) {
        Some(side) => versus(base, side, options),
        None => Err(CompareError::OneRecord),
    };
    let heads = others.iter().map(against).collect::<Result<Vec<Versus>, _>>()?;
    // Against the version before, where that is not the baseline.
    let mut steps: Vec<Option<Versus>> = vec![None];
    for (place, pair) in (1..).zip(sides.windows(2)) {
        let [before, side] = pair else { continue };
        steps.push(if place == baseline + 1 { None } else { Some(versus(before, side, options)?) });
    }
    let of_baseline =
        |place: usize| others.iter().position(|other| *other == place).and_then(|place| heads.get(place));
    let of_previous = |place: usize| match place {
        0 => None,
        _ if place == baseline + 1 => of_baseline(place),
        _ => steps.get(place).and_then(Option::as_ref),
    };
    let step = |against: usize, versus: &Versus| RecordComparison {
        against,
        comparability: versus.comparability.clone(),
        trials: versus.trials,
        tally: versus.tally,
    };
    let versions = sides.iter().enumerate().map(|(place, side)| Version {
        side: side.summary(),
        from_baseline: of_baseline(place).map(|versus| step(baseline, versus)),
        from_previous: of_previous(place).map(|versus| step(place.saturating_sub(1), versus)),
    });
    let leader = Matrix::of(&base.summary(), &heads).best;
    let best = leader.checked_sub(1).and_then(|place| others.get(place)).copied().unwrap_or(baseline);
    let estimates: Vec<Estimates> = sides.par_iter().map(estimates).collect();
    let mut metrics = listed(sides, chosen, options);
    for trend in &mut metrics {
        for (place, estimates) in estimates.iter().enumerate() {
            let (from_baseline, from_previous) =
                (find(of_baseline(place), trend), find(of_previous(place), trend));
            for found in [from_baseline, from_previous].into_iter().flatten() {
                trend.better = trend.better.or(found.better);
                trend.margin = trend.margin.or(found.margin);
            }
            let estimate =
                estimates.get(&trend.probe).and_then(|metrics| metrics.get(&trend.metric)).cloned();
            if let Some(MetricResult::Estimated(found)) = &estimate {
                trend.range = trend.range.or(Some(found.range));
            }
            trend.points.push(TrendPoint {
                estimate,
                from_baseline: from_baseline.and_then(change),
                from_previous: from_previous.and_then(change),
            });
        }
        trend.best = best_of(trend);
    }
    Ok(History {
        format: HISTORY_VERSION,
        settings: options.settings(),
        versions: versions.collect(),
        baseline,
        best,
        metrics,
    })
}

/// The estimates of one record, by probe and metric.
type Estimates = IndexMap<String, IndexMap<String, MetricResult>>;

fn estimates(side: &Side) -> Estimates {
    let probes = side.header().probes.par_iter().filter_map(|probe| {
        let table = side.probe(&probe.id)?.table();
        Some((probe.id.clone(), crate::summary::estimates(probe, table, side.header().seed)))
    });
    probes.collect::<Vec<_>>().into_iter().collect()
}

/// The metrics that are shown, without their points: in the order of the first record that has them.
fn listed(sides: &[Side], chosen: TrendMetrics, options: &CompareOptions) -> Vec<Trend> {
    let mut found: IndexMap<(&str, &str), Trend> = IndexMap::new();
    for probe in sides.iter().flat_map(|side| &side.header().probes) {
        for (place, metric) in probe.metrics.keys().enumerate() {
            let rule = options.policy.as_ref().and_then(|policy| policy.rule(&probe.id, metric));
            let (main, gated) = (place == 0, rule.is_some());
            if chosen == TrendMetrics::Main && !main && !gated {
                continue;
            }
            found.entry((&probe.id, metric)).or_insert_with(|| Trend {
                probe: probe.id.clone(),
                metric: metric.clone(),
                main,
                gated,
                better: None,
                margin: None,
                range: None,
                points: Vec::new(),
                best: None,
            });
        }
    }
    found.into_values().collect()
}

fn find<'a>(versus: Option<&'a Versus>, trend: &Trend) -> Option<&'a MetricComparison> {
    let probe = versus?.probes.iter().find(|probe| probe.id == trend.probe)?;
    probe.metrics.get(&trend.metric)
}

fn change(metric: &MetricComparison) -> Option<Change> {
    let numbers = metric.numbers()?;
    Some(Change {
        difference: numbers.difference.clone(),
        adjusted: numbers.beyond.map(|beyond| beyond.adjusted),
        verdict: metric.verdict,
        why: metric.why.clone(),
    })
}

/// The version with the best value, the first of equals.
fn best_of(trend: &Trend) -> Option<usize> {
    let better = trend.better?.better;
    let mut best: Option<(usize, f64)> = None;
    for (place, point) in trend.points.iter().enumerate() {
        let Some((value, ..)) = point.value() else { continue };
        let value = better.sign() * value;
        if best.is_none_or(|(_, best)| value > best) {
            best = Some((place, value));
        }
    }
    best.map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{PROBE, header, quick, side, simple, trials};
    use super::super::word::Verdict;
    use super::*;

    fn trend<'a>(history: &'a History, metric: &str) -> &'a Trend {
        history.metrics.iter().find(|trend| trend.metric == metric).unwrap()
    }

    #[test]
    fn values_are_each_record_s_own_and_changes_are_those_of_a_comparison() {
        let sides = [simple("one", 1, 0.3), simple("two", 2, 0.9), simple("three", 3, 0.35)];
        let main = history(&sides, 0, TrendMetrics::Main, &quick()).unwrap();
        assert_eq!(main.metrics.len(), 1, "only the main metric without a policy");
        assert!(main.metrics[0].main);
        let found = history(&sides, 0, TrendMetrics::All, &quick()).unwrap();
        let rate = trend(&found, "rate");
        let [one, two, three] = rate.points.as_slice() else { panic!() };
        assert!(one.from_baseline.is_none() && one.from_previous.is_none());
        assert_eq!(two.from_baseline, two.from_previous);
        assert_eq!(two.from_previous.as_ref().unwrap().verdict, Verdict::Improved);
        assert_eq!(three.from_previous.as_ref().unwrap().verdict, Verdict::Regressed);
        let direct = super::super::compare(&sides[1], &sides[2..], &quick()).unwrap();
        let direct = direct.heads[0].probes[0].metrics["rate"].numbers().unwrap();
        assert_eq!(three.from_previous.as_ref().unwrap().difference, direct.difference);
        let own = scorers::metric::estimate_all(
            &sides[2].header().probes[0].metrics,
            sides[2].probe(PROBE).unwrap().table(),
            sides[2].header().seed,
        );
        assert_eq!(three.estimate.as_ref(), own.get("rate"));
        assert_eq!((found.best, rate.best), (1, Some(1)));
    }

    #[test]
    fn any_version_can_be_the_baseline() {
        let sides = [simple("one", 1, 0.3), simple("two", 2, 0.9), simple("three", 3, 0.35)];
        let found = history(&sides, 1, TrendMetrics::All, &quick()).unwrap();
        assert_eq!((found.baseline, found.best), (1, 1), "both others are worse");
        let against: Vec<_> = found
            .versions
            .iter()
            .map(|version| {
                [&version.from_baseline, &version.from_previous].map(|s| s.as_ref().map(|s| s.against))
            })
            .collect();
        assert_eq!(against, [[Some(1), None], [None, Some(0)], [Some(1), Some(1)]]);
        assert_eq!(found.metrics.len(), 5);
        assert!(trend(&found, "none").points.iter().all(|point| point.value().is_none()));
        assert_eq!(history(&sides, 3, TrendMetrics::All, &quick()), Err(CompareError::OneRecord));
        assert_eq!(history(&sides[..1], 0, TrendMetrics::All, &quick()), Err(CompareError::OneRecord));
    }

    #[test]
    fn a_version_that_measures_something_else_keeps_its_values() {
        let mut other = header("other", 30, 4);
        other.probes[0].sampling.temperature = 0.0;
        let trials = trials(&other, 5, 0.5);
        let sides = [simple("one", 1, 0.3), side(other, trials)];
        let found = history(&sides, 0, TrendMetrics::All, &quick()).unwrap();
        let last = &trend(&found, "rate").points[1];
        assert!(last.value().is_some() && last.from_baseline.is_none());
        assert!(found.versions[1].from_baseline.as_ref().unwrap().comparability.refused);
        assert_eq!(found.best, 0);
    }
}
