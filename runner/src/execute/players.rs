//! The cast of a run: which engine plays which speaker.

use crate::{engine::Engine, spec::Probe};
use indexmap::IndexMap;
use reports::record::{
    Cast, Player,
    dialogue::{Ask, Speak, fault, spoken},
};
use scorers::Speaker;
use std::sync::Arc;

/// An engine for every speaker.
#[derive(Clone)]
pub struct Players {
    model: Arc<dyn Engine>,
    others: IndexMap<Speaker, Arc<dyn Engine>>,
}

impl Players {
    /// The model under test alone.
    pub fn of_model(model: Arc<dyn Engine>) -> Self {
        Self { model, others: IndexMap::new() }
    }

    /// With an engine that plays a further speaker. The model under test is played by one engine only.
    #[must_use]
    pub fn with(mut self, speaker: Speaker, engine: Arc<dyn Engine>) -> Self {
        if !speaker.is_model() {
            self.others.insert(speaker, engine);
        }
        self
    }

    /// Who plays a speaker, if anybody does.
    pub fn of(&self, speaker: &Speaker) -> Option<&Arc<dyn Engine>> {
        if speaker.is_model() { Some(&self.model) } else { self.others.get(speaker) }
    }

    /// Every speaker with its engine, the model under test first.
    pub fn all(&self) -> impl Iterator<Item = (Speaker, &Arc<dyn Engine>)> {
        let others = self.others.iter().map(|(speaker, engine)| (speaker.clone(), engine));
        std::iter::once((Speaker::default(), &self.model)).chain(others)
    }

    /// What the record says of them.
    pub fn cast(&self) -> Cast {
        let player = |engine: &Arc<dyn Engine>| {
            let identity = engine.identity();
            Player { model: identity.model.clone(), engine: identity.engine.clone() }
        };
        let others = self.others.iter().map(|(speaker, engine)| (speaker.clone(), player(engine))).collect();
        Cast { model: player(&self.model), others }
    }

    /// What these probes need and the cast cannot do, for people; none where all is well.
    pub fn unfit(&self, probes: &[Probe]) -> Option<String> {
        let speakers = self.cast().speakers();
        let speakers = speakers.iter().collect();
        let uncoupled = self.all().find(|(_, engine)| !engine.facts().couples);
        probes.iter().find_map(|probe| {
            if let Some((speaker, engine)) = uncoupled.as_ref().filter(|_| probe.must_couple) {
                return Some(format!(
                    "`{}` cannot be run: it asks for `coupling: gumbel`, and {}, which plays `{speaker}`, cannot draw so; without that \
                     key draws are coupled where the engine can, and --no-coupling leaves them to the engine",
                    probe.record.id,
                    engine.identity().engine.name
                ));
            }
            let mut dialogues = probe.record.dialogues.values();
            let wrong = dialogues.find_map(|steps| {
                fault(steps, &speakers)
                    .or_else(|| spoken(steps).into_iter().find_map(|turn| self.cannot(turn)))
            })?;
            Some(format!("`{}` cannot be run: {wrong}", probe.record.id))
        })
    }

    fn cannot(&self, turn: &Speak) -> Option<String> {
        let engine = self.of(&turn.speaker)?;
        let facts = engine.facts();
        let (able, what) = match turn.ask {
            Ask::Text => (true, ""),
            Ask::Json { .. } => (facts.constrains, "hold a reply to a JSON Schema"),
            Ask::Choose { .. } => (facts.chooses, "choose among options by their probability"),
        };
        let (name, speaker, engine) = (&turn.name, &turn.speaker, &engine.identity().engine.name);
        (!able).then(|| {
            format!("its turn `{name}` needs an engine that can {what}, and {engine}, which plays `{speaker}`, cannot")
        })
    }
}
