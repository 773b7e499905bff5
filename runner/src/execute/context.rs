//! What trials run with.

use super::players::Players;
use crate::{event::Observer, spec::Probe, stop::Stop};

/// What trials run with.
pub struct Context<'a> {
    /// Who plays whom.
    pub players: Players,
    /// The probes that [`crate::spec::Planned::probe`] refers to.
    pub probes: &'a [Probe],
    /// Seed of the run.
    pub seed: u64,
    /// Trials under way at once, at most; at least 1. How many generations an engine takes meanwhile, its limiter says.
    pub concurrency: usize,
    /// Who listens.
    pub observer: &'a dyn Observer,
    /// Set to stop: trials in flight are given up at once, finished ones are kept.
    pub stop: &'a Stop,
}
