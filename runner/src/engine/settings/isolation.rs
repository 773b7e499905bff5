//! What an engine may take that runs in a process of its own.

use super::SettingsError;
use crate::{
    engine::{
        device::{Device, DeviceKind},
        machine::Machine,
        options::Isolate,
    },
    store,
};
use std::path::Path;

/// Share of the machine's memory that is kept for everything else, and the most bytes of it.
const RESERVE: u64 = 8;
const MOST_RESERVE: u64 = 4 << 30;

/// What the process of an engine may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// Bytes of memory that it may write to; none where nobody can set a limit.
    pub memory: Option<u64>,
}

impl Isolation {
    /// What was asked for, or else all memory of the machine but a reserve. With the driver of a card a limit of this kind
    /// is none of memory, since it counts what is only mapped; there the system has to see to it.
    ///
    /// # Errors
    /// When a limit was asked for where there can be none.
    pub(in crate::engine) fn of(
        asked: Isolate,
        device: Device,
        machine: &Machine,
    ) -> Result<Self, SettingsError> {
        let elsewhere = if cfg!(target_os = "linux") { "" } else { " under another system" };
        let possible = cfg!(target_os = "linux") && device.kind() == DeviceKind::Cpu;
        let memory = match (asked.memory, possible) {
            (Some(_), false) => return Err(SettingsError::NoMemoryLimit(device, elsewhere)),
            (None, false) => None,
            (Some(asked), true) => Some(asked),
            (None, true) => total(machine).map(less_a_reserve),
        };
        Ok(Self { memory })
    }
}

fn less_a_reserve(total: u64) -> u64 {
    total - (total / RESERVE).min(MOST_RESERVE)
}

/// Bytes that the machine has, or the container.
fn total(machine: &Machine) -> Option<u64> {
    let read = |path: &str| store::read_text(Path::new(path)).ok();
    let container = read("/sys/fs/cgroup/memory.max").and_then(|text| text.trim().parse::<u64>().ok());
    let seen = machine.memory.map(|memory| memory.total);
    let all = seen.or_else(|| read("/proc/meminfo").and_then(|text| of_meminfo(&text)));
    all.into_iter().chain(container).min()
}

/// Bytes in a text such as `MemTotal:  24612345 kB`.
fn of_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::machine::Memory;

    const GIB: u64 = 1 << 30;

    fn machine(total: u64) -> Machine {
        Machine { cores: 2, memory: Some(Memory { total, free: total / 2 }), cards: Vec::new(), metal: false }
    }

    #[test]
    fn an_eighth_is_kept_and_no_more_than_four_gibibytes() {
        assert_eq!([8 * GIB, 32 * GIB, 256 * GIB].map(less_a_reserve), [7 * GIB, 28 * GIB, 252 * GIB]);
        assert_eq!(less_a_reserve(0), 0);
    }

    #[test]
    fn memory_is_read_as_the_system_writes_it() {
        let text = "MemFree: 1 kB\nMemTotal:       16384 kB\n";
        assert_eq!(of_meminfo(text), Some(16 << 20));
        for wrong in ["", "MemTotal: x kB", "MemTotal: 5", "MemTotal: 99999999999999999999 kB"] {
            assert_eq!(of_meminfo(wrong), None, "{wrong}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_limit_is_set_on_a_processor_and_refused_on_a_card() {
        // No container of a test machine is as small.
        let small = machine(8 << 20);
        let of = |memory, device| Isolation::of(Isolate { memory }, device, &small);
        let expected = Isolation { memory: Some(7 << 20) };
        assert_eq!(of(None, Device::Cpu), Ok(expected));
        assert_eq!(of(Some(5), Device::Cpu).unwrap().memory, Some(5));
        assert_eq!(of(None, Device::Cuda(0)).unwrap().memory, None);
        let refused = of(Some(5), Device::Cuda(0)).unwrap_err().to_string();
        assert!(refused.contains("`cuda:0`") && refused.contains("leave it out"), "{refused}");
    }
}
