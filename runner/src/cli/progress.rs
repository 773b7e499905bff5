//! Progress on standard error: bars on a terminal, now and then a line elsewhere.

use crate::event::{Event, Observer, Share};
use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::IsTerminal,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows how far the trials of a run have come, from when they begin.
pub(super) struct Progress {
    /// The model of a batch: it is announced, and shown only where there is something to run.
    batch: Option<String>,
    shown: OnceLock<Shown>,
}

impl Progress {
    /// Of all trials of a run.
    pub(super) fn of_run() -> Self {
        Self { batch: None, shown: OnceLock::new() }
    }

    /// Of one batch of trials of a model, of which there may be none.
    pub(super) fn of_batch(model: &str) -> Self {
        Self { batch: Some(model.to_owned()), ..Self::of_run() }
    }

    fn begin(&self, shares: &[Share]) {
        if let Some(model) = &self.batch {
            let trials: u64 = shares.iter().map(|share| share.trials - share.finished).sum();
            if trials == 0 {
                return;
            }
            super::output::note(&format!("{model}: {trials} trials"));
        }
        // Whatever comes of it, it begins once.
        let _ = self.shown.set(Shown::start(shares));
    }
}

impl Observer for Progress {
    fn notice(&self, event: Event<'_>) {
        match (event, self.shown.get()) {
            (Event::Begins { probes }, _) => self.begin(probes),
            (Event::Ends, Some(shown)) => shown.finish(),
            (event, Some(shown)) => shown.notice(event),
            (_, None) => {}
        }
    }
}

/// How far they have come, and the display of it.
struct Shown {
    started: Instant,
    total: u64,
    /// Trials that an earlier session finished.
    before: u64,
    finished: AtomicU64,
    failures: AtomicU64,
    completion_tokens: AtomicU64,
    display: Display,
}

enum Display {
    Bars { all: ProgressBar, probes: Vec<ProgressBar> },
    Lines { last: Mutex<Instant> },
}

impl Shown {
    fn start(probes: &[Share]) -> Self {
        let total = probes.iter().map(|share| share.trials).sum();
        let finished: u64 = probes.iter().map(|share| share.finished).sum();
        let display = match std::io::stderr().is_terminal() {
            true => bars(probes, total, finished),
            false => Display::Lines { last: Mutex::new(Instant::now()) },
        };
        Self {
            started: Instant::now(),
            total,
            before: finished,
            finished: AtomicU64::new(finished),
            failures: AtomicU64::new(0),
            completion_tokens: AtomicU64::new(0),
            display,
        }
    }

    /// Takes the display away.
    fn finish(&self) {
        match &self.display {
            Display::Bars { all, probes } => {
                probes.iter().for_each(ProgressBar::finish_and_clear);
                all.finish_and_clear();
            }
            Display::Lines { .. } => super::output::note(&self.line()),
        }
    }

    fn tokens_per_second(&self) -> f64 {
        self.completion_tokens.load(Ordering::Relaxed) as f64 / self.started.elapsed().as_secs_f64().max(1e-3)
    }

    fn line(&self) -> String {
        let (finished, elapsed) = (self.finished.load(Ordering::Relaxed), self.started.elapsed());
        let failures = self.failures.load(Ordering::Relaxed);
        let failed = if failures == 0 { String::new() } else { format!(", {failures} generations failed") };
        let left =
            time_left(elapsed, finished.saturating_sub(self.before), self.total.saturating_sub(finished));
        let left = left.map_or(String::new(), |left| format!(", {} left", HumanDuration(left)));
        let (total, rate, elapsed) = (self.total, self.tokens_per_second(), elapsed.as_secs_f64());
        format!("{finished}/{total} trials, {rate:.0} tokens/s, {elapsed:.0} s{left}{failed}")
    }

    fn notice(&self, event: Event<'_>) {
        match event {
            Event::Generated { completion_tokens, .. } => {
                self.completion_tokens.fetch_add(u64::from(completion_tokens), Ordering::Relaxed);
            }
            Event::Failed(_) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
            }
            Event::TrialFinished { probe } => {
                self.finished.fetch_add(1, Ordering::Relaxed);
                match &self.display {
                    Display::Bars { all, probes } => {
                        if let Some(bar) = probes.get(probe) {
                            bar.inc(1);
                        }
                        all.inc(1);
                        all.set_message(format!("{:.0} tokens/s", self.tokens_per_second()));
                    }
                    Display::Lines { last } => {
                        // A poisoned lock means that another thread panicked; a line less is no harm.
                        let Ok(mut last) = last.try_lock() else { return };
                        if last.elapsed() >= LINE_EVERY {
                            *last = Instant::now();
                            super::output::note(&self.line());
                        }
                    }
                }
            }
            Event::Begins { .. } | Event::Ends => {}
        }
    }
}

/// How long `left` trials take where `done` ones took so long; none where none is done or left.
fn time_left(elapsed: Duration, done: u64, left: u64) -> Option<Duration> {
    let seconds = elapsed.as_secs_f64() / done as f64 * left as f64;
    (done > 0 && left > 0).then(|| Duration::try_from_secs_f64(seconds.ceil()).unwrap_or(Duration::MAX))
}

fn bars(probes: &[Share], total: u64, finished: u64) -> Display {
    let multi = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(8));
    let width = probes.iter().map(|share| share.probe.chars().count()).max().unwrap_or(0).min(40);
    let style = |template: &str| {
        ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━╸─")
    };
    let row = format!("{{prefix:<{width}}} {{bar:24.cyan/dim}} {{pos:>5}}/{{len}}");
    let sum = format!(
        "{{prefix:<{width}}} {{bar:24.green/dim}} {{pos:>5}}/{{len}}  {{msg}}  {{elapsed}} gone, {{eta}} left"
    );
    let probes = probes
        .iter()
        .map(|share| {
            let bar = ProgressBar::new(share.trials).with_style(style(&row)).with_prefix(share.probe.clone());
            let bar = multi.add(bar);
            bar.set_position(share.finished);
            bar
        })
        .collect();
    let all = multi.add(ProgressBar::new(total).with_style(style(&sum)).with_prefix("all trials"));
    all.set_position(finished);
    all.reset_eta();
    all.enable_steady_tick(Duration::from_millis(250));
    Display::Bars { all, probes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_long_the_rest_will_take() {
        let progress = Shown::start(&[Share { probe: "a.b".to_owned(), trials: 40, finished: 10 }]);
        assert_eq!(progress.line(), "10/40 trials, 0 tokens/s, 0 s", "nothing is known yet");
        assert_eq!(time_left(Duration::from_secs(60), 10, 20), Some(Duration::from_secs(120)));
        assert_eq!(time_left(Duration::from_secs(1), 3, 1), Some(Duration::from_secs(1)), "rounded up");
        assert_eq!((time_left(Duration::ZERO, 0, 9), time_left(Duration::from_secs(9), 9, 0)), (None, None));
        progress.notice(Event::TrialFinished { probe: 0 });
        assert!(progress.line().starts_with("11/40 trials, ") && progress.line().ends_with(" left"));
    }
}
