//! `runner score`: grades a stored run again from its transcripts.

use super::{args::ScoreArgs, check, output, views::Views};
use crate::{
    error::Error,
    store::{RunDirectory, TIMING},
};
use reports::record::{Header, ProbeRecord};

/// Grades the run again and rewrites its grades and views.
pub(super) fn score(arguments: &ScoreArgs) -> Result<u8, Error> {
    let run = RunDirectory::at(&arguments.run);
    let mut record = run.record()?;
    if !arguments.specs.is_empty() {
        let probes = check::load(&arguments.specs)?;
        let probes = probes.into_iter().map(|probe| probe.record).collect();
        replace_measures(&mut record.header, probes)?;
    }
    let timing = run.read(TIMING).and_then(|text| serde_json::from_str(&text).ok());
    let views = Views::of(record, timing)?;
    views.write(&run)?;
    output::text(&views.terminal()?)?;
    Ok(views.exit_code())
}

/// Takes scores, metrics and expectations from newer specs. What was asked must be the same: the
/// transcripts cannot be made again.
fn replace_measures(header: &mut Header, specs: Vec<ProbeRecord>) -> Result<(), Error> {
    for old in &mut header.probes {
        let Some(new) = specs.iter().find(|spec| spec.id == old.id) else { continue };
        if new.cases != old.cases || new.arms != old.arms {
            let id = &old.id;
            return Err(Error::Usage(format!("the cases or arms of `{id}` are not those that were run")));
        }
        old.scores.clone_from(&new.scores);
        old.metrics.clone_from(&new.metrics);
        old.expect.clone_from(&new.expect);
    }
    Ok(())
}
