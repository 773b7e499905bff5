//! Weights as models: a directory, a GGUF or UQFF file, `builtin:sft`, `hub:OWNER/NAME`.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What stands before the id of a hub model.
pub(in crate::engine) const HUB: &str = "hub:";
/// The files of an adapter.
pub const ADAPTER_FILES: [&str; 2] = ["adapter_config.json", "adapter_model.safetensors"];

/// Where weights come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Checkpoint {
    /// One of the models inside the binary.
    Builtin(Organism),
    /// A directory with `config.json`, safetensors and tokenizer.
    Directory(PathBuf),
    /// A GGUF file.
    Gguf(PathBuf),
    /// A UQFF file, which holds weights that the engine quantised; the other files of the model lie beside it.
    Uqff(PathBuf),
    /// A repository of the model hub.
    Hub(String),
}

/// The models inside the binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Organism {
    /// Trained on considerate dialogues.
    Sft,
    /// The same, then trained to prefer the confident and immediate answer.
    Dpo,
}

impl Organism {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Sft, Self::Dpo];

    /// Its name after `builtin:`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sft => "sft",
            Self::Dpo => "dpo",
        }
    }
}
