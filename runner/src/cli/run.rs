//! `grice run`: load the specs, load each model, run, grade, report.

use super::{args::RunArgs, continuing, limits, output, progress::Progress, sampling, setup, views::Views};
use crate::{
    engine::{device::DeviceKind, reference::ModelReference, settings::Settings},
    error::Error,
    execute::Engines,
    exit,
    session::{FinishedRun, Folders, Session},
    spec::{Plan, Probe},
};
use reports::record::Coupling;

/// Runs every model in turn; the worst exit code wins.
pub(super) fn run(arguments: &RunArgs) -> Result<u8, Error> {
    let (probes, plan) = setup::probes(arguments)?;
    let cast = setup::models(arguments, &probes)?;
    let models = &cast.tested;
    let asked = models.iter().map(|model| sampling::resampled(&arguments.sampling, model, &probes));
    let asked = asked.collect::<Result<Vec<_>, _>>()?;
    let settings = setup::settings(arguments, models)?;
    let folders = setup::folders(arguments, models)?;
    output::note(&limits::plan(&plan.total(), models.len()));
    let runtime = setup::runtime(&settings)?;
    let (ending, session) = setup::session(arguments, &folders);
    let others = runtime.block_on(setup::players(&session, &cast, arguments))?;
    let mut worst = exit::SUCCESS;
    for ((model, settings), probes) in models.iter().zip(&settings).zip(&asked) {
        let run = run_model(&session, (model, settings, &others), &folders, probes, &plan);
        match runtime.block_on(run)? {
            Some(code) => worst = worst.max(code),
            None => {
                worst = ending.ended();
                break;
            }
        }
    }
    // Engine threads may still be at work on given-up generations; nothing waits for them.
    runtime.shutdown_background();
    Ok(worst)
}

/// The exit code that the run has earned; none when it was interrupted.
async fn run_model(
    session: &Session,
    (model, settings, others): (&ModelReference, &Settings, &Engines),
    folders: &Folders,
    probes: &[Probe],
    plan: &Plan,
) -> Result<Option<u8>, Error> {
    if session.stop().is_set() {
        return Ok(None);
    }
    output::note(&format!("loading {model}"));
    if let Some(note) = price_of_coupling(settings.kind(), probes) {
        output::note(note);
    }
    let loaded = session.load(model, settings).await?;
    let told = loaded.notes();
    told.iter().for_each(|note| output::note(note));
    let mut run = loaded.with(others).open(folders, probes)?;
    if run.again() > 0 {
        output::note(&format!("trials that had failed and are run again: {}", run.again()));
    }
    let complete = run.extend(probes, plan, &Progress::of_run()).await?;
    run.notes().iter().filter(|note| !told.contains(note)).for_each(|note| output::note(note));
    if !complete {
        return Ok(None);
    }
    let finished = run.finish(probes, plan)?;
    let views = write_views(&finished)?;
    output::text(&views.terminal()?)?;
    output::note(&written(&finished));
    if views.may_be_run_again() {
        let command = continuing::command(folders.base());
        output::note(&format!("generations failed; run those trials again with\n  {command}"));
    }
    Ok(Some(views.exit_code()))
}

/// Grades a finished run and writes every view of it.
pub(super) fn write_views(finished: &FinishedRun) -> Result<Views, Error> {
    let run = finished.directory();
    Views::write(run, run.measures()?)
}

/// Where the views of a run are, for people.
pub(super) fn written(finished: &FinishedRun) -> String {
    format!("wrote {}", finished.directory().path().join("report.html").display())
}

/// What coupled draws cost on a device of this kind; none where that is next to nothing.
fn price_of_coupling(kind: DeviceKind, probes: &[Probe]) -> Option<&'static str> {
    let coupled = probes.iter().any(|probe| probe.record.sampling.coupling == Coupling::Gumbel);
    (coupled && kind != DeviceKind::Cpu).then_some(
        "draws are coupled, so that comparisons with this run need fewer samples; on a card that costs speed: with \
         --no-coupling the engine draws (docs/gpu.md)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{self, Memory};

    #[test]
    fn coupled_draws_on_a_card_are_pointed_out() {
        let text = "
probe: a.b
about: Turns everywhere.
cases: [{ say: a }]
dialogue:
  - user: '{{ say }}'
  - model: one
  - repeat: { times: 2, turns: [{ user: More. }, { model: more }] }
  - fork: { name: f, samples: 2, turns: [{ user: And? }, { model: { name: two, temperature: 0.5 } }] }
score: { said: { includes: { turn: one, text: x } } }
metrics: { said: { mean: { of: said } } }
";
        let files = Memory::of(&[("s.yaml", text)]);
        let loaded = spec::load(&["s.yaml".into()], &files);
        let mut probes =
            loaded.unwrap_or_else(|problems| panic!("{}", spec::render_diagnostics(&problems, false)));
        let pointed_out = |kind, probes: &[Probe]| price_of_coupling(kind, probes).is_some();
        assert!(pointed_out(DeviceKind::Cuda, &probes) && pointed_out(DeviceKind::Metal, &probes));
        assert!(!pointed_out(DeviceKind::Cpu, &probes));
        probes.iter_mut().for_each(Probe::uncouple);
        assert!(!pointed_out(DeviceKind::Cuda, &probes));
        let all = format!("{probes:?}");
        assert!(
            all.contains("coupling: None") && !all.contains("coupling: Gumbel"),
            "every turn is uncoupled: {all}"
        );
    }
}
