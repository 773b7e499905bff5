//! The parameters of a scorer, and what can be wrong with them.

use super::{grading::Scorer, reads::Reads};
use crate::ValueKind;
use thiserror::Error;

/// A scorer's parameters as a spec writes them.
pub trait Configure {
    /// The live turn that is graded.
    fn turn(&self) -> &str;

    /// Further live turns that the scorer reads.
    fn other_turns(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Live turns of forks beside the graded turn that the scorer reads: of every branch from the same prefix.
    fn turns_beside(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Which part of the turn is graded; none for a scorer whose parts say so themselves.
    fn reads(&self) -> Option<Reads>;

    /// The kind of grade that the scorer gives.
    fn kind(&self) -> ValueKind;

    /// A scorer ready to grade; compiles patterns and checks ranges.
    ///
    /// # Errors
    /// When a parameter has the right type but no sensible value.
    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError>;

    /// Everything that has no sensible value: the error of [`Configure::build`], and those that it
    /// hides.
    fn errors(&self) -> Vec<ConfigError> {
        self.build().err().into_iter().collect()
    }
}

/// A parameter that makes no sense.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ConfigError {
    /// Which parameter, as the path that a spec writes below the scorer's name
    /// (`of[1].pattern.regex`); empty for the whole.
    pub parameter: String,
    /// What is wrong, in one lowercase sentence.
    pub message: String,
    /// What would be right, where that is known.
    pub help: Option<String>,
    /// Whether the name of the parameter is wrong, or one is missing; its value otherwise.
    pub of_key: bool,
}

impl ConfigError {
    /// An error about the value of one parameter.
    pub fn new(parameter: impl Into<String>, message: impl Into<String>) -> Self {
        Self { parameter: parameter.into(), message: message.into(), help: None, of_key: false }
    }

    /// The same error with what would be right.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same error seen from further out: `place` is put before its path.
    #[must_use]
    pub fn within(self, place: &str) -> Self {
        let parameter = match self.parameter.as_str() {
            "" => place.to_owned(),
            inner => format!("{place}.{inner}"),
        };
        Self { parameter, ..self }
    }
}
