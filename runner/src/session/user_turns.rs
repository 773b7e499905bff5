//! What simulated users said in another record, to be said again: so that two versions of a model meet the same user.

use crate::{
    engine::{Completion, Engine, Identity, recorded::Recorded},
    error::Error,
    execute::Engines,
    seed::{self, Position},
    store::{RunDirectory, StoreError},
};
use reports::record::{
    Header, TrialRecord,
    dialogue::{Step, spoken},
};
use scorers::{Body, Role, Speaker, Turn};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// The speakers of a record that take the user's part, each played by what it said there, for a run under `seed`.
///
/// # Errors
/// When the record cannot be read, or nobody takes the user's part in it.
pub fn user_turns(run: &RunDirectory, seed: u64) -> Result<Engines, Error> {
    let mut reader = run.reader()?;
    let header = reader.take_header();
    let users = users(&header);
    let mut said: HashMap<Speaker, HashMap<u64, Completion>> = HashMap::new();
    for trial in reader.by_ref() {
        let trial = trial.map_err(|source| StoreError::Record { path: run.journal(), source })?;
        for (speaker, place, completion) in spoken_by(&trial, &users, seed) {
            said.entry(speaker).or_default().insert(place, completion);
        }
    }
    let replays = run.journal_hash()?;
    let mut engines = Engines::new();
    for (speaker, said) in said {
        let Some(player) = header.cast.others.get(&speaker) else { continue };
        let mut engine = player.engine.clone();
        engine.replays = Some(replays.clone());
        let identity = Identity { model: player.model.clone(), engine };
        engines.insert(speaker, Arc::new(Recorded::new(identity, said)) as Arc<dyn Engine>);
    }
    engines.sort_keys();
    match engines.is_empty() {
        true => Err(Error::Usage(format!(
            "in {} no speaker but the model takes part in the dialogue",
            run.journal()
        ))),
        false => Ok(engines),
    }
}

/// Who speaks as the user somewhere.
fn users(header: &Header) -> BTreeSet<Speaker> {
    let steps = header.probes.iter().flat_map(|probe| probe.dialogues.values());
    let turns = steps.flat_map(|steps: &Vec<Step>| spoken(steps));
    let users = turns.filter(|turn| turn.role == Role::User && !turn.speaker.is_model());
    users.map(|turn| turn.speaker.clone()).collect()
}

/// What these speakers said in a trial: who, under which seed of this run, and what.
fn spoken_by(trial: &TrialRecord, users: &BTreeSet<Speaker>, seed: u64) -> Vec<(Speaker, u64, Completion)> {
    let key = &trial.key;
    let of = |turn: &Turn, branch: Option<(&str, u32, u32)>, round: Option<u32>| {
        let name = turn.name.as_deref().filter(|_| users.contains(&turn.speaker))?;
        let position = Position {
            probe: &key.probe,
            case: &key.case,
            arm: &key.arm,
            sample: key.sample,
            branch,
            turn: name,
            round: round.unwrap_or(0),
            speaker: Some(turn.speaker.name()),
        };
        let Body::Generated { text, stop, prompt_tokens, completion_tokens, weights, whole } = &turn.body
        else {
            return None;
        };
        let completion = Completion {
            text: whole.as_ref().unwrap_or(text).clone(),
            stop: *stop,
            prompt_tokens: *prompt_tokens,
            completion_tokens: *completion_tokens,
            weights: weights.clone(),
        };
        Some((turn.speaker.clone(), seed::derive(seed, &position), completion))
    };
    let main = trial.transcript.turns.iter().filter_map(|turn| of(turn, None, turn.round));
    let branches = trial.transcript.branches.iter().flat_map(|branch| {
        let place = (branch.fork.as_str(), branch.round.unwrap_or(0), branch.index);
        branch.turns.iter().filter_map(move |turn| of(turn, Some(place), turn.round.or(branch.round)))
    });
    main.chain(branches).collect()
}
