//! What can go wrong while a built-in model is written, trained or exported.

use std::path::{Path, PathBuf};

/// An error of this crate. Messages are lowercase fragments that fit after "error: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tensor operation failed: a shape that does not fit, a data type that is not there.
    #[error("tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder in question.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A JSON file does not hold what it should.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file in question.
        path: PathBuf,
        /// Where and how it departs from what is expected.
        source: serde_json::Error,
    },
    /// The tokenizer could not be trained, read, written or applied.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// The request itself makes no sense: an empty corpus, a model directory without a tensor it needs.
    #[error("{0}")]
    Invalid(String),
}

/// Result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Wraps an input or output error with the path it happened at.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::File { path: path.to_owned(), source }
    }

    /// Wraps a JSON error with the path of the file it happened in.
    pub(crate) fn json(path: &Path) -> impl FnOnce(serde_json::Error) -> Self + '_ {
        move |source| Self::Json { path: path.to_owned(), source }
    }

    /// Turns the boxed errors of the tokenizer library into ours.
    pub(crate) fn tokenizer(error: impl std::fmt::Display) -> Self {
        Self::Tokenizer(error.to_string())
    }
}
