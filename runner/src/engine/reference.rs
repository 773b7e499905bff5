//! A model as the user asked for it, and why a reference leads nowhere. How references are read is in `parse`.

use super::mistral::HUB;
pub use super::{
    mistral::{ADAPTER_FILES, Checkpoint, Organism},
    source::Source,
};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// A model as the user asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelReference {
    /// Its name in reports.
    pub name: String,
    /// What the user wrote, without the name.
    pub text: String,
    /// Where it comes from.
    pub source: Source,
    /// The directory of a LoRA adapter that is put on top.
    pub adapter: Option<PathBuf>,
    /// The user did not say that it is a hub model: there is nothing at this path, and it looks like the id of one.
    pub supposed: bool,
}

/// A reference that leads nowhere.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ReferenceError {
    /// Nothing was written.
    #[error(
        "a model reference is empty; write for example `builtin:sft`, a directory, a .gguf file or `hub:OWNER/NAME`"
    )]
    Empty,
    /// There is no such built-in model.
    #[error("there is no built-in model `{0}`; there are `builtin:sft` and `builtin:dpo`")]
    NoSuchBuiltin(String),
    /// A path that does not exist and cannot be a hub id.
    #[error("`{0}` does not exist, and it is not the id of a hub repository (`owner/name`)")]
    NoSuchPath(String),
    /// What stands behind `hub:` is no id.
    #[error("`{0}` is not the id of a hub repository; say `hub:OWNER/NAME`")]
    NoHubId(String),
    /// Neither what stands behind the name nor the whole is anything.
    #[error(
        "`{reference}` does not exist, and it is not the id of a hub repository (`owner/name`); `{name}` before the `=` was \
         taken for a name of the model, since there is no `{name}={reference}` either"
    )]
    NoSuchPathNamed {
        /// What was taken for the name.
        name: String,
        /// What was taken for the reference.
        reference: String,
    },
    /// A directory without a model.
    #[error(
        "the directory `{0}` holds no config.json; a model directory has config.json, tokenizer.json and *.safetensors"
    )]
    NoModel(String),
    /// A directory without an adapter.
    #[error(
        "`{directory}` holds no {file}; the directory of a LoRA adapter has adapter_config.json and adapter_model.safetensors, and it must be on this machine"
    )]
    NoAdapter {
        /// The directory.
        directory: String,
        /// What is missing.
        file: &'static str,
    },
    /// What its kind of engine does not take, in words.
    #[error("{0}")]
    Refused(String),
    /// A UQFF file alone.
    #[error(
        "there is no config.json beside `{0}`; the files of the model must lie in the folder of its UQFF file"
    )]
    LoneUqff(String),
}

impl ModelReference {
    /// The reference of a hub model that the user has now said to be one.
    pub fn confirmed(self) -> Self {
        match self.supposed {
            true => Self { text: format!("{HUB}{}", self.text), supposed: false, ..self },
            false => self,
        }
    }

    /// A reference as records hold it, without what says only of what kind it is: older ones name hub models by their ids.
    pub fn bare(text: &str) -> &str {
        text.strip_prefix(HUB).unwrap_or(text)
    }

    /// The weights that it leads to, if it leads to any.
    pub(super) fn checkpoint(&self) -> Option<&Checkpoint> {
        let Source::Weights(checkpoint) = &self.source else { return None };
        Some(checkpoint)
    }

    /// Whether the weights are quantised in a way that the engine cannot change while it loads them.
    pub fn is_quantised(&self) -> bool {
        matches!(self.checkpoint(), Some(Checkpoint::Uqff(_)))
    }
}

pub(super) fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && !text.starts_with('.') && text.chars().all(plain)
}

/// The name of a file without its ending; the reference where it has none.
pub(super) fn stem(path: &Path, reference: &str) -> String {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(reference).to_owned()
}

impl fmt::Display for ModelReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.name, self.text)
    }
}
