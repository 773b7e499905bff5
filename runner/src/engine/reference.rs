//! Model references: `builtin:sft`, a directory, a GGUF file, a hub id, `scripted:FILE`; each
//! optionally named, as in `before=models/v1`.

use std::{
    fmt,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// One of the models inside the binary.
    Builtin(Organism),
    /// A directory with `config.json`, safetensors and tokenizer.
    Directory(PathBuf),
    /// A GGUF file.
    Gguf(PathBuf),
    /// A repository of the model hub.
    Hub(String),
    /// Canned answers.
    Scripted(PathBuf),
}

/// The models inside the binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// A model as the user asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelReference {
    /// Its name in reports.
    pub name: String,
    /// What the user wrote, without the name.
    pub text: String,
    /// Where it comes from.
    pub source: Source,
}

/// A reference that leads nowhere.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ReferenceError {
    /// Nothing was written.
    #[error(
        "a model reference is empty; write for example `builtin:sft`, a directory, a .gguf file or a hub id"
    )]
    Empty,
    /// There is no such built-in model.
    #[error("there is no built-in model `{0}`; there are `builtin:sft` and `builtin:dpo`")]
    NoSuchBuiltin(String),
    /// A path that does not exist and cannot be a hub id.
    #[error("`{0}` does not exist, and it is not the id of a hub repository (`owner/name`)")]
    NoSuchPath(String),
    /// A directory without a model.
    #[error(
        "the directory `{0}` holds no config.json; a model directory has config.json, tokenizer.json and *.safetensors"
    )]
    NoModel(String),
}

impl ModelReference {
    /// Reads a reference. Existing paths win over hub ids, so that nothing local is ever looked up
    /// on a network.
    ///
    /// # Errors
    /// See [`ReferenceError`].
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (name, reference) = match text.split_once('=') {
            Some((name, reference)) if is_name(name) => (Some(name), reference),
            _ => (None, text),
        };
        if reference.is_empty() {
            return Err(ReferenceError::Empty);
        }
        let source = Self::source(reference)?;
        let name = name.map_or_else(|| default_name(reference, &source), ToOwned::to_owned);
        Ok(Self { name, text: reference.to_owned(), source })
    }

    fn source(reference: &str) -> Result<Source, ReferenceError> {
        if let Some(builtin) = reference.strip_prefix("builtin:") {
            return Organism::ALL
                .into_iter()
                .find(|organism| organism.name() == builtin)
                .map(Source::Builtin)
                .ok_or_else(|| ReferenceError::NoSuchBuiltin(builtin.to_owned()));
        }
        if let Some(file) = reference.strip_prefix("scripted:") {
            return Ok(Source::Scripted(PathBuf::from(file)));
        }
        let path = Path::new(reference);
        if path.is_dir() {
            return match path.join("config.json").is_file() {
                true => Ok(Source::Directory(path.to_owned())),
                false => Err(ReferenceError::NoModel(reference.to_owned())),
            };
        }
        if path.is_file() {
            return Ok(Source::Gguf(path.to_owned()));
        }
        match is_hub_id(reference) {
            true => Ok(Source::Hub(reference.to_owned())),
            false => Err(ReferenceError::NoSuchPath(reference.to_owned())),
        }
    }
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && !text.starts_with('.') && text.chars().all(plain)
}

fn is_hub_id(text: &str) -> bool {
    match text.split_once('/') {
        Some((owner, name)) => is_name(owner) && is_name(name) && !text.ends_with(".gguf"),
        None => false,
    }
}

fn default_name(reference: &str, source: &Source) -> String {
    let last = match source {
        Source::Builtin(organism) => organism.name(),
        Source::Scripted(path) | Source::Directory(path) | Source::Gguf(path) => {
            path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(reference)
        }
        Source::Hub(id) => id.rsplit('/').next().unwrap_or(id),
    };
    last.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect()
}

impl fmt::Display for ModelReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.name, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_models_are_known_by_name() {
        let reference = ModelReference::parse("before=builtin:sft").unwrap();
        assert_eq!((reference.name.as_str(), reference.text.as_str()), ("before", "builtin:sft"));
        assert_eq!(reference.source, Source::Builtin(Organism::Sft));
        assert_eq!(
            ModelReference::parse("builtin:rlhf"),
            Err(ReferenceError::NoSuchBuiltin("rlhf".to_owned()))
        );
    }

    #[test]
    fn a_hub_id_has_an_owner_and_a_name() {
        let reference = ModelReference::parse("Qwen/Qwen3-4B-Instruct-2507").unwrap();
        assert_eq!(reference.source, Source::Hub("Qwen/Qwen3-4B-Instruct-2507".to_owned()));
        assert_eq!(reference.name, "Qwen3-4B-Instruct-2507");
    }

    #[test]
    fn a_missing_path_is_not_taken_for_a_hub_id() {
        for text in ["./missing", "/missing/model", "a/b/c", "models/missing.gguf", "missing"] {
            assert!(matches!(ModelReference::parse(text), Err(ReferenceError::NoSuchPath(_))), "{text}");
        }
        assert_eq!(ModelReference::parse("name="), Err(ReferenceError::Empty));
    }
}
