//! Trials of a journal that are run again when it is continued: those that broke for want of time or of a working engine.
//!
//! Such a trial says nothing of the model, and another try may well end otherwise. A dialogue that did not fit into the
//! context, or whose text or template could not be filled in, would end in the same way, so it stays.

use reports::record::TrialRecord;
use scorers::{Body, FailureKind, Turn};

/// Whether a trial is to be run again.
pub(super) fn is_due(trial: &TrialRecord) -> bool {
    let transcript = &trial.transcript;
    let mut turns =
        transcript.turns.iter().chain(transcript.branches.iter().flat_map(|branch| &branch.turns));
    turns.any(|turn: &Turn| {
        matches!(turn.body, Body::Failed { kind: FailureKind::Engine | FailureKind::Timeout, .. })
    })
}
