//! Loads weights, and waits no longer than it is to take.

#[cfg(feature = "engine")]
use super::{load, refused::refused};
use crate::engine::{Engine, load_error::LoadError, reference::ModelReference, settings::Settings};
use std::sync::Arc;

/// Loads a checkpoint.
#[cfg(not(feature = "engine"))]
pub(super) async fn in_time(_: &ModelReference, _: Settings) -> Result<Arc<dyn Engine>, LoadError> {
    Err(LoadError::NoEngine)
}

/// Loads with the engine, on a thread of its own: whatever a model's files make of loading (a template without end, say), it holds
/// up nobody who waits with patience.
#[cfg(feature = "engine")]
pub(super) async fn in_time(
    reference: &ModelReference,
    settings: Settings,
) -> Result<Arc<dyn Engine>, LoadError> {
    let (sender, loaded) = tokio::sync::oneshot::channel();
    let (runtime, patience) = (tokio::runtime::Handle::current(), settings.load_timeout);
    let refused = |reason: &str| refused(reference, reason);
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
