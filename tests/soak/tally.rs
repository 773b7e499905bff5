//! What a soak has tried and found, and the table of it.

use std::{collections::BTreeMap, fmt};

/// How a try ended that found nothing wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Struck {
    /// What was to happen did happen: the run was still going, the changed place was read, the space was used up.
    Yes,
    /// It came too late or fell beside, so the try says little.
    No,
    /// This machine cannot make it happen.
    NotHere,
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    tries: u64,
    struck: u64,
    not_here: u64,
    faults: u64,
}

/// Tries and faults by kind.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<&'static str, Row>);

impl Tally {
    /// Counts a try.
    pub(crate) fn count(&mut self, kind: &'static str, ended: &Result<Struck, String>) {
        let row = self.0.entry(kind).or_default();
        row.tries += 1;
        match ended {
            Ok(Struck::Yes) => row.struck += 1,
            Ok(Struck::No) => {}
            Ok(Struck::NotHere) => row.not_here += 1,
            Err(_) => row.faults += 1,
        }
    }

    /// How many tries found a fault.
    pub(crate) fn faults(&self) -> u64 {
        self.0.values().map(|row| row.faults).sum()
    }

    /// How many tries there were.
    pub(crate) fn tries(&self) -> u64 {
        self.0.values().map(|row| row.tries).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{:<44} {:>6} {:>7} {:>8} {:>7}",
            "kind", "tries", "struck", "not here", "faults"
        )?;
        for (kind, row) in &self.0 {
            let Row { tries, struck, not_here, faults } = row;
            writeln!(formatter, "{kind:<44} {tries:>6} {struck:>7} {not_here:>8} {faults:>7}")?;
        }
        writeln!(formatter, "{:<44} {:>6} {:>7} {:>8} {:>7}", "all", self.tries(), "", "", self.faults())
    }
}
