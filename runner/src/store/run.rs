//! The directory of a run: its journal, and the views made of it.

use super::{Journal, JournalError, disk};
use reports::record::{Header, Reader, Record, RecordError};
use std::{
    fs::{self, File},
    io::{self, BufReader},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// The record itself.
pub const JOURNAL: &str = "journal.jsonl";
/// The grades, computed from the journal.
pub const SCORES: &str = "scores.jsonl";
/// Times and speeds, which differ between equal runs and so are no part of the record.
pub const TIMING: &str = "timing.json";

/// Why a run cannot be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no run here.
    #[error("{0} is no run directory: it has no journal.jsonl")]
    NoRun(String),
    /// There is a run here already.
    #[error("{0} holds a run already; choose another --out, or continue it with --resume")]
    Exists(String),
    /// The record is unreadable.
    #[error("{path}: {source}")]
    Record {
        /// The journal.
        path: String,
        /// What is wrong.
        source: RecordError,
    },
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The system refused.
    #[error("{path}: {source}")]
    File {
        /// The file or directory.
        path: String,
        /// What the system said.
        source: io::Error,
    },
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
        let directory = if is_journal { path.parent().unwrap_or(Path::new(".")) } else { path };
        Self { path: directory.to_owned() }
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

    /// Starts a new run; makes the directory where there is none.
    ///
    /// # Errors
    /// When there is a run already, or the directory cannot be written.
    pub fn create(&self, header: &Header) -> Result<Journal, StoreError> {
        fs::create_dir_all(&self.path).map_err(self.error(""))?;
        if self.file(JOURNAL).exists() {
            return Err(StoreError::Exists(self.path.display().to_string()));
        }
        Ok(Journal::create(&self.file(JOURNAL), header)?)
    }

    /// Continues a run.
    ///
    /// # Errors
    /// When there is none, or it is a different one.
    pub fn resume(&self, header: &Header) -> Result<Journal, StoreError> {
        self.check()?;
        Ok(Journal::resume(&self.file(JOURNAL), header)?)
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.file(JOURNAL).is_file() {
            true => Ok(()),
            false => Err(StoreError::NoRun(self.path.display().to_string())),
        }
    }

    /// Reads the record.
    ///
    /// # Errors
    /// When there is none, or it is corrupt or of a newer format.
    pub fn record(&self) -> Result<Record, StoreError> {
        self.check()?;
        let text = disk::read_text(&self.file(JOURNAL)).map_err(self.error(JOURNAL))?;
        let path = self.file(JOURNAL).display().to_string();
        Record::parse(&text).map_err(|source| StoreError::Record { path, source })
    }

    /// Reads the record trial by trial.
    ///
    /// # Errors
    /// When there is none, or its header is corrupt or of a newer format.
    pub fn reader(&self) -> Result<Reader<BufReader<File>>, StoreError> {
        self.check()?;
        let input = File::open(self.file(JOURNAL)).map_err(self.error(JOURNAL))?;
        let path = self.file(JOURNAL).display().to_string();
        Reader::new(BufReader::new(input)).map_err(|source| StoreError::Record { path, source })
    }

    /// Reads a further file of the run; none where it is missing.
    pub fn read(&self, name: &str) -> Option<String> {
        disk::read_text(&self.file(name)).ok()
    }

    /// Writes a view of the run.
    ///
    /// # Errors
    /// When the directory cannot be written; an older view is then untouched.
    pub fn write(&self, name: &str, text: &str) -> Result<(), StoreError> {
        disk::write_atomically(&self.file(name), text).map_err(self.error(name))
    }
}
