//! Grice's runner: specs in, a record and its reports out.
//!
//! [`spec`] turns YAML into probes, [`engine`] hides what generates text, [`execute`] walks the
//! dialogues, [`store`] alone touches the disk, and [`cli`] ties them together.

pub mod audit;
pub mod cli;
pub mod engine;
pub mod error;
pub mod event;
pub mod execute;
pub mod exit;
pub mod policy;
mod provenance;
pub mod seed;
pub mod spec;
pub mod stop;
pub mod store;

pub use cli::main_impl;
