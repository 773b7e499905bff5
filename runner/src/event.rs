//! What a run tells while it goes on. Progress listens; the record does not depend on it.

use scorers::FailureKind;

/// Something that just happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The model finished a turn.
    Generated {
        /// Tokens of its prompt.
        prompt_tokens: u32,
        /// Tokens generated.
        completion_tokens: u32,
    },
    /// A generation failed.
    Failed(FailureKind),
    /// A trial is finished and safe in the journal.
    TrialFinished {
        /// Index of its probe.
        probe: usize,
    },
}

/// Listens to a run.
pub trait Observer: Send + Sync {
    /// Takes note of an event; called from several threads, and often.
    fn notice(&self, event: Event);
}

/// Listens to nothing.
pub struct Deaf;

impl Observer for Deaf {
    fn notice(&self, _event: Event) {}
}
