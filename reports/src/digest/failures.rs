//! What the first generations that failed said, each kind of failure once.

use super::tables::Trial;
use crate::{grade::all_turns, record::TrialRecord, text::safe};
use scorers::{Body, FailureKind};

/// Characters of a failure's message that are kept.
const SAID: usize = 400;

/// The first failures of a probe.
#[derive(Clone, Debug, Default)]
pub(super) struct FirstFailures(Vec<First>);

#[derive(Clone, Debug)]
struct First {
    kind: FailureKind,
    /// Whether the model was to speak, and not the spec.
    live: bool,
    /// The trial, and the turn in it.
    at: (Trial, usize),
    words: String,
}

impl FirstFailures {
    /// Takes in the failures of one trial.
    pub(super) fn add(&mut self, place: Trial, trial: &TrialRecord) {
        for (turn_index, turn) in all_turns(&trial.transcript).enumerate() {
            let Body::Failed { kind, message } = &turn.body else { continue };
            let (live, at) = (turn.name.is_some(), (place, turn_index));
            let known = self.0.iter_mut().find(|first| first.kind == *kind && first.live == live);
            let words =
                || format!("{}: {}", safe::line(&trial.key.to_string()), safe::excerpt(message, SAID));
            match known {
                Some(first) if first.at <= at => {}
                Some(first) => (first.at, first.words) = (at, words()),
                None => self.0.push(First { kind: *kind, live, at, words: words() }),
            }
        }
    }

    /// What they said, as `trial: message`, in the order of the trials.
    pub(super) fn words(&self) -> Vec<String> {
        let mut firsts: Vec<&First> = self.0.iter().collect();
        firsts.sort_by_key(|first| first.at);
        firsts.into_iter().map(|first| first.words.clone()).collect()
    }
}
