//! All metrics of one probe in two records.

use super::{
    definition::{expected, rests_on},
    discordant::discordant,
    numbers::{Both, needed},
    options::Options,
    pair::PairedProbe,
    policy::margin_outside,
    result::{
        Compared, Direction, DirectionSource, Grades, MetricComparison, Numbers, Pairing, ProbeComparison,
    },
    side::Side,
    verdict::{Better, Evidence, Verdict},
    within::within,
};
use crate::record::ProbeRecord;
use indexmap::IndexMap;
use rayon::prelude::*;
use scorers::metric::{
    MetricConfig, Prepared, Selector, Sources, Table, anytime::Validity, equivalence::within_share,
    multiplicity::Multiplicity,
};
use std::sync::OnceLock;

/// With fewer clusters than this, a probe is said to rest on few.
const FEW: u32 = 10;

/// With so many clusters an interval by Student's t is hardly too short, however skewed they are.
const STRAIGHT: u64 = 50;

/// Below this share of the level a raw p-value will stand any adjustment, and nobody asks what more is needed.
const SURELY_DECIDED: f64 = 0.001;

/// A metric of the base and of the head, or why one of them has no value.
type PreparedPair = Result<(Prepared, Prepared), String>;

/// A probe whose p-values are not adjusted yet.
pub(super) struct Draft {
    pub(super) probe: ProbeComparison,
    /// The share of each metric's variance that comes from samples, where that was asked.
    within: IndexMap<String, Option<f64>>,
    /// By how much two values of a metric can differ, where that is known.
    widths: IndexMap<String, f64>,
    samples: u32,
}

/// Compares the metrics that both records define; none where one lacks the probe.
pub(super) fn draft(probe: &ProbeRecord, base: &Side, head: &Side, options: &Options) -> Option<Draft> {
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
    let metrics: Vec<(String, MetricComparison, Option<f64>)> = prepared
        .into_par_iter()
        .map(|(name, prepared)| {
            let (comparison, within) =
                metric(probe, record, &paired, name, prepared, &alone, &halves, samples, validity, options);
            (name.clone(), comparison, within)
        })
        .collect();
    let shares = metrics.iter().map(|(name, _, within)| (name.clone(), *within)).collect();
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
        within: shares,
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
            "{few} clusters only: no permutation test over them can give a p-value below {least:.2e}"
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
    options: &Options,
) -> (MetricComparison, Option<f64>) {
    let (selectors, labelled) = rests_on(&probe.metrics, name);
    let pairing = paired.pairing(&selectors, validity, options);
    let rule = options.policy.as_ref().and_then(|policy| policy.rule(&probe.id, name)).map(|(_, rule)| rule);
    let margin = rule.and_then(|rule| rule.margin);
    let direction = match rule.and_then(|rule| rule.better) {
        Some(better) => Some(Direction { better, from: DirectionSource::Policy }),
        None => expected(probe, name)
            .or_else(|| expected(record, name))
            .map(|better| Direction { better, from: DirectionSource::Expectation }),
    };
    let (mut range, mut within, mut skewed) = (None, None, false);
    // What metrics say of an empty table would put it down to the base.
    let nothing = pairing.both == 0 && pairing.places > 0;
    let prepared = if nothing { Err(nowhere_both(&pairing)) } else { prepared };
    let outcome = prepared.and_then(|(base, head)| {
        range = Some(base.range);
        let config = probe.metrics.get(name).ok_or("there is no such metric")?;
        let both = Both { config, labelled, validity, base, head };
        let mut numbers = both.numbers(margin, options)?;
        if pairing.base.scored > pairing.both || probe.samples > samples {
            numbers.base_alone = alone.value(name, true).filter(|value| differs(*value, numbers.base.value));
        }
        if pairing.head.scored > pairing.both || record.samples > samples {
            numbers.head_alone = alone.value(name, false).filter(|value| differs(*value, numbers.head.value));
        }
        let open = numbers.test.as_ref().is_some_and(|test| test.p > SURELY_DECIDED * options.level);
        if open && samples >= 2 {
            let halves = halves.get_or_init(|| [paired.half(false), paired.half(true)]);
            within = of_samples(&probe.metrics, name, &both, halves);
        }
        skewed = numbers.clusters < STRAIGHT && both.is_skewed(&numbers.difference);
        Ok(numbers)
    });
    let mut limitations = Vec::new();
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
        verdict: Verdict::Undecided,
        why: String::new(),
        better: direction,
        margin,
        gated: rule.is_some(),
        range,
        pairing,
        outcome: match outcome {
            Ok(numbers) => Compared::Numbers(Box::new(numbers)),
            Err(reason) => Compared::Unavailable { reason },
        },
        discordant: discordant(probe, paired, &selectors),
        limitations,
    };
    (comparison, within)
}

/// Why there is no pair of grades, when there is none.
fn nowhere_both(pairing: &Pairing) -> String {
    let of = |grades: &Grades| {
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

impl Draft {
    /// Adjusts nothing any more: gives every metric its verdict, reason and need.
    ///
    /// # Errors
    /// A metric with what is wrong with its margin.
    pub(super) fn finish(mut self, options: &Options) -> Result<ProbeComparison, (String, String)> {
        for (name, metric) in &mut self.probe.metrics {
            if let (Some(margin), Some(widest)) = (metric.margin, self.widths.get(name))
                && let Some(problem) = margin_outside(margin, *widest)
            {
                return Err((name.clone(), problem));
            }
            let (better, margin) = (metric.better.map(|direction| direction.better), metric.margin);
            match &mut metric.outcome {
                Compared::Unavailable { reason } => metric.why.clone_from(reason),
                Compared::Numbers(numbers) => {
                    let evidence = evidence(numbers, better, margin, options.level);
                    (metric.verdict, metric.why) = evidence.verdict();
                    let within = self.within.get(name).copied().flatten();
                    let open = metric.verdict == Verdict::Undecided;
                    let need = if open {
                        needed(numbers, &evidence, options.power, within, self.samples, self.probe.validity)
                    } else {
                        None
                    };
                    numbers.needed = need;
                }
            }
        }
        Ok(self.probe)
    }

    /// The tests of one family, to be adjusted.
    pub(super) fn tests(&mut self, gated: bool) -> impl Iterator<Item = &mut super::Test> {
        let metrics = self.probe.metrics.values_mut().filter(move |metric| metric.gated == gated);
        metrics.filter_map(|metric| match &mut metric.outcome {
            Compared::Numbers(numbers) => numbers.test.as_mut(),
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
        difference: &numbers.difference,
        inner: numbers.inner,
        test: numbers.test.as_ref(),
        better,
        margin,
        level,
    }
}

/// Adjusts the p-values of one family; how many there were.
pub(super) fn adjust(drafts: &mut [Draft], gated: bool, multiplicity: Multiplicity) -> u64 {
    let raw: Vec<f64> = drafts.iter_mut().flat_map(|draft| draft.tests(gated)).map(|test| test.p).collect();
    let adjusted = multiplicity.adjust(&raw);
    for (test, adjusted) in drafts.iter_mut().flat_map(|draft| draft.tests(gated)).zip(adjusted) {
        test.adjusted = adjusted;
    }
    raw.len() as u64
}
