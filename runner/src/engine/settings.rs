//! What holds for a run: the options that were typed in, completed from the machine and the model, or
//! refused with what to do instead.

mod error;
mod isolation;

use super::{
    device::{Device, DeviceKind},
    footprint::Footprint,
    layout::Layout,
    machine::Machine,
    model_files,
    options::{Dtype, EngineOptions, Isq},
    reference::{Checkpoint, ModelReference},
    weights::Weights,
};
pub use error::SettingsError;
pub use isolation::Isolation;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Dialogues in flight per engine on a processor, at most: only equally long ones are computed together, so more of them
/// make larger batches, and each costs memory (see BENCHMARKS.md).
const ON_PROCESSOR: usize = 64;
/// Bytes of weights that an engine on a processor reads for one token of each dialogue in flight, at most: those of a large
/// model would all take so long that none came to its end in time.
const PASS: u64 = 4 << 30;
/// Dialogues in flight per engine on a processor where weights are quantised: batches of them fail there, and spoil what
/// else is in flight (see docs/design.md, "Engine").
const ONE: usize = 1;
/// Dialogues in flight on an accelerator whose room, or whose model's need, is unknown.
const ON_ACCELERATOR: usize = 128;
/// Longest time that one reply may take, unless asked otherwise.
const TIMEOUT: Duration = Duration::from_secs(600);
/// Time that a model may take to load, unless asked otherwise: large ones are read from slow disks, or come from the hub.
const LOADING: Duration = Duration::from_secs(30 * 60);
/// The date that chat templates are given, unless asked otherwise: prompts of today and tomorrow are the same.
const DATE: Date = jiff::civil::date(2026, 1, 1);
/// The most that is chosen without being asked for.
const MOST: u64 = 256;
/// Least compute capability with BF16, and with F16, as in the engine's own choice.
const BF16_SINCE: (u32, u32) = (8, 0);
const F16_SINCE: (u32, u32) = (5, 3);

/// What holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Engines side by side, and the threads of each.
    pub layout: Layout,
    /// The device of each engine; all of one kind.
    pub devices: Vec<Device>,
    /// Number format; none where the engine is to choose.
    pub dtype: Option<Dtype>,
    /// Quantisation of the weights while they are loaded.
    pub isq: Option<Isq>,
    /// What the weights of a GGUF file are computed in.
    pub weights: Weights,
    /// Tokens that prompt and reply can have together; none for what the model was made for.
    pub context: Option<u32>,
    /// Share of a card's memory that the engine may take; none for what is free, less a reserve.
    pub gpu_memory: Option<f32>,
    /// Dialogues that each engine works on at once.
    pub max_running: usize,
    /// Prefixes of dialogues that the engine keeps to continue from. None on a processor, where it never lets go of
    /// one.
    pub prefix_cache: Option<usize>,
    /// Longest time that one reply may take, from when the engine begins with it.
    pub timeout: Duration,
    /// Longest time that the model may take to load.
    pub load_timeout: Duration,
    /// The date that chat templates are given.
    #[serde(with = "by_text")]
    pub date: Date,
    /// Name and driver of the cards, which are all alike.
    pub card: Option<(String, String)>,
    /// Whether the model is asked, before its first trial, if it says the same alone and together.
    pub check: bool,
    /// What the user should know of how this came about.
    pub notes: Vec<String>,
    /// What the engine's own process may take; none for an engine in this process. It is not for that process itself.
    #[serde(skip)]
    pub isolation: Option<Isolation>,
}

/// A date as people write it.
mod by_text {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(date)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The processor, with nothing asked for.
impl From<Layout> for Settings {
    fn from(layout: Layout) -> Self {
        Self {
            layout,
            devices: vec![Device::Cpu; layout.engines.max(1)],
            dtype: Some(Dtype::F32),
            isq: None,
            weights: Weights::Stored,
            context: None,
            gpu_memory: None,
            max_running: ON_PROCESSOR,
            prefix_cache: None,
            timeout: TIMEOUT,
            load_timeout: LOADING,
            date: DATE,
            card: None,
            check: true,
            notes: Vec::new(),
            isolation: None,
        }
    }
}

impl Settings {
    /// Completes options for weights on a machine.
    pub(super) fn of_weights(
        reference: &ModelReference,
        checkpoint: &Checkpoint,
        options: &EngineOptions,
        machine: &Machine,
    ) -> Result<Self, SettingsError> {
        let devices = devices(&options.devices, machine)?;
        let first = devices.first().copied().unwrap_or(Device::Cpu);
        let dtype = dtype(options.dtype, first, machine)?;
        if options.isq.is_some() && reference.is_quantised() {
            return Err(SettingsError::Quantised(reference.text.clone()));
        }
        share(options.gpu_memory, first)?;
        let mut notes = Vec::new();
        let (weights, rewritten) = weights((reference, checkpoint), options, first, machine, &mut notes)?;
        let footprint = Footprint::of_weights(checkpoint)
            .map(|footprint| Footprint { weights: rewritten.unwrap_or(footprint.weights), ..footprint });
        let in_memory = footprint.as_ref().map(|footprint| in_memory(footprint, dtype, options));
        let layout = match (first, devices.as_slice()) {
            (Device::Cpu, [_]) => Layout::of(in_memory, machine),
            (Device::Cpu, several) => {
                let engines = several.len();
                Layout { engines, threads: (machine.cores / engines).max(1) }
            }
            (_, cards) => Layout { engines: cards.len(), threads: machine.cores },
        };
        // On Metal a number of bits stands for another kind, in smaller blocks.
        let isq = options.isq.as_ref().filter(|_| first != Device::Metal);
        if let Some((isq, footprint)) = isq.zip(footprint.as_ref()) {
            blocks(isq, footprint, reference)?;
        }
        context(options.context, footprint.as_ref(), reference)?;
        let max_running = running(reference, options, footprint.as_ref(), dtype, &devices, machine)?;
        let stored = weights != Weights::F32 && model_files::quantisation(reference).is_some();
        let quantised = options.isq.is_some() || stored;
        let max_running = if first == Device::Cpu && quantised { ONE } else { max_running };
        if options.max_running.is_some_and(|asked| asked as usize > max_running) {
            notes.push(format!(
                "--max-running {max_running} holds: mistral.rs computes several dialogues at once wrongly where weights \
                 are quantised and on a processor, and one at a time is no slower"
            ));
        }
        let card = machine.card(first).map(|card| (card.name.clone(), card.driver.clone()));
        let devices = match first {
            Device::Cpu => vec![Device::Cpu; layout.engines.max(1)],
            _ => devices,
        };
        let (isq, context, gpu_memory) = (options.isq.clone(), options.context, options.gpu_memory);
        let prefix_cache = (first != Device::Cpu).then_some(max_running);
        let isolation = options.isolate.map(|asked| Isolation::of(asked, first, machine)).transpose()?;
        Ok(Self {
            layout,
            devices,
            dtype,
            isq,
            weights,
            context,
            gpu_memory,
            max_running,
            prefix_cache,
            date: options.date.unwrap_or(DATE),
            card,
            check: !options.no_check,
            notes,
            isolation,
            ..Self::from(layout).in_time(options)
        })
    }

    /// With the time that loading and a reply may take, where that was asked for.
    pub(super) fn in_time(self, options: &EngineOptions) -> Self {
        let timeout = options.timeout.map(|seconds| Duration::from_secs(u64::from(seconds)));
        Self {
            timeout: timeout.unwrap_or(self.timeout),
            load_timeout: options.load_timeout.unwrap_or(self.load_timeout),
            ..self
        }
    }

    /// The kind of device that all engines compute on.
    pub fn kind(&self) -> DeviceKind {
        self.devices.first().map_or(DeviceKind::Cpu, |device| device.kind())
    }
}

/// What the weights of a file are computed in, and the bytes that they take then if they are rewritten.
fn weights(
    (reference, checkpoint): (&ModelReference, &Checkpoint),
    options: &EngineOptions,
    device: Device,
    machine: &Machine,
    notes: &mut Vec<String>,
) -> Result<(Weights, Option<u64>), SettingsError> {
    let held = match (checkpoint, device) {
        (Checkpoint::Gguf(file), Device::Cpu) => Some(model_files::gguf(file)),
        _ => None,
    };
    let Some(held) = held.filter(|held| held.quantisation.is_some()) else {
        return match options.weights {
            Some(asked) => Err(SettingsError::Weights(asked, reference.text.clone(), device)),
            None => Ok((Weights::Stored, None)),
        };
    };
    let weights = Weights::choose(options.weights, &held, machine.memory.map(|memory| memory.total));
    notes.extend(weights.note(&held));
    Ok((weights, Some(weights.bytes(&held)).filter(|bytes| *bytes > 0)))
}

/// Bytes of the weights in memory.
fn in_memory(footprint: &Footprint, dtype: Option<Dtype>, options: &EngineOptions) -> u64 {
    footprint.in_memory(dtype.map_or(2, Dtype::bytes), options.isq.as_ref().map(Isq::bits))
}

/// The devices that were asked for, or the best one.
fn devices(asked: &[Device], machine: &Machine) -> Result<Vec<Device>, SettingsError> {
    let Some(&first) = asked.first() else {
        let best = [machine.best()];
        cards(&best, machine)?;
        return Ok(best.to_vec());
    };
    for (index, &device) in asked.iter().enumerate() {
        if !device.kind().is_built() {
            let (built, feature) = (DeviceKind::built(), device.kind().name());
            return Err(SettingsError::NotBuilt { device, built, feature });
        }
        if device.kind() != first.kind() {
            return Err(SettingsError::MixedKinds(first, device));
        }
        if device.kind() != DeviceKind::Cpu && asked.iter().take(index).any(|earlier| *earlier == device) {
            return Err(SettingsError::Twice(device));
        }
    }
    cards(asked, machine)?;
    Ok(asked.to_vec())
}

/// Cards exist, are alike, and their driver knows the toolkit of the build. Where the machine does not say what
/// cards it has, the engine will find out.
fn cards(asked: &[Device], machine: &Machine) -> Result<(), SettingsError> {
    if machine.cards.is_empty() {
        return Ok(());
    }
    let wanted = asked.iter().filter(|device| device.kind() == DeviceKind::Cuda);
    let mut first = None;
    for &device in wanted {
        let Some(card) = machine.card(device) else {
            let number = |card: &super::machine::Card| format!("cuda:{} is a {}", card.number, card.name);
            let cards: Vec<String> = machine.cards.iter().map(number).collect();
            return Err(SettingsError::NoSuchCard { device, cards: cards.join(", ") });
        };
        let (other, named) = *first.get_or_insert((device, card));
        if named.name != card.name {
            let (one, two) = (named.name.clone(), card.name.clone());
            return Err(SettingsError::UnlikeCards(other, one, device, two));
        }
        driver(device, &card.driver, option_env!("GRICE_CUDA_TOOLKIT"))?;
    }
    Ok(())
}

/// Oldest drivers per major version of the toolkit: NVIDIA, *CUDA Compatibility*, "Minor Version Compatibility", table 1.
fn driver(device: Device, driver: &str, toolkit: Option<&str>) -> Result<(), SettingsError> {
    let major = |version: &str| version.split('.').next().and_then(|number| number.parse::<u32>().ok());
    let Some((toolkit, of_driver)) = toolkit.zip(major(driver)) else { return Ok(()) };
    let needed = match major(toolkit) {
        Some(12) => 525,
        Some(13) => 580,
        _ => return Ok(()),
    };
    match of_driver < needed {
        true => {
            let (driver, toolkit) = (driver.to_owned(), toolkit.to_owned());
            Err(SettingsError::Driver { device, driver, toolkit, needed })
        }
        false => Ok(()),
    }
}

/// A processor computes in F32 best: it has no BF16 product, and F16 would be slower and coarser.
fn dtype(asked: Option<Dtype>, device: Device, machine: &Machine) -> Result<Option<Dtype>, SettingsError> {
    let capability = machine.card(device).and_then(|card| card.capability);
    let has = |dtype| match (device, dtype, capability) {
        (_, Dtype::F32, _) => true,
        (Device::Cpu, dtype, _) => dtype == Dtype::F16,
        (Device::Cuda(_), Dtype::Bf16, Some(capability)) => capability >= BF16_SINCE,
        (Device::Cuda(_), Dtype::F16, Some(capability)) => capability >= F16_SINCE,
        (Device::Cuda(_) | Device::Metal, ..) => true,
    };
    match (asked, device) {
        (Some(dtype), _) if !has(dtype) => {
            let instead = if device != Device::Cpu && has(Dtype::F16) { Dtype::F16 } else { Dtype::F32 };
            Err(SettingsError::Format { device, dtype, instead })
        }
        (Some(dtype), _) => Ok(Some(dtype)),
        (None, Device::Cpu) => Ok(Some(Dtype::F32)),
        (None, Device::Metal) => Ok(None),
        (None, Device::Cuda(_)) => {
            // The engine would ask `nvidia-smi` itself, and panic where there is none.
            let best = [Dtype::Bf16, Dtype::F16].into_iter().find(|dtype| has(*dtype));
            Ok(Some(best.unwrap_or(Dtype::F32)))
        }
    }
}

fn share(asked: Option<f32>, device: Device) -> Result<(), SettingsError> {
    match asked {
        Some(share) if !(share > 0.0 && share <= 1.0) => Err(SettingsError::Share(share)),
        Some(_) if device == Device::Cpu => Err(SettingsError::NoCardMemory(device)),
        _ => Ok(()),
    }
}

fn blocks(isq: &Isq, footprint: &Footprint, reference: &ModelReference) -> Result<(), SettingsError> {
    let Some(block) = isq.block() else { return Ok(()) };
    let odd =
        |block: u64| footprint.widths.iter().flatten().copied().find(|width| !width.is_multiple_of(block));
    let Some(width) = odd(block) else { return Ok(()) };
    let instead = match odd(32) {
        None => "write `--isq 8` (blocks of 32)",
        Some(_) => "leave it out",
    };
    let (isq, model) = (isq.name().to_owned(), reference.text.clone());
    Err(SettingsError::Block { isq, block, width, model, instead })
}

fn context(
    asked: Option<u32>,
    footprint: Option<&Footprint>,
    reference: &ModelReference,
) -> Result<(), SettingsError> {
    match asked.zip(footprint.and_then(|footprint| footprint.positions)) {
        Some((asked, positions)) if asked > positions => {
            Err(SettingsError::Context { asked, positions, model: reference.text.clone() })
        }
        _ => Ok(()),
    }
}

/// Bytes of a device that a run may fill: those that are free, and no more than its share of the whole.
fn free(device: Device, share: Option<f32>, machine: &Machine) -> Option<u64> {
    let free = machine.free(device)?;
    let total = machine.card(device).and_then(|card| card.memory).map(|memory| memory.total);
    let allowed = total.zip(share).map(|(total, share)| (total as f64 * f64::from(share)) as u64);
    Some(allowed.map_or(free, |allowed| allowed.min(free)))
}

/// How many dialogues each engine works on at once: what was asked for, or what fits.
fn running(
    reference: &ModelReference,
    options: &EngineOptions,
    footprint: Option<&Footprint>,
    dtype: Option<Dtype>,
    devices: &[Device],
    machine: &Machine,
) -> Result<usize, SettingsError> {
    let device = devices.first().copied().unwrap_or(Device::Cpu);
    let asked = options.max_running.map(|asked| asked as usize);
    let usual = if device == Device::Cpu { ON_PROCESSOR } else { ON_ACCELERATOR };
    // Each card has its own memory: the fullest decides. Engines on a processor share one memory.
    let free = devices.iter().map(|device| free(*device, options.gpu_memory, machine)).min().flatten();
    let Some((footprint, free)) = footprint.zip(free) else { return Ok(asked.unwrap_or(usual)) };
    let number = dtype.map_or(2, Dtype::bytes);
    let weights = in_memory(footprint, dtype, options);
    if weights > free {
        let (needed, free) = (weights >> 20, free >> 20);
        return Err(SettingsError::DoesNotFit { model: reference.text.clone(), device, needed, free });
    }
    let fitting = footprint.dialogues(free, weights, number, options.context).map(|count| match device {
        Device::Cpu => count.min(PASS / weights.max(1)).clamp(1, ON_PROCESSOR as u64),
        // A multiple of 8 fills the tiles of a matrix product.
        _ if count >= 8 => (count / 8 * 8).min(MOST),
        _ => count.max(1),
    });
    let fitting = fitting.and_then(|count| usize::try_from(count).ok());
    Ok(asked.or(fitting).unwrap_or(usual))
}

#[cfg(test)]
mod tests;
