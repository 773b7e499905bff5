//! Why a model could not be loaded.

use super::hub::Refusal;
use std::time::Duration;
use thiserror::Error;

/// Why a model could not be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A file of the model could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// What its kind of engine cannot load, in words.
    #[error("{0}")]
    Refused(String),
    /// The engine refused the model.
    #[error("the engine cannot load {reference}: {reason}")]
    Engine {
        /// The reference that the user gave.
        reference: String,
        /// What the engine said.
        reason: String,
    },
    /// A hub id of which the hub gives nothing.
    #[error("cannot get {id}: {refusal}\n  the engine says: {reason}")]
    Hub {
        /// The id.
        id: String,
        /// What that means, and what to do.
        refusal: Refusal,
        /// The engine's words.
        reason: String,
    },
    /// Loading took too long.
    #[error("{reference} was not loaded within {} s; --load-timeout sets how long that may take", patience.as_secs_f64())]
    Late {
        /// The reference that the user gave.
        reference: String,
        /// How long it had.
        patience: Duration,
    },
    /// The process of an engine did not come so far.
    #[error("{0}")]
    Isolated(String),
    /// This binary has no engine.
    #[error(
        "this binary was built without an engine; build it with the default features, or give `scripted:FILE`"
    )]
    NoEngine,
}
