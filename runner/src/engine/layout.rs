//! How the processor is shared out among engines.

use super::machine::Machine;
use serde::{Deserialize, Serialize};

/// Share of a machine's memory that the weights of all engines on its processor may take together.
const SHARE: u64 = 4;
/// The most engines side by side. Each keeps the thread that they share busy for a fifth of its time, so that more than
/// these would only wait for it, and each takes memory for the dialogues that it has in flight.
const MOST_ENGINES: usize = 8;

/// How the processor is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Engines side by side.
    pub engines: usize,
    /// Threads of each.
    pub threads: usize,
}

impl Layout {
    /// The layout for a model on the processor whose weights take so many bytes there: single-threaded engines, three for
    /// every two cores and up to eight, as far as memory goes; one engine on all cores where nothing is known. An engine
    /// hands some of its work to a thread that all share and waits for it, for a fifth of its time; the third engine uses
    /// that time.
    pub fn of(weights: Option<u64>, machine: &Machine) -> Self {
        let cores = machine.cores.max(1);
        let most = (cores * 3).div_ceil(2).min(MOST_ENGINES);
        let engines = match (weights, machine.memory) {
            (None, _) => 1,
            (Some(0), _) => most,
            (Some(_), None) => 1,
            (Some(weights), Some(memory)) => {
                usize::try_from(memory.total / SHARE / weights).unwrap_or(most).clamp(1, most)
            }
        };
        let threads = if engines == most { 1 } else { (cores / engines).max(1) };
        Self { engines, threads }
    }
}
