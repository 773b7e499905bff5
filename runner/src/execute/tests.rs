//! Stopping: at once, and without losing what is finished.

use super::*;
use crate::{
    engine::scripted::Scripted,
    event::Deaf,
    spec::{self, Memory, Plan},
};
use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

/// Runs six trials on a script, eight in flight; the wish to stop comes with the first finished trial, or, where none
/// would, after a moment. What was kept, and whether all of it ran.
fn stopped(script: &str) -> (usize, bool) {
    let spec = "
probe: a.b
about: Stopping.
cases: [{ say: quick }, { say: slow }]
dialogue: [{ user: '{{ say }}' }, { model: reply }]
samples: 3
score: { said: { includes: { turn: reply, text: x } } }
metrics: { said: { mean: { of: said } } }
";
    let files = Memory::of(&[("s.yaml", spec)]);
    let probes = spec::load(&["s.yaml".into()], &files).unwrap();
    let engine = Arc::new(Scripted::parse("s", "scripted:s", script).unwrap());
    let stop = Stop::default();
    let players = Players::of_model(engine);
    let context = Context { players, probes: &probes, seed: 0, concurrency: 8, observer: &Deaf, stop: &stop };
    let mut kept = 0;
    let keep = |_| -> Result<(), Infallible> {
        kept += 1;
        stop.set(Wish::Interrupted);
        Ok(())
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let complete = runtime.block_on(async {
        let wish = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            stop.set(Wish::Interrupted);
        };
        let plan = Plan::of(&probes, None);
        futures::join!(execute(&context, plan.trials(&probes), keep), wish).0
    });
    (kept, complete.unwrap())
}

#[test]
fn what_has_just_finished_is_kept() {
    // The three quick trials come to their end in one poll, of which the first carries the wish.
    assert_eq!(stopped("- { when: quick, reply: [x] }\n- { reply: [x], delay: 600000 }"), (3, false));
}

#[test]
fn slow_trials_are_given_up_at_once() {
    let started = Instant::now();
    assert_eq!(stopped("- { reply: [x], delay: 600000 }"), (0, false));
    assert!(started.elapsed() < Duration::from_secs(30), "it waited for a trial");
}
