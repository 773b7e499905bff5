//! What the engine says of weights: how a reference to them is read, and how they are loaded.

use super::{
    checkpoint::{ADAPTER_FILES, Checkpoint, HUB, Organism},
    in_time::in_time,
};
use crate::{
    engine::{
        Engine,
        footprint::Footprint,
        kind::Kind,
        load_error::LoadError,
        machine::Machine,
        options::EngineOptions,
        reference::{ModelReference, ReferenceError, is_name, stem},
        settings::{Settings, SettingsError},
    },
    store,
};
use futures::future::BoxFuture;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

impl Kind for Checkpoint {
    /// Existing paths win over hub ids, so that nothing local is ever looked up on a network.
    fn read(reference: &str) -> Option<Result<(Self, bool), ReferenceError>> {
        Some(read(reference))
    }

    fn name(&self, reference: &str) -> String {
        match self {
            Self::Builtin(organism) => organism.name().to_owned(),
            Self::Gguf(path) | Self::Uqff(path) => stem(path, reference),
            // A folder has no ending: `lr=0.001` is not `lr=0`. `.` and `..` are called what they are called.
            Self::Directory(path) => {
                let whole = path.file_name().is_none().then(|| store::canonical(path).ok()).flatten();
                let path = whole.as_deref().unwrap_or(path);
                path.file_name().and_then(|name| name.to_str()).unwrap_or(reference).to_owned()
            }
            Self::Hub(id) => id.rsplit('/').next().unwrap_or(id).to_owned(),
        }
    }

    fn takes_adapter(&self, adapter: &Path) -> Result<(), ReferenceError> {
        let missing = ADAPTER_FILES.into_iter().find(|file| !store::is_file(&adapter.join(file)));
        match missing {
            Some(file) => Err(ReferenceError::NoAdapter { directory: adapter.display().to_string(), file }),
            None => Ok(()),
        }
    }

    fn computes(&self) -> bool {
        true
    }

    fn couples(&self) -> bool {
        true
    }

    fn footprint(&self) -> Option<Footprint> {
        Footprint::of_weights(self)
    }

    fn folder(&self) -> Option<PathBuf> {
        match self {
            Self::Directory(folder) => Some(folder.clone()),
            Self::Uqff(file) => Some(store::folder_of(file).to_owned()),
            Self::Builtin(_) | Self::Gguf(_) | Self::Hub(_) => None,
        }
    }

    fn settings(
        &self,
        reference: &ModelReference,
        options: &EngineOptions,
        machine: &Machine,
    ) -> Result<Settings, SettingsError> {
        Settings::of_weights(reference, self, options, machine)
    }

    fn load<'a>(
        &'a self,
        reference: &'a ModelReference,
        settings: Settings,
    ) -> BoxFuture<'a, Result<Arc<dyn Engine>, LoadError>> {
        Box::pin(in_time(reference, settings))
    }
}

/// Where weights come from, and whether that is only supposed.
fn read(reference: &str) -> Result<(Checkpoint, bool), ReferenceError> {
    let said = |source| Ok((source, false));
    if let Some(builtin) = reference.strip_prefix("builtin:") {
        let known = Organism::ALL.into_iter().find(|organism| organism.name() == builtin);
        let known = known.ok_or_else(|| ReferenceError::NoSuchBuiltin(builtin.to_owned()))?;
        return said(Checkpoint::Builtin(known));
    }
    let path = Path::new(reference);
    if store::is_folder(path) {
        return match store::is_file(&path.join("config.json")) {
            true => said(Checkpoint::Directory(placed(path))),
            false => Err(ReferenceError::NoModel(reference.to_owned())),
        };
    }
    if store::is_file(path) {
        if path.extension().is_none_or(|extension| extension != "uqff") {
            return said(Checkpoint::Gguf(placed(path)));
        }
        return match store::beside(path, "config.json") {
            Some(_) => said(Checkpoint::Uqff(placed(path))),
            None => Err(ReferenceError::LoneUqff(reference.to_owned())),
        };
    }
    match reference.strip_prefix(HUB) {
        Some(id) if is_hub_id(id) => said(Checkpoint::Hub(id.to_owned())),
        Some(id) => Err(ReferenceError::NoHubId(id.to_owned())),
        None if is_hub_id(reference) => Ok((Checkpoint::Hub(reference.to_owned()), true)),
        None => Err(ReferenceError::NoSuchPath(reference.to_owned())),
    }
}

/// A path that has a folder: `./model.gguf` for `model.gguf`, whose own parent would be the empty path, which no call of
/// the system takes.
fn placed(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new(".").join(path),
        _ => path.to_owned(),
    }
}

fn is_hub_id(text: &str) -> bool {
    match text.split_once('/') {
        Some((owner, name)) => is_name(owner) && is_name(name) && !text.ends_with(".gguf"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_gets_a_folder() {
        for (path, expected) in
            [("m.gguf", "./m.gguf"), ("a/m.gguf", "a/m.gguf"), ("/m.gguf", "/m.gguf"), ("m", "./m")]
        {
            assert_eq!(placed(Path::new(path)), Path::new(expected));
        }
    }

    #[test]
    fn only_a_folder_recommends_anything() {
        let folder = |checkpoint: Checkpoint| checkpoint.folder();
        assert_eq!(folder(Checkpoint::Directory("m".into())), Some("m".into()));
        assert_eq!(folder(Checkpoint::Uqff("m/q.uqff".into())), Some("m".into()));
        assert_eq!(folder(Checkpoint::Hub("a/b".to_owned())), None);
    }
}
