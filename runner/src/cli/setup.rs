//! What commands that load models set up first: which models and probes, how they compute on this machine, the threads, the folders,
//! and what ends the command early.

use super::{args::RunArgs, check, continuing, ending::Ending, model, output};
use crate::{
    engine::{machine::Machine, options::EngineOptions, reference::ModelReference, settings::Settings},
    error::Error,
    execute::{self, Engines},
    session::{Folders, Session, SessionOptions, Wanted, folders, user_turns},
    spec::{Plan, Probe},
    store::RunDirectory,
};
use reports::record::dialogue::spoken;
use scorers::Speaker;
use std::{collections::BTreeSet, sync::Arc};

/// The model that is tested when none is named.
const DEFAULT_MODEL: &str = "builtin:sft";

/// The models of a command.
pub(super) struct Models {
    /// Those that are tested, each with a name of its own.
    pub(super) tested: Vec<ModelReference>,
    /// Those that play other speakers of the probes.
    pub(super) others: Vec<(Speaker, ModelReference)>,
}

/// Reads the models that are named; of one that is named like a speaker of the probes is said that it plays that speaker.
pub(super) fn models(arguments: &RunArgs, probes: &[Probe]) -> Result<Models, Error> {
    let named = arguments.models.iter().map(|text| model::named(text)).collect::<Result<Vec<_>, _>>()?;
    let speakers: BTreeSet<&str> = probes
        .iter()
        .flat_map(|probe| probe.record.dialogues.values())
        .flat_map(|steps| spoken(steps))
        .map(|turn| &turn.speaker)
        .filter(|speaker| !speaker.is_model())
        .map(Speaker::name)
        .collect();
    let (others, mut tested): (Vec<_>, Vec<_>) =
        named.into_iter().partition(|model| speakers.contains(model.name.as_str()));
    if tested.is_empty() {
        tested.push(ModelReference::parse(DEFAULT_MODEL)?);
    }
    if tested.len() > 1 {
        folders::named_apart(&tested)?;
    }
    // Before the first of several models has run.
    let coupled = probes.iter().find(|probe| probe.must_couple);
    let unable = tested.iter().find(|model| !model.couples());
    if let Some((probe, model)) = coupled.zip(unable) {
        return Err(Error::Usage(execute::uncoupled(&probe.record.id, &model.text)));
    }
    let mut others: Vec<(Speaker, ModelReference)> =
        others.into_iter().map(|model| (Speaker::named(&model.name), model)).collect();
    others.sort_by(|(one, _), (other, _)| one.cmp(other));
    if let Some([(speaker, _), _]) = others.array_windows().find(|[one, other]| one.0 == other.0) {
        return Err(Error::Usage(format!("two models are to play `{speaker}`; name one")));
    }
    Ok(Models { tested, others })
}

/// Loads who plays other speakers, once for all models that are tested.
pub(super) async fn players(
    session: &Session,
    models: &Models,
    arguments: &RunArgs,
) -> Result<Engines, Error> {
    let (options, machine) = (arguments.engine.options(), Machine::look());
    let mut players = Engines::new();
    for (speaker, model) in &models.others {
        output::note(&format!("loading {model}, which plays `{speaker}`"));
        // What is said of devices and numbers is for models that compute.
        let plain = EngineOptions {
            timeout: options.timeout,
            load_timeout: options.load_timeout,
            ..EngineOptions::default()
        };
        let settings = Settings::resolve(model, if model.computes() { &options } else { &plain }, &machine)?;
        let engine = session.load_player(model, &settings).await?;
        engine.notes().iter().for_each(|note| output::note(note));
        players.insert(speaker.clone(), engine);
    }
    if let Some(path) = &arguments.user_turns {
        let recorded = user_turns(&RunDirectory::at(path), arguments.seed)?;
        if let Some(speaker) = recorded.keys().find(|speaker| players.contains_key(*speaker)) {
            let message =
                format!("--user-turns and --model {speaker}= both say who plays `{speaker}`; leave one out");
            return Err(Error::Usage(message));
        }
        for speaker in recorded.keys() {
            output::note(&format!("`{speaker}` says again what it said in {}", path.display()));
        }
        players.extend(recorded);
    }
    Ok(players)
}

/// The probes that are to run, and their plan.
pub(super) fn probes(arguments: &RunArgs) -> Result<(Vec<Probe>, Plan), Error> {
    let (mut probes, plan) = check::plan(&arguments.selection)?;
    if arguments.no_coupling {
        probes.iter_mut().for_each(Probe::uncouple);
    }
    Ok((probes, plan))
}

/// Where the runs are to lie.
pub(super) fn folders(arguments: &RunArgs, models: &[ModelReference]) -> Result<Folders, Error> {
    let wanted = match (&arguments.resume, &arguments.out) {
        (Some(base), _) => Wanted::Continued(base),
        (None, Some(base)) => Wanted::At(base),
        (None, None) => Wanted::Anywhere,
    };
    Folders::of(wanted, models)
}

/// Begins to listen for what ends the command early, and to count what its models spend.
pub(super) fn session(arguments: &RunArgs, folders: &Folders) -> (Arc<Ending>, Session) {
    let base = folders.base();
    let ending = Ending::of_run(Some((continuing::command(base), base.to_owned())));
    if let Some(limit) = arguments.limits.limit_time {
        ending.after(limit);
    }
    let options = SessionOptions {
        seed: arguments.seed,
        concurrency: arguments.concurrency.map(|limit| limit as usize),
        limits: arguments.limits.spending(),
    };
    let session = Session::new(options, Arc::clone(&ending.stop));
    (ending, session)
}

/// How each model is to compute on this machine.
pub(super) fn settings(arguments: &RunArgs, models: &[ModelReference]) -> Result<Vec<Settings>, Error> {
    let (options, machine) = (arguments.engine.options(), Machine::look());
    let settle = |model: &ModelReference| Settings::resolve(model, &options, &machine);
    let settings = models.iter().map(settle).collect::<Result<Vec<_>, _>>()?;
    let real = models.iter().any(ModelReference::computes);
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
