//! `runner compare`: what changed between versions of a model, and whether the gate lets it pass.

use super::{
    args::{CompareArgs, FormatArg},
    cores, output, readings,
};
use crate::{
    error::Error,
    exit,
    policy::PolicyFile,
    spec,
    store::{self, Disk, RunDirectory, SCORES},
};
use reports::{
    Comparison, Format, GateOutcome, Side, TrialScores,
    compare::{GateVerdict, Options},
    format,
};
use std::path::Path;

/// Compares, judges, and prints or writes one view.
pub(super) fn compare(arguments: &CompareArgs) -> Result<u8, Error> {
    let invalid = |diagnostics: Vec<spec::Diagnostic>| {
        Error::InvalidSpec(spec::render_diagnostics(&diagnostics, output::colourful_errors()))
    };
    let gate = arguments.gate.as_deref().map(|path| PolicyFile::load(path, &Disk)).transpose();
    let gate = gate.map_err(invalid)?;
    let mut sides = Vec::with_capacity(1 + arguments.heads.len());
    for run in std::iter::once(&arguments.base).chain(&arguments.heads) {
        sides.push(side(run, &sides)?);
    }
    if let Some(gate) = &gate {
        gate.check(&sides).map_err(invalid)?;
    }
    let policy = gate.map(|gate| gate.policy);
    let options = Options { allow: arguments.allow.clone(), policy: policy.clone(), ..Options::default() };
    let (comparison, outcome) = cores::on_all(|| {
        let (base, heads) = sides.split_first().ok_or(reports::CompareError::OneRecord)?;
        let comparison = reports::compare(base, heads, &options)?;
        let outcome = policy.as_ref().map(|policy| policy.judge(&comparison));
        Ok::<_, reports::CompareError>((comparison, outcome))
    })?
    .map_err(|error| Error::Usage(error.to_string()))?;
    write(arguments, &comparison, outcome.as_ref())?;
    Ok(code(&comparison, outcome.as_ref()))
}

fn write(arguments: &CompareArgs, comparison: &Comparison, gate: Option<&GateOutcome>) -> Result<(), Error> {
    let on_terminal = arguments.output.is_none() && arguments.format == FormatArg::Terminal;
    let options = format::Options {
        colour: on_terminal && output::colourful(),
        link: arguments.link.clone(),
        ..format::Options::default()
    };
    let text = match arguments.format {
        FormatArg::Html => {
            let runs = std::iter::once(&arguments.base).chain(&arguments.heads);
            let readings = readings::read(runs.map(AsRef::as_ref), comparison)?;
            reports::render_comparison_page(comparison, gate, &readings, &options)
        }
        format => reports::render_comparison(Format::from(format), comparison, gate, &options),
    };
    let text = text.map_err(|error| Error::Report(error.to_string()))?;
    match &arguments.output {
        None => output::text(&text).map(|_| ()),
        Some(file) => store::write_atomically(file, &text).map_err(|source| {
            let path = file.display().to_string();
            Error::Store(store::StoreError::File { path, source })
        }),
    }
}

/// The table for a terminal.
pub(super) fn terminal(comparison: &Comparison, gate: Option<&GateOutcome>) -> Result<String, Error> {
    let options = format::Options { colour: output::colourful(), ..format::Options::default() };
    reports::render_comparison(Format::Terminal, comparison, gate, &options)
        .map_err(|error| Error::Report(error.to_string()))
}

/// Without a gate, only records that do not measure the same are an error.
pub(super) fn code(comparison: &Comparison, gate: Option<&GateOutcome>) -> u8 {
    match gate.map(|gate| gate.verdict) {
        Some(GateVerdict::Pass) => exit::SUCCESS,
        Some(GateVerdict::Regression) => exit::REGRESSION,
        Some(GateVerdict::Undecided) => exit::UNDECIDED,
        Some(GateVerdict::NotComparable) => exit::NOT_COMPARABLE,
        None if comparison.heads.iter().any(|head| head.comparability.refused) => exit::NOT_COMPARABLE,
        None => exit::SUCCESS,
    }
}

/// The grades of a run: from its scores file where it has one, else graded now.
pub(super) fn side(path: &Path, others: &[Side]) -> Result<Side, Error> {
    let run = RunDirectory::at(path);
    let record = run.record()?;
    let model = record.header.model.name.clone();
    // Two versions often have the same name; the directory tells them apart.
    let taken = others.iter().any(|side| side.name() == model);
    let name = if taken { format!("{model} ({})", path.display()) } else { model };
    let complete = record.complete;
    let graded = |error: reports::CompareError| Error::Report(error.to_string());
    let side = match run.read(SCORES) {
        Some(scores) if complete => {
            Side::read(name, record.header, scores.lines().map(serde_json::from_str::<TrialScores>))
        }
        _ => {
            let scores = cores::on_all(|| reports::grade(&record))?;
            let scores = scores.map_err(|error| Error::Report(error.to_string()))?;
            Side::of(name, record.header, &scores)
        }
    };
    Ok(side.map_err(graded)?.with_complete(complete))
}
