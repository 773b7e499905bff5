//! Lowers how many generations are in flight when a device runs out of memory, and tries again those that
//! it cost.
//!
//! A failed forward pass fails every generation of its batch. Each of them comes here with the same error; the
//! first halves the limit, the others only wait for their turn under the new one. The limit never rises again in a
//! run: what did not fit once would not fit a second time.

use super::{Completion, Engine, Failure, Identity, Request, trouble::Trouble};
use futures::future::BoxFuture;
use scorers::FailureKind;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// An engine under a limit.
pub struct Governor<E> {
    engine: E,
    state: Mutex<State>,
    /// Told whenever a generation ends.
    ended: Notify,
}

#[derive(Clone, Copy, Debug)]
struct State {
    in_flight: usize,
    /// Most generations in flight; none as long as memory has sufficed.
    limit: Option<usize>,
    /// How often the limit was lowered. A generation that started before the last time says nothing about the
    /// limit that holds now.
    lowered: u64,
    /// Generations in flight when memory first gave out.
    first: Option<usize>,
}

/// A generation in flight, also while its future is being dropped.
struct Flight<'a, E> {
    governor: &'a Governor<E>,
    lowered: u64,
}

impl<E> Drop for Flight<'_, E> {
    fn drop(&mut self) {
        self.governor.with(|state| state.in_flight = state.in_flight.saturating_sub(1));
        self.governor.ended.notify_waiters();
    }
}

impl<E: Engine> Governor<E> {
    /// Puts an engine under a limit that is not there until memory gives out.
    pub fn new(engine: E) -> Self {
        let state = State { in_flight: 0, limit: None, lowered: 0, first: None };
        Self { engine, state: Mutex::new(state), ended: Notify::new() }
    }

    /// Leaves one generation in flight from now on.
    pub fn one_at_a_time(&self) {
        self.with(|state| state.limit = Some(1));
    }

    /// Most generations in flight; none as long as memory has sufficed.
    pub fn limit(&self) -> Option<usize> {
        self.with(|state| state.limit)
    }
}

impl<E> Governor<E> {
    fn with<T>(&self, use_it: impl FnOnce(&mut State) -> T) -> T {
        // Nothing panics while it holds the lock, and counters stay counters if something did.
        use_it(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for a place under the limit.
    async fn enter(&self) -> Flight<'_, E> {
        loop {
            // Listening begins before the look, so that no end is missed between the two.
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            let entered = self.with(|state| {
                let free = state.limit.is_none_or(|limit| state.in_flight < limit);
                free.then(|| {
                    state.in_flight += 1;
                    state.lowered
                })
            });
            match entered {
                Some(lowered) => return Flight { governor: self, lowered },
                None => ended.await,
            }
        }
    }

    /// Takes note that memory gave out under a generation. Returns whether it is worth another try: not when it was
    /// the only one.
    fn gave_out(&self, flight: &Flight<'_, E>) -> bool {
        self.with(|state| {
            if flight.lowered != state.lowered {
                return true;
            }
            if state.limit == Some(1) || state.in_flight <= 1 {
                // Alone, and still too large.
                return false;
            }
            state.first.get_or_insert(state.in_flight);
            state.limit = Some((state.in_flight / 2).max(1));
            state.lowered += 1;
            true
        })
    }
}

impl<E: Engine> Engine for Governor<E> {
    fn inner(&self) -> Option<&dyn Engine> {
        Some(&self.engine)
    }

    fn identity(&self) -> &Identity {
        self.engine.identity()
    }

    fn preferred_concurrency(&self) -> usize {
        let preferred = self.engine.preferred_concurrency();
        self.limit().map_or(preferred, |limit| limit.min(preferred))
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        Box::pin(async move {
            loop {
                let flight = self.enter().await;
                let failure = match self.engine.generate(request.clone()).await {
                    Err(failure) if is_memory(&failure) => failure,
                    other => return other,
                };
                if !self.gave_out(&flight) {
                    let advice = Trouble::OutOfMemory.advice();
                    let message = format!("even alone, {advice}: {}", failure.message);
                    return Err(Failure { kind: failure.kind, message });
                }
            }
        })
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.engine.notes();
        let state = self.with(|state| *state);
        if let Some((first, limit)) = state.first.zip(state.limit) {
            notes.push(format!(
                "memory gave out with {first} generations in flight; they were tried again and the rest ran with at most {limit}: `--max-running {limit}` avoids that"
            ));
        }
        notes
    }
}

fn is_memory(failure: &Failure) -> bool {
    failure.kind == FailureKind::Engine && Trouble::of(&failure.message) == Some(Trouble::OutOfMemory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use reports::record::{EngineIdentity, ModelIdentity, Sampling};
    use scorers::StopReason;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    /// An engine with room for so many generations: one more, and all in flight fail.
    struct Cramped {
        identity: Identity,
        room: usize,
        in_flight: AtomicUsize,
        /// Counts the times that memory gave out.
        overfull: AtomicUsize,
        tries: AtomicUsize,
    }

    impl Cramped {
        fn new(room: usize) -> Self {
            let identity = Identity { model: ModelIdentity::default(), engine: EngineIdentity::default() };
            let zero = || AtomicUsize::new(0);
            Self { identity, room, in_flight: zero(), overfull: zero(), tries: zero() }
        }
    }

    impl Engine for Cramped {
        fn identity(&self) -> &Identity {
            &self.identity
        }

        fn preferred_concurrency(&self) -> usize {
            64
        }

        fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
            Box::pin(async move {
                self.tries.fetch_add(1, Ordering::SeqCst);
                let before = self.overfull.load(Ordering::SeqCst);
                if self.in_flight.fetch_add(1, Ordering::SeqCst) >= self.room {
                    self.overfull.fetch_add(1, Ordering::SeqCst);
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
                self.in_flight.fetch_sub(1, Ordering::SeqCst);
                if self.overfull.load(Ordering::SeqCst) != before {
                    return Err(Failure::engine(r#"DriverError(CUDA_ERROR_OUT_OF_MEMORY, "out of memory")"#));
                }
                let text = request.seed.to_string();
                Ok(Completion {
                    text,
                    stop: StopReason::End,
                    prompt_tokens: 1,
                    completion_tokens: 1,
                    weights: Vec::new(),
                })
            })
        }
    }

    fn request(seed: u64) -> Request {
        let sampling = Sampling::plain(0.0, 1);
        Request::new(Vec::new(), sampling, seed)
    }

    async fn all(engine: &Arc<Governor<Cramped>>, count: u64) -> Vec<Result<Completion, Failure>> {
        futures::future::join_all((0..count).map(|seed| engine.generate(request(seed)))).await
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn generations_that_memory_cost_are_tried_again_with_fewer_at_once() {
        block_on(async {
            let engine = Arc::new(Governor::new(Cramped::new(5)));
            let replies = all(&engine, 64).await;
            for (seed, reply) in replies.into_iter().enumerate() {
                assert_eq!(reply.unwrap().text, seed.to_string(), "every reply came about");
            }
            let limit = engine.limit().unwrap();
            assert!((1..=5).contains(&limit), "{limit}");
            assert_eq!(engine.engine.in_flight.load(Ordering::SeqCst), 0);
            let notes = engine.notes();
            assert!(notes[0].contains(&format!("`--max-running {limit}`")), "{notes:?}");
            assert!(notes[0].contains("with 64 generations in flight"), "{notes:?}");
            // 64, 32, 16, 8 and then 4 at once: each generation fails at most once per halving.
            assert!(engine.engine.tries.load(Ordering::SeqCst) <= 64 * 5);
        });
    }

    #[test]
    fn enough_memory_is_no_limit() {
        block_on(async {
            let engine = Arc::new(Governor::new(Cramped::new(64)));
            assert!(all(&engine, 64).await.iter().all(Result::is_ok));
            assert_eq!((engine.limit(), engine.notes()), (None, Vec::new()));
            assert_eq!(engine.engine.tries.load(Ordering::SeqCst), 64);
        });
    }

    #[test]
    fn what_does_not_fit_alone_fails_with_what_to_do() {
        block_on(async {
            let engine = Arc::new(Governor::new(Cramped::new(0)));
            for reply in all(&engine, 8).await {
                let failure = reply.unwrap_err();
                assert_eq!(failure.kind, FailureKind::Engine);
                assert!(failure.message.contains("even alone") && failure.message.contains("--max-running"));
            }
        });
    }

    #[test]
    fn a_generation_that_is_given_up_leaves_its_place() {
        block_on(async {
            let engine = Arc::new(Governor::new(Cramped::new(1)));
            assert!(all(&engine, 4).await.iter().all(Result::is_ok));
            assert_eq!(engine.limit(), Some(1));
            // Begun, and dropped before it is done.
            assert!(engine.generate(request(1)).now_or_never().is_none());
            engine.engine.in_flight.store(0, Ordering::SeqCst);
            assert!(engine.generate(request(2)).await.is_ok());
        });
    }
}
