//! What became of the earlier processes of an engine.

use super::wire::State;
use crate::engine::Failure;

/// What became of earlier processes.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// How often it was started anew.
    pub(super) starts: u64,
    /// Those since the last reply that came about.
    pub(super) in_a_row: u32,
    /// Why it was, the last time.
    pub(super) reason: String,
    /// Why it is not any more.
    pub(super) over: Option<Failure>,
    /// Sums over the earlier processes.
    pub(super) cached_tokens: u64,
    pub(super) failures: u64,
    pub(super) notes: Vec<String>,
}

impl Tally {
    /// Adds what an earlier process counted and noted.
    pub(super) fn add(&mut self, state: State) {
        self.cached_tokens = self.cached_tokens.saturating_add(state.cached_tokens);
        self.failures = self.failures.saturating_add(state.failures);
        for note in state.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    /// What the user should know of it.
    pub(super) fn note(&self) -> Option<String> {
        let times = if self.starts == 1 { "once".to_owned() } else { format!("{} times", self.starts) };
        match &self.over {
            Some(over) => {
                Some(format!("the engine was given up, and everything after that failed: {}", over.message))
            }
            None if self.starts == 0 => None,
            None => Some(format!(
                "the engine was started anew {times}, and the replies in flight then failed; the last time because: {}",
                self.reason
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tally_adds_up_and_says_everything_once() {
        let mut tally = Tally::default();
        assert_eq!(tally.note(), None);
        let note = || vec!["slow".to_owned()];
        let state = State { room: 1, cached_tokens: u64::MAX, failures: 2, notes: note() };
        tally.add(state.clone());
        tally.add(state);
        assert_eq!((tally.cached_tokens, tally.failures, &tally.notes), (u64::MAX, 4, &note()));
        tally.starts = 1;
        tally.reason = "it died".to_owned();
        assert!(tally.note().is_some_and(|note| note.contains("anew once") && note.ends_with("it died")));
        tally.over = Some(Failure::engine("no use"));
        assert!(tally.note().is_some_and(|note| note.contains("no use")));
    }
}
