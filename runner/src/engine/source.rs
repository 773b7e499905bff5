//! Where models come from, by the kind of engine that takes them.

use super::{mistral::Checkpoint, scripted::Script};
use serde::{Deserialize, Serialize};

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Canned answers.
    Scripted(Script),
    /// Weights that are computed on this machine.
    Weights(Checkpoint),
}
