//! A GGUF file with its weights in another form, written where the engine loads it from.

use super::refused::refused;
use crate::{
    engine::{load_error::LoadError, reference::ModelReference, weights::Weights},
    store::{self, TemporaryFolder},
};
use candle_core::{
    Device,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Content, Value},
    },
};
use std::{
    io::{Read, Seek, Write},
    path::Path,
};

/// Writes `file` in the form that was chosen into a new folder, under its own name and beside its tokenizer. Gains, biases
/// and what is not quantised stay as they are.
///
/// # Errors
/// Where the file is no GGUF file or there is no room for another.
pub(super) fn rewrite(
    reference: &ModelReference,
    file: &Path,
    weights: Weights,
) -> Result<Option<TemporaryFolder>, LoadError> {
    let kind = match weights {
        Weights::Stored => return Ok(None),
        Weights::F32 => GgmlDType::F32,
        Weights::Q8 => GgmlDType::Q8_0,
    };
    let refuse = |error: candle_core::Error| refused(reference, &error.to_string());
    let folder = store::unpack(&[]).map_err(|error| refuse(error.into()))?;
    let at = |name: &Path| folder.path().join(name.file_name().unwrap_or_default());
    store::transform(file, &at(file), |stored, out| write(stored, out, kind)).map_err(refuse)?;
    if let Some(beside) = store::beside(file, "tokenizer.json") {
        let copy = store::transform(&beside, &at(&beside), |text, out| std::io::copy(text, out).map(drop));
        copy.map_err(|error| refuse(error.into()))?;
    }
    Ok(Some(folder))
}

fn write(
    stored: &mut (impl Read + Seek),
    out: &mut (impl Write + Seek),
    kind: GgmlDType,
) -> candle_core::Result<()> {
    let content = Content::read(stored)?;
    let mut tensors = Vec::with_capacity(content.tensor_infos.len());
    for name in content.tensor_infos.keys() {
        let tensor = content.tensor(stored, name, &Device::Cpu)?;
        let width = tensor.shape().dims().last().copied().unwrap_or_default();
        let plain = matches!(tensor.dtype(), GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
        let tensor = match plain || !width.is_multiple_of(kind.block_size()) {
            true => tensor,
            false => QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, kind)?,
        };
        tensors.push((name.as_str(), tensor));
    }
    let metadata: Vec<(&str, &Value)> =
        content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
    gguf_file::write(out, &metadata, &tensors)
}
