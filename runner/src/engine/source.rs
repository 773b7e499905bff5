//! Where models come from, by the kind of engine that takes them: the one list of engines.

use serde::{Deserialize, Serialize};

/// The kinds of engines, each with the model that it takes, handed to a macro. Those that a prefix tells stand before those that take
/// any path.
macro_rules! engines {
    ($to:ident) => {
        $to! {
            /// Canned answers.
            Scripted($crate::engine::scripted::Script),
            /// Weights that are computed on this machine.
            Weights($crate::engine::mistral::Checkpoint),
        }
    };
}
pub(super) use engines;

macro_rules! source {
    ($($(#[doc = $doc:literal])+ $kind:ident($model:ty),)+) => {
        /// Where a model comes from.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Source {
            $($(#[doc = $doc])+ $kind($model),)+
        }
    };
}

engines!(source);
