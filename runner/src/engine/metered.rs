//! An engine that counts what is in flight.
//!
//! The mean over time of the number of generations in flight bounds what the engine can have in one batch; what it
//! batches in truth it does not tell.

use super::{Completion, Engine, Failure, Identity, Request, TokenChoice};
use futures::future::BoxFuture;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// Another engine, with a meter.
pub struct Metered {
    engine: Arc<dyn Engine>,
    meter: Arc<Mutex<Meter>>,
}

/// Generations in flight, integrated over time.
#[derive(Debug, Default)]
struct Meter {
    now: u32,
    /// When the first generation began, and when their number last changed.
    times: Option<(Instant, Instant)>,
    /// Seconds that all generations have taken together.
    seconds: f64,
}

impl Meter {
    fn change(&mut self, at: Instant, change: impl FnOnce(u32) -> u32) {
        let (first, last) = self.times.unwrap_or((at, at));
        // Threads may come here in another order than they looked at the clock.
        let at = at.max(last);
        self.seconds += f64::from(self.now) * at.duration_since(last).as_secs_f64();
        self.now = change(self.now);
        self.times = Some((first, at));
    }

    fn mean(&self) -> Option<f64> {
        let (first, last) = self.times?;
        let mean = self.seconds / last.duration_since(first).as_secs_f64();
        mean.is_finite().then_some(mean)
    }
}

/// A generation in flight, for as long as it lives: also when its future is dropped.
struct Flight(Arc<Mutex<Meter>>);

impl Flight {
    fn begin(meter: &Arc<Mutex<Meter>>) -> Self {
        let flight = Self(Arc::clone(meter));
        flight.change(|now| now.saturating_add(1));
        flight
    }

    fn change(&self, change: impl FnOnce(u32) -> u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).change(Instant::now(), change);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.change(|now| now.saturating_sub(1));
    }
}

impl Metered {
    /// Puts a meter on an engine.
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        Self { engine, meter: Arc::default() }
    }

    /// The number of generations in flight on average, from the beginning of the first one to the latest beginning or
    /// end; none before any time has passed.
    pub fn mean_in_flight(&self) -> Option<f64> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner).mean()
    }
}

impl Engine for Metered {
    fn identity(&self) -> &Identity {
        self.engine.identity()
    }

    fn preferred_concurrency(&self) -> usize {
        self.engine.preferred_concurrency()
    }

    fn couples(&self) -> bool {
        self.engine.couples()
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        let flight = Flight::begin(&self.meter);
        Box::pin(async move {
            let completion = self.engine.generate(request).await;
            drop(flight);
            completion
        })
    }

    fn trace(&self, request: Request) -> BoxFuture<'_, Result<Vec<TokenChoice>, Failure>> {
        self.engine.trace(request)
    }

    fn shares_prefixes(&self) -> bool {
        self.engine.shares_prefixes()
    }

    fn notes(&self) -> Vec<String> {
        self.engine.notes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_mean_is_over_time_and_not_over_generations() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut meter = Meter::default();
        assert_eq!(meter.mean(), None);
        meter.change(start, |now| now + 1);
        assert_eq!(meter.mean(), None);
        meter.change(after(1), |now| now + 1);
        meter.change(after(1), |now| now + 1);
        meter.change(after(3), |now| now - 1);
        // A clock that was looked at earlier changes the number and no time.
        meter.change(after(2), |now| now - 1);
        meter.change(after(7), |now| now - 1);
        // 1 second of 1, 2 of 3, 4 of 1.
        assert!((meter.mean().unwrap() - 11.0 / 7.0).abs() < 1e-12);
        assert_eq!(meter.now, 0);
    }
}
