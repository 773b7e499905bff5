//! The history for people at a terminal: the versions, then a table with a block a metric.

use super::words::{about, change, estimate, named, remarks, title};
use crate::{
    compare::{History, Trend},
    format::{
        FormatOptions,
        compare::{
            terminal::{plain, right},
            words,
        },
        safe,
        terminal::{BAD, BOLD, DIM, GOOD, INDENT, Paint, UNSURE},
    },
};
use comfy_table::Cell;
use std::fmt::Write as _;

pub(super) fn render(history: &History, options: &FormatOptions) -> String {
    let paint = Paint(options.colour);
    let name = |place: usize| paint.with(BOLD, &safe::line(&named(history, place)));
    let mut out = format!(
        "{} versions, baseline {}, best {}\n\n",
        history.versions.len(),
        name(history.baseline),
        name(history.best)
    );
    for (place, version) in history.versions.iter().enumerate() {
        let what = paint.with(DIM, &safe::line(&words::side(&version.side)));
        let _ = writeln!(out, " {} {}  {what}", place + 1, name(place));
        if let Some(step) = &version.from_baseline {
            let compared = match step.comparability.refused {
                true => paint.with(BAD, "not comparable"),
                false => words::tally(&step.tally),
            };
            let _ = writeln!(out, "   against the baseline: {compared}");
        }
    }
    for (refuses, text) in remarks(history) {
        let mark = if refuses { paint.with(BAD, "✗") } else { paint.with(UNSURE, "!") };
        let _ = writeln!(out, " {mark} {}", safe::line(&text));
    }
    out.push('\n');
    out.push_str(&table(history, options, &paint));
    let _ = writeln!(out, "\n {}", paint.with(DIM, &format!("{}; ★ the best value", words::legend())));
    let _ = writeln!(out, " {}", paint.with(DIM, &words::settings(&history.settings)));
    out
}

fn table(history: &History, options: &FormatOptions, paint: &Paint) -> String {
    let mut table = plain(options);
    let mut header = vec![Cell::new("metric")];
    header.extend(["estimate", "95 % interval"].map(right));
    header.extend(["since the baseline", "since the version before"].map(Cell::new));
    table.set_header(header);
    for trend in &history.metrics {
        let about = about(trend);
        let about = if about.is_empty() { about } else { format!(" ({about})") };
        table.add_row(vec![Cell::new(safe::line(&(title(trend) + &about)))]);
        for place in 0..history.versions.len() {
            table.add_row(row(history, trend, place));
        }
    }
    let mut out = String::new();
    for (index, line) in table.lines().enumerate() {
        // The library puts one space before each column.
        let is_metric = line.chars().nth(1).is_some_and(|first| first != INDENT && first != ' ');
        let line = line.trim_end();
        let styled = match index {
            0 => paint.with(DIM, line),
            _ if is_metric => paint.with(BOLD, line),
            _ => coloured(line, paint),
        };
        let _ = writeln!(out, "{}", styled.replace(INDENT, " "));
    }
    out
}

fn row(history: &History, trend: &Trend, place: usize) -> Vec<Cell> {
    let (value, interval) = estimate(trend, place);
    let best = if trend.best == Some(place) { " ★" } else { "" };
    let point = trend.points.get(place);
    let tight = |text: String| text.replace(' ', &INDENT.to_string());
    let name = safe::line(&named(history, place));
    vec![
        Cell::new(format!("{INDENT}{INDENT}{name}{best}")),
        right(value),
        right(safe::line(&interval)),
        Cell::new(tight(change(point.and_then(|point| point.from_baseline.as_ref())))),
        Cell::new(tight(change(point.and_then(|point| point.from_previous.as_ref())))),
    ]
}

/// Colours the signs of verdicts that something changed. A name may have them too: then its sign is coloured as well.
fn coloured(line: &str, paint: &Paint) -> String {
    line.replace('✓', &paint.with(GOOD, "✓")).replace('✗', &paint.with(BAD, "✗"))
}
