//! What a run took: counted while it goes on, added up over its extensions, and written beside the record.

use crate::{
    engine::limiter::Load,
    error::Error,
    event::{Event, Observer},
};
use reports::Timing;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Counts what is generated, and passes on what happens.
pub(super) struct Counting<'a> {
    observer: &'a dyn Observer,
    /// Generations, also those that failed.
    generations: AtomicU64,
    prompt_tokens: AtomicU64,
    completion_tokens: AtomicU64,
}

impl<'a> Counting<'a> {
    /// Begins at nothing.
    pub(super) fn new(observer: &'a dyn Observer) -> Self {
        let zero = || AtomicU64::new(0);
        Self { observer, generations: zero(), prompt_tokens: zero(), completion_tokens: zero() }
    }
}

impl Observer for Counting<'_> {
    fn notice(&self, event: Event<'_>) {
        match event {
            Event::Generated { prompt_tokens, completion_tokens } => {
                self.generations.fetch_add(1, Ordering::Relaxed);
                self.prompt_tokens.fetch_add(u64::from(prompt_tokens), Ordering::Relaxed);
                self.completion_tokens.fetch_add(u64::from(completion_tokens), Ordering::Relaxed);
            }
            Event::Failed(_) => {
                self.generations.fetch_add(1, Ordering::Relaxed);
            }
            Event::Begins { .. } | Event::TrialFinished { .. } | Event::Ends => {}
        }
        self.observer.notice(event);
    }
}

/// What all extensions of a run took together.
pub(super) struct Times {
    timing: Timing,
    load: Load,
}

impl Times {
    /// A run that begins now.
    pub(super) fn begin() -> Self {
        let timing = Timing {
            started: jiff::Timestamp::now().to_string(),
            wall_seconds: 0.0,
            generations: 0,
            generated_tokens: 0,
            prompt_tokens: 0,
            mean_in_flight: None,
            full_batch_share: None,
        };
        Self { timing, load: Load::default() }
    }

    /// Adds an extension.
    pub(super) fn add(&mut self, wall: Duration, counted: &Counting<'_>, load: Load) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        self.timing.wall_seconds += wall.as_secs_f64();
        self.timing.generations += count(&counted.generations);
        self.timing.generated_tokens += count(&counted.completion_tokens);
        self.timing.prompt_tokens += count(&counted.prompt_tokens);
        self.load += load;
        self.timing.mean_in_flight = self.load.mean();
        self.timing.full_batch_share = self.load.full_share();
    }

    /// The text of the file beside the record.
    pub(super) fn text(&self) -> Result<String, Error> {
        serde_json::to_string_pretty(&self.timing).map_err(|error| Error::Report(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Deaf;
    use scorers::FailureKind;

    #[test]
    fn extensions_are_added_up() {
        let mut times = Times::begin();
        for _ in 0..2 {
            let counting = Counting::new(&Deaf);
            counting.notice(Event::Generated { prompt_tokens: 5, completion_tokens: 3 });
            counting.notice(Event::Failed(FailureKind::Timeout));
            counting.notice(Event::TrialFinished { probe: 0 });
            let load = Load { seconds: 2.0, generating: 3.0, full: 1.0 };
            times.add(Duration::from_secs(1), &counting, load);
        }
        let Timing { wall_seconds, generations, generated_tokens, prompt_tokens, .. } = times.timing;
        assert_eq!((wall_seconds, generations, generated_tokens, prompt_tokens), (2.0, 4, 6, 10));
        assert_eq!((times.timing.mean_in_flight, times.timing.full_batch_share), (Some(1.5), Some(0.5)));
        assert!(times.text().unwrap().contains("mean_in_flight"));
    }
}
