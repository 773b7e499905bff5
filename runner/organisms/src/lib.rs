//! The two built-in models: the dialogues they learn from, how they are trained, and the files they become.
//!
//! `corpus` writes dialogues; `codec` and `batch` turn them into tokens; `model` and `ops` are a trainable
//! Llama; `sft` and `dpo` train it; `export` and `gguf` write what inference engines load. `shape` writes large models
//! of random weights, to measure speed with. Not here: any evaluation of how the models converse, which is what the rest of the workspace is for.

pub mod batch;
pub mod codec;
pub mod config;
pub mod corpus;
pub mod dpo;
pub mod error;
pub mod evaluate;
pub mod export;
pub mod gguf;
pub mod model;
mod muon;
pub mod ops;
pub mod optimise;
pub mod recipe;
pub mod sample;
pub mod sft;
pub mod shape;

pub use error::{Error, Result};
