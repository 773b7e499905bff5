//! `grice run`: load the specs, load each model, run, grade, report.

use super::{
    args::RunArgs,
    check,
    ending::Ending,
    limits, model, output,
    place::Place,
    progress::{Counts, Progress},
    sampling,
    views::Views,
};
use crate::{
    engine::{
        Engine,
        device::DeviceKind,
        limited::{Limited, Purse},
        load,
        machine::Machine,
        metered::{Load, Metered},
        reference::{ModelReference, Source},
        settings::Settings,
    },
    error::Error,
    execute::{self, Context, Planned, Players, Stop, Wish},
    exit, provenance,
    spec::{Plan, Probe, plan},
    store::{self, JournalError, RunDirectory, TIMING},
};
use reports::{
    Timing,
    record::{Coupling, FORMAT_VERSION, Header, MINOR_VERSION, ProbeRecord},
};
use std::{collections::HashMap, sync::Arc, time::Instant};

/// The model that is tested when none is named.
const DEFAULT_MODEL: &str = "builtin:sft";

/// Runs every model in turn; the worst exit code wins.
pub(super) fn run(arguments: &RunArgs) -> Result<u8, Error> {
    if arguments.until_decided {
        return super::until_decided::run(arguments);
    }
    let models = models(arguments)?;
    let (probes, plan) = probes(arguments)?;
    let asked = models.iter().map(|model| sampling::resampled(&arguments.sampling, model, &probes));
    let asked = asked.collect::<Result<Vec<_>, _>>()?;
    let settings = settings(arguments, &models)?;
    let place = Place::of(arguments, &models)?;
    output::note(&limits::plan(&plan.total(), models.len()));
    let runtime = runtime(&settings)?;
    let session = Session::begin(arguments, &place);
    let mut worst = exit::SUCCESS;
    for ((model, settings), probes) in models.iter().zip(&settings).zip(&asked) {
        let run = run_model(arguments, (model, settings), &place, probes, &plan, &session);
        match runtime.block_on(run)? {
            Some(code) => worst = worst.max(code),
            None => {
                worst = session.ending.ended();
                break;
            }
        }
    }
    // Engine threads may still be at work on given-up generations; nothing waits for them.
    runtime.shutdown_background();
    Ok(worst)
}

/// What holds for all models of a command.
pub(super) struct Session {
    /// What ends it early.
    pub(super) ending: Arc<Ending>,
    /// What they may spend together.
    purse: Arc<Purse>,
}

impl Session {
    /// Begins to listen for what ends it, and to count.
    pub(super) fn begin(arguments: &RunArgs, place: &Place) -> Self {
        let ending = Ending::of_run(Some((place.command(), place.folder().to_owned())));
        if let Some(limit) = arguments.limits.limit_time {
            ending.after(limit);
        }
        Self { ending, purse: Arc::new(Purse::new(arguments.limits.spending())) }
    }

    /// The wish to stop.
    pub(super) fn stop(&self) -> &Stop {
        &self.ending.stop
    }

    /// An engine that spends no more than the session may; itself where nothing is limited.
    pub(super) fn limited(&self, engine: Arc<dyn Engine>) -> Arc<dyn Engine> {
        if !self.purse.is_limited() {
            return engine;
        }
        Arc::new(Limited::new(engine, Arc::clone(&self.purse), Arc::clone(&self.ending.stop)))
    }
}

/// The probes that are to run, and their plan.
pub(super) fn probes(arguments: &RunArgs) -> Result<(Vec<Probe>, Plan), Error> {
    let (mut probes, plan) = check::plan(&arguments.selection)?;
    if arguments.no_coupling {
        probes.iter_mut().for_each(Probe::uncouple);
    }
    Ok((probes, plan))
}

pub(super) fn models(arguments: &RunArgs) -> Result<Vec<ModelReference>, Error> {
    let mut models = arguments.models.iter().map(|text| model::named(text)).collect::<Result<Vec<_>, _>>()?;
    if models.is_empty() {
        models.push(ModelReference::parse(DEFAULT_MODEL)?);
    }
    if models.len() > 1 {
        named_apart(&models)?;
    }
    Ok(models)
}

/// That each of several models can have a folder of its name, on any machine.
fn named_apart(models: &[ModelReference]) -> Result<(), Error> {
    let mut names: HashMap<String, &str> = HashMap::new();
    for model in models {
        let (name, advice) = (model.name.as_str(), format!("name it, as in `--model new={}`", model.text));
        if !store::is_portable(name) {
            return Err(Error::Usage(format!(
                "a model called `{name}` cannot have a folder of that name; {advice}"
            )));
        }
        match names.insert(store::folded(name), name) {
            Some(other) if other == name => {
                return Err(Error::Usage(format!("two models are called `{name}`; {advice}")));
            }
            Some(other) => {
                return Err(Error::Usage(format!(
                    "two models are called `{other}` and `{name}`, which are one folder on some machines; {advice}"
                )));
            }
            None => {}
        }
    }
    Ok(())
}

/// How each model is to compute on this machine.
pub(super) fn settings(arguments: &RunArgs, models: &[ModelReference]) -> Result<Vec<Settings>, Error> {
    let (options, machine) = (arguments.engine.options(), Machine::look());
    let settle = |model: &ModelReference| Settings::resolve(model, &options, &machine);
    let settings = models.iter().map(settle).collect::<Result<Vec<_>, _>>()?;
    let real = models.iter().any(|model| !matches!(model.source, Source::Scripted(_)));
    if let Some(note) = machine.sees_no_card().filter(|_| real && options.devices.is_empty()) {
        output::note(note);
    }
    Ok(settings)
}

/// A runtime for the dialogues. The engine and rayon size their thread pools by the same
/// environment variable, once, so it has to be set before either starts.
pub(super) fn runtime(settings: &[Settings]) -> Result<tokio::runtime::Runtime, Error> {
    let layout = settings.iter().map(|settings| settings.layout).min_by_key(|layout| layout.engines);
    let threads = layout.map_or(1, |layout| layout.threads);
    // CUDA would count the fastest card first; `nvidia-smi`, and so `cuda:N`, count by slot.
    let variables =
        [("RAYON_NUM_THREADS", threads.to_string()), ("CUDA_DEVICE_ORDER", "PCI_BUS_ID".to_owned())];
    for (variable, value) in variables {
        if std::env::var_os(variable).is_none() {
            #[expect(unsafe_code, reason = "no other thread exists yet, so none can read the environment")]
            unsafe {
                std::env::set_var(variable, value);
            }
        }
    }
    #[cfg(feature = "engine")]
    {
        use tracing_subscriber::EnvFilter;
        // What matters of the engine's log reaches the user as failures, notes and the record; the log itself is for
        // whoever asks for it.
        let filter = EnvFilter::try_from_env("GRICE_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr);
        // Fails only where a subscriber is set already, and then the log goes there.
        let _ = log.with_env_filter(filter).try_init();
    }
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// The exit code that the run has earned; none when it was interrupted.
async fn run_model(
    arguments: &RunArgs,
    (model, settings): (&ModelReference, &Settings),
    place: &Place,
    probes: &[Probe],
    plan: &Plan,
    session: &Session,
) -> Result<Option<u8>, Error> {
    let stop = session.stop();
    if stop.is_set() {
        return Ok(None);
    }
    output::note(&format!("loading {model}"));
    if let Some(note) = price_of_coupling(settings.kind(), probes) {
        output::note(note);
    }
    let limit = arguments.concurrency.map(|limit| limit as usize);
    let engine = Arc::new(Metered::new(load::load(model, settings.clone()).await?, limit));
    let told = engine.notes();
    told.iter().for_each(|note| output::note(note));
    let players = Players::of_model(Arc::clone(&engine) as Arc<dyn Engine>);
    if let Some(wrong) = players.unfit(probes) {
        return Err(Error::Usage(wrong));
    }
    let header = header(&players, arguments.seed, probes);
    let run = RunDirectory::at(&place.directory(model));
    let mut journal = place.open(&run, &header)?;
    if journal.again() > 0 {
        output::note(&format!("trials that had failed and are run again: {}", journal.again()));
    }
    let (todo, rows) = outstanding(probes, plan, |planned| journal.contains(&planned.key));
    let ran = !todo.is_empty();
    let todo = todo.into_iter().filter_map(|place| plan.trial(probes, place));
    let progress = Progress::start(&rows);
    let started = (jiff::Timestamp::now(), Instant::now());
    let concurrency = limit.unwrap_or_else(|| engine.worthwhile_concurrency());
    let complete = {
        let context = Context {
            players: Players::of_model(session.limited(Arc::clone(&engine) as Arc<dyn Engine>)),
            probes,
            seed: arguments.seed,
            concurrency,
            observer: &progress,
            stop,
        };
        let keep = |trial| -> Result<(), JournalError> { journal.append(trial) };
        execute::execute(&context, todo, keep).await?
    };
    // A limit that was reached with the last trial has cut nothing off.
    let complete = complete || (journal.len() == plan.len() && stop.wish() != Some(Wish::Interrupted));
    progress.finish();
    engine.notes().iter().filter(|note| !told.contains(note)).for_each(|note| output::note(note));
    if !complete {
        return Ok(None);
    }
    let _locked = journal.finish(plan.trials(probes).map(|planned| planned.key))?;
    // A run that was complete already keeps the times that it took.
    if ran || run.read(TIMING).is_none() {
        write_timing(&run, started, progress.counts(), &engine.load())?;
    }
    let views = Views::write(&run, run.measures()?)?;
    output::text(&views.terminal()?)?;
    output::note(&format!("wrote {}", run.path().join("report.html").display()));
    if views.may_be_run_again() {
        place.failed();
    }
    Ok(Some(views.exit_code()))
}

/// What coupled draws cost on a device of this kind; none where that is next to nothing.
fn price_of_coupling(kind: DeviceKind, probes: &[Probe]) -> Option<&'static str> {
    let coupled = probes.iter().any(|probe| probe.record.sampling.coupling == Coupling::Gumbel);
    (coupled && kind != DeviceKind::Cpu).then_some(
        "draws are coupled, so that comparisons with this run need fewer samples; on a card that costs speed: with \
         --no-coupling the engine draws (docs/gpu.md)",
    )
}

fn write_timing(
    run: &RunDirectory,
    started: (jiff::Timestamp, Instant),
    counts: Counts,
    load: &Load,
) -> Result<(), Error> {
    let timing = Timing {
        started: started.0.to_string(),
        wall_seconds: started.1.elapsed().as_secs_f64(),
        generations: counts.generations + counts.failures,
        generated_tokens: counts.completion_tokens,
        prompt_tokens: counts.prompt_tokens,
        mean_in_flight: load.mean(),
        full_batch_share: load.full_share(),
    };
    let text = serde_json::to_string_pretty(&timing).map_err(|error| Error::Report(error.to_string()))?;
    Ok(run.write(TIMING, &text)?)
}

/// What the record says of a run.
pub(super) fn header(players: &Players, seed: u64, probes: &[Probe]) -> Header {
    Header {
        format: FORMAT_VERSION,
        grice: provenance::grice(),
        minor: MINOR_VERSION,
        cast: players.cast(),
        seed,
        probes: records(players, probes),
    }
}

/// What the record says of the probes: a cast of which somebody cannot couple its samples has not coupled them.
pub(super) fn records(players: &Players, probes: &[Probe]) -> Vec<ProbeRecord> {
    let couple = players.all().all(|(_, engine)| engine.facts().couples);
    let record_of = |probe: &Probe| {
        let mut record = probe.record.clone();
        if !couple {
            record.uncouple();
        }
        record
    };
    probes.iter().map(record_of).collect()
}

/// Where the trials stand that are still to run, and for each probe its name, its trials and the finished ones.
pub(super) fn outstanding(
    probes: &[Probe],
    plan: &Plan,
    finished: impl Fn(&Planned) -> bool,
) -> (Vec<plan::Place>, Vec<(String, u64, u64)>) {
    let mut rows: Vec<(String, u64, u64)> =
        probes.iter().map(|probe| (probe.record.id.clone(), 0, 0)).collect();
    let mut todo = Vec::new();
    for place in plan.places() {
        let Some(planned) = plan.trial(probes, place) else { continue };
        let done = finished(&planned);
        if let Some(row) = rows.get_mut(planned.probe) {
            row.1 += 1;
            row.2 += u64::from(done);
        }
        if !done {
            todo.push(place);
        }
    }
    (todo, rows)
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
