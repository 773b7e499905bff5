//! Several equal engines as one: each request goes to the engine with the fewest in flight.
//!
//! A small model on a CPU runs nearly twice as fast on two single-threaded engines as on one engine
//! with two threads, and several cards hold one engine each. Which engine answers does not matter: a reply
//! depends on its request alone.

use super::{Completion, Engine, Failure, Identity, Request, TokenChoice};
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Engines that hold the same model.
pub struct Pool {
    engines: Vec<Member>,
}

struct Member {
    engine: Box<dyn Engine>,
    in_flight: AtomicUsize,
}

/// Counts a request as in flight for as long as it lives, also when its future is dropped.
struct InFlight<'a>(&'a AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    /// A pool of at least one engine; none when the list is empty.
    pub fn new(engines: Vec<Box<dyn Engine>>) -> Option<Self> {
        let member = |engine| Member { engine, in_flight: AtomicUsize::new(0) };
        (!engines.is_empty()).then(|| Self { engines: engines.into_iter().map(member).collect() })
    }

    fn least_busy(&self) -> &Member {
        let busy = |member: &&Member| member.in_flight.load(Ordering::Relaxed);
        self.engines.iter().min_by_key(busy).unwrap_or(&self.engines[0])
    }
}

impl Engine for Pool {
    fn identity(&self) -> &Identity {
        self.engines[0].engine.identity()
    }

    fn preferred_concurrency(&self) -> usize {
        self.engines.iter().map(|member| member.engine.preferred_concurrency()).sum()
    }

    fn couples(&self) -> bool {
        self.engines.iter().all(|member| member.engine.couples())
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        let member = self.least_busy();
        member.in_flight.fetch_add(1, Ordering::Relaxed);
        let guard = InFlight(&member.in_flight);
        Box::pin(async move {
            let completion = member.engine.generate(request).await;
            drop(guard);
            completion
        })
    }

    fn trace(&self, request: Request) -> BoxFuture<'_, Result<Vec<TokenChoice>, Failure>> {
        self.engines[0].engine.trace(request)
    }

    fn shares_prefixes(&self) -> bool {
        self.engines[0].engine.shares_prefixes()
    }

    fn notes(&self) -> Vec<String> {
        self.engines.iter().flat_map(|member| member.engine.notes()).collect()
    }
}
