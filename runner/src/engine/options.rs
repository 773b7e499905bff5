//! What users ask of the engine. Every part may be left out; `settings` says what then holds.

use super::{device::Device, weights::Weights};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, time::Duration};

/// Number format that a model computes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dtype {
    /// 32 bits.
    F32,
    /// 16 bits with the range of F32.
    Bf16,
    /// 16 bits with a finer grain and a small range.
    F16,
}

impl Dtype {
    /// Its name on the command line and in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        }
    }

    /// Bytes of one number.
    pub fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::Bf16 | Self::F16 => 2,
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Dtype {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::F32, Self::Bf16, Self::F16];
        all.into_iter()
            .find(|dtype| dtype.name() == text)
            .ok_or_else(|| format!("`{text}` is no number format; write `f32`, `bf16` or `f16`"))
    }
}

/// A quantisation of the weights while they are loaded, by the engine's name for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isq {
    name: String,
    bits: u64,
}

/// The engine's names and the bits per weight, block scales included where they are fixed.
const QUANTISATIONS: [(&str, u64); 27] = [
    ("2", 3),
    ("3", 4),
    ("4", 5),
    ("5", 6),
    ("6", 7),
    ("8", 9),
    ("q4_0", 5),
    ("q4_1", 5),
    ("q5_0", 6),
    ("q5_1", 6),
    ("q8_0", 9),
    ("q8_1", 9),
    ("q2k", 3),
    ("q3k", 4),
    ("q4k", 5),
    ("q5k", 6),
    ("q6k", 7),
    ("q8k", 10),
    ("hqq8", 9),
    ("hqq4", 5),
    ("fp8", 8),
    ("afq8", 9),
    ("afq6", 7),
    ("afq4", 5),
    ("afq3", 4),
    ("afq2", 3),
    ("mxfp4", 5),
];

impl Isq {
    /// The engine's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bits per weight in memory, rounded up.
    pub fn bits(&self) -> u64 {
        self.bits
    }

    /// Weights that are quantised together: the width of a matrix must be a multiple of it. Numbers of bits stand for a
    /// K-kind, but for eight. None where the engine pads or the block is not fixed.
    pub fn block(&self) -> Option<u64> {
        match self.name.as_str() {
            "2" | "3" | "4" | "5" | "6" | "q2k" | "q3k" | "q4k" | "q5k" | "q6k" | "q8k" => Some(256),
            "8" | "q4_0" | "q4_1" | "q5_0" | "q5_1" | "q8_0" | "q8_1" => Some(32),
            _ => None,
        }
    }
}

impl FromStr for Isq {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.to_lowercase();
        match QUANTISATIONS.iter().find(|(known, _)| *known == name) {
            Some(&(_, bits)) => Ok(Self { name, bits }),
            None => {
                let names: Vec<&str> = QUANTISATIONS.iter().map(|(name, _)| *name).collect();
                Err(format!("`{text}` is no quantisation; there are {}", names.join(", ")))
            }
        }
    }
}

/// An engine in a process of its own, as it was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Isolate {
    /// Bytes of memory that the process may take.
    pub memory: Option<u64>,
}

/// What was typed in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineOptions {
    /// Devices, one engine each; empty: the best one of the machine.
    pub devices: Vec<Device>,
    /// Number format.
    pub dtype: Option<Dtype>,
    /// Quantisation of the weights.
    pub isq: Option<Isq>,
    /// What a quantised GGUF file is computed in.
    pub weights: Option<Weights>,
    /// Tokens that prompt and reply can have together.
    pub context: Option<u32>,
    /// Share of a card's memory that the engine may take, in (0, 1].
    pub gpu_memory: Option<f32>,
    /// Dialogues that an engine works on at once.
    pub max_running: Option<u32>,
    /// Seconds that one reply may take.
    pub timeout: Option<u32>,
    /// How long the model may take to load.
    pub load_timeout: Option<Duration>,
    /// The date that chat templates are given.
    pub date: Option<Date>,
    /// Leaves out the check before the first trial.
    pub no_check: bool,
    /// Puts the engine into a process of its own.
    pub isolate: Option<Isolate>,
}

impl EngineOptions {
    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_and_quantisations_have_names() {
        assert_eq!("bf16".parse(), Ok(Dtype::Bf16));
        assert_eq!(Dtype::F16.to_string().parse(), Ok(Dtype::F16));
        assert!("float".parse::<Dtype>().unwrap_err().contains("write `f32`"));
        let isq: Isq = "Q4K".parse().unwrap();
        assert_eq!((isq.name(), isq.bits(), isq.block()), ("q4k", 5, Some(256)));
        assert_eq!("8".parse::<Isq>().unwrap().block(), Some(32));
        assert_eq!("fp8".parse::<Isq>().unwrap().block(), None);
        assert!("q4".parse::<Isq>().unwrap_err().contains("q4k"));
        assert!(EngineOptions::default().is_empty());
    }
}
