//! The arguments of `grice history`.

use crate::store::BASELINES;
use clap::{Args, ValueEnum};
use reports::Format;
use std::path::PathBuf;

/// Arguments of `history`.
#[derive(Clone, Debug, Args)]
#[command(after_help = concat!(
    "Shows the metrics that the policy names and the main one of every probe; changes are paired, against the\n",
    "version before and against the baseline.\n\n",
    "Example:\n  grice history runs/v1 runs/v2 runs/v3 --gate gate.yaml --format html --output history.html"
))]
pub struct HistoryArgs {
    /// Directories of the runs, the oldest first; a baseline can stand for a run.
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// The one of these runs that all others are compared with. Default: the first
    #[arg(long, value_name = "RUN")]
    pub baseline: Option<PathBuf>,
    /// Take margins, directions and gated metrics from this policy.
    #[arg(long, value_name = "FILE")]
    pub gate: Option<PathBuf>,
    /// Show all metrics.
    #[arg(long)]
    pub all: bool,
    /// Folder in which baselines are looked up by name.
    #[arg(long, value_name = "DIR", default_value = BASELINES)]
    pub baselines: PathBuf,
    /// Which view.
    #[arg(long, value_enum, default_value_t = HistoryFormat::Terminal)]
    pub format: HistoryFormat,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Allow a difference between the records, by name; every report says so.
    #[arg(long, value_name = "NAME")]
    pub allow: Vec<String>,
}

/// The formats of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HistoryFormat {
    /// A table.
    Terminal,
    /// Everything, versioned.
    Json,
    /// For pull requests and job summaries.
    Markdown,
    /// One page with a plot for every metric.
    Html,
}

impl From<HistoryFormat> for Format {
    fn from(format: HistoryFormat) -> Self {
        match format {
            HistoryFormat::Terminal => Self::Terminal,
            HistoryFormat::Json => Self::Json,
            HistoryFormat::Markdown => Self::Markdown,
            HistoryFormat::Html => Self::Html,
        }
    }
}
