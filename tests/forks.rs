//! Where the engine keeps prefixes, the first branch of a fork goes ahead and the others follow; nothing else changes.

use futures::future::BoxFuture;
use reports::record::{EngineIdentity, ModelIdentity, TrialRecord};
use runner::{
    engine::{Completion, Engine, Facts, Failure, Identity, Request},
    event::Deaf,
    execute::{self, Context, Players, Stop},
    spec::{self, Plan},
    store::Disk,
};
use scorers::{Role, StopReason};
use std::{
    convert::Infallible,
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Says the seed, and notes how many branches were in flight beside each other.
struct Watched {
    identity: Identity,
    keeps: bool,
    in_flight: AtomicUsize,
    /// Branches in flight when one began, in the order of their beginnings.
    beside: Mutex<Vec<usize>>,
}

impl Engine for Watched {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn room(&self) -> usize {
        64
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        Box::pin(async move {
            let branch = request.messages.iter().any(|message| message.text.contains("branch"));
            if branch {
                let before = self.in_flight.fetch_add(1, Ordering::SeqCst);
                self.beside.lock().expect("nothing panics").push(before);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
            if branch {
                self.in_flight.fetch_sub(1, Ordering::SeqCst);
            }
            let text = request.seed.to_string();
            assert!(request.messages.last().is_some_and(|message| message.role == Role::User));
            Ok(Completion {
                text,
                stop: StopReason::End,
                prompt_tokens: 1,
                completion_tokens: 1,
                weights: Vec::new(),
            })
        })
    }

    fn facts(&self) -> Facts {
        Facts { shares_prefixes: self.keeps, ..Facts::default() }
    }
}

const HEAD: &str = "
probe: test.fork
about: A fork.
cases: [{ pair: one }]
score: { words: { length: { turn: guess, unit: words } } }
metrics: { words: { mean: { of: words } } }
dialogue:
";
/// Nothing of the prefix was computed before the fork.
const COLD: &str = "  - user: Hello.
  - assistant: Yes?
  - fork: { name: reveal, samples: 16, turns: [ { user: A branch. }, { model: guess } ] }
";
/// A reply has computed it.
const WARM: &str = "  - user: Hello.
  - model: reply
  - fork: { name: reveal, samples: 16, turns: [ { user: A branch. }, { model: guess } ] }
";

fn run(dialogue: &str, keeps: bool) -> (Vec<TrialRecord>, Vec<usize>) {
    let place = tempfile::tempdir().expect("a temporary directory");
    let path = place.path().join("fork.yaml");
    fs::write(&path, format!("{HEAD}{dialogue}")).expect("it can be written");
    let probes = spec::load(&[path], &Disk).expect("the spec is valid");
    let identity = Identity { model: ModelIdentity::default(), engine: EngineIdentity::default() };
    let engine =
        Arc::new(Watched { identity, keeps, in_flight: AtomicUsize::new(0), beside: Mutex::new(Vec::new()) });
    let stop = Stop::default();
    let context = Context {
        players: Players::of_model(Arc::clone(&engine) as Arc<dyn Engine>),
        probes: &probes,
        seed: 0,
        concurrency: 64,
        observer: &Deaf,
        stop: &stop,
    };
    let mut trials = Vec::new();
    let keep = |trial: TrialRecord| -> Result<(), Infallible> {
        trials.push(trial);
        Ok(())
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let complete =
        runtime.block_on(execute::execute(&context, Plan::of(&probes, None).trials(&probes), keep));
    assert_eq!(complete, Ok(true));
    let beside = engine.beside.lock().expect("nothing panics").clone();
    (trials, beside)
}

#[test]
fn the_first_branch_goes_ahead_where_the_engine_keeps_a_prefix_that_nobody_has_computed() {
    let together: Vec<usize> = (0..16).collect();
    let behind: Vec<usize> = [0].into_iter().chain(0..15).collect();
    let (plain, beside) = run(COLD, false);
    assert_eq!(beside, together, "all at once");
    let (ahead, beside) = run(COLD, true);
    assert_eq!(beside, behind, "one, then all others at once");
    assert_eq!(plain, ahead, "the record is the same");
    assert_eq!(plain[0].transcript.branches.len(), 16);
    let (_, beside) = run(WARM, true);
    assert_eq!(beside, together, "a reply before the fork has computed the prefix");
}
