//! All metrics of one probe in two records.

use super::{
    beyond::Design,
    by_chance::chance,
    discordant::discordant,
    draft::{Draft, Spread},
    marks,
    needed::pilot,
    numbers::Both,
    options::CompareOptions,
    pair::PairedProbe,
    pairing::{Pairing, SideGrades},
    result::{Compared, Direction, DirectionSource, MetricComparison, ProbeComparison, Standing},
    side::Side,
    within::within,
    word::Verdict,
};
use crate::{
    record::{ProbeRecord, definition::expected},
    summary::{
        marks::{at_chance, effective, rates, sizes},
        withheld,
    },
};
use indexmap::IndexMap;
use rayon::prelude::*;
use scorers::metric::{
    MetricConfig, Prepared, Selector, Sources, Table, anytime::Validity, equivalence::within_share, made_of,
    rests_on,
};
use std::sync::OnceLock;

/// With fewer clusters than this, a probe is said to rest on few.
const FEW: u32 = 10;

/// With so many clusters an interval by Student's t is hardly too short, however skewed they are.
const STRAIGHT: u64 = 50;

/// A metric of the base and of the head, or why one of them has no value.
type PreparedPair = Result<(Prepared, Prepared), String>;

/// Compares the metrics that both records define; none where one lacks the probe.
pub(super) fn draft(
    probe: &ProbeRecord,
    base: &Side,
    head: &Side,
    options: &CompareOptions,
) -> Option<Draft> {
    let record = head.header().probes.iter().find(|other| other.id == probe.id)?;
    let paired = PairedProbe::of(probe, base, head)?;
    // The base's definition counts: where the head's differs, that was refused or allowed by name.
    let names: Vec<&String> =
        probe.metrics.keys().filter(|name| record.metrics.contains_key(*name)).collect();
    let prepare = |side: &Side, table: &Table| -> Vec<Result<Prepared, String>> {
        let mut sources = Sources::new(&probe.metrics, table);
        let found = names.iter().map(|name| sources.metric(name));
        found.map(|found| found.map_err(|why| format!("{}: {why}", side.name()))).collect()
    };
    let (one, other) = rayon::join(|| prepare(base, &paired.base), || prepare(head, &paired.head));
    let prepared: Vec<(&String, PreparedPair)> = names
        .into_iter()
        .zip(one.into_iter().zip(other))
        .map(|(name, (base, head))| (name, base.and_then(|base| Ok((base, head?)))))
        .collect();
    let widths = prepared.iter().filter_map(|(name, pair)| {
        let (base, head) = pair.as_ref().ok()?;
        Some(((*name).clone(), base.width()?.max(head.width()?)))
    });
    let widths = widths.collect();
    let samples = paired.samples();
    let validity = validity(probe, record, samples);
    let alone = Alone { probe, base, head };
    let halves = OnceLock::new();
    let metrics: Vec<(String, MetricComparison, Spread)> = prepared
        .into_par_iter()
        .map(|(name, prepared)| {
            let (comparison, spread) =
                metric(probe, record, &paired, name, prepared, &alone, &halves, samples, validity, options);
            (name.clone(), comparison, spread)
        })
        .collect();
    let spreads = metrics.iter().map(|(name, _, spread)| (name.clone(), spread.clone())).collect();
    let within_case = paired.base.columns.iter().filter_map(|(name, column)| {
        let theirs = paired.head.columns.get(name)?;
        Some((name.clone(), within(&column.observations, &theirs.observations)?))
    });
    let within_case = within_case.collect();
    let scores = paired.scores.keys().map(|name| {
        let selector = Selector { score: name.clone(), arm: None, round: None };
        (name.clone(), paired.pairing(&[&selector], validity, options))
    });
    let scores = scores.collect();
    let metrics = metrics.into_iter().map(|(name, comparison, _)| (name, comparison)).collect();
    let limitations = limitations(samples, paired.clusters(), validity, options.level);
    let (id, about, trials) = (probe.id.clone(), probe.about.clone(), paired.trials);
    Some(Draft {
        probe: ProbeComparison { id, about, trials, validity, scores, within_case, metrics, limitations },
        spreads,
        widths,
        samples,
    })
}

/// Whether samples were added until a gate was decided, in either record. A record with fewer samples than the other
/// decides how many are compared; the earliest first look makes the most cautious boundary.
fn validity(base: &ProbeRecord, head: &ProbeRecord, samples: u32) -> Validity {
    match base.first_look.into_iter().chain(head.first_look).min() {
        Some(first) => Validity::Anytime { first, samples },
        None => Validity::Fixed,
    }
}

fn limitations(samples: u32, clusters: u32, validity: Validity, level: f64) -> Vec<String> {
    let mut limitations = Vec::new();
    if let Validity::Anytime { first, samples } = validity {
        limitations.push(format!(
            "samples were added until the gate was decided, {first} per case at first and {samples} in the end: intervals and p-values hold whenever one stops (Robbins–Siegmund), and are wider than those of a fixed number"
        ));
    }
    let least = validity.p(2.0_f64.powi(1 - clusters.min(1_000) as i32));
    if samples < 2 {
        limitations.push(
            "one sample per case: how much the same case varies from run to run is unknown, so a change of a single case means nothing by itself".to_owned(),
        );
    }
    match clusters {
        0 | 1 => limitations
            .push("one case only: how far cases differ is unknown, so nothing can be decided".to_owned()),
        few if few < FEW || least > level => limitations.push(format!(
            "{few} clusters only: how far cases differ is hardly known, and no permutation test over them can give a p-value below {least:.2e}; the interval decides"
        )),
        _ => {}
    }
    limitations
}

#[expect(clippy::too_many_arguments, reason = "the parts of one probe that its metrics share")]
fn metric(
    probe: &ProbeRecord,
    record: &ProbeRecord,
    paired: &PairedProbe,
    name: &str,
    prepared: PreparedPair,
    alone: &Alone<'_>,
    halves: &OnceLock<[(Table, Table); 2]>,
    samples: u32,
    validity: Validity,
    options: &CompareOptions,
) -> (MetricComparison, Spread) {
    let selectors = rests_on(&probe.metrics, name);
    let labelled = made_of(&probe.metrics, name).any(|config| config.parameters().laid_out_by_labels());
    let pairing = paired.pairing(&selectors, validity, options);
    let rule = options.policy.as_ref().and_then(|policy| policy.rule(&probe.id, name)).map(|(_, rule)| rule);
    let standing = match rule {
        Some(_) => Standing::Gated,
        None if probe.metrics.get_index_of(name) == Some(0) => Standing::Headline,
        None => Standing::Exploration,
    };
    let margin = rule.and_then(|rule| rule.margin);
    let direction = match rule.and_then(|rule| rule.better) {
        Some(better) => Some(Direction { better, from: DirectionSource::Policy }),
        None => expected(probe, name)
            .or_else(|| expected(record, name))
            .map(|better| Direction { better, from: DirectionSource::Expectation }),
    };
    let (mut range, mut spread, mut skewed) = (None, Spread::default(), false);
    // What metrics say of an empty table would put it down to the base.
    let nothing = pairing.both == 0 && pairing.places > 0;
    let prepared = if nothing { Err(nowhere_both(&pairing)) } else { prepared };
    let withheld = withheld(&probe.metrics, name, samples);
    let prepared = withheld.map_or(prepared, Err);
    let outcome = prepared.and_then(|(base, head)| {
        range = Some(base.range);
        let config = probe.metrics.get(name).ok_or("there is no such metric")?;
        let both = Both { config, labelled, validity, base, head };
        let mut numbers = both.numbers(standing, margin, options)?;
        if pairing.base.scored > pairing.both || probe.samples > samples {
            numbers.base_alone = alone.value(name, true).filter(|value| differs(*value, numbers.base.value));
        }
        if pairing.head.scored > pairing.both || record.samples > samples {
            numbers.head_alone = alone.value(name, false).filter(|value| differs(*value, numbers.head.value));
        }
        numbers.base_rates = rates(config, &paired.base);
        numbers.head_rates = rates(config, &paired.head);
        numbers.effective_clusters = effective(&sizes(&paired.base, &selectors));
        if standing.is_gated() {
            let tables = (&paired.base, &paired.head);
            numbers.chance = chance(&probe.metrics, name, tables, numbers.difference.value.signum());
        }
        spread.pilot = pilot(
            &both.head.minus(&both.base)?,
            &numbers.difference,
            numbers.clusters,
            validity.nominal(options.level),
        );
        if let (Some(beyond), Standing::Gated | Standing::Headline) = (&mut numbers.beyond, standing) {
            let (metrics, table) = (&probe.metrics, &paired.base);
            let margin = margin.unwrap_or_default();
            let design = Design { metrics, name, table, margin, validity, level: options.level };
            beyond.least = design.least();
            spread.clusters = design.clusters_needed(1);
        }
        if standing.is_judged() && samples >= 2 {
            let halves = halves.get_or_init(|| [paired.half(false), paired.half(true)]);
            spread.within = of_samples(&probe.metrics, name, &both, halves);
        }
        skewed = numbers.clusters < STRAIGHT && both.is_skewed(&numbers.difference);
        Ok(numbers)
    });
    let mut limitations = Vec::new();
    if let (Ok(numbers), true) = (&outcome, standing.is_judged()) {
        let at_chance =
            |table: &Table| probe.metrics.get(name).is_some_and(|config| at_chance(config, table));
        let at_chance = [at_chance(&paired.base), at_chance(&paired.head)];
        let better = direction.map(|direction| direction.better);
        limitations.extend(marks::limitations(numbers, range, at_chance, better));
    }
    if skewed {
        limitations.push(
            "few cases differ much and most hardly at all: with so few of them, its interval may hold the true difference in a few per cent less of runs than it says".to_owned(),
        );
    }
    if pairing.missing_differs(options.level) {
        let (base, head) = pairing.missing_rates();
        limitations.push(format!(
            "{:.1} % of grades are missing in the base and {:.1} % in the head: what is left may be easier in one of them",
            100.0 * base,
            100.0 * head
        ));
    }
    let comparison = MetricComparison {
        verdict: if standing.is_judged() { Verdict::Open } else { Verdict::Exploration },
        why: String::new(),
        better: direction,
        margin,
        standing,
        range,
        pairing,
        outcome: match outcome {
            Ok(numbers) => Compared::Numbers(Box::new(numbers)),
            Err(reason) => Compared::Unavailable { reason },
        },
        discordant: discordant(probe, paired, &selectors),
        limitations,
    };
    (comparison, spread)
}

/// Why there is no pair of grades, when there is none.
fn nowhere_both(pairing: &Pairing) -> String {
    let of = |grades: &SideGrades| {
        if grades.scored == 0 { "none".to_owned() } else { grades.scored.to_string() }
    };
    format!(
        "no grade has a partner: of {} the base has {} and the head {}",
        pairing.places,
        of(&pairing.base),
        of(&pairing.head)
    )
}

fn differs(one: f64, other: f64) -> bool {
    (one - other).abs() > 1e-12 * other.abs().max(1.0)
}

/// The share of the variance of a difference that comes from samples.
fn of_samples(
    metrics: &IndexMap<String, MetricConfig>,
    name: &str,
    both: &Both<'_>,
    halves: &[(Table, Table); 2],
) -> Option<f64> {
    let difference = |(base, head): &(Table, Table)| {
        let base = Sources::new(metrics, base).metric(name).ok()?;
        Sources::new(metrics, head).metric(name).ok()?.minus(&base).ok()
    };
    let [even, odd] = halves;
    within_share(&both.head.minus(&both.base).ok()?, &difference(even)?, &difference(odd)?)
}

/// The grades of each side without regard to the other.
struct Alone<'a> {
    probe: &'a ProbeRecord,
    base: &'a Side,
    head: &'a Side,
}

impl Alone<'_> {
    fn value(&self, name: &str, base: bool) -> Option<f64> {
        let side = if base { self.base } else { self.head };
        let table = side.probe(&self.probe.id)?.table();
        Sources::new(&self.probe.metrics, table).metric(name).ok().map(|prepared| prepared.value)
    }
}
