//! The directory of a run: its journal, and the views made of it.

use super::{Journal, JournalError, StoreError, disk};
use indexmap::IndexMap;
use reports::{
    grade::{Measures, ScoresError, ScoresHeader, ScoresReader, TrialScores},
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

/// A run on the disk.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// The run in a directory, or that a journal file belongs to.
    pub fn at(path: &Path) -> Self {
        let is_journal = path.file_name().is_some_and(|name| name == JOURNAL);
        let directory = if is_journal { disk::folder_of(path) } else { path };
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
        disk::hash(input).map_err(self.error(JOURNAL))
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

    /// Writes the grades of the run.
    ///
    /// # Errors
    /// When the directory cannot be written; the older grades are then untouched.
    pub fn write_scores<'a>(
        &self,
        header: &ScoresHeader,
        trials: impl IntoIterator<Item = &'a TrialScores>,
    ) -> Result<(), StoreError> {
        let write = |output: &mut dyn io::Write| reports::grade::write_scores(output, header, trials);
        disk::write_with(&self.file(SCORES), write).map_err(self.error(SCORES))
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
}
