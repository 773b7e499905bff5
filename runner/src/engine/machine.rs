//! What this machine has: cores, memory, cards. Looking never fails; what cannot be seen is absent.
//!
//! Cards are asked for through `nvidia-smi`, which comes with every NVIDIA driver, so that a build for the
//! processor can see them too and say what to build.

use super::device::{Device, DeviceKind};
use std::process::Command;

/// Memory in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// All of it.
    pub total: u64,
    /// What nobody uses now.
    pub free: u64,
}

/// An NVIDIA card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its number among the cards that the process can see: `N` in `cuda:N`.
    pub number: u32,
    /// Its name, such as `NVIDIA H200`.
    pub name: String,
    /// Version of the driver.
    pub driver: String,
    /// Compute capability: major, minor.
    pub capability: Option<(u32, u32)>,
    /// Its memory.
    pub memory: Option<Memory>,
    /// Share of time that it was computing of late, in percent.
    pub busy: Option<u32>,
}

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Processor cores that this process may use.
    pub cores: usize,
    /// Main memory.
    pub memory: Option<Memory>,
    /// The cards that the process can see, by number.
    pub cards: Vec<Card>,
    /// Whether there is a graphics processor of a Mac that this build computes on.
    pub metal: bool,
}

/// What is asked of `nvidia-smi`, in this order.
const QUERY: &str = "index,uuid,name,driver_version,compute_cap,memory.total,memory.free,utilization.gpu";

impl Machine {
    /// Looks around.
    pub fn look() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
        let cards = ask().map(|text| cards(&text, visible.as_deref())).unwrap_or_default();
        Self { cores, memory: memory(), cards, metal: DeviceKind::Metal.is_built() }
    }

    /// The card of a device.
    pub fn card(&self, device: Device) -> Option<&Card> {
        match device {
            Device::Cuda(number) => self.cards.iter().find(|card| card.number == number),
            Device::Cpu | Device::Metal => None,
        }
    }

    /// Bytes that are free on a device; none where nobody knows.
    pub fn free(&self, device: Device) -> Option<u64> {
        match device {
            Device::Cuda(_) => self.card(device).and_then(|card| card.memory).map(|memory| memory.free),
            Device::Cpu | Device::Metal => self.memory.map(|memory| memory.free),
        }
    }

    /// What to say where a run was to take the best device, the build computes on cards, and none is to be seen.
    pub fn sees_no_card(&self) -> Option<&'static str> {
        missing(DeviceKind::Cuda.is_built(), self.cards.len())
    }

    /// The device that is used when none is named: the card with the most free memory, else the graphics
    /// processor of a Mac, else the processor.
    pub fn best(&self) -> Device {
        let free = |card: &&Card| card.memory.map_or(0, |memory| memory.free);
        let best = self.cards.iter().rev().max_by_key(free);
        match best {
            Some(card) if DeviceKind::Cuda.is_built() => Device::Cuda(card.number),
            _ if self.metal => Device::Metal,
            _ => Device::Cpu,
        }
    }
}

fn missing(is_built: bool, cards: usize) -> Option<&'static str> {
    (is_built && cards == 0).then_some(
        "this build computes on NVIDIA cards, and `nvidia-smi` shows none that CUDA_VISIBLE_DEVICES leaves visible, so the CPU is used; name the card if there is one all the same, as in `--device cuda:0` (a slice of a card (MIG) is not seen by itself), or write `--device cpu`",
    )
}

/// Main memory as the engine sees it, which is the one that counts.
#[cfg(feature = "engine")]
fn memory() -> Option<Memory> {
    let seen = mistralrs::core::MemoryUsage.query(&mistralrs::Device::Cpu).ok()?;
    Some(Memory { total: seen.total() as u64, free: seen.available() as u64 })
}

/// Without an engine there is nothing to fit into memory.
#[cfg(not(feature = "engine"))]
fn memory() -> Option<Memory> {
    None
}

/// The answer of `nvidia-smi`; none where there is none, or no card.
fn ask() -> Option<String> {
    let query = format!("--query-gpu={QUERY}");
    let output = Command::new("nvidia-smi").args([&query, "--format=csv,noheader,nounits"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The cards in an answer of `nvidia-smi` that the process can see. `visible` is what
/// `CUDA_VISIBLE_DEVICES` says: numbers or ids, of which the first unknown one hides all that follow.
fn cards(answer: &str, visible: Option<&str>) -> Vec<Card> {
    let all: Vec<(String, String, Card)> = answer.lines().filter_map(card).collect();
    let numbered = |(number, card): (u32, &Card)| Card { number, ..card.clone() };
    let Some(visible) = visible else {
        return (0..).zip(all.iter().map(|(_, _, card)| card)).map(numbered).collect();
    };
    let find = |wanted: &str| {
        let is = |(index, id, _): &&(String, String, Card)| {
            !wanted.is_empty() && (index == wanted || (wanted.starts_with("GPU-") && id.starts_with(wanted)))
        };
        all.iter().find(is).map(|(_, _, card)| card)
    };
    (0..).zip(visible.split(',').map(str::trim).map_while(find)).map(numbered).collect()
}

/// Index, id and card of one line.
fn card(line: &str) -> Option<(String, String, Card)> {
    /// `nvidia-smi` counts in MiB.
    const MIB: u64 = 1 << 20;
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [index, id, name, driver, capability, total, free, busy] = fields.as_slice() else { return None };
    let capability = capability.split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    let bytes = |text: &str| text.parse::<u64>().ok().and_then(|count| count.checked_mul(MIB));
    let memory = bytes(total).zip(bytes(free)).map(|(total, free)| Memory { total, free });
    let (name, driver) = ((*name).to_owned(), (*driver).to_owned());
    let card = Card { number: 0, name, driver, capability, memory, busy: busy.parse().ok() };
    Some(((*index).to_owned(), (*id).to_owned(), card))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "\
0, GPU-1f00c0de-aaaa, NVIDIA H200, 580.65.06, 9.0, 143771, 143000, 0
1, GPU-2f00c0de-bbbb, NVIDIA H200, 580.65.06, 9.0, 143771, 20000, 97
";

    fn machine(cards: Vec<Card>) -> Machine {
        Machine { cores: 8, memory: Some(Memory { total: 4, free: 2 }), cards, metal: false }
    }

    #[test]
    fn cards_are_read_with_their_memory() {
        let cards = cards(TWO, None);
        assert_eq!(cards.len(), 2);
        let first = &cards[0];
        assert_eq!((first.name.as_str(), first.driver.as_str()), ("NVIDIA H200", "580.65.06"));
        assert_eq!(first.capability, Some((9, 0)));
        assert_eq!(first.memory, Some(Memory { total: 143_771 << 20, free: 143_000 << 20 }));
        assert_eq!((cards[1].number, cards[1].busy), (1, Some(97)));
    }

    #[test]
    fn only_visible_cards_count_and_they_are_counted_anew() {
        let names = |visible| cards(TWO, Some(visible)).into_iter().map(|card| card.busy).collect::<Vec<_>>();
        assert_eq!(names("1"), [Some(97)]);
        assert_eq!(names("1,0"), [Some(97), Some(0)]);
        assert_eq!(names("GPU-2f00"), [Some(97)]);
        assert_eq!(names("0,7,1"), [Some(0)], "an unknown card hides those after it");
        for none in ["", "-1", "NoDevFiles", "MIG-1"] {
            assert!(names(none).is_empty(), "{none}");
        }
        assert_eq!(cards(TWO, Some("1"))[0].number, 0);
    }

    #[test]
    fn what_a_card_does_not_tell_is_absent() {
        let line = "0, GPU-1, NVIDIA GB10, 580.1, 12.1, [N/A], [N/A], [Not Supported]\nnot a card\n";
        let cards = cards(line, None);
        assert_eq!(cards.len(), 1);
        assert_eq!((cards[0].memory, cards[0].busy, cards[0].capability), (None, None, Some((12, 1))));
    }

    #[test]
    fn the_freest_card_is_the_best_where_the_build_can_use_it() {
        let machine = machine(cards(TWO, Some("1,0")));
        let expected = if DeviceKind::Cuda.is_built() { Device::Cuda(1) } else { Device::Cpu };
        assert_eq!(machine.best(), expected);
        assert_eq!(machine.free(Device::Cuda(1)), Some(143_000 << 20));
        assert_eq!(machine.free(Device::Cuda(5)), None);
        assert_eq!(machine.free(Device::Cpu), Some(2));
    }

    #[test]
    fn a_build_for_cards_says_that_it_sees_none() {
        assert!(missing(true, 0).is_some_and(|text| text.contains("--device cuda:0")));
        assert_eq!((missing(true, 1), missing(false, 0), missing(false, 1)), (None, None, None));
    }

    #[test]
    fn looking_never_fails() {
        assert!(Machine::look().cores >= 1);
    }
}
