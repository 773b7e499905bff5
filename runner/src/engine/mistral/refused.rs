//! The engine's refusals in words.

use crate::engine::{engine_errors, load_error::LoadError, reference::ModelReference};
use reports::format::safe;

/// The engine's refusal, with what to do where that is known.
pub(super) fn refused(reference: &ModelReference, reason: &str) -> LoadError {
    LoadError::Engine {
        reference: reference.text.clone(),
        reason: safe::line(&engine_errors::explained(reason)),
    }
}
