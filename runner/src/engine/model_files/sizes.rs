//! Whether the sizes that `config.json` or a GGUF file claims can be those of the weights that are there.
//!
//! The engine allocates by them before it looks at the weights: one that is made up ends the program for want of memory. No part of
//! a model is larger than all of its weights in bytes, so a size beyond that is none.

use super::gguf::{self, MOST_POSITIONS};
use crate::{
    engine::{
        hub,
        reference::{Checkpoint, ModelReference},
    },
    store,
};
use serde_json::Value;
use std::path::Path;

/// Parts of a key by which it is a size that the weights have to bear out.
const SIZES: [&str; 5] = ["size", "dim", "layers", "heads", "experts"];
/// Parts of a key by which it is a number of positions, which no weights bear out.
const POSITIONS: [&str; 2] = ["max_position", "max_seq"];

/// What is wrong with the sizes of a model, for people; none where they can be, or where there is nothing to read, as of a model that
/// is yet to be downloaded.
pub fn implausible(reference: &ModelReference) -> Option<String> {
    match reference.checkpoint()? {
        Checkpoint::Directory(folder) => of_folder(folder),
        Checkpoint::Uqff(file) => of_folder(store::folder_of(file)),
        Checkpoint::Hub(id) => of_folder(&hub::snapshot(id)?),
        Checkpoint::Gguf(file) => gguf::implausible(file),
        Checkpoint::Builtin(_) => None,
    }
}

fn of_folder(folder: &Path) -> Option<String> {
    let text = store::read_text(&folder.join("config.json")).ok()?;
    let config: Value = serde_json::from_str(&text).ok()?;
    let weights =
        ["safetensors", "uqff"].into_iter().flat_map(|end| store::files_with_extension(folder, end));
    let bytes: u64 = weights.map(|file| store::file_size(&file)).sum();
    if bytes == 0 {
        return None;
    }
    // serde_json nests 128 levels at most.
    let mut open = vec![&config];
    while let Some(part) = open.pop() {
        match part {
            Value::Object(fields) => {
                let wrong = fields.iter().find_map(|(key, value)| beyond(key, value.as_f64()?, bytes));
                if wrong.is_some() {
                    return wrong;
                }
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    None
}

fn beyond(key: &str, value: f64, bytes: u64) -> Option<String> {
    let is = |parts: &[&str]| parts.iter().any(|part| key.contains(part));
    if is(&POSITIONS) {
        return (value > MOST_POSITIONS as f64)
            .then(|| format!("`{key}` of config.json is {value}, more than any model has positions"));
    }
    (is(&SIZES) && value > bytes as f64).then(|| {
        format!("`{key}` of config.json is {value}, and all weights together have {bytes} bytes: they are not of this model")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_size_beyond_the_weights_is_none() {
        let place = tempfile::tempdir().unwrap();
        let of = |config: &str| {
            fs::write(place.path().join("config.json"), config).unwrap();
            of_folder(place.path())
        };
        assert_eq!(
            of(r#"{"intermediate_size": 9007199254740992}"#),
            None,
            "there are no weights to hold it against"
        );
        fs::write(place.path().join("model.safetensors"), [0; 1000]).unwrap();
        for (config, named) in [
            (r#"{"intermediate_size": 9007199254740992}"#, Some("intermediate_size")),
            (r#"{"intermediate_size": 1e300}"#, Some("intermediate_size")),
            (r#"{"text_config": {"num_hidden_layers": 1001}}"#, Some("num_hidden_layers")),
            (r#"{"parts": [{"head_dim": 4096}]}"#, Some("head_dim")),
            (r#"{"max_position_embeddings": 1099511627776}"#, Some("max_position_embeddings")),
            (r#"{"max_position_embeddings": 10485760, "hidden_size": 576, "eos_token_id": 128001}"#, None),
            (r#"{"hidden_size": "large", "head_dim": null, "num_attention_heads": -1}"#, None),
            ("{", None),
        ] {
            let found = of(config);
            assert_eq!(found.is_some(), named.is_some(), "{config}: {found:?}");
            assert!(found.unwrap_or_default().contains(named.unwrap_or_default()), "{config}");
        }
    }
}
