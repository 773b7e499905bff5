//! Stopping: at once, and without losing what is finished. Grids: one branch per item and sample.

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

#[test]
fn a_grid_asks_each_item_of_one_prefix() {
    let spec = "
probe: a.b
about: A grid.
cases: [{ names: [dog, cat] }]
dialogue:
  - fork: { name: fresh, over: [1, 2], as: number, turns: [{ user: 'Is it {{ number }}?' }, { model: alone }] }
  - user: Think of one.
  - model: ready
  - fork: { name: ask, over: names, as: name, samples: 2, turns: [{ user: 'Is it the {{ name }}?' }, { model: answer }] }
  - user: Thank you.
  - model: last
score: { said: { includes: { turn: answer, text: x } } }
metrics: { said: { rate: { of: said } } }
";
    let files = Memory::of(&[("s.yaml", spec)]);
    let probes = spec::load(&["s.yaml".into()], &files).unwrap();
    let script = "- { when: cat, reply: ['Yes.'] }\n- { reply: ['No.'] }";
    let players = Players::of_model(Arc::new(Scripted::parse("s", "scripted:s", script).unwrap()));
    let stop = Stop::default();
    let context = Context { players, probes: &probes, seed: 0, concurrency: 8, observer: &Deaf, stop: &stop };
    let mut kept = Vec::new();
    let keep = |trial: TrialRecord| -> Result<(), Infallible> {
        kept.push(trial);
        Ok(())
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(execute(&context, Plan::of(&probes, None).trials(&probes), keep)).unwrap();
    let branches = &kept[0].transcript.branches;
    let said: Vec<(&str, u32, usize, String)> = branches
        .iter()
        .map(|branch| {
            let texts: Vec<&str> = branch.turns.iter().filter_map(|turn| turn.text()).collect();
            (branch.fork.as_str(), branch.index, branch.after, texts.join(" "))
        })
        .collect();
    let expected = [
        ("fresh", 0, 0, "Is it 1? No."),
        ("fresh", 1, 0, "Is it 2? No."),
        ("ask", 0, 2, "Is it the dog? No."),
        ("ask", 1, 2, "Is it the dog? No."),
        ("ask", 2, 2, "Is it the cat? Yes."),
        ("ask", 3, 2, "Is it the cat? Yes."),
    ];
    assert_eq!(said, expected.map(|(fork, index, after, text)| (fork, index, after, text.to_owned())));
    assert_eq!(kept[0].transcript.turns.len(), 4, "the main line goes on without them");
}
