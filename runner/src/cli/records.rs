//! The records that are compared: finding them, and reading their grades, from the scores beside a run where they are those of
//! its journal, else graded anew while the journal is read, or from a baseline. Transcripts are never kept.

use super::output;
use crate::{
    error::Error,
    grading::{Failed, foreign},
    parallel, spec,
    store::{self, Baselines, RunDirectory, StoreError},
};
use rayon::prelude::*;
use reports::{
    Side,
    grade::{GRADING_VERSION, Grader},
    record::Header,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// So many baselines are named where none is like the one that was asked for.
const FEW: usize = 5;

/// Something that can be compared.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A directory of a run.
    Run(RunDirectory),
    /// The file of a baseline.
    Baseline(PathBuf),
}

impl Source {
    /// What an argument names: a run directory, the journal in it, the file of a baseline, or a baseline by name.
    /// What exists as a path is never taken for a name.
    pub(super) fn find(argument: &Path, baselines: &Baselines) -> Result<Self, Error> {
        let run = RunDirectory::at(argument);
        if store::is_folder(argument) || run.path() != argument {
            return Ok(Self::Run(run));
        }
        if store::exists(argument) {
            return Ok(Self::Baseline(argument.to_owned()));
        }
        let name = argument.to_str().unwrap_or_default();
        // The file of a baseline, named without its folder.
        let name = name.strip_suffix(".jsonl").unwrap_or(name);
        match baselines.file(name) {
            Some(file) if baselines.contains(name) => Ok(Self::Baseline(file)),
            _ => Err(StoreError::Nothing {
                what: argument.display().to_string(),
                near: nearest(name, &baselines.names().unwrap_or_default()),
            }
            .into()),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Run(run) => run.path(),
            Self::Baseline(file) => file,
        }
    }

    /// Reads its grades. Runs in the rayon pool of the caller.
    pub(super) fn side(&self) -> Result<Side, Error> {
        match self {
            Self::Run(run) => of_run(run),
            Self::Baseline(file) => of_baseline(file),
        }
    }
}

/// Finds records and reads their grades, the records beside each other. `baselines` is the folder in which
/// baselines are looked up by name.
pub(super) fn read<'a>(
    paths: impl IntoIterator<Item = &'a Path>,
    baselines: &Path,
) -> Result<(Vec<Source>, Vec<Side>), Error> {
    let baselines = Baselines::in_folder(baselines);
    let find = |path| Source::find(path, &baselines);
    let sources = paths.into_iter().map(find).collect::<Result<Vec<_>, _>>()?;
    for (place, source) in sources.iter().enumerate() {
        let twice = |other: &&Source| store::same_file(other.path(), source.path());
        if sources.iter().take(place).find(twice).is_some() {
            let path = source.path().display();
            return Err(Error::Usage(format!(
                "{path} is given twice: a record cannot be compared with itself"
            )));
        }
    }
    let sides: Vec<Result<Side, Error>> =
        parallel::on_all_cores(|| sources.par_iter().map(Source::side).collect())?;
    let mut named: Vec<Side> = Vec::with_capacity(sides.len());
    for (side, source) in sides.into_iter().zip(&sources) {
        let side = side?;
        let name = match source {
            Source::Run(_) => side.header().model().name.clone(),
            Source::Baseline(_) => side.name().to_owned(),
        };
        // Two versions often have the same name; the directory tells them apart.
        let taken = named.iter().any(|other| other.name() == name);
        let name = if taken { format!("{name} ({})", source.path().display()) } else { name };
        named.push(side.with_name(name));
    }
    Ok((sources, named))
}

/// `; did you mean …?` where a baseline has a similar name, or which baselines there are, if they are few.
fn nearest(wanted: &str, names: &[String]) -> String {
    let best = names
        .iter()
        .map(|name| (strsim::jaro_winkler(wanted, name), name))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match best {
        Some((likeness, name)) if likeness > 0.8 => format!("; did you mean the baseline `{name}`?"),
        Some(_) if names.len() <= FEW && Baselines::is_name(wanted) => {
            format!("; the baselines are `{}`", names.join("`, `"))
        }
        _ => String::new(),
    }
}

/// The header of a run with the measures that it was last graded by.
pub(super) fn measured(header: Header, run: &RunDirectory) -> Result<Header, StoreError> {
    let mut header = spec::with_dialogues(header);
    for (id, measures) in run.measures()? {
        if let Some(probe) = header.probes.iter_mut().find(|probe| probe.id == id) {
            measures.put_into(probe);
        }
    }
    Ok(header)
}

/// Whether the grades beside a run are those of its journal by today's scorers; why not, where there are any.
fn current(run: &RunDirectory) -> Result<Result<(), Option<&'static str>>, StoreError> {
    let Some(scores) = run.scores()? else { return Ok(Err(None)) };
    if !scores.protected() {
        return Ok(Err(Some("its grades are of a format without checksums")));
    }
    if scores.header().grading != GRADING_VERSION {
        return Ok(Err(Some("its grades are those of other scorers")));
    }
    if run.journal_hash()? != scores.header().journal {
        return Ok(Err(Some("its journal has changed since it was graded")));
    }
    Ok(Ok(()))
}

fn of_run(run: &RunDirectory) -> Result<Side, Error> {
    let path = run.path().display().to_string();
    let reader = run.reader()?;
    if !reader.protected() {
        output::unprotected(&run.journal());
    }
    let stale = match (current(run)?, run.scores()?) {
        (Ok(()), Some(scores)) => {
            let complete = scores.header().complete;
            let mut side = Side::new(path.clone(), measured(reader.into_header(), run)?)
                .map_err(|error| foreign(&path, &error))?;
            for trial in scores {
                let trial = trial.map_err(|source| StoreError::Scores { path: run.grades(), source })?;
                side.add(&trial).map_err(|error| foreign(&path, &error))?;
            }
            side.settle().map_err(|error| foreign(&path, &error))?;
            return Ok(side.with_complete(complete));
        }
        (current, _) => current.err().flatten(),
    };
    if let Some(why) = stale {
        output::note(&format!("{path}: {why}; graded again from its transcripts"));
    }
    graded(run, &path)
}

/// Grades a run while its journal is read.
fn graded(run: &RunDirectory, path: &str) -> Result<Side, Error> {
    let mut reader = run.reader()?;
    let header = Arc::new(measured(reader.take_header(), run)?);
    let mut side = Side::new(path, Arc::clone(&header)).map_err(|error| foreign(path, &error))?;
    let grader = Grader::new(&header);
    grader
        .each(reader.by_ref(), |_, scores| Ok(side.add(&scores)?))
        .map_err(|failed: Failed| failed.into_error(path, &run.journal()))?;
    side.settle().map_err(|error| foreign(path, &error))?;
    Ok(side.with_complete(reader.complete()))
}

fn of_baseline(file: &Path) -> Result<Side, Error> {
    let path = file.display().to_string();
    let mut reader = Baselines::open(file)?;
    if !reader.protected() {
        output::unprotected(&path);
    }
    let record = Arc::new(spec::with_dialogues(reader.take_record()));
    let header = reader.header();
    let (grading, transcripts) = (header.grading, header.transcripts);
    let name = file.file_stem().map_or(path.clone(), |stem| stem.to_string_lossy().into_owned());
    let mut side = Side::new(name, Arc::clone(&record)).map_err(|error| foreign(&path, &error))?;
    let unreadable = |source| StoreError::Baseline { path: path.clone(), source };
    if grading == GRADING_VERSION {
        for trial in reader {
            side.add(&trial.map_err(unreadable)?.scores).map_err(|error| foreign(&path, &error))?;
        }
    } else if transcripts {
        output::note(&format!(
            "{path}: its grades are those of other scorers; graded again from its transcripts"
        ));
        let mut broken = None;
        let trials = reader.map_while(|trial| match trial {
            Ok(trial) => trial.trial.map(Ok),
            Err(error) => {
                broken = Some(error);
                None
            }
        });
        let grader = Grader::new(&record);
        grader
            .each(trials, |_, scores| Ok(side.add(&scores)?))
            .map_err(|failed: Failed| failed.into_error(&path, &path))?;
        if let Some(source) = broken {
            return Err(unreadable(source).into());
        }
    } else {
        let reason = format!(
            "its grades are those of version {grading} of the scorers, this Grice has version {GRADING_VERSION}, and it \
             holds no transcripts to grade again. Save it anew from its run"
        );
        return Err(StoreError::Foreign { path, reason }.into());
    }
    side.settle().map_err(|error| foreign(&path, &error))?;
    Ok(side)
}
