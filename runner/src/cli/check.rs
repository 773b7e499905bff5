//! `grice check`: specs are valid, or here is everything that is wrong with them; and the plan.

use super::{
    args::{CheckArgs, Selection},
    compare::{invalid, refusal},
    output, records,
};
use crate::{
    error::Error,
    execute, parallel,
    policy::PolicyFile,
    spec::{self, Plan, Probe},
    store::Disk,
};
use reports::{CompareError, compare, format, record::ProbeRecord};
use std::path::{Path, PathBuf};

/// Prints the plan.
pub(super) fn check(arguments: &CheckArgs) -> Result<u8, Error> {
    let (probes, plan) = plan(&arguments.selection)?;
    let code = output::text(&plan.table(&probes))?;
    match &arguments.power {
        Some(run) => power(arguments, run, &probes),
        None => Ok(code),
    }
}

/// Prints what the specs could show of a model that varies as in a stored run.
fn power(arguments: &CheckArgs, run: &Path, probes: &[Probe]) -> Result<u8, Error> {
    let gate = arguments.gate.as_deref().map(|path| PolicyFile::load(path, &Disk)).transpose();
    let gate = gate.map_err(invalid)?;
    let (_, sides) = records::read([run], &arguments.baselines)?;
    let records: Vec<ProbeRecord> = probes.iter().map(|probe| probe.record.clone()).collect();
    let policy = gate.as_ref().map(|gate| &gate.policy);
    let rows = parallel::on_all_cores(|| {
        let side = sides.first().ok_or(CompareError::OneRecord)?;
        reports::compare::power(side, &records, policy, &compare::CompareOptions::default())
    })?
    .map_err(|error| refusal(&error, gate.as_ref()))?;
    let options = format::FormatOptions { colour: output::colourful(), ..format::FormatOptions::default() };
    let name = run.display().to_string();
    output::text(&format!("\n{}", format::power::render_power(&name, &rows, &options)))
}

/// Loads specs, or fails with every diagnostic.
pub(super) fn load(paths: &[PathBuf]) -> Result<Vec<Probe>, Error> {
    let probes = spec::load(paths, &Disk).map_err(|diagnostics| {
        Error::InvalidSpec(spec::render_diagnostics(&diagnostics, output::colourful_errors()))
    })?;
    execute::scripts(&probes).map_err(Error::InvalidSpec)?;
    Ok(probes)
}

/// Loads specs and selects trials.
pub(super) fn plan(selection: &Selection) -> Result<(Vec<Probe>, Plan), Error> {
    let mut probes = load(&selection.specs)?;
    if let Some(samples) = selection.samples {
        for probe in &mut probes {
            probe.record.samples = samples;
        }
    }
    let filter = selection.filter.as_deref().map(spec::Filter::parse).transpose();
    let filter = filter.map_err(|error| Error::Usage(error.to_string()))?;
    let plan = Plan::of(&probes, filter.as_ref());
    if plan.is_empty() {
        let why = match (&selection.filter, probes.is_empty()) {
            (_, true) => "there is no spec in the given paths".to_owned(),
            (Some(filter), _) => format!("the filter `{filter}` matches none of the trials"),
            (None, _) => "the specs have no trial".to_owned(),
        };
        return Err(Error::NothingSelected(why));
    }
    for part in filter.iter().flat_map(spec::Filter::alternatives) {
        if Plan::of(&probes, Some(part)).is_empty() {
            output::note(&format!("a part of the filter matches no trial: {part}"));
        }
    }
    match filter {
        Some(filter) => Ok(narrow(probes, &plan, &filter)),
        None => Ok((probes, plan)),
    }
}

/// Leaves out the probes of which the filter left nothing, and notes how much it left of the others, so that
/// a record holds what was asked for and no more.
fn narrow(mut probes: Vec<Probe>, plan: &Plan, filter: &spec::Filter) -> (Vec<Probe>, Plan) {
    let everything = Plan::of(&probes, None);
    let mut totals = plan.totals.iter().zip(&everything.totals);
    probes.retain_mut(|probe| {
        let Some((left, all)) = totals.next() else { return false };
        if left.trials < all.trials {
            probe.record.cells = Some(left.trials / u64::from(probe.record.samples.max(1)));
        }
        left.trials > 0
    });
    let plan = Plan::of(&probes, Some(filter));
    (probes, plan)
}
