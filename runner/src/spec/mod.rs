//! The spec language: from YAML files to probes that are ready to run.
//!
//! [`load`] reads files through [`Files`], parses them into [`raw`] types and resolves those into
//! [`Probe`]s; everything that is wrong comes back as [`Diagnostic`]s at once. [`Plan`] lists the
//! trials of probes.

mod beside;
mod data;
pub mod diagnostic;
pub mod example;
pub mod files;
pub mod filter;
mod load;
pub mod location;
mod memory;
pub mod options;
pub mod parse;
pub mod plan;
pub mod probe;
mod problems;
pub mod raw;
pub mod rehearse;
pub mod resolve;
pub mod schema;
pub mod scope;

pub use diagnostic::{Diagnostic, render_diagnostics};
pub use files::Files;
pub use filter::{Filter, FilterError, Names};
pub use load::{dialogues_of, load, load_one, with_dialogues};
pub use memory::Memory;
pub use plan::{Plan, Planned, Totals};
pub use probe::{Probe, Resample, Script};
pub use rehearse::Outline;
pub use schema::{schema, schema_text};
pub use scope::Scope;
