//! `grice history`: a trend over versions of a model.

use super::{compare, output, records};
use crate::{
    error::Error,
    exit, parallel,
    policy::PolicyFile,
    store::{self, BASELINES, Disk},
};
use clap::{Args, ValueEnum};
use reports::{
    Format, History,
    compare::{Options, TrendMetrics},
    format,
};
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

/// Reads the runs and prints or writes one view.
pub(super) fn history(arguments: &HistoryArgs) -> Result<u8, Error> {
    let baseline = baseline(arguments)?;
    let gate = arguments.gate.as_deref().map(|path| PolicyFile::load(path, &Disk)).transpose();
    let gate = gate.map_err(compare::invalid)?;
    let runs = arguments.runs.iter().map(AsRef::as_ref);
    let (_, sides) = records::read(runs, &arguments.baselines)?;
    if let Some(gate) = &gate {
        gate.check(&sides).map_err(compare::invalid)?;
    }
    let policy = gate.as_ref().map(|gate| gate.policy.clone());
    let options = Options { allow: arguments.allow.clone(), policy, ..Options::default() };
    let metrics = if arguments.all { TrendMetrics::All } else { TrendMetrics::Main };
    let history = parallel::on_all_cores(|| reports::history(&sides, baseline, metrics, &options))?;
    let history = history.map_err(|error| compare::refusal(&error, gate.as_ref()))?;
    write(arguments, &history)?;
    let refused = |version: &reports::compare::Version| {
        version.from_baseline.as_ref().is_some_and(|step| step.comparability.refused)
    };
    Ok(if history.versions.iter().any(refused) { exit::NOT_COMPARABLE } else { exit::SUCCESS })
}

/// The index of the baseline among the runs.
fn baseline(arguments: &HistoryArgs) -> Result<usize, Error> {
    let Some(wanted) = &arguments.baseline else { return Ok(0) };
    let place = arguments.runs.iter().position(|run| run == wanted);
    place.ok_or_else(|| {
        Error::Usage(format!("the baseline {} is none of the runs; name it among them", wanted.display()))
    })
}

fn write(arguments: &HistoryArgs, history: &History) -> Result<(), Error> {
    let on_terminal = arguments.output.is_none() && arguments.format == HistoryFormat::Terminal;
    let options =
        format::Options { colour: on_terminal && output::colourful(), ..format::Options::default() };
    let text = reports::render_history(arguments.format.into(), history, &options)
        .map_err(|error| Error::Report(error.to_string()))?;
    match &arguments.output {
        None => output::text(&text).map(|_| ()),
        Some(file) => store::write_atomically(file, &text).map_err(|source| {
            let path = file.display().to_string();
            Error::Store(store::StoreError::File { path, source })
        }),
    }
}
