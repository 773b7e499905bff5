//! What a run tells while it goes on. Progress listens; the record does not depend on it.

use scorers::FailureKind;

/// Something that just happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Trials begin to run, if any are still to run.
    Begins {
        /// What every probe has of them, in the order of the probes.
        probes: &'a [Share],
    },
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
    /// No trial runs any more: all have come to their end, or they were given up.
    Ends,
}

/// The share of a probe in what is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its id.
    pub probe: String,
    /// Trials.
    pub trials: u64,
    /// Those of them that were finished before.
    pub finished: u64,
}

/// Listens to a run.
pub trait Observer: Send + Sync {
    /// Takes note of an event; called from several threads, and often.
    fn notice(&self, event: Event<'_>);
}

/// Listens to nothing.
pub struct Deaf;

impl Observer for Deaf {
    fn notice(&self, _event: Event<'_>) {}
}
