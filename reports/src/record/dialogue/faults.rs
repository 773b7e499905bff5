//! What cannot be in a dialogue, wherever it comes from: a spec of today, or a record that somebody has written by hand.

use super::{Ask, Items, Prompt, Speak, Step, named, spoken};
use scorers::{Role, Speaker};
use std::collections::BTreeSet;

/// How deep forks stand in each other, at most: a grade has one branch. Repeats likewise: it has one round.
pub const DEPTH: usize = 1;

/// The first thing that is wrong with a dialogue that these speakers play, for people; none where all is well.
pub fn fault(steps: &[Step], speakers: &BTreeSet<&Speaker>) -> Option<String> {
    let turns = spoken(steps);
    let stranger = turns.iter().find(|turn| !speakers.contains(&turn.speaker));
    if let Some(turn) = stranger {
        let known: Vec<String> = speakers.iter().map(|speaker| format!("`{speaker}`")).collect();
        return Some(format!(
            "the turn `{}` is spoken by `{}`, whom nobody plays; the cast has {}",
            turn.name,
            turn.speaker,
            known.join(", ")
        ));
    }
    let mut names = BTreeSet::new();
    if let Some(turn) = turns.iter().find(|turn| !names.insert(turn.name.clone())) {
        return Some(format!("two turns have the name `{}`", turn.name));
    }
    if let Some(name) = named(steps).into_iter().find(|name| !names.insert((*name).to_owned())) {
        return Some(format!("two turns have the name `{name}`"));
    }
    let few = turns.iter().find(|turn| matches!(&turn.ask, Ask::Choose { options } if options.len() < 2));
    if let Some(turn) = few {
        return Some(format!("the turn `{}` is a choice among fewer than two options", turn.name));
    }
    turns.iter().find_map(|turn| of_prompt(turn)).or_else(|| nested(steps, 0, 0))
}

/// A speaker is told what only it knows once, at the beginning: a goal that stands there twice weighs twice.
fn of_prompt(turn: &Speak) -> Option<String> {
    let Prompt::Own { messages } = &turn.prompt else { return None };
    let name = &turn.name;
    if messages.is_empty() {
        return Some(format!("the turn `{name}` has a context of its own with nothing in it"));
    }
    let told_again = messages.iter().skip(1).any(|message| message.role == Role::System);
    told_again.then(|| {
        format!("the turn `{name}` is told something by the system after its first message; a system message only opens a context")
    })
}

fn nested(steps: &[Step], forks: usize, repeats: usize) -> Option<String> {
    steps.iter().find_map(|step| match step {
        Step::Say { .. } | Step::Speak(_) => None,
        Step::Fork { name, .. } if forks == DEPTH => {
            Some(format!("the fork `{name}` stands inside of a fork"))
        }
        Step::Fork { name, samples: 0, .. } => Some(format!("the fork `{name}` has no samples")),
        Step::Fork { steps, .. } => nested(steps, forks + 1, repeats),
        Step::Repeat { .. } if repeats == DEPTH => Some("a repeat stands inside of a repeat".to_owned()),
        Step::Repeat { items: Items::Times(0), .. } => Some("a repeat has no rounds".to_owned()),
        Step::Repeat { steps, .. } => nested(steps, forks, repeats + 1),
    })
}
