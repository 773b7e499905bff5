//! `grice history`: a trend over versions of a model.

use super::{
    compare,
    history_args::{HistoryArgs, HistoryFormat},
    output, records,
};
use crate::{
    error::Error,
    exit, parallel,
    policy::PolicyFile,
    store::{self, Disk},
};
use reports::{
    History,
    compare::{CompareOptions, TrendMetrics},
    format,
};

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
    let options = CompareOptions { allow: arguments.allow.clone(), policy, ..CompareOptions::default() };
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
    let options = format::FormatOptions {
        colour: on_terminal && output::colourful(),
        ..format::FormatOptions::default()
    };
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
