//! Grice's runner: specs in, a record and its reports out.
//!
//! [`spec`] turns YAML into probes, [`engine`] hides what generates text, [`execute`] walks the
//! dialogues, [`store`] alone touches the disk, [`session`] runs a model from loading it to its finished record, and [`cli`]
//! turns what was typed into sessions and says what they do.

pub mod audit;
pub mod cli;
pub mod engine;
pub mod error;
pub mod event;
pub mod execute;
pub mod exit;
mod grading;
pub mod import;
mod parallel;
pub mod policy;
mod provenance;
pub mod seed;
pub mod session;
pub mod spec;
pub mod stop;
pub mod store;

pub use cli::main_impl;
