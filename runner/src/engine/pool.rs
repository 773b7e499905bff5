//! Several equal engines as one: each request goes to the engine with the most room, counted in shares of what it works
//! on at once, which is less where memory has given out.
//!
//! A small model on a CPU runs nearly twice as fast on two single-threaded engines as on one engine
//! with two threads, and several cards hold one engine each. Which engine answers does not matter: a reply
//! depends on its request alone.

use super::{Completion, Engine, Failure, Identity, Request, load_check::CheckResult};
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Engines that hold the same model.
pub struct Pool {
    engines: Vec<Member>,
    identity: Identity,
    /// What the check before the first trial has found.
    found: Option<String>,
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
        let identity = engines.first()?.identity().clone();
        let member = |engine| Member { engine, in_flight: AtomicUsize::new(0) };
        Some(Self { engines: engines.into_iter().map(member).collect(), identity, found: None })
    }

    /// Says in record and notes what the check before the first trial has found.
    pub fn checked(mut self, found: CheckResult) -> Self {
        self.identity.engine.check = Some(found.check);
        self.found = found.note;
        self
    }

    fn least_busy(&self) -> &Member {
        let busy = |member: &Member| {
            let capacity = member.engine.room().max(1);
            // Widened, so that the products below cannot overflow.
            (member.in_flight.load(Ordering::Relaxed) as u128, capacity as u128)
        };
        let busier = |one: &&Member, other: &&Member| {
            let ((one, of_one), (other, of_other)) = (busy(one), busy(other));
            (one * of_other).cmp(&(other * of_one))
        };
        self.engines.iter().min_by(busier).unwrap_or(&self.engines[0])
    }
}

impl Engine for Pool {
    fn inner(&self) -> Option<&dyn Engine> {
        // They are alike.
        self.engines.first().map(|member| member.engine.as_ref())
    }

    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn room(&self) -> usize {
        self.engines.iter().map(|member| member.engine.room()).sum()
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

    fn cached_tokens(&self) -> u64 {
        self.engines.iter().map(|member| member.engine.cached_tokens()).sum()
    }

    fn failures(&self) -> u64 {
        self.engines.iter().map(|member| member.engine.failures()).sum()
    }

    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.found.iter().cloned().collect();
        for note in self.engines.iter().flat_map(|member| member.engine.notes()) {
            // What holds for all of them is said once.
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::scripted::Scripted;

    /// A scripted engine that works on so many at once.
    struct Roomy(Scripted, usize);

    impl Engine for Roomy {
        fn identity(&self) -> &Identity {
            self.0.identity()
        }

        fn room(&self) -> usize {
            self.1
        }

        fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
            self.0.generate(request)
        }
    }

    #[test]
    fn an_engine_that_works_on_fewer_at_once_gets_fewer() {
        let roomy = |room| {
            let scripted = Scripted::parse("a", "scripted:a", "- reply: [yes]").unwrap();
            Box::new(Roomy(scripted, room)) as Box<dyn Engine>
        };
        let pool = Pool::new(vec![roomy(8), roomy(2)]).unwrap();
        for _ in 0..10 {
            pool.least_busy().in_flight.fetch_add(1, Ordering::Relaxed);
        }
        let in_flight = |index: usize| pool.engines[index].in_flight.load(Ordering::Relaxed);
        assert_eq!((in_flight(0), in_flight(1)), (8, 2));
        assert!(Pool::new(Vec::new()).is_none());
    }
}
