//! mistral.rs: the engine that computes weights on this machine, in this process or in one of its own.
//!
//! What a reference to weights means ([`Checkpoint`]) is known to every build; all else is there where the engine was built in.

#[cfg(feature = "engine")]
mod build;
mod checkpoint;
#[cfg(feature = "engine")]
mod draw;
mod in_time;
mod kind;
#[cfg(feature = "engine")]
pub mod load;
#[cfg(feature = "engine")]
mod model;
#[cfg(feature = "engine")]
mod quiet;
#[cfg(feature = "engine")]
mod refused;
#[cfg(feature = "engine")]
mod rewrite;

pub(super) use checkpoint::HUB;
pub use checkpoint::{ADAPTER_FILES, Checkpoint, Organism};
