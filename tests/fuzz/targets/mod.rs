//! What is fuzzed: one file a target, each a function that takes any bytes and has to come back.
//!
//! A target asserts what must hold beyond that. It has neither clock nor chance of its own, so that an input does the same
//! whenever it is tried.

mod baseline;
mod config;
mod data;
mod filter;
mod gate;
mod gguf;
mod grades;
mod journal;
mod scorers;
mod spec;
mod template;
mod trouble;
mod uqff;

/// Something that reads what strangers write: its name, which is that of the folder of its corpus, and what reads an input.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) static ALL: [Target; 13] = [
    ("baseline", baseline::check),
    ("config", config::check),
    ("data", data::check),
    ("filter", filter::check),
    ("gate", gate::check),
    ("gguf", gguf::check),
    ("grades", grades::check),
    ("journal", journal::check),
    ("scorers", scorers::check),
    ("spec", spec::check),
    ("template", template::check),
    ("trouble", trouble::check),
    ("uqff", uqff::check),
];
