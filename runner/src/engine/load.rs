//! From a model reference to an engine that is ready to generate.

use super::{
    Engine,
    hub::Refusal,
    reference::{ModelReference, Source},
    scripted::Scripted,
    settings::Settings,
};
use crate::store;
use std::{path::Path, sync::Arc};
use thiserror::Error;

/// Weights below this size, in bytes, count as small: several single-threaded engines are then faster than one engine
/// on all cores.
const SMALL: u64 = 200 << 20;
/// The most engines side by side. Each keeps the thread that they share busy for a fifth of its time, so that more than
/// these would only wait for it, and each takes memory for the dialogues that it has in flight.
const MOST_ENGINES: usize = 8;

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
    /// The script of a scripted engine is malformed.
    #[error("{path} is no script: {reason}")]
    Script {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
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
    /// This binary has no engine.
    #[error(
        "this binary was built without an engine; build it with the default features, or give `scripted:FILE`"
    )]
    NoEngine,
}

/// How the processor is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Engines side by side.
    pub engines: usize,
    /// Threads of each.
    pub threads: usize,
}

impl Layout {
    /// The layout for a model on the processor: single-threaded engines, three for every two cores and up to eight, for a
    /// small model, one engine on all cores for a large one. An engine hands some of its work to a thread that all share and
    /// waits for it, for a fifth of its time; the third engine uses that time.
    pub fn of(reference: &ModelReference, cores: usize) -> Self {
        let size = match &reference.source {
            Source::Builtin(_) => 0,
            Source::Directory(directory) => store::weights_size(directory),
            Source::Gguf(file) | Source::Uqff(file) => store::file_size(file),
            Source::Hub(_) => u64::MAX,
            Source::Scripted(_) => return Self { engines: 1, threads: 1 },
        };
        match size < SMALL {
            true => Self { engines: (cores * 3).div_ceil(2).min(MOST_ENGINES), threads: 1 },
            false => Self { engines: 1, threads: cores },
        }
    }
}

/// Loads a model. A [`Layout`] alone means the processor.
///
/// # Errors
/// See [`LoadError`].
pub async fn load(
    reference: &ModelReference,
    settings: impl Into<Settings>,
) -> Result<Arc<dyn Engine>, LoadError> {
    if let Source::Scripted(path) = &reference.source {
        return scripted(reference, path);
    }
    let settings = settings.into();
    #[cfg(feature = "engine")]
    return super::mistral_load::load(reference, &settings).await;
    #[cfg(not(feature = "engine"))]
    {
        drop(settings);
        Err(LoadError::NoEngine)
    }
}

fn scripted(reference: &ModelReference, path: &Path) -> Result<Arc<dyn Engine>, LoadError> {
    let shown = path.display().to_string();
    let text = store::read_text(path).map_err(|source| LoadError::Read { path: shown.clone(), source })?;
    let engine = Scripted::parse(&reference.name, &reference.text, &text)
        .map_err(|reason| LoadError::Script { path: shown, reason })?;
    Ok(Arc::new(engine))
}
