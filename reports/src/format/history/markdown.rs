//! GitHub-flavoured Markdown of a history: one table of values over versions, and every step in a fold.

use super::words::{about, change, estimate, named, remarks, title};
use crate::{
    compare::{History, Trend},
    format::{
        compare::{
            markdown::{LIMIT, fold, name, push, sentence},
            words,
        },
        counted,
    },
};
use std::fmt::Write as _;

/// The last versions that the table of values shows; nobody reads a wider one.
const COLUMNS: usize = 8;

pub(super) fn render(history: &History) -> String {
    let named = |place: usize| name(&named(history, place));
    let mut out = format!(
        "## History of {}\n\nBaseline: **{}**; best: **{}**.\n\n",
        counted(history.versions.len() as u64, "version", "versions"),
        named(history.baseline),
        named(history.best)
    );
    push(
        &mut out,
        remarks(history).into_iter().map(|(refuses, text)| {
            let mark = if refuses { "❌" } else { "⚠️" };
            format!("> {mark} {}\n>\n", sentence(&text))
        }),
    );
    values(&mut out, history);
    for (place, trend) in history.metrics.iter().enumerate() {
        if out.len() > LIMIT {
            let left = counted((history.metrics.len() - place) as u64, "metric is", "metrics are");
            let _ = writeln!(out, "{left} left out here for their length; the other formats have them.\n");
            break;
        }
        steps(&mut out, history, trend);
    }
    provenance(&mut out, history);
    out
}

/// A row a metric, a column a version: the value and the verdict since the baseline.
fn values(out: &mut String, history: &History) {
    let count = history.versions.len();
    let mut shown: Vec<usize> = (count.saturating_sub(COLUMNS)..count).collect();
    // The two that everything is measured by stay in sight.
    for place in [history.best, history.baseline] {
        if !shown.contains(&place) {
            shown.insert(0, place);
        }
    }
    shown.sort_unstable();
    let names: Vec<String> = shown.iter().map(|place| name(&named(history, *place))).collect();
    let _ = writeln!(out, "\n| metric | {} | best |", names.join(" | "));
    let _ = writeln!(out, "|:--|{}:--|", "--:|".repeat(names.len()));
    let rows = history.metrics.iter().map(|trend| {
        let cells: Vec<String> = shown
            .iter()
            .map(|place| {
                let since = trend.points.get(*place).and_then(|point| point.from_baseline.as_ref());
                let sign = since.map_or(String::new(), |since| format!(" {}", words::mark(since.verdict)));
                format!("{}{sign}", estimate(trend, *place).0)
            })
            .collect();
        let best = trend.best.map_or_else(|| "–".to_owned(), |place| name(&named(history, place)));
        format!("| {} | {} | {best} |\n", name(&title(trend)), cells.join(" | "))
    });
    push(out, rows);
    let left_out = count - shown.len();
    if left_out > 0 {
        let versions = counted(left_out as u64, "earlier version is", "earlier versions are");
        let _ = writeln!(out, "\n{versions} in the folds only.");
    }
    let _ = writeln!(out, "\nSigns are against the baseline: {}.\n", words::legend());
}

fn steps(out: &mut String, history: &History, trend: &Trend) {
    let head = "| version | estimate | 95 % interval | since the baseline | since the version before |\n|:--|--:|:-:|:--|:--|\n";
    let rows = history.versions.iter().enumerate().map(|(place, version)| {
        let (value, interval) = estimate(trend, place);
        let best = if trend.best == Some(place) { " ★" } else { "" };
        let point = trend.points.get(place);
        let [baseline, previous] = [
            change(point.and_then(|point| point.from_baseline.as_ref())),
            change(point.and_then(|point| point.from_previous.as_ref())),
        ];
        let name = name(&version.side.name);
        format!("| {name}{best} | {value} | {} | {baseline} | {previous} |\n", sentence(&interval))
    });
    let about = about(trend);
    let about = if about.is_empty() { about } else { format!(" ({about})") };
    fold(out, &format!("{}{about}", title(trend)), head, rows.collect());
}

fn provenance(out: &mut String, history: &History) {
    let mut lines = vec![format!("- {}\n", sentence(&words::settings(&history.settings)))];
    for version in &history.versions {
        let compared = version.from_baseline.as_ref().filter(|step| !step.comparability.refused);
        let compared = compared
            .map_or(String::new(), |step| format!("; against the baseline {}", words::tally(&step.tally)));
        let side = words::side(&version.side) + &compared;
        lines.push(format!("- {}: {}\n", name(&version.side.name), sentence(&side)));
    }
    fold(out, "How this was computed", "", lines);
}
