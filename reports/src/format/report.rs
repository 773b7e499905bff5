//! What a report is made from, what a reader can choose of it, and why it cannot be written.

use crate::{
    digest::{Digest, Selection},
    grade::{StreamError, TrialScores},
    summary::{Summary, Timing},
};
use std::{fmt, io, str::FromStr};
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
pub struct FormatOptions {
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

impl Default for FormatOptions {
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
