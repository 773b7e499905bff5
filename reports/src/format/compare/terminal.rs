//! The comparison for people at a terminal: the gate's verdict, then for every head a table and what limits it.

use super::{Gated, heads, words};
use crate::{
    compare::{Comparison, GateOutcome, GateVerdict, GatedResult, Matrix, Severity, Verdict, Versus},
    format::{
        FormatOptions, number, safe,
        terminal::{BAD, BOLD, DIM, GOOD, INDENT, Paint, UNSURE},
    },
};
use anstyle::Style;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use std::fmt::Write as _;

pub(super) fn render(comparison: &Comparison, gate: Option<&GateOutcome>, options: &FormatOptions) -> String {
    let paint = Paint(options.colour);
    let mut out = gate.map_or(String::new(), |gate| verdict(gate, &paint));
    let base = &comparison.base;
    let name = paint.with(BOLD, &safe::line(&base.name));
    let _ = writeln!(out, "base {name}  {}", paint.with(DIM, &safe::line(&words::side(base))));
    for (versus, gated) in heads(comparison, gate) {
        let head = &versus.head;
        let name = paint.with(BOLD, &safe::line(&head.name));
        let _ = writeln!(out, "\nhead {name}  {}", paint.with(DIM, &safe::line(&words::side(head))));
        out.push_str(&comparability(versus, &paint));
        if !versus.comparability.refused {
            let _ = writeln!(out, " {} {}", paint.with(DIM, "·"), words::coupled(versus));
            let _ = writeln!(out, " {}; {}\n", words::tally(&versus.tally), words::trials(versus));
            out.push_str(&table(versus, &gated, gate.is_some(), options, &paint));
            out.push_str(&notes(comparison, versus, &paint));
            out.push_str(&exploration(comparison, versus, options, &paint));
        }
    }
    out.push_str(&comparison.matrix.as_ref().map_or(String::new(), |found| matrix(found, options, &paint)));
    let _ = writeln!(out, "\n {}", paint.with(DIM, &words::method(comparison)));
    out
}

fn verdict(gate: &GateOutcome, paint: &Paint) -> String {
    let style = match gate.verdict {
        GateVerdict::Pass => GOOD,
        GateVerdict::Undecided => UNSURE,
        GateVerdict::Regression | GateVerdict::NotComparable => BAD,
    };
    let said = format!("{}{}", words::gate(gate.verdict), words::unsure(gate));
    let mut out = format!("gate: {}\n", paint.with(style, &said));
    for reason in &gate.reasons {
        let _ = writeln!(out, "  {}", safe::line(reason));
    }
    out.push('\n');
    out
}

fn comparability(versus: &Versus, paint: &Paint) -> String {
    let mut out = String::new();
    for found in &versus.comparability.differences {
        let mark = match found.severity {
            Severity::Refuse if found.refuses() => paint.with(BAD, "✗"),
            Severity::Refuse => paint.with(UNSURE, "!"),
            Severity::Note => paint.with(DIM, "·"),
        };
        let _ = writeln!(out, " {mark} {}", safe::line(&words::difference(found)));
    }
    if versus.comparability.refused {
        let refused = paint.with(BAD, "not comparable");
        let _ =
            writeln!(out, " {refused}: what is refused above changes what is measured; allow it by its name");
    }
    if versus.comparability.same_weights == Some(true) {
        let _ = writeln!(out, " {} both records are of the same weights", paint.with(DIM, "·"));
    }
    out
}

/// A table of the house: no lines, columns wrapped to the terminal.
pub(in crate::format) fn plain(options: &FormatOptions) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = options.width {
        table.set_width(width.max(40));
    }
    table
}

pub(in crate::format) fn right(text: impl Into<String>) -> Cell {
    Cell::new(text.into()).set_alignment(CellAlignment::Right)
}

fn table(
    versus: &Versus,
    gated: &Gated<'_>,
    has_gate: bool,
    options: &FormatOptions,
    paint: &Paint,
) -> String {
    let mut table = plain(options);
    let mut header = vec![Cell::new("metric")];
    header.extend(["base", "head", "difference", "95 % interval", "adjusted p"].map(right));
    header.push(Cell::new("verdict"));
    if has_gate {
        header.push(Cell::new("gate"));
    }
    table.set_header(header);
    for probe in &versus.probes {
        let mut judged = probe.metrics.iter().filter(|(_, metric)| metric.standing.is_judged()).peekable();
        if judged.peek().is_some() {
            table.add_row(vec![Cell::new(safe::line(&probe.id))]);
        }
        for (name, metric) in judged {
            let mut row = vec![Cell::new(format!("{INDENT}{INDENT}{}", safe::line(name)))];
            row.extend(words::cells(metric).map(right));
            row.push(Cell::new(verdict_cell(metric.verdict)));
            let result = gated.get(&(probe.id.as_str(), name.as_str())).map(|gated| gated.result);
            row.extend(
                result.map(|result| Cell::new(words::gated(result).replace(' ', &INDENT.to_string()))),
            );
            table.add_row(row);
        }
    }
    lines(&table, has_gate, paint)
}

/// Sign and word, at which no line is broken.
fn verdict_cell(verdict: Verdict) -> String {
    format!("{}{INDENT}{}", words::mark(verdict), verdict.word().replace(' ', &INDENT.to_string()))
}

/// The lines of a table with the styles of their places: probes bold, verdicts in colour.
fn lines(table: &Table, has_gate: bool, paint: &Paint) -> String {
    let mut out = String::new();
    for (index, line) in table.lines().enumerate() {
        // The library puts one space before each column.
        let is_probe = line.chars().nth(1).is_some_and(|first| first != INDENT && first != ' ');
        let line = line.trim_end();
        let styled = match index {
            0 => paint.with(DIM, line),
            _ if is_probe => paint.with(BOLD, line),
            _ => coloured(line, has_gate, paint),
        };
        let _ = writeln!(out, "{}", styled.replace(INDENT, " "));
    }
    out
}

/// Colours the verdict of a line, and what the gate makes of it.
fn coloured(line: &str, has_gate: bool, paint: &Paint) -> String {
    let style = |verdict: Verdict| match verdict {
        Verdict::Improved | Verdict::Gained | Verdict::Equivalent | Verdict::NotWorse => GOOD,
        Verdict::Regressed | Verdict::Changed => BAD,
        Verdict::Open | Verdict::Slipped | Verdict::Shifted | Verdict::Exploration => UNSURE,
    };
    let verdicts = Verdict::ALL.map(|verdict| (verdict, style(verdict)));
    // The verdict stands to the right of every name, so it is the last one that is found.
    let found = verdicts.into_iter().filter_map(|(verdict, style)| {
        let cell = verdict_cell(verdict);
        line.rfind(&cell).map(|start| (start, cell, style))
    });
    let Some((start, cell, style)) = found.max_by_key(|(start, ..)| *start) else { return line.to_owned() };
    let (before, rest) = line.split_at(start);
    let after = rest.strip_prefix(cell.as_str()).unwrap_or_default();
    let result = [
        (GatedResult::Passed, GOOD),
        (GatedResult::Warned, UNSURE),
        (GatedResult::Undecided, UNSURE),
        (GatedResult::Regressed, BAD),
    ];
    let result = result.into_iter().find(|(result, _)| has_gate && after.trim() == words::gated(*result));
    let after = result.map_or(after.to_owned(), |(result, style)| {
        after.replace(words::gated(result), &paint.with(style, words::gated(result)))
    });
    format!("{before}{}{after}", paint.with(style, &cell))
}

/// What is undecided, missing or limited, each under a heading where there is any.
fn notes(comparison: &Comparison, versus: &Versus, paint: &Paint) -> String {
    let level = comparison.settings.level;
    let open = super::metrics(versus)
        .filter_map(|(probe, name, metric)| Some(format!("{probe}/{name}: {}", words::open(metric)?)));
    let missing = versus.probes.iter().flat_map(|probe| {
        probe.scores.iter().filter_map(move |(score, pairing)| {
            Some(format!("{}/{score}: {}", probe.id, words::missing(pairing, level)?))
        })
    });
    let mut out = String::new();
    let sections: [(&str, &str, Vec<String>); 3] = [
        ("open", "?", open.collect()),
        ("missing grades", "!", missing.collect()),
        ("limitations", "!", words::limitations(versus).collect()),
    ];
    for (heading, mark, lines) in sections.into_iter().filter(|(.., lines)| !lines.is_empty()) {
        let _ = writeln!(out, "\n {}", paint.with(Style::new().bold().underline(), heading));
        for line in lines {
            let _ = writeln!(out, " {} {}", paint.with(UNSURE, mark), safe::line(&line));
        }
    }
    if let Some(families) = words::families(versus) {
        let _ = writeln!(out, "\n {}", paint.with(DIM, &format!("p-values adjusted over {families}")));
    }
    out
}

/// Of the metrics without a verdict those whose interval lies clear of 0; how many others there are.
fn exploration(comparison: &Comparison, versus: &Versus, options: &FormatOptions, paint: &Paint) -> String {
    let Some(said) = words::exploration(versus, comparison.settings.level) else { return String::new() };
    let mut out = format!("\n {}\n", paint.with(DIM, &said));
    let mut table = plain(options);
    let mut clear = 0;
    for (probe, name, metric) in words::explored(versus).filter(|(.., metric)| words::is_clear(metric)) {
        let [base, head, difference, interval, _] = words::cells(metric).map(right);
        let name = Cell::new(format!("{INDENT}{INDENT}{}", safe::line(&format!("{probe}/{name}"))));
        table.add_row(vec![name, base, head, difference, interval]);
        clear += 1;
    }
    for line in table.lines().filter(|_| clear > 0) {
        let _ = writeln!(out, "{}", line.trim_end().replace(INDENT, " "));
    }
    out
}

/// Every judged metric in every record.
fn matrix(matrix: &Matrix, options: &FormatOptions, paint: &Paint) -> String {
    let mut table = plain(options);
    let mut header = vec![Cell::new("metric")];
    header.extend(matrix.versions.iter().map(|name| right(safe::line(name))));
    header.push(Cell::new("best"));
    table.set_header(header);
    for row in &matrix.rows {
        let mut cells = vec![Cell::new(safe::line(&format!("{}/{}", row.probe, row.metric)))];
        cells.extend(row.cells.iter().map(|cell| right(words::matrix_cell(cell.as_ref()))));
        let best = row.best.and_then(|place| matrix.versions.get(place));
        cells.push(Cell::new(best.map_or_else(|| "–".to_owned(), |name| safe::line(name))));
        table.add_row(cells);
    }
    let mut out = format!("\n{}\n", paint.with(Style::new().bold().underline(), "all records"));
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end().replace(INDENT, " ");
        let _ = writeln!(out, "{}", if index == 0 { paint.with(DIM, &line) } else { line });
    }
    let named = |place: usize| {
        matrix.versions.get(place).map_or_else(|| number::grouped(place as u64), |name| safe::line(name))
    };
    let _ = writeln!(out, " baseline {}, best {}", named(matrix.baseline), named(matrix.best));
    out
}
