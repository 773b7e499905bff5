//! Turns as written → the steps of one arm, with the path of each for errors.

use super::sampling;
use crate::spec::{
    location::EntryPart,
    problems::{Problems, is_variable, suggestion},
    raw::{RawFork, RawModel, RawProbe, RawRepeat, RawSpeaker, RawText, RawTurn},
    scope::{MAX_BRANCHES, MAX_ROUNDS, ROUND, TURNS, describe},
};
use indexmap::IndexMap;
use reports::record::{
    Sampling,
    dialogue::{Ask, Items, Speak, Step},
};
use scorers::{Role, Speaker, scorer::CutOff};
use serde_json::Value as Json;

/// The dialogue of one arm.
#[derive(Default)]
pub(super) struct Built {
    /// The steps.
    pub(super) steps: Vec<Step>,
    /// Path of every step in the spec, nested steps after the one that they are in.
    pub(super) paths: Vec<String>,
    /// Texts that do not stand at the path of their step: the step, the text, its path.
    texts: Vec<(usize, String, String)>,
    /// The live turns, in order.
    pub(super) turns: Vec<LiveTurn>,
}

/// A live turn and where it stands.
pub(super) struct LiveTurn {
    /// Its name.
    pub(super) name: String,
    /// Who speaks.
    pub(super) speaker: Speaker,
    /// Whether the spec says it, and nobody generates it.
    pub(super) scripted: bool,
    /// Number of its step in [`Built::paths`].
    pub(super) step: usize,
    /// The fork that it belongs to: number of that step.
    pub(super) fork: Option<usize>,
    /// The repeat that it or its fork stands in: number of that step.
    pub(super) repeat: Option<usize>,
    /// What becomes of its grades where it was cut off.
    pub(super) cut_off: CutOff,
}

impl Built {
    /// The live turn of that name.
    pub(super) fn turn(&self, name: &str) -> Option<&LiveTurn> {
        self.turns.iter().find(|turn| turn.name == name)
    }

    /// Where a text of a step stands; none for a step that there is not.
    pub(super) fn path_of(&self, step: usize, source: &str) -> Option<&str> {
        let own = self.texts.iter().find(|(of, text, _)| *of == step && text == source);
        own.map(|(.., path)| path).or_else(|| self.paths.get(step)).map(String::as_str)
    }

    /// Whether what `other` said can be seen from `turn`, in some round.
    pub(super) fn sees(&self, turn: &LiveTurn, other: &LiveTurn) -> bool {
        let visible = other.fork.is_none() || other.fork == turn.fork;
        let again = other.repeat.is_some() && other.repeat == turn.repeat && other.fork.is_none();
        visible && (other.step < turn.step || again)
    }
}

/// Builds the dialogue of one arm; `arms` are all there are, none where that is not known.
pub(super) fn build(
    raw: &RawProbe,
    arm: &str,
    arms: &[&str],
    sampling: &Sampling,
    problems: &mut Problems,
) -> Built {
    let own = raw.arms.as_ref().and_then(|arms| arms.get(arm)?.dialogue.as_ref());
    let (turns, path) = match (own, &raw.dialogue) {
        (Some(turns), _) => (turns, format!("arms.{arm}.dialogue")),
        (None, Some(turns)) => (turns, "dialogue".to_owned()),
        (None, None) => {
            // Said once for all arms; arms that differ in it are told where the arms are resolved.
            if raw.arms.as_ref().is_none_or(|arms| arms.values().all(|arm| arm.dialogue.is_none())) {
                problems.add("probe", EntryPart::Key, "the key `dialogue` is missing");
            }
            return Built::default();
        }
    };
    let mut builder = Builder {
        arm,
        arms,
        speakers: &raw.speakers,
        sampling,
        cut_off: raw.cut_off.unwrap_or_default(),
        problems,
        built: Built::default(),
        last: None,
        forks: Vec::new(),
        refused: false,
    };
    let steps = builder.turns(turns, &path, Surroundings::default());
    let (mut built, refused) = (builder.built, builder.refused);
    built.steps = steps;
    if !built.turns.iter().any(|turn| turn.speaker.is_model() && !turn.scripted) && !refused {
        let which = if arm.is_empty() { String::new() } else { format!(" in the arm `{arm}`") };
        problems.add_help(
            path,
            EntryPart::Key,
            format!("the model never speaks{which}"),
            "add a turn `- model: reply`",
        );
    }
    built
}

/// What surrounds a turn.
#[derive(Clone, Copy, Default)]
pub(super) struct Surroundings {
    pub(super) fork: Option<usize>,
    pub(super) repeat: Option<usize>,
}

pub(super) struct Builder<'a> {
    arm: &'a str,
    arms: &'a [&'a str],
    pub(super) speakers: &'a IndexMap<String, RawSpeaker>,
    sampling: &'a Sampling,
    pub(super) cut_off: CutOff,
    pub(super) problems: &'a mut Problems,
    built: Built,
    /// Who spoke last.
    pub(super) last: Option<Role>,
    pub(super) forks: Vec<String>,
    /// Turns were left out that are wrong, so that nothing can be said about what is missing.
    pub(super) refused: bool,
}

impl Builder<'_> {
    pub(super) fn turns(&mut self, turns: &[RawTurn], path: &str, place: Surroundings) -> Vec<Step> {
        if turns.is_empty() {
            self.problems.add(path, EntryPart::Value, "there is no turn here");
        }
        let mut steps = Vec::new();
        for (index, turn) in turns.iter().enumerate() {
            let path = format!("{path}[{index}]");
            steps.extend(self.turn(turn, &path, place));
        }
        steps
    }

    fn turn(&mut self, turn: &RawTurn, path: &str, place: Surroundings) -> Option<Step> {
        match turn {
            RawTurn::System(text) => {
                let path = format!("{path}.system");
                let step = self.say(Role::System, text, &path, place)?;
                if self.last.is_some() {
                    let help = "say it as the user, or put it first";
                    self.problems.add_help(path, EntryPart::Key, "a system turn only opens a dialogue", help);
                }
                self.last = Some(Role::System);
                Some(step)
            }
            RawTurn::User(text) => {
                let step = self.say(Role::User, text, &format!("{path}.user"), place)?;
                self.last = Some(Role::User);
                Some(step)
            }
            RawTurn::Assistant(text) => {
                let step = self.say(Role::Assistant, text, &format!("{path}.assistant"), place)?;
                self.last = Some(Role::Assistant);
                Some(step)
            }
            RawTurn::Model(model) => self.model(model, &format!("{path}.model"), place),
            RawTurn::Replay(replay) => {
                let path = format!("{path}.replay");
                if !self.here(replay.arms.as_deref(), &path) {
                    return None;
                }
                self.replay(replay, &path, place)
            }
            RawTurn::Speak(speak) => self.speak(speak, &format!("{path}.speak"), place),
            RawTurn::Repeat(repeat) => {
                let path = format!("{path}.repeat");
                if !self.here(repeat.arms.as_deref(), &path) {
                    return None;
                }
                self.repeat(repeat, &path, place)
            }
            RawTurn::Fork(fork) => {
                let path = format!("{path}.fork");
                if !self.here(fork.arms.as_deref(), &path) {
                    return None;
                }
                self.fork(fork, &path, place)
            }
        }
    }

    fn fork(&mut self, fork: &RawFork, path: &str, place: Surroundings) -> Option<Step> {
        if place.fork.is_some() {
            let help = "put the two forks one after the other";
            self.problems.add_help(path, EntryPart::Key, "a fork cannot stand inside of a fork", help);
            self.refused = true;
            return None;
        }
        let samples = match (fork.samples, &fork.over) {
            (Some(samples), _) => samples,
            (None, Some(_)) => 1,
            (None, None) => {
                self.problems.add(path, EntryPart::Key, "a fork has `samples`, or goes `over` a list");
                1
            }
        };
        if !(1..=MAX_BRANCHES).contains(&samples) {
            let message = format!("a fork has from 1 to {MAX_BRANCHES} samples");
            self.problems.add(format!("{path}.samples"), EntryPart::Value, message);
        }
        self.identifier(&fork.name, "fork", &format!("{path}.name"));
        if self.forks.contains(&fork.name) {
            let message = format!("two forks have the name `{}`", fork.name);
            self.problems.add(format!("{path}.name"), EntryPart::Value, message);
        }
        self.forks.push(fork.name.clone());
        let (items, variable) = self.grid(fork, samples, path)?;
        let step = self.enter(path.to_owned());
        if let Some(Items::Over(expression)) = &items {
            self.text(step, expression, format!("{path}.over"));
        }
        let (before, said) = (self.last, self.built.turns.len());
        let inside = Surroundings { fork: Some(step), ..place };
        let steps = self.turns(&fork.turns, &format!("{path}.turns"), inside);
        if self.built.turns.len() == said && !self.refused {
            self.problems.add(path, EntryPart::Key, "the model never speaks in this fork");
        }
        self.last = before;
        Some(Step::Fork { name: fork.name.clone(), items, variable, samples, steps })
    }

    /// What a fork goes over, and the name of the element; none where that is no list.
    fn grid(&mut self, fork: &RawFork, samples: u32, path: &str) -> Option<(Option<Items>, Option<String>)> {
        if let Some(name) = &fork.variable {
            self.identifier(name, "variable", &format!("{path}.as"));
            if fork.over.is_none() {
                let help = "add `over`, or leave `as` out";
                let message = "there is nothing to name: the fork goes over no list";
                self.problems.add_help(format!("{path}.as"), EntryPart::Key, message, help);
            }
        }
        let Some(over) = &fork.over else { return Some((None, None)) };
        let Some(items) = self.over(over, &format!("{path}.over")) else {
            self.refused = true;
            return None;
        };
        if let Items::List(list) = &items {
            let branches = (list.len() as u64).saturating_mul(u64::from(samples));
            if !(1..=u64::from(MAX_BRANCHES)).contains(&branches) {
                let message =
                    format!("a fork has from 1 to {MAX_BRANCHES} branches, and this one {branches}");
                self.problems.add(format!("{path}.over"), EntryPart::Value, message);
            }
        }
        Some((Some(items), fork.variable.clone()))
    }

    /// A list, or an expression that gives one.
    fn over(&mut self, over: &Json, path: &str) -> Option<Items> {
        match over {
            Json::String(text) => Some(Items::Over(expression(text))),
            Json::Array(list) => Some(Items::List(list.clone())),
            other => {
                let found = describe(other);
                let message = format!("expected a list or an expression that gives one, found {found}");
                self.problems.add(path, EntryPart::Value, message);
                None
            }
        }
    }

    fn say(&mut self, role: Role, text: &RawText, path: &str, place: Surroundings) -> Option<Step> {
        if !self.here(text.arms.as_deref(), path) {
            return None;
        }
        let long = text.arms.is_some() || text.name.is_some();
        let step = self.enter(if long { format!("{path}.text") } else { path.to_owned() });
        if let Some(name) = &text.name {
            self.turn_name(name, path);
            if role == Role::System {
                let help = "a turn of the `user` or the `assistant` can have one";
                let message = "instructions are no turn that could be graded";
                self.problems.add_help(format!("{path}.name"), EntryPart::Key, message, help);
            }
            self.scripted(name, step, place);
        }
        Some(Step::Say { role, text: text.text.clone(), name: text.name.clone() })
    }

    /// Takes note of a scripted turn that has a name. It is whole, so nothing is to be said of how replies are cut off.
    pub(super) fn scripted(&mut self, name: &str, step: usize, place: Surroundings) {
        self.live(name, Speaker::default(), step, place, CutOff::default());
        if let Some(turn) = self.built.turns.last_mut() {
            turn.scripted = true;
        }
    }

    pub(super) fn model(&mut self, model: &RawModel, path: &str, place: Surroundings) -> Option<Step> {
        if !self.here(model.arms.as_deref(), path) {
            return None;
        }
        self.turn_name(&model.name, path);
        if self.last == Some(Role::Assistant) {
            let help = "put a `user` turn between the two";
            self.problems.add_help(path, EntryPart::Key, "the assistant would speak twice in a row", help);
        }
        self.last = Some(Role::Assistant);
        let sampling = sampling::resolve(&model.sampling, self.sampling, path, self.problems);
        let step = self.enter(path.to_owned());
        let cut_off = model.cut_off.unwrap_or(self.cut_off);
        self.live(&model.name, Speaker::default(), step, place, cut_off);
        let ask = match &model.options {
            None => Ask::Text,
            Some(options) => {
                for (index, option) in options.iter().enumerate() {
                    self.text(step, option, format!("{path}.options[{index}]"));
                }
                self.choice(options, &format!("{path}.options"))
            }
        };
        Some(Step::Speak(Box::new(Speak { ask, ..Speak::reply(&model.name, sampling) })))
    }

    /// Whether a turn has that name.
    pub(super) fn named(&self, name: &str) -> bool {
        self.built.turn(name).is_some()
    }

    /// The name of a live turn.
    pub(super) fn turn_name(&mut self, name: &str, path: &str) {
        let path = format!("{path}.name");
        self.identifier(name, "turn", &path);
        if self.built.turn(name).is_some() {
            let message = format!("two turns have the name `{name}`");
            let help = "a `repeat` makes many turns of one name";
            self.problems.add_help(&path, EntryPart::Value, message, help);
        }
    }

    /// Takes note of a live turn.
    pub(super) fn live(
        &mut self,
        name: &str,
        speaker: Speaker,
        step: usize,
        place: Surroundings,
        cut_off: CutOff,
    ) {
        let Surroundings { fork, repeat } = place;
        let (name, scripted) = (name.to_owned(), false);
        self.built.turns.push(LiveTurn { name, speaker, scripted, step, fork, repeat, cut_off });
    }

    fn repeat(&mut self, repeat: &RawRepeat, path: &str, place: Surroundings) -> Option<Step> {
        if place.repeat.is_some() {
            let help = "a round has one number; put the two one after the other";
            self.problems.add_help(path, EntryPart::Key, "a repeat cannot stand inside of a repeat", help);
            self.refused = true;
            return None;
        }
        let variable = repeat.variable.clone();
        if let Some(name) = &variable {
            self.identifier(name, "variable", &format!("{path}.as"));
        }
        let Some(items) = self.items(repeat, path) else {
            self.refused = true;
            return None;
        };
        let step = self.enter(path.to_owned());
        if let Items::Over(expression) = &items {
            self.text(step, expression, format!("{path}.over"));
        }
        let until = repeat.until.as_deref().map(expression);
        if let Some(until) = &until {
            self.text(step, until, format!("{path}.until"));
        }
        let inside = Surroundings { repeat: Some(step), ..place };
        let steps = self.turns(&repeat.turns, &format!("{path}.turns"), inside);
        // The second round begins after the last turn of the first.
        let rounds = !matches!(items, Items::Times(1));
        let begins = |step: &Step| matches!(step, Step::Speak(speak) if speak.speaker.is_model());
        let first = steps.iter().find(|step| !matches!(step, Step::Speak(speak) if speak.private));
        if rounds && self.last == Some(Role::Assistant) && first.is_some_and(begins) {
            let message = "the assistant would speak twice in a row when the round begins again";
            self.problems.add_help(path, EntryPart::Key, message, "let a `user` turn begin or end the round");
        }
        Some(Step::Repeat { items, variable, until, steps })
    }

    fn items(&mut self, repeat: &RawRepeat, path: &str) -> Option<Items> {
        match (repeat.times, &repeat.over) {
            (Some(times), None) => {
                if times == 0 || times as usize > MAX_ROUNDS {
                    let message = format!("a repeat has from 1 to {MAX_ROUNDS} rounds");
                    self.problems.add(format!("{path}.times"), EntryPart::Value, message);
                }
                Some(Items::Times(times.min(MAX_ROUNDS as u32)))
            }
            (None, Some(over)) => {
                let path = format!("{path}.over");
                let items = self.over(over, &path)?;
                if let Items::List(list) = &items
                    && (list.is_empty() || list.len() > MAX_ROUNDS)
                {
                    let message = format!("a repeat has from 1 to {MAX_ROUNDS} rounds");
                    self.problems.add(path, EntryPart::Value, message);
                }
                Some(items)
            }
            _ => {
                self.problems.add(path, EntryPart::Key, "a repeat has either `times` or `over`");
                None
            }
        }
    }

    /// Whether a turn occurs in this arm.
    pub(super) fn here(&mut self, only: Option<&[String]>, path: &str) -> bool {
        let Some(only) = only else { return true };
        if self.arms.is_empty() {
            return true;
        }
        if only.is_empty() {
            self.problems.add(format!("{path}.arms"), EntryPart::Value, "the turn occurs in no arm");
        }
        for (index, name) in only.iter().enumerate() {
            if !self.arms.contains(&name.as_str()) {
                let path = format!("{path}.arms[{index}]");
                let known = self.arms.iter().copied().filter(|name| !name.is_empty());
                let hint = suggestion(name, known);
                self.problems.add_help(path, EntryPart::Value, format!("there is no arm `{name}`"), hint);
            }
        }
        only.iter().any(|name| name == self.arm)
    }

    pub(super) fn enter(&mut self, path: String) -> usize {
        self.built.paths.push(path);
        self.built.paths.len() - 1
    }

    /// Says where a text of a step stands, if that is not the path of the step.
    pub(super) fn text(&mut self, step: usize, source: &str, path: String) {
        self.built.texts.push((step, source.to_owned(), path));
    }

    pub(super) fn identifier(&mut self, name: &str, what: &str, path: &str) {
        let taken = what == "variable" && (name == TURNS || name == ROUND);
        if !is_variable(name) || taken {
            let message = format!("`{name}` cannot name a {what}");
            let help =
                if taken { "it is a variable already" } else { "letters, digits and `_`, no digit first" };
            self.problems.add_help(path, EntryPart::Value, message, help);
        }
    }
}

/// An expression, with or without the braces of a template around it.
pub(super) fn expression(text: &str) -> String {
    let inner = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inner.unwrap_or(text).trim().to_owned()
}
