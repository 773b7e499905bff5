//! The plan is true: what `check` counts is what a run does.

use futures::executor::block_on;
use reports::record::TrialRecord;
use runner::{
    engine::{Engine, scripted::Scripted},
    event::Deaf,
    execute::{Context, Players, Stop, execute},
    spec::{self, Plan, Probe},
    store::Disk,
};
use scorers::{Body, Turn};
use std::{path::Path, sync::Arc};

/// Replies of about as many tokens as the shipped specs allow, one word each; a choice where one is asked for.
const SCRIPT: &str = "- { when: A or B only, reply: [A, B] }\n- reply: [yes it is, \"no, not that\"]\n";

/// What a run of some probes comes to: replies, and trials.
fn run(probes: &[Probe], plan: &Plan) -> (u64, u64) {
    let engine: Arc<dyn Engine> =
        Arc::new(Scripted::parse("scripted", "scripted:test", SCRIPT).expect("a script"));
    let stop = Stop::default();
    let players =
        Players::of_model(engine).with_scripts(probes).expect("the scripts of the specs can be read");
    let context = Context { players, probes, seed: 1, concurrency: 4, observer: &Deaf, stop: &stop };
    let (mut replies, mut trials) = (0, 0);
    let keep = |trial: TrialRecord| {
        trials += 1;
        let main = trial.transcript.turns.iter();
        let branches = trial.transcript.branches.iter().flat_map(|branch| &branch.turns);
        let live = |turn: &&Turn| matches!(turn.body, Body::Generated { .. });
        replies += main.chain(branches).filter(live).count() as u64;
        Ok::<(), std::convert::Infallible>(())
    };
    assert_eq!(block_on(execute(&context, plan.trials(probes), keep)), Ok(true));
    (replies, trials)
}

fn load(path: &Path) -> Vec<Probe> {
    spec::load(&[path.to_owned()], &Disk)
        .unwrap_or_else(|problems| panic!("{}", spec::render_diagnostics(&problems, false)))
}

#[test]
fn a_run_generates_what_the_plan_says() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compared = 0;
    for path in ["tests/specs/ok_everything.yaml", "tests/specs/ok_files.yaml", "../specs"] {
        for mut probe in load(&here.join(path)) {
            probe.record.samples = probe.record.samples.min(2);
            let probes = [probe];
            let plan = Plan::of(&probes, None);
            let total = plan.total();
            assert_eq!(run(&probes, &plan), (total.generations, total.trials), "{}", probes[0].record.id);
            compared += 1;
        }
    }
    assert!(compared > 5, "only {compared} probes were compared");
}
