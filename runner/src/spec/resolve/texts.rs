//! Renders every text of every case in every arm, with something in place of the replies, and
//! explains what cannot be rendered.

use super::arm::Arm;
use crate::spec::{
    location::EntryPart,
    problems::{Problems, suggestion},
    rehearse::{Failure, rehearse},
    scope::{ROUND, Scope, TURNS},
};
use reports::record::{
    CaseRecord, Unfilled,
    dialogue::{Items, Step},
};
use scorers::template::{self, TemplateError, Variables};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Something wrong with one text.
struct Finding {
    part: EntryPart,
    message: String,
    help: Option<String>,
}

/// Checks the texts of all dialogues.
///
/// Texts that use one of the constants in `unread` are left alone.
pub(super) fn check(arms: &[Arm], cases: &[CaseRecord], unread: &BTreeSet<String>, problems: &mut Problems) {
    let everywhere: BTreeSet<&str> =
        arms.iter().flat_map(|arm| &arm.dialogue.turns).map(|turn| turn.name.as_str()).collect();
    for arm in arms {
        let reported = unknown_names(arm, cases, &everywhere, problems);
        // What fails in many cases is said once, with the first case and the number of the others.
        let mut found: BTreeMap<(String, String), (Finding, Vec<&str>)> = BTreeMap::new();
        let mut unset: BTreeMap<(String, String), (Finding, Vec<&str>)> = BTreeMap::new();
        for case in arm.cases(cases) {
            let (variables, unfilled) = arm.variables(case);
            for one in unfilled {
                let (path, finding) = of_set(arm, cases, one, unread);
                let Some(finding) = finding else { continue };
                let key = (path, finding.message.clone());
                unset.entry(key).or_insert_with(|| (finding, Vec::new())).1.push(&case.id);
            }
            let mut hear = |failure: Failure<'_>| {
                let Some(path) = arm.dialogue.path_of(failure.step, failure.source) else { return };
                if reported.contains(path) || uses(failure.source, unread) {
                    return;
                }
                for finding in explain(&failure, arm) {
                    let key = (path.to_owned(), finding.message.clone());
                    let (_, cases) = found.entry(key).or_insert_with(|| (finding, Vec::new()));
                    if cases.last() != Some(&case.id.as_str()) {
                        cases.push(&case.id);
                    }
                }
            };
            rehearse(&arm.dialogue.steps, variables, &mut hear);
            if found.len() > 100 {
                break;
            }
        }
        let runs = arm.cases(cases).count();
        let placed = found.into_iter().map(|((path, _), (finding, failing))| (path, finding, failing));
        let unset = unset.into_iter().map(|((path, _), (finding, failing))| (path, finding, failing));
        for (path, finding, failing) in unset.chain(placed).collect::<Vec<_>>() {
            let mut message = finding.message;
            if let Some(first) = failing.first().filter(|_| failing.len() < runs) {
                message.push_str(&format!(", in the case `{first}`"));
                if failing.len() > 1 {
                    message.push_str(&format!(" and {} more", failing.len() - 1));
                }
            }
            match finding.help {
                Some(help) => problems.add_help(path, finding.part, message, help),
                None => problems.add(path, finding.part, message),
            }
        }
    }
}

/// Where a text under `set` stands that cannot be filled in, and why; nothing where a constant could not be read.
fn of_set(
    arm: &Arm,
    cases: &[CaseRecord],
    unfilled: Unfilled,
    unread: &BTreeSet<String>,
) -> (String, Option<Finding>) {
    let Unfilled { variable, path, error } = unfilled;
    let value = arm.record.set.get(&variable).unwrap_or(&Json::Null);
    let pointer = path.replace('[', "/").replace(']', "").replace('.', "/");
    let inner = if pointer.is_empty() {
        Some(value)
    } else {
        value.pointer(&format!("/{}", pointer.trim_start_matches('/')))
    };
    let source = inner.and_then(Json::as_str).unwrap_or_default();
    let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    let place = format!("arms.{}.set.{variable}{dot}{path}", arm.name);
    if uses(source, unread) {
        return (place, None);
    }
    let names = arm.names(cases);
    let unknown = names_in(source).into_iter().find_map(|name| {
        let root = name.split('.').next().unwrap_or_default().to_owned();
        let (message, help) = if root == TURNS || root == ROUND {
            let message = format!(
                "`{root}` is not known here: the texts under `set` are filled in before anybody speaks"
            );
            (message, "write it into the text of the turn".to_owned())
        } else if let Some(later) = arm.record.templates.iter().position(|own| *own == root) {
            let own = arm.record.templates.iter().position(|own| *own == variable);
            if own.is_none_or(|own| later < own) {
                return None;
            }
            let message = format!(
                "`{root}` is filled in later: the texts under `set` are filled in as they are written"
            );
            (
                message,
                format!(
                    "write `{variable}` below it; under its own name a text sees only what the case has there"
                ),
            )
        } else if names.contains(root.as_str()) {
            return None;
        } else {
            (format!("there is no variable `{root}`"), suggestion(&root, names.iter().copied()))
        };
        Some(Finding { part: EntryPart::Text(root), message, help: Some(help) })
    });
    (place, Some(unknown.unwrap_or_else(|| of_error(&error, source))))
}

/// Names in texts that exist nowhere, whether or not the text would get to them. Returns the paths of the texts that have been
/// reported.
fn unknown_names(
    arm: &Arm,
    cases: &[CaseRecord],
    turns: &BTreeSet<&str>,
    problems: &mut Problems,
) -> BTreeSet<String> {
    let mut reported = BTreeSet::new();
    let mut known = arm.names(cases);
    known.extend([TURNS]);
    let mut repeats = Vec::new();
    collect_sources(&arm.dialogue.steps, 0, &mut repeats);
    for (step, source, bound) in repeats {
        let expression = source.strip_prefix("{{ ").and_then(|rest| rest.strip_suffix(" }}"));
        let own = arm.dialogue.path_of(step, expression.unwrap_or(&source));
        // A speaker is told the same in each of its turns.
        let Some(path) = own.map(str::to_owned).filter(|path| !reported.contains(path)) else { continue };
        let mut visible = known.clone();
        visible.extend(bound);
        let names = match template::variables_of(&source) {
            Ok(names) => names,
            Err(error) => {
                let Finding { part, message, help } = of_error(&error, &source);
                match help {
                    Some(help) => problems.add_help(&path, part, message, help),
                    None => problems.add(&path, part, message),
                }
                reported.insert(path);
                continue;
            }
        };
        for name in names {
            let mut parts = name.split('.');
            let root = parts.next().unwrap_or_default();
            if root == TURNS {
                if let Some(turn) = parts.next().filter(|turn| !turns.contains(turn)) {
                    let message = format!("there is no live turn `{turn}`");
                    let hint = suggestion(turn, turns.iter().copied());
                    problems.add_help(&path, EntryPart::Text(format!("{TURNS}.{turn}")), message, hint);
                    reported.insert(path.clone());
                }
            } else if !visible.contains(root) {
                let message = format!("there is no variable `{root}`");
                let hint = suggestion(root, visible.iter().copied());
                problems.add_help(&path, EntryPart::Text(root.to_owned()), message, hint);
                reported.insert(path.clone());
            }
        }
    }
    reported
}

/// Every template with the number of its step and the variables that only exist there. An expression
/// is put in braces, to be looked at like a text.
fn collect_sources<'a>(steps: &'a [Step], first: usize, found: &mut Vec<(usize, String, Vec<&'a str>)>) {
    fn walk<'a>(
        steps: &'a [Step],
        first: usize,
        bound: &[&'a str],
        found: &mut Vec<(usize, String, Vec<&'a str>)>,
    ) {
        let mut index = first;
        for step in steps {
            match step {
                Step::Say { text, .. } => found.push((index, text.clone(), bound.to_vec())),
                Step::Speak(speak) => {
                    found.extend(speak.texts().map(|text| (index, text.to_owned(), bound.to_vec())));
                }
                Step::Repeat { items, variable, until, steps } => {
                    if let Items::Over(expression) | Items::Exchanges { over: expression, .. } = items {
                        found.push((index, format!("{{{{ {expression} }}}}"), bound.to_vec()));
                    }
                    let mut inside = bound.to_vec();
                    inside.push(ROUND);
                    inside.extend(variable.as_deref());
                    if let Some(expression) = until {
                        found.push((index, format!("{{{{ {expression} }}}}"), inside.clone()));
                    }
                    walk(steps, index + 1, &inside, found);
                    index += crate::spec::rehearse::size(steps);
                }
                Step::Fork { items, variable, steps, .. } => {
                    if let Some(Items::Over(expression)) = items {
                        found.push((index, format!("{{{{ {expression} }}}}"), bound.to_vec()));
                    }
                    let mut inside = bound.to_vec();
                    inside.extend(variable.as_deref());
                    walk(steps, index + 1, &inside, found);
                    index += crate::spec::rehearse::size(steps);
                }
            }
            index += 1;
        }
    }
    walk(steps, first, &[], found);
}

/// The variables that some text of an arm's dialogue, or one of its templates under `set`, takes values from.
pub(super) fn names_said(arm: &Arm) -> BTreeSet<String> {
    let mut sources = Vec::new();
    collect_sources(&arm.dialogue.steps, 0, &mut sources);
    let mut names: BTreeSet<String> = sources.iter().flat_map(|(_, source, _)| roots(source)).collect();
    for value in arm.record.templates.iter().filter_map(|name| arm.record.set.get(name)) {
        collect_texts(value, &mut |text| names.extend(roots(text)));
    }
    names
}

fn collect_texts(value: &Json, hear: &mut dyn FnMut(&str)) {
    match value {
        Json::String(text) => hear(text),
        Json::Array(items) => items.iter().for_each(|item| collect_texts(item, hear)),
        Json::Object(fields) => fields.values().for_each(|item| collect_texts(item, hear)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// The variables of a text, without what is taken out of them.
pub(super) fn roots(text: &str) -> BTreeSet<String> {
    let names = template::variables_of(text).unwrap_or_default();
    names.iter().map(|name| name.split('.').next().unwrap_or_default().to_owned()).collect()
}

/// The lists that an arm's repeats and grids go over, as far as the spec writes them there, each with its path.
pub(super) fn lists(arm: &Arm) -> Vec<(String, &Vec<Json>)> {
    fn walk<'a>(arm: &'a Arm, steps: &'a [Step], first: usize, found: &mut Vec<(String, &'a Vec<Json>)>) {
        let mut index = first;
        for step in steps {
            if let Step::Repeat { items: Items::List(list), .. }
            | Step::Fork { items: Some(Items::List(list)), .. } = step
                && let Some(path) = arm.dialogue.paths.get(index)
            {
                found.push((format!("{path}.over"), list));
            }
            if let Step::Repeat { steps, .. } | Step::Fork { steps, .. } = step {
                walk(arm, steps, index + 1, found);
                index += crate::spec::rehearse::size(steps);
            }
            index += 1;
        }
    }
    let mut found = Vec::new();
    walk(arm, &arm.dialogue.steps, 0, &mut found);
    found
}

/// Whether a text, or an expression, uses one of some variables.
pub(super) fn uses(source: &str, variables: &BTreeSet<String>) -> bool {
    !variables.is_empty()
        && names_in(source).iter().any(|name| variables.contains(name.split('.').next().unwrap_or_default()))
}

/// The variables of a text, or of an expression without braces.
fn names_in(source: &str) -> BTreeSet<String> {
    let source = match template::is_template(source) {
        true => source.to_owned(),
        false => format!("{{{{ {source} }}}}"),
    };
    template::variables_of(&source).unwrap_or_default()
}

/// Why a text could not be rendered: every name that is not there, or else what the template
/// engine says.
fn explain(failure: &Failure<'_>, arm: &Arm) -> Vec<Finding> {
    let source = failure.source;
    if failure.filled {
        let (message, help) = (failure.error.message.clone(), failure.error.help.clone());
        return vec![Finding { part: EntryPart::Value, message, help }];
    }
    let names = names_in(source);
    let mut findings = Vec::new();
    for name in &names {
        let mut parts = name.split('.');
        let root = parts.next().unwrap_or_default();
        if root == TURNS {
            let missing = |turn: &&str| !was_said(turn, failure.scope);
            match parts.next() {
                Some(turn) if missing(&turn) => findings.push(missing_turn(turn, failure.step, arm)),
                _ => findings.extend(unknown_field(name, failure.scope.variables())),
            }
        } else if !failure.scope.variables().contains_key(root) {
            let message = format!("the variable `{root}` is not defined");
            findings.push(Finding { part: EntryPart::Text(root.to_owned()), message, help: None });
        } else {
            findings.extend(unknown_field(name, failure.scope.variables()));
        }
    }
    if findings.is_empty() {
        findings.push(of_error(&failure.error, source));
    }
    findings
}

/// That a part of a dotted name is not there, if so.
fn unknown_field(name: &str, variables: &Variables) -> Option<Finding> {
    let (value, missing) = missing_field(name, variables)?;
    let known = value.as_object().map(|map| map.keys().map(String::as_str).collect::<Vec<_>>());
    let help = known.map(|known| suggestion(missing, known));
    let message = format!("`{name}` is not defined: there is no `{missing}`");
    Some(Finding { part: EntryPart::Text(name.to_owned()), message, help })
}

fn was_said(turn: &str, scope: &Scope) -> bool {
    scope.variables().get(TURNS).and_then(|turns| turns.get(turn)).is_some()
}

fn missing_turn(turn: &str, step: usize, arm: &Arm) -> Finding {
    let (message, help) = match arm.dialogue.turn(turn) {
        None => (format!("the turn `{turn}` does not occur in the arm `{}`", arm.name), None),
        Some(live) if live.fork.is_some() => {
            (format!("the turn `{turn}` belongs to a fork and cannot be seen outside of it"), None)
        }
        Some(live) if live.repeat.is_some() && live.step >= step => {
            let help = format!("in the first round there is none yet: `{{% if turns.{turn} is defined %}}`");
            (format!("the turn `{turn}` comes later in the round"), Some(help))
        }
        Some(_) => (format!("the turn `{turn}` comes later"), None),
    };
    Finding { part: EntryPart::Text(format!("{TURNS}.{turn}")), message, help }
}

/// The first part of a dotted name that is not there, and the value that should have it.
fn missing_field<'a>(name: &'a str, variables: &'a Variables) -> Option<(&'a Json, &'a str)> {
    let mut parts = name.split('.');
    let mut value = variables.get(parts.next()?)?;
    for part in parts {
        match value.get(part) {
            Some(inner) => value = inner,
            None if value.is_object() => return Some((value, part)),
            None => return None,
        }
    }
    None
}

/// The template engine's own words, at its own place.
fn of_error(error: &TemplateError, source: &str) -> Finding {
    let place = error.range.clone().and_then(|range| source.get(range)).map(str::trim).unwrap_or_default();
    Finding {
        part: EntryPart::Text(place.to_owned()),
        message: error.message.clone(),
        help: error.help.clone(),
    }
}
