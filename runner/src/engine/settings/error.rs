//! Why a run cannot be as it was asked for, and what to do instead.

use crate::engine::{device::Device, options::Dtype, weights::Weights};
use thiserror::Error;

/// Options that do not go together, or not with this machine, build or model.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SettingsError {
    /// The build has no kernels for it.
    #[error(
        "this build computes on: {built}; for `--device {device}` build with `--features {feature}` (docs/gpu.md says what it needs)"
    )]
    NotBuilt {
        /// What was asked for.
        device: Device,
        /// What the build has.
        built: String,
        /// The feature.
        feature: &'static str,
    },
    /// There is no such card.
    #[error("there is no `{device}` here; {cards}")]
    NoSuchCard {
        /// What was asked for.
        device: Device,
        /// What there is.
        cards: String,
    },
    /// A card twice.
    #[error("`--device {0}` stands there twice; a card holds one engine, which batches by itself")]
    Twice(Device),
    /// Kinds that compute differently.
    #[error("`{0}` and `{1}` do not compute alike, so they cannot share a run; choose one kind")]
    MixedKinds(Device, Device),
    /// Cards that compute differently.
    #[error(
        "`{0}` is a {1} and `{2}` a {3}; shards of one record must compute alike, so choose cards of one kind"
    )]
    UnlikeCards(Device, String, Device, String),
    /// A share that is none.
    #[error("`--gpu-memory {0}` is no share; write a number above 0 and up to 1, such as 0.8")]
    Share(f32),
    /// No card whose memory could be shared.
    #[error("`--gpu-memory` is the share of a card's memory, and this run computes on `{0}`; leave it out")]
    NoCardMemory(Device),
    /// A number format that the device does not multiply.
    #[error("`{device}` does not compute in {dtype}; write `--dtype {instead}`, or leave it out")]
    Format {
        /// The device.
        device: Device,
        /// What was asked for.
        dtype: Dtype,
        /// What to ask for.
        instead: Dtype,
    },
    /// Quantising what is quantised.
    #[error(
        "{0} holds weights that are quantised already; leave `--isq` out (a GGUF file is rewritten for a CPU with `--weights q8_0` or `--weights f32`)"
    )]
    Quantised(String),
    /// Rewriting what is no quantised GGUF file, or not for a processor.
    #[error(
        "`--weights {0}` is for quantised GGUF files on a CPU, and {1} on `{2}` is none; leave it out, or quantise other models with `--isq`"
    )]
    Weights(Weights, String, Device),
    /// A quantisation whose blocks do not divide the weights.
    #[error(
        "`--isq {isq}` quantises {block} weights at a time, and {model} has matrices that are {width} wide; {instead}"
    )]
    Block {
        /// What was asked for.
        isq: String,
        /// Weights that are quantised together.
        block: u64,
        /// Width that is no multiple of it.
        width: u64,
        /// The model.
        model: String,
        /// What to do.
        instead: &'static str,
    },
    /// A context that the model was not made for.
    #[error(
        "`--context {asked}` is more than the {positions} tokens that {model} was made for; ask for {positions} or fewer"
    )]
    Context {
        /// What was asked for.
        asked: u32,
        /// What the model can.
        positions: u32,
        /// The model.
        model: String,
    },
    /// The driver does not know the toolkit.
    #[error(
        "the driver {driver} of {device} is too old for CUDA {toolkit}, with which this program was built; install driver {needed} or newer, or build with an older toolkit"
    )]
    Driver {
        /// The device.
        device: Device,
        /// Its driver.
        driver: String,
        /// Version of the toolkit.
        toolkit: String,
        /// First driver that will do.
        needed: u32,
    },
    /// The weights alone are too large.
    #[error(
        "{model} does not fit on {device}: its weights take {needed} MiB there and {free} MiB may be used; free the memory that others use, give a higher `--gpu-memory` where it is given, quantise with `--isq 4`, or choose another `--device`"
    )]
    DoesNotFit {
        /// The model.
        model: String,
        /// The device.
        device: Device,
        /// MiB of weights.
        needed: u64,
        /// MiB that are free and that `--gpu-memory` lets it have.
        free: u64,
    },
    /// No way to limit a process's memory.
    #[error(
        "`--isolate-memory` holds on a CPU under Linux only, and this run computes on `{0}`{1}; leave it out, or run in a \
         container with a limit"
    )]
    NoMemoryLimit(Device, &'static str),
    /// What the kind of engine does not take, in words.
    #[error("{0}")]
    Refused(String),
}
