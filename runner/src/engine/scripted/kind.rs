//! What the scripted engine says of a script: how it is read and loaded.

use super::{Script, Scripted};
use crate::{
    engine::{
        Engine,
        device::Device,
        footprint::Footprint,
        kind::Kind,
        layout::Layout,
        load_error::LoadError,
        machine::Machine,
        options::EngineOptions,
        reference::{ModelReference, ReferenceError, stem},
        settings::{Isolation, Settings, SettingsError},
    },
    store,
};
use futures::future::BoxFuture;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

impl Script {
    fn open(&self, reference: &ModelReference, settings: &Settings) -> Result<Scripted, LoadError> {
        let Self(path) = self;
        let shown = path.display().to_string();
        let read = |source| LoadError::Read { path: shown.clone(), source };
        store::stays_in(store::folder_of(path), path).map_err(read)?;
        let text = store::read_text(path).map_err(read)?;
        let engine = Scripted::parse(&reference.name, &reference.text, &text)
            .map_err(|reason| LoadError::Refused(format!("{shown} is no script: {reason}")))?;
        Ok(engine.within(settings.timeout))
    }
}

impl Kind for Script {
    fn read(reference: &str) -> Option<Result<(Self, bool), ReferenceError>> {
        let file = reference.strip_prefix("scripted:")?;
        Some(Ok((Self(PathBuf::from(file)), false)))
    }

    fn name(&self, reference: &str) -> String {
        stem(&self.0, reference)
    }

    fn takes_adapter(&self, adapter: &Path) -> Result<(), ReferenceError> {
        Err(ReferenceError::Refused(format!(
            "a scripted engine has no weights for the adapter `{}` to change; leave the adapter out",
            adapter.display()
        )))
    }

    fn computes(&self) -> bool {
        false
    }

    fn couples(&self) -> bool {
        false
    }

    fn footprint(&self) -> Option<Footprint> {
        None
    }

    fn folder(&self) -> Option<PathBuf> {
        None
    }

    fn settings(
        &self,
        _reference: &ModelReference,
        options: &EngineOptions,
        machine: &Machine,
    ) -> Result<Settings, SettingsError> {
        // Of these even canned answers have something.
        let further = EngineOptions { timeout: None, load_timeout: None, isolate: None, ..options.clone() };
        if !further.is_empty() {
            let why = "a scripted engine has no device, number format or memory; leave these options out";
            return Err(SettingsError::Refused(why.to_owned()));
        }
        let isolation =
            options.isolate.map(|asked| Isolation::of(asked, Device::Cpu, machine)).transpose()?;
        let settings = Settings::from(Layout { engines: 1, threads: 1 });
        Ok(Settings { isolation, ..settings.in_time(options) })
    }

    fn load<'a>(
        &'a self,
        reference: &'a ModelReference,
        settings: Settings,
    ) -> BoxFuture<'a, Result<Arc<dyn Engine>, LoadError>> {
        Box::pin(async move { Ok(Arc::new(self.open(reference, &settings)?) as Arc<dyn Engine>) })
    }
}
