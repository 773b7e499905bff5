//! GitHub-flavoured Markdown for a comment on a pull request and for a job summary: the gate's verdict, what changed,
//! and everything else in folds. With a link to the page of the same comparison, metrics and trials lead into it.

use super::{Gated, heads, metrics, page::anchors, words};
use crate::{
    compare::{
        Comparison, DiscordantTrial, GateOutcome, GateVerdict, GatedResult, Matrix, MetricComparison,
        Severity, Verdict, Versus,
    },
    format::{
        FormatOptions, counted,
        markdown::{escape, html},
        number, safe,
    },
};
use std::fmt::Write as _;

/// Bytes after which no line is added: a comment may have 65,536 characters, and the folds have to be closed.
pub(in crate::format) const LIMIT: usize = 56_000;
/// Characters of one sentence.
const SENTENCE: usize = 400;
/// Characters of a name in a heading or a cell.
const NAME: usize = 100;
/// Discordant trials named for one metric.
const DISCORDANT: usize = 10;
/// The same where each is a link: the page has the rest.
const LINKED: usize = 3;
/// Bytes of the heading of the matrix; with more versions than fit it says nothing that one could read.
const MATRIX: usize = 4_000;

/// One head of the comparison, and where its numbers stand in the page.
#[derive(Clone, Copy)]
struct Head<'a> {
    comparison: &'a Comparison,
    versus: &'a Versus,
    gated: &'a Gated<'a>,
    has_gate: bool,
    /// Index of the head.
    place: usize,
    page: Option<&'a str>,
}

pub(super) fn render(comparison: &Comparison, gate: Option<&GateOutcome>, options: &FormatOptions) -> String {
    let mut out = String::new();
    let page = options.link.as_deref().map(address);
    let base = name(&comparison.base.name);
    let names: Vec<String> = comparison.heads.iter().map(|versus| name(&versus.head.name)).collect();
    let _ = match gate {
        Some(gate) => {
            writeln!(out, "## {} Gate: {}{}\n", mark(gate), words::gate(gate.verdict), words::unsure(gate))
        }
        None => writeln!(out, "## {base} → {}\n", excerpted(&names)),
    };
    if let Some(gate) = gate {
        push(&mut out, gate.reasons.iter().map(|reason| format!("- {}\n", sentence(reason))));
        out.push('\n');
    }
    if let Some(page) = &page {
        let _ = writeln!(out, "[Every transcript that differs, side by side]({page})\n");
    }
    for (place, (versus, gated)) in heads(comparison, gate).enumerate() {
        if out.len() > LIMIT {
            let left = counted((comparison.heads.len() - place) as u64, "version is", "versions are");
            let _ = writeln!(out, "\n{left} left out here for their length; the other formats have them.\n");
            break;
        }
        if gate.is_some() || comparison.heads.len() > 1 {
            let _ = writeln!(out, "### {base} → {}\n", name(&versus.head.name));
        }
        let (has_gate, page) = (gate.is_some(), page.as_deref());
        head(&mut out, Head { comparison, versus, gated: &gated, has_gate, place, page });
    }
    if let Some(found) = &comparison.matrix {
        matrix(&mut out, found);
    }
    provenance(&mut out, comparison);
    out
}

fn mark(gate: &GateOutcome) -> &'static str {
    match gate.verdict {
        GateVerdict::Pass if gate.unsure() != (0, 0) => "☑️",
        GateVerdict::Pass => "✅",
        GateVerdict::Regression | GateVerdict::NotComparable => "❌",
        GateVerdict::Undecided => "⚠️",
    }
}

/// A name of bounded length.
pub(in crate::format) fn name(text: &str) -> String {
    escape(&safe::excerpt(text, NAME))
}

pub(in crate::format) fn sentence(text: &str) -> String {
    escape(&safe::excerpt(text, SENTENCE))
}

/// An address without anything that could end a link, a cell or an element; a fragment is cut off.
fn address(link: &str) -> String {
    let link = link.split('#').next().unwrap_or_default();
    let mut out = String::new();
    for byte in link.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'=' | b'&' | b'%' | b'+' | b',' | b';' => {
                out.push(char::from(byte));
            }
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

/// A text that leads to a place of the page, where there is a page.
fn linked(text: String, page: Option<&str>, anchor: &str) -> String {
    page.map_or_else(|| text.clone(), |page| format!("[{text}]({page}#{anchor})"))
}

/// The first few names.
fn excerpted(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
    let rest = names.len() - shown.len();
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// Adds lines while there is room, and counts those for which there is none.
pub(in crate::format) fn push(out: &mut String, lines: impl Iterator<Item = String>) {
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
pub(in crate::format) fn fold(out: &mut String, summary: &str, head: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    let _ = write!(out, "<details><summary>{}</summary>\n\n{head}", html(summary));
    push(out, lines.into_iter());
    out.push_str("\n</details>\n\n");
}

fn head(out: &mut String, head: Head<'_>) {
    let versus = head.versus;
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
            words::tally(&versus.tally),
            words::trials(versus),
            words::coupled(versus)
        );
        compared(out, head);
    }
    let notes =
        notes.into_iter().map(|found| format!("- {}\n", sentence(&words::difference(found)))).collect();
    fold(out, "What else differs between the records", "", notes);
}

fn compared(out: &mut String, head: Head<'_>) {
    let Head { comparison, versus, gated, has_gate, .. } = head;
    let level = comparison.settings.level;
    let result = |probe: &str, name: &str| gated.get(&(probe, name)).map(|gated| gated.result);
    let stopped = |probe: &str, name: &str| {
        matches!(result(probe, name), Some(GatedResult::Regressed | GatedResult::Undecided))
    };
    let judged = metrics(versus).filter(|(.., metric)| metric.standing.is_judged());
    let (first, rest): (Vec<_>, Vec<_>) =
        judged.partition(|(probe, name, metric)| metric.verdict.differs() || stopped(probe, name));
    let heading = if has_gate { "Changed, or stopped by the gate" } else { "Changed" };
    if first.is_empty() {
        out.push_str("No judged metric changed.\n\n");
    } else {
        let _ = write!(out, "#### {heading}\n\n{}", header(has_gate));
        let rows =
            first.iter().map(|(probe, name, metric)| row(head, probe, name, metric, result(probe, name)));
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
    let discordant = discordant.map(|(probe, name, metric)| trials(head, probe, name, metric)).collect();
    fold(out, "Trials whose grades differ most", "", discordant);
    let rows = rest.iter().map(|(probe, name, metric)| row(head, probe, name, metric, result(probe, name)));
    let summary = counted(rest.len() as u64, "other judged metric", "other judged metrics");
    fold(out, &summary, &header(has_gate), rows.collect());
    let open = metrics(versus).filter_map(|(probe, name, metric)| {
        let why = words::open(metric)?;
        Some(format!("- {}\n", sentence(&format!("{probe}/{name}: {why}"))))
    });
    fold(out, "What would decide the open ones", "", open.collect());
    if let Some(summary) = words::exploration(versus, level) {
        let rows = words::explored(versus).map(|(probe, name, metric)| explored(head, probe, name, metric));
        fold(out, &summary, EXPLORED, rows.collect());
    }
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
    head: Head<'_>,
    probe: &str,
    metric: &str,
    compared: &MetricComparison,
    gated: Option<GatedResult>,
) -> String {
    let anchor = anchors::metric(head.place, probe, metric);
    let (has_gate, page) = (head.has_gate, head.page);
    let [base, head, difference, interval, p] = cells(compared);
    let verdict = match compared.verdict {
        Verdict::Improved => "✅ improved",
        Verdict::Regressed => "❌ regressed",
        Verdict::Changed => "❌ changed",
        Verdict::Slipped => "⚠️ slipped",
        Verdict::Shifted => "⚠️ shifted",
        other => other.word(),
    };
    let metric = linked(name(&format!("{probe}/{metric}")), page, &anchor);
    let difference = if compared.numbers().is_some() { format!("**{difference}**") } else { difference };
    let gate = match (has_gate, gated) {
        (false, _) => String::new(),
        (true, gated) => format!(" {} |", gated.map_or("", words::gated)),
    };
    // As an entity, or Markdown would read HTML.
    let p = p.replace('<', "&lt;");
    format!("| {metric} | {base} | {head} | {difference} | {interval} | {p} | {verdict} |{gate}\n")
}

/// The heading of metrics without a verdict.
const EXPLORED: &str = "| metric | base | head | difference | 95 % interval |\n|:--|--:|--:|--:|:-:|\n";

/// A metric without a verdict; in bold where its interval lies clear of 0.
fn explored(head: Head<'_>, probe: &str, metric: &str, compared: &MetricComparison) -> String {
    let anchor = anchors::metric(head.place, probe, metric);
    let metric = linked(name(&format!("{probe}/{metric}")), head.page, &anchor);
    let [base, head, difference, interval, _] = cells(compared);
    let difference = if words::is_clear(compared) { format!("**{difference}**") } else { difference };
    format!("| {metric} | {base} | {head} | {difference} | {interval} |\n")
}

/// The cells of a row, none of which ends one.
fn cells(compared: &MetricComparison) -> [String; 5] {
    words::cells(compared).map(|cell| cell.replace('|', "\\|"))
}

/// The keys of discordant trials; what was said in them is in the records and in the page.
fn trials(head: Head<'_>, probe: &str, name: &str, metric: &MetricComparison) -> String {
    let found = &metric.discordant;
    let key = |trial: &DiscordantTrial| {
        linked(sentence(&words::key(trial)), head.page, &anchors::pair(head.place, probe, trial))
    };
    let most = if head.page.is_some() { LINKED } else { DISCORDANT };
    let keys: Vec<String> = found.trials.iter().take(most).map(key).collect();
    let places = counted(found.total, "grade differs", "grades differ");
    format!("- {}: {places}, most in {}\n", self::name(&format!("{probe}/{name}")), keys.join("; "))
}

fn matrix(out: &mut String, matrix: &Matrix) {
    let versions: Vec<String> = matrix.versions.iter().map(|version| name(version)).collect();
    let named = |place: usize| versions.get(place).cloned().unwrap_or_else(|| number::grouped(place as u64));
    let mut head = format!("Baseline: {}; best: {}.\n\n", named(matrix.baseline), named(matrix.best));
    let _ = writeln!(head, "| metric | {} | best |", versions.join(" | "));
    let _ = writeln!(head, "|:--|{}:--|", "--:|".repeat(versions.len()));
    if head.len() > MATRIX {
        let all = counted(versions.len() as u64, "version", "versions");
        let _ = writeln!(out, "The table of all {all} is too wide for here; the other formats have it.\n");
        return;
    }
    let rows = matrix.rows.iter().map(|row| {
        let cells: Vec<String> = row.cells.iter().map(|cell| words::matrix_cell(cell.as_ref())).collect();
        let best = row.best.map_or_else(|| "–".to_owned(), named);
        format!("| {} | {} | {best} |\n", name(&format!("{}/{}", row.probe, row.metric)), cells.join(" | "))
    });
    fold(out, "All records", &head, rows.collect());
}

fn provenance(out: &mut String, comparison: &Comparison) {
    let heads = comparison.heads.iter().map(|versus| &versus.head);
    let mut lines = vec![format!("- {}\n", sentence(&words::method(comparison)))];
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
