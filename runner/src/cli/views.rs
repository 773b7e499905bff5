//! Every view of a stored run, made while its record is read: no more of it is in memory than what a page shows.

use super::{args::FormatArg, output};
use crate::{
    error::Error,
    exit,
    grading::Failed,
    parallel,
    store::{RunDirectory, SCORES, StoreError, TIMING},
};
use indexmap::IndexMap;
use reports::{
    Digest, EveryGrade, ExitVerdict, Format, FormatOptions, RenderError, Report, Room, Selection, Summary,
    Timing, TrialScores, format,
    grade::{GRADING_VERSION, Grader, Measures, SCORES_VERSION, ScoresHeader},
    record::TrialKey,
};
use std::{
    io::{self, Write},
    sync::Arc,
};

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Terminal => Self::Terminal,
            FormatArg::Json => Self::Json,
            FormatArg::Junit => Self::Junit,
            FormatArg::Markdown => Self::Markdown,
            FormatArg::Html => Self::Html,
        }
    }
}

/// The views that every run leaves beside its record.
const STANDARD: [(&str, Format); 4] = [
    ("report.html", Format::Html),
    ("report.md", Format::Markdown),
    ("report.json", Format::Json),
    ("junit.xml", Format::Junit),
];

/// A run with everything computed from it.
pub(super) struct Views {
    run: RunDirectory,
    digest: Digest,
    summary: Summary,
    /// The transcripts that are shown; none until some are chosen.
    selection: Selection,
    timing: Option<Timing>,
    /// Whether the grades beside the run are those of this digest.
    stored: bool,
}

impl Views {
    /// Reads a stored run and grades it by the measures that it was last graded by.
    pub(super) fn read(run: &RunDirectory) -> Result<Self, Error> {
        let digest = parallel::on_all_cores(|| fold(run, run.measures()?, |_| Ok(())))?;
        Self::of(run, digest.map_err(|failed: Failed| failed.into_error(&run.journal(), &run.journal()))?)
    }

    /// Reads a stored run, grades it by these measures in the place of its own, and writes grades and views beside it: the
    /// grades while it is read.
    pub(super) fn write(run: &RunDirectory, measures: IndexMap<String, Measures>) -> Result<Self, Error> {
        let survey = parallel::on_all_cores(|| run.survey())??;
        let header = ScoresHeader {
            format: SCORES_VERSION,
            grading: GRADING_VERSION,
            journal: survey.hash,
            trials: survey.trials,
            complete: survey.complete,
            measures: measures.clone(),
        };
        let digest = parallel::on_all_cores(|| {
            run.write_scores(&header, |writer| {
                let digest = fold(run, measures, |scores| writer.add(scores))?;
                match (digest.trials(), digest.complete()) == (survey.trials, survey.complete) {
                    true => Ok(digest),
                    false => Err(Failed::Changed),
                }
            })
        })?;
        let digest = digest.map_err(|failed| match failed {
            Failed::Write(source) => StoreError::File { path: run.grades(), source }.into(),
            failed => failed.into_error(&run.journal(), &run.journal()),
        })?;
        let mut views = Self { stored: true, ..Self::of(run, digest)? };
        views.select(Room::default(), |_| true)?;
        for (name, format) in STANDARD {
            let path = run.path().join(name).display().to_string();
            run.write_with(name, |output| views.render(format, &FormatOptions::default(), output))
                .map_err(|error| output::unwritten(error, Some(path)))?;
        }
        Ok(views)
    }

    fn of(run: &RunDirectory, digest: Digest) -> Result<Self, Error> {
        let summary = parallel::on_all_cores(|| Summary::of(&digest))?;
        let timing = run.read(TIMING).and_then(|text| serde_json::from_str(&text).ok());
        let selection = Selection::default();
        Ok(Self { run: run.clone(), digest, summary, selection, timing, stored: false })
    }

    /// Reads the transcripts that are to be shown: as many as there is room for, among the trials that are wanted.
    pub(super) fn select(
        &mut self,
        room: Room,
        wanted: impl Fn(&TrialKey) -> bool + Send,
    ) -> Result<(), Error> {
        let selection = parallel::on_all_cores(|| {
            let chosen = self.digest.choose(room, wanted);
            Ok(chosen.read(&self.digest, self.run.reader()?)?)
        })?;
        let journal = self.run.journal();
        self.selection = selection.map_err(|failed: Failed| failed.into_error(&journal, &journal))?;
        Ok(())
    }

    /// Writes one view.
    pub(super) fn render(
        &self,
        format: Format,
        options: &FormatOptions,
        output: &mut (dyn Write + Send),
    ) -> Result<(), RenderError> {
        let Self { run, digest, summary, selection, timing, stored } = self;
        let grades = Grades { run, digest, stored: *stored };
        let report = Report { digest, summary, selection, timing: timing.as_ref(), grades: &grades };
        let written = parallel::on_all_cores(|| format::write(format, &report, options, output));
        written.map_err(|error| RenderError::Grades(error.to_string()))?
    }

    /// The table for a terminal.
    pub(super) fn terminal(&self) -> Result<String, Error> {
        let options = FormatOptions { colour: output::colourful(), ..FormatOptions::default() };
        let mut text = Vec::new();
        self.render(Format::Terminal, &options, &mut text).map_err(|error| output::unwritten(error, None))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Whether generations failed that another try may bring about.
    pub(super) fn may_be_run_again(&self) -> bool {
        let failures = &self.summary.total.failures;
        failures.engine + failures.timeout > 0
    }

    /// The exit code that the run has earned. A failed generation weighs more than an expectation,
    /// because what was measured is then incomplete.
    pub(super) fn exit_code(&self) -> u8 {
        let failures = &self.summary.total.failures;
        if failures.engine + failures.timeout + failures.refused > 0 {
            return exit::ENGINE;
        }
        match self.summary.exit_verdict() {
            ExitVerdict::Passed => exit::SUCCESS,
            ExitVerdict::NoGenerations => exit::ENGINE,
            ExitVerdict::Failed | ExitVerdict::Undecided => exit::EXPECTATION,
        }
    }
}

/// Grades a run while its journal is read, and digests it; `keep` is given the grades of each trial. Runs in the rayon pool
/// of the caller.
fn fold(
    run: &RunDirectory,
    measures: IndexMap<String, Measures>,
    mut keep: impl FnMut(&TrialScores) -> io::Result<()>,
) -> Result<Digest, Failed> {
    let mut reader = run.reader()?;
    if !reader.protected() {
        output::unprotected(&run.journal());
    }
    let mut header = reader.take_header();
    for (id, measures) in measures {
        if let Some(probe) = header.probes.iter_mut().find(|probe| probe.id == id) {
            measures.put_into(probe);
        }
    }
    let header = Arc::new(header);
    let mut digest = Digest::new(Arc::clone(&header));
    Grader::new(&header).each(reader.by_ref(), |trial, scores| {
        digest.add(&trial, &scores)?;
        Ok::<(), Failed>(keep(&scores)?)
    })?;
    digest.finish(reader.complete())?;
    Ok(digest)
}

/// Every grade of a run: as stored beside it, or made once more.
struct Grades<'a> {
    run: &'a RunDirectory,
    digest: &'a Digest,
    stored: bool,
}

impl EveryGrade for Grades<'_> {
    fn each(&self, take: &mut format::TakeGrades<'_>) -> Result<(), RenderError> {
        let unreadable = |error: &dyn std::fmt::Display| RenderError::Grades(error.to_string());
        if self.stored {
            let scores = self.run.scores().map_err(|error| unreadable(&error))?;
            let missing = || unreadable(&format!("{SCORES} is gone"));
            for scores in scores.ok_or_else(missing)? {
                take(&scores.map_err(|error| unreadable(&error))?)?;
            }
            return Ok(());
        }
        let reader = self.run.reader().map_err(|error| unreadable(&error))?;
        Grader::new(self.digest.header()).each(reader, |_, scores| take(&scores))
    }
}
