//! Whose business a model is: whatever is asked of a model is asked of the kind of engine that takes it.
//!
//! A new kind of engine is a folder beside this file, which says how it reads references, what settings it takes and how it loads
//! ([`Kind`]); its `mod` in `engine/mod.rs`; and its line in the list of `source.rs`. Nobody else asks of what kind a model is.

use super::{
    footprint::Footprint,
    kind::Kind,
    machine::Machine,
    options::EngineOptions,
    reference::{ModelReference, ReferenceError},
    settings::{Settings, SettingsError},
    source::{Source, engines},
};
use std::path::PathBuf;

macro_rules! ask_each {
    ($($(#[doc = $doc:literal])+ $kind:ident($model:ty),)+) => {
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

engines!(ask_each);

impl ModelReference {
    /// Whether the draws of whoever plays it can be coupled.
    pub fn couples(&self) -> bool {
        self.source.kind().couples()
    }

    /// Whether it is computed on the devices of this machine.
    pub fn computes(&self) -> bool {
        self.source.kind().computes()
    }

    /// The folder in which the model's publisher recommends how to sample; none where it has none on this machine.
    pub fn folder(&self) -> Option<PathBuf> {
        self.source.kind().folder()
    }
}

impl Footprint {
    /// What is known of a model; none where nothing is at hand.
    pub fn of(reference: &ModelReference) -> Option<Self> {
        reference.source.kind().footprint()
    }
}

impl Settings {
    /// Completes options for a model on a machine.
    ///
    /// # Errors
    /// See [`SettingsError`].
    pub fn resolve(
        reference: &ModelReference,
        options: &EngineOptions,
        machine: &Machine,
    ) -> Result<Self, SettingsError> {
        reference.source.kind().settings(reference, options, machine)
    }
}
