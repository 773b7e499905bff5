//! The engine's builders, configured from a reference and settings.
//!
//! What the record says of the result is in `load`.

use super::{model::Ready, quiet::Quiet, refused::refused};
use crate::{
    engine::{
        device::Device,
        engine_errors,
        hub::{self, Refusal},
        load_error::LoadError,
        options::{Dtype, Isq},
        reference::{Checkpoint, ModelReference},
        settings::Settings,
    },
    store,
};
use futures::FutureExt;
use mistralrs::{
    AnyModelBuilder, DeviceMapMetadata, GgufModelBuilder, IsqType, LoraModelBuilder, MemoryGoal, Model,
    ModelBuilder, ModelDType, SchedulerConfig, TextModelBuilder, TokenSource, UqffTextModelBuilder,
    core::TryIntoDType, model_builder_trait::build_model_from_pipeline,
};
use std::{
    any::Any,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
};

/// Name by which requests select the adapter of a model that has one.
pub(super) const ADAPTER: &str = "adapter";

/// A model in the engine, and what the engine made of the settings.
pub(super) struct Loaded {
    pub(super) model: Model,
    /// Number format that it computes in.
    pub(super) dtype: String,
    /// What computes attention; none for the plain one.
    pub(super) attention: Option<String>,
    /// How the weights were quantised while they were loaded.
    pub(super) quantisation: Option<String>,
    /// What prompts are made ready with; none where the engine keeps it to itself.
    pub(super) ready: Option<Ready>,
}

/// Settings with everything in the engine's own types.
struct BuildPlan<'a> {
    settings: &'a Settings,
    device: mistralrs::Device,
    isq: Option<IsqType>,
    /// Who asks the model hub.
    token: TokenSource,
    /// Where its files are kept; none for a model that is not from there.
    cache: Option<PathBuf>,
}

/// Applies a plan to a builder; the engine's builders have the same methods and no common trait.
macro_rules! configured {
    ($builder:expr, $plan:expr) => {{
        let plan: &BuildPlan<'_> = $plan;
        let settings = plan.settings;
        let mut builder = $builder
            .with_token_source(plan.token.clone())
            .with_max_num_seqs(settings.max_running)
            .with_prefix_cache_n(settings.prefix_cache);
        if let Some(cache) = plan.cache.clone() {
            // Left alone, the engine looks for some of the files where HF_HOME and HF_HUB_CACHE do not point.
            builder = builder.from_hf_cache_path(cache);
        }
        if let Some(dtype) = settings.dtype {
            builder = builder.with_dtype(engine_dtype(dtype));
        }
        if let Some(isq) = plan.isq {
            builder = builder.with_isq(isq);
        }
        if let Some(share) = settings.gpu_memory {
            builder = builder.with_memory_goal(MemoryGoal::Utilization(share));
        }
        if !plan.device.is_cpu() {
            // The card that was asked for holds the whole model. Left alone, the engine fills the first card of the
            // machine first, and goes on with the others and with the processor. On a processor all layers end up there
            // anyhow, and its own look at whether they fit is welcome.
            builder = builder.with_device_mapping(DeviceMapMetadata::dummy());
        }
        match plan.device.is_cpu() {
            true => builder.with_force_cpu(),
            false => builder.with_device(plan.device.clone()),
        }
    }};
}

/// Loads a model on one device. `unpacked` is where the files of a built-in model or of a rewritten one lie.
///
/// # Errors
/// See [`LoadError`].
pub(super) async fn build(
    reference: &ModelReference,
    unpacked: Option<&Path>,
    settings: &Settings,
    device: Device,
) -> Result<Loaded, LoadError> {
    let refuse = |error: &dyn std::fmt::Display| refused(reference, &format!("{error:#}"));
    let device = engine_device(device).map_err(|error| refuse(&error))?;
    let isq = settings.isq.as_ref().map(|isq| engine_isq(isq, &device)).transpose();
    // `HF_TOKEN`, or what a login has left behind. Only the hub has to know: a machine without a home has neither.
    let (token, cache) = match reference.checkpoint() {
        Some(Checkpoint::Hub(_)) => (TokenSource::CacheToken, hub::cache()),
        _ => (TokenSource::None, None),
    };
    let plan = BuildPlan { settings, device, isq: isq.map_err(|error| refuse(&error))?, token, cache };
    let places = Places::of(reference, unpacked).map_err(|error| refuse(&error))?;
    // Some of the engine's own checks panic; a panic while loading is a model that cannot be loaded.
    let quiet = Quiet::new();
    let loaded = AssertUnwindSafe(places.load(&plan)).catch_unwind().await;
    drop(quiet);
    let loaded = loaded.unwrap_or_else(|panic| {
        Err(format!(
            "the engine breaks off over these files, as it does where they are damaged or not of one model{}",
            words(&*panic)
        ))
    });
    let quantised = |loaded: Loaded| Loaded { quantisation: plan.isq.map(|isq| isq.to_string()), ..loaded };
    loaded.map(quantised).map_err(|reason| {
        let reason = engine_errors::words(&reason).to_owned();
        let Some(Checkpoint::Hub(id)) = reference.checkpoint() else { return refused(reference, &reason) };
        match Refusal::of_model(id, &reason) {
            Some(refusal) => LoadError::Hub { id: id.clone(), refusal, reason },
            None => refused(reference, &reason),
        }
    })
}

/// What a panic says, behind a colon; nothing where it is no text.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.map_or_else(String::new, |text| format!(": {text}"))
}

/// The kind of model, and the absolute paths of its parts.
struct Places {
    kind: Kind,
    /// A folder or a hub id.
    model: String,
    adapter: Option<String>,
}

enum Kind {
    Safetensors,
    Gguf(PathBuf),
    Uqff(PathBuf),
}

impl Places {
    fn of(reference: &ModelReference, unpacked: Option<&Path>) -> std::io::Result<Self> {
        let shown = |path: &Path| store::absolute(path).map(|path| path.display().to_string());
        let folder = |file: &Path| shown(file.parent().unwrap_or(Path::new(".")));
        let (kind, model) = match reference.checkpoint() {
            None | Some(Checkpoint::Builtin(_)) => {
                (Kind::Safetensors, shown(unpacked.unwrap_or(Path::new(".")))?)
            }
            Some(Checkpoint::Directory(directory)) => (Kind::Safetensors, shown(directory)?),
            Some(Checkpoint::Gguf(file)) => {
                let rewritten = unpacked.map(|folder| folder.join(file.file_name().unwrap_or_default()));
                let file = rewritten.as_deref().unwrap_or(file);
                (Kind::Gguf(store::absolute(file)?), folder(file)?)
            }
            Some(Checkpoint::Uqff(file)) => (Kind::Uqff(store::absolute(file)?), folder(file)?),
            Some(Checkpoint::Hub(id)) => (Kind::Safetensors, id.clone()),
        };
        let adapter = reference.adapter.as_deref().map(shown).transpose()?;
        Ok(Self { kind, model, adapter })
    }

    /// Loads a model under an adapter. The engine does not let go of the parts that tell what became of the settings,
    /// so they are said as the engine is known to take them.
    async fn adapted(
        &self,
        builder: TextModelBuilder,
        adapter: &str,
        plan: &BuildPlan<'_>,
    ) -> Result<Loaded, String> {
        let builder = LoraModelBuilder::from_text_model_builder(builder).with_adapter(ADAPTER, adapter);
        let model = builder.build().await.map_err(|error| format!("{error:#}"))?;
        let dtype = plan.settings.dtype.map_or(ModelDType::Auto, engine_dtype);
        let dtype = dtype.try_into_dtype(&[&plan.device]).map_err(|error| format!("{error:#}"))?;
        let paged = !plan.device.is_cpu() && mistralrs::paged_attn_supported();
        Ok(Loaded {
            model,
            dtype: format!("{dtype:?}").to_lowercase(),
            attention: attention(paged),
            quantisation: None,
            ready: self.folder().and_then(|folder| Ready::of_folder(&folder)),
        })
    }

    /// Where the files lie, once the model is loaded.
    fn folder(&self) -> Option<PathBuf> {
        let folder = Path::new(&self.model);
        if store::is_folder(folder) { Some(folder.to_owned()) } else { hub::snapshot(&self.model) }
    }

    async fn load(&self, plan: &BuildPlan<'_>) -> Result<Loaded, String> {
        let id = &self.model;
        let builder: AnyModelBuilder = match (&self.kind, &self.adapter) {
            (Kind::Gguf(file), adapter) => {
                let mut builder = configured!(gguf(id, file), plan);
                if let Some(adapter) = adapter {
                    builder = builder.with_lora_adapter(ADAPTER, adapter);
                }
                builder.into()
            }
            (Kind::Safetensors, None) => configured!(ModelBuilder::new(id), plan).into(),
            (Kind::Uqff(file), None) => configured!(uqff(id, file), plan).into(),
            (Kind::Safetensors, Some(adapter)) => {
                return self.adapted(configured!(TextModelBuilder::new(id), plan), adapter, plan).await;
            }
            (Kind::Uqff(file), Some(adapter)) => {
                return self.adapted(configured!(uqff(id, file), plan), adapter, plan).await;
            }
        };
        let (pipeline, scheduler, further) =
            builder.build_pipeline().await.map_err(|error| format!("{error:#}"))?;
        let (dtype, ready) = {
            let pipeline = pipeline.lock().await;
            let dtype = format!("{:?}", pipeline.get_metadata().activation_dtype).to_lowercase();
            (dtype, Ready::of(pipeline.tokenizer(), pipeline.get_chat_template()))
        };
        let paged = matches!(scheduler, SchedulerConfig::PagedAttentionMeta { .. });
        let model = build_model_from_pipeline(pipeline, scheduler, further).await;
        Ok(Loaded { model, dtype, attention: attention(paged), quantisation: None, ready })
    }
}

fn attention(paged: bool) -> Option<String> {
    match (paged, mistralrs::core::using_flash_attn()) {
        (true, true) => Some("paged flash".to_owned()),
        (true, false) => Some("paged".to_owned()),
        (false, _) => None,
    }
}

fn gguf(folder: &str, file: &Path) -> GgufModelBuilder {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let builder = GgufModelBuilder::new(folder, vec![name]);
    // The pre-tokenizer of a GGUF file is guessed by the engine; a tokenizer beside it is exact.
    match store::beside(file, "tokenizer.json") {
        Some(beside) => builder.with_tokenizer_json(beside.display()),
        None => builder,
    }
}

fn uqff(folder: &str, file: &Path) -> TextModelBuilder {
    let name = PathBuf::from(file.file_name().unwrap_or_default());
    UqffTextModelBuilder::new(folder, vec![name]).into_inner()
}

fn engine_device(device: Device) -> mistralrs::Result<mistralrs::Device> {
    match device {
        Device::Cpu => Ok(mistralrs::Device::Cpu),
        Device::Cuda(number) => mistralrs::Device::new_cuda(number as usize),
        Device::Metal => mistralrs::Device::new_metal(0),
    }
}

fn engine_dtype(dtype: Dtype) -> ModelDType {
    match dtype {
        Dtype::F32 => ModelDType::F32,
        Dtype::Bf16 => ModelDType::BF16,
        Dtype::F16 => ModelDType::F16,
    }
}

fn engine_isq(isq: &Isq, device: &mistralrs::Device) -> Result<IsqType, String> {
    mistralrs::parse_isq_value(isq.name(), Some(device))
}
