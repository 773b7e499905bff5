//! Sessions: what one command does with its models. Each is loaded, its run is begun or gone on with, extended by plans and finished.
//!
//! An ordinary run is one extension; one that goes on until something is decided is several, with looks in between ([`looks`]). Nothing
//! here prints, and nothing knows how a command line is written: whoever wants to see what goes on listens ([`crate::event`]).

pub mod folders;
pub mod looks;
mod model_run;
mod sequential;
mod timing;

use crate::{
    engine::{
        Engine,
        limiter::{Limits, Purse},
        load,
        reference::ModelReference,
        settings::Settings,
    },
    error::Error,
    execute::{Players, Stop},
    spec::Probe,
    store::RunDirectory,
};
pub use folders::{Folders, Wanted};
pub use looks::Looks;
pub use model_run::{FinishedRun, ModelRun};
pub use sequential::{Decision, Look, Sequential, Watch};
use std::sync::Arc;

/// What holds for all models of a session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Seed of the runs.
    pub seed: u64,
    /// Generations of a model in flight; none for what suits its engine.
    pub concurrency: Option<usize>,
    /// What all models may spend together.
    pub limits: Limits,
}

/// What the models of one command share: the options, what they may spend, and the wish to stop.
pub struct Session {
    options: Options,
    purse: Arc<Purse>,
    stop: Arc<Stop>,
}

impl Session {
    /// Begins to count what is spent.
    pub fn new(options: Options, stop: Arc<Stop>) -> Self {
        Self { options, purse: Arc::new(Purse::new(options.limits)), stop }
    }

    /// The wish to stop.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Loads a model.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn load<'s>(
        &'s self,
        model: &'s ModelReference,
        settings: &Settings,
    ) -> Result<Loaded<'s>, Error> {
        let engine = load::load(model, settings.clone()).await?;
        Ok(Loaded { session: self, model, engine })
    }
}

/// A model that is loaded and has no run yet.
pub struct Loaded<'s> {
    session: &'s Session,
    model: &'s ModelReference,
    engine: Arc<dyn Engine>,
}

impl<'s> Loaded<'s> {
    /// What whoever started the run should know of the engine.
    pub fn notes(&self) -> Vec<String> {
        self.engine.notes()
    }

    /// Begins the model's run in its folder, or goes on with it.
    ///
    /// # Errors
    /// When the model cannot do what the probes need, the run in the folder is another one, or the folder cannot be written.
    pub fn open(self, folders: &Folders, probes: &[Probe]) -> Result<ModelRun<'s>, Error> {
        let players = Players::of_model(Arc::clone(&self.engine));
        if let Some(wrong) = players.unfit(probes) {
            return Err(Error::Usage(wrong));
        }
        let header = model_run::header(&players, self.session.options.seed, probes);
        let directory = RunDirectory::at(&folders.directory(self.model));
        let journal = folders.open(&directory, &header)?;
        Ok(ModelRun::new(self.session, self.engine, directory, header, journal))
    }
}

#[cfg(test)]
mod tests;
