//! `runner score`: grades a stored run again from its transcripts.

use super::{args::ScoreArgs, check, output, views::Views};
use crate::{
    error::Error,
    store::{RunDirectory, TIMING},
};
use indexmap::IndexMap;
use reports::{
    grade::Measures,
    record::{Header, ProbeRecord},
};

/// Grades the run again and rewrites its grades and views.
pub(super) fn score(arguments: &ScoreArgs) -> Result<u8, Error> {
    let run = RunDirectory::at(&arguments.run);
    let record = run.record()?;
    let mut measures = IndexMap::new();
    if !arguments.specs.is_empty() {
        let probes = check::load(&arguments.specs)?;
        let probes: Vec<ProbeRecord> = probes.into_iter().map(|probe| probe.record).collect();
        measures = replacing(&record.header, &probes)?;
    }
    let timing = run.read(TIMING).and_then(|text| serde_json::from_str(&text).ok());
    let views = Views::of(record, timing, measures)?;
    views.write(&run)?;
    output::text(&views.terminal()?)?;
    Ok(views.exit_code())
}

/// Scores, metrics and expectations of newer specs, where they are others than those in the record. What was asked must be
/// the same: the transcripts cannot be made again.
fn replacing(header: &Header, specs: &[ProbeRecord]) -> Result<IndexMap<String, Measures>, Error> {
    let mut changed = IndexMap::new();
    for old in &header.probes {
        let Some(new) = specs.iter().find(|spec| spec.id == old.id) else { continue };
        if new.cases != old.cases || new.arms != old.arms {
            let id = &old.id;
            return Err(Error::Usage(format!("the cases or arms of `{id}` are not those that were run")));
        }
        let measures = Measures::of(new);
        if measures != Measures::of(old) {
            changed.insert(old.id.clone(), measures);
        }
    }
    Ok(changed)
}
