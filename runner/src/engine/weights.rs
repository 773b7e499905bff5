//! What a quantised GGUF file is computed in on a processor: as it is stored, or rewritten while it is loaded.
//!
//! The engine computes stored kinds one dialogue at a time (see docs/design.md, "Engine"), and some of them without
//! vector instructions. Numbers of 32 bits it computes in batches, and they give what the file says to the last bit.

use super::model_files::Gguf;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What the weights of a file are computed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Weights {
    /// As they are stored.
    Stored,
    /// As numbers of 32 bits: the same values.
    F32,
    /// As GGML's `q8_0`: nearly the same values, 34 bytes for every 32 of them.
    Q8,
}

/// Most share of a machine's memory that one copy of a model takes as numbers of 32 bits without being asked to.
const SHARE: u64 = 4;
/// Memory of a machine that does not tell.
const UNKNOWN: u64 = 4 << 30;
/// Kinds whose products the engine computes number by number (onde-candle-core, `k_quants.rs`).
const SLOW: [&str; 4] = ["q4_1", "q5_0", "q5_1", "q8_1"];

impl Weights {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::F32 => "f32",
            Self::Q8 => "q8_0",
        }
    }

    /// What was asked for, or what suits a file on a machine with so many bytes of memory.
    pub(super) fn choose(asked: Option<Self>, held: &Gguf, memory: Option<u64>) -> Self {
        let fits = Self::F32.bytes(held) <= memory.unwrap_or(UNKNOWN) / SHARE;
        asked.unwrap_or(if held.quantisation.is_some() && fits { Self::F32 } else { Self::Stored })
    }

    /// Bytes in memory of a file's weights; 0 for what they take as they are stored.
    pub(super) fn bytes(self, held: &Gguf) -> u64 {
        match self {
            Self::Stored => 0,
            Self::F32 => held.numbers.saturating_mul(4),
            Self::Q8 => held.numbers.saturating_mul(34) / 32,
        }
    }

    /// How the record names weights of these kinds.
    #[cfg(any(test, feature = "engine"))]
    pub(super) fn named(self, kinds: &str) -> String {
        match self {
            Self::Stored => kinds.to_owned(),
            Self::F32 | Self::Q8 => format!("{kinds} as {}", self.name()),
        }
    }

    /// What to say of a file that stays as it is, if its kind is slow.
    pub(super) fn note(self, held: &Gguf) -> Option<String> {
        let kinds = held.quantisation.as_deref()?;
        let slow = SLOW.iter().find(|kind| kinds.split('+').any(|held| held == **kind))?;
        (self == Self::Stored).then(|| {
            format!(
                "mistral.rs computes weights in {slow} several times as slowly as others on a processor; `--weights q8_0` \
                 rewrites them while they are loaded (nearly the same values), `--weights f32` does with the same values and \
                 needs {} MiB",
                Self::F32.bytes(held) >> 20
            )
        })
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Weights {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Stored, Self::F32, Self::Q8];
        let found = all.into_iter().find(|weights| weights.name() == text);
        found.ok_or_else(|| format!("`{text}` is no form of weights; write `stored`, `f32` or `q8_0`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(kinds: &str, numbers: u64) -> Gguf {
        Gguf { quantisation: Some(kinds.to_owned()), numbers, ..Gguf::default() }
    }

    #[test]
    fn what_fits_is_computed_exactly_and_the_rest_as_it_is() {
        let (small, large) = (held("q4_1+q8_0", 135 << 20), held("q4k", 8 << 30));
        let memory = Some(16 << 30);
        assert_eq!(Weights::choose(None, &small, memory), Weights::F32);
        assert_eq!(Weights::choose(None, &small, None), Weights::F32);
        assert_eq!(Weights::choose(None, &large, memory), Weights::Stored);
        assert_eq!(Weights::choose(Some(Weights::Q8), &large, memory), Weights::Q8);
        let plain = Gguf { quantisation: None, ..small.clone() };
        assert_eq!(Weights::choose(None, &plain, memory), Weights::Stored);
        assert_eq!(Weights::Q8.bytes(&held("q4k", 64)), 68);
        assert_eq!(Weights::F32.named("q4_1"), "q4_1 as f32");
    }

    #[test]
    fn a_slow_kind_is_named_with_what_helps() {
        let large = held("q4k+q5_0", 8 << 30);
        let note = Weights::Stored.note(&large).unwrap();
        assert!(note.contains("in q5_0") && note.contains("`--weights q8_0`"), "{note}");
        assert!(note.contains("needs 32768 MiB"), "{note}");
        assert_eq!(Weights::Q8.note(&large), None);
        assert_eq!(Weights::Stored.note(&held("q4k+q6k", 1)), None);
    }

    #[test]
    fn forms_have_names() {
        for weights in [Weights::Stored, Weights::F32, Weights::Q8] {
            assert_eq!(weights.to_string().parse(), Ok(weights));
        }
        assert!("int8".parse::<Weights>().unwrap_err().contains("`stored`, `f32` or `q8_0`"));
    }
}
