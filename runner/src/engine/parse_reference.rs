//! Model references: `builtin:sft`, a directory, a GGUF or UQFF file, `hub:OWNER/NAME`, `scripted:FILE`; each
//! optionally named, as in `before=models/v1`, and optionally under a LoRA adapter, as in
//! `models/base+adapter=adapters/v2`.
//!
//! What looks like the id of a hub model may be the path of a folder that is missing (`models/new`), so it is only supposed to be
//! one: whoever would load it asks first.

use super::{
    reference::{ModelReference, ReferenceError, is_name},
    source::Source,
};
use crate::store;
use std::path::Path;

/// What stands between a model and its adapter.
const ADAPTER: &str = "+adapter=";

impl ModelReference {
    /// Reads a reference. Existing paths win: over hub ids, so that nothing local is ever looked up on a network, and
    /// over names, so that a folder `lr=0.001` is that folder. A name is what stands before the first `=` otherwise.
    ///
    /// # Errors
    /// See [`ReferenceError`].
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (name, reference) = match text.split_once('=') {
            Some((name, reference)) if is_name(name) && !store::exists(Path::new(parts(text).0)) => {
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
}

/// A model and the directory of its adapter. A path that exists is no adapter, whatever stands in it.
fn parts(reference: &str) -> (&str, Option<&Path>) {
    match reference.split_once(ADAPTER) {
        Some((base, adapter)) if !store::exists(Path::new(reference)) => (base, Some(Path::new(adapter))),
        _ => (reference, None),
    }
}

fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::reference::{ADAPTER_FILES, Checkpoint, Organism};

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
