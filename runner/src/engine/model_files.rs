//! What the files of a model say before the engine loads them, read from their beginnings: the kinds of quantisation, of GGUF files
//! the shape of the model, and whether sizes can be true.
//!
//! The engine reads the files for real; what cannot be read here is merely not known.

mod gguf;
mod names;
pub mod sizes;

use super::reference::{Checkpoint, ModelReference};
use crate::store;
pub use gguf::{Gguf, gguf};
use names::{BEGINNING, ggml, mixture};
use serde::Deserialize;
use std::{collections::HashMap, path::Path};

/// The kind of quantisation that the files of a model hold; none where they hold none, or do not tell.
pub fn quantisation(reference: &ModelReference) -> Option<String> {
    match reference.checkpoint()? {
        Checkpoint::Gguf(file) => gguf(file).quantisation,
        Checkpoint::Uqff(file) => uqff(file),
        Checkpoint::Directory(directory) => of_config(directory),
        Checkpoint::Hub(id) => of_config(&super::hub::snapshot(id)?),
        Checkpoint::Builtin(_) => None,
    }
}

/// Place of a tensor in a safetensors file, behind its header.
#[derive(Deserialize)]
struct Tensor {
    data_offsets: [u64; 2],
}

/// The kinds in a UQFF file, by the number of matrices of each: a safetensors file with a tensor of one byte that names
/// the kind of each matrix (onde-mistralrs-quant, `QuantizedSerdeType`).
fn uqff(file: &Path) -> Option<String> {
    let length = store::read_piece(file, 0, 8).ok()?;
    let length = u64::from_le_bytes(length.try_into().ok()?);
    let header = store::read_piece(file, 8, length.min(BEGINNING)).ok()?;
    let mut header: HashMap<String, serde_json::Value> = serde_json::from_slice(&header).ok()?;
    header.remove("__metadata__");
    let read = |name: &str| {
        let tensor: Tensor = serde_json::from_value(header.get(name)?.clone()).ok()?;
        let [start, end] = tensor.data_offsets;
        let size = end.checked_sub(start).filter(|size| *size <= 8)?;
        store::read_piece(file, length.checked_add(8)?.checked_add(start)?, size).ok()
    };
    let number = |name: &str| {
        let bytes = read(name)?;
        let mut wide = [0; 8];
        wide.get_mut(..bytes.len())?.copy_from_slice(&bytes);
        u32::try_from(u64::from_le_bytes(wide)).ok()
    };
    let mut counts: HashMap<String, u64> = HashMap::new();
    for matrix in header.keys().filter_map(|name| name.strip_suffix(".format")) {
        let bits = || number(&format!("{matrix}.bits")).map_or(String::new(), |bits| bits.to_string());
        let kind = match number(&format!("{matrix}.format")) {
            Some(0) => number(&format!("{matrix}.dtype")).and_then(ggml),
            Some(2) => Some(format!("hqq{}", bits())),
            Some(3) => Some("fp8".to_owned()),
            Some(4) => Some(format!("afq{}", bits())),
            Some(5) => Some("f8q8".to_owned()),
            Some(6) => Some("mxfp4".to_owned()),
            _ => None,
        };
        if let Some(kind) = kind {
            *counts.entry(kind).or_default() += 1;
        }
    }
    mixture(counts)
}

/// What `config.json` says of weights that came quantised, such as `gptq 4 bit`.
fn of_config(directory: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Config {
        quantization_config: Option<Quantised>,
    }
    #[derive(Deserialize)]
    struct Quantised {
        quant_method: Option<String>,
        bits: Option<u32>,
    }
    let text = store::read_text(&directory.join("config.json")).ok()?;
    let Quantised { quant_method, bits } = serde_json::from_str::<Config>(&text).ok()?.quantization_config?;
    let method = quant_method.unwrap_or_else(|| "quantised".to_owned());
    Some(bits.map_or_else(|| method.clone(), |bits| format!("{method} {bits} bit")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uqff_file_tells_its_kinds() {
        let place = tempfile::tempdir().unwrap();
        let header = r#"{"__metadata__":{"uqff.version":"1.2.0"},
            "a.weight.format":{"dtype":"U8","shape":[],"data_offsets":[0,1]},
            "a.weight.dtype":{"dtype":"U32","shape":[],"data_offsets":[1,5]},
            "b.weight.format":{"dtype":"U8","shape":[],"data_offsets":[5,6]},
            "b.weight.bits":{"dtype":"U8","shape":[],"data_offsets":[6,7]},
            "c.weight.format":{"dtype":"U8","shape":[],"data_offsets":[7,8]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend([0, 12, 0, 0, 0, 4, 8, 1]);
        let path = place.path().join("a.uqff");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(uqff(&path).as_deref(), Some("afq8+q4k"));
        for end in [0, 7, 8, 100] {
            std::fs::write(&path, &bytes[..end]).unwrap();
            assert_eq!(uqff(&path), None, "{end}");
        }
    }

    #[test]
    fn a_directory_tells_how_its_weights_came() {
        let place = tempfile::tempdir().unwrap();
        let of = |text: &str| {
            std::fs::write(place.path().join("config.json"), text).unwrap();
            of_config(place.path())
        };
        let gptq = r#"{"quantization_config": {"quant_method": "gptq", "bits": 4, "sym": true}}"#;
        assert_eq!(of(gptq).as_deref(), Some("gptq 4 bit"));
        assert_eq!(of(r#"{"quantization_config": {"quant_method": "fp8"}}"#).as_deref(), Some("fp8"));
        assert_eq!((of("{}"), of("{")), (None, None));
    }
}
