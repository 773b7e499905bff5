//! `grice run --until-decided`: adds samples in batches until every gated metric has a verdict or the budget ends,
//! then compares and judges.
//!
//! What goes on in it is [`crate::session::Sequential`]; here are its arguments and its words.

use super::{
    args::RunArgs,
    compare::{self, invalid},
    limits, output,
    progress::Progress,
    run, sampling, setup,
};
use crate::{
    engine::{reference::ModelReference, settings::Settings},
    error::Error,
    event::Observer,
    execute::Engines,
    policy::PolicyFile,
    session::{Folders, Look, Looks, ModelRun, Sequential, Session, Watch},
    spec::{Filter, Probe},
    store::Disk,
};

/// Runs, looks, and goes on until nothing is open.
pub(super) fn run(arguments: &RunArgs) -> Result<u8, Error> {
    let Some(gate) = &arguments.gate else {
        return Err(Error::Usage(
            "--until-decided needs --gate: the policy says which metrics are to be decided".to_owned(),
        ));
    };
    let gate = PolicyFile::load(gate, &Disk).map_err(invalid)?;
    let (probes, plan) = setup::probes(arguments)?;
    let cast = setup::models(arguments, &probes)?;
    let models = &cast.tested;
    if models.len() < 2 {
        return Err(Error::Usage(
            "--until-decided compares models: name two, as in `--model base=REF --model head=REF`".to_owned(),
        ));
    }
    if arguments.sampling.sampling.is_some() {
        return Err(Error::Usage(
            "--until-decided asks all models in the same way, so --sampling model cannot stand beside it; give the sampling by \
             --temperature and the like".to_owned(),
        ));
    }
    let Some(first) = models.first() else { return Err(Error::Usage("there is no model".to_owned())) };
    let mut probes = sampling::resampled(&arguments.sampling, first, &probes)?;
    let filter = arguments.selection.filter.as_deref().map(Filter::parse).transpose();
    let filter = filter.map_err(|error| Error::Usage(error.to_string()))?;
    let looks = Looks::of(arguments.budget, &gate, &mut probes, &plan)?;
    let settings = setup::settings(arguments, models)?;
    let folders = setup::folders(arguments, models)?;
    output::note(&limits::plan(&plan.total(), models.len()));
    let runtime = setup::runtime(&settings)?;
    let (ending, session) = setup::session(arguments, &folders);
    let others = runtime.block_on(setup::players(&session, &cast, arguments))?;
    let mut runs = runtime.block_on(open(&session, (models, &settings, &others), &folders, &probes))?;
    let growing = Sequential { gate: &gate, looks: &looks, filter: filter.as_ref() };
    growing.fits(&runs)?.map_err(invalid)?;
    let Some(decision) = runtime.block_on(growing.until_decided(&mut runs, &mut probes, &Watched))? else {
        runs.iter().for_each(notes);
        runtime.shutdown_background();
        return Ok(ending.ended());
    };
    for run in runs {
        notes(&run);
        let finished = run.finish(&probes, &decision.plan)?;
        run::write_views(&finished)?;
        output::note(&run::written(&finished));
    }
    // Engine threads may still be at work on given-up generations; nothing waits for them.
    runtime.shutdown_background();
    let (comparison, outcome) = (&decision.comparison, Some(&decision.outcome));
    output::text(&compare::terminal(comparison, outcome)?)?;
    Ok(compare::code(comparison, outcome))
}

/// Says how far every batch has come, and what every look has found.
struct Watched;

impl Watch for Watched {
    fn batch(&self, model: &str) -> Box<dyn Observer> {
        Box::new(Progress::of_batch(model))
    }

    fn looked(&self, look: &Look<'_>) {
        output::note(&said_of(look));
    }
}

/// What a look has found, for people.
fn said_of(&Look { number, outcome, more }: &Look<'_>) -> String {
    let open: Vec<String> = outcome
        .metrics
        .iter()
        .filter(|metric| metric.result.is_open())
        .map(|metric| format!("{}/{}", metric.probe, metric.metric))
        .collect();
    let (all, decided) = (outcome.metrics.len(), outcome.metrics.len() - open.len());
    let rest = match (open.is_empty(), more) {
        (true, _) => String::new(),
        (false, true) => format!("; more samples for {}", open.join(", ")),
        (false, false) => format!("; the budget ends with {} open", open.join(", ")),
    };
    format!("look {number}: {decided} of {all} gated metrics decided{rest}")
}

/// Loads the models and opens their journals.
async fn open<'s>(
    session: &'s Session,
    (models, settings, others): (&'s [ModelReference], &[Settings], &Engines),
    folders: &Folders,
    probes: &[Probe],
) -> Result<Vec<ModelRun<'s>>, Error> {
    let mut runs = Vec::with_capacity(models.len());
    for (model, settings) in models.iter().zip(settings) {
        output::note(&format!("loading {model}"));
        runs.push(session.load(model, settings).await?.with(others).open(folders, probes)?);
    }
    Ok(runs)
}

/// Says what whoever started the run should know of the engine.
fn notes(run: &ModelRun<'_>) {
    run.notes().iter().for_each(|note| output::note(&format!("{}: {note}", run.name())));
}
