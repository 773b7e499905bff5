//! What a design could show, before anything is run: from how the grades of a stored run vary.
//!
//! Two runs of one model differ by their samples alone: the cases are the same and cancel. So the variance of a difference
//! is read off one run, as the difference between the even and the odd samples of every case, which has twice the
//! variance of that between two runs with as many samples each. What the difference of two larger runs would show is what its
//! own interval says, grown to them. Where every case has one sample, the two sides are taken to be independent.
//!
//! What a change of the model does differently from case to case is not in one run: a metric that changes in
//! some cases only needs more of them.

use super::{
    error::CompareError,
    gate::Policy,
    needed::{KNOWN, TestDesign, needed, nothing_shown, pilot, smallest},
    options::CompareOptions,
    outcome::{Needed, Quantity, Span, Standing},
    quantity::quantity,
    side::Side,
    verdict::{Evidence, FEWEST},
};
use crate::{
    record::{Better, CaseRecord, ProbeRecord, definition::expected},
    summary::withheld,
};
use scorers::metric::{
    Column, Prepared, Sources, Table, anytime::Validity, bootstrap::REPLICATES, design::Pilot, growth::Growth,
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
/// When the policy is not valid, or a comparison of these probes would refuse it.
pub fn power(
    run: &Side,
    probes: &[ProbeRecord],
    policy: Option<&Policy>,
    options: &CompareOptions,
) -> Result<Vec<Power>, CompareError> {
    if let Some(policy) = policy {
        let mut problems = policy.validate();
        problems.extend(policy.unfit(&probes.iter().collect::<Vec<_>>()));
        for probe in probes {
            let table = run.probe(&probe.id).map(|stored| stored.table());
            problems.extend(
                policy.too_wide(probe, |metric| {
                    Sources::new(&probe.metrics, table?).metric(metric).ok()?.width()
                }),
            );
        }
        if !problems.is_empty() {
            return Err(CompareError::Policy(problems));
        }
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
        let rule = policy.and_then(|policy| policy.rule(&row.probe, &row.metric)).map(|(_, rule)| rule);
        let better = rule.and_then(|rule| rule.better).or_else(|| expected(probe, &row.metric));
        row.outlook = outlook(run, probe, row, tests, better, options);
    }
    Ok(rows)
}

fn outlook(
    run: &Side,
    probe: &ProbeRecord,
    row: &Power,
    tests: u64,
    better: Option<Better>,
    options: &CompareOptions,
) -> Result<Outlook, String> {
    if let Some(why) = withheld(&probe.metrics, &row.metric, probe.samples) {
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
    let known = "how it varies cannot be told";
    let pilot = pilot_of(&whole, table, stored.samples(), &prepare, options).ok_or(known)?;
    let pilot = pilot.grown(Growth {
        clusters: row.clusters as f64 / present,
        samples: f64::from(row.samples.max(1)) / f64::from(stored.samples().max(1)),
        within: 1.0,
    });
    let pilot = pilot.ok_or(known)?;
    let within = (stored.samples() >= 2).then_some(1.0);
    let (level, power, samples) = (options.level, options.power, row.samples);
    let plan = TestDesign { level, tests, power, within, samples, validity: Validity::Fixed };
    let unknown = if row.clusters < KNOWN { nothing_shown(row.clusters) } else { known };
    let smallest = smallest(&pilot, row.clusters, better, &plan).ok_or(unknown)?;
    let unchanged = Quantity { value: 0.0, interval: Span::Unknown { reason: String::new() } };
    let evidence = Evidence {
        clusters: row.clusters,
        difference: &unchanged,
        inner: None,
        beyond: None,
        better,
        margin: row.margin,
        level,
    };
    let needed = row.margin.and_then(|_| needed(&pilot, &evidence, &plan));
    Ok(Outlook { value: whole.value, smallest, needed })
}

/// The difference between two runs such as this one, with as many samples in each.
fn pilot_of(
    whole: &Prepared,
    table: &Table,
    samples: u32,
    prepare: &impl Fn(&Table) -> Result<Prepared, String>,
    options: &CompareOptions,
) -> Option<Pilot> {
    let plan_from = |difference: &Prepared| {
        let shown = quantity(difference, options.level, REPLICATES, options.seed);
        pilot(difference, &shown, difference.statistic.clusters().len() as u64, options.level)
    };
    let halves = || prepare(&half(table, false)).ok()?.minus(&prepare(&half(table, true)).ok()?).ok();
    if let Some(pilot) = halves().as_ref().and_then(plan_from) {
        // Half of the samples are in either half.
        let samples = if samples > 1 { 2.0 } else { 1.0 };
        return pilot.grown(Growth { samples, ..Growth::NONE });
    }
    // The same cases again, as if they were others.
    let others = prepare(&elsewhere(table)).ok()?;
    let pilot = plan_from(&whole.minus(&others).ok()?)?;
    Some(pilot.with_clusters(whole.statistic.clusters().len() as u64))
}

/// The same grades in clusters and cases of other numbers.
fn elsewhere(table: &Table) -> Table {
    let cases = table.columns.values().flat_map(|column| &column.observations).map(|grade| grade.case + 1);
    let cases = cases.max().unwrap_or_default();
    let mut table = table.clone();
    for column in table.columns.values_mut() {
        for grade in &mut column.observations {
            grade.cluster += table.clusters;
            grade.case += cases;
        }
    }
    table.clusters *= 2;
    table
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

#[cfg(test)]
#[path = "power_tests.rs"]
mod tests;
