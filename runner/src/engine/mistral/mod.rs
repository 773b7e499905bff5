//! mistral.rs: the engine that computes weights on this machine, in this process or in one of its own.
//!
//! What a reference to weights means ([`Checkpoint`]) is known to every build; all else is there where the engine was built in.

#[cfg(feature = "engine")]
mod build;
mod checkpoint;
#[cfg(feature = "engine")]
mod draw;
#[cfg(feature = "engine")]
pub mod load;
#[cfg(feature = "engine")]
mod model;
#[cfg(feature = "engine")]
mod quiet;
#[cfg(feature = "engine")]
mod rewrite;

pub(super) use checkpoint::HUB;
pub use checkpoint::{ADAPTER_FILES, Checkpoint, Organism};

use super::{Engine, load::LoadError, reference::ModelReference, settings::Settings};
use std::sync::Arc;

/// Loads a checkpoint.
#[cfg(not(feature = "engine"))]
async fn in_time(_: &ModelReference, _: Settings) -> Result<Arc<dyn Engine>, LoadError> {
    Err(LoadError::NoEngine)
}

/// Loads with the engine, on a thread of its own: whatever a model's files make of loading (a template without end, say), it holds
/// up nobody who waits with patience.
#[cfg(feature = "engine")]
async fn in_time(reference: &ModelReference, settings: Settings) -> Result<Arc<dyn Engine>, LoadError> {
    let (sender, loaded) = tokio::sync::oneshot::channel();
    let (runtime, patience) = (tokio::runtime::Handle::current(), settings.load_timeout);
    let refused = |reason: &str| load::refused(reference, reason);
    let of = reference.clone();
    let loading = move || {
        // Who has gone has lost patience.
        let _ = sender.send(runtime.block_on(load::load(&of, &settings)));
    };
    let thread = std::thread::Builder::new().name("loading".to_owned()).spawn(loading);
    thread.map_err(|error| refused(&error.to_string()))?;
    match tokio::time::timeout(patience, loaded).await {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(_)) => Err(refused("it broke off while loading")),
        Err(_) => Err(LoadError::Late { reference: reference.text.clone(), patience }),
    }
}
