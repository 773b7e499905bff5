//! GitHub-flavoured Markdown for a job summary: the verdict first, then tables, then folds.

use super::{Report, beside, beside_value, counted, number, safe, shortfalls, verdict_words};
use crate::{
    digest::Selected,
    grade::TrialScores,
    record::TrialRecord,
    summary::{ExitVerdict, Expected, Holds, ProbeSummary},
};
use scorers::{Body, Outcome, metric::MetricResult};
use std::fmt::Write as _;

/// Transcripts shown in full; a job summary may have one mebibyte.
const SHOWN: usize = 10;
/// Characters of a turn that are shown.
const TURN: usize = 600;

pub(super) fn render(report: &Report<'_>) -> String {
    let summary = report.summary;
    let mark = match summary.verdict {
        ExitVerdict::Passed => "✅",
        ExitVerdict::Failed | ExitVerdict::NoGenerations => "❌",
        ExitVerdict::Undecided => "⚠️",
    };
    let mut out = String::new();
    let model = escape(&report.digest.header().model().name);
    let _ = writeln!(out, "## {mark} {model}: {}\n", verdict_words(summary.verdict));
    let trials = counted(summary.total.trials, "trial", "trials");
    let generations = counted(summary.total.generations, "generation", "generations");
    let time = report
        .timing
        .map(|timing| format!(" in {}", number::duration(timing.wall_seconds)))
        .unwrap_or_default();
    let _ = writeln!(out, "{trials}, {generations}{time}.\n");
    for note in shortfalls(summary) {
        let _ = writeln!(out, "> ⚠️ {note}\n");
    }
    let broken = summary.probes.iter().filter(|probe| probe.counts.failures.sum() > 0);
    for words in broken.flat_map(|probe| report.digest.failures(&probe.id)).take(SHOWN) {
        let _ = writeln!(out, "> {}\n", escape(&words));
    }
    out.push_str(&expectations(&summary.probes));
    out.push_str(&remarks(&summary.probes));
    for (name, family) in &summary.families {
        let _ = writeln!(out, "### {}\n", escape(name));
        let _ = writeln!(out, "| probe | metric | estimate | 95 % interval | n | clusters | missing |");
        let _ = writeln!(out, "|:--|:--|--:|:-:|--:|--:|:--|");
        for probe in summary.probes.iter().filter(|probe| family.probes.contains(&probe.id)) {
            out.push_str(&metrics(probe));
        }
        out.push('\n');
    }
    out.push_str(&troubled(report));
    out.push_str(&provenance(report));
    out
}

/// A text of one line that Markdown and HTML leave alone.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::new();
    for character in safe::line(text).chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // As entities, so that nobody is notified and nothing becomes a link.
            '@' => out.push_str("&#64;"),
            ':' => out.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

/// A text of one line for HTML inside Markdown, where a backslash would be shown.
pub(super) fn html(text: &str) -> String {
    let mut out = String::new();
    for character in safe::line(text).chars() {
        match character {
            ' ' | '-' | '.' | ',' | '/' => out.push(character),
            plain if plain.is_alphanumeric() => out.push(plain),
            other => {
                let _ = write!(out, "&#{};", u32::from(other));
            }
        }
    }
    out
}

/// A fenced block; the fence is longer than any run of backticks inside.
fn fenced(text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{text}\n{fence}\n")
}

/// Results beside their controls; what has to be known to read the numbers, in a fold.
fn remarks(probes: &[ProbeSummary]) -> String {
    let mut lines = String::new();
    for probe in probes {
        for remark in &probe.remarks {
            let _ = writeln!(lines, "- {}", escape(&format!("{}/{remark}", probe.id)));
        }
    }
    let mut controls = String::new();
    for probe in probes {
        for control in &probe.controls {
            let _ = writeln!(controls, "- {}", escape(&format!("{}/{control}", probe.id)));
        }
    }
    if !controls.is_empty() {
        controls.insert_str(0, "Beside their controls:\n\n");
        controls.push('\n');
    }
    if lines.is_empty() {
        return controls;
    }
    format!("{controls}<details><summary>What to know of these numbers</summary>\n\n{lines}\n</details>\n\n")
}

fn expectations(probes: &[ProbeSummary]) -> String {
    let row = |probe: &ProbeSummary, expected: &Expected| {
        let (mark, observed) = match &expected.holds {
            Holds::Held { observed, .. } => ("✅ held", number::short(*observed)),
            Holds::Failed { observed, .. } => ("❌ failed", number::short(*observed)),
            Holds::Undecided { reason } => ("⚠️ undecided", escape(reason)),
        };
        format!("| {mark} | {} | {} | {observed} |\n", escape(&probe.id), escape(&expected.phrase()))
    };
    let rows: String = probes
        .iter()
        .flat_map(|probe| probe.expectations.iter().map(move |expected| row(probe, expected)))
        .collect();
    if rows.is_empty() {
        return rows;
    }
    format!("### What must hold\n\n| | probe | expectation | observed |\n|:--|:--|:--|--:|\n{rows}\n")
}

fn metrics(probe: &ProbeSummary) -> String {
    let mut out = String::new();
    for (index, (metric, result)) in probe.metrics.iter().enumerate() {
        let id = if index == 0 { escape(&probe.id) } else { String::new() };
        let name = escape(metric);
        let _ = match result {
            MetricResult::Estimated(estimate) => {
                let missing = escape(&beside(probe, metric, estimate.unscored, estimate.failed));
                writeln!(
                    out,
                    "| {id} | {name} | **{}** | {} | {} | {} | {missing} |",
                    number::short(estimate.value),
                    number::interval(estimate.low, estimate.high),
                    number::grouped(estimate.n),
                    number::grouped(estimate.clusters),
                )
            }
            MetricResult::ValueOnly(known) => writeln!(
                out,
                "| {id} | {name} | **{}** | – | {} | {} | {} |",
                number::short(known.value),
                number::grouped(known.n),
                number::grouped(known.clusters),
                escape(&beside_value(probe, metric, known))
            ),
            MetricResult::Unavailable { reason, unscored, failed } => writeln!(
                out,
                "| {id} | {name} | – | – | 0 | 0 | {} |",
                match beside(probe, metric, *unscored, *failed) {
                    none if none.is_empty() => escape(reason),
                    missing => format!("{}; {}", escape(reason), escape(&missing)),
                }
            ),
        };
    }
    out
}

/// The first trials in which something is missing, each in a fold. They are among the first that are selected.
fn troubled(report: &Report<'_>) -> String {
    let has_trouble = |selected: &&Selected| {
        selected.scores.scores.iter().any(|line| !matches!(line.outcome, Outcome::Scored { .. }))
    };
    let all = report.digest.troubled();
    if all == 0 {
        return String::new();
    }
    let mut out = String::from("### Trials with missing grades\n\n");
    let selected = || report.selection.trials.iter().filter(has_trouble);
    let mut shown = 0;
    for selected in selected().take(SHOWN) {
        shown += 1;
        let _ = write!(
            out,
            "<details><summary>{}</summary>\n\n{}{}\n</details>\n\n",
            html(&selected.trial.key.to_string()),
            reasons(&selected.scores),
            fenced(&transcript(&selected.trial))
        );
    }
    let in_page = selected().count() as u64;
    let _ = match (all - shown, in_page - shown) {
        (0, _) => Ok(()),
        (more, found) if more == found => writeln!(out, "{more} more are in the HTML report.\n"),
        (more, found) => {
            let [more, found] = [more, found].map(number::grouped);
            writeln!(out, "The record has {more} more; {found} of them are in the HTML report.\n")
        }
    };
    out
}

fn reasons(scores: &TrialScores) -> String {
    let mut out = String::new();
    for line in &scores.scores {
        let name = escape(&line.score);
        let _ = match &line.outcome {
            Outcome::Scored { .. } => continue,
            Outcome::Unscored { reason } => writeln!(out, "- {name} is unscored: {}", escape(reason)),
            Outcome::Failed { kind } => writeln!(out, "- {name} failed: {}", super::failure_words(*kind)),
        };
    }
    out.push('\n');
    out
}

fn transcript(trial: &TrialRecord) -> String {
    let mut out = String::new();
    for turn in &trial.transcript.turns {
        let role = super::role_words(turn.role);
        let _ = match &turn.body {
            Body::Scripted { text } | Body::Generated { text, .. } => {
                writeln!(out, "{role}: {}", safe::excerpt(text, TURN))
            }
            Body::Failed { kind, message } => {
                writeln!(out, "{role}: [{}: {}]", super::failure_words(*kind), safe::excerpt(message, TURN))
            }
        };
    }
    if !trial.transcript.branches.is_empty() {
        let branches = counted(trial.transcript.branches.len() as u64, "branch", "branches");
        let _ = writeln!(out, "({branches} not shown)");
    }
    out.trim_end().to_owned()
}

fn provenance(report: &Report<'_>) -> String {
    let header = report.digest.header();
    let mut out = String::from("<details><summary>Provenance</summary>\n\n| | |\n|:--|:--|\n");
    let unknown = || "unknown".to_owned();
    let rows = [
        ("model", header.model().reference.clone()),
        ("weights (BLAKE3)", header.model().weights.clone().unwrap_or_else(unknown)),
        ("tokenizer (BLAKE3)", header.model().tokenizer.clone().unwrap_or_else(unknown)),
        ("chat template (BLAKE3)", header.model().chat_template.clone().unwrap_or_else(unknown)),
        ("engine", format!("{} {}", header.engine().name, header.engine().version)),
        ("device", format!("{}, {}", header.engine().device, header.engine().numbers())),
        ("seed", header.seed.to_string()),
        ("grice", header.grice.version.clone()),
        ("commit", header.grice.commit.clone().unwrap_or_else(unknown)),
    ];
    for (name, value) in rows {
        let _ = writeln!(out, "| {name} | {} |", escape(&value));
    }
    for (speaker, player) in &header.cast.others {
        let _ = writeln!(out, "| {} | {} |", escape(speaker.name()), escape(&player.words()));
    }
    for probe in &header.probes {
        let _ =
            writeln!(out, "| {} | {} ({}) |", escape(&probe.id), escape(&probe.path), escape(&probe.hash));
    }
    out.push_str("\n</details>\n");
    out
}
