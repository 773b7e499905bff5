//! `grice run --until-decided`: adds samples in batches until every gated metric has a verdict or the budget ends,
//! then compares and judges.
//!
//! All models stay loaded, and every one of them gets the same samples. The number of samples grows by half from
//! look to look, and only in probes that have an open metric. Sample numbers go on from where they were and seeds come
//! from them, so a run that was extended to n samples has the trials of one that had n from the start. The record says
//! where the first look was (`first_look`), and every comparison of it uses intervals that hold whenever one stops.
//! A look grades what has come since the look before; the grades of the others are kept.
//!
//! The statistics are in `scorers::metric::anytime`, the verdicts in `reports::compare`.

use super::{
    args::RunArgs,
    compare, cores, limits, output,
    place::Place,
    progress::Progress,
    run::{self, Session},
    sides::Failed,
    views::Views,
};
use crate::{
    engine::{
        Engine, load,
        metered::{Load, Metered},
        reference::ModelReference,
        settings::Settings,
    },
    error::Error,
    execute::{self, Context, Players, Wish},
    policy::PolicyFile,
    spec::{self, Filter, Plan, Probe},
    store::{Disk, Journal, JournalError, RunDirectory, StoreError, TIMING},
};
use reports::{
    Comparison, GateOutcome, Side, Timing,
    compare::Options,
    grade::Grader,
    record::{
        Header,
        dialogue::{Speak, spoken},
    },
};
use std::{sync::Arc, time::Instant};

/// Without `--budget`, so many times the samples of the first look.
const BUDGET: u32 = 8;

/// One model and its record.
struct Member {
    engine: Arc<dyn Engine>,
    run: RunDirectory,
    header: Header,
    journal: Journal,
    timing: Timing,
    load: Load,
    /// Where in the journal the trials begin that no look has graded yet.
    graded: u64,
}

/// Runs, looks, and goes on until nothing is open.
pub(super) fn run(arguments: &RunArgs) -> Result<u8, Error> {
    let models = run::models(arguments)?;
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
    let (probes, plan) = run::probes(arguments)?;
    if arguments.sampling.sampling.is_some() {
        return Err(Error::Usage(
            "--until-decided asks all models in the same way, so --sampling model cannot stand beside it; give the sampling by \
             --temperature and the like".to_owned(),
        ));
    }
    let Some(first) = models.first() else { return Err(Error::Usage("there is no model".to_owned())) };
    let mut probes = super::sampling::resampled(&arguments.sampling, first, &probes)?;
    let filter = arguments.selection.filter.as_deref().map(Filter::parse).transpose();
    let filter = filter.map_err(|error| Error::Usage(error.to_string()))?;
    let budgets = budgets(arguments.budget, &gate, &mut probes, &plan)?;
    let settings = run::settings(arguments, &models)?;
    let place = Place::of(arguments, &models)?;
    output::note(&limits::plan(&plan.total(), models.len()));
    let runtime = run::runtime(&settings)?;
    let session = Session::begin(arguments, &place);
    let mut members = runtime.block_on(open(arguments, &place, &models, &settings, &probes))?;
    let sides = members.iter().map(|member| Side::new(member.name(), member.header.clone()));
    let mut sides = sides.collect::<Result<Vec<_>, _>>().map_err(|error| Error::Report(error.to_string()))?;
    gate.check(&sides).map_err(invalid)?;
    gate.decidable(&sides).map_err(invalid)?;
    resume_where_it_was(&members, &mut probes, &budgets);
    let mut look = 0;
    let (comparison, outcome, plan) = loop {
        look += 1;
        let plan = Plan::of(&probes, filter.as_ref());
        for member in &mut members {
            if !runtime.block_on(member.extend(arguments, &probes, &plan, &session))? {
                members.iter().for_each(Member::notes);
                runtime.shutdown_background();
                return Ok(session.ending.ended());
            }
        }
        for (member, side) in members.iter_mut().zip(&mut sides) {
            member.grade(side)?;
        }
        let (comparison, outcome) = judge(&sides, &gate)?;
        let grown = grow(&outcome, &mut probes, &budgets);
        output::note(&looked(look, &outcome, grown));
        if !grown {
            break (comparison, outcome, plan);
        }
    };
    drop(sides);
    for member in members {
        member.finish(&probes, &plan)?;
    }
    // Engine threads may still be at work on given-up generations; nothing waits for them.
    runtime.shutdown_background();
    output::text(&compare::terminal(&comparison, Some(&outcome))?)?;
    Ok(compare::code(&comparison, Some(&outcome)))
}

fn invalid(diagnostics: Vec<spec::Diagnostic>) -> Error {
    Error::InvalidSpec(spec::render_diagnostics(&diagnostics, output::colourful_errors()))
}

/// The most samples of each probe; those that can grow are marked with their first look. A probe without a gated metric
/// keeps its own samples, and so does one whose replies are all greedy: more of them are copies.
fn budgets(
    budget: Option<u32>,
    gate: &PolicyFile,
    probes: &mut [Probe],
    plan: &Plan,
) -> Result<Vec<u32>, Error> {
    let mut budgets = Vec::with_capacity(probes.len());
    for (probe, totals) in probes.iter_mut().zip(&plan.totals) {
        let first = probe.record.samples;
        let gated =
            probe.record.metrics.keys().any(|name| gate.policy.rule(&probe.record.id, name).is_some());
        let sampled = |speak: &&Speak| speak.sampling.temperature > 0.0;
        let varies =
            probe.record.dialogues.values().flat_map(|steps| spoken(steps)).any(|speak| sampled(&speak));
        if !(gated && varies && totals.trials > 0) {
            budgets.push(first);
            continue;
        }
        let most = budget.unwrap_or(first.saturating_mul(BUDGET));
        if most < first {
            return Err(Error::Usage(format!(
                "--budget {most} is less than the {first} samples per case that `{}` starts with; lower those with --samples",
                probe.record.id
            )));
        }
        probe.record.first_look = Some(first);
        budgets.push(most);
    }
    Ok(budgets)
}

/// Samples at the next look: half as many again, within the budget.
fn next(samples: u32, budget: u32) -> u32 {
    samples.saturating_add(samples.div_ceil(2)).min(budget)
}

/// The first look that holds all samples that are there.
fn next_look(first: u32, present: u32, budget: u32) -> u32 {
    let budget = budget.max(present);
    let mut samples = first;
    while samples < present {
        samples = next(samples, budget);
    }
    samples
}

/// Brings the samples to the look that the journals were on their way to.
fn resume_where_it_was(members: &[Member], probes: &mut [Probe], budgets: &[u32]) {
    for (probe, budget) in probes.iter_mut().zip(budgets) {
        let present = members.iter().map(|member| member.journal.samples(&probe.record.id));
        let present = present.max().unwrap_or(0);
        if let Some(first) = probe.record.first_look {
            probe.record.samples = next_look(first, present, *budget);
        }
    }
}

/// Gives more samples to the probes of open metrics; whether any can have more.
fn grow(outcome: &GateOutcome, probes: &mut [Probe], budgets: &[u32]) -> bool {
    let mut grown = false;
    for (probe, budget) in probes.iter_mut().zip(budgets) {
        let open =
            outcome.metrics.iter().any(|metric| metric.result.is_open() && metric.probe == probe.record.id);
        let more = next(probe.record.samples, *budget).max(probe.record.samples);
        if open && probe.record.first_look.is_some() && more > probe.record.samples {
            probe.record.samples = more;
            grown = true;
        }
    }
    grown
}

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
async fn open(
    arguments: &RunArgs,
    place: &Place,
    models: &[ModelReference],
    settings: &[Settings],
    probes: &[Probe],
) -> Result<Vec<Member>, Error> {
    let mut members = Vec::with_capacity(models.len());
    for (model, settings) in models.iter().zip(settings) {
        output::note(&format!("loading {model}"));
        let engine = load::load(model, settings.clone()).await?;
        let players = Players::of_model(Arc::clone(&engine));
        if let Some(wrong) = players.unfit(probes) {
            return Err(Error::Usage(wrong));
        }
        let header = run::header(&players, arguments.seed, probes);
        let run = RunDirectory::at(&place.directory(model));
        let journal = place.open(&run, &header)?;
        let timing = Timing {
            started: jiff::Timestamp::now().to_string(),
            wall_seconds: 0.0,
            generations: 0,
            generated_tokens: 0,
            prompt_tokens: 0,
            mean_in_flight: None,
            full_batch_share: None,
        };
        let load = Load::default();
        members.push(Member { engine, run, header, journal, timing, load, graded: 0 });
    }
    Ok(members)
}

/// Compares the first model with all others over what is there.
fn judge(sides: &[Side], gate: &PolicyFile) -> Result<(Comparison, GateOutcome), Error> {
    let options = Options { policy: Some(gate.policy.clone()), ..Options::default() };
    cores::on_all(|| {
        let (base, heads) = sides.split_first().ok_or(reports::CompareError::OneRecord)?;
        let comparison = reports::compare(base, heads, &options)?;
        let outcome = gate.policy.judge(&comparison);
        Ok::<_, reports::CompareError>((comparison, outcome))
    })?
    .map_err(|error| Error::Usage(error.to_string()))
}

impl Member {
    fn name(&self) -> String {
        self.header.model().name.clone()
    }

    /// Says what whoever started the run should know of the engine.
    fn notes(&self) {
        self.engine.notes().iter().for_each(|note| output::note(&format!("{}: {note}", self.name())));
    }

    /// Runs what the plan has and the journal lacks; whether it came to the end.
    async fn extend(
        &mut self,
        arguments: &RunArgs,
        probes: &[Probe],
        plan: &Plan,
        session: &Session,
    ) -> Result<bool, Error> {
        let stop = session.stop();
        let players = Players::of_model(Arc::clone(&self.engine));
        self.header.probes = run::records(&players, probes);
        let journal = &mut self.journal;
        let (todo, rows) = run::outstanding(probes, plan, |planned| journal.contains(&planned.key));
        if todo.is_empty() {
            return Ok(!stop.is_set());
        }
        let trials = todo.len();
        let todo = todo.into_iter().filter_map(|place| plan.trial(probes, place));
        output::note(&format!("{}: {trials} trials", self.header.model().name));
        let progress = Progress::start(&rows);
        let started = Instant::now();
        let limit = arguments.concurrency.map(|limit| limit as usize);
        // A meter per batch of samples: the time between two batches is nobody's.
        let engine = Arc::new(Metered::new(Arc::clone(&self.engine), limit));
        let context = Context {
            players: Players::of_model(session.limited(Arc::clone(&engine) as Arc<dyn Engine>)),
            probes,
            seed: arguments.seed,
            concurrency: limit.unwrap_or_else(|| engine.worthwhile_concurrency()),
            observer: &progress,
            stop,
        };
        let keep = |trial| -> Result<(), JournalError> { journal.append(trial) };
        let complete = execute::execute(&context, todo, keep).await?;
        progress.finish();
        let counts = progress.counts();
        self.timing.wall_seconds += started.elapsed().as_secs_f64();
        self.timing.generations += counts.generations + counts.failures;
        self.timing.generated_tokens += counts.completion_tokens;
        self.timing.prompt_tokens += counts.prompt_tokens;
        self.load += engine.load();
        (self.timing.mean_in_flight, self.timing.full_batch_share) =
            (self.load.mean(), self.load.full_share());
        // A limit that was reached with the last trial has cut nothing off.
        let all = || plan.trials(probes).all(|planned| self.journal.contains(&planned.key));
        Ok(complete || (stop.wish() != Some(Wish::Interrupted) && all()))
    }

    /// Grades what has come since the last look, into the side that has the grades of all before.
    fn grade(&mut self, side: &mut Side) -> Result<(), Error> {
        side.renew(self.header.clone());
        let graded = cores::on_all(|| {
            let grader = Grader::new(&self.header);
            let new = self.journal.trials_from(self.graded);
            grader.each(new, |_, scores| Ok::<(), Failed>(side.add(&scores)?))?;
            Ok(side.settle()?)
        })?;
        let (run, journal) = (self.run.path().display().to_string(), self.run.journal());
        graded.map_err(|failed: Failed| failed.into_error(&run, &journal))?;
        self.graded = self.journal.end();
        Ok(())
    }

    /// Orders the journal and writes the views.
    fn finish(mut self, probes: &[Probe], plan: &Plan) -> Result<(), Error> {
        self.notes();
        self.journal.set_header(&self.header).map_err(StoreError::from)?;
        let order = plan.trials(probes).map(|planned| planned.key);
        let _locked = self.journal.finish(order).map_err(StoreError::from)?;
        let text = serde_json::to_string_pretty(&self.timing);
        self.run.write(TIMING, &text.map_err(|error| Error::Report(error.to_string()))?)?;
        Views::write(&self.run, self.run.measures()?)?;
        output::note(&format!("wrote {}", self.run.path().join("report.html").display()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_grow_by_half_up_to_the_budget() {
        let mut looks = vec![4];
        while let Some(now) = looks.last().copied().filter(|now| *now < 30) {
            looks.push(next(now, 30));
        }
        assert_eq!(looks, [4, 6, 9, 14, 21, 30]);
        assert_eq!((next(1, 8), next(u32::MAX, u32::MAX)), (2, u32::MAX));
    }

    #[test]
    fn an_interrupted_batch_is_completed_first() {
        assert_eq!(next_look(4, 0, 30), 4);
        assert_eq!(next_look(4, 4, 30), 4);
        assert_eq!(next_look(4, 5, 30), 6);
        // The budget was 20 before, and is 40 now.
        assert_eq!((next_look(4, 20, 20), next_look(4, 20, 40)), (20, 21));
        // No sample that is there is ever left out.
        assert_eq!(next_look(4, 25, 10), 25);
    }
}
