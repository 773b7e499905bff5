//! From a model reference to an engine that is ready to generate.

use super::{
    Engine, hub::Refusal, isolated::Isolated, machine::Machine, reference::ModelReference, settings::Settings,
};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use thiserror::Error;

/// Share of a machine's memory that the weights of all engines on its processor may take together.
const SHARE: u64 = 4;
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

/// How the processor is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Engines side by side.
    pub engines: usize,
    /// Threads of each.
    pub threads: usize,
}

impl Layout {
    /// The layout for a model on the processor whose weights take so many bytes there: single-threaded engines, three for
    /// every two cores and up to eight, as far as memory goes; one engine on all cores where nothing is known. An engine
    /// hands some of its work to a thread that all share and waits for it, for a fifth of its time; the third engine uses
    /// that time.
    pub fn of(weights: Option<u64>, machine: &Machine) -> Self {
        let cores = machine.cores.max(1);
        let most = (cores * 3).div_ceil(2).min(MOST_ENGINES);
        let engines = match (weights, machine.memory) {
            (None, _) => 1,
            (Some(0), _) => most,
            (Some(_), None) => 1,
            (Some(weights), Some(memory)) => {
                usize::try_from(memory.total / SHARE / weights).unwrap_or(most).clamp(1, most)
            }
        };
        let threads = if engines == most { 1 } else { (cores / engines).max(1) };
        Self { engines, threads }
    }
}

/// Loads a model, in this process or in one of its own. A [`Layout`] alone means the processor.
///
/// # Errors
/// See [`LoadError`].
pub async fn load(
    reference: &ModelReference,
    settings: impl Into<Settings>,
) -> Result<Arc<dyn Engine>, LoadError> {
    let settings = settings.into();
    if let Some(isolation) = settings.isolation {
        return Ok(Arc::new(Isolated::start(reference, &settings, isolation).await?));
    }
    reference.source.kind().load(reference, settings).await
}
