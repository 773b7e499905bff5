//! `runner check`: specs are valid, or here is everything that is wrong with them; and the plan.

use super::{
    args::{CheckArgs, Selection},
    output,
};
use crate::{
    error::Error,
    spec::{self, Plan, Probe},
    store::Disk,
};
use std::path::PathBuf;

/// Prints the plan.
pub(super) fn check(arguments: &CheckArgs) -> Result<u8, Error> {
    let (probes, plan) = plan(&arguments.selection)?;
    output::text(&plan.table(&probes))
}

/// Loads specs, or fails with every diagnostic.
pub(super) fn load(paths: &[PathBuf]) -> Result<Vec<Probe>, Error> {
    spec::load(paths, &Disk).map_err(|diagnostics| {
        Error::InvalidSpec(spec::render_diagnostics(&diagnostics, output::colourful_errors()))
    })
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
    if plan.trials.is_empty() {
        let why = match (&selection.filter, probes.is_empty()) {
            (_, true) => "there is no spec in the given paths".to_owned(),
            (Some(filter), _) => format!("the filter `{filter}` matches none of the trials"),
            (None, _) => "the specs have no trial".to_owned(),
        };
        return Err(Error::NothingSelected(why));
    }
    Ok((probes, plan))
}
