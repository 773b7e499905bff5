//! The kinds of engines, in one list: whose business a model is.
//!
//! A new kind of engine is a folder beside this file, which says how it reads references, what settings it takes and how it loads
//! ([`Kind`]); its `mod` in `engine/mod.rs`; its line in [`Source`]; and its two lines here. Nobody else asks of what kind a model is.

use super::{
    footprint::Footprint,
    kind::Kind,
    machine::Machine,
    mistral::Checkpoint,
    options::EngineOptions,
    reference::{ModelReference, ReferenceError},
    scripted::Script,
    settings::{Settings, SettingsError},
    source::Source,
};
use std::path::PathBuf;

impl Source {
    /// Reads a reference, and whether it is only supposed to be what it was taken for. The first kind that knows it takes it: those
    /// that a prefix tells stand before those that take any path.
    pub(super) fn read(reference: &str) -> Result<(Self, bool), ReferenceError> {
        if let Some(read) = Script::read(reference) {
            return read.map(|(model, supposed)| (Self::Scripted(model), supposed));
        }
        if let Some(read) = Checkpoint::read(reference) {
            return read.map(|(model, supposed)| (Self::Weights(model), supposed));
        }
        Err(ReferenceError::NoSuchPath(reference.to_owned()))
    }

    /// What answers for it.
    pub(super) fn kind(&self) -> &dyn Kind {
        match self {
            Self::Scripted(model) => model,
            Self::Weights(model) => model,
        }
    }
}

impl ModelReference {
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
