//! The formats of a report. One format is one file: a function from a report to text.
//!
//! A format is a member of a closed enum, so a new one does not compile until every place that
//! chooses one knows it. Nothing here reads or writes a file.

pub mod compare;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod history;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub(crate) mod number;
pub mod power;
pub mod safe;
pub mod terminal;
#[cfg(test)]
mod tests;

use crate::{
    grade::{Graded, all_turns},
    record::Record,
    summary::{CutOffs, ExitVerdict, ProbeSummary, Summary, Timing},
};
pub use number::grouped;
use scorers::{
    Body, FailureKind, Role,
    metric::{MetricResult, ValueOnly},
};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// A table for people at a terminal.
    Terminal,
    /// For programs; see `docs/report-format.md`.
    Json,
    /// JUnit XML, for the test views of continuous integration.
    Junit,
    /// GitHub-flavoured Markdown, for a job summary.
    Markdown,
    /// One self-contained page with every transcript.
    Html,
}

impl Format {
    /// All of them, in the order of the enum.
    pub const ALL: [Self; 5] = [Self::Terminal, Self::Json, Self::Junit, Self::Markdown, Self::Html];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|format| format.name()).collect();
            format!("there is no format `{name}`; there are {}", names.join(", "))
        })
    }
}

/// Everything that a report is made from.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was asked, of which model, and what was said.
    pub record: &'a Record,
    /// The grades of the same record.
    pub graded: &'a Graded,
    /// The summary of the same record and grades.
    pub summary: &'a Summary,
    /// How long the run took, where that is known.
    pub timing: Option<&'a Timing>,
}

/// What a reader can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal; tables are not made wider. None for no limit.
    pub width: Option<u16>,
    /// Whether the terminal report is coloured.
    pub colour: bool,
    /// The most transcripts that the HTML page holds. Those with failures come first.
    pub max_transcripts: usize,
    /// The most bytes of transcripts that the HTML page holds.
    pub max_transcript_bytes: usize,
    /// Where readers find the HTML page of the same comparison, as a URL or a path beside the report; Markdown
    /// links into it.
    pub link: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: None,
            colour: false,
            max_transcripts: 2_000,
            max_transcript_bytes: 24 << 20,
            link: None,
        }
    }
}

/// Why a report cannot be written.
#[derive(Debug, Error)]
pub enum RenderError {
    /// JSON refused a value.
    #[error("the report cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// XML refused a value.
    #[error("the report cannot be written as XML: {0}")]
    Xml(#[from] quick_junit::SerializeError),
    /// The template of the page refused a value.
    #[error("the page cannot be filled in: {0}")]
    Page(#[from] minijinja::Error),
    /// A plot could not be drawn.
    #[error("the plot `{plot}` cannot be drawn: {reason}")]
    Plot {
        /// Which plot.
        plot: String,
        /// What the plotting library said.
        reason: String,
    },
    /// This view has no such format.
    #[error("{view} cannot be written as {format}; it can as {others}")]
    Unsupported {
        /// Which view, with its article.
        view: &'static str,
        /// The format that it does not have.
        format: Format,
        /// Those that it has.
        others: &'static str,
    },
}

/// Writes a report.
///
/// # Errors
/// See [`RenderError`]; none of them depends on what a model said.
pub fn render(format: Format, report: &Report<'_>, options: &Options) -> Result<String, RenderError> {
    match format {
        Format::Terminal => Ok(terminal::render(report, options)),
        Format::Json => json::render(report),
        Format::Junit => junit::render(report),
        Format::Markdown => Ok(markdown::render(report)),
        Format::Html => html::render(report, options),
    }
}

/// The verdict in words, the same in every format.
pub(crate) fn verdict_words(verdict: ExitVerdict) -> &'static str {
    match verdict {
        ExitVerdict::Passed => "passed",
        ExitVerdict::Failed => "an expectation failed",
        ExitVerdict::Undecided => "an expectation could not be decided",
        ExitVerdict::NoGenerations => "nothing was generated",
    }
}

/// `1 trial`, `2,000 trials`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number::grouped(count), if count == 1 { one } else { many })
}

/// What is missing, in words; empty where nothing is.
pub(crate) fn shortfalls(summary: &Summary) -> Vec<String> {
    let total = &summary.total;
    let mut notes = Vec::new();
    if !summary.complete || total.trials < total.planned {
        notes.push(format!(
            "the run is not complete: {} of {} trials",
            number::grouped(total.trials),
            number::grouped(total.planned)
        ));
    }
    if total.failures.sum() > 0 {
        let kinds: Vec<String> =
            total.failures.named().iter().map(|(name, count)| format!("{name}: {count}")).collect();
        let failed = counted(total.failures.sum(), "generation", "generations");
        notes.push(format!("{failed} failed ({})", kinds.join(", ")));
    }
    if total.grades.unscored > 0 {
        notes.push(format!("{} could not be given", counted(total.grades.unscored, "grade", "grades")));
    }
    for (probe, metric, missing, all) in mostly_missing(summary) {
        let of = format!(
            "{} of {} grades of {}/{}",
            number::grouped(missing),
            number::grouped(all),
            probe,
            metric
        );
        notes.push(safe::line(&format!("{of} are missing: its figure is that of the few others")));
    }
    if total.truncated > 0 {
        let replies = counted(total.truncated, "reply was", "replies were");
        notes.push(format!("{replies} cut off at the limit on tokens"));
    }
    if total.copied > 0 {
        let replies = counted(total.copied, "reply says", "replies say");
        notes.push(format!("{replies} what a scripted turn of the assistant said before: an example copied"));
    }
    notes
}

/// Metrics of which more than half of the grades are missing: probe, metric, how many, of how many.
fn mostly_missing(summary: &Summary) -> Vec<(&str, &str, u64, u64)> {
    let mut found = Vec::new();
    for probe in &summary.probes {
        for (name, result) in &probe.metrics {
            if let MetricResult::Estimated(one) = result {
                let missing = one.unscored + one.failed;
                if missing > one.n {
                    found.push((probe.id.as_str(), name.as_str(), missing, missing + one.n));
                }
            }
        }
    }
    found
}

/// What stands beside the figure of a metric: what is missing and why, what was cut off by arm, and whether a comparison
/// had any room.
pub(crate) fn beside(probe: &ProbeSummary, metric: &str, unscored: u64, failed: u64) -> String {
    let mut words = Vec::new();
    let counts = [(unscored, "unscored"), (failed, "failed")];
    words.extend(
        counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", number::grouped(*count))),
    );
    if let Some(arms) = probe.cut_off.get(metric) {
        let of = |(arm, counts): (&String, &CutOffs)| {
            let count = format!("{} of {}", number::grouped(counts.cut), number::grouped(counts.grades));
            if arm.is_empty() { count } else { format!("{} {count}", safe::line(arm)) }
        };
        words.push(format!("cut off: {}", arms.iter().map(of).collect::<Vec<_>>().join(", ")));
    }
    words.extend(probe.ends.get(metric).map(|end| format!("all sides {}", end.words())));
    words.join(", ")
}

/// The same of a metric that has a value and no interval, with the reason before it.
pub(crate) fn beside_value(probe: &ProbeSummary, metric: &str, known: &ValueOnly) -> String {
    let reason = format!("no interval: {}", safe::line(&known.reason));
    match beside(probe, metric, known.unscored, known.failed) {
        none if none.is_empty() => reason,
        missing => format!("{reason}; {missing}"),
    }
}

/// What the first generations that failed said, each kind of failure once: `1 of them: words`.
pub(crate) fn failures_said(report: &Report<'_>, probe: &str) -> Vec<String> {
    let mut said: Vec<(FailureKind, bool, String)> = Vec::new();
    for trial in report.record.trials.iter().filter(|trial| trial.key.probe == probe) {
        for turn in all_turns(&trial.transcript) {
            if let Body::Failed { kind, message } = &turn.body {
                let live = turn.name.is_some();
                if !said.iter().any(|(other, other_live, _)| other == kind && *other_live == live) {
                    said.push((
                        *kind,
                        live,
                        format!("{}: {}", safe::line(&trial.key.to_string()), safe::excerpt(message, SAID)),
                    ));
                }
            }
        }
    }
    said.into_iter().map(|(.., words)| words).collect()
}

/// Characters of a failure's message that are shown.
const SAID: usize = 400;

/// Why a generation failed, in words.
pub(crate) fn failure_words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Engine => "engine error",
        FailureKind::Timeout => "timeout",
        FailureKind::ContextOverflow => "context overflow",
        FailureKind::Template => "template error",
    }
}

/// Who speaks, in a word.
pub(crate) fn role_words(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
