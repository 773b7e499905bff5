//! Model references: `builtin:sft`, a directory, a GGUF or UQFF file, `hub:OWNER/NAME`, `scripted:FILE`; each
//! optionally named, as in `before=models/v1`, and optionally under a LoRA adapter, as in
//! `models/base+adapter=adapters/v2`.
//!
//! What looks like the id of a hub model may be the path of a folder that is missing (`models/new`), so it is only supposed to be
//! one: whoever would load it asks first.

use super::mistral::HUB;
pub use super::{
    kinds::Source,
    mistral::{ADAPTER_FILES, Checkpoint, Organism},
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

/// What stands between a model and its adapter.
const ADAPTER: &str = "+adapter=";

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
    /// Reads a reference. Existing paths win: over hub ids, so that nothing local is ever looked up on a network, and
    /// over names, so that a folder `lr=0.001` is that folder. A name is what stands before the first `=` otherwise.
    ///
    /// # Errors
    /// See [`ReferenceError`].
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (name, reference) = match text.split_once('=') {
            Some((name, reference)) if is_name(name) && !Path::new(parts(text).0).exists() => {
                (Some(name), reference)
            }
            _ => (None, text),
        };
        let (base, adapter) = parts(reference);
        if base.is_empty() {
            return Err(ReferenceError::Empty);
        }
        let (source, supposed) = Source::read(base).map_err(|error| match (error, name) {
            (ReferenceError::NoSuchPath(reference), Some(name)) => {
                ReferenceError::NoSuchPathNamed { name: name.to_owned(), reference }
            }
            (error, _) => error,
        })?;
        let mut default = plain(&source.kind().name(base));
        if let Some(directory) = adapter {
            source.kind().takes_adapter(directory)?;
            let own = directory.file_name().and_then(|own| own.to_str()).unwrap_or("adapter");
            default = plain(&format!("{default}-{own}"));
        }
        let name = name.map_or(default, ToOwned::to_owned);
        Ok(Self { name, text: reference.to_owned(), source, adapter: adapter.map(Path::to_owned), supposed })
    }

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

    /// Whether it is computed on the devices of this machine.
    pub fn computes(&self) -> bool {
        self.source.kind().computes()
    }

    /// The folder in which the model's publisher recommends how to sample; none where it has none on this machine.
    pub fn folder(&self) -> Option<PathBuf> {
        self.source.kind().folder()
    }

    /// Whether the weights are quantised in a way that the engine cannot change while it loads them.
    pub fn is_quantised(&self) -> bool {
        matches!(self.checkpoint(), Some(Checkpoint::Uqff(_)))
    }
}

/// A model and the directory of its adapter. A path that exists is no adapter, whatever stands in it.
fn parts(reference: &str) -> (&str, Option<&Path>) {
    match reference.split_once(ADAPTER) {
        Some((base, adapter)) if !Path::new(reference).exists() => (base, Some(Path::new(adapter))),
        _ => (reference, None),
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

fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect()
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
        assert_eq!(reference.source, Source::Weights(Checkpoint::Builtin(Organism::Sft)));
        assert_eq!(
            ModelReference::parse("builtin:rlhf"),
            Err(ReferenceError::NoSuchBuiltin("rlhf".to_owned()))
        );
    }

    #[test]
    fn a_hub_id_has_an_owner_and_a_name() {
        let reference = ModelReference::parse("hub:Qwen/Qwen3-4B-Instruct-2507").unwrap();
        assert_eq!(
            reference.source,
            Source::Weights(Checkpoint::Hub("Qwen/Qwen3-4B-Instruct-2507".to_owned()))
        );
        assert_eq!(reference.name, "Qwen3-4B-Instruct-2507");
        assert!(!reference.supposed);
        // A bare one may be meant otherwise, until the user says so.
        let bare = ModelReference::parse("Qwen/Qwen3-4B-Instruct-2507").unwrap();
        assert!(bare.supposed && bare.source == reference.source);
        assert_eq!(bare.confirmed(), reference);
        assert_eq!(reference.clone().confirmed(), reference);
        assert_eq!(ModelReference::parse("old=hub:a/b").unwrap().name, "old");
        for text in ["hub:", "hub:a", "hub:a/b/c", "hub:../b", "hub:a/.."] {
            assert!(matches!(ModelReference::parse(text), Err(ReferenceError::NoHubId(_))), "{text}");
        }
    }

    #[test]
    fn an_adapter_is_a_directory_with_its_two_files() {
        let place = tempfile::tempdir().unwrap();
        let adapter = place.path().join("v 2");
        std::fs::create_dir(&adapter).unwrap();
        let text = format!("builtin:sft+adapter={}", adapter.display());
        assert!(matches!(
            ModelReference::parse(&text),
            Err(ReferenceError::NoAdapter { file: "adapter_config.json", .. })
        ));
        for file in ADAPTER_FILES {
            std::fs::write(adapter.join(file), "").unwrap();
        }
        let reference = ModelReference::parse(&text).unwrap();
        assert_eq!((reference.name.as_str(), &reference.text), ("sft-v-2", &text));
        assert_eq!(reference.source, Source::Weights(Checkpoint::Builtin(Organism::Sft)));
        assert_eq!(reference.adapter.as_deref(), Some(adapter.as_path()));
        assert_eq!(ModelReference::parse(&format!("new={text}")).unwrap().name, "new");
        let scripted = format!("scripted:x.yaml+adapter={}", adapter.display());
        assert!(matches!(ModelReference::parse(&scripted), Err(ReferenceError::Refused(_))));
    }

    #[test]
    fn a_uqff_file_has_the_model_around_it() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("q4k-0.uqff");
        std::fs::write(&file, "").unwrap();
        let text = file.to_str().unwrap();
        assert!(matches!(ModelReference::parse(text), Err(ReferenceError::LoneUqff(_))));
        std::fs::write(place.path().join("config.json"), "{}").unwrap();
        let reference = ModelReference::parse(text).unwrap();
        assert_eq!(reference.source, Source::Weights(Checkpoint::Uqff(file.clone())));
        assert_eq!((reference.name.as_str(), reference.is_quantised()), ("q4k-0", true));
    }

    #[test]
    fn a_path_that_exists_is_a_path_whatever_stands_in_it() {
        let place = tempfile::tempdir().unwrap();
        let model = |name: &str| {
            let folder = place.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("config.json"), "{}").unwrap();
            folder
        };
        // A name has no slash, so only a path from here could be taken apart; this one is put behind a name.
        let folder = model("lr=0.001");
        let text = folder.to_str().unwrap();
        for (written, name) in [(text.to_owned(), "lr-0.001"), (format!("old={text}"), "old")] {
            let reference = ModelReference::parse(&written).unwrap();
            assert_eq!(
                (reference.name.as_str(), &reference.source),
                (name, &Source::Weights(Checkpoint::Directory(folder.clone())))
            );
        }
        let odd = model("base+adapter=v1");
        assert_eq!(ModelReference::parse(odd.to_str().unwrap()).unwrap().adapter, None);
        for name in ["my model.gguf", "a=b.gguf"] {
            let file = place.path().join(name);
            std::fs::write(&file, "").unwrap();
            assert_eq!(
                ModelReference::parse(file.to_str().unwrap()).unwrap().source,
                Source::Weights(Checkpoint::Gguf(file))
            );
        }
        let adapter = place.path().join("r=8+alpha");
        std::fs::create_dir(&adapter).unwrap();
        ADAPTER_FILES.iter().for_each(|file| std::fs::write(adapter.join(file), "").unwrap());
        let reference = ModelReference::parse(&format!("builtin:sft+adapter={}", adapter.display())).unwrap();
        assert_eq!(reference.adapter.as_deref(), Some(adapter.as_path()));
    }

    #[test]
    fn a_wrong_name_gets_an_explanation() {
        let error = ModelReference::parse("lr=0.5").unwrap_err().to_string();
        assert!(error.contains("`lr` before the `=`") && error.contains("`lr=0.5`"), "{error}");
        let here = ModelReference::parse(".");
        assert!(matches!(here, Err(ReferenceError::NoModel(_))), "{here:?}");
    }

    #[test]
    fn a_missing_path_is_not_taken_for_a_hub_id() {
        for text in ["./missing", "/missing/model", "a/b/c", "models/missing.gguf", "missing"] {
            assert!(matches!(ModelReference::parse(text), Err(ReferenceError::NoSuchPath(_))), "{text}");
        }
        assert_eq!(ModelReference::parse("name="), Err(ReferenceError::Empty));
    }
}
