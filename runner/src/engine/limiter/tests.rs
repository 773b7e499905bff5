//! An engine with little memory, and engines that may spend little.

use super::*;
use crate::{engine::scripted::Scripted, stop::Wish};
use futures::{FutureExt, future::join_all};
use reports::record::{EngineIdentity, ModelIdentity, Sampling};
use scorers::StopReason;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
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

    fn room(&self) -> usize {
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

/// A cramped engine, and the limiter around it.
fn cramped(room: usize) -> (Arc<Cramped>, Limiter) {
    let engine = Arc::new(Cramped::new(room));
    let limiter = Limiter::new(Arc::clone(&engine) as Arc<dyn Engine>).minding_memory();
    (engine, limiter)
}

async fn all(engine: &Limiter, count: u64) -> Vec<Result<Completion, Failure>> {
    join_all((0..count).map(|seed| engine.generate(request(seed)))).await
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn generations_that_memory_cost_are_tried_again_with_fewer_at_once() {
    block_on(async {
        let (engine, limiter) = cramped(5);
        let replies = all(&limiter, 64).await;
        for (seed, reply) in replies.into_iter().enumerate() {
            assert_eq!(reply.unwrap().text, seed.to_string(), "every reply came about");
        }
        let limit = limiter.lowered_to().unwrap();
        assert!((1..=5).contains(&limit), "{limit}");
        assert_eq!(engine.in_flight.load(Ordering::SeqCst), 0);
        let notes = limiter.notes();
        assert!(notes[0].contains(&format!("`--max-running {limit}`")), "{notes:?}");
        assert!(notes[0].contains("with 64 generations in flight"), "{notes:?}");
        // 64, 32, 16, 8 and then 4 at once: each generation fails at most once per halving.
        assert!(engine.tries.load(Ordering::SeqCst) <= 64 * 5);
    });
}

#[test]
fn enough_memory_is_no_limit() {
    block_on(async {
        let (engine, limiter) = cramped(64);
        assert!(all(&limiter, 64).await.iter().all(Result::is_ok));
        assert_eq!((limiter.lowered_to(), limiter.notes()), (None, Vec::new()));
        assert_eq!(engine.tries.load(Ordering::SeqCst), 64);
    });
}

#[test]
fn what_does_not_fit_alone_fails_with_what_to_do() {
    block_on(async {
        let (_, limiter) = cramped(0);
        for reply in all(&limiter, 8).await {
            let failure = reply.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Engine);
            assert!(failure.message.contains("even alone") && failure.message.contains("--max-running"));
        }
    });
}

#[test]
fn a_generation_that_is_given_up_leaves_its_place() {
    block_on(async {
        let (engine, limiter) = cramped(1);
        assert!(all(&limiter, 4).await.iter().all(Result::is_ok));
        assert_eq!(limiter.lowered_to(), Some(1));
        // Begun, and dropped before it is done.
        assert!(limiter.generate(request(1)).now_or_never().is_none());
        engine.in_flight.store(0, Ordering::SeqCst);
        assert!(limiter.generate(request(2)).await.is_ok());
    });
}

fn scripted() -> Arc<dyn Engine> {
    Arc::new(Scripted::parse("s", "scripted:s", "- { reply: [one two three] }").unwrap())
}

fn limited(limits: Limits) -> (Limiter, Arc<Stop>) {
    let stop = Arc::new(Stop::default());
    (Limiter::new(scripted()).spending(&Arc::new(Purse::new(limits)), &stop), stop)
}

/// How many of so many generations at once come about, and what was wished then.
fn spent(limits: Limits, asked: usize) -> (usize, Option<Wish>) {
    let (engine, stop) = limited(limits);
    let request = Request::new(Vec::new(), Sampling::plain(1.0, 10), 0);
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

#[test]
fn no_more_are_under_way_than_there_are_places() {
    block_on(async {
        // It fails where two meet.
        let engine = Arc::new(Cramped::new(1));
        let limiter = Limiter::new(Arc::clone(&engine) as Arc<dyn Engine>).at_most(1);
        assert!(all(&limiter, 8).await.iter().all(Result::is_ok));
        assert_eq!((limiter.room(), engine.overfull.load(Ordering::SeqCst)), (1, 0));
        let load = limiter.load();
        assert!(load.generating > 0.0 && load.mean().is_some_and(|mean| mean <= 1.0), "{load:?}");
    });
    assert_eq!(Limiter::new(scripted()).at_most(99).room(), scripted().room());
}

#[test]
fn a_second_try_spends_nothing() {
    block_on(async {
        let (purse, stop) =
            (Arc::new(Purse::new(Limits { generations: Some(8), tokens: None })), Arc::default());
        let engine = Arc::new(Cramped::new(2));
        let limiter = Limiter::new(engine).minding_memory().spending(&purse, &stop);
        assert!(all(&limiter, 8).await.iter().all(Result::is_ok));
        assert!(limiter.lowered_to().is_some() && !stop.is_set());
    });
}
