//! From a model reference to an engine that is ready to generate.

use super::{Engine, isolated::Isolated, reference::ModelReference, settings::Settings};
pub use super::{layout::Layout, load_error::LoadError};
use std::sync::Arc;

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
