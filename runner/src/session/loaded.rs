//! A model that is loaded and has no run yet.

use super::{
    folders::Folders,
    model_run::{self, ModelRun},
    shared::Session,
};
use crate::{
    engine::{Engine, load, reference::ModelReference, settings::Settings},
    error::Error,
    execute::{Engines, Players},
    spec::Probe,
    store::RunDirectory,
};
use std::sync::Arc;

impl Session {
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
        Ok(Loaded { session: self, model, players: Players::of_model(engine) })
    }

    /// Loads who plays a speaker beside the models under test.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn load_player(
        &self,
        model: &ModelReference,
        settings: &Settings,
    ) -> Result<Arc<dyn Engine>, Error> {
        Ok(load::load(model, settings.clone()).await?)
    }
}

/// A model that is loaded and has no run yet.
pub struct Loaded<'s> {
    session: &'s Session,
    model: &'s ModelReference,
    players: Players,
}

impl<'s> Loaded<'s> {
    /// What whoever started the run should know of the engine.
    pub fn notes(&self) -> Vec<String> {
        self.players.model().notes()
    }

    /// With who plays other speakers.
    #[must_use]
    pub fn with(self, others: &Engines) -> Self {
        let players = others.iter().fold(self.players, |players, (speaker, engine)| {
            players.with(speaker.clone(), Arc::clone(engine))
        });
        Self { players, ..self }
    }

    /// Begins the model's run in its folder, or goes on with it.
    ///
    /// # Errors
    /// When the model cannot do what the probes need, the run in the folder is another one, or the folder cannot be written.
    pub fn open(self, folders: &Folders, probes: &[Probe]) -> Result<ModelRun<'s>, Error> {
        let players = self.players.with_scripts(probes).map_err(Error::Usage)?;
        if let Some(wrong) = players.unfit(probes) {
            return Err(Error::Usage(wrong));
        }
        let header = model_run::header(&players, self.session.options.seed, probes);
        let directory = RunDirectory::at(&folders.directory(self.model));
        let journal = folders.open(&directory, &header)?;
        Ok(ModelRun::new(self.session, players, directory, header, journal))
    }
}
