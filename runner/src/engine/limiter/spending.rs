//! What may be spent: generations, and tokens of replies.
//!
//! A generation begins only where it cannot go beyond a limit even if its reply is as long as it may be. Where that is not known
//! yet, because others are in flight, it waits for them. Once one could not begin at all, and nothing is in flight any more, the
//! wish to stop is set; the trials that are not finished then are run when the run is continued.

use crate::stop::{Stop, Wish};
use std::{
    future::pending,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// The most that may be spent; without a number, anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Generations.
    pub generations: Option<u64>,
    /// Tokens of replies.
    pub tokens: Option<u64>,
}

/// What several engines spend together.
#[derive(Debug)]
pub struct Purse {
    limits: Limits,
    state: Mutex<State>,
    /// Somebody has given something back.
    change: Notify,
}

#[derive(Debug, Default)]
struct State {
    generations: u64,
    /// Tokens of finished replies.
    tokens: u64,
    /// Tokens that the replies in flight may have.
    promised: u64,
    in_flight: u64,
    /// The limit that a generation would have gone beyond.
    refused: Option<&'static str>,
}

/// Whether a generation may begin.
enum Answer {
    Yes,
    /// Not before another one has ended.
    Wait,
    Never,
}

impl Purse {
    /// What may be spent.
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default(), change: Notify::new() }
    }

    /// Whether anything is limited.
    pub fn is_limited(&self) -> bool {
        self.limits != Limits::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a generation of so many tokens at most.
    fn ask(&self, most: u64, stop: &Stop) -> Answer {
        let mut state = self.state();
        let spent = |limit: Option<u64>, spent: u64| limit.is_some_and(|limit| spent > limit);
        let beyond = match state.refused {
            Some(limit) => Some(limit),
            None if spent(self.limits.generations, state.generations + 1) => Some("--limit-generations"),
            None if spent(self.limits.tokens, state.tokens.saturating_add(most)) => Some("--limit-tokens"),
            None if spent(
                self.limits.tokens,
                state.tokens.saturating_add(state.promised).saturating_add(most),
            ) =>
            {
                return Answer::Wait;
            }
            None => None,
        };
        if beyond.is_some() {
            state.refused = beyond;
            Self::end(&state, stop);
            return Answer::Never;
        }
        state.generations += 1;
        state.promised = state.promised.saturating_add(most);
        state.in_flight += 1;
        Answer::Yes
    }

    /// Wishes to stop where one was refused and nothing is in flight.
    fn end(state: &State, stop: &Stop) {
        if let (Some(limit), 0) = (state.refused, state.in_flight) {
            stop.set(Wish::Limit(limit));
        }
    }
}

/// What one generation may spend; what it has not spent is given back when it ends, also when its future is dropped.
pub(super) struct Promise<'a> {
    purse: &'a Purse,
    stop: &'a Stop,
    tokens: u64,
    used: u64,
}

/// Waits until a generation of so many tokens at most may begin; for ever where it may not.
pub(super) async fn promised<'a>(purse: &'a Purse, stop: &'a Stop, tokens: u64) -> Promise<'a> {
    loop {
        // Made before asking, so that nothing that is given back meanwhile is missed.
        let change = purse.change.notified();
        match purse.ask(tokens, stop) {
            Answer::Yes => return Promise { purse, stop, tokens, used: 0 },
            Answer::Wait => change.await,
            Answer::Never => pending::<()>().await,
        }
    }
}

impl Promise<'_> {
    /// Its reply has come about, with so many tokens.
    pub(super) fn kept(mut self, used: u64) {
        self.used = used;
    }
}

impl Drop for Promise<'_> {
    fn drop(&mut self) {
        let mut state = self.purse.state();
        state.promised = state.promised.saturating_sub(self.tokens);
        state.tokens = state.tokens.saturating_add(self.used);
        state.in_flight = state.in_flight.saturating_sub(1);
        Purse::end(&state, self.stop);
        drop(state);
        self.purse.change.notify_waiters();
    }
}
