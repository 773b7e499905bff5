//! Scores: every scorer is built once for every case and arm that it will grade, so that nothing can
//! be wrong with it once the model has spoken.

use super::{arm::Arm, dialogue::LiveTurn, said::said_by, texts::uses};
use crate::spec::{
    location::EntryPart,
    problems::{Problems, is_name, listed, suggestion},
    raw::RawProbe,
};
use indexmap::IndexMap;
use reports::record::{CaseRecord, ScoreRecord};
use scorers::{
    ValueKind,
    scorer::{ConfigError, CutOff, Filled, ScorerConfig},
    template::{self, TemplateError, Variables},
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
    /// The variables of data that its texts say.
    pub(super) said: BTreeSet<String>,
}

/// What one case in one arm made of a scorer.
struct Attempt {
    /// What it grades, where that can be told in spite of what is wrong.
    reads: Option<Reads>,
    /// Texts that could not be filled in, by path.
    unrendered: Vec<(String, TemplateError)>,
    /// What else is wrong.
    wrong: Vec<ConfigError>,
    /// Where a number of data became a text.
    said: Vec<String>,
}

/// The turns that a scorer reads, and the kind of its grades.
struct Reads {
    turn: String,
    others: Vec<String>,
    beside: Vec<String>,
    kind: ValueKind,
}

impl Attempt {
    fn is_fine(&self) -> bool {
        self.unrendered.is_empty() && self.wrong.is_empty()
    }
}

/// Scores of one probe, at most: some patterns take several milliseconds each to be read.
const MOST_SCORES: usize = 500;

/// Resolves all scores.
pub(super) fn resolve(
    raw: &RawProbe,
    arms: &[Arm],
    cases: &[CaseRecord],
    unread: &BTreeSet<String>,
    problems: &mut Problems,
) -> IndexMap<String, Score> {
    let mut scores = IndexMap::new();
    if raw.score.len() > MOST_SCORES {
        let help = "split the probe in several";
        problems.add_help("score", EntryPart::Key, format!("a probe has at most {MOST_SCORES} scores"), help);
        return scores;
    }
    for (name, scorer) in &raw.score {
        if !is_name(name, false) {
            let message = format!("`{name}` cannot name a score: letters, digits, `-` and `_`");
            problems.add(format!("score.{name}"), EntryPart::Key, message);
        }
        scores.insert(name.clone(), score(name, scorer, arms, cases, unread, problems));
    }
    scores
}

fn score(
    name: &str,
    scorer: &Json,
    arms: &[Arm],
    cases: &[CaseRecord],
    unread: &BTreeSet<String>,
    problems: &mut Problems,
) -> Score {
    let path = format!("score.{name}");
    let attempts = attempts(scorer, arms, cases);
    let built = attempts.iter().find_map(|(_, _, attempt)| {
        let reads = attempt.reads.as_ref()?;
        Some((reads.turn.as_str(), attempt.is_fine().then_some(reads.kind)))
    });
    let applies = |arm: &Arm| built.is_none_or(|(turn, _)| arm.dialogue.turn(turn).is_some());
    // A turn that exists nowhere hides nothing else.
    let nowhere = !arms.iter().any(applies);
    let several = cases.len() > 1;
    // What stands for a constant that could not be read fits nowhere.
    let blind = any_text(scorer, &|text| template::is_template(text) && uses(text, unread));
    for (arm, case, attempt) in &attempts {
        // In an arm without the turn nothing is graded, so nothing has to be there either.
        if !applies(arm) && !nowhere {
            continue;
        }
        let at = if several && template_inside(scorer) {
            format!(", in the case `{case}`")
        } else {
            String::new()
        };
        let said = |inner: &str| !uses(text_at(scorer, inner).unwrap_or_default(), unread);
        for (inner, error) in attempt.unrendered.iter().filter(|(inner, _)| said(inner)) {
            unrendered(&path, inner, error, scorer, arm, cases, &at, problems);
        }
        if !blind {
            for error in &attempt.wrong {
                // What is wrong in every case is said once, and of none.
                let everywhere = attempts.iter().all(|(_, _, other)| other.wrong.contains(error));
                // So is what is wrong in the same way in many: with the first, and how many more there are.
                let same =
                    |(_, _, other): &&(&Arm, &str, Attempt)| other.wrong.iter().any(|one| alike(one, error));
                let alike = attempts.iter().filter(same).count();
                let first = attempts.iter().find(same).is_some_and(|(_, first, _)| first == case);
                if !everywhere && !first {
                    continue;
                }
                let more = if alike > 1 { format!("{at} and others") } else { at.clone() };
                wrong(&path, scorer, error, if everywhere { "" } else { &more }, problems);
            }
        }
        let turn = attempt.reads.as_ref().map(|reads| reads.turn.as_str());
        if attempt.is_fine() && built.is_some_and(|(first, _)| Some(first) != turn) {
            let message = "a score grades the same turn in every case";
            problems.add(place_of(&path, scorer, "turn"), EntryPart::Value, message);
        }
    }
    let mut rounds = built.is_some();
    let mut graded = Vec::new();
    let mut cut_off = CutOff::Unscored;
    if let Some((turn, _)) = built {
        let mut ways = Vec::new();
        for arm in arms {
            let Some(live) = arm.dialogue.turn(turn) else { continue };
            graded.push(arm.name.clone());
            ways.push(live.cut_off);
        }
        cut_off = ways.first().copied().unwrap_or_default();
        if ways.iter().any(|way| *way != cut_off) {
            let message = format!("the turn `{turn}` says different things of `cut_off` in different arms");
            problems.add_help(
                &path,
                EntryPart::Key,
                message,
                "arms that are graded in two ways cannot be compared",
            );
        }
        if graded.is_empty() && arms.iter().any(|arm| !arm.dialogue.turns.is_empty()) {
            no_turn(&path, scorer, turn, arms, problems);
        }
        for (arm, _, attempt) in &attempts {
            let Some(focus) = arm.dialogue.turn(turn) else { continue };
            rounds &= focus.repeat.is_some();
            for other in attempt.reads.iter().flat_map(|reads| &reads.others) {
                other_turn(&path, scorer, focus, other, arm, arms, problems);
            }
            for other in attempt.reads.iter().flat_map(|reads| &reads.beside) {
                turn_beside(&path, scorer, focus, other, arm, arms, problems);
            }
        }
    }
    Score {
        record: ScoreRecord { scorer: scorer.clone(), arms: graded, cut_off },
        kind: built.and_then(|(_, kind)| kind),
        rounds,
        said: said_by(
            scorer,
            &attempts.iter().flat_map(|(_, _, attempt)| attempt.said.iter().cloned()).collect(),
        ),
    }
}

/// Builds the scorer for every case and arm, each different configuration once.
fn attempts<'a>(scorer: &Json, arms: &'a [Arm], cases: &'a [CaseRecord]) -> Vec<(&'a Arm, &'a str, Attempt)> {
    let mut attempts = Vec::new();
    let mut wrong = 0;
    let fixed = !template_inside(scorer);
    for arm in arms {
        // What is the same in every case can be looked at without one.
        if fixed {
            attempts.push((arm, "", build(ScorerConfig::fill(scorer, &Variables::new()))));
            continue;
        }
        let mut seen = HashSet::new();
        for case in arm.cases(cases) {
            let filled = ScorerConfig::fill(scorer, &arm.variables(case).0);
            if filled.unrendered.is_empty() && !seen.insert(filled.value.to_string()) {
                continue;
            }
            let attempt = build(filled);
            wrong += usize::from(!attempt.is_fine());
            attempts.push((arm, case.id.as_str(), attempt));
            if wrong > MOST {
                break;
            }
        }
    }
    attempts
}

fn build(filled: Filled) -> Attempt {
    let Filled { config, errors: mut wrong, unrendered, said, value } = filled;
    let parameters = config.as_ref().map(ScorerConfig::parameters);
    // What could not be filled in, below the name of the scorer.
    let name = value.as_object().and_then(|fields| fields.keys().next()).map_or("", String::as_str);
    let empty: Vec<&str> = unrendered
        .iter()
        .map(|(path, _)| path.strip_prefix(name).unwrap_or(path).trim_start_matches('.'))
        .collect();
    // Nothing can be said about the parameters of a scorer that is not all there; but another part
    // of a combination may be.
    let broken: Vec<String> = wrong
        .iter()
        .map(|error| error.parameter.clone())
        .chain(empty.iter().map(|path| (*path).to_owned()))
        .collect();
    let around = |path: &str| path.rsplit_once('.').map_or("", |(around, _)| around).to_owned();
    let mut further = parameters.map(|parameters| parameters.errors()).unwrap_or_default();
    further.retain(|error| {
        let own = &error.parameter;
        !broken.iter().any(|one| around(one) == around(own) || one.starts_with(own.as_str()))
    });
    wrong.extend(further);
    // What could not be filled in says nothing else about its place.
    let wrong =
        wrong.into_iter().filter(|error| !empty.iter().any(|path| *path == error.parameter)).collect();
    // A turn that is not there is no name of one.
    let reads = parameters
        .map(|parameters| Reads {
            turn: parameters.turn().to_owned(),
            others: parameters.other_turns().into_iter().map(str::to_owned).collect(),
            beside: parameters.turns_beside().into_iter().map(str::to_owned).collect(),
            kind: parameters.kind(),
        })
        .filter(|reads| any_text(&value, &|text| text == reads.turn))
        .map(|reads| Reads {
            others: reads
                .others
                .into_iter()
                .filter(|other| any_text(&value, &|text| text == other))
                .collect(),
            ..reads
        });
    Attempt { reads, unrendered, wrong, said }
}

/// Whether two errors are one mistake that shows in two cases: the same parameter does not fit in the same way, whatever
/// value is quoted.
fn alike(one: &ConfigError, other: &ConfigError) -> bool {
    let kind = |error: &ConfigError| error.message.split('`').next().unwrap_or_default().to_owned();
    one.parameter == other.parameter && one.of_key == other.of_key && kind(one) == kind(other)
}

fn template_inside(value: &Json) -> bool {
    template::inside(value)
}

/// Whether any text inside of a value is of some kind.
fn any_text(value: &Json, is: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Json::String(text) => is(text),
        Json::Array(items) => items.iter().any(|item| any_text(item, is)),
        Json::Object(fields) => fields.values().any(|item| any_text(item, is)),
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
    let known = arm.names(cases);
    for name in template::variables_of(source).unwrap_or_default() {
        let root = name.split('.').next().unwrap_or_default();
        if root == "turns" {
            let help = "a scorer that needs an earlier turn has a parameter for its name";
            let message = "the texts of a scorer are filled in before the model speaks";
            return problems.add_help(place, EntryPart::Text(name.clone()), message, help);
        }
        if !known.contains(root) {
            let hint = suggestion(root, known.iter().copied());
            let message = format!("there is no variable `{root}`");
            return problems.add_help(place, EntryPart::Text(root.to_owned()), message, hint);
        }
    }
    let part = error.range.clone().and_then(|range| source.get(range)).unwrap_or_default();
    let part = EntryPart::Text(part.trim().to_owned());
    let message = format!("{}{at}", error.message);
    match &error.help {
        Some(help) => problems.add_help(place, part, message, help),
        None => problems.add(place, part, message),
    }
}

/// An error of the scorer itself, at the parameter that it names.
pub(super) fn wrong(path: &str, scorer: &Json, error: &ConfigError, at: &str, problems: &mut Problems) {
    let part = if error.of_key { EntryPart::Key } else { EntryPart::Value };
    let place = match scorer.as_object().and_then(|fields| fields.keys().next()) {
        Some(name) if error.parameter.is_empty() => format!("{path}.{name}"),
        Some(name) => format!("{path}.{name}.{}", error.parameter),
        None => path.to_owned(),
    };
    let message = format!("{}{at}", error.message);
    match &error.help {
        Some(help) => problems.add_help(place, part, message, help),
        None => problems.add(place, part, message),
    }
}

fn no_turn(path: &str, scorer: &Json, turn: &str, arms: &[Arm], problems: &mut Problems) {
    let known: BTreeSet<&str> =
        arms.iter().flat_map(|arm| &arm.dialogue.turns).map(|turn| turn.name.as_str()).collect();
    let message = format!("there is no live turn `{turn}`");
    problems.add_help(place_of(path, scorer, turn), EntryPart::Value, message, suggestion(turn, known));
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
    let Some(live) = known_turn(path, scorer, other, arm, arms, problems) else { return };
    if live.name != focus.name && !arm.dialogue.sees(focus, live) {
        let message = format!("the turn `{other}` is not said before `{}`", focus.name);
        problems.add(place_of(path, scorer, other), EntryPart::Value, message);
    }
}

/// A turn of another fork that the scorer reads has to be forked where the graded one is.
fn turn_beside(
    path: &str,
    scorer: &Json,
    focus: &LiveTurn,
    other: &str,
    arm: &Arm,
    arms: &[Arm],
    problems: &mut Problems,
) {
    let Some(live) = known_turn(path, scorer, other, arm, arms, problems) else { return };
    for turn in [focus, live] {
        if turn.fork.is_none() {
            let message = format!("the turn `{}` stands in no fork", turn.name);
            let help = "what is held against each other is asked in forks, one after the other";
            problems.add_help(place_of(path, scorer, &turn.name), EntryPart::Value, message, help);
        }
    }
    if live.fork == focus.fork && live.fork.is_some() {
        let message = format!("the turn `{other}` stands in the same fork as `{}`", focus.name);
        problems.add_help(
            place_of(path, scorer, other),
            EntryPart::Value,
            message,
            "ask it in a fork of its own",
        );
    } else if live.repeat != focus.repeat {
        let message = format!("the turn `{other}` is not forked where `{}` is", focus.name);
        problems.add_help(
            place_of(path, scorer, other),
            EntryPart::Value,
            message,
            "put one fork after the other",
        );
    }
}

/// A turn that the scorer reads, in an arm in which it grades; an error where it is not there.
fn known_turn<'a>(
    path: &str,
    scorer: &Json,
    other: &str,
    arm: &'a Arm,
    arms: &[Arm],
    problems: &mut Problems,
) -> Option<&'a LiveTurn> {
    let live = arm.dialogue.turn(other);
    if live.is_none() {
        let has: Vec<&str> = arms
            .iter()
            .filter(|arm| arm.dialogue.turn(other).is_some())
            .map(|arm| arm.name.as_str())
            .collect();
        if has.is_empty() {
            no_turn(path, scorer, other, arms, problems);
        } else {
            let message = format!("the turn `{other}` does not occur in the arm `{}`", arm.name);
            let help = format!("it occurs in {}", listed(&has));
            problems.add_help(place_of(path, scorer, other), EntryPart::Value, message, help);
        }
    }
    live
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
