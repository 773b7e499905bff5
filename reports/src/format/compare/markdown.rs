//! GitHub-flavoured Markdown for a comment on a pull request and for a job summary: the gate's verdict, what changed,
//! and everything else in folds.

use super::{Gated, changed, heads, metrics, words};
use crate::{
    compare::{
        Comparison, GateOutcome, GateVerdict, GatedResult, Matrix, MetricComparison, Severity, Verdict,
        Versus,
    },
    format::{
        counted,
        markdown::{escape, html},
        number, safe,
    },
};
use std::fmt::Write as _;

/// Bytes after which no line is added: a comment may have 65,536 characters, and the folds have to be closed.
const LIMIT: usize = 56_000;
/// Characters of one sentence.
const SENTENCE: usize = 400;
/// Characters of a name in a heading or a cell.
const NAME: usize = 100;
/// Discordant trials named for one metric.
const DISCORDANT: usize = 10;

pub(super) fn render(comparison: &Comparison, gate: Option<&GateOutcome>) -> String {
    let mut out = String::new();
    let base = name(&comparison.base.name);
    let names: Vec<String> = comparison.heads.iter().map(|versus| name(&versus.head.name)).collect();
    let _ = match gate {
        Some(gate) => writeln!(out, "## {} Gate: {}\n", mark(gate.verdict), words::gate(gate.verdict)),
        None => writeln!(out, "## {base} → {}\n", excerpted(&names)),
    };
    if let Some(gate) = gate {
        push(&mut out, gate.reasons.iter().map(|reason| format!("- {}\n", sentence(reason))));
        out.push('\n');
    }
    for (versus, gated) in heads(comparison, gate) {
        if gate.is_some() || comparison.heads.len() > 1 {
            let _ = writeln!(out, "### {base} → {}\n", name(&versus.head.name));
        }
        head(&mut out, comparison, versus, &gated, gate.is_some());
    }
    if let Some(found) = &comparison.matrix {
        matrix(&mut out, found);
    }
    provenance(&mut out, comparison);
    out
}

fn mark(verdict: GateVerdict) -> &'static str {
    match verdict {
        GateVerdict::Pass => "✅",
        GateVerdict::Regression | GateVerdict::NotComparable => "❌",
        GateVerdict::Undecided => "⚠️",
    }
}

/// A name of bounded length.
fn name(text: &str) -> String {
    escape(&safe::excerpt(text, NAME))
}

fn sentence(text: &str) -> String {
    escape(&safe::excerpt(text, SENTENCE))
}

/// The first few names.
fn excerpted(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
    let rest = names.len() - shown.len();
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// Adds lines while there is room, and counts those for which there is none.
fn push(out: &mut String, lines: impl Iterator<Item = String>) {
    let mut left_out = 0_u64;
    for line in lines {
        if left_out > 0 || out.len() + line.len() > LIMIT {
            left_out += 1;
        } else {
            out.push_str(&line);
        }
    }
    if left_out > 0 {
        let lines = counted(left_out, "line is", "lines are");
        let _ = writeln!(out, "\n{lines} left out here for their length; the other formats have them.");
    }
}

/// A fold, where there is anything in it.
fn fold(out: &mut String, summary: &str, head: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    let _ = write!(out, "<details><summary>{}</summary>\n\n{head}", html(summary));
    push(out, lines.into_iter());
    out.push_str("\n</details>\n\n");
}

fn head(out: &mut String, comparison: &Comparison, versus: &Versus, gated: &Gated<'_>, has_gate: bool) {
    let differences = versus.comparability.differences.iter();
    let (stated, notes): (Vec<_>, Vec<_>) = differences.partition(|found| found.severity == Severity::Refuse);
    push(
        out,
        stated.into_iter().map(|found| {
            let mark = if found.refuses() { "❌" } else { "⚠️" };
            format!("> {mark} {}\n>\n", sentence(&words::difference(found)))
        }),
    );
    if versus.comparability.refused {
        out.push_str("> **Not comparable**: what is refused here changes what is measured.\n\n");
    } else {
        // The sentence ends the quotation above, if there is one.
        let _ = writeln!(
            out,
            "\n{}; {}; {}.\n",
            words::tally(versus),
            words::trials(versus),
            words::coupled(versus)
        );
        compared(out, comparison, versus, gated, has_gate);
    }
    let notes =
        notes.into_iter().map(|found| format!("- {}\n", sentence(&words::difference(found)))).collect();
    fold(out, "What else differs between the records", "", notes);
}

fn compared(out: &mut String, comparison: &Comparison, versus: &Versus, gated: &Gated<'_>, has_gate: bool) {
    let level = comparison.settings.level;
    let result = |probe: &str, name: &str| gated.get(&(probe, name)).map(|gated| gated.result);
    let stopped = |probe: &str, name: &str| {
        matches!(result(probe, name), Some(GatedResult::Regressed | GatedResult::Undecided))
    };
    let (first, rest): (Vec<_>, Vec<_>) =
        metrics(versus).partition(|(probe, name, metric)| changed(metric, level) || stopped(probe, name));
    let heading = if has_gate { "Changed, or stopped by the gate" } else { "Changed" };
    if first.is_empty() {
        out.push_str("No metric changed.\n\n");
    } else {
        let _ = write!(out, "#### {heading}\n\n{}", header(has_gate));
        let rows =
            first.iter().map(|(probe, name, metric)| row(probe, name, metric, result(probe, name), has_gate));
        push(out, rows);
        out.push('\n');
    }
    let uneven = versus.probes.iter().flat_map(|probe| {
        let uneven = probe.scores.iter().filter(|(_, pairing)| pairing.missing_differs(level));
        uneven.filter_map(|(score, pairing)| {
            let missing = words::missing(pairing, level)?;
            Some(format!(
                "> ⚠️ {}\n>\n",
                sentence(&format!("grades missing unevenly: {}/{score}, {missing}", probe.id))
            ))
        })
    });
    let quoted = out.len();
    push(out, uneven);
    if out.len() > quoted {
        out.push('\n');
    }
    let discordant = first.iter().filter(|(.., metric)| metric.discordant.total > 0);
    let discordant = discordant.map(|(probe, name, metric)| trials(probe, name, metric)).collect();
    fold(out, "Trials whose grades differ most", "", discordant);
    let rows =
        rest.iter().map(|(probe, name, metric)| row(probe, name, metric, result(probe, name), has_gate));
    let summary = counted(rest.len() as u64, "other metric", "other metrics");
    fold(out, &summary, &header(has_gate), rows.collect());
    let undecided = metrics(versus).filter_map(|(probe, name, metric)| {
        let why = words::undecided(metric)?;
        Some(format!("- {}\n", sentence(&format!("{probe}/{name}: {why}"))))
    });
    fold(out, "What would decide the undecided", "", undecided.collect());
    let missing = versus.probes.iter().flat_map(|probe| {
        probe.scores.iter().filter_map(|(score, pairing)| {
            let missing = words::missing(pairing, level)?;
            Some(format!("- {}\n", sentence(&format!("{}/{score}: {missing}", probe.id))))
        })
    });
    fold(out, "Missing grades", "", missing.collect());
    let limitations = words::limitations(versus).map(|what| format!("- {}\n", sentence(&what)));
    fold(out, "Limitations", "", limitations.collect());
}

fn header(has_gate: bool) -> String {
    let gate = if has_gate { [" gate |", ":--|"] } else { ["", ""] };
    format!(
        "| metric | base | head | difference | 95 % interval | adjusted p | verdict |{}\n|:--|--:|--:|--:|:-:|--:|:--|{}\n",
        gate[0], gate[1]
    )
}

fn row(
    probe: &str,
    metric: &str,
    compared: &MetricComparison,
    gated: Option<GatedResult>,
    has_gate: bool,
) -> String {
    let [base, head, difference, interval, p] = words::cells(compared);
    let verdict = match compared.verdict {
        Verdict::Improved => "✅ improved",
        Verdict::Regressed => "❌ regressed",
        Verdict::Equivalent => "equivalent",
        Verdict::Undecided => "undecided",
    };
    let metric = name(&format!("{probe}/{metric}"));
    let difference = if compared.numbers().is_some() { format!("**{difference}**") } else { difference };
    let gate = match (has_gate, gated) {
        (false, _) => String::new(),
        (true, gated) => format!(" {} |", gated.map_or("", words::gated)),
    };
    // As an entity, or Markdown would read HTML.
    let p = p.replace('<', "&lt;");
    format!("| {metric} | {base} | {head} | {difference} | {interval} | {p} | {verdict} |{gate}\n")
}

/// The keys of discordant trials; what was said in them is in the records.
fn trials(probe: &str, name: &str, metric: &MetricComparison) -> String {
    let found = &metric.discordant;
    let keys: Vec<String> =
        found.trials.iter().take(DISCORDANT).map(|trial| sentence(&words::key(trial))).collect();
    let places = counted(found.total, "grade differs", "grades differ");
    format!("- {}: {places}, most in {}\n", self::name(&format!("{probe}/{name}")), keys.join("; "))
}

fn matrix(out: &mut String, matrix: &Matrix) {
    let versions: Vec<String> = matrix.versions.iter().map(|version| name(version)).collect();
    let named = |place: usize| versions.get(place).cloned().unwrap_or_else(|| number::grouped(place as u64));
    let mut head = format!("Baseline: {}; best: {}.\n\n", named(matrix.baseline), named(matrix.best));
    let _ = writeln!(head, "| metric | {} | best |", versions.join(" | "));
    let _ = writeln!(head, "|:--|{}:--|", "--:|".repeat(versions.len()));
    let rows = matrix.rows.iter().map(|row| {
        let cells: Vec<String> = row.cells.iter().map(|cell| words::matrix_cell(cell.as_ref())).collect();
        let best = row.best.map_or_else(|| "–".to_owned(), named);
        format!("| {} | {} | {best} |\n", name(&format!("{}/{}", row.probe, row.metric)), cells.join(" | "))
    });
    fold(out, "All records", &head, rows.collect());
}

fn provenance(out: &mut String, comparison: &Comparison) {
    let heads = comparison.heads.iter().map(|versus| &versus.head);
    let mut lines = vec![format!("- {}\n", sentence(&words::settings(comparison)))];
    for side in std::iter::once(&comparison.base).chain(heads) {
        lines.push(format!("- {}: {}\n", name(&side.name), sentence(&words::side(side))));
    }
    let heads = comparison.heads.iter();
    lines.extend(heads.filter_map(|versus| {
        let families = words::families(versus)?;
        Some(format!("- {}: p-values adjusted over {families}\n", name(&versus.head.name)))
    }));
    fold(out, "How this was computed", "", lines);
}
