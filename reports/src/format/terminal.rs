//! The report for people at a terminal: a table per family, then what must hold, then the verdict.

use super::{Options, Report, counted, number, safe, shortfalls, verdict_words};
use crate::summary::{ExitVerdict, Expected, FamilySummary, Holds, ProbeSummary, Summary, Timing};
use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use scorers::metric::MetricResult;
use std::fmt::Write as _;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const UNSURE: Style = AnsiColor::Yellow.on_default().bold();

/// Applies styles, or does not.
struct Paint(bool);

impl Paint {
    fn with(&self, style: Style, text: &str) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

pub(super) fn render(report: &Report<'_>, options: &Options) -> String {
    let paint = Paint(options.color);
    let summary = report.summary;
    let mut out = title(report, &paint);
    for (name, family) in &summary.families {
        let probes: Vec<&ProbeSummary> =
            summary.probes.iter().filter(|probe| family.probes.contains(&probe.id)).collect();
        out.push('\n');
        out.push_str(&family_table(name, family, &probes, options, &paint));
    }
    out.push_str(&expectations(summary, &paint));
    out.push_str(&closing(summary, report.timing, &paint));
    out
}

fn title(report: &Report<'_>, paint: &Paint) -> String {
    let header = &report.record.header;
    let engine = &header.engine;
    let name = paint.with(BOLD, &safe::line(&header.model.name));
    let details = format!(
        "{} {} on {}, {} · seed {} · grice {}",
        safe::line(&engine.name),
        safe::line(&engine.version),
        safe::line(&engine.device),
        safe::line(&engine.dtype),
        header.seed,
        safe::line(&header.grice.version)
    );
    format!("{name}  {}\n", paint.with(DIM, &details))
}

/// What is missing from an estimate, in one cell.
fn missing(unscored: u64, failed: u64) -> String {
    match (unscored, failed) {
        (0, 0) => String::new(),
        (unscored, 0) => format!("{unscored} unscored"),
        (0, failed) => format!("{failed} failed"),
        (unscored, failed) => format!("{unscored} unscored, {failed} failed"),
    }
}

fn family_table(
    name: &str,
    family: &FamilySummary,
    probes: &[&ProbeSummary],
    options: &Options,
    paint: &Paint,
) -> String {
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = options.width {
        table.set_width(width.max(40));
    }
    table.set_header(vec![
        Cell::new(safe::line(name)),
        right("estimate".into()),
        right("95 % interval".into()),
        right("n".into()),
        right("clusters".into()),
        Cell::new("missing"),
    ]);
    for probe in probes {
        let short = probe.id.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(&probe.id);
        table.add_row(vec![Cell::new(safe::line(short))]);
        for (metric, result) in &probe.metrics {
            let label = Cell::new(format!("\u{a0}\u{a0}{}", safe::line(metric)));
            table.add_row(match result {
                MetricResult::Estimated(estimate) => vec![
                    label,
                    right(number::short(estimate.value)),
                    right(number::interval(estimate.low, estimate.high)),
                    right(number::grouped(estimate.n)),
                    right(number::grouped(estimate.clusters)),
                    Cell::new(missing(estimate.unscored, estimate.failed)),
                ],
                MetricResult::Unavailable { reason, unscored, failed } => vec![
                    label,
                    right("–".into()),
                    right("–".into()),
                    right("0".into()),
                    right("0".into()),
                    Cell::new(match missing(*unscored, *failed) {
                        missing if missing.is_empty() => safe::line(reason),
                        missing => format!("{}: {missing}", safe::line(reason)),
                    }),
                ],
            });
        }
    }
    let mut out = String::new();
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end().replace('\u{a0}', " ");
        let is_probe = !line.trim_start().is_empty() && !line.trim_start_matches(' ').is_empty() && {
            // Rows of probes start at the margin of the table, those of metrics are indented.
            index > 0 && line.len() - line.trim_start().len() <= 1
        };
        let styled = match (index, is_probe) {
            (0, _) => paint.with(Style::new().bold().underline(), &line),
            (_, true) => paint.with(BOLD, &line),
            _ => line,
        };
        let _ = writeln!(out, "{styled}");
    }
    let trials = counted(family.counts.trials, "trial", "trials");
    let generations = counted(family.counts.generations, "generation", "generations");
    let _ = writeln!(out, "{}", paint.with(DIM, &format!(" {trials}, {generations}")));
    out
}

fn expectations(summary: &Summary, paint: &Paint) -> String {
    let tally = summary.expectations();
    if tally.sum() == 0 {
        return String::new();
    }
    let mut out = format!("\n{}\n", paint.with(Style::new().bold().underline(), " expectations"));
    for probe in &summary.probes {
        for expected in &probe.expectations {
            let _ = writeln!(out, " {}", expectation(&probe.id, expected, paint));
        }
    }
    out
}

fn expectation(probe: &str, expected: &Expected, paint: &Paint) -> String {
    let phrase = safe::line(&format!("{probe}: {}", expected.phrase()));
    match &expected.holds {
        Holds::Held { observed, .. } => {
            format!("{} {phrase}  (observed {})", paint.with(GOOD, "✓"), number::short(*observed))
        }
        Holds::Failed { observed, against } => format!(
            "{} {phrase}  (observed {} against {})",
            paint.with(BAD, "✗"),
            number::short(*observed),
            number::short(*against)
        ),
        Holds::Undecided { reason } => {
            format!("{} {phrase}  ({})", paint.with(UNSURE, "?"), safe::line(reason))
        }
    }
}

fn closing(summary: &Summary, timing: Option<&Timing>, paint: &Paint) -> String {
    let mut out = String::from("\n");
    for note in shortfalls(summary) {
        let _ = writeln!(out, " {} {note}", paint.with(UNSURE, "!"));
    }
    if let Some(timing) = timing {
        let mut parts = vec![number::duration(timing.wall_seconds)];
        parts.push(counted(timing.generated_tokens, "token", "tokens"));
        parts.extend(timing.tokens_per_second().map(|rate| format!("{rate:.0} tokens/s")));
        parts.extend(timing.mean_batch.map(|batch| format!("{batch:.1} dialogues at a time")));
        let _ = writeln!(out, " {}", paint.with(DIM, &parts.join(", ")));
    }
    let style = match summary.verdict {
        ExitVerdict::Passed => GOOD,
        ExitVerdict::ExpectationFailed | ExitVerdict::NothingGenerated => BAD,
        ExitVerdict::Undecided => UNSURE,
    };
    let verdict = paint.with(style, verdict_words(summary.verdict));
    let total = &summary.total;
    let trials = counted(total.trials, "trial", "trials");
    let generations = counted(total.generations, "generation", "generations");
    let tally = summary.expectations();
    let held = match tally.sum() {
        0 => "no expectations".to_owned(),
        all => format!("{} of {} held", tally.held, counted(all, "expectation", "expectations")),
    };
    let _ = writeln!(out, " {verdict}: {trials}, {generations}, {held}");
    out
}
