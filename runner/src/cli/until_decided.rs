//! `grice run --until-decided`: adds samples in batches until every gated metric has a verdict or the budget ends,
//! then compares and judges.
//!
//! All models stay loaded, and every one of them gets the same samples. The number of samples grows by half from
//! look to look, and only in probes that have an open metric. Sample numbers go on from where they were and seeds come
//! from them, so a run that was extended to n samples has the trials of one that had n from the start. The record says
//! where the first look was (`first_look`), and every comparison of it uses intervals that hold whenever one stops.
//! A look grades what has come since the look before; the grades of the others are kept.
//!
//! How looks grow is in [`crate::session::looks`], the statistics in `scorers::metric::anytime`, the verdicts in `reports::compare`.

use super::{
    args::RunArgs,
    compare::{self, invalid},
    limits, output, parallel,
    progress::Progress,
    records::Failed,
    run, sampling, setup,
};
use crate::{
    engine::{reference::ModelReference, settings::Settings},
    error::Error,
    policy::PolicyFile,
    session::{Folders, Looks, ModelRun, Session},
    spec::{Filter, Plan, Probe},
    store::Disk,
};
use reports::{Comparison, GateOutcome, Side, compare::Options, grade::Grader};

/// Runs, looks, and goes on until nothing is open.
pub(super) fn run(arguments: &RunArgs) -> Result<u8, Error> {
    let models = setup::models(arguments)?;
    let Some(gate) = &arguments.gate else {
        return Err(Error::Usage(
            "--until-decided needs --gate: the policy says which metrics are to be decided".to_owned(),
        ));
    };
    if models.len() < 2 {
        return Err(Error::Usage(
            "--until-decided compares models: name two, as in `--model base=REF --model head=REF`".to_owned(),
        ));
    }
    let gate = PolicyFile::load(gate, &Disk).map_err(invalid)?;
    let (probes, plan) = setup::probes(arguments)?;
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
    let settings = setup::settings(arguments, &models)?;
    let folders = setup::folders(arguments, &models)?;
    output::note(&limits::plan(&plan.total(), models.len()));
    let runtime = setup::runtime(&settings)?;
    let (ending, session) = setup::session(arguments, &folders);
    let mut runs = runtime.block_on(open(&session, &models, &settings, &folders, &probes))?;
    let sides = runs.iter().map(|run| Side::new(run.name(), run.header().clone()));
    let mut sides = sides.collect::<Result<Vec<_>, _>>().map_err(|error| Error::Report(error.to_string()))?;
    gate.check(&sides).map_err(invalid)?;
    gate.decidable(&sides).map_err(invalid)?;
    looks.resume(&runs, &mut probes);
    let mut look = 0;
    let (comparison, outcome, plan) = loop {
        look += 1;
        let plan = Plan::of(&probes, filter.as_ref());
        for run in &mut runs {
            let progress = Progress::of_batch(run.name());
            if !runtime.block_on(run.extend(&probes, &plan, &progress))? {
                runs.iter().for_each(notes);
                runtime.shutdown_background();
                return Ok(ending.ended());
            }
        }
        for (run, side) in runs.iter_mut().zip(&mut sides) {
            grade(run, side)?;
        }
        let (comparison, outcome) = judge(&sides, &gate)?;
        let grown = looks.grow(&outcome, &mut probes);
        output::note(&looked(look, &outcome, grown));
        if !grown {
            break (comparison, outcome, plan);
        }
    };
    drop(sides);
    for run in runs {
        notes(&run);
        let finished = run.finish(&probes, &plan)?;
        run::write_views(&finished)?;
        output::note(&run::written(&finished));
    }
    // Engine threads may still be at work on given-up generations; nothing waits for them.
    runtime.shutdown_background();
    output::text(&compare::terminal(&comparison, Some(&outcome))?)?;
    Ok(compare::code(&comparison, Some(&outcome)))
}

/// What a look has found, for people.
fn looked(look: u32, outcome: &GateOutcome, more: bool) -> String {
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
    format!("look {look}: {decided} of {all} gated metrics decided{rest}")
}

/// Loads the models and opens their journals.
async fn open<'s>(
    session: &'s Session,
    models: &'s [ModelReference],
    settings: &[Settings],
    folders: &Folders,
    probes: &[Probe],
) -> Result<Vec<ModelRun<'s>>, Error> {
    let mut runs = Vec::with_capacity(models.len());
    for (model, settings) in models.iter().zip(settings) {
        output::note(&format!("loading {model}"));
        runs.push(session.load(model, settings).await?.open(folders, probes)?);
    }
    Ok(runs)
}

/// Says what whoever started the run should know of the engine.
fn notes(run: &ModelRun<'_>) {
    run.notes().iter().for_each(|note| output::note(&format!("{}: {note}", run.name())));
}

/// Grades what has come since the last look, into the side that has the grades of all before.
fn grade(run: &mut ModelRun<'_>, side: &mut Side) -> Result<(), Error> {
    side.renew(run.header().clone());
    let graded = parallel::on_all_cores(|| {
        let grader = Grader::new(run.header());
        grader.each(run.unseen(), |_, scores| Ok::<(), Failed>(side.add(&scores)?))?;
        Ok(side.settle()?)
    })?;
    let (path, journal) = (run.directory().path().display().to_string(), run.directory().journal());
    graded.map_err(|failed: Failed| failed.into_error(&path, &journal))?;
    run.seen();
    Ok(())
}

/// Compares the first model with all others over what is there.
fn judge(sides: &[Side], gate: &PolicyFile) -> Result<(Comparison, GateOutcome), Error> {
    let options = Options { policy: Some(gate.policy.clone()), ..Options::default() };
    parallel::on_all_cores(|| {
        let (base, heads) = sides.split_first().ok_or(reports::CompareError::OneRecord)?;
        let comparison = reports::compare(base, heads, &options)?;
        let outcome = gate.policy.judge(&comparison);
        Ok::<_, reports::CompareError>((comparison, outcome))
    })?
    .map_err(|error| Error::Usage(error.to_string()))
}
