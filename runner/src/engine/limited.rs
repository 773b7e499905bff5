//! An engine that spends no more than it was allowed: generations, and tokens of replies.
//!
//! A generation begins only where it cannot go beyond a limit even if its reply is as long as it may be. Where that is not known
//! yet, because others are in flight, it waits for them. Once one could not begin at all, and nothing is in flight any more, the
//! wish to stop is set; the trials that are not finished then are run when the run is continued.

use super::{Completion, Engine, Failure, Identity, Request};
use crate::stop::{Stop, Wish};
use futures::future::BoxFuture;
use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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

/// A generation in flight; what it was promised is given back when it ends, also when its future is dropped.
struct Flight<'a> {
    purse: &'a Purse,
    stop: &'a Stop,
    promised: u64,
    used: u64,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut state = self.purse.state();
        state.promised = state.promised.saturating_sub(self.promised);
        state.tokens = state.tokens.saturating_add(self.used);
        state.in_flight = state.in_flight.saturating_sub(1);
        Purse::end(&state, self.stop);
        drop(state);
        self.purse.change.notify_waiters();
    }
}

/// Another engine, with a purse.
pub struct Limited {
    engine: Arc<dyn Engine>,
    purse: Arc<Purse>,
    stop: Arc<Stop>,
}

impl Limited {
    /// Gives an engine a purse; `stop` is where the wish to stop is set.
    pub fn new(engine: Arc<dyn Engine>, purse: Arc<Purse>, stop: Arc<Stop>) -> Self {
        Self { engine, purse, stop }
    }
}

impl Engine for Limited {
    fn inner(&self) -> Option<&dyn Engine> {
        Some(self.engine.as_ref())
    }

    fn identity(&self) -> &Identity {
        self.engine.identity()
    }

    fn preferred_concurrency(&self) -> usize {
        self.engine.preferred_concurrency()
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        Box::pin(async move {
            let most = u64::from(request.sampling.max_tokens);
            loop {
                // Made before asking, so that nothing that is given back meanwhile is missed.
                let change = self.purse.change.notified();
                match self.purse.ask(most, &self.stop) {
                    Answer::Yes => break,
                    Answer::Wait => change.await,
                    Answer::Never => pending::<()>().await,
                }
            }
            let mut flight = Flight { purse: &self.purse, stop: &self.stop, promised: most, used: 0 };
            let completion = self.engine.generate(request).await;
            flight.used = completion.as_ref().map_or(0, |said| u64::from(said.completion_tokens));
            completion
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::scripted::Scripted;
    use futures::{FutureExt, future::join_all};

    fn limited(limits: Limits) -> (Limited, Arc<Stop>) {
        let script = "- { reply: [one two three] }";
        let engine = Arc::new(Scripted::parse("s", "scripted:s", script).unwrap());
        let stop = Arc::new(Stop::default());
        (Limited::new(engine, Arc::new(Purse::new(limits)), Arc::clone(&stop)), stop)
    }

    /// How many of so many generations at once come about, and what was wished then.
    fn spent(limits: Limits, asked: usize) -> (usize, Option<Wish>) {
        let (engine, stop) = limited(limits);
        let request = Request::new(Vec::new(), reports::record::Sampling::plain(1.0, 10), 0);
        let mut done = 0;
        let mut open: Vec<_> = (0..asked).map(|_| engine.generate(request.clone())).collect();
        // A few rounds are enough: each lets through whoever waited for the one before.
        for _ in 0..asked {
            open.retain_mut(|one| {
                let ended = one.now_or_never_again();
                done += usize::from(ended);
                !ended
            });
        }
        drop(join_all(open));
        (done, stop.wish())
    }

    /// Polls a future once; whether it ended.
    trait Poll {
        fn now_or_never_again(&mut self) -> bool;
    }

    impl Poll for BoxFuture<'_, Result<Completion, Failure>> {
        fn now_or_never_again(&mut self) -> bool {
            self.as_mut().now_or_never().is_some()
        }
    }

    #[test]
    fn without_limits_everything_comes_about() {
        assert_eq!(spent(Limits::default(), 20), (20, None));
    }

    #[test]
    fn a_limit_is_never_exceeded_and_ends_the_run() {
        let generations = |most| Limits { generations: Some(most), tokens: None };
        assert_eq!(spent(generations(7), 20), (7, Some(Wish::Limit("--limit-generations"))));
        assert_eq!(spent(generations(20), 20), (20, None), "nothing more was asked for");
        assert_eq!(spent(generations(0), 1), (0, Some(Wish::Limit("--limit-generations"))));
        // Each takes 3 tokens of the 10 that it may take: the last one that begins is the one after which 9 are left.
        let tokens = |most| Limits { generations: None, tokens: Some(most) };
        assert_eq!(spent(tokens(30), 20), (7, Some(Wish::Limit("--limit-tokens"))));
        assert_eq!(spent(tokens(9), 20), (0, Some(Wish::Limit("--limit-tokens"))));
    }
}
