//! Progress on standard error: bars on a terminal, now and then a line elsewhere.

use crate::event::{Event, Observer};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::IsTerminal,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// What was counted in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Generations that came about.
    pub(super) generations: u64,
    /// Generations that failed.
    pub(super) failures: u64,
    /// Tokens of their prompts.
    pub(super) prompt_tokens: u64,
    /// Tokens generated.
    pub(super) completion_tokens: u64,
}

/// Shows how far a run has come, and counts.
pub(super) struct Progress {
    started: Instant,
    total: u64,
    finished: AtomicU64,
    generations: AtomicU64,
    failures: AtomicU64,
    prompt_tokens: AtomicU64,
    completion_tokens: AtomicU64,
    display: Display,
}

enum Display {
    Bars { all: ProgressBar, probes: Vec<ProgressBar> },
    Lines { last: Mutex<Instant> },
}

impl Progress {
    /// Starts the display; `probes` holds the name of each probe, its trials, and how many of them
    /// an earlier session finished.
    pub(super) fn start(probes: &[(String, u64, u64)]) -> Self {
        let total = probes.iter().map(|(_, trials, _)| trials).sum();
        let finished: u64 = probes.iter().map(|(_, _, finished)| finished).sum();
        let display = match std::io::stderr().is_terminal() {
            true => bars(probes, total, finished),
            false => Display::Lines { last: Mutex::new(Instant::now()) },
        };
        Self {
            started: Instant::now(),
            total,
            finished: AtomicU64::new(finished),
            generations: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            prompt_tokens: AtomicU64::new(0),
            completion_tokens: AtomicU64::new(0),
            display,
        }
    }

    /// What was counted so far.
    pub(super) fn counts(&self) -> Counts {
        Counts {
            generations: self.generations.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            prompt_tokens: self.prompt_tokens.load(Ordering::Relaxed),
            completion_tokens: self.completion_tokens.load(Ordering::Relaxed),
        }
    }

    /// Takes the display away.
    pub(super) fn finish(&self) {
        match &self.display {
            Display::Bars { all, probes } => {
                probes.iter().for_each(ProgressBar::finish_and_clear);
                all.finish_and_clear();
            }
            Display::Lines { .. } => super::output::note(&self.line()),
        }
    }

    fn tokens_per_second(&self) -> f64 {
        self.counts().completion_tokens as f64 / self.started.elapsed().as_secs_f64().max(1e-3)
    }

    fn line(&self) -> String {
        let (finished, total) = (self.finished.load(Ordering::Relaxed), self.total);
        let elapsed = self.started.elapsed().as_secs_f64();
        let failures = self.failures.load(Ordering::Relaxed);
        let failed = if failures == 0 { String::new() } else { format!(", {failures} generations failed") };
        let rate = self.tokens_per_second();
        format!("{finished}/{total} trials, {rate:.0} tokens/s, {elapsed:.0} s{failed}")
    }
}

fn bars(probes: &[(String, u64, u64)], total: u64, finished: u64) -> Display {
    let multi = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(8));
    let width = probes.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0).min(40);
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
        .map(|(name, trials, done)| {
            let bar = multi.add(ProgressBar::new(*trials).with_style(style(&row)).with_prefix(name.clone()));
            bar.set_position(*done);
            bar
        })
        .collect();
    let all = multi.add(ProgressBar::new(total).with_style(style(&sum)).with_prefix("all trials"));
    all.set_position(finished);
    all.reset_eta();
    all.enable_steady_tick(Duration::from_millis(250));
    Display::Bars { all, probes }
}

impl Observer for Progress {
    fn notice(&self, event: Event) {
        match event {
            Event::Generated { prompt_tokens, completion_tokens } => {
                self.generations.fetch_add(1, Ordering::Relaxed);
                self.prompt_tokens.fetch_add(u64::from(prompt_tokens), Ordering::Relaxed);
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
        }
    }
}
