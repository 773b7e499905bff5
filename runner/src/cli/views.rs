//! Every view of a stored run, made from its record.

use super::{args::FormatArg, cores};
use crate::{
    error::Error,
    exit,
    store::{RunDirectory, SCORES, TIMING},
};
use reports::{ExitVerdict, Format, Graded, Options, Record, Report, Summary, Timing};

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
}

impl Views {
    /// Grades a record and computes its summary, on all cores.
    pub(super) fn of(record: Record, timing: Option<Timing>) -> Result<Self, Error> {
        cores::on_all(|| {
            let graded = reports::grade(&record).map_err(|error| Error::Report(error.to_string()))?;
            let summary = Summary::of(&record, &graded);
            Ok(Self { record, graded, summary, timing })
        })?
    }

    /// Reads a stored run.
    pub(super) fn read(run: &RunDirectory) -> Result<Self, Error> {
        let timing = run.read(TIMING).and_then(|text| serde_json::from_str(&text).ok());
        Self::of(run.record()?, timing)
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
        let mut lines = String::new();
        for scores in self.graded.probes.iter().flat_map(|probe| &probe.trials) {
            let line = serde_json::to_string(scores).map_err(|error| Error::Report(error.to_string()))?;
            lines.push_str(&line);
            lines.push('\n');
        }
        run.write(SCORES, &lines)?;
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

    /// The exit code that the run has earned. A failed generation weighs more than an expectation,
    /// because what was measured is then incomplete.
    pub(super) fn exit_code(&self) -> u8 {
        let failures = &self.summary.total.failures;
        if failures.engine + failures.timeout > 0 {
            return exit::ENGINE;
        }
        match self.summary.exit_verdict() {
            ExitVerdict::Passed => exit::SUCCESS,
            ExitVerdict::NoGenerations => exit::ENGINE,
            ExitVerdict::Failed | ExitVerdict::Undecided => exit::EXPECTATION,
        }
    }
}
