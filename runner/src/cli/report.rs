//! `grice report`: any view of a stored run.

use super::{
    args::{FormatArg, ReportArgs, Transcripts},
    output,
    views::Views,
};
use crate::{
    error::Error,
    exit,
    store::{self, RunDirectory},
};
use reports::Options;

/// Prints or writes one view.
pub(super) fn report(arguments: &ReportArgs) -> Result<u8, Error> {
    let mut options = Options::default();
    if let Some(Transcripts(most)) = arguments.transcripts {
        if arguments.format != FormatArg::Html {
            return Err(Error::Usage("--transcripts goes with --format html only".to_owned()));
        }
        // Whoever names a number wants so many, however large the page becomes.
        (options.max_transcripts, options.max_transcript_bytes) = (most, usize::MAX);
    }
    let views = Views::read(&RunDirectory::at(&arguments.run))?;
    let Some(file) = &arguments.output else {
        return match arguments.format {
            FormatArg::Terminal => output::text(&views.terminal()?),
            format => output::text(&views.render(format.into(), &options)?),
        };
    };
    let text = views.render(arguments.format.into(), &options)?;
    store::write_atomically(file, &text).map_err(|source| {
        let path = file.display().to_string();
        Error::Store(store::StoreError::File { path, source })
    })?;
    output::note(&format!("wrote {}", file.display()));
    Ok(exit::SUCCESS)
}
