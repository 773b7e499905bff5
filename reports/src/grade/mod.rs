//! Grading a record: every score of every trial, from the transcripts and the frozen specs alone.
//!
//! Nothing here knows a model, so a stored run can be graded again at any time. The work runs in
//! the rayon pool of the caller; the result does not depend on how many threads that has. What becomes of
//! the grades is the matter of [`crate::digest`].

mod bind;
mod grader;
mod line;
pub(crate) mod places;
mod scores;

use crate::record::TrialRecord;
use scorers::{Body, Branch, Transcript, Turn};

pub(crate) use bind::graded_by;
pub use grader::{Grader, StreamError};
pub use line::{GradeError, ScoreLine, TrialScores};
pub use scores::{
    GRADING_VERSION, Measures, SCORES_VERSION, ScoresError, ScoresHeader, ScoresReader, ScoresWriter,
};

/// The turns of the main line and of every branch.
pub(crate) fn all_turns(transcript: &Transcript) -> impl Iterator<Item = &Turn> {
    transcript.turns.iter().chain(transcript.branches.iter().flat_map(|branch: &Branch| &branch.turns))
}

/// About how many bytes of text there are in a transcript, and in a page that shows it.
pub(crate) fn text_bytes(trial: &TrialRecord) -> usize {
    let of = |turn: &Turn| match &turn.body {
        Body::Scripted { text } | Body::Generated { text, .. } => text.len() + 120,
        Body::Failed { message, .. } => message.len() + 120,
    };
    all_turns(&trial.transcript).map(of).sum()
}

#[cfg(test)]
mod tests;
