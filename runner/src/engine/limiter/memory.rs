//! How many generations an engine can take once its memory has given out.
//!
//! A failed forward pass fails every generation of its batch. Each of them comes here with the same error; the
//! first halves the limit, the others only wait for their turn under the new one. The limit never rises again in a
//! run: what did not fit once would not fit a second time.

/// What memory allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MemoryLimit {
    /// Most generations in flight; none as long as memory has sufficed.
    limit: Option<usize>,
    /// How often the limit was lowered. A generation that entered before the last time says nothing about the
    /// limit that holds now.
    lowered: u64,
    /// Generations in flight when memory first gave out.
    first: Option<usize>,
}

impl MemoryLimit {
    /// Most generations in flight; none as long as memory has sufficed.
    pub(super) fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// How often the limit was lowered.
    pub(super) fn lowered(&self) -> u64 {
        self.lowered
    }

    /// Whether there is a place for another one beside so many.
    pub(super) fn admits(&self, in_flight: usize) -> bool {
        self.limit.is_none_or(|limit| in_flight < limit)
    }

    /// Leaves one generation in flight from now on.
    pub(super) fn one_at_a_time(&mut self) {
        self.limit = Some(1);
    }

    /// Takes note that memory gave out under a generation, which entered when the limit had been lowered so often. Returns whether it
    /// is worth another try: not when it was the only one in flight.
    pub(super) fn gave_out(&mut self, lowered: u64, in_flight: usize) -> bool {
        if lowered != self.lowered {
            return true;
        }
        if self.limit == Some(1) || in_flight <= 1 {
            // Alone, and still too large.
            return false;
        }
        self.first.get_or_insert(in_flight);
        self.limit = Some((in_flight / 2).max(1));
        self.lowered += 1;
        true
    }

    /// What whoever started the run should know; none where memory has sufficed.
    pub(super) fn note(&self) -> Option<String> {
        let (first, limit) = self.first.zip(self.limit)?;
        Some(format!(
            "memory gave out with {first} generations in flight; they were tried again and the rest ran with at most {limit}: `--max-running {limit}` avoids that"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_failed_halves_the_limit_once() {
        let mut memory = MemoryLimit::default();
        assert!(memory.admits(usize::MAX) && memory.note().is_none());
        assert!(memory.gave_out(0, 10));
        // The others of the batch entered when nothing was lowered yet.
        assert!(memory.gave_out(0, 9) && memory.gave_out(0, 1));
        assert_eq!((memory.limit(), memory.lowered()), (Some(5), 1));
        assert!(memory.admits(4) && !memory.admits(5));
        assert!(memory.gave_out(1, 3));
        assert_eq!(memory.limit(), Some(1));
        assert!(!memory.gave_out(2, 1), "alone, and still too large");
        let note = memory.note().unwrap();
        assert!(note.contains("with 10 generations") && note.contains("`--max-running 1`"), "{note}");
    }

    #[test]
    fn one_at_a_time_is_no_matter_of_memory() {
        let mut memory = MemoryLimit::default();
        memory.one_at_a_time();
        assert!(memory.admits(0) && !memory.admits(1));
        assert_eq!(memory.note(), None);
    }
}
