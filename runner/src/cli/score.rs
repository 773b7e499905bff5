//! `grice score`: grades a stored run again from its transcripts.

use super::{args::ScoreArgs, check, output, spec_differences, views::Views};
use crate::{
    error::Error,
    spec::{self, Probe},
    store::RunDirectory,
};
use indexmap::IndexMap;
use reports::{grade::Measures, record::Header};

/// Grades the run again and rewrites its grades and views.
pub(super) fn score(arguments: &ScoreArgs) -> Result<u8, Error> {
    let run = RunDirectory::at(&arguments.run);
    let header = run.reader()?.into_header();
    let mut measures = IndexMap::new();
    if !arguments.specs.is_empty() {
        let probes = check::load(&arguments.specs)?;
        measures = replacing(&spec::with_dialogues(header), &probes)?;
    }
    let views = Views::write(&run, measures)?;
    output::text(&views.terminal()?)?;
    Ok(views.exit_code())
}

/// Scores, metrics and expectations of newer specs, where they are others than those in the record. What was asked must be
/// the same: the transcripts cannot be made again.
fn replacing(header: &Header, specs: &[Probe]) -> Result<IndexMap<String, Measures>, Error> {
    let mut changed = IndexMap::new();
    let (mut refused, mut absent) = (Vec::new(), Vec::new());
    for old in &header.probes {
        let Some(new) = specs.iter().find(|spec| spec.record.id == old.id) else {
            absent.push(old.id.as_str());
            continue;
        };
        refused.extend(
            spec_differences::changes(old, new).into_iter().map(|change| format!("{}: {change}", old.id)),
        );
        let measures = Measures::of(&new.record);
        if measures != Measures::of(old) {
            changed.insert(old.id.clone(), measures);
        }
    }
    if !refused.is_empty() {
        return Err(Error::Usage(format!(
            "the specs ask something else than what was run, and its transcripts cannot be made again:\n  {}",
            refused.join("\n  ")
        )));
    }
    if absent.len() == header.probes.len() {
        return Err(Error::Usage(format!(
            "none of the probes of the run is in the given specs: {}",
            absent.join(", ")
        )));
    }
    if !absent.is_empty() {
        output::note(&format!("not in the given specs, graded as they were run: {}", absent.join(", ")));
    }
    Ok(changed)
}
