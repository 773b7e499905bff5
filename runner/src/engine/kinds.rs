//! The kinds of engines, in one list: what a reference can lead to, and whose business that is.
//!
//! A new kind of engine is a folder beside this file, which says here how it reads references, what settings it takes and how it
//! loads; its `mod` in `engine/mod.rs`; and its line in the list below. Nobody outside of these folders asks of what kind a model is.

use super::{
    Engine,
    footprint::Footprint,
    load::LoadError,
    machine::Machine,
    mistral::Checkpoint,
    options::Options,
    reference::{ModelReference, ReferenceError},
    scripted::Script,
    settings::{Settings, SettingsError},
};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// A model as one kind of engine takes it.
pub trait Kind: Sync {
    /// Reads a reference without its name and adapter, and whether it is only supposed to be of this kind. None where it is not.
    fn read(reference: &str) -> Option<Result<(Self, bool), ReferenceError>>
    where
        Self: Sized;

    /// What reports call the model where the user gives no name; signs that names do not have are replaced.
    fn name(&self, reference: &str) -> String;

    /// That a LoRA adapter can lie on top.
    ///
    /// # Errors
    /// Why not, for the one at this path.
    fn takes_adapter(&self, adapter: &Path) -> Result<(), ReferenceError>;

    /// Whether it computes on the devices of this machine.
    fn computes(&self) -> bool;

    /// How much memory it needs; none where nothing is known, or none is needed.
    fn footprint(&self) -> Option<Footprint>;

    /// The folder in which the model's publisher recommends how to sample; none where it has none on this machine.
    fn folder(&self) -> Option<PathBuf>;

    /// Completes options for this model on a machine.
    ///
    /// # Errors
    /// What of the options does not fit, and what to do instead.
    fn settings(
        &self,
        reference: &ModelReference,
        options: &Options,
        machine: &Machine,
    ) -> Result<Settings, SettingsError>;

    /// Loads the model in this process.
    fn load<'a>(
        &'a self,
        reference: &'a ModelReference,
        settings: Settings,
    ) -> BoxFuture<'a, Result<Arc<dyn Engine>, LoadError>>;
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident($model:ty),)+) => {
        /// Where a model comes from, by the kind of engine that takes it.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Source {
            $($(#[doc = $doc])+ $kind($model),)+
        }

        impl Source {
            /// Reads a reference, and whether it is only supposed to be what it was taken for. The first kind that knows it takes it.
            pub(super) fn read(reference: &str) -> Result<(Self, bool), ReferenceError> {
                $(if let Some(read) = <$model>::read(reference) {
                    return read.map(|(model, supposed)| (Self::$kind(model), supposed));
                })+
                Err(ReferenceError::NoSuchPath(reference.to_owned()))
            }

            /// What answers for it.
            pub(super) fn kind(&self) -> &dyn Kind {
                match self {
                    $(Self::$kind(model) => model,)+
                }
            }
        }
    };
}

// Those that a prefix tells stand before those that take any path.
kinds! {
    /// Canned answers.
    Scripted(Script),
    /// Weights that are computed on this machine.
    Weights(Checkpoint),
}
