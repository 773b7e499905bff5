//! The spec language: from YAML files to probes that are ready to run.

pub mod probe;
pub mod scope;

pub use probe::{Dialogue, Items, Probe, Step};
pub use scope::Scope;
