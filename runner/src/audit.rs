//! Running the same trials under several settings of one model, to see whether it says the same.
//!
//! What the comparison counts is in `reports::audit`.

use crate::{
    engine::{
        Engine, Message, Request, limiter::Limiter, load, reference::ModelReference, settings::Settings,
    },
    error::Error,
    event::Deaf,
    execute::{self, Context, Planned, Players, Stop},
    spec::Probe,
};
use reports::{
    audit::{self, Audit, Candidate, Parting, Setting, SettingPair},
    record::{Cast, FORMAT_VERSION, Header, MINOR_VERSION, Sampling, TrialKey, TrialRecord, dialogue::Step},
};
use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Instant};

/// Seed of the runs; a greedy reply does not depend on it.
const SEED: u64 = 0;

/// The trials under one setting.
struct Outcome {
    setting: Setting,
    trials: Vec<TrialRecord>,
    /// Who played whom.
    cast: Cast,
}

/// Makes every live turn greedy and every fork single: its branches would all be the same.
pub fn greedy(probe: &mut Probe) {
    fn steps(all: &mut [Step]) {
        for step in all {
            match step {
                Step::Say { .. } => {}
                Step::Speak(speak) => speak.sampling.temperature = 0.0,
                Step::Repeat { steps: inner, .. } => steps(inner),
                Step::Fork { samples, steps: inner, .. } => {
                    *samples = 1;
                    steps(inner);
                }
            }
        }
    }
    probe.record.sampling.temperature = 0.0;
    probe.record.dialogues.values_mut().for_each(|dialogue| steps(dialogue));
}

/// `count` of `all` trials, at even distances.
pub fn drawn(trials: impl IntoIterator<Item = Planned>, all: usize, count: usize) -> Vec<Planned> {
    let count = count.min(all);
    let mut wanted = (0..count).map(|index| index * all / count).peekable();
    let drawn = trials.into_iter().enumerate().filter(|(index, _)| wanted.next_if_eq(index).is_some());
    drawn.map(|(_, trial)| trial).collect()
}

/// What is examined.
pub struct Examination<'a> {
    /// The model.
    pub reference: &'a ModelReference,
    /// The probes, made [`greedy`].
    pub probes: &'a [Probe],
    /// The trials.
    pub trials: &'a [Planned],
    /// Generations in flight of the crowded run; none for what suits the engine.
    pub crowd: Option<usize>,
    /// One reply in so many may differ.
    pub bound: u32,
    /// Set to give up.
    pub stop: &'a Stop,
    /// Told what is being done, for people.
    pub notice: &'a (dyn Fn(&str) + Sync),
}

impl Examination<'_> {
    /// Runs the trials under every setting, one generation at a time and many, and holds each run against the first. None
    /// when it was given up.
    ///
    /// # Errors
    /// When the model cannot be loaded under a setting.
    pub async fn audit(&self, settings: &[Settings]) -> Result<Option<Audit>, Error> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut pairs = Vec::new();
        // The first engine stays: it is asked for the probabilities of its tokens.
        let mut first: Option<Arc<dyn Engine>> = None;
        for settings in settings {
            (self.notice)(&format!("loading {}", self.reference));
            let engine = load::load(self.reference, settings.clone()).await?;
            let crowd = self.crowd.unwrap_or_else(|| engine.room()).max(2);
            for concurrency in [1, crowd] {
                let Some(outcome) = self.run(&engine, concurrency).await? else { return Ok(None) };
                let base = outcomes.first();
                if let (Some(base), Some(first)) = (base, &first) {
                    pairs.push(self.pair(base, &outcome, outcomes.len(), first.as_ref()).await?);
                }
                first.get_or_insert_with(|| Arc::clone(&engine));
                outcomes.push(outcome);
            }
        }
        Ok(Some(Audit {
            format: audit::FORMAT_VERSION,
            model: self.reference.name.clone(),
            trials: self.trials.len() as u64,
            bound: self.bound,
            settings: outcomes.into_iter().map(|outcome| outcome.setting).collect(),
            pairs,
        }))
    }

    async fn run(&self, engine: &Arc<dyn Engine>, concurrency: usize) -> Result<Option<Outcome>, Error> {
        let limited = Arc::new(Limiter::new(Arc::clone(engine)).at_most(concurrency));
        let players = Players::of_model(limited).with_scripts(self.probes).map_err(Error::Usage)?;
        if let Some(wrong) = players.unfit(self.probes) {
            return Err(Error::Usage(wrong));
        }
        let cast = players.cast();
        let identity = &engine.identity().engine;
        (self.notice)(&format!(
            "running {} trials on {}, {}, {concurrency} in flight",
            self.trials.len(),
            identity.device,
            identity.numbers()
        ));
        let started = Instant::now();
        let context = Context {
            players,
            probes: self.probes,
            seed: SEED,
            concurrency,
            observer: &Deaf,
            stop: self.stop,
        };
        let mut finished: HashMap<TrialKey, TrialRecord> = HashMap::new();
        let keep = |trial: TrialRecord| -> Result<(), Infallible> {
            finished.insert(trial.key.clone(), trial);
            Ok(())
        };
        let complete = match execute::execute(&context, self.trials.iter().cloned(), keep).await {
            Ok(complete) => complete,
            Err(never) => match never {},
        };
        let setting = Setting {
            device: identity.device.clone(),
            numbers: identity.numbers(),
            attention: identity.attention.clone(),
            concurrency: u32::try_from(concurrency).unwrap_or(u32::MAX),
            seconds: started.elapsed().as_secs_f64(),
        };
        let trials = self.trials.iter().filter_map(|planned| finished.remove(&planned.key)).collect();
        Ok(complete.then_some(Outcome { setting, trials, cast }))
    }

    async fn pair(
        &self,
        base: &Outcome,
        head: &Outcome,
        index: usize,
        engine: &dyn Engine,
    ) -> Result<SettingPair, Error> {
        let header = Header {
            format: FORMAT_VERSION,
            grice: crate::provenance::grice(),
            minor: MINOR_VERSION,
            cast: base.cast.clone(),
            seed: SEED,
            shard: None,
            probes: self.probes.iter().map(|probe| probe.record.clone()).collect(),
        };
        let (mut pair, partings) = SettingPair::of(&header, &base.trials, &head.trials, index)
            .map_err(|error| Error::Report(error.to_string()))?;
        for (difference, parting) in pair.differences.iter_mut().zip(&partings) {
            difference.token = self.token(parting, engine).await;
        }
        Ok(pair)
    }

    /// Where the replies part, by the tokens of the first setting; none where it does not know probabilities.
    async fn token(&self, parting: &Parting, engine: &dyn Engine) -> Option<audit::DivergingToken> {
        if !engine.facts().log_probabilities {
            return None;
        }
        let messages =
            parting.prompt.iter().map(|(role, text)| Message { role: *role, text: text.clone() }).collect();
        let request = Request::new(messages, self.sampling(parting)?, SEED);
        let tokens = engine.trace(request).await.ok()?;
        let tokens: Vec<Candidate> = tokens.into_iter().map(Into::into).collect();
        audit::divergence(&parting.difference.base, &parting.difference.head, &tokens)
    }

    /// The sampling of the probe; a turn's own limits do not matter for where its reply parts.
    fn sampling(&self, parting: &Parting) -> Option<Sampling> {
        let id = &parting.difference.key.probe;
        let probe = self.probes.iter().find(|probe| probe.record.id == *id)?;
        Some(probe.record.sampling.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reports::record::{
        ProbeRecord,
        dialogue::{Items, Speak},
    };

    #[test]
    fn trials_are_drawn_evenly() {
        let planned = |sample| Planned {
            probe: 0,
            key: TrialKey { probe: "p".to_owned(), case: "c".to_owned(), arm: String::new(), sample },
        };
        let all: Vec<Planned> = (0..10).map(planned).collect();
        let samples =
            |count| drawn(all.clone(), all.len(), count).iter().map(|one| one.key.sample).collect::<Vec<_>>();
        assert_eq!(samples(5), [0, 2, 4, 6, 8]);
        assert_eq!(samples(3), [0, 3, 6]);
        assert_eq!(samples(99), (0..10).collect::<Vec<_>>());
        assert!(drawn([], 0, 5).is_empty());
    }

    #[test]
    fn a_greedy_probe_has_no_temperature_anywhere() {
        let sampling = Sampling::plain(0.8, 8);
        let live = || Step::Speak(Box::new(Speak::reply("reply", sampling.clone())));
        let fork = Step::Fork {
            name: "reveal".to_owned(),
            items: None,
            variable: None,
            samples: 16,
            steps: vec![live()],
        };
        let items = Items::Times(2);
        let repeat = Step::Repeat { items, variable: None, until: None, steps: vec![live(), fork] };
        let probe = serde_json::json!({
            "id": "a.b", "about": "", "construct": null, "cites": [], "path": "", "source": "", "hash": "",
            "samples": 1, "sampling": sampling, "arms": {}, "cases": [], "scores": {}, "metrics": {},
            "expect": [],
        });
        let mut record: ProbeRecord = serde_json::from_value(probe).unwrap();
        record.dialogues.insert(String::new(), vec![live(), repeat]);
        let mut probe = Probe { record, must_couple: false, scripts: indexmap::IndexMap::new() };
        greedy(&mut probe);
        let text = format!("{probe:?}");
        assert!(!text.contains("0.8") && !text.contains("samples: 16"), "{text}");
    }
}
