//! What cannot stand in a record, whoever wrote it: a cast that no run can have, and turns that the dialogue of their trial does not
//! have, or that nobody can have spoken.

use super::{Cast, Header, TrialRecord, dialogue};
use indexmap::IndexSet;
use scorers::{Body, Speaker, Transcript, Turn};
use std::collections::HashMap;

/// What cannot be in what was asked, for people; none where all is well.
pub(super) fn of_header(header: &Header) -> Option<String> {
    if let Some(shard) = header.shard.filter(|shard| !(1..=shard.count).contains(&shard.index)) {
        return Some(format!("a run has no {shard}"));
    }
    if let Some(fault) = of_cast(&header.cast) {
        return Some(fault);
    }
    let speakers = header.cast.speakers();
    let speakers = speakers.iter().collect();
    header.probes.iter().find_map(|probe| {
        let fault = probe.dialogues.values().find_map(|steps| dialogue::fault(steps, &speakers))?;
        Some(format!("the dialogue of `{}` cannot be: {fault}", probe.id))
    })
}

fn of_cast(cast: &Cast) -> Option<String> {
    if cast.others.keys().any(Speaker::is_model) {
        return Some(format!("the cast has two players of `{}`, the model under test", Speaker::default()));
    }
    let nameless = cast.others.keys().any(|speaker| speaker.name().trim().is_empty());
    nameless.then(|| "the cast has a speaker without a name".to_owned())
}

/// What the turns of a record's trials have to be.
#[derive(Debug, Default)]
pub(super) struct Expected {
    speakers: IndexSet<Speaker>,
    /// By probe and arm; a record from before dialogues were kept has none.
    dialogues: HashMap<String, HashMap<String, Parts>>,
}

/// What can be said in a dialogue.
#[derive(Debug, Default)]
struct Parts {
    /// The live turns, by their names: who speaks, and whether in private.
    turns: HashMap<String, (Speaker, bool)>,
    /// The forks, with how many branches each has.
    forks: HashMap<String, u32>,
}

impl Expected {
    pub(super) fn of(header: &Header) -> Self {
        let dialogues = header.probes.iter().map(|probe| {
            let arms = probe.dialogues.iter().map(|(arm, steps)| (arm.clone(), Parts::of(steps)));
            (probe.id.clone(), arms.collect())
        });
        Self { speakers: header.cast.speakers(), dialogues: dialogues.collect() }
    }

    /// What cannot be in a trial, for people; none where all is well.
    pub(super) fn fault(&self, trial: &TrialRecord) -> Option<String> {
        let parts = self.dialogues.get(&trial.key.probe).and_then(|arms| arms.get(&trial.key.arm));
        let fault = self.of_transcript(&trial.transcript, parts)?;
        Some(format!("the trial {} cannot be: {fault}", trial.key))
    }

    fn of_transcript(&self, transcript: &Transcript, parts: Option<&Parts>) -> Option<String> {
        let mut turns =
            transcript.turns.iter().chain(transcript.branches.iter().flat_map(|branch| &branch.turns));
        if let Some(fault) = turns.find_map(|turn| self.of_turn(turn, parts)) {
            return Some(fault);
        }
        transcript.branches.iter().find_map(|branch| {
            let (fork, turns) = (&branch.fork, transcript.turns.len());
            if branch.after > turns {
                let after = branch.after;
                return Some(format!(
                    "a branch of `{fork}` begins after {after} turns of a main line that has {turns}"
                ));
            }
            match parts?.forks.get(fork) {
                None => Some(format!("it has a branch of `{fork}`, and its dialogue no such fork")),
                Some(samples) if branch.index >= *samples => {
                    Some(format!("it has branch {} of `{fork}`, which has {samples}", branch.index + 1))
                }
                Some(_) => None,
            }
        })
    }

    fn of_turn(&self, turn: &Turn, parts: Option<&Parts>) -> Option<String> {
        let Turn { speaker, private, .. } = turn;
        if !self.speakers.contains(speaker) {
            let known: Vec<String> = self.speakers.iter().map(|speaker| format!("`{speaker}`")).collect();
            let known = known.join(", ");
            return Some(format!("a turn is spoken by `{speaker}`, whom nobody plays; the cast has {known}"));
        }
        let Some(name) = &turn.name else {
            // What the spec says, or was to say, is said by nobody of the cast and before all.
            let own = speaker.is_model() && !private && !matches!(turn.body, Body::Generated { .. });
            return (!own).then(|| "a turn that somebody of the cast has spoken has no name".to_owned());
        };
        match parts?.turns.get(name) {
            None => Some(format!("it has the turn `{name}`, and its dialogue has not")),
            Some((expected, _)) if expected != speaker => Some(format!(
                "its turn `{name}` is spoken by `{speaker}`, and in its dialogue by `{expected}`"
            )),
            Some((_, expected)) if expected != private => {
                let word = |private: bool| if private { "private" } else { "said to all" };
                Some(format!(
                    "its turn `{name}` is {}, and in its dialogue {}",
                    word(*private),
                    word(*expected)
                ))
            }
            Some(_) => None,
        }
    }
}

impl Parts {
    fn of(steps: &[dialogue::Step]) -> Self {
        let mut parts = Self::default();
        parts.add(steps);
        parts
    }

    fn add(&mut self, steps: &[dialogue::Step]) {
        for step in steps {
            match step {
                dialogue::Step::Say { .. } => {}
                dialogue::Step::Speak(speak) => {
                    self.turns.insert(speak.name.clone(), (speak.speaker.clone(), speak.private));
                }
                dialogue::Step::Repeat { steps, .. } => self.add(steps),
                dialogue::Step::Fork { name, samples, steps } => {
                    self.forks.insert(name.clone(), *samples);
                    self.add(steps);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{
        Sampling, TrialKey,
        dialogue::{Speak, Step},
    };
    use scorers::{Branch, Role};

    fn expected() -> Expected {
        let speak = |name: &str, speaker: &str, private| {
            let reply = Speak::reply(name, Sampling::plain(1.0, 8));
            Step::Speak(Box::new(Speak { speaker: Speaker::named(speaker), private, ..reply }))
        };
        let fork =
            Step::Fork { name: "f".to_owned(), samples: 2, steps: vec![speak("guess", "model", false)] };
        let steps = [speak("reply", "model", false), speak("asks", "judge", true), fork];
        let arms = HashMap::from([(String::new(), Parts::of(&steps))]);
        let speakers = IndexSet::from(["model", "judge"].map(Speaker::named));
        Expected { speakers, dialogues: HashMap::from([("a.b".to_owned(), arms)]) }
    }

    fn fault(probe: &str, turns: Vec<Turn>, branches: Vec<Branch>) -> Option<String> {
        let key = TrialKey { probe: probe.to_owned(), case: "c".to_owned(), arm: String::new(), sample: 0 };
        expected().fault(&TrialRecord { key, transcript: Transcript { turns, branches } })
    }

    fn by(speaker: &str, name: &str, private: bool) -> Turn {
        Turn { speaker: Speaker::named(speaker), private, ..Turn::generated(name, "x") }
    }

    fn branch(fork: &str, index: u32, after: usize) -> Branch {
        let turns = vec![by("model", "guess", false)];
        Branch { fork: fork.to_owned(), round: None, index, after, turns }
    }

    #[test]
    fn what_was_asked_can_have_been_said() {
        let turns = vec![
            Turn::scripted(Role::User, "Hello."),
            by("model", "reply", false),
            by("judge", "asks", true),
        ];
        assert_eq!(fault("a.b", turns, vec![branch("f", 0, 3), branch("f", 1, 3)]), None);
    }

    #[test]
    fn what_nobody_can_have_said_is_named() {
        for (turn, words) in [
            (by("stranger", "reply", false), "`stranger`, whom nobody plays; the cast has `model`, `judge`"),
            (by("", "reply", false), "spoken by ``"),
            (by("judge", "reply", false), "spoken by `judge`, and in its dialogue by `model`"),
            (by("model", "reply", true), "`reply` is private, and in its dialogue said to all"),
            (by("judge", "asks", false), "`asks` is said to all"),
            (by("model", "more", false), "it has the turn `more`"),
            (Turn { name: None, ..by("model", "", false) }, "has no name"),
            (Turn { private: true, ..Turn::scripted(Role::User, "x") }, "has no name"),
        ] {
            let found = fault("a.b", vec![turn], Vec::new()).unwrap_or_default();
            assert!(found.contains(words) && found.starts_with("the trial a.b / c #0"), "{found}");
        }
        for (branch, words) in [
            (branch("f", 0, 999), "begins after 999 turns of a main line that has 0"),
            (branch("f", 2, 0), "branch 3 of `f`, which has 2"),
            (branch("g", 0, 0), "no such fork"),
        ] {
            let found = fault("a.b", Vec::new(), vec![branch]).unwrap_or_default();
            assert!(found.contains(words), "{found}");
        }
    }

    #[test]
    fn a_record_without_dialogues_is_held_against_its_cast_alone() {
        assert_eq!(fault("old.one", vec![by("model", "any", false)], vec![branch("g", 9, 1)]), None);
        assert!(fault("old.one", vec![by("stranger", "any", false)], Vec::new()).is_some());
    }

    #[test]
    fn a_cast_plays_every_speaker_once() {
        let mut cast = Cast::default();
        assert_eq!(of_cast(&cast), None);
        cast.others.insert(Speaker::named(" "), cast.model.clone());
        assert!(of_cast(&cast).is_some_and(|fault| fault.contains("without a name")));
        cast.others.insert(Speaker::default(), cast.model.clone());
        assert!(of_cast(&cast).is_some_and(|fault| fault.contains("two players of `model`")));
    }
}
