//! `grice report`: any view of a stored run.

use super::{
    args::{FormatArg, ReportArgs, Transcripts},
    output,
    views::Views,
};
use crate::{
    error::Error,
    exit,
    spec::{Filter, Names},
    store::{self, RunDirectory},
};
use reports::{FormatOptions, Room, record::TrialKey, summary::family_of};

/// Prints or writes one view.
pub(super) fn report(arguments: &ReportArgs) -> Result<u8, Error> {
    let mut room = Room::default();
    let html = arguments.format == FormatArg::Html;
    for (option, given) in
        [("--transcripts", arguments.transcripts.is_some()), ("--filter", arguments.filter.is_some())]
    {
        if given && !html {
            return Err(Error::Usage(format!("{option} goes with --format html only")));
        }
    }
    if let Some(Transcripts(most)) = arguments.transcripts {
        // Whoever names a number wants so many, however large the page becomes.
        room = Room { transcripts: most, bytes: usize::MAX };
    }
    let filter = arguments.filter.as_deref().map(Filter::parse).transpose();
    let filter = filter.map_err(|error| Error::Usage(error.to_string()))?;
    let mut views = Views::read(&RunDirectory::at(&arguments.run))?;
    if matches!(arguments.format, FormatArg::Html | FormatArg::Markdown) {
        views.select(room, |key| filter.as_ref().is_none_or(|filter| filter.matches(names(key))))?;
    }
    let (format, options) = (arguments.format.into(), FormatOptions::default());
    let Some(file) = &arguments.output else {
        return match arguments.format {
            FormatArg::Terminal => output::text(&views.terminal()?),
            _ => output::stream(|output| views.render(format, &options, output)),
        };
    };
    let path = file.display().to_string();
    store::write_with(file, |output| views.render(format, &options, output))
        .map_err(|error| output::unwritten(error, Some(path)))?;
    output::note(&format!("wrote {}", file.display()));
    Ok(exit::SUCCESS)
}

fn names(key: &TrialKey) -> Names<'_> {
    Names { family: family_of(&key.probe), probe: &key.probe, case: &key.case, arm: &key.arm }
}
