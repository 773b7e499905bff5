//! The beginning of a GGUF file: its kinds of quantisation, and the shape of its model.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Nothing is taken on trust: a file may be damaged
//! or made to harm.

use super::{BEGINNING, ggml, mixture};
use crate::store;
use std::{collections::HashMap, path::Path};

/// What a GGUF file says of its model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gguf {
    /// Kinds of its quantised matrices, by how many weights they hold, such as `q4k+q6k`; none where none is quantised.
    pub quantisation: Option<String>,
    /// Weights, whatever they are stored in.
    pub numbers: u64,
    /// Positions that the model was made for.
    pub positions: Option<u32>,
    /// Numbers that the keys and values of one token take, over all layers.
    pub per_token: Option<u64>,
}

/// Looks into a GGUF file.
pub fn gguf(file: &Path) -> Gguf {
    let Ok(bytes) = store::read_beginning(file, BEGINNING) else { return Gguf::default() };
    parse(&mut Bytes(&bytes)).unwrap_or_default()
}

/// Bytes that have not been read yet. Whatever a file says of its own lengths, nothing beyond its end is read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.u64()?;
        self.take(length)
    }

    /// Reads a value of a type; what it is where that may be of interest.
    fn value(&mut self, kind: u32) -> Option<Value<'a>> {
        Some(match kind {
            4 => Value::Number(u64::from(self.u32()?)),
            10 => Value::Number(self.u64()?),
            8 => Value::Text(self.text()?),
            9 => {
                let (kind, count) = (self.u32()?, self.u64()?);
                match size(kind) {
                    Some(size) => drop(self.take(count.checked_mul(size)?)?),
                    None if kind == 8 => (0..count).try_for_each(|_| self.text().map(drop))?,
                    // Arrays of arrays are in no file that is known.
                    None => return None,
                }
                Value::Other
            }
            other => {
                self.take(size(other)?)?;
                Value::Other
            }
        })
    }
}

/// Bytes of a GGUF value of a fixed size.
fn size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

enum Value<'a> {
    Number(u64),
    Text(&'a [u8]),
    Other,
}

fn parse(bytes: &mut Bytes<'_>) -> Option<Gguf> {
    // Version 1 counts in other widths, and is long gone.
    if bytes.take(4)? != b"GGUF" || bytes.u32()? < 2 {
        return None;
    }
    let (tensors, values) = (bytes.u64()?, bytes.u64()?);
    let (mut numbers, mut architecture) = (HashMap::new(), None);
    for _ in 0..values {
        let (key, kind) = (bytes.text()?, bytes.u32()?);
        match bytes.value(kind)? {
            Value::Number(number) => drop(numbers.insert(key, number)),
            Value::Text(text) if key == b"general.architecture" => architecture = str::from_utf8(text).ok(),
            Value::Text(_) | Value::Other => {}
        }
    }
    let mut sizes: HashMap<String, u64> = HashMap::new();
    let mut all = 0_u64;
    for _ in 0..tensors {
        bytes.text()?;
        let dimensions = bytes.u32()?;
        let mut count = 1_u64;
        for _ in 0..dimensions {
            count = count.saturating_mul(bytes.u64()?);
        }
        let kind = bytes.u32()?;
        bytes.u64()?;
        all = all.saturating_add(count);
        if let Some(name) = ggml(kind) {
            let size = sizes.entry(name).or_default();
            *size = size.saturating_add(count);
        }
    }
    let number = |key: &str| numbers.get(format!("{}.{key}", architecture?).as_bytes()).copied();
    let heads = number("attention.head_count");
    let width = number("attention.key_length").or_else(|| number("embedding_length")?.checked_div(heads?));
    let kept = number("attention.head_count_kv").or(heads);
    let per_token = number("block_count")
        .zip(kept)
        .zip(width)
        .and_then(|((layers, heads), width)| layers.checked_mul(heads)?.checked_mul(width)?.checked_mul(2));
    let positions = number("context_length").and_then(|length| u32::try_from(length).ok());
    Some(Gguf { quantisation: mixture(sizes), numbers: all, positions, per_token })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(out: &mut Vec<u8>, text: &str) {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    }

    fn number(out: &mut Vec<u8>, key: &str, value: u32) {
        text(out, key);
        out.extend(4_u32.to_le_bytes());
        out.extend(value.to_le_bytes());
    }

    /// A file with a vocabulary, a shape, and matrices of these kinds.
    fn file(kinds: &[(u32, u64)]) -> Vec<u8> {
        let mut out = b"GGUF\x03\0\0\0".to_vec();
        out.extend((kinds.len() as u64).to_le_bytes());
        out.extend(7_u64.to_le_bytes());
        text(&mut out, "general.architecture");
        out.extend(8_u32.to_le_bytes());
        text(&mut out, "llama");
        text(&mut out, "tokenizer.ggml.tokens");
        out.extend(9_u32.to_le_bytes());
        out.extend(8_u32.to_le_bytes());
        out.extend(2_u64.to_le_bytes());
        text(&mut out, "a");
        text(&mut out, "b");
        for (key, value) in [
            ("llama.context_length", 8192),
            ("llama.block_count", 32),
            ("llama.attention.head_count", 32),
            ("llama.attention.head_count_kv", 8),
            ("llama.embedding_length", 4096),
        ] {
            number(&mut out, key, value);
        }
        for (kind, width) in kinds {
            text(&mut out, "weight");
            out.extend(2_u32.to_le_bytes());
            out.extend(width.to_le_bytes());
            out.extend(width.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend(0_u64.to_le_bytes());
        }
        out
    }

    #[test]
    fn a_gguf_file_tells_its_kinds_and_its_shape() {
        let bytes = file(&[(14, 10), (12, 20), (0, 99)]);
        let found = parse(&mut Bytes(&bytes)).unwrap();
        assert_eq!(found.quantisation.as_deref(), Some("q4k+q6k"));
        assert_eq!((found.positions, found.per_token), (Some(8192), Some(2 * 32 * 8 * 128)));
        let plain = parse(&mut Bytes(&file(&[(0, 1), (1, 1), (30, 1)]))).unwrap();
        assert_eq!(plain.quantisation, None);
        assert_eq!(parse(&mut Bytes(&file(&[(99, 1)]))).unwrap().quantisation.as_deref(), Some("ggml 99"));
    }

    #[test]
    fn a_damaged_gguf_file_tells_nothing() {
        let bytes = file(&[(12, 20)]);
        for end in 0..bytes.len() {
            assert_eq!(parse(&mut Bytes(&bytes[..end])), None, "{end}");
        }
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] = 0xff;
            // Whatever it says, it says it without a panic and without end.
            let _ = parse(&mut Bytes(&bytes));
        }
    }
}
