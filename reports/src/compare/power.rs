//! What a design could show, before anything is run: from how the grades of a stored run vary.
//!
//! Two runs of one model differ by their samples alone: the cases are the same and cancel. So the variance of a difference
//! is read off one run, as the difference between the even and the odd samples of every case, which has twice the
//! variance of that between two runs with as many samples each. To it comes what an interval keeps for cases that were
//! never seen to differ: that of the run against itself. Where every case has one sample, the two sides are taken to
//! be independent.
//!
//! What a change of the model does differently from case to case is not in one run: a metric that changes in
//! some cases only needs more of them.

use super::{
    gate::Policy,
    marks,
    needed::{Plan, needed, smallest},
    numbers::quantity,
    options::{CompareError, Options},
    outcome::{Beyond, Needed, Numbers, Quantity, Span, Standing},
    side::Side,
    verdict::{Evidence, FEWEST},
};
use crate::record::{Better, CaseRecord, ProbeRecord};
use scorers::metric::{
    Column, Prepared, Sources, Table, anytime::Validity, bootstrap::REPLICATES, interval::t_quantile,
};
use std::collections::HashSet;

/// What a design can show of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Power {
    /// Id of the probe.
    pub probe: String,
    /// Name of the metric.
    pub metric: String,
    /// Whether it would be judged, and among which others.
    pub standing: Standing,
    /// Clusters of the design.
    pub clusters: u64,
    /// Samples per case of the design.
    pub samples: u32,
    /// The margin of its rule.
    pub margin: Option<f64>,
    /// What can be said, or why nothing can, as a sentence without a full stop.
    pub outlook: Result<Outlook, String>,
}

/// What a design can show of a metric that varies as it did in the stored run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// Its value in the stored run.
    pub value: f64,
    /// The smallest true difference that is found with the power of the options; beyond a margin, by so much more.
    pub smallest: f64,
    /// How many clusters show that nothing got worse by the margin, if nothing did; none without a margin, or where
    /// those of the design are enough.
    pub needed: Option<Needed>,
}

/// What the probes of specs could show of a model that varies as in a stored run. Of a probe that the run lacks
/// every metric says so.
///
/// # Errors
/// When the policy is not valid.
pub fn power(
    run: &Side,
    probes: &[ProbeRecord],
    policy: Option<&Policy>,
    options: &Options,
) -> Result<Vec<Power>, CompareError> {
    let problems = policy.map(Policy::validate).unwrap_or_default();
    if !problems.is_empty() {
        return Err(CompareError::Policy(problems));
    }
    let mut rows = Vec::new();
    for probe in probes {
        let clusters: HashSet<&str> = probe.cases.iter().map(CaseRecord::cluster).collect();
        for (place, metric) in probe.metrics.keys().enumerate() {
            let rule = policy.and_then(|policy| policy.rule(&probe.id, metric)).map(|(_, rule)| rule);
            rows.push(Power {
                probe: probe.id.clone(),
                metric: metric.clone(),
                standing: match (rule, place) {
                    (Some(_), _) => Standing::Gated,
                    (None, 0) => Standing::Headline,
                    (None, _) => Standing::Exploration,
                },
                clusters: clusters.len() as u64,
                samples: probe.samples,
                margin: rule.and_then(|rule| rule.margin),
                outlook: Err(String::new()),
            });
        }
    }
    let tests = |standing: Standing| match standing {
        Standing::Exploration => 1,
        _ => rows.iter().filter(|row| row.standing == standing).count() as u64,
    };
    let shares = [Standing::Gated, Standing::Headline, Standing::Exploration]
        .map(|standing| (standing, tests(standing)));
    for row in &mut rows {
        let tests =
            shares.iter().find(|(standing, _)| *standing == row.standing).map_or(1, |(_, tests)| *tests);
        let Some(probe) = probes.iter().find(|probe| probe.id == row.probe) else { continue };
        row.outlook = outlook(run, probe, row, tests, options);
    }
    Ok(rows)
}

fn outlook(
    run: &Side,
    probe: &ProbeRecord,
    row: &Power,
    tests: u64,
    options: &Options,
) -> Result<Outlook, String> {
    if let Some(why) = marks::withheld(&probe.metrics, &row.metric, probe.samples) {
        return Err(why);
    }
    let stored = run.probe(&probe.id).ok_or_else(|| format!("{} has no such probe", run.name()))?;
    let table = stored.table();
    let prepare = |table: &Table| Sources::new(&probe.metrics, table).metric(&row.metric);
    let whole = prepare(table)?;
    let own = whole.minus(&whole)?;
    let present = own.statistic.clusters().len() as f64;
    if present < 2.0 {
        return Err("one case only: how far cases differ is unknown".to_owned());
    }
    if row.clusters < FEWEST {
        return Err(format!("too few cases to tell a difference from chance, it takes at least {FEWEST}"));
    }
    let (samples, clusters) = (f64::from(stored.samples().max(1)), row.clusters as f64);
    let error =
        spread(&whole, || Some((prepare(&half(table, false)).ok()?, prepare(&half(table, true)).ok()?)))
            .ok_or("how it varies cannot be told")?;
    // More samples or cases than the run has make it vary less.
    let error = error * (samples / f64::from(row.samples.max(1))).sqrt() * (present / clusters).sqrt();
    let half = |level: f64| {
        let unseen = match quantity(&own, level, REPLICATES, options.seed).ends() {
            Some((low, high)) => (high - low) / 2.0 * (present / clusters),
            None => 0.0,
        };
        (t_quantile(1.0 - level, clusters - 1.0) * error).max(unseen)
    };
    let (outer, inner) = (half(options.level), half(2.0 * options.level));
    let numbers = unchanged(&whole, outer, inner, row.clusters);
    let within = (stored.samples() >= 2).then_some(1.0);
    let (level, power, samples) = (options.level, options.power, row.samples);
    let plan = Plan { level, tests, power, within, samples, validity: Validity::Fixed };
    let smallest = smallest(&numbers, &plan).ok_or("how it varies cannot be told")?;
    let evidence = Evidence {
        clusters: numbers.clusters,
        difference: &numbers.difference,
        inner: numbers.inner,
        swapped: None,
        beyond: numbers.beyond,
        better: Some(Better::Higher),
        margin: row.margin,
        level,
    };
    let needed = row.margin.and_then(|_| needed(&numbers, &evidence, Some(error), &plan));
    Ok(Outlook { value: whole.value, smallest, needed })
}

/// The standard error of the difference between two runs such as this one.
fn spread(whole: &Prepared, halves: impl Fn() -> Option<(Prepared, Prepared)>) -> Option<f64> {
    let of_halves = halves().and_then(|(even, odd)| even.minus(&odd).ok()?.statistic.standard_error());
    let independent = || whole.statistic.standard_error().map(|error| error * 2.0_f64.sqrt());
    of_halves.map(|error| error / 2.0_f64.sqrt()).or_else(independent)
}

/// The grades of the samples of which the number is even, or odd.
fn half(table: &Table, odd: bool) -> Table {
    let columns = table.columns.iter().map(|(name, column)| {
        let kept = column.observations.iter().filter(|grade| (grade.sample % 2 == 1) == odd);
        let (kind, labels) = (column.kind, column.labels.clone());
        (name.clone(), Column { kind, labels, observations: kept.copied().collect() })
    });
    Table { arms: table.arms.clone(), clusters: table.clusters, columns: columns.collect() }
}

/// The numbers of a comparison that finds no difference, with intervals that reach so far.
fn unchanged(whole: &Prepared, outer: f64, inner: f64, clusters: u64) -> Numbers {
    let around = |value: f64| Quantity {
        value,
        interval: Span::Known { low: value - outer, high: value + outer, method: String::new() },
    };
    Numbers {
        base: around(whole.value),
        head: around(whole.value),
        base_alone: None,
        head_alone: None,
        difference: around(0.0),
        inner: Some((-inner, inner)),
        clusters,
        test: None,
        effect: None,
        equivalence_p: None,
        beyond: Some(Beyond { p: 1.0, adjusted: 1.0, least: None }),
        detectable: None,
        effective_clusters: None,
        base_rates: None,
        head_rates: None,
        needed: None,
        series: Vec::new(),
    }
}

#[cfg(test)]
#[path = "power_tests.rs"]
mod tests;
