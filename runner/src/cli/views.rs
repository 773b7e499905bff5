//! Every view of a stored run, made from its record.

use super::{args::FormatArg, cores};
use crate::{
    error::Error,
    exit,
    store::{RunDirectory, StoreError, TIMING},
};
use indexmap::IndexMap;
use reports::{
    ExitVerdict, Format, Graded, Options, Record, Report, Summary, Timing,
    grade::{GRADING_VERSION, Measures, SCORES_VERSION, ScoresHeader},
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
    record: Record,
    graded: Graded,
    summary: Summary,
    timing: Option<Timing>,
    /// The measures that are not those of the journal.
    measures: IndexMap<String, Measures>,
}

impl Views {
    /// Grades a record by these measures and computes its summary, on all cores. The measures are those that
    /// take the place of the record's own.
    ///
    /// # Errors
    /// When the record does not fit itself; `run` is the run that it is of.
    pub(super) fn of(
        run: &RunDirectory,
        mut record: Record,
        timing: Option<Timing>,
        measures: IndexMap<String, Measures>,
    ) -> Result<Self, Error> {
        for probe in &mut record.header.probes {
            if let Some(measures) = measures.get(&probe.id) {
                measures.clone().put_into(probe);
            }
        }
        cores::on_all(|| {
            let graded = reports::grade(&record)
                .map_err(|error| StoreError::Foreign { path: run.journal(), reason: error.to_string() })?;
            let summary = Summary::of(&record, &graded);
            Ok(Self { record, graded, summary, timing, measures })
        })?
    }

    /// Reads a stored run, with the measures that it was last graded by.
    pub(super) fn read(run: &RunDirectory) -> Result<Self, Error> {
        let timing = run.read(TIMING).and_then(|text| serde_json::from_str(&text).ok());
        let record = run.record()?;
        if !record.protected {
            super::output::unprotected(&run.journal());
        }
        Self::of(run, record, timing, run.measures()?)
    }

    /// One view as text.
    pub(super) fn render(&self, format: Format, options: &Options) -> Result<String, Error> {
        let report = Report {
            record: &self.record,
            graded: &self.graded,
            summary: &self.summary,
            timing: self.timing.as_ref(),
        };
        reports::render(format, &report, options).map_err(|error| Error::Report(error.to_string()))
    }

    /// Writes the grades and the standard views into the directory of the run.
    pub(super) fn write(&self, run: &RunDirectory) -> Result<(), Error> {
        let header = ScoresHeader {
            format: SCORES_VERSION,
            grading: GRADING_VERSION,
            journal: cores::on_all(|| run.journal_hash())??,
            trials: self.record.trials.len() as u64,
            complete: self.record.complete,
            measures: self.measures.clone(),
        };
        run.write_scores(&header, self.graded.probes.iter().flat_map(|probe| &probe.trials))?;
        for (name, format) in STANDARD {
            run.write(name, &self.render(format, &Options::default())?)?;
        }
        Ok(())
    }

    /// The table for a terminal.
    pub(super) fn terminal(&self) -> Result<String, Error> {
        let options = Options { colour: super::output::colourful(), ..Options::default() };
        self.render(Format::Terminal, &options)
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
