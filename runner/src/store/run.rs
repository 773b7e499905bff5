//! The directory of a run: its journal, and the views made of it.

use super::{Journal, JournalError, StoreError, disk, names::folder_of};
use indexmap::IndexMap;
use reports::{
    grade::{Measures, ScoresError, ScoresHeader, ScoresReader, ScoresWriter},
    record::{Header, Reader, Record},
};
use std::{
    fs::{self, File},
    io::{self, BufReader},
    path::{Path, PathBuf},
};

/// The record itself.
pub const JOURNAL: &str = "journal.jsonl";
/// The grades, computed from the journal.
pub const SCORES: &str = "scores.jsonl";
/// Times and speeds, which differ between equal runs and so are no part of the record.
pub const TIMING: &str = "timing.json";

/// Bytes of a file beside the record that is read back, times and speeds: they fill less than one kilobyte.
const LONGEST_VIEW: u64 = 1 << 20;

/// What can be known of a journal without reading its trials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// BLAKE3 of the file, in hex.
    pub hash: String,
    /// Its trials.
    pub trials: u64,
    /// Whether its last line says that the run came to its end.
    pub complete: bool,
}

/// A run on the disk.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// The run in a directory, or that a journal file belongs to.
    pub fn at(path: &Path) -> Self {
        let is_journal = path.file_name().is_some_and(|name| name == JOURNAL);
        let directory = if is_journal { folder_of(path) } else { path };
        Self { path: directory.to_owned() }
    }

    /// The names of the folders right below one that hold a run, sorted.
    pub fn below(path: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
        let runs = entries.flatten().filter(|entry| Self::at(&entry.path()).exists());
        let mut names: Vec<String> =
            runs.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The journal's path, as messages name it.
    pub fn journal(&self) -> String {
        self.file(JOURNAL).display().to_string()
    }

    /// The path of the grades, as messages name it.
    pub fn grades(&self) -> String {
        self.file(SCORES).display().to_string()
    }

    /// Opens a file of the run. A link out of the folder would have the run hold what was never written into it.
    fn open(&self, name: &str) -> Result<BufReader<File>, StoreError> {
        let path = self.file(name);
        disk::stays_in(&self.path, &path).and_then(|()| disk::open(&path)).map_err(self.unusable(name))
    }

    /// Whether there is a run here.
    pub fn exists(&self) -> bool {
        self.file(JOURNAL).is_file()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn error(&self, name: &str) -> impl FnOnce(io::Error) -> StoreError + use<> {
        let path = self.file(name).display().to_string();
        move |source| StoreError::File { path, source }
    }

    /// Why a file cannot be opened: what is no file of a run is another matter than a system that refuses.
    fn unusable(&self, name: &str) -> impl FnOnce(io::Error) -> StoreError + use<> {
        let path = self.file(name).display().to_string();
        move |source| match source.kind() {
            io::ErrorKind::InvalidInput => StoreError::Foreign { path, reason: source.to_string() },
            _ => StoreError::File { path, source },
        }
    }

    /// Starts a new run; makes the directory where there is none.
    ///
    /// # Errors
    /// When there is a run already, or the directory cannot be written.
    pub fn create(&self, header: &Header) -> Result<Journal, StoreError> {
        fs::create_dir_all(&self.path).map_err(self.error(""))?;
        if self.file(JOURNAL).exists() {
            return Err(StoreError::Exists(self.path.display().to_string()));
        }
        match Journal::create(&self.file(JOURNAL), header) {
            // Another program was quicker.
            Err(JournalError::Write { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
                Err(StoreError::Exists(self.path.display().to_string()))
            }
            created => Ok(created?),
        }
    }

    /// Continues a run.
    ///
    /// # Errors
    /// When there is none, or it is a different one.
    pub fn resume(&self, header: &Header) -> Result<Journal, StoreError> {
        self.check()?;
        disk::stays_in(&self.path, &self.file(JOURNAL)).map_err(self.unusable(JOURNAL))?;
        Ok(Journal::resume(&self.file(JOURNAL), header)?)
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.exists() {
            true => Ok(()),
            false => Err(StoreError::NoRun(self.path.display().to_string())),
        }
    }

    /// Reads the whole record into memory.
    ///
    /// # Errors
    /// When there is none, or it is corrupt or of a newer format.
    pub fn record(&self) -> Result<Record, StoreError> {
        self.check()?;
        let input = self.open(JOURNAL)?;
        let path = self.journal();
        Record::read(input).map_err(|source| StoreError::Record { path, source })
    }

    /// Reads the record trial by trial.
    ///
    /// # Errors
    /// When there is none, or its header is corrupt or of a newer format.
    pub fn reader(&self) -> Result<Reader<BufReader<File>>, StoreError> {
        self.check()?;
        let input = self.open(JOURNAL)?;
        let path = self.journal();
        Reader::new(input).map_err(|source| StoreError::Record { path, source })
    }

    /// BLAKE3 of the journal, in hex.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn journal_hash(&self) -> Result<String, StoreError> {
        self.check()?;
        let input = self.open(JOURNAL)?;
        disk::hash(input, |_| {}).map_err(self.error(JOURNAL))
    }

    /// Looks at the journal as a whole: its hash, and how many trials it has, as its lines tell.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn survey(&self) -> Result<Survey, StoreError> {
        self.check()?;
        let mut lines = Count::default();
        let hash = disk::hash(self.open(JOURNAL)?, |piece| lines.see(piece)).map_err(self.error(JOURNAL))?;
        let complete = lines.last == END;
        // The header is no trial, and neither is the end.
        let trials = lines.whole.saturating_sub(1 + u64::from(complete));
        Ok(Survey { hash, trials, complete })
    }

    /// Reads the grades trial by trial; none where there are none, or where they are so old that nobody can say
    /// which journal they are of.
    ///
    /// # Errors
    /// When they are corrupt or of a newer format.
    pub fn scores(&self) -> Result<Option<ScoresReader<BufReader<File>>>, StoreError> {
        if !self.file(SCORES).exists() {
            return Ok(None);
        }
        let input = self.open(SCORES)?;
        match ScoresReader::new(input) {
            Ok(reader) => Ok(Some(reader)),
            Err(ScoresError::Unversioned) => Ok(None),
            Err(source) => Err(StoreError::Scores { path: self.grades(), source }),
        }
    }

    /// The measures that the run was last graded by where they are not those of its journal, by probe.
    ///
    /// # Errors
    /// When the grades are of a newer format, or their first line is corrupt.
    pub fn measures(&self) -> Result<IndexMap<String, Measures>, StoreError> {
        Ok(self.scores()?.map(|scores| scores.header().measures.clone()).unwrap_or_default())
    }

    /// Writes the grades of the run, which `fill` adds one by one; what that returns.
    ///
    /// # Errors
    /// When the directory cannot be written, and what `fill` says; the older grades are then untouched.
    pub fn write_scores<T, E: From<io::Error>>(
        &self,
        header: &ScoresHeader,
        fill: impl FnOnce(&mut ScoresWriter<&mut (dyn io::Write + Send)>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_with(SCORES, |output| fill(&mut ScoresWriter::new(output, header)?))
    }

    /// Reads a further file of the run, of [`LONGEST_VIEW`] bytes at most; none where it is missing, or no such file.
    pub fn read(&self, name: &str) -> Option<String> {
        let path = self.file(name);
        disk::stays_in(&self.path, &path).ok()?;
        String::from_utf8(disk::read_at_most(&path, LONGEST_VIEW).ok()?).ok()
    }

    /// Writes a view of the run.
    ///
    /// # Errors
    /// When the directory cannot be written; an older view is then untouched.
    pub fn write(&self, name: &str, text: &str) -> Result<(), StoreError> {
        disk::write_atomically(&self.file(name), text).map_err(self.error(name))
    }

    /// Writes a file of the run piece by piece; what the writer returns.
    ///
    /// # Errors
    /// When the directory cannot be written, and what `write` says; an older file is then untouched.
    pub fn write_with<T, E: From<io::Error>>(
        &self,
        name: &str,
        write: impl FnOnce(&mut (dyn io::Write + Send)) -> Result<T, E>,
    ) -> Result<T, E> {
        disk::write_with(&self.file(name), write)
    }
}

/// How the last line of a complete journal begins.
const END: &[u8] = b"{\"end\":";

/// The lines of a file that is seen piece by piece.
#[derive(Default)]
struct Count {
    /// Lines that have come to their end, but for blank ones.
    whole: u64,
    /// How the last of them begins.
    last: Vec<u8>,
    /// How the line begins that is being seen.
    begun: Vec<u8>,
}

impl Count {
    fn see(&mut self, piece: &[u8]) {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let room = END.len().saturating_sub(self.begun.len());
            self.begun.extend(part.iter().take(room));
            if part.last() != Some(&b'\n') {
                return;
            }
            if !self.begun.trim_ascii().is_empty() {
                self.whole += 1;
                std::mem::swap(&mut self.last, &mut self.begun);
            }
            self.begun.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_whatever_pieces_they_come_in() {
        let text = b"{\"run\":1}\n{\"trial\":1}\n\n{\"trial\":2}\n{\"end\":2}\n{\"tr";
        for size in 1..text.len() {
            let mut count = Count::default();
            text.chunks(size).for_each(|piece| count.see(piece));
            assert_eq!((count.whole, count.last.as_slice()), (4, END), "in pieces of {size}");
        }
    }
}
