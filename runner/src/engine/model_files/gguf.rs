//! The beginning of a GGUF file: its kinds of quantisation, and the shape of its model.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Nothing is taken on trust: a file may be damaged
//! or made to harm.

use super::names::{BEGINNING, ggml, mixture};
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
    looked_into(file).0.unwrap_or_default()
}

/// What a GGUF file claims of its sizes that cannot be, for people; none where it can, or cannot be read here.
pub(super) fn implausible(file: &Path) -> Option<String> {
    looked_into(file).1
}

fn looked_into(file: &Path) -> (Option<Gguf>, Option<String>) {
    let Ok(beginning) = store::read_beginning(file, BEGINNING) else { return (None, None) };
    let mut bytes = Bytes { rest: &beginning, size: store::file_size(file), wrong: None };
    (parse(&mut bytes), bytes.wrong)
}

/// Positions at most, of which the engine makes tables. The longest context of a published model is ten million.
pub(super) const MOST_POSITIONS: u64 = 1 << 24;
/// Dimensions that a tensor has at most (`GGML_MAX_DIMS`).
const MOST_DIMENSIONS: u64 = 4;

/// Bytes that have not been read yet. Whatever a file says of its own lengths, nothing beyond its end is read.
struct Bytes<'a> {
    rest: &'a [u8],
    /// Bytes of the whole file, of which this may be the beginning.
    size: u64,
    /// The first size that cannot be.
    wrong: Option<String>,
}

impl<'a> Bytes<'a> {
    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        self.hold("a piece", count)?;
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    /// That the file can hold so many bytes, or things of a byte and more.
    fn hold(&mut self, what: &str, count: u64) -> Option<()> {
        let unit = if what == "a piece" { "bytes" } else { "parts" };
        self.bounded(count, self.size, || format!("{what} of {count} {unit}"))
    }

    /// That a size is no larger than the file allows.
    fn bounded(&mut self, count: u64, most: u64, claim: impl FnOnce() -> String) -> Option<()> {
        if count <= most {
            return Some(());
        }
        let size = self.size;
        self.wrong.get_or_insert_with(|| format!("the file claims {}, and has {size} bytes in all", claim()));
        None
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
                self.hold("a list", count)?;
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

/// The largest number that a property of the model can have in a file of a size: no part of a model is larger than its weights, and
/// positions are no part.
fn most(key: &[u8], size: u64) -> u64 {
    let is = |part: &str| key.windows(part.len()).any(|piece| piece == part.as_bytes());
    match () {
        () if is("context_length") => MOST_POSITIONS,
        () if ["_length", "count", "size", "dimension"].into_iter().any(is) => size,
        () => u64::MAX,
    }
}

fn parse(bytes: &mut Bytes<'_>) -> Option<Gguf> {
    // Version 1 counts in other widths, and is long gone.
    if bytes.take(4)? != b"GGUF" || bytes.u32()? < 2 {
        return None;
    }
    let (tensors, values) = (bytes.u64()?, bytes.u64()?);
    bytes.hold("a list of matrices", tensors)?;
    bytes.hold("a list of properties", values)?;
    let (mut numbers, mut architecture) = (HashMap::new(), None);
    for _ in 0..values {
        let (key, kind) = (bytes.text()?, bytes.u32()?);
        match bytes.value(kind)? {
            Value::Number(number) => {
                let most = most(key, bytes.size);
                bytes.bounded(number, most, || format!("`{}` to be {number}", key.escape_ascii()))?;
                numbers.insert(key, number);
            }
            Value::Text(text) if key == b"general.architecture" => architecture = str::from_utf8(text).ok(),
            Value::Text(_) | Value::Other => {}
        }
    }
    let mut sizes: HashMap<String, u64> = HashMap::new();
    let mut all = 0_u64;
    for _ in 0..tensors {
        bytes.text()?;
        let dimensions = bytes.u32()?;
        let of = u64::from(dimensions);
        bytes.bounded(of, MOST_DIMENSIONS, || format!("a matrix of {dimensions} dimensions"))?;
        let mut count = 1_u64;
        for _ in 0..dimensions {
            count = count.saturating_mul(bytes.u64()?);
        }
        let kind = bytes.u32()?;
        bytes.u64()?;
        all = all.saturating_add(count);
        // No kind of quantisation takes less than a bit for a weight.
        let most = bytes.size.saturating_mul(8);
        bytes.bounded(all, most, || format!("{all} weights"))?;
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

    /// What is read of bytes that lie at the beginning of a file with a megabyte of weights.
    fn whole(bytes: &[u8]) -> (Option<Gguf>, Option<String>) {
        let mut bytes = Bytes { rest: bytes, size: 1 << 20, wrong: None };
        (parse(&mut bytes), bytes.wrong)
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
        let found = whole(&bytes).0.unwrap();
        assert_eq!(found.quantisation.as_deref(), Some("q4k+q6k"));
        assert_eq!((found.positions, found.per_token), (Some(8192), Some(2 * 32 * 8 * 128)));
        let plain = whole(&file(&[(0, 1), (1, 1), (30, 1)])).0.unwrap();
        assert_eq!(plain.quantisation, None);
        assert_eq!(whole(&file(&[(99, 1)])).0.unwrap().quantisation.as_deref(), Some("ggml 99"));
    }

    #[test]
    fn a_damaged_gguf_file_tells_nothing() {
        let bytes = file(&[(12, 20)]);
        for end in 0..bytes.len() {
            assert_eq!(whole(&bytes[..end]).0, None, "{end}");
        }
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] = 0xff;
            // Whatever it says, it says it without a panic and without end.
            let _ = whole(&bytes).0;
        }
    }
    #[test]
    fn sizes_that_the_file_cannot_hold_are_named() {
        let bytes = file(&[(12, 20)]);
        assert_eq!(whole(&bytes).1, None);
        let changed = |of: &[u8], by: u8, places: std::ops::Range<usize>| {
            let start = bytes.windows(of.len()).position(|piece| piece == of).unwrap() + of.len();
            let mut bytes = bytes.clone();
            bytes[start + places.start..start + places.end].fill(by);
            whole(&bytes).1.unwrap_or_default()
        };
        assert!(
            changed(b"llama.embedding_length", 0x7f, 4..8)
                .contains("`llama.embedding_length` to be 2139062143")
        );
        assert!(changed(b"llama.context_length", 0x7f, 4..8).contains("`llama.context_length` to be"));
        assert!(
            changed(b"tokenizer.ggml.tokens", 0x7f, 8..16).contains("a list of 9187201950435737471 parts")
        );
        assert!(changed(b"GGUF", 0x7f, 4..12).contains("a list of matrices of 9187201950435737471 parts"));
        assert!(changed(b"weight", 0x7f, 0..4).contains("a matrix of 2139062143 dimensions"));
        assert!(changed(b"weight", 0x7f, 4..11).contains("weights, and has 1048576 bytes in all"));
        assert!(
            changed(b"general.architecture", 0x7f, 4..12).contains("a piece of 9187201950435737471 bytes")
        );
    }
}
