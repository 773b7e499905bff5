//! Scores: every scorer is built once for every case and arm that it will grade, so that nothing can
//! be wrong with it once the model has spoken.

use super::{Arm, dialogue::LiveTurn};
use crate::spec::{
    location::Part,
    problems::{Problems, is_name, listed, suggest},
    raw::RawProbe,
};
use indexmap::IndexMap;
use reports::record::{CaseRecord, ScoreRecord};
use scorers::{
    ValueKind,
    scorer::{ConfigError, ScorerConfig},
    template::{self, TemplateError},
};
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashSet};

/// Most different errors that are looked for in one score.
const MOST: usize = 10;

/// A score that can be computed.
pub(super) struct Score {
    /// What the record keeps.
    pub(super) record: ScoreRecord,
    /// The kind of its grades; none where the scorer is wrong.
    pub(super) kind: Option<ValueKind>,
    /// Whether its turn stands in a `repeat` in every arm, so that it has rounds.
    pub(super) rounds: bool,
}

/// What one case in one arm made of a scorer.
enum Attempt {
    Built { turn: String, others: Vec<String>, kind: ValueKind },
    Unrendered(String, TemplateError),
    Wrong(ConfigError),
}

/// Resolves all scores.
pub(super) fn resolve(
    raw: &RawProbe,
    arms: &[Arm],
    cases: &[CaseRecord],
    problems: &mut Problems,
) -> IndexMap<String, Score> {
    let mut scores = IndexMap::new();
    for (name, scorer) in &raw.score {
        if !is_name(name, false) {
            let message = format!("`{name}` cannot name a score: letters, digits, `-` and `_`");
            problems.add(format!("score.{name}"), Part::Key, message);
        }
        scores.insert(name.clone(), score(name, scorer, arms, cases, problems));
    }
    scores
}

fn score(name: &str, scorer: &Json, arms: &[Arm], cases: &[CaseRecord], problems: &mut Problems) -> Score {
    let path = format!("score.{name}");
    let attempts = attempts(scorer, arms, cases);
    let built = attempts.iter().find_map(|(_, _, attempt)| match attempt {
        Attempt::Built { turn, kind, .. } => Some((turn.as_str(), *kind)),
        _ => None,
    });
    let applies = |arm: &Arm| built.is_none_or(|(turn, _)| arm.dialogue.turn(turn).is_some());
    let several = cases.len() > 1;
    for (arm, case, attempt) in &attempts {
        // In an arm without the turn nothing is graded, so nothing has to be there either.
        if !applies(arm) {
            continue;
        }
        let at = if several && template_inside(scorer) {
            format!(", in the case `{case}`")
        } else {
            String::new()
        };
        match attempt {
            Attempt::Unrendered(inner, error) => {
                unrendered(&path, inner, error, scorer, arm, cases, &at, problems);
            }
            Attempt::Wrong(error) => wrong(&path, scorer, error, &at, problems),
            Attempt::Built { turn, .. } if built.is_some_and(|(first, _)| first != turn) => {
                problems.add(
                    place_of(&path, scorer, "turn"),
                    Part::Value,
                    "a score grades the same turn in every case",
                );
            }
            Attempt::Built { .. } => {}
        }
    }
    let mut rounds = built.is_some();
    let mut graded = Vec::new();
    if let Some((turn, _)) = built {
        for arm in arms.iter().filter(|arm| arm.dialogue.turn(turn).is_some()) {
            graded.push(arm.name.clone());
        }
        if graded.is_empty() && arms.iter().any(|arm| !arm.dialogue.turns.is_empty()) {
            no_turn(&path, scorer, turn, arms, problems);
        }
        for (arm, _, attempt) in &attempts {
            let Some(focus) = arm.dialogue.turn(turn) else { continue };
            rounds &= focus.repeat.is_some();
            if let Attempt::Built { others, .. } = attempt {
                others.iter().for_each(|other| other_turn(&path, scorer, focus, other, arm, arms, problems));
            }
        }
    }
    Score {
        record: ScoreRecord { scorer: scorer.clone(), arms: graded },
        kind: built.map(|(_, kind)| kind),
        rounds,
    }
}

/// Builds the scorer for every case and arm, each different configuration once.
fn attempts<'a>(scorer: &Json, arms: &'a [Arm], cases: &'a [CaseRecord]) -> Vec<(&'a Arm, &'a str, Attempt)> {
    let mut attempts = Vec::new();
    let mut wrong = 0;
    let fixed = !template_inside(scorer);
    for arm in arms {
        let mut seen = HashSet::new();
        for case in cases.iter().filter(|case| case.arm.as_ref().is_none_or(|own| *own == arm.name)) {
            let rendered = if fixed {
                Ok(scorer.clone())
            } else {
                template::render_value(scorer, &case.variables_in(Some(&arm.record)))
            };
            let attempt = match rendered {
                Err((path, error)) => Attempt::Unrendered(path, error),
                Ok(value) if !seen.insert(value.to_string()) => continue,
                Ok(value) => build(&value),
            };
            wrong += usize::from(!matches!(attempt, Attempt::Built { .. }));
            attempts.push((arm, case.id.as_str(), attempt));
            if fixed || wrong > MOST {
                break;
            }
        }
    }
    attempts
}

fn build(value: &Json) -> Attempt {
    let built = ScorerConfig::from_value(value).and_then(|config| {
        config.build()?;
        Ok(config)
    });
    match built {
        Ok(config) => {
            let parameters = config.parameters();
            Attempt::Built {
                turn: parameters.turn().to_owned(),
                others: parameters.other_turns().into_iter().map(str::to_owned).collect(),
                kind: parameters.kind(),
            }
        }
        Err(error) => Attempt::Wrong(error),
    }
}

fn template_inside(value: &Json) -> bool {
    match value {
        Json::String(text) => template::is_template(text),
        Json::Array(items) => items.iter().any(template_inside),
        Json::Object(fields) => fields.values().any(template_inside),
        _ => false,
    }
}

/// The text at a path below a scorer (`exact.text`, `all.of[1].exact.text`).
fn text_at<'a>(scorer: &'a Json, path: &str) -> Option<&'a str> {
    let pointer = path.replace('[', "/").replace(']', "").replace('.', "/");
    scorer.pointer(&format!("/{pointer}"))?.as_str()
}

#[expect(clippy::too_many_arguments, reason = "every one is needed to say where and why")]
fn unrendered(
    path: &str,
    inner: &str,
    error: &TemplateError,
    scorer: &Json,
    arm: &Arm,
    cases: &[CaseRecord],
    at: &str,
    problems: &mut Problems,
) {
    let place = format!("{path}.{inner}");
    let source = text_at(scorer, inner).unwrap_or_default();
    let mut known: BTreeSet<&str> = arm.record.set.keys().map(String::as_str).collect();
    known.extend(cases.iter().flat_map(|case| case.variables.keys()).map(String::as_str));
    for name in template::variables_of(source).unwrap_or_default() {
        let root = name.split('.').next().unwrap_or_default();
        if root == "turns" {
            let help = "a scorer that needs an earlier turn has a parameter for its name";
            let message = "the texts of a scorer are filled in before the model speaks";
            return problems.add_help(place, Part::Text(name.clone()), message, help);
        }
        if !known.contains(root) {
            let hint = suggest(root, known.iter().copied());
            let message = format!("there is no variable `{root}`");
            return problems.add_help(place, Part::Text(root.to_owned()), message, hint);
        }
    }
    let part = error.range.clone().and_then(|range| source.get(range)).unwrap_or_default();
    problems.add(place, Part::Text(part.trim().to_owned()), format!("{}{at}", error.message));
}

/// An error of the scorer itself, at the parameter that it names.
pub(super) fn wrong(path: &str, scorer: &Json, error: &ConfigError, at: &str, problems: &mut Problems) {
    let (message, help) = match error.message.split_once("; ") {
        Some((message, help)) => (message, Some(help)),
        None => (error.message.as_str(), None),
    };
    let unknown_key = ["unknown parameter", "unknown scorer", "unknown metric"]
        .iter()
        .any(|start| message.starts_with(start));
    let part = if unknown_key { Part::Key } else { Part::Value };
    let place = match scorer.as_object().and_then(|fields| fields.keys().next()) {
        Some(name) if error.parameter.is_empty() => format!("{path}.{name}"),
        Some(name) => format!("{path}.{name}.{}", error.parameter),
        None => path.to_owned(),
    };
    let message = format!("{message}{at}");
    match help {
        Some(help) => problems.add_help(place, part, message, help),
        None => problems.add(place, part, message),
    }
}

fn no_turn(path: &str, scorer: &Json, turn: &str, arms: &[Arm], problems: &mut Problems) {
    let known: BTreeSet<&str> =
        arms.iter().flat_map(|arm| &arm.dialogue.turns).map(|turn| turn.name.as_str()).collect();
    let message = format!("there is no live turn `{turn}`");
    problems.add_help(place_of(path, scorer, turn), Part::Value, message, suggest(turn, known));
}

/// A further turn that the scorer reads has to be there when the graded one is.
fn other_turn(
    path: &str,
    scorer: &Json,
    focus: &LiveTurn,
    other: &str,
    arm: &Arm,
    arms: &[Arm],
    problems: &mut Problems,
) {
    let Some(live) = arm.dialogue.turn(other) else {
        let has: Vec<&str> = arms
            .iter()
            .filter(|arm| arm.dialogue.turn(other).is_some())
            .map(|arm| arm.name.as_str())
            .collect();
        if has.is_empty() {
            return no_turn(path, scorer, other, arms, problems);
        }
        let message = format!("the turn `{other}` does not occur in the arm `{}`", arm.name);
        let help = format!("it occurs in {}", listed(&has));
        return problems.add_help(place_of(path, scorer, other), Part::Value, message, help);
    };
    if live.name != focus.name && !arm.dialogue.sees(focus, live) {
        let message = format!("the turn `{other}` is not said before `{}`", focus.name);
        problems.add(place_of(path, scorer, other), Part::Value, message);
    }
}

/// Path of the first parameter whose text is `text`, or else of the scorer.
fn place_of(path: &str, scorer: &Json, text: &str) -> String {
    fn find(value: &Json, text: &str, path: &str) -> Option<String> {
        match value {
            Json::String(found) => (found == text).then(|| path.to_owned()),
            Json::Array(items) => items
                .iter()
                .enumerate()
                .find_map(|(index, item)| find(item, text, &format!("{path}[{index}]"))),
            Json::Object(fields) => {
                fields.iter().find_map(|(key, item)| find(item, text, &format!("{path}.{key}")))
            }
            _ => None,
        }
    }
    find(scorer, text, path).unwrap_or_else(|| path.to_owned())
}
