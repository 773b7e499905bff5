//! Loading a model into mistral.rs: an engine per device, and what the record says of model and engine.
//!
//! How the engine's builders are configured is in `build`.

use super::{build::build, model::Mistral, refused::refused, rewrite::rewrite};
use crate::{
    engine::{
        Engine, Identity,
        device::{Device, DeviceKind},
        hub,
        limiter::Limiter,
        load_check::{self, CheckResult},
        load_error::LoadError,
        model_files,
        pool::Pool,
        reference::{ADAPTER_FILES, Checkpoint, ModelReference, Organism},
        settings::Settings,
    },
    store::{self, TemporaryFolder},
};
use mistralrs::Model;
use reports::record::{EngineIdentity, LoadCheck, ModelIdentity};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Loads a model as the settings say.
///
/// # Errors
/// See [`LoadError`].
pub(super) async fn load(
    reference: &ModelReference,
    settings: &Settings,
) -> Result<Arc<dyn Engine>, LoadError> {
    if let Some(wrong) = model_files::sizes::implausible(reference) {
        return Err(refused(reference, &wrong));
    }
    let unpacked = unpacked(reference, settings)?;
    let directory = unpacked.as_ref().map(TemporaryFolder::path);
    let mut models = Vec::with_capacity(settings.devices.len());
    for device in &settings.devices {
        models.push(build(reference, directory, settings, *device).await?);
    }
    // Only now are all files of a hub model here.
    let mut identity = identify(reference, directory, settings)?;
    let mut engines = Vec::with_capacity(models.len());
    for loaded in models {
        if let Some(ready) = &loaded.ready {
            // A file that holds everything has no hashes of its parts.
            let ModelIdentity { tokenizer, chat_template, .. } = &mut identity.model;
            *tokenizer = tokenizer.take().or_else(|| ready.tokenizer_hash());
            *chat_template = chat_template.take().or_else(|| Some(ready.template_hash()));
        }
        identity.engine.dtype.clone_from(&loaded.dtype);
        identity.engine.attention.clone_from(&loaded.attention);
        identity.engine.quantisation = loaded.quantisation.clone().or(identity.engine.quantisation);
        let mistral = Mistral::new(loaded, identity.clone(), settings).await;
        let mistral = mistral.map_err(|reason| refused(reference, reason))?;
        engines.push(Limiter::new(Arc::new(mistral)).minding_memory());
    }
    let found = checked(reference, settings, &engines).await?;
    let engines = engines.into_iter().map(|engine| Box::new(engine) as Box<dyn Engine>).collect();
    // The weights are in memory now; the unpacked files go when `unpacked` is dropped.
    match Pool::new(engines) {
        Some(pool) => Ok(Arc::new(pool.checked(found))),
        None => Err(LoadError::NoEngine),
    }
}

/// Checks the engines unless that was to be left out. Those on one device compute alike, so the first stands for all.
async fn checked(
    reference: &ModelReference,
    settings: &Settings,
    engines: &[Limiter],
) -> Result<CheckResult, LoadError> {
    let mut worst = CheckResult { check: LoadCheck::Skipped, note: None };
    if !settings.check {
        return Ok(worst);
    }
    let count = if settings.kind() == DeviceKind::Cpu { 1 } else { engines.len() };
    for engine in engines.iter().take(count) {
        let found = load_check::check(engine).await;
        let found = found.map_err(|failure| {
            refused(reference, &format!("it loads, but does not compute as it should: {}", failure.message))
        })?;
        if worst.check != LoadCheck::OneAtATime {
            worst = found;
        }
    }
    if worst.check == LoadCheck::OneAtATime {
        engines.iter().for_each(Limiter::one_at_a_time);
    }
    Ok(worst)
}

/// Loads a model on the first device of the settings with nothing of Grice around it, to measure against.
///
/// # Errors
/// See [`LoadError`].
pub async fn bare(reference: &ModelReference, settings: &Settings) -> Result<Model, LoadError> {
    let unpacked = unpacked(reference, settings)?;
    let directory = unpacked.as_ref().map(TemporaryFolder::path);
    let device = settings.devices.first().copied().unwrap_or(Device::Cpu);
    Ok(build(reference, directory, settings, device).await?.model)
}

/// The files that the engine loads, where they are not those of the user.
fn unpacked(reference: &ModelReference, settings: &Settings) -> Result<Option<TemporaryFolder>, LoadError> {
    match reference.checkpoint() {
        Some(Checkpoint::Gguf(file)) => rewrite(reference, file, settings.weights),
        Some(Checkpoint::Builtin(organism)) => {
            unpack(*organism).map(Some).map_err(|error| refused(reference, &error.to_string()))
        }
        _ => Ok(None),
    }
}

fn identify(
    reference: &ModelReference,
    unpacked: Option<&Path>,
    settings: &Settings,
) -> Result<Identity, LoadError> {
    let hashes = match (reference.checkpoint(), unpacked) {
        (Some(Checkpoint::Builtin(_)), Some(directory)) => hashes_of(directory)?,
        (Some(Checkpoint::Directory(directory)), _) => hashes_of(directory)?,
        (Some(Checkpoint::Hub(id)), _) => {
            hub::snapshot(id).map(|folder| hashes_of(&folder)).transpose()?.unwrap_or_default()
        }
        // The file holds tokenizer and template too; a tokenizer beside it is used in place of its own.
        (Some(Checkpoint::Gguf(file)), _) => {
            let beside = store::beside(file, "tokenizer.json");
            let tokenizer = beside.map(|path| hash(&path)).transpose()?;
            Hashes {
                weights: Some(hash(file)?),
                tokenizer,
                files: further(store::folder_of(file))?,
                ..Hashes::default()
            }
        }
        (Some(Checkpoint::Uqff(file)), _) => {
            let directory = file.parent().unwrap_or(Path::new("."));
            // Not the unquantised weights that may lie beside it, but all shards and what is kept unquantised.
            let mut files = store::files_with_extension(directory, "uqff");
            files.extend(Some(directory.join("residual.safetensors")).filter(|path| store::is_file(path)));
            Hashes { weights: Some(hash_all(&files)?), ..hashes_of(directory)? }
        }
        _ => Hashes::default(),
    };
    let adapter = reference.adapter.as_deref().map(|directory| {
        let files: Vec<PathBuf> = ADAPTER_FILES.iter().map(|file| directory.join(file)).collect();
        hash_all(&files)
    });
    let kind = settings.kind();
    let (device, driver) = match (&settings.card, kind) {
        (Some((name, driver)), DeviceKind::Cuda) => (format!("{} {name}", kind.name()), Some(driver.clone())),
        _ => (kind.name().to_owned(), None),
    };
    Ok(Identity {
        model: ModelIdentity {
            name: reference.name.clone(),
            reference: reference.text.clone(),
            weights: hashes.weights,
            tokenizer: hashes.tokenizer,
            chat_template: hashes.chat_template,
            adapter: adapter.transpose()?,
            files: hashes.files,
            prompt: None,
        },
        engine: EngineIdentity {
            name: ENGINE.to_owned(),
            version: version(),
            device,
            driver,
            context: settings.context,
            quantisation: model_files::quantisation(reference).map(|kinds| settings.weights.named(&kinds)),
            ..EngineIdentity::default()
        },
    })
}

/// The crate that is depended on.
const ENGINE: &str = "onde-mistralrs";

/// Its version, and that of its core, which computes; the two are published apart. Without a lock file beside the build
/// only the core is known.
fn version() -> String {
    let core = mistralrs::MISTRALRS_VERSION;
    match option_env!("GRICE_ENGINE_VERSION") {
        Some(own) => format!("{own}, core {core}"),
        None => format!("core {core}"),
    }
}

#[derive(Default)]
struct Hashes {
    weights: Option<String>,
    tokenizer: Option<String>,
    chat_template: Option<String>,
    /// The other files that the engine reads, by their names.
    files: BTreeMap<String, String>,
}

/// What the engine reads of a model's folder beside weights, tokenizer and template.
const READ: [&str; 13] = [
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.json",
    "chat_template.jinja",
    "params.json",
    "tekken.json",
    "processor_config.json",
    "preprocessor_config.json",
    "hf_quant_config.json",
    "modules.json",
];

/// Hashes of what is read of a folder further, and of the index files of weights in several pieces.
fn further(directory: &Path) -> Result<BTreeMap<String, String>, LoadError> {
    let mut files: Vec<PathBuf> = READ.iter().map(|name| directory.join(name)).collect();
    let is_index = |path: &PathBuf| path.to_string_lossy().ends_with(".index.json");
    files.extend(store::files_with_extension(directory, "json").into_iter().filter(is_index));
    let there = files.into_iter().filter(|path| store::is_file(path));
    let named = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, hash(&path)?))
    };
    there.map(named).collect()
}

fn hashes_of(directory: &Path) -> Result<Hashes, LoadError> {
    let optional = |name: &str| {
        let path = directory.join(name);
        if store::is_file(&path) { hash(&path).map(Some) } else { Ok(None) }
    };
    let template = match optional("chat_template.jinja")? {
        Some(own) => Some(own),
        None => optional("tokenizer_config.json")?,
    };
    let weights = store::weight_files(directory);
    let weights = match weights.as_slice() {
        [] => None,
        files => Some(hash_all(files)?),
    };
    Ok(Hashes {
        weights,
        tokenizer: optional("tokenizer.json")?,
        chat_template: template,
        files: further(directory)?,
    })
}

fn hash(path: &Path) -> Result<String, LoadError> {
    hash_all(&[path.to_owned()])
}

fn hash_all(paths: &[PathBuf]) -> Result<String, LoadError> {
    store::hash_files(paths).map_err(|(path, source)| read_error(&path, source))
}

fn read_error(path: &Path, source: std::io::Error) -> LoadError {
    LoadError::Read { path: path.display().to_string(), source }
}

macro_rules! files_of {
    ($model:literal) => {
        [
            (
                "config.json",
                include_bytes!(concat!("../../../organisms/models/", $model, "/config.json")).as_slice(),
            ),
            (
                "model.safetensors",
                include_bytes!(concat!("../../../organisms/models/", $model, "/model.safetensors")),
            ),
            (
                "tokenizer.json",
                include_bytes!(concat!("../../../organisms/models/", $model, "/tokenizer.json")),
            ),
            (
                "tokenizer_config.json",
                include_bytes!(concat!("../../../organisms/models/", $model, "/tokenizer_config.json")),
            ),
            (
                "generation_config.json",
                include_bytes!(concat!("../../../organisms/models/", $model, "/generation_config.json")),
            ),
        ]
    };
}

/// Writes a built-in model into a temporary directory, because the engine loads from files.
fn unpack(organism: Organism) -> std::io::Result<TemporaryFolder> {
    let files = match organism {
        Organism::Sft => files_of!("sft"),
        Organism::Dpo => files_of!("dpo"),
    };
    store::unpack(&files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The version of a crate in the lock file of this workspace.
    fn locked(name: &str) -> String {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        let text = std::fs::read_to_string(path).unwrap();
        let (_, rest) = text.split_once(&format!("name = \"{name}\"\nversion = \"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    #[test]
    fn the_engine_is_named_as_it_is_locked() {
        let expected = format!("{}, core {}", locked(ENGINE), locked("onde-mistralrs-core"));
        assert_eq!(version(), expected);
    }
}
