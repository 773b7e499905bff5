//! How busy an engine is kept: what is in flight, integrated over time.
//!
//! The mean over time of the number of generations in flight bounds what the engine can have in one batch; what it
//! batches in truth it does not tell.

use std::{ops::AddAssign, time::Instant};

/// How well an engine was kept busy.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Seconds from the beginning of the first generation to the latest beginning or end.
    pub seconds: f64,
    /// Seconds that all generations took together, without those that only waited for a place.
    pub generating: f64,
    /// Seconds in which no more generations could have been in flight.
    pub full: f64,
}

impl Load {
    /// The number of generations in flight on average; none before any time has passed.
    pub fn mean(&self) -> Option<f64> {
        Some(self.generating / self.seconds).filter(|mean| mean.is_finite())
    }

    /// The share of time at full batch; none before any time has passed.
    pub fn full_share(&self) -> Option<f64> {
        Some(self.full / self.seconds).filter(|share| share.is_finite())
    }
}

impl AddAssign for Load {
    fn add_assign(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.generating += other.generating;
        self.full += other.full;
    }
}

/// Generations in flight, integrated over time.
#[derive(Debug, Default)]
pub(super) struct Meter {
    now: usize,
    /// As many as the engine works on at once. Fewer from the moment on when memory gives out.
    room: usize,
    /// When their number last changed.
    last: Option<Instant>,
    load: Load,
}

impl Meter {
    /// How many are in flight.
    pub(super) fn now(&self) -> usize {
        self.now
    }

    /// What was measured so far.
    pub(super) fn load(&self) -> Load {
        self.load
    }

    /// Changes the number in flight. `room` is how many the engine works on at once from now on.
    pub(super) fn change(&mut self, at: Instant, room: usize, change: impl FnOnce(usize) -> usize) {
        let last = self.last.unwrap_or(at);
        // Threads may come here in another order than they looked at the clock.
        let at = at.max(last);
        let seconds = at.duration_since(last).as_secs_f64();
        self.load.seconds += seconds;
        self.load.generating += self.now.min(self.room) as f64 * seconds;
        self.load.full += if self.now >= self.room { seconds } else { 0.0 };
        self.now = change(self.now);
        self.room = room;
        self.last = Some(at);
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
        assert_eq!((meter.load.mean(), meter.load.full_share()), (None, None));
        meter.change(start, 3, |now| now + 1);
        assert_eq!(meter.load.mean(), None);
        meter.change(after(1), 3, |now| now + 1);
        meter.change(after(1), 3, |now| now + 1);
        meter.change(after(3), 3, |now| now - 1);
        // A clock that was looked at earlier changes the number and no time.
        meter.change(after(2), 3, |now| now - 1);
        meter.change(after(7), 3, |now| now - 1);
        // 1 second of 1, 2 of 3, 4 of 1; full while there were 3.
        assert!((meter.load.mean().unwrap() - 11.0 / 7.0).abs() < 1e-12);
        assert!((meter.load.full_share().unwrap() - 2.0 / 7.0).abs() < 1e-12);
        assert_eq!(meter.now, 0);
    }

    #[test]
    fn those_that_wait_for_a_place_are_not_in_the_batch() {
        let start = Instant::now();
        let mut meter = Meter::default();
        meter.change(start, 4, |_| 8);
        // Memory gives out, and only two at once are tried from then on.
        meter.change(start + Duration::from_secs(1), 2, |_| 8);
        meter.change(start + Duration::from_secs(3), 2, |_| 1);
        meter.change(start + Duration::from_secs(4), 2, |_| 0);
        // 1 second of 4, 2 of 2, 1 of 1.
        assert!((meter.load.mean().unwrap() - 9.0 / 4.0).abs() < 1e-12);
        assert!((meter.load.full_share().unwrap() - 3.0 / 4.0).abs() < 1e-12);
        let mut sum = meter.load;
        sum += Load { seconds: 4.0, generating: 7.0, full: 1.0 };
        assert_eq!((sum.mean(), sum.full_share()), (Some(2.0), Some(0.5)));
    }
}
