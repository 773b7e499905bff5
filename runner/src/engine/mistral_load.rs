//! Loading a model into mistral.rs: built-in, directory, GGUF file or hub id.

use super::{
    Engine, Identity,
    load::{Layout, LoadError},
    mistral::Mistral,
    pool::Pool,
    reference::{ModelReference, Organism, Source},
};
use crate::store;
use mistralrs::{GgufModelBuilder, Model, ModelBuilder, ModelDType, TokenSource};
use reports::record::{EngineIdentity, ModelIdentity};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Dialogues in flight per engine on a CPU: more gains little and costs memory (see BENCHMARKS.md).
const CPU_CONCURRENCY: usize = 32;
/// Dialogues in flight on an accelerator.
const ACCELERATOR_CONCURRENCY: usize = 128;

const ACCELERATED: bool = cfg!(any(feature = "cuda", feature = "metal"));

/// Loads a model as the layout says.
///
/// # Errors
/// See [`LoadError`].
pub(super) async fn load(reference: &ModelReference, layout: Layout) -> Result<Arc<dyn Engine>, LoadError> {
    let refused = |error: &dyn std::fmt::Display| LoadError::Engine {
        reference: reference.text.clone(),
        reason: format!("{error:#}"),
    };
    let unpacked = match &reference.source {
        Source::Builtin(organism) => Some(unpack(*organism).map_err(|error| refused(&error))?),
        _ => None,
    };
    let directory = unpacked.as_ref().map(tempfile::TempDir::path);
    let identity = identify(reference, directory)?;
    let mut engines: Vec<Box<dyn Engine>> = Vec::with_capacity(layout.engines);
    for _ in 0..layout.engines.max(1) {
        let model = build(reference, directory).await?;
        let concurrency = if ACCELERATED { ACCELERATOR_CONCURRENCY } else { CPU_CONCURRENCY };
        engines.push(Box::new(Mistral::new(model, identity.clone(), concurrency)));
    }
    // The weights are in memory now; the unpacked files go when `unpacked` is dropped.
    match Pool::new(engines) {
        Some(pool) => Ok(Arc::new(pool)),
        None => Err(LoadError::NoEngine),
    }
}

async fn build(reference: &ModelReference, unpacked: Option<&Path>) -> Result<Model, LoadError> {
    let refused = |error: &dyn std::fmt::Display| LoadError::Engine {
        reference: reference.text.clone(),
        reason: format!("{error:#}"),
    };
    let absolute = |path: &Path| store::absolute(path).map_err(|error| refused(&error));
    let built = match (&reference.source, unpacked) {
        (Source::Builtin(_), Some(directory)) => safetensors(&directory.display().to_string()).build().await,
        (Source::Directory(directory), _) => {
            safetensors(&absolute(directory)?.display().to_string()).build().await
        }
        (Source::Gguf(file), _) => gguf(&absolute(file)?).build().await,
        (Source::Hub(id), _) => {
            return safetensors(id).build().await.map_err(|error| {
                let reason = error.to_string();
                LoadError::Hub {
                    id: id.clone(),
                    reason: reason.lines().next().unwrap_or_default().to_owned(),
                }
            });
        }
        (Source::Builtin(_) | Source::Scripted(_), _) => return Err(LoadError::NoEngine),
    };
    built.map_err(|error| refused(&error))
}

fn safetensors(id: &str) -> ModelBuilder {
    let builder =
        ModelBuilder::new(id).with_token_source(TokenSource::None).with_prefix_cache_n(prefix_cache());
    match ACCELERATED {
        true => builder.with_max_num_seqs(ACCELERATOR_CONCURRENCY),
        // The processor has no BF16 product, and F16 would be slower and coarser than F32.
        false => builder.with_force_cpu().with_dtype(ModelDType::F32).with_max_num_seqs(CPU_CONCURRENCY),
    }
}

fn gguf(file: &Path) -> GgufModelBuilder {
    let directory = file.parent().unwrap_or(Path::new("."));
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let builder = GgufModelBuilder::new(directory.display(), vec![name])
        .with_token_source(TokenSource::None)
        .with_prefix_cache_n(prefix_cache());
    // The pre-tokenizer of a GGUF file is guessed by the engine; a tokenizer beside it is exact.
    let beside = directory.join("tokenizer.json");
    let builder = if beside.is_file() { builder.with_tokenizer_json(beside.display()) } else { builder };
    match ACCELERATED {
        true => builder.with_max_num_seqs(ACCELERATOR_CONCURRENCY),
        false => builder.with_force_cpu().with_dtype(ModelDType::F32).with_max_num_seqs(CPU_CONCURRENCY),
    }
}

/// On a CPU the engine's prefix cache never lets go of memory, so it stays off there.
fn prefix_cache() -> Option<usize> {
    ACCELERATED.then_some(ACCELERATOR_CONCURRENCY)
}

fn identify(reference: &ModelReference, unpacked: Option<&Path>) -> Result<Identity, LoadError> {
    let hashes = match (&reference.source, unpacked) {
        (Source::Builtin(_), Some(directory)) => hashes_of(directory)?,
        (Source::Directory(directory), _) => hashes_of(directory)?,
        (Source::Gguf(file), _) => Hashes { weights: Some(hash(file)?), ..Hashes::default() },
        _ => Hashes::default(),
    };
    Ok(Identity {
        model: ModelIdentity {
            name: reference.name.clone(),
            reference: reference.text.clone(),
            weights: hashes.weights,
            tokenizer: hashes.tokenizer,
            chat_template: hashes.chat_template,
        },
        engine: EngineIdentity {
            name: "onde-mistralrs".to_owned(),
            version: mistralrs::MISTRALRS_VERSION.to_owned(),
            device: if ACCELERATED { "accelerator".to_owned() } else { "cpu".to_owned() },
            dtype: if ACCELERATED { "auto".to_owned() } else { "f32".to_owned() },
            context: None,
        },
    })
}

#[derive(Default)]
struct Hashes {
    weights: Option<String>,
    tokenizer: Option<String>,
    chat_template: Option<String>,
}

fn hashes_of(directory: &Path) -> Result<Hashes, LoadError> {
    let optional = |name: &str| {
        let path = directory.join(name);
        if path.is_file() { hash(&path).map(Some) } else { Ok(None) }
    };
    let template = match optional("chat_template.jinja")? {
        Some(own) => Some(own),
        None => optional("tokenizer_config.json")?,
    };
    let weights = store::weight_files(directory);
    let weights = match weights.as_slice() {
        [] => None,
        files => Some(store::hash_files(files).map_err(|(path, source)| read_error(&path, source))?),
    };
    Ok(Hashes { weights, tokenizer: optional("tokenizer.json")?, chat_template: template })
}

fn hash(path: &Path) -> Result<String, LoadError> {
    let paths: [PathBuf; 1] = [path.to_owned()];
    store::hash_files(&paths).map_err(|(path, source)| read_error(&path, source))
}

fn read_error(path: &Path, source: std::io::Error) -> LoadError {
    LoadError::Read { path: path.display().to_string(), source }
}

macro_rules! files_of {
    ($model:literal) => {
        [
            (
                "config.json",
                include_bytes!(concat!("../../organisms/models/", $model, "/config.json")).as_slice(),
            ),
            (
                "model.safetensors",
                include_bytes!(concat!("../../organisms/models/", $model, "/model.safetensors")),
            ),
            ("tokenizer.json", include_bytes!(concat!("../../organisms/models/", $model, "/tokenizer.json"))),
            (
                "tokenizer_config.json",
                include_bytes!(concat!("../../organisms/models/", $model, "/tokenizer_config.json")),
            ),
            (
                "generation_config.json",
                include_bytes!(concat!("../../organisms/models/", $model, "/generation_config.json")),
            ),
        ]
    };
}

/// Writes a built-in model into a temporary directory, because the engine loads from files.
fn unpack(organism: Organism) -> std::io::Result<tempfile::TempDir> {
    let files = match organism {
        Organism::Sft => files_of!("sft"),
        Organism::Dpo => files_of!("dpo"),
    };
    store::unpack(&files)
}
