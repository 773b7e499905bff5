//! The cast of a run: which engine plays which speaker.

use crate::{
    engine::{Engine, scripted::Scripted},
    spec::Probe,
};
use indexmap::IndexMap;
use reports::record::{
    Cast, Player,
    dialogue::{Ask, Speak, fault, spoken},
};
use scorers::Speaker;
use std::{collections::BTreeMap, sync::Arc};

/// What a script of a spec is called where a model has its name.
const SCRIPT: &str = "script";

/// Speakers with the engines that play them.
pub type Engines = IndexMap<Speaker, Arc<dyn Engine>>;

/// The same, by probe.
type Scripts = IndexMap<String, Engines>;

/// The scripts that probes bring.
///
/// # Errors
/// What is wrong with a script, and in which file.
pub fn scripts(probes: &[Probe]) -> Result<Scripts, String> {
    let of = |probe: &Probe| -> Result<(String, Engines), String> {
        let id = &probe.record.id;
        let scripts = probe.scripts.iter().map(|(speaker, script)| {
            let engine = Scripted::parse(SCRIPT, SCRIPT, &script.text).map_err(|reason| {
                format!("the script `{}` of `{id}` cannot be read: {reason}", script.path)
            })?;
            Ok((speaker.clone(), Arc::new(engine) as Arc<dyn Engine>))
        });
        Ok((id.clone(), scripts.collect::<Result<_, String>>()?))
    };
    probes.iter().filter(|probe| !probe.scripts.is_empty()).map(of).collect()
}

/// What is said of a probe that asks for coupled draws, where who plays the model cannot draw so.
pub fn uncoupled(probe: &str, player: &str) -> String {
    format!(
        "`{probe}` cannot be run: it asks for `coupling: gumbel`, and {player}, which plays `model`, cannot draw so; without that \
         key draws are coupled where the engine can, and --no-coupling leaves them to the engine"
    )
}

/// An engine for every speaker.
#[derive(Clone)]
pub struct Players {
    model: Arc<dyn Engine>,
    others: Engines,
    /// The scripts of the specs, by probe: they play whom nobody else does.
    scripts: Scripts,
}

impl Players {
    /// The model under test alone.
    pub fn of_model(model: Arc<dyn Engine>) -> Self {
        Self { model, others: IndexMap::new(), scripts: IndexMap::new() }
    }

    /// With an engine that plays a further speaker. The model under test is played by one engine only.
    #[must_use]
    pub fn with(mut self, speaker: Speaker, engine: Arc<dyn Engine>) -> Self {
        if !speaker.is_model() {
            self.others.insert(speaker, engine);
        }
        self
    }

    /// With the scripts that probes bring for speakers whom no engine plays.
    ///
    /// # Errors
    /// What is wrong with a script, and in which file.
    pub fn with_scripts(mut self, probes: &[Probe]) -> Result<Self, String> {
        self.scripts = scripts(probes)?;
        self.scripts
            .values_mut()
            .for_each(|scripts| scripts.retain(|speaker, _| !self.others.contains_key(speaker)));
        Ok(self)
    }

    /// The same speakers: the model under test in what is given, every other engine in what is put around it.
    #[must_use]
    pub fn within(&self, model: Arc<dyn Engine>, wrap: impl Fn(&Arc<dyn Engine>) -> Arc<dyn Engine>) -> Self {
        let wrapped = |engines: &Engines| -> Engines {
            engines.iter().map(|(speaker, engine)| (speaker.clone(), wrap(engine))).collect()
        };
        let scripts = self.scripts.iter().map(|(probe, engines)| (probe.clone(), wrapped(engines))).collect();
        Self { model, others: wrapped(&self.others), scripts }
    }

    /// The model under test.
    pub fn model(&self) -> &Arc<dyn Engine> {
        &self.model
    }

    /// Who plays a speaker in a probe, if anybody does.
    pub fn of(&self, speaker: &Speaker, probe: &str) -> Option<&Arc<dyn Engine>> {
        if speaker.is_model() {
            return Some(&self.model);
        }
        self.others.get(speaker).or_else(|| self.scripts.get(probe)?.get(speaker))
    }

    /// What the record says of them.
    pub fn cast(&self) -> Cast {
        let player = |engine: &Arc<dyn Engine>| {
            let identity = engine.identity();
            Player { model: identity.model.clone(), engine: identity.engine.clone() }
        };
        let mut others: IndexMap<Speaker, Player> =
            self.others.iter().map(|(speaker, engine)| (speaker.clone(), player(engine))).collect();
        // One player for all scripts of a speaker, whose weights are all of them.
        let mut scripts: BTreeMap<&Speaker, Vec<(&str, Player)>> = BTreeMap::new();
        for (probe, engines) in &self.scripts {
            for (speaker, engine) in engines {
                scripts.entry(speaker).or_default().push((probe, player(engine)));
            }
        }
        for (speaker, mut found) in scripts {
            found.sort_by(|one, other| one.0.cmp(other.0));
            let mut hasher = blake3::Hasher::new();
            for (probe, player) in &found {
                hasher.update(format!("{probe} {:?}\n", player.model.weights).as_bytes());
            }
            if let Some((_, mut player)) = found.pop() {
                player.model.weights = Some(hasher.finalize().to_hex().to_string());
                others.insert(speaker.clone(), player);
            }
        }
        Cast { model: player(&self.model), others }
    }

    /// What these probes need and the cast cannot do, for people; none where all is well.
    pub fn unfit(&self, probes: &[Probe]) -> Option<String> {
        let speakers = self.cast().speakers();
        let speakers = speakers.iter().collect();
        probes.iter().find_map(|probe| {
            let id = &probe.record.id;
            if probe.must_couple && !self.model.facts().couples {
                return Some(uncoupled(id, &self.model.identity().engine.name));
            }
            let turns = probe.record.dialogues.values().flat_map(|steps| spoken(steps));
            if let Some(turn) = turns.into_iter().find(|turn| self.of(&turn.speaker, id).is_none()) {
                let speaker = &turn.speaker;
                return Some(format!(
                    "`{id}` cannot be run: nobody plays `{speaker}`, who speaks its turn `{}`; name who does, as in --model \
                     {speaker}=REF, or give it a `script:` in the spec",
                    turn.name
                ));
            }
            let mut dialogues = probe.record.dialogues.values();
            let wrong = dialogues.find_map(|steps| {
                fault(steps, &speakers)
                    .or_else(|| spoken(steps).into_iter().find_map(|turn| self.cannot(turn, id)))
            })?;
            Some(format!("`{id}` cannot be run: {wrong}"))
        })
    }

    fn cannot(&self, turn: &Speak, probe: &str) -> Option<String> {
        let engine = self.of(&turn.speaker, probe)?;
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
