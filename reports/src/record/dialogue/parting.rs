//! Where two dialogues part: looked for in their steps, so that nothing is made of comments and quotation marks.

use super::{Ask, Items, Prompt, Speak, Step};
use crate::record::Sampling;
use scorers::Role;

/// Characters of a text that are quoted.
const QUOTED: usize = 60;

/// What the first has where it parts from the other, and what the other has there, for people; none where they ask the same.
/// `sampling` says whether how turns are sampled counts; whether draws are coupled never does.
pub fn parting(then: &[Step], now: &[Step], sampling: bool) -> Option<(String, String)> {
    let end = || "nothing more".to_owned();
    for index in 0..then.len().max(now.len()) {
        match (then.get(index), now.get(index)) {
            (Some(then), Some(now)) => match of_steps(then, now, sampling) {
                None => {}
                parts => return parts,
            },
            (then, now) => return Some((then.map_or_else(end, shown), now.map_or_else(end, shown))),
        }
    }
    None
}

fn of_steps(then: &Step, now: &Step, sampling: bool) -> Option<(String, String)> {
    let both = || {
        let (one, other) = (shown(then), shown(now));
        // What words do not show is shown as the record has it.
        if one == other { in_full(then, now) } else { Some((one, other)) }
    };
    match (then, now) {
        (Step::Speak(a), Step::Speak(b)) => {
            let same = Speak { sampling: a.sampling.clone(), ..(**b).clone() } == **a;
            let sampled = !sampling || in_words(&a.sampling) == in_words(&b.sampling);
            if same && sampled { None } else { both() }
        }
        (
            Step::Repeat { items: a, variable: x, until: u, steps: before },
            Step::Repeat { items: b, variable: y, until: v, steps: after },
        ) if (a, x, u) == (b, y, v) => parting(before, after, sampling),
        (
            Step::Fork { name: a, items: i, variable: v, samples: x, steps: before },
            Step::Fork { name: b, items: j, variable: w, samples: y, steps: after },
        ) if (a, i, v, x) == (b, j, w, y) => parting(before, after, sampling),
        (then, now) if then == now => None,
        (Step::Say { role: a, text: then, name: x }, Step::Say { role: b, text: now, name: y })
            if (a, x) == (b, y) =>
        {
            let from = parted(then, now);
            let rest = |text: &str| format!("{} {}", a.word(), quoted(text, from));
            Some((rest(then), rest(now)))
        }
        _ => both(),
    }
}

/// Two steps as a record has them, from where they part.
fn in_full(then: &Step, now: &Step) -> Option<(String, String)> {
    let (one, other) = (serde_json::to_string(then).ok()?, serde_json::to_string(now).ok()?);
    let from = parted(&one, &other);
    Some((quoted(&one, from), quoted(&other, from)))
}

/// So many characters of two texts can be left out for where they part to be seen.
fn parted(one: &str, other: &str) -> usize {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    if same < QUOTED { 0 } else { same - QUOTED / 2 }
}

fn shown(step: &Step) -> String {
    match step {
        Step::Say { role, text, name: Some(name) } => {
            format!("{} `{name}` {}", role.word(), quoted(text, 0))
        }
        Step::Say { role, text, name: None } => format!("{} {}", role.word(), quoted(text, 0)),
        Step::Speak(speak) => of_turn(speak),
        Step::Repeat { items, until, .. } => {
            let until =
                until.as_ref().map_or_else(String::new, |until| format!(" until {}", quoted(until, 0)));
            match items {
                Items::Times(times) => format!("a repeat of {times} rounds{until}"),
                Items::Over(expression) => format!("a repeat over {}{until}", quoted(expression, 0)),
                Items::Exchanges { over, of } => {
                    format!("a replay of {} over {}", quoted(of, 0), quoted(over, 0))
                }
                Items::List(items) => format!("a repeat over a list of {}{until}", items.len()),
            }
        }
        Step::Fork { name, items, samples, .. } => {
            let over = match items {
                None => String::new(),
                Some(Items::Times(times)) => format!(" for each of {times} items"),
                Some(Items::Over(expression) | Items::Exchanges { over: expression, .. }) => {
                    format!(" over {}", quoted(expression, 0))
                }
                Some(Items::List(items)) => format!(" over a list of {}", items.len()),
            };
            format!("the fork `{name}` of {samples}{over}")
        }
    }
}

fn of_turn(speak: &Speak) -> String {
    let mut parts = Vec::new();
    if !speak.speaker.is_model() {
        parts.push(format!("by `{}`", speak.speaker));
    }
    if speak.role != Role::Assistant {
        parts.push(format!("as {}", speak.role.word()));
    }
    if speak.private {
        parts.push("private".to_owned());
    }
    match &speak.prompt {
        Prompt::Dialogue => {}
        Prompt::Reversed { system: None } => parts.push("from the other side".to_owned()),
        Prompt::Reversed { system: Some(text) } => {
            parts.push(format!("from the other side, told {}", quoted(text, 0)));
        }
        Prompt::Own { messages } => {
            let last = messages.last().map_or("", |message| message.text.as_str());
            parts.push(format!("in a context of its own that ends {}", quoted(last, 0)));
        }
    }
    match &speak.ask {
        Ask::Text => {}
        Ask::Json { say: None, .. } => parts.push("as JSON".to_owned()),
        Ask::Json { say: Some(field), .. } => {
            parts.push(format!("as JSON, of which {} is said", quoted(field, 0)));
        }
        Ask::Choose { options } => parts.push(format!("one of {}", quoted(&options.join(", "), 0))),
    }
    parts.push(in_words(&speak.sampling));
    format!("the live turn `{}` ({})", speak.name, parts.join(", "))
}

/// A text from a character on, in quotation marks.
fn quoted(text: &str, from: usize) -> String {
    let short: String = text.chars().skip(from).take(QUOTED).collect();
    let (begin, end) = (from > 0, text.chars().count() > from + QUOTED);
    let dots = |cut: bool| if cut { "…" } else { "" };
    format!("{}{short:?}{}", dots(begin), dots(end))
}

/// Sampling in words, without what an engine may have been unable to do.
pub fn in_words(sampling: &Sampling) -> String {
    let Sampling { temperature, max_tokens, top_p, top_k, min_p, stop, coupling: _ } = sampling;
    let mut parts = vec![format!("temperature {temperature}"), format!("max_tokens {max_tokens}")];
    parts.extend(top_p.map(|share| format!("top_p {share}")));
    parts.extend(top_k.map(|count| format!("top_k {count}")));
    parts.extend(min_p.map(|share| format!("min_p {share}")));
    parts.extend((!stop.is_empty()).then(|| format!("stop {stop:?}")));
    parts.join(", ")
}
