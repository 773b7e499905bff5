//! What the page's template is filled in with, everything but the transcripts.

use super::plots;
use crate::{
    format::{RenderError, Report, beside, counted, number, safe, shortfalls, verdict_words},
    record::Coupling,
    summary::{ExitVerdict, Expected, Holds, ProbeSummary},
};
use indexmap::IndexMap;
use minijinja::{Value, context};
use scorers::metric::{Estimate, MetricResult};

/// As many expectations are listed whether they hold or not.
const EXPECTATIONS_SHOWN: usize = 8;

pub(super) fn context(report: &Report<'_>) -> Result<Value, RenderError> {
    let header = report.digest.header();
    let (summary, selection) = (report.summary, report.selection);
    let tally = summary.expectations();
    let (folded, shown) = expectations_to_fold(&summary.probes);
    let title = format!("{}: {}", safe::line(&header.model().name), verdict_words(summary.verdict));
    Ok(context! {
        title,
        model => safe::line(&header.model().name),
        verdict => verdict_words(summary.verdict),
        class => match summary.verdict {
            ExitVerdict::Passed => "good",
            ExitVerdict::Undecided => "unsure",
            ExitVerdict::Failed | ExitVerdict::NoGenerations => "bad",
        },
        facts => facts(report),
        notes => notes(report),
        remarks => sentences(&summary.probes, |probe| &probe.remarks),
        controls => sentences(&summary.probes, |probe| &probe.controls),
        expectations => expectations(&shown),
        kept => expectations(&folded),
        held => format!("{} of {} held", tally.held, tally.sum()),
        families => families(report)?,
        shown => number::grouped(selection.trials.len() as u64),
        total => number::grouped(selection.total as u64),
        capped => selection.trials.len() < selection.total,
        provenance => provenance(report),
        specs => specs(report),
    })
}

/// What is missing, and what the first failures said.
fn notes(report: &Report<'_>) -> Vec<String> {
    let mut notes = shortfalls(report.summary);
    let broken = report.summary.probes.iter().filter(|probe| probe.counts.failures.sum() > 0);
    notes.extend(broken.flat_map(|probe| report.digest.failures(&probe.id)).take(EXPECTATIONS_SHOWN));
    notes
}

/// What has to be known to read the numbers of each probe.
fn sentences(probes: &[ProbeSummary], which: fn(&ProbeSummary) -> &[String]) -> Vec<String> {
    let of = |probe: &ProbeSummary| {
        let id = probe.id.clone();
        which(probe).iter().map(move |remark| safe::line(&format!("{id}/{remark}"))).collect::<Vec<_>>()
    };
    probes.iter().flat_map(of).collect()
}

fn facts(report: &Report<'_>) -> Vec<Value> {
    let total = &report.summary.total;
    let mut facts = vec![
        ("probes", number::grouped(report.summary.probes.len() as u64)),
        ("trials", number::grouped(total.trials)),
        ("generations", number::grouped(total.generations)),
        ("grades", number::grouped(total.grades.scored + total.grades.unscored + total.grades.failed)),
        ("tokens generated", number::grouped(total.completion_tokens)),
    ];
    if let Some(timing) = report.timing {
        facts.push(("time", number::duration(timing.wall_seconds)));
        facts.extend(timing.tokens_per_second().map(|rate| ("tokens per second", format!("{rate:.0}"))));
        facts.extend(timing.mean_in_flight.map(|mean| ("in flight on average", format!("{mean:.1}"))));
        let percent = |share: f64| format!("{:.0} %", 100.0 * share);
        facts.extend(timing.full_batch_share.map(|share| ("time at full batch", percent(share))));
    }
    facts.into_iter().map(|(name, value)| context! { name, value }).collect()
}

type ProbeExpectation<'a> = (&'a ProbeSummary, &'a Expected);

/// The expectations that are shown on request, and those that are always shown: where there are many, whoever opens the
/// page wants those that do not hold and the metrics.
fn expectations_to_fold(probes: &[ProbeSummary]) -> (Vec<ProbeExpectation<'_>>, Vec<ProbeExpectation<'_>>) {
    let all = || probes.iter().flat_map(|probe| probe.expectations.iter().map(move |one| (probe, one)));
    let many = all().count() > EXPECTATIONS_SHOWN;
    all().partition(|(_, expected)| many && matches!(expected.holds, Holds::Held { .. }))
}

fn expectations(rows: &[ProbeExpectation<'_>]) -> Vec<Value> {
    let row = |(probe, expected): &ProbeExpectation<'_>| {
        let (class, word, observed) = match &expected.holds {
            Holds::Held { observed, .. } => {
                ("good", "held", format!("observed {}", number::short(*observed)))
            }
            Holds::Failed { observed, against } => (
                "bad",
                "failed",
                format!("observed {} against {}", number::short(*observed), number::short(*against)),
            ),
            Holds::Undecided { reason } => ("unsure", "undecided", safe::line(reason)),
        };
        context! { class, word, observed, probe => safe::line(&probe.id), phrase => safe::line(&expected.phrase()) }
    };
    rows.iter().map(row).collect()
}

fn families(report: &Report<'_>) -> Result<Vec<Value>, RenderError> {
    let mut families = Vec::new();
    for (name, family) in &report.summary.families {
        let probes: Vec<&ProbeSummary> =
            report.summary.probes.iter().filter(|probe| family.probes.contains(&probe.id)).collect();
        let plots: Vec<Value> = plots::of_family(name, &probes)?
            .into_iter()
            .map(|plot| context! { kind => plot.kind, caption => plot.caption, svg => Value::from_safe_string(plot.svg) })
            .collect();
        let trials = counted(family.counts.trials, "trial", "trials");
        let generations = counted(family.counts.generations, "generation", "generations");
        families.push(context! {
            name => safe::line(name),
            counts => format!("{trials}, {generations}"),
            probes => probes.iter().map(|probe| self::probe(report, probe)).collect::<Vec<_>>(),
            plots,
        });
    }
    Ok(families)
}

fn probe(report: &Report<'_>, probe: &ProbeSummary) -> Value {
    let spec = report.digest.header().probes.iter().find(|spec| spec.id == probe.id);
    let mut metrics = Vec::new();
    // Metrics without an estimate share a row, in which a reason is said once.
    let mut unavailable: IndexMap<(String, String), Vec<String>> = IndexMap::new();
    for (key, result) in &probe.metrics {
        let name = safe::line(key);
        match result {
            MetricResult::Estimated(estimate) => {
                let missing = beside(probe, key, estimate.unscored, estimate.failed);
                metrics.push(metric(name, estimate, missing));
            }
            MetricResult::ValueOnly(known) => {
                let group = (safe::line(&known.reason), beside(probe, key, known.unscored, known.failed));
                let value = format!("{name} = {}", number::short(known.value));
                unavailable.entry(group).or_default().push(value);
            }
            MetricResult::Unavailable { reason, unscored, failed } => {
                let group = (safe::line(reason), beside(probe, key, *unscored, *failed));
                unavailable.entry(group).or_default().push(name);
            }
        }
    }
    let unavailable = unavailable.into_iter();
    let unavailable = unavailable.map(|((reason, missing), names)| context! { reason, missing, names });
    context! {
        id => safe::line(&probe.id),
        about => safe::line(&probe.about),
        construct => spec.and_then(|spec| spec.construct.as_deref()).map(safe::line),
        cites => spec.map(|spec| spec.cites.iter().map(|cite| safe::line(cite)).collect::<Vec<_>>()),
        arms => spec.map(|spec| {
            spec.arms
                .iter()
                .filter_map(|(name, arm)| arm.about.as_ref().map(|about| context! { name => safe::line(name), about => safe::line(about) }))
                .collect::<Vec<_>>()
        }),
        metrics,
        unavailable => unavailable.collect::<Vec<_>>(),
    }
}

fn metric(name: String, estimate: &Estimate, missing: String) -> Value {
    context! {
        name,
        value => number::short(estimate.value),
        interval => number::interval(estimate.low, estimate.high),
        n => number::grouped(estimate.n),
        clusters => number::grouped(estimate.clusters),
        method => safe::line(&estimate.method),
        missing,
    }
}

fn provenance(report: &Report<'_>) -> Vec<Value> {
    let header = report.digest.header();
    let unknown = || "unknown".to_owned();
    let mut rows = vec![
        ("model", header.model().reference.clone()),
        ("weights, BLAKE3", header.model().weights.clone().unwrap_or_else(unknown)),
        ("tokenizer, BLAKE3", header.model().tokenizer.clone().unwrap_or_else(unknown)),
        ("chat template, BLAKE3", header.model().chat_template.clone().unwrap_or_else(unknown)),
        ("engine", format!("{} {}", header.engine().name, header.engine().version)),
        ("device", header.engine().device.clone()),
        ("number format", header.engine().dtype.clone()),
        (
            "context",
            header.engine().context.map_or("no limit".to_owned(), |tokens| format!("{tokens} tokens")),
        ),
        ("seed", header.seed.to_string()),
        ("grice", header.grice.version.clone()),
        ("commit", header.grice.commit.clone().unwrap_or_else(unknown)),
        ("record format", header.format.to_string()),
    ];
    if let Some(timing) = report.timing {
        rows.push(("started", timing.started.clone()));
    }
    let cast = header.cast.others.iter().map(|(speaker, player)| (speaker.name(), player.words()));
    let rows = rows.into_iter().chain(cast);
    rows.map(|(name, value)| context! { name => safe::line(name), value => safe::line(&value) }).collect()
}

fn specs(report: &Report<'_>) -> Vec<Value> {
    let spec = |probe: &crate::record::ProbeRecord| {
        let sampling = &probe.sampling;
        let mut parts = vec![
            format!("temperature {}", sampling.temperature),
            format!("at most {} tokens", sampling.max_tokens),
        ];
        parts.extend(sampling.top_p.map(|share| format!("top p {share}")));
        parts.extend(sampling.top_k.map(|count| format!("top k {count}")));
        parts.extend(sampling.min_p.map(|share| format!("min p {share}")));
        parts.extend((sampling.coupling == Coupling::Gumbel).then(|| "coupled by Gumbel noise".to_owned()));
        context! {
            id => safe::line(&probe.id),
            path => safe::line(&probe.path),
            hash => safe::line(&probe.hash),
            source => safe::block(&probe.source),
            sampling => parts.join(", "),
            samples => counted(u64::from(probe.samples), "sample", "samples"),
            cases => counted(probe.cases.len() as u64, "case", "cases"),
        }
    };
    report.digest.header().probes.iter().map(spec).collect()
}
