//! What can go wrong between the transcripts of a run and what takes their grades, and what a user is told of it.

use crate::{error::Error, store::StoreError};
use reports::{
    CompareError,
    grade::{GradeError, StreamError},
};

/// A run or baseline whose trials do not belong to its header.
pub(crate) fn foreign(path: &str, error: &CompareError) -> Error {
    let reason = match error {
        CompareError::Record { error, .. } => error.clone(),
        other => other.to_string(),
    };
    StoreError::Foreign { path: path.to_owned(), reason }.into()
}

/// What can go wrong between a transcript and what takes its grades.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The run cannot be read.
    Store(StoreError),
    /// The journal is not what it was when it was begun with.
    Changed,
    /// It cannot be read or graded.
    Stream(StreamError),
    /// It does not belong to the header.
    Side(CompareError),
    /// The consumer could not write.
    Write(std::io::Error),
}

impl From<StreamError> for Failed {
    fn from(error: StreamError) -> Self {
        Self::Stream(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<GradeError> for Failed {
    fn from(error: GradeError) -> Self {
        Self::Stream(error.into())
    }
}

impl From<CompareError> for Failed {
    fn from(error: CompareError) -> Self {
        Self::Side(error)
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::Write(error)
    }
}

impl Failed {
    /// The error for the user; `path` is the run or baseline that was read, `file` what holds its trials.
    pub(crate) fn into_error(self, path: &str, file: &str) -> Error {
        let path = path.to_owned();
        match self {
            Self::Store(error) => error.into(),
            Self::Changed => {
                let reason = "it was changed while it was graded; `grice score` grades it anew".to_owned();
                StoreError::Foreign { path, reason }.into()
            }
            Self::Stream(StreamError::Record(source)) => {
                StoreError::Record { path: file.to_owned(), source }.into()
            }
            Self::Stream(StreamError::Grade(error)) => {
                StoreError::Foreign { path, reason: error.to_string() }.into()
            }
            Self::Side(error) => foreign(&path, &error),
            Self::Write(source) => StoreError::File { path, source }.into(),
        }
    }
}
