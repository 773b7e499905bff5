//! Trials of a journal that are run again when it is continued: those that broke for want of time or of a working engine.
//!
//! Such a trial says nothing of the model, and another try may well end otherwise. A dialogue that did not fit into the
//! context, or whose text or template could not be filled in, would end in the same way, so it stays.

use reports::record::TrialRecord;
use scorers::{Body, FailureKind, Turn};
use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
};

/// Whether a trial is to be run again.
pub(super) fn is_due(trial: &TrialRecord) -> bool {
    let transcript = &trial.transcript;
    let mut turns =
        transcript.turns.iter().chain(transcript.branches.iter().flat_map(|branch| &branch.turns));
    turns.any(|turn: &Turn| {
        matches!(turn.body, Body::Failed { kind: FailureKind::Engine | FailureKind::Timeout, .. })
    })
}

/// Writes some pieces of a file, given as start and length, into a new one beside it, locks that, and puts it into the
/// place of the old one, at once or not at all. Returns the new file, open for reading and appending.
pub(super) fn keep_only(
    file: &File,
    path: &Path,
    pieces: impl Iterator<Item = (u64, usize)>,
    lock: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<File> {
    let mut kept = tempfile::Builder::new().prefix(".grice-").tempfile_in(super::disk::folder_of(path))?;
    {
        let (mut input, mut output) = (BufReader::new(file), BufWriter::new(kept.as_file_mut()));
        let mut buffer = Vec::new();
        for (start, length) in pieces {
            buffer.resize(length, 0);
            input.seek(SeekFrom::Start(start))?;
            input.read_exact(&mut buffer)?;
            output.write_all(&buffer)?;
        }
        output.flush()?;
    }
    kept.as_file().sync_all()?;
    super::disk::readable_by_all(kept.as_file())?;
    let appending = File::options().read(true).append(true).open(kept.path())?;
    lock(&appending)?;
    kept.persist(path).map_err(|error| error.error)?;
    Ok(appending)
}
