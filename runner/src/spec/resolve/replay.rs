//! A replay: a recorded dialogue as a repeat whose rounds are the exchanges of it. It comes to steps that exist: what the other side said, a
//! fork that holds the reply, and what the person said in its place.

use super::dialogue::{Builder, Surroundings, expression};
use crate::spec::{
    location::EntryPart,
    raw::{RawReplay, RawTurn},
    scope::MAX_BRANCHES,
};
use reports::record::dialogue::{Items, Step};
use scorers::Role;

/// The variable that holds the exchange of the round: `before`, `heard`, `said`.
const EXCHANGE: &str = "exchange";

impl Builder<'_> {
    pub(super) fn replay(&mut self, replay: &RawReplay, path: &str, place: Surroundings) -> Option<Step> {
        if place.repeat.is_some() || place.fork.is_some() {
            let help = "it has rounds and forks of its own; put it beside";
            let message = "a replay stands neither in a repeat nor in a fork";
            self.problems.add_help(path, EntryPart::Key, message, help);
            self.refused = true;
            return None;
        }
        let samples = replay.samples.unwrap_or(1);
        if !(1..=MAX_BRANCHES).contains(&samples) {
            let message = format!("a replay has from 1 to {MAX_BRANCHES} samples");
            self.problems.add(format!("{path}.samples"), EntryPart::Value, message);
        }
        if self.last == Some(Role::User) {
            let help = "say it above all as `system`, or put it into the dialogue";
            let message = "a user turn stands before the replay, so the user would speak twice in a row";
            self.problems.add_help(path, EntryPart::Key, message, help);
        }
        for (turns, key) in [(&replay.reply_then, "reply_then"), (&replay.reference_then, "reference_then")] {
            for (index, turn) in turns.iter().enumerate() {
                if !matches!(turn, RawTurn::Speak(speak) if speak.ask.is_some()) {
                    let help = "`speak:` with `ask:` is private";
                    let message =
                        "only private turns stand in a replay, so that nothing is added to the dialogue";
                    self.problems.add_help(format!("{path}.{key}[{index}]"), EntryPart::Key, message, help);
                }
            }
        }
        let items = Items::Exchanges { over: expression(&replay.over), of: replay.of.clone() };
        let over = format!("{path}.over");
        let repeat = self.enter(path.to_owned());
        self.text(repeat, &expression(&replay.over), over.clone());
        let inside = Surroundings { repeat: Some(repeat), ..place };
        let mut steps = vec![self.quoted(Role::User, "heard", None, &over)];
        self.last = Some(Role::User);
        steps.extend(self.aside(replay, samples, path, inside));
        let reference = format!("{path}.reference");
        self.identifier(&replay.reference, "turn", &reference);
        if self.named(&replay.reference) {
            let message = format!("two turns have the name `{}`", replay.reference);
            self.problems.add(&reference, EntryPart::Value, message);
        }
        let name = replay.reference.as_str();
        steps.push(self.quoted(Role::Assistant, "said", Some((name, inside)), &over));
        self.last = Some(Role::Assistant);
        if !replay.reference_then.is_empty() {
            steps.extend(self.turns(&replay.reference_then, &format!("{path}.reference_then"), inside));
        }
        Some(Step::Repeat { items, variable: Some(EXCHANGE.to_owned()), until: None, steps })
    }

    /// The reply and what is asked about it, in a fork that has the name of the reply.
    fn aside(&mut self, replay: &RawReplay, samples: u32, path: &str, place: Surroundings) -> Option<Step> {
        let name = replay.model.name.clone();
        if self.forks.contains(&name) {
            let message =
                format!("two forks have the name `{name}`: that of a replay has the name of its reply");
            self.problems.add(format!("{path}.model"), EntryPart::Value, message);
        }
        self.forks.push(name.clone());
        let fork = self.enter(path.to_owned());
        let inside = Surroundings { fork: Some(fork), ..place };
        let mut steps = Vec::from_iter(self.model(&replay.model, &format!("{path}.model"), inside));
        if !replay.reply_then.is_empty() {
            steps.extend(self.turns(&replay.reply_then, &format!("{path}.reply_then"), inside));
        }
        Some(Step::Fork { name, items: None, variable: None, samples, steps })
    }

    /// A scripted turn that quotes the exchange.
    fn quoted(&mut self, role: Role, part: &str, name: Option<(&str, Surroundings)>, path: &str) -> Step {
        let step = self.enter(path.to_owned());
        if let Some((name, place)) = name {
            self.scripted(name, step, place);
        }
        let text = format!("{{{{ {EXCHANGE}.{part} }}}}");
        Step::Say { role, text, name: name.map(|(name, _)| name.to_owned()) }
    }
}
