//! What each kind of engine says of a model that it takes: how its reference is read, what settings it has, how it loads.

use super::{
    Engine,
    footprint::Footprint,
    load_error::LoadError,
    machine::Machine,
    options::EngineOptions,
    reference::{ModelReference, ReferenceError},
    settings::{Settings, SettingsError},
};
use futures::future::BoxFuture;
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

    /// Whether its draws can be coupled ([`super::Facts::couples`]), which is known before it is loaded.
    fn couples(&self) -> bool;

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
        options: &EngineOptions,
        machine: &Machine,
    ) -> Result<Settings, SettingsError>;

    /// Loads the model in this process.
    fn load<'a>(
        &'a self,
        reference: &'a ModelReference,
        settings: Settings,
    ) -> BoxFuture<'a, Result<Arc<dyn Engine>, LoadError>>;
}
