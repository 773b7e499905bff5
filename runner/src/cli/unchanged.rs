//! Whether a spec still asks what was run: only then can its scores be laid over the transcripts of a run.

use crate::spec::{Dialogue, Items, Probe, Step, dialogues_of};
use reports::record::{ProbeRecord, Sampling};
use scorers::Role;

/// Characters of a text that are quoted.
const QUOTED: usize = 60;

/// What the spec asks otherwise than the record, a phrase each; nothing where it asks the same. How many samples were taken
/// and how they were drawn is the run's business.
pub(super) fn changes(old: &ProbeRecord, new: &Probe) -> Vec<String> {
    let mut changes = Vec::new();
    changes.extend(cases(old, &new.record));
    changes.extend(arms(old, &new.record));
    changes.extend(dialogues(old, new));
    let (then, now) = (sampling(&old.sampling), sampling(&new.record.sampling));
    if then != now && !old.resampled {
        changes.push(format!("its sampling was {then} and is {now}"));
    }
    changes
}

fn cases(old: &ProbeRecord, new: &ProbeRecord) -> Option<String> {
    let now = |id: &str| new.cases.iter().find(|case| case.id == id);
    let then = |id: &str| old.cases.iter().find(|case| case.id == id);
    let gone = old.cases.iter().find(|case| now(&case.id).is_none());
    let added = new.cases.iter().find(|case| then(&case.id).is_none());
    let other = old.cases.iter().find(|case| now(&case.id).is_some_and(|now| now != *case));
    match (gone, added, other) {
        (Some(case), ..) => Some(format!("the case `{}` was run and is gone", case.id)),
        (_, Some(case), _) => Some(format!("the case `{}` is new", case.id)),
        (.., Some(case)) => Some(format!("the case `{}` has changed", case.id)),
        (None, None, None) => None,
    }
}

/// Descriptions of arms are for readers; what they set counts.
fn arms(old: &ProbeRecord, new: &ProbeRecord) -> Option<String> {
    let gone = old.arms.keys().find(|name| !new.arms.contains_key(*name));
    let added = new.arms.keys().find(|name| !old.arms.contains_key(*name));
    let differs = |name: &&String| match (old.arms.get(*name), new.arms.get(*name)) {
        (Some(then), Some(now)) => then.set != now.set || then.templates != now.templates,
        _ => false,
    };
    let other = old.arms.keys().find(differs);
    match (gone, added, other) {
        (Some(name), ..) => Some(format!("{} was run and is gone", arm(name))),
        (_, Some(name), _) => Some(format!("{} is new", arm(name))),
        (.., Some(name)) => Some(format!("{} sets other variables", arm(name))),
        (None, None, None) => None,
    }
}

fn arm(name: &str) -> String {
    if name.is_empty() { "what every case shares".to_owned() } else { format!("the arm `{name}`") }
}

/// Where the dialogues first part, looked for in the steps and not in the text, so that nothing is made of comments.
fn dialogues(old: &ProbeRecord, new: &Probe) -> Option<String> {
    if old.source == new.record.source {
        return None;
    }
    let Some(dialogues) = dialogues_of(old) else {
        return Some("this version of Grice cannot read the text of the spec that was run".to_owned());
    };
    new.dialogues.iter().find_map(|(name, now)| {
        let (then, now) = parting(dialogues.get(name)?, now)?;
        let of = if name.is_empty() { String::new() } else { format!(" of the arm `{name}`") };
        Some(format!("the dialogue{of} had {then} where it has {now}"))
    })
}

/// The first step that two dialogues do not share.
fn parting(then: &Dialogue, now: &Dialogue) -> Option<(String, String)> {
    let end = || "nothing more".to_owned();
    for index in 0..then.len().max(now.len()) {
        match (then.get(index), now.get(index)) {
            (Some(then), Some(now)) => match of_steps(then, now) {
                None => continue,
                parts => return parts,
            },
            (then, now) => return Some((then.map_or_else(end, shown), now.map_or_else(end, shown))),
        }
    }
    None
}

fn of_steps(then: &Step, now: &Step) -> Option<(String, String)> {
    let both = || Some((shown(then), shown(now)));
    match (then, now) {
        (Step::Generate { name: a, sampling: x }, Step::Generate { name: b, sampling: y }) => {
            if a == b && sampling(x) == sampling(y) { None } else { both() }
        }
        (
            Step::Repeat { items: a, variable: x, steps: before },
            Step::Repeat { items: b, variable: y, steps: after },
        ) => {
            if (a, x) == (b, y) {
                parting(before, after)
            } else {
                both()
            }
        }
        (
            Step::Fork { name: a, samples: x, steps: before },
            Step::Fork { name: b, samples: y, steps: after },
        ) => {
            if (a, x) == (b, y) {
                parting(before, after)
            } else {
                both()
            }
        }
        (then, now) if then == now => None,
        (Step::Say { role: a, text: then }, Step::Say { role: b, text: now }) if a == b => {
            let from = parted(then, now);
            let rest = |text: &str| format!("{} {}", speaker(*a), quoted(text, from));
            Some((rest(then), rest(now)))
        }
        _ => both(),
    }
}

/// So many characters of two texts can be left out for where they part to be seen.
fn parted(one: &str, other: &str) -> usize {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    if same < QUOTED { 0 } else { same - QUOTED / 2 }
}

fn shown(step: &Step) -> String {
    match step {
        Step::Say { role, text } => format!("{} {}", speaker(*role), quoted(text, 0)),
        Step::Generate { name, sampling: own } => format!("the live turn `{name}` ({})", sampling(own)),
        Step::Repeat { items, .. } => match items {
            Items::Times(times) => format!("a repeat of {times} rounds"),
            Items::Over(expression) => format!("a repeat over {}", quoted(expression, 0)),
            Items::List(items) => format!("a repeat over a list of {}", items.len()),
        },
        Step::Fork { name, samples, .. } => format!("the fork `{name}` of {samples}"),
    }
}

fn speaker(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// A text from a character on, in quotation marks.
fn quoted(text: &str, from: usize) -> String {
    let short: String = text.chars().skip(from).take(QUOTED).collect();
    let (begin, end) = (from > 0, text.chars().count() > from + QUOTED);
    let dots = |cut: bool| if cut { "…" } else { "" };
    format!("{}{short:?}{}", dots(begin), dots(end))
}

/// Sampling in words, without what an engine may have been unable to do.
fn sampling(sampling: &Sampling) -> String {
    let Sampling { temperature, max_tokens, top_p, top_k, min_p, stop, coupling: _ } = sampling;
    let mut parts = vec![format!("temperature {temperature}"), format!("max_tokens {max_tokens}")];
    parts.extend(top_p.map(|share| format!("top_p {share}")));
    parts.extend(top_k.map(|count| format!("top_k {count}")));
    parts.extend(min_p.map(|share| format!("min_p {share}")));
    parts.extend((!stop.is_empty()).then(|| format!("stop {stop:?}")));
    parts.join(", ")
}
