//! What cannot stand in a record, whoever wrote it: a cast that no run can have, and turns that the dialogue of their trial does not
//! have, or that nobody can have spoken.

use super::{Cast, Header, ProbeRecord, TrialRecord, dialogue};
use indexmap::IndexSet;
use scorers::{Body, Role, Speaker, Transcript, Turn};
use std::collections::{HashMap, HashSet};

/// Probabilities of options add up to 1, as nearly as numbers are written.
const NEARLY: f64 = 1e-6;

/// What cannot be in what was asked, for people; none where all is well.
pub(crate) fn of_header(header: &Header) -> Option<String> {
    if let Some(shard) = header.shard.filter(|shard| !(1..=shard.count).contains(&shard.index)) {
        return Some(format!("a run has no {shard}"));
    }
    if let Some(fault) = of_cast(&header.cast) {
        return Some(fault);
    }
    let speakers = header.cast.speakers();
    let speakers = speakers.iter().collect();
    let mut probes = HashSet::new();
    header.probes.iter().find_map(|probe| {
        if !probes.insert(&probe.id) {
            return Some(format!("the probe `{}` is there twice", probe.id));
        }
        if let Some(fault) = of_probe(probe) {
            return Some(format!("`{}` cannot be: {fault}", probe.id));
        }
        let fault = probe.dialogues.values().find_map(|steps| dialogue::fault(steps, &speakers))?;
        Some(format!("the dialogue of `{}` cannot be: {fault}", probe.id))
    })
}

fn of_probe(probe: &ProbeRecord) -> Option<String> {
    let mut cases = HashSet::new();
    if let Some(case) = probe.cases.iter().find(|case| !cases.insert(&case.id)) {
        return Some(format!("the case `{}` is there twice", case.id));
    }
    // A record from before dialogues were kept has none.
    let arms = || probe.arms.keys().filter(|_| !probe.dialogues.is_empty());
    if let Some(arm) = arms().find(|arm| !probe.dialogues.contains_key(*arm)) {
        return Some(format!("the arm `{arm}` has no dialogue"));
    }
    let other = probe.dialogues.keys().find(|arm| !probe.arms.contains_key(*arm))?;
    Some(format!("there is a dialogue of an arm `{other}`, and no such arm"))
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
pub(crate) struct Expected {
    speakers: IndexSet<Speaker>,
    /// By probe and arm; a record from before dialogues were kept has none.
    dialogues: HashMap<String, HashMap<String, Parts>>,
    /// By probe and case, the only arm of cases that run in one.
    arms: HashMap<String, HashMap<String, String>>,
}

/// What can be said in a dialogue.
#[derive(Debug, Default)]
struct Parts {
    /// The live turns, by their names.
    turns: HashMap<String, Part>,
    /// The forks, with how many branches each has.
    forks: HashMap<String, u32>,
}

/// A live turn of a dialogue.
#[derive(Debug)]
struct Part {
    speaker: Speaker,
    role: Role,
    private: bool,
    /// The fork that it stands in.
    fork: Option<String>,
    /// How many options it chooses from; none where it does not.
    options: usize,
    /// Whether the spec says it.
    scripted: bool,
}

impl Expected {
    pub(crate) fn of(header: &Header) -> Self {
        let dialogues = header.probes.iter().map(|probe| {
            let arms = probe.dialogues.iter().map(|(arm, steps)| (arm.clone(), Parts::of(steps)));
            (probe.id.clone(), arms.collect())
        });
        let arms = header.probes.iter().map(|probe| {
            let only = probe.cases.iter().filter_map(|case| Some((case.id.clone(), case.arm.clone()?)));
            (probe.id.clone(), only.collect())
        });
        Self { speakers: header.cast.speakers(), dialogues: dialogues.collect(), arms: arms.collect() }
    }

    /// What cannot be in a trial, for people; none where all is well.
    pub(crate) fn fault(&self, trial: &TrialRecord) -> Option<String> {
        let key = &trial.key;
        let parts = self.dialogues.get(&key.probe).and_then(|arms| arms.get(&key.arm));
        let only = self.arms.get(&key.probe).and_then(|cases| cases.get(&key.case));
        let elsewhere =
            only.filter(|arm| **arm != key.arm).map(|arm| format!("its case runs in the arm `{arm}` only"));
        let fault = elsewhere.or_else(|| self.of_transcript(&trial.transcript, parts))?;
        Some(format!("the trial {} cannot be: {fault}", trial.key))
    }

    fn of_transcript(&self, transcript: &Transcript, parts: Option<&Parts>) -> Option<String> {
        if let Some(fault) = self.of_line(&transcript.turns, None, parts) {
            return Some(fault);
        }
        let mut before = HashSet::new();
        transcript.branches.iter().find_map(|branch| {
            let (fork, turns) = (&branch.fork, transcript.turns.len());
            if !before.insert((fork, branch.round, branch.index)) {
                return Some(format!("it has branch {} of `{fork}` twice", branch.index + 1));
            }
            if let Some(fault) = self.of_line(&branch.turns, Some(fork), parts) {
                return Some(fault);
            }
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

    /// The turns of the main line, or of a branch of a fork.
    fn of_line(&self, turns: &[Turn], fork: Option<&String>, parts: Option<&Parts>) -> Option<String> {
        let mut before = HashSet::new();
        turns.iter().find_map(|turn| {
            let twice = turn.name.as_ref().is_some_and(|name| !before.insert((name, turn.round)));
            if let Some(name) = turn.name.as_ref().filter(|_| twice) {
                return Some(format!("it has the turn `{name}` twice in one round"));
            }
            self.of_turn(turn, fork, parts)
        })
    }

    fn of_turn(&self, turn: &Turn, fork: Option<&String>, parts: Option<&Parts>) -> Option<String> {
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
        let Some(part) = parts?.turns.get(name) else {
            return Some(format!("it has the turn `{name}`, and its dialogue has not"));
        };
        let is_not = |found: &str, expected: &str| {
            Some(format!("its turn `{name}` is {found}, and in its dialogue {expected}"))
        };
        if part.speaker != *speaker {
            return is_not(&format!("spoken by `{speaker}`"), &format!("by `{}`", part.speaker));
        }
        if part.private != *private {
            let word = |private: bool| if private { "private" } else { "said to all" };
            return is_not(word(*private), word(part.private));
        }
        if part.role != turn.role {
            return is_not(&format!("the {}'s", turn.role.word()), &format!("the {}'s", part.role.word()));
        }
        if part.fork.as_ref() != fork {
            let line = |fork: Option<&String>| {
                fork.map_or_else(|| "on the main line".to_owned(), |fork| format!("in the fork `{fork}`"))
            };
            return is_not(&line(fork), &line(part.fork.as_ref()));
        }
        match (&turn.body, part.scripted) {
            (Body::Generated { .. }, true) => return is_not("generated", "scripted"),
            (Body::Scripted { .. }, false) => return is_not("scripted", "generated"),
            _ => {}
        }
        let Body::Generated { weights, .. } = &turn.body else { return None };
        let shares = weights.iter().all(|weight| (0.0..=1.0).contains(weight))
            && (weights.is_empty() || (weights.iter().sum::<f64>() - 1.0).abs() <= NEARLY);
        (weights.len() != part.options || !shares).then(|| {
            format!("the probabilities of its turn `{name}` are not those of {} options", part.options)
        })
    }
}

impl Parts {
    fn of(steps: &[dialogue::Step]) -> Self {
        let mut parts = Self::default();
        parts.add(steps, None);
        parts
    }

    fn add(&mut self, steps: &[dialogue::Step], fork: Option<&String>) {
        for step in steps {
            match step {
                dialogue::Step::Say { name: None, .. } => {}
                dialogue::Step::Say { name: Some(name), role, .. } => {
                    let (speaker, role, fork) = (Speaker::default(), *role, fork.cloned());
                    let part = Part { speaker, role, private: false, fork, options: 0, scripted: true };
                    self.turns.insert(name.clone(), part);
                }
                dialogue::Step::Speak(speak) => {
                    let options = match &speak.ask {
                        dialogue::Ask::Choose { options } => options.len(),
                        dialogue::Ask::Text | dialogue::Ask::Json { .. } => 0,
                    };
                    let (speaker, role, private) = (speak.speaker.clone(), speak.role, speak.private);
                    let fork = fork.cloned();
                    let part = Part { speaker, role, private, fork, options, scripted: false };
                    self.turns.insert(speak.name.clone(), part);
                }
                dialogue::Step::Repeat { steps, .. } => self.add(steps, fork),
                dialogue::Step::Fork { name, items, samples, steps, .. } => {
                    let items = match items {
                        None => 1,
                        Some(dialogue::Items::Times(times)) => *times,
                        Some(dialogue::Items::List(list)) => u32::try_from(list.len()).unwrap_or(u32::MAX),
                        // How many an expression comes to is known where its variables are.
                        Some(dialogue::Items::Over(_) | dialogue::Items::Exchanges { .. }) => u32::MAX,
                    };
                    self.forks.insert(name.clone(), items.saturating_mul(*samples));
                    self.add(steps, Some(name));
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
        let fork = Step::Fork {
            name: "f".to_owned(),
            items: None,
            variable: None,
            samples: 2,
            steps: vec![speak("guess", "model", false)],
        };
        let steps = [speak("reply", "model", false), speak("asks", "judge", true), fork];
        let arms = HashMap::from([(String::new(), Parts::of(&steps))]);
        let speakers = IndexSet::from(["model", "judge"].map(Speaker::named));
        let only = HashMap::from([("elsewhere".to_owned(), "other".to_owned())]);
        let arms_of_cases = HashMap::from([("a.b".to_owned(), only)]);
        Expected { speakers, dialogues: HashMap::from([("a.b".to_owned(), arms)]), arms: arms_of_cases }
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
            (branch("g", 0, 0), "in the fork `g`, and in its dialogue in the fork `f`"),
            (Branch { turns: Vec::new(), ..branch("g", 0, 0) }, "no such fork"),
        ] {
            let found = fault("a.b", Vec::new(), vec![branch]).unwrap_or_default();
            assert!(found.contains(words), "{found}");
        }
        let doubled =
            fault("a.b", Vec::new(), vec![branch("f", 0, 0), branch("f", 0, 0)]).unwrap_or_default();
        assert!(doubled.contains("branch 1 of `f` twice"), "{doubled}");
        let again = vec![by("model", "reply", false), by("model", "reply", false)];
        assert!(
            fault("a.b", again, Vec::new()).is_some_and(|found| found.contains("`reply` twice in one round"))
        );
        let strayed = fault("a.b", vec![by("model", "guess", false)], Vec::new()).unwrap_or_default();
        assert!(strayed.contains("is on the main line, and in its dialogue in the fork `f`"), "{strayed}");
        let role = Turn { role: Role::User, ..by("model", "reply", false) };
        let role = fault("a.b", vec![role], Vec::new()).unwrap_or_default();
        assert!(role.contains("is the user's, and in its dialogue the assistant's"), "{role}");
        let key =
            TrialKey { case: "elsewhere".to_owned(), probe: "a.b".to_owned(), arm: String::new(), sample: 0 };
        let elsewhere =
            expected().fault(&TrialRecord { key, transcript: Transcript::default() }).unwrap_or_default();
        assert!(elsewhere.contains("its case runs in the arm `other` only"), "{elsewhere}");
    }

    #[test]
    fn a_grid_has_so_many_branches_as_its_items_times_samples() {
        let forks = |items: dialogue::Items| {
            let (name, variable) = ("g".to_owned(), Some("item".to_owned()));
            Parts::of(&[Step::Fork { name, items: Some(items), variable, samples: 2, steps: Vec::new() }])
                .forks
        };
        assert_eq!(forks(dialogue::Items::Times(3))["g"], 6);
        assert_eq!(forks(dialogue::Items::List(vec![true.into(); 4]))["g"], 8);
        assert_eq!(forks(dialogue::Items::Over("names".to_owned()))["g"], u32::MAX);
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
