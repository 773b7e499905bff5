//! Devices by name: `cpu`, `cuda:1`, `metal`; and which of them this build can compute on.
//!
//! What the machine has is in `machine`, what a run uses of it in `settings`.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// One device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Device {
    /// The processor.
    Cpu,
    /// An NVIDIA card, counted from 0 among those that the process can see.
    Cuda(u32),
    /// The graphics processor of a Mac.
    Metal,
}

/// A device without its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// Processors.
    Cpu,
    /// NVIDIA cards.
    Cuda,
    /// Graphics processors of Macs.
    Metal,
}

impl DeviceKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Cuda, Self::Metal];

    /// Its name on the command line and in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Metal => "metal",
        }
    }

    /// Whether this build computes on it.
    pub fn is_built(self) -> bool {
        match self {
            Self::Cpu => true,
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Metal => cfg!(feature = "metal"),
        }
    }

    /// The names of the kinds that this build computes on.
    pub fn built() -> String {
        let built: Vec<&str> = Self::ALL.into_iter().filter(|kind| kind.is_built()).map(Self::name).collect();
        built.join(", ")
    }
}

impl Device {
    /// Its kind.
    pub fn kind(self) -> DeviceKind {
        match self {
            Self::Cpu => DeviceKind::Cpu,
            Self::Cuda(_) => DeviceKind::Cuda,
            Self::Metal => DeviceKind::Metal,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cuda(number) => write!(formatter, "cuda:{number}"),
            other => formatter.write_str(other.kind().name()),
        }
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown =
            || format!("`{text}` is no device; write `cpu`, `cuda:0` (or another number) or `metal`");
        match text {
            "cpu" => Ok(Self::Cpu),
            "metal" => Ok(Self::Metal),
            "cuda" => Ok(Self::Cuda(0)),
            other => {
                let number = other.strip_prefix("cuda:").ok_or_else(unknown)?;
                let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
                let number = plain.then(|| number.parse().ok()).flatten();
                number.map(Self::Cuda).ok_or_else(unknown)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names() {
        for (text, device) in [("cpu", Device::Cpu), ("cuda:3", Device::Cuda(3)), ("metal", Device::Metal)] {
            assert_eq!(text.parse(), Ok(device));
            assert_eq!(device.to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
        for text in ["", "gpu", "cuda:", "cuda:x", "cuda:+1", "cuda:-1", "cuda:99999999999", "CPU"] {
            assert!(text.parse::<Device>().unwrap_err().contains("write `cpu`"), "{text}");
        }
    }

    #[test]
    fn every_build_has_the_processor() {
        assert!(DeviceKind::Cpu.is_built());
        assert!(DeviceKind::built().starts_with("cpu"));
    }
}
