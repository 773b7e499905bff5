//! The names of kinds of quantisation, and how much of a file is looked at for them.

use std::collections::HashMap;

/// Bytes of a file that are looked at, at most: the vocabulary of a GGUF file stands before its list of tensors.
pub(super) const BEGINNING: u64 = 64 << 20;

/// The engine's names of GGML's types, and the numbers of those that are not quantised.
const GGML: [(u32, &str); 12] = [
    (2, "q4_0"),
    (3, "q4_1"),
    (6, "q5_0"),
    (7, "q5_1"),
    (8, "q8_0"),
    (9, "q8_1"),
    (10, "q2k"),
    (11, "q3k"),
    (12, "q4k"),
    (13, "q5k"),
    (14, "q6k"),
    (15, "q8k"),
];
const PLAIN: [u32; 3] = [0, 1, 30];

pub(super) fn ggml(kind: u32) -> Option<String> {
    if PLAIN.contains(&kind) {
        return None;
    }
    let known = GGML.iter().find(|(number, _)| *number == kind);
    Some(known.map_or_else(|| format!("ggml {kind}"), |(_, name)| (*name).to_owned()))
}

/// Names, those of the most weights first.
pub(super) fn mixture(sizes: HashMap<String, u64>) -> Option<String> {
    let mut sizes: Vec<(String, u64)> = sizes.into_iter().collect();
    sizes.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
    let names: Vec<String> = sizes.into_iter().map(|(name, _)| name).collect();
    (!names.is_empty()).then(|| names.join("+"))
}
