//! What ends a command early, and the exit code that it ends with.

use crate::{
    engine::{load::LoadError, reference::ReferenceError, settings::SettingsError},
    exit,
    store::{JournalError, StoreError},
};
use thiserror::Error;

/// Why a command could not do its work.
#[derive(Debug, Error)]
pub enum Error {
    /// The arguments contradict each other or the files they name.
    #[error("{0}")]
    Usage(String),
    /// Specs are invalid; the text shows every place.
    #[error("{0}")]
    InvalidSpec(String),
    /// The specs and the filter leave nothing.
    #[error("{0}")]
    NothingSelected(String),
    /// A model reference leads nowhere.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The engine's options do not go together, or not with machine, build or model.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The model cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A run cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Records that have nothing in common.
    #[error("{0}")]
    NotComparable(String),
    /// A report cannot be made.
    #[error("{0}")]
    Report(String),
    /// Standard output is gone, or the system refused something else.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

impl From<JournalError> for Error {
    fn from(error: JournalError) -> Self {
        Self::Store(StoreError::Journal(error))
    }
}

impl Error {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Reference(_) | Self::Settings(_) => exit::USAGE,
            Self::InvalidSpec(_) => exit::INVALID_SPEC,
            Self::NothingSelected(_) => exit::NOTHING_SELECTED,
            Self::Load(_) => exit::ENGINE,
            Self::NotComparable(_) => exit::NOT_COMPARABLE,
            Self::Store(StoreError::Journal(JournalError::Different { .. }) | StoreError::Exists(_)) => {
                exit::USAGE
            }
            Self::Store(
                StoreError::NoRun(_)
                | StoreError::Nothing { .. }
                | StoreError::Record { .. }
                | StoreError::Scores { .. }
                | StoreError::Baseline { .. }
                | StoreError::Foreign { .. }
                | StoreError::Journal(JournalError::Record { .. } | JournalError::Locked(_)),
            ) => exit::UNREADABLE,
            Self::Store(_) | Self::Report(_) | Self::System(_) => exit::UNEXPECTED,
        }
    }
}
