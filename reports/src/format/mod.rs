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
pub mod power;
pub mod terminal;
#[cfg(test)]
mod tests;

pub(crate) use crate::text::number;
pub use crate::text::{counted, grouped, safe};
use crate::{
    digest::{Digest, Selection},
    grade::{StreamError, TrialScores},
    summary::{CutOffs, ExitVerdict, ProbeSummary, Summary, Timing},
};
use scorers::{
    FailureKind, Role,
    metric::{MetricResult, ValueOnly},
};
use std::{
    fmt,
    io::{self, Write},
    str::FromStr,
};
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
    /// One self-contained page with transcripts.
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
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// What the record comes to.
    pub digest: &'a Digest,
    /// The summary of the same digest.
    pub summary: &'a Summary,
    /// The transcripts that are shown.
    pub selection: &'a Selection,
    /// How long the run took, where that is known.
    pub timing: Option<&'a Timing>,
    /// Every grade, for the format that lists them all.
    pub grades: &'a dyn EveryGrade,
}

/// What takes in grades one by one.
pub type TakeGrades<'a> = dyn FnMut(&TrialScores) -> Result<(), RenderError> + Send + 'a;

/// The grades of all trials, one trial after another, in the order of the record.
pub trait EveryGrade: Sync {
    /// Hands over each.
    ///
    /// # Errors
    /// When they cannot be read ([`RenderError::Grades`]), and what `take` says.
    fn each(&self, take: &mut TakeGrades<'_>) -> Result<(), RenderError>;
}

impl EveryGrade for Vec<TrialScores> {
    fn each(&self, take: &mut TakeGrades<'_>) -> Result<(), RenderError> {
        self.iter().try_for_each(take)
    }
}

/// What a reader can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal; tables are not made wider. None for no limit.
    pub width: Option<u16>,
    /// Whether the terminal report is coloured.
    pub colour: bool,
    /// The most transcripts that the page of a comparison holds. That of a run holds those of its selection.
    pub max_transcripts: usize,
    /// The most bytes of transcripts that the page of a comparison holds.
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
    /// The output cannot be written.
    #[error("the report cannot be written: {0}")]
    Write(#[from] io::Error),
    /// The grades that it lists cannot be read.
    #[error("{0}")]
    Grades(String),
    /// The grades that it lists cannot be made.
    #[error(transparent)]
    Stream(#[from] StreamError),
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

/// A report as one text.
///
/// # Errors
/// See [`RenderError`]; none of them depends on what a model said.
pub fn render(format: Format, report: &Report<'_>, options: &Options) -> Result<String, RenderError> {
    let mut text = Vec::new();
    write(format, report, options, &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Writes a report. What lists every trial is written as it is read, so a report is never larger in memory than its page.
///
/// # Errors
/// See [`RenderError`]; none of them depends on what a model said.
pub fn write(
    format: Format,
    report: &Report<'_>,
    options: &Options,
    output: &mut (dyn Write + Send),
) -> Result<(), RenderError> {
    let text = match format {
        Format::Json => return json::write(report, output),
        Format::Terminal => terminal::render(report, options),
        Format::Junit => junit::render(report)?,
        Format::Markdown => markdown::render(report),
        Format::Html => html::render(report)?,
    };
    Ok(output.write_all(text.as_bytes())?)
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
