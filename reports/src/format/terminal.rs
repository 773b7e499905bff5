//! The report for people at a terminal: a table of metrics, then what must hold, then the verdict.

use super::{FormatOptions, Report, beside, beside_value, counted, number, safe, shortfalls, verdict_words};
use crate::summary::{ExitVerdict, Expected, Holds, ProbeSummary, Summary};
use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use scorers::metric::MetricResult;
use std::fmt::Write as _;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const UNSURE: Style = AnsiColor::Yellow.on_default().bold();

/// Messages of failed generations that are shown.
const FAILURES: usize = 8;
/// A space at which the table library breaks no line.
pub(super) const INDENT: char = '\u{a0}';

/// Applies styles, or does not.
pub(super) struct Paint(pub(super) bool);

impl Paint {
    pub(super) fn with(&self, style: Style, text: &str) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

pub(super) fn render(report: &Report<'_>, options: &FormatOptions) -> String {
    let paint = Paint(options.colour);
    let summary = report.summary;
    let mut out = title(report, &paint);
    out.push('\n');
    out.push_str(&metrics(summary, options, &paint));
    out.push_str(&remarks(summary, &paint));
    out.push_str(&expectations(summary, &paint));
    out.push_str(&closing(report, &paint));
    out
}

/// What has to be known to read the numbers.
fn remarks(summary: &Summary, paint: &Paint) -> String {
    let mut out = String::new();
    for probe in &summary.probes {
        for remark in probe.remarks.iter().chain(&probe.controls) {
            let line = safe::line(&format!("{}/{remark}", probe.id));
            let _ = writeln!(out, " {} {line}", paint.with(DIM, "·"));
        }
    }
    if out.is_empty() { out } else { out + "\n" }
}

fn title(report: &Report<'_>, paint: &Paint) -> String {
    let header = report.digest.header();
    let engine = &header.engine();
    let name = paint.with(BOLD, &safe::line(&header.model().name));
    let details = format!(
        "{} {} on {}, {} · seed {} · grice {}",
        safe::line(&engine.name),
        safe::line(&engine.version),
        safe::line(&engine.device),
        safe::line(&engine.numbers()),
        header.seed,
        safe::line(&header.grice.version)
    );
    let cast = header.cast.others.iter().map(|(speaker, player)| {
        let line = safe::line(&format!("{speaker}: {}", player.words()));
        format!("{INDENT}{}\n", paint.with(DIM, &line))
    });
    format!("{name}  {}\n{}", paint.with(DIM, &details), cast.collect::<String>())
}

/// All metrics in one table, so that the columns of all families stand below each other.
fn metrics(summary: &Summary, options: &FormatOptions, paint: &Paint) -> String {
    let right = |text: &str| Cell::new(text).set_alignment(CellAlignment::Right);
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = options.width {
        table.set_width(width.max(40));
    }
    let [estimate, interval, n, clusters] = ["estimate", "95 % interval", "n", "clusters"].map(right);
    table.set_header(vec![Cell::new("metric"), estimate, interval, n, clusters, Cell::new("missing")]);
    for (name, family) in &summary.families {
        table.add_row(vec![Cell::new(safe::line(name))]);
        for probe in summary.probes.iter().filter(|probe| family.probes.contains(&probe.id)) {
            let short =
                probe.id.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(&probe.id);
            table.add_row(vec![Cell::new(format!("{INDENT}{}", safe::line(short)))]);
            for (metric, result) in &probe.metrics {
                table.add_row(row(probe, metric, result));
            }
        }
    }
    let mut out = String::new();
    for (index, line) in table.lines().enumerate() {
        // The library puts one space before each column.
        let indent = line.chars().skip(1).take_while(|character| *character == INDENT).count();
        let is_blank = line.chars().nth(1).is_none_or(|character| character == ' ');
        let line = line.trim_end().replace(INDENT, " ");
        let styled = match indent {
            _ if index == 0 => paint.with(DIM, &line),
            0 if !is_blank => format!("\n{}", paint.with(BOLD.underline(), &line)),
            1 => paint.with(BOLD, &line),
            _ => line,
        };
        let _ = writeln!(out, "{styled}");
    }
    out
}

fn row(probe: &ProbeSummary, metric: &str, result: &MetricResult) -> Vec<Cell> {
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let label = Cell::new(format!("{INDENT}{INDENT}{}", safe::line(metric)));
    match result {
        MetricResult::Estimated(estimate) => vec![
            label,
            right(number::short(estimate.value)),
            right(number::interval(estimate.low, estimate.high)),
            right(number::grouped(estimate.n)),
            right(number::grouped(estimate.clusters)),
            Cell::new(beside(probe, metric, estimate.unscored, estimate.failed)),
        ],
        MetricResult::ValueOnly(known) => vec![
            label,
            right(number::short(known.value)),
            right("–".to_owned()),
            right(number::grouped(known.n)),
            right(number::grouped(known.clusters)),
            Cell::new(beside_value(probe, metric, known)),
        ],
        MetricResult::Unavailable { reason, unscored, failed } => {
            let why = match beside(probe, metric, *unscored, *failed) {
                missing if missing.is_empty() => safe::line(reason),
                missing => format!("{}: {missing}", safe::line(reason)),
            };
            let [none, no_interval] = ["–", "–"].map(|dash| right(dash.to_owned()));
            let [n, clusters] = ["0", "0"].map(|zero| right(zero.to_owned()));
            vec![label, none, no_interval, n, clusters, Cell::new(why)]
        }
    }
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

fn closing(report: &Report<'_>, paint: &Paint) -> String {
    let summary = report.summary;
    let mut out = String::from("\n");
    for note in shortfalls(summary) {
        let _ = writeln!(out, " {} {note}", paint.with(UNSURE, "!"));
    }
    let broken = summary.probes.iter().filter(|probe| probe.counts.failures.sum() > 0);
    for words in broken.flat_map(|probe| report.digest.failures(&probe.id)).take(FAILURES) {
        let _ = writeln!(out, "   {words}");
    }
    if let Some(timing) = report.timing {
        let mut parts = vec![number::duration(timing.wall_seconds)];
        parts.push(counted(timing.generated_tokens, "token", "tokens"));
        parts.extend(timing.tokens_per_second().map(|rate| format!("{rate:.0} tokens/s")));
        parts.extend(timing.mean_in_flight.map(|mean| format!("{mean:.1} generations in flight on average")));
        parts.extend(
            timing.full_batch_share.map(|share| format!("at full batch {:.0} % of the time", 100.0 * share)),
        );
        let _ = writeln!(out, " {}", paint.with(DIM, &parts.join(", ")));
    }
    let style = match summary.verdict {
        ExitVerdict::Passed => GOOD,
        ExitVerdict::Failed | ExitVerdict::NoGenerations => BAD,
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
