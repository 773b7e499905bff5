//! Sessions on a script: how a run comes about does not show in its record.

use super::*;
use crate::{
    engine::{limiter::Limits, machine::Machine, options, reference::ModelReference, settings::Settings},
    event::{Event, Observer, Share},
    execute::Wish,
    spec::{self, Memory, Plan, Probe},
};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

const SPEC: &str = "
probe: a.b
about: Anything.
cases: [{ say: a }, { say: b }]
dialogue: [{ user: '{{ say }}' }, { model: reply }]
score: { said: { includes: { turn: reply, text: x } } }
metrics: { said: { mean: { of: said } } }
";

/// Notes what begins, and whether it ends.
#[derive(Default)]
struct Noted(Mutex<(Vec<Share>, bool)>);

impl Observer for Noted {
    fn notice(&self, event: Event<'_>) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Begins { probes } => noted.0.extend_from_slice(probes),
            Event::Ends => noted.1 = true,
            _ => {}
        }
    }
}

fn probes(samples: u32) -> Vec<Probe> {
    let mut probes = spec::load(&["s.yaml".into()], &Memory::of(&[("s.yaml", SPEC)])).unwrap();
    probes[0].record.samples = samples;
    // As of a run whose samples grow.
    probes[0].record.first_look = Some(1);
    probes
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A script, and a session with it.
fn scripted(place: &Path, limits: Limits) -> (ModelReference, Settings, Session) {
    let script = place.join("script.yaml");
    std::fs::write(&script, "- { reply: [x, y] }").unwrap();
    let model = ModelReference::parse(&format!("scripted:{}", script.display())).unwrap();
    let settings = Settings::resolve(&model, &options::EngineOptions::default(), &Machine::look()).unwrap();
    (model, settings, Session::new(SessionOptions { limits, ..SessionOptions::default() }, Arc::default()))
}

/// The journal of a run that was extended to these numbers of samples, and the shares that were to run each time.
fn extended(place: &Path, to: &[u32]) -> (String, Vec<Share>) {
    let out = place.join(format!("{} extensions", to.len()));
    let (model, settings, session) = scripted(place, Limits::default());
    let models = [model];
    let folders = Folders::of(Wanted::At(&out), &models).unwrap();
    let noted = Noted::default();
    block_on(async {
        let mut run = session.load(&models[0], &settings).await.unwrap().open(&folders, &probes(1)).unwrap();
        for samples in to {
            let probes = probes(*samples);
            assert!(run.extend(&probes, &Plan::of(&probes, None), &noted).await.unwrap());
            run.seen();
            assert_eq!(run.unseen().count(), 0);
        }
        let last = probes(to.last().copied().unwrap());
        let finished = run.finish(&last, &Plan::of(&last, None)).unwrap();
        assert!(finished.directory().read(crate::store::TIMING).is_some());
    });
    let noted = noted.0.into_inner().unwrap();
    assert!(noted.1);
    (std::fs::read_to_string(out.join(crate::store::JOURNAL)).unwrap(), noted.0)
}

#[test]
fn several_extensions_leave_what_one_leaves() {
    let share = |trials, finished| Share { probe: "a.b".to_owned(), trials, finished };
    // The record names the script by its path.
    let place = tempfile::tempdir().unwrap();
    let (once, shares) = extended(place.path(), &[3]);
    assert_eq!(shares, [share(6, 0)]);
    let (often, shares) = extended(place.path(), &[1, 2, 2, 3]);
    assert_eq!(shares, [share(2, 0), share(4, 2), share(4, 4), share(6, 4)]);
    assert_eq!(once, often);
}

#[test]
fn what_a_session_may_not_spend_is_left_for_later() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("run");
    let probes = probes(2);
    let plan = Plan::of(&probes, None);
    let extend = |wanted: Wanted<'_>, limits| {
        let (model, settings, session) = scripted(place.path(), limits);
        let models = [model];
        let folders = Folders::of(wanted, &models).unwrap();
        let complete = block_on(async {
            let loaded = session.load(&models[0], &settings).await.unwrap();
            let mut run = loaded.open(&folders, &probes).unwrap();
            run.extend(&probes, &plan, &crate::event::Deaf).await.unwrap()
        });
        (complete, session.stop().wish())
    };
    let limits = Limits { generations: Some(3), tokens: None };
    assert_eq!(extend(Wanted::At(&out), limits), (false, Some(Wish::Limit("--limit-generations"))));
    assert_eq!(extend(Wanted::Continued(&out), limits), (true, None));
    let again = Folders::of(Wanted::At(&out), &[scripted(place.path(), limits).0]);
    assert!(again.is_err(), "there is a run");
}
