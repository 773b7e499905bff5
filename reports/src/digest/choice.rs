//! Which transcripts a page shows, where there are too many for a page that stays usable.
//!
//! The rule, which `docs/report-format.md` states for readers:
//! - First the trials in which something failed, then those that a scorer could not grade, then the discordant ones (their
//!   grade differs from that of most samples of the same case and arm), then the rest.
//! - Within each of these, the probes take turns. A probe gives its first samples before its second ones, and its pairs in
//!   an order that is spread evenly over all of them, the trials of a pair (cases and arms) beside each other.
//! - Trials are taken until one does not fit.
//!
//! It depends on the record alone, not on the order in which its trials finished.

use super::{
    Digest,
    interest::{self, Interest},
    tables::{self, Trial},
};
use crate::record::TrialKey;
use std::collections::HashMap;

/// How much a page can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Transcripts, at most.
    pub transcripts: usize,
    /// Bytes of transcripts, at most.
    pub bytes: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { transcripts: 2_000, bytes: 24 << 20 }
    }
}

/// The trials that a page is to show.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Probe and trial of each, with why it was chosen.
    pub(super) chosen: HashMap<(usize, Trial), Interest>,
    /// Of how many they were chosen.
    pub(super) total: usize,
}

/// A trial that could be chosen, with what decides when.
#[derive(Clone, Copy)]
struct Candidate {
    probe: usize,
    trial: Trial,
    interest: Interest,
    bytes: usize,
}

impl Digest {
    /// Chooses the transcripts that a page shows, among the trials of which `wanted` says so.
    pub fn choose(&self, room: Room, wanted: impl Fn(&TrialKey) -> bool) -> Choice {
        let mut by_interest: [Vec<Vec<Candidate>>; 4] = Default::default();
        let mut total = 0;
        for (index, (record, probe)) in self.header.probes.iter().zip(self.tables.probes()).enumerate() {
            let said = self.said.get(index).map_or(&[][..], |said| said.trials.as_slice());
            let mut own: [Vec<Candidate>; 4] = Default::default();
            for (interest, said) in interest::of_trials(probe).into_iter().zip(said) {
                if !wanted(&tables::key(record, said.trial)) {
                    continue;
                }
                total += 1;
                let interest = if said.broken { Interest::Failed } else { interest };
                let (trial, bytes) = (said.trial, said.bytes as usize);
                if let Some(own) = own.get_mut(interest as usize) {
                    own.push(Candidate { probe: index, trial, interest, bytes });
                }
            }
            let cluster = |case| self.tables.places().probes().get(index).map_or(0, |one| one.cluster(case));
            for (all, mut own) in by_interest.iter_mut().zip(own) {
                own.sort_by_cached_key(|candidate| {
                    let (case, _, sample) = candidate.trial;
                    (sample, spread(cluster(case)), candidate.trial)
                });
                all.push(own);
            }
        }
        let mut left = room;
        let chosen = by_interest
            .into_iter()
            .flat_map(in_turn)
            .map_while(|candidate| {
                left.transcripts = left.transcripts.checked_sub(1)?;
                left.bytes = left.bytes.checked_sub(candidate.bytes)?;
                Some(((candidate.probe, candidate.trial), candidate.interest))
            })
            .collect();
        Choice { chosen, total }
    }
}

/// Multiples of the golden ratio, without their whole part, as a share of 2³²: numbers from 0 to n that are sorted by it begin
/// with some that lie evenly among all, and have no period in common with what a spec repeats (Knuth, The Art of Computer
/// Programming 3, 6.4, Fibonacci hashing).
fn spread(number: u32) -> u32 {
    number.wrapping_mul(0x9E37_79B9)
}

/// One of each list, then the next one of each, until all have come to their end.
fn in_turn(lists: Vec<Vec<Candidate>>) -> impl Iterator<Item = Candidate> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(move |turn| lists.iter().filter_map(|list| list.get(turn).copied()).collect::<Vec<_>>())
}
