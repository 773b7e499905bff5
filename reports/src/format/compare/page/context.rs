//! What the page's template is filled in with, everything but the transcripts.

use super::{
    anchors,
    data::Data,
    plots::{self, Figures},
};
use crate::{
    compare::{
        Comparison, GateOutcome, GateVerdict, GatedResult, Matrix, MetricComparison, ProbeComparison,
        Severity, SideSummary, Standing, Verdict, Versus,
    },
    format::{
        RenderError,
        compare::{Gated, heads, metrics, shown_transcripts::ShownTranscripts, words},
        counted, number,
        plot::Plot,
        safe,
    },
    summary::family_of,
};
use indexmap::IndexMap;
use minijinja::{Value, context};

pub(super) fn of(
    comparison: &Comparison,
    gate: Option<&GateOutcome>,
    shown_transcripts: &ShownTranscripts,
    data: &Data,
) -> Result<Value, RenderError> {
    let base = safe::excerpt(&comparison.base.name, 80);
    let names: Vec<String> =
        comparison.heads.iter().map(|versus| safe::excerpt(&versus.head.name, 80)).collect();
    let mut sections = Vec::new();
    for (place, (versus, gated)) in heads(comparison, gate).enumerate() {
        sections.push(head(comparison, place, versus, &gated, gate.is_some())?);
    }
    let verdict = gate.map(|gate| words::gate(gate.verdict));
    let title = format!("{base} → {}", names.join(", "));
    Ok(context! {
        unsure => gate.map(words::unsure),
        title => verdict.map_or_else(|| title.clone(), |verdict| format!("{title}: {verdict}")),
        base,
        names,
        verdict,
        class => gate.map(|gate| class_of_gate(gate.verdict)),
        reasons => gate.map(|gate| gate.reasons.iter().map(|reason| safe::line(reason)).collect::<Vec<_>>()),
        several => comparison.heads.len() > 1,
        legend => words::legend(),
        matrix => comparison.matrix.as_ref().map(matrix),
        heads => sections,
        has_gate => gate.is_some(),
        absent => absent(comparison, shown_transcripts),
        shown => number::grouped(data.pairs.len() as u64),
        total => number::grouped(data.total as u64),
        capped => data.pairs.len() < data.total,
        settings => words::method(comparison),
        provenance => provenance(comparison),
    })
}

fn class_of_gate(verdict: GateVerdict) -> &'static str {
    match verdict {
        GateVerdict::Pass => "good",
        GateVerdict::Undecided => "unsure",
        GateVerdict::Regression | GateVerdict::NotComparable => "bad",
    }
}

fn class_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Improved | Verdict::Gained => "good",
        Verdict::Regressed | Verdict::Changed => "bad",
        Verdict::Equivalent | Verdict::NotWorse => "same",
        Verdict::Slipped | Verdict::Shifted => "unsure",
        Verdict::Open | Verdict::Exploration => "open",
    }
}

fn head(
    comparison: &Comparison,
    place: usize,
    versus: &Versus,
    gated: &Gated<'_>,
    has_gate: bool,
) -> Result<Value, RenderError> {
    let level = comparison.settings.level;
    let difference = |found: &crate::compare::Difference| {
        let class = match found.severity {
            Severity::Refuse if found.refuses() => "bad",
            Severity::Refuse => "unsure",
            Severity::Note => "",
        };
        context! { class, text => safe::line(&words::difference(found)) }
    };
    let differences = versus.comparability.differences.iter();
    let (stated, notes): (Vec<_>, Vec<_>) = differences.partition(|found| found.severity == Severity::Refuse);
    let uneven = versus.probes.iter().flat_map(|probe| {
        let uneven = probe.scores.iter().filter(|(_, pairing)| pairing.missing_differs(level));
        uneven.filter_map(|(score, pairing)| {
            Some(safe::line(&format!("{}/{score}: {}", probe.id, words::missing(pairing, level)?)))
        })
    });
    let missing = versus.probes.iter().flat_map(|probe| {
        probe.scores.iter().filter_map(|(score, pairing)| {
            Some(safe::line(&format!("{}/{score}: {}", probe.id, words::missing(pairing, level)?)))
        })
    });
    let mut figures = plots::of_head(versus)?;
    Ok(context! {
        place,
        name => safe::excerpt(&versus.head.name, 80),
        refused => versus.comparability.refused,
        same_weights => versus.comparability.same_weights == Some(true),
        tally => tally(versus),
        trials => words::trials(versus),
        coupled => words::coupled(versus),
        stated => stated.into_iter().map(difference).collect::<Vec<_>>(),
        notes => notes.into_iter().map(difference).collect::<Vec<_>>(),
        uneven => uneven.collect::<Vec<_>>(),
        missing => missing.collect::<Vec<_>>(),
        limitations => words::limitations(versus).map(|what| safe::line(&what)).collect::<Vec<_>>(),
        families_tested => words::families(versus),
        exploration => words::exploration(versus, level),
        gated => shown(std::mem::take(&mut figures.gated)),
        curves => shown(std::mem::take(&mut figures.curves)),
        families => families(comparison, place, versus, gated, has_gate, figures),
    })
}

fn tally(versus: &Versus) -> Vec<Value> {
    let shown = |verdict: Verdict| {
        let word = if verdict == Verdict::Exploration { "not judged" } else { verdict.word() };
        let count = number::grouped(versus.tally.of(verdict));
        context! { count, word, class => class_of(verdict) }
    };
    Verdict::ALL.into_iter().filter(|verdict| versus.tally.of(*verdict) > 0).map(shown).collect()
}

fn families(
    comparison: &Comparison,
    place: usize,
    versus: &Versus,
    gated: &Gated<'_>,
    has_gate: bool,
    mut figures: Figures,
) -> Vec<Value> {
    let mut families: IndexMap<&str, Vec<Value>> = IndexMap::new();
    for probe in &versus.probes {
        let probes = families.entry(family_of(&probe.id)).or_default();
        probes.push(self::probe(comparison, place, probe, gated, has_gate));
    }
    let family = |(name, probes): (&str, Vec<Value>)| {
        let forests = shown(figures.families.shift_remove(name).unwrap_or_default());
        let explored = words::explored(versus).filter(|(probe, ..)| family_of(probe) == name).count() as u64;
        let explored = (explored > 0).then(|| counted(explored, "metric", "metrics"));
        context! { name => safe::line(name), probes, forests, explored }
    };
    families.into_iter().map(family).collect()
}

fn shown(plots: Vec<Plot>) -> Vec<Value> {
    let plot = |plot: Plot| context! { kind => plot.kind, caption => plot.caption, svg => Value::from_safe_string(plot.svg) };
    plots.into_iter().map(plot).collect()
}

fn probe(
    comparison: &Comparison,
    place: usize,
    probe: &ProbeComparison,
    gated: &Gated<'_>,
    has_gate: bool,
) -> Value {
    let mut rows = Vec::new();
    // Metrics that nothing can be said about share a row for every reason; gated ones among themselves.
    let mut unavailable: IndexMap<(String, Standing), Vec<Value>> = IndexMap::new();
    for (name, metric) in &probe.metrics {
        let result = gated.get(&(probe.id.as_str(), name.as_str())).map(|line| line.result);
        let id = anchors::metric(place, &probe.id, name);
        if metric.numbers().is_none() {
            let names = unavailable.entry((safe::line(&metric.why), metric.standing)).or_default();
            names.push(context! { id, name => safe::line(name) });
            continue;
        }
        rows.push(row(comparison, id, name, metric, result, has_gate));
    }
    let unavailable = unavailable.into_iter();
    let unavailable: Vec<Value> = unavailable
        .map(|((reason, standing), names)| {
            let (judged, gated) = (standing.is_judged(), standing.is_gated());
            context! { reason, judged, gated, names }
        })
        .collect();
    context! {
        id => safe::line(&probe.id),
        about => safe::line(&probe.about),
        rows,
        unavailable,
    }
}

fn row(
    comparison: &Comparison,
    id: String,
    name: &str,
    metric: &MetricComparison,
    result: Option<GatedResult>,
    has_gate: bool,
) -> Value {
    let level = comparison.settings.level;
    let [base, head, difference, interval, p] = words::cells(metric);
    let mut details = Vec::new();
    details.extend(metric.standing.is_judged().then(|| metric.why.clone()));
    details.extend(words::outlook(metric));
    details.extend(words::direction(metric));
    details.extend(metric.margin.map(|margin| format!("differences up to {margin} do not matter")));
    details.extend(metric.numbers().map(words::line));
    details
        .extend(words::missing(&metric.pairing, level).map(|missing| format!("grades missing, {missing}")));
    details.extend(metric.limitations.iter().cloned());
    context! {
        id,
        name => safe::line(name),
        base,
        head,
        difference,
        interval,
        p,
        verdict => metric.verdict.word(),
        class => class_of(metric.verdict),
        ink => class_of(metric.verdict),
        judged => metric.standing.is_judged(),
        gated => metric.standing.is_gated(),
        changed => metric.verdict.differs(),
        result => has_gate.then(|| result.map_or("", words::gated)),
        result_class => result.map(class_of_result),
        discordant => metric.discordant.trials.len(),
        differ => number::grouped(metric.discordant.total),
        details => details.iter().map(|detail| safe::line(detail)).collect::<Vec<_>>(),
    }
}

fn class_of_result(result: GatedResult) -> &'static str {
    match result {
        GatedResult::Passed => "good",
        GatedResult::PassedUndecided => "open",
        GatedResult::Warned | GatedResult::Undecided => "unsure",
        GatedResult::Regressed => "bad",
    }
}

fn matrix(matrix: &Matrix) -> Value {
    let named = |place: usize| matrix.versions.get(place).map(|name| safe::excerpt(name, 60));
    let rows = matrix.rows.iter().map(|row| {
        let cells = row.cells.iter().enumerate().map(|(place, cell)| {
            let verdict = cell.as_ref().and_then(|cell| cell.verdict);
            context! {
                text => words::matrix_cell(cell.as_ref()),
                interval => cell.as_ref().and_then(|cell| cell.interval).map(|(low, high)| number::interval(low, high)),
                class => verdict.map(class_of),
                verdict => verdict.map(Verdict::word),
                best => row.best == Some(place),
                // The row of the metric in the section of that head.
                target => (place > matrix.baseline && cell.is_some()).then(|| anchors::metric(place - 1, &row.probe, &row.metric)),
            }
        });
        context! {
            metric => safe::line(&format!("{}/{}", row.probe, row.metric)),
            cells => cells.collect::<Vec<_>>(),
        }
    });
    context! {
        versions => matrix.versions.iter().map(|name| safe::excerpt(name, 60)).collect::<Vec<_>>(),
        baseline => named(matrix.baseline),
        best => named(matrix.best),
        rows => rows.collect::<Vec<_>>(),
    }
}

/// Which records hold no transcripts, of those that the page would show any of.
fn absent(comparison: &Comparison, shown_transcripts: &ShownTranscripts) -> Vec<String> {
    let has_discordant =
        |versus: &Versus| metrics(versus).any(|(.., metric)| !metric.discordant.trials.is_empty());
    if !comparison.heads.iter().any(has_discordant) {
        return Vec::new();
    }
    let heads = comparison.heads.iter().enumerate().filter(|(_, versus)| has_discordant(versus));
    let heads = heads.map(|(place, versus)| (&versus.head, shown_transcripts.head(place)));
    let sides = std::iter::once((&comparison.base, Some(&shown_transcripts.base))).chain(heads);
    let said = |(side, reading): (
        &SideSummary,
        Option<&crate::format::compare::shown_transcripts::SideTranscripts>,
    )| {
        let reason = reading.map_or(Some("it was not read"), |reading| reading.absent.as_deref())?;
        Some(safe::line(&format!("No transcripts of {}: {reason}.", side.name)))
    };
    sides.filter_map(said).collect()
}

fn provenance(comparison: &Comparison) -> Vec<Value> {
    let heads = comparison.heads.iter().map(|versus| &versus.head);
    let sides = std::iter::once(("base", &comparison.base)).chain(heads.map(|head| ("head", head)));
    let unknown = || "unknown".to_owned();
    let side = |(role, side): (&str, &SideSummary)| {
        let model = &side.model;
        let rows = [
            ("model", model.reference.clone()),
            ("weights, BLAKE3", model.weights.clone().unwrap_or_else(unknown)),
            ("tokenizer, BLAKE3", model.tokenizer.clone().unwrap_or_else(unknown)),
            ("chat template, BLAKE3", model.chat_template.clone().unwrap_or_else(unknown)),
            ("record", words::side(side)),
        ];
        let rows = rows.map(|(name, value)| context! { name, value => safe::line(&value) }).to_vec();
        context! { role, name => safe::excerpt(&side.name, 80), rows }
    };
    sides.map(side).collect()
}
