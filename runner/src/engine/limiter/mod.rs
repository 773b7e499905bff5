//! The one place where a generation enters an engine and leaves it again: how many are in flight, what they may spend, and what an
//! engine that runs out of memory can still take.
//!
//! Each of these is a part that can be switched on, and each is a small machine of its own, which knows neither engines nor time:
//! [`spending`] what may be spent, `memory` the limit that falls when memory gives out, `load` what was in flight for how long. The
//! engines of a pool each have a limiter for their memory; the run has one around the whole for everything else.

mod load;
mod memory;
mod spending;

use super::{Completion, Engine, Failure, Identity, Request, engine_errors::Trouble};
use crate::stop::Stop;
use futures::future::BoxFuture;
pub use load::Load;
use load::Meter;
use memory::MemoryLimit;
use scorers::FailureKind;
pub use spending::{Limits, Purse};
use spending::{Promise, promised};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use tokio::sync::{Notify, Semaphore};

/// An engine that is asked for no more than it can take and than may be spent.
pub struct Limiter {
    engine: Arc<dyn Engine>,
    /// Most generations under way at once, and the places for them; without it, any number.
    most: Option<(usize, Semaphore)>,
    /// What is spent from, and who is told when it is empty.
    spending: Option<(Arc<Purse>, Arc<Stop>)>,
    /// Whether fewer are tried at once when memory gives out.
    minds_memory: bool,
    books: Mutex<Books>,
    /// Told whenever a generation leaves the engine.
    left: Notify,
}

/// What is known of the engine; the meter counts what is in it.
#[derive(Default)]
struct Books {
    meter: Meter,
    memory: MemoryLimit,
}

/// A generation in the engine, also while its future is being dropped.
struct Flight<'a> {
    limiter: &'a Limiter,
    /// How often memory had given out when it entered.
    lowered: u64,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.limiter
            .with(|books, room| books.meter.change(Instant::now(), room, |now| now.saturating_sub(1)));
        self.limiter.left.notify_waiters();
    }
}

impl Limiter {
    /// An engine that is only counted.
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        let books = Mutex::default();
        Self { engine, most: None, spending: None, minds_memory: false, books, left: Notify::new() }
    }

    /// With no more than so many generations under way at once.
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        let places = Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS));
        Self { most: Some((most.max(1), places)), ..self }
    }

    /// With a limit on what it spends together with all others that have the same purse. Where the purse is empty, it wishes to stop.
    #[must_use]
    pub fn spending(self, purse: &Arc<Purse>, stop: &Arc<Stop>) -> Self {
        let spending = purse.is_limited().then(|| (Arc::clone(purse), Arc::clone(stop)));
        Self { spending, ..self }
    }

    /// With fewer generations in the engine once memory has given out. A failed forward pass fails every generation of its batch; those
    /// are tried again.
    #[must_use]
    pub fn minding_memory(self) -> Self {
        Self { minds_memory: true, ..self }
    }

    /// Leaves one generation in the engine from now on.
    pub fn one_at_a_time(&self) {
        self.with(|books, _| books.memory.one_at_a_time());
    }

    /// Most generations in the engine since memory gave out; none as long as it has sufficed.
    pub fn lowered_to(&self) -> Option<usize> {
        self.with(|books, _| books.memory.limit())
    }

    /// How busy the engine was so far.
    pub fn load(&self) -> Load {
        self.with(|books, _| books.meter.load())
    }

    /// Uses the books, and what the engine has room for by them.
    fn with<T>(&self, use_them: impl FnOnce(&mut Books, usize) -> T) -> T {
        let room = self.engine.room();
        // Nothing panics while it holds the lock, and counters stay counters if something did.
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let most = self.most.as_ref().map(|(most, _)| *most);
        let room = [most, books.memory.limit()].into_iter().flatten().fold(room, usize::min);
        use_them(&mut books, room.max(1))
    }

    /// Waits for a place under the limit that memory has set, and enters the engine.
    async fn enter(&self) -> Flight<'_> {
        loop {
            // Listening begins before the look, so that no end is missed between the two.
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            let entered = self.with(|books, room| {
                books.memory.admits(books.meter.now()).then(|| {
                    books.meter.change(Instant::now(), room, |now| now.saturating_add(1));
                    books.memory.lowered()
                })
            });
            match entered {
                Some(lowered) => return Flight { limiter: self, lowered },
                None => left.await,
            }
        }
    }

    /// Takes note that memory gave out under a generation. Returns whether it is worth another try.
    fn gave_out(&self, flight: &Flight<'_>) -> bool {
        self.with(|books, _| books.memory.gave_out(flight.lowered, books.meter.now()))
    }

    /// A promise of what a reply of so many tokens may spend, once it may.
    async fn promise(&self, tokens: u32) -> Option<Promise<'_>> {
        let (purse, stop) = self.spending.as_ref()?;
        Some(promised(purse, stop, u64::from(tokens)).await)
    }
}

impl Engine for Limiter {
    fn inner(&self) -> Option<&dyn Engine> {
        Some(self.engine.as_ref())
    }

    fn identity(&self) -> &Identity {
        self.engine.identity()
    }

    fn room(&self) -> usize {
        self.with(|_, room| room)
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        Box::pin(async move {
            // The semaphore is never closed; without a place the engine is merely busier.
            let _place = match &self.most {
                Some((_, places)) => places.acquire().await.ok(),
                None => None,
            };
            let promise = self.promise(request.sampling.max_tokens).await;
            let completion = loop {
                let flight = self.enter().await;
                let failure = match self.engine.generate(request.clone()).await {
                    Err(failure) if self.minds_memory && is_memory(&failure) => failure,
                    other => break other,
                };
                if !self.gave_out(&flight) {
                    let advice = Trouble::OutOfMemory.advice();
                    let message = format!("even alone, {advice}: {}", failure.message);
                    break Err(Failure { kind: failure.kind, message });
                }
            };
            if let (Some(promise), Ok(said)) = (promise, &completion) {
                promise.kept(u64::from(said.completion_tokens));
            }
            completion
        })
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.engine.notes();
        notes.extend(self.with(|books, _| books.memory.note()));
        notes
    }
}

fn is_memory(failure: &Failure) -> bool {
    failure.kind == FailureKind::Engine && Trouble::of(&failure.message) == Some(Trouble::OutOfMemory)
}

#[cfg(test)]
mod tests;
