//! Options of the engine, which several commands share.

use super::limits::duration;
use crate::engine::{
    device::Device,
    options::{Dtype, EngineOptions, Isolate, Isq},
    weights::Weights,
};
use clap::Args;
use jiff::civil::Date;
use std::time::Duration;

/// Where and how a model computes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Engine options")]
pub struct EngineArgs {
    /// Device: cpu, cuda:N or metal; several share the work, an engine each. Default: the best one
    #[arg(long = "device", value_name = "DEVICE", value_delimiter = ',')]
    pub devices: Vec<Device>,
    /// Number format that the model computes in: f32, bf16 or f16. Default: what suits the device
    #[arg(long, value_name = "FORMAT")]
    pub dtype: Option<Dtype>,
    /// What holds on every device.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What a model computes with, on whatever device.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Engine options")]
pub struct CommonArgs {
    /// Quantise the weights while they are loaded: 4, 8, q4k, fp8, …
    #[arg(long, value_name = "TYPE")]
    pub isq: Option<Isq>,
    /// What a quantised GGUF file is computed in on a CPU: f32, q8_0, or stored (as it is). Default: f32 where that takes
    /// no more than a quarter of the memory, since it is computed in batches then, else stored
    #[arg(long, value_name = "FORM")]
    pub weights: Option<Weights>,
    /// Tokens that prompt and reply can have together. Default: what the model was made for
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(1..))]
    pub context: Option<u32>,
    /// Share of a card's memory that the engine may take, weights included. Default: what is free, less a reserve
    #[arg(long, value_name = "SHARE")]
    pub gpu_memory: Option<f32>,
    /// Dialogues that an engine works on at once. Default: what fits, up to 256 on a card, 64 on a CPU
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_running: Option<u32>,
    /// Seconds that one reply may take from when the engine begins with it; then it counts as failed. Default: 600
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub timeout: Option<u32>,
    /// Time that a model may take to load: 90s, 45m, 6h. Default: 30m
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub load_timeout: Option<Duration>,
    /// The date that chat templates are given, where they write one, so that prompts do not change from day to day.
    /// Default: 2026-01-01
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<Date>,
    /// Leave out the check that the model says the same alone and together, which precedes the first trial. The record
    /// says so
    #[arg(long)]
    pub no_load_check: bool,
    /// Run the engine in a process of its own: a model that crashes, hangs or wants all memory then costs the replies in
    /// flight, and nothing else (docs/trust.md)
    #[arg(long)]
    pub isolate: bool,
    /// Memory that the process of --isolate may take, on a CPU under Linux: 800M, 12G. Default: that of the machine, less an
    /// eighth and 4G at most
    #[arg(long, value_name = "SIZE", requires = "isolate", value_parser = size)]
    pub isolate_memory: Option<u64>,
}

/// A number of bytes: a number and its unit, of 1,024 times the one before.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || "a number above 0 with M, G or T behind it, such as 12G".to_owned();
    let shift = match text.chars().next_back() {
        Some('M') => 20,
        Some('G') => 30,
        Some('T') => 40,
        _ => return Err(wrong()),
    };
    let number = text.get(..text.len() - 1).and_then(|number| number.parse::<u64>().ok());
    number.filter(|number| *number > 0).and_then(|number| number.checked_mul(1 << shift)).ok_or_else(wrong)
}

impl EngineArgs {
    /// What was typed in, in the engine's words.
    pub(super) fn options(&self) -> EngineOptions {
        self.common.options(self.devices.clone(), self.dtype)
    }
}

impl CommonArgs {
    /// What was typed in, in the engine's words, for these devices and this number format.
    pub(super) fn options(&self, devices: Vec<Device>, dtype: Option<Dtype>) -> EngineOptions {
        EngineOptions {
            devices,
            dtype,
            isq: self.isq.clone(),
            weights: self.weights,
            context: self.context,
            gpu_memory: self.gpu_memory,
            max_running: self.max_running,
            timeout: self.timeout,
            load_timeout: self.load_timeout,
            date: self.date,
            no_check: self.no_load_check,
            isolate: self.isolate(),
        }
    }

    fn isolate(&self) -> Option<Isolate> {
        self.isolate.then_some(Isolate { memory: self.isolate_memory })
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_size_has_a_number_and_a_unit() {
        assert_eq!(
            ["800M", "12G", "2T"].map(|text| size(text).ok()),
            [Some(800 << 20), Some(12 << 30), Some(2 << 40)]
        );
        for wrong in ["", "12", "G", "0G", "-1G", "1.5G", "1 G", "12g", "12GB", "99999999999T", "1Ğ"] {
            assert_eq!(size(wrong).ok(), None, "{wrong}");
        }
    }
}
