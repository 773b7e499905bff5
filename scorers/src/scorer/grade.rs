//! Grading a whole transcript: every occurrence of the turn, on the main line and in every branch.

use super::{Configure, Scorer};
use crate::transcript::{Body, Branch, Role, StopReason, Transcript, Turn};
use crate::{FailureKind, Outcome, Place, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of the grade of a reply that was cut off at its limit on tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CutOff {
    /// It is given only where the rest of the reply could not change it.
    #[default]
    Unscored,
    /// It is given: the limit is part of the question, and what was said within it is the answer.
    Graded,
}

impl CutOff {
    /// The word that specs use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unscored => "unscored",
            Self::Graded => "graded",
        }
    }
}

/// One grade and where in the transcript it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Graded {
    /// Where it stands.
    pub place: Place,
    /// The name of the fork that the turn stands in; none on the main line.
    pub fork: Option<String>,
    /// Whether the reply was cut off at its limit on tokens.
    pub cut: bool,
    /// Whether the reply is what a scripted turn of the assistant before it says, word for word: an example copied.
    pub copied: bool,
    /// What grading came to.
    pub outcome: Outcome,
}

impl Graded {
    fn in_branch(branch: &Branch, outcome: Outcome) -> Self {
        let fork = Some(branch.fork.clone());
        let place = Place { round: branch.round, branch: Some(branch.index) };
        Self { place, fork, cut: false, copied: false, outcome }
    }
}

/// Grades every occurrence of the scorer's turn, in the order of the transcript.
///
/// - An occurrence that failed, or that rests on an earlier turn that failed, is `Failed`.
/// - An occurrence that is held against turns of other branches, of which one failed, is `Failed`.
/// - A branch that ended in a failure before it reached the turn, where another branch of the same
///   fork reached it, is `Failed`.
/// - A transcript that never reached the turn because the main line, or every branch of a fork,
///   failed before it, gives one `Failed` grade. One that never reached it for another reason (an
///   arm without that turn) gives nothing.
///
/// A reply that was cut off is graded as `cut_off` says.
pub fn grade(
    scorer: &dyn Scorer,
    config: &dyn Configure,
    transcript: &Transcript,
    cut_off: CutOff,
) -> Vec<Graded> {
    let turn = config.turn();
    let needed = Needed { before: config.other_turns(), beside: config.turns_beside() };
    let mut graded: Vec<Graded> = View::all(transcript, turn)
        .iter()
        .map(|view| Graded {
            place: view.place(),
            fork: view.branch().map(|branch| branch.fork.clone()),
            cut: is_cut(view.turn()),
            copied: repeats(view.turn(), view.before()),
            outcome: grade_view(scorer, &needed, view, cut_off),
        })
        .collect();
    graded.extend(cut_branches(transcript, turn));
    if graded.is_empty() {
        let failed = first_failure(&transcript.turns).or_else(|| failed_fork(transcript));
        graded.extend(failed.map(|kind| Graded {
            place: Place::default(),
            fork: None,
            cut: false,
            copied: false,
            outcome: Outcome::Failed { kind },
        }));
    }
    graded
}

/// Why a reply that was cut off has no grade.
const UNFINISHED: &str = "the reply was cut off at its limit on tokens, and the rest could change the grade";

fn is_cut(turn: &Turn) -> bool {
    matches!(turn.body, Body::Generated { stop: StopReason::Length, .. })
}

/// How many live turns of a transcript say what a scripted turn of the assistant before them says.
pub fn copies(transcript: &Transcript) -> u64 {
    let main: Vec<&Turn> = transcript.turns.iter().collect();
    let count = |turns: &[&Turn], from: usize| {
        let live = |at: &usize| matches!(turns[*at].body, Body::Generated { .. });
        (from..turns.len()).filter(live).filter(|at| repeats(turns[*at], &turns[..*at])).count() as u64
    };
    let branches = transcript.branches.iter().map(|branch| {
        let after = branch.after.min(main.len());
        let turns: Vec<&Turn> = main[..after].iter().copied().chain(&branch.turns).collect();
        count(&turns, after)
    });
    count(&main, 0) + branches.sum::<u64>()
}

/// Whether a turn says what a scripted turn of the assistant before it says; case and white space do not count.
fn repeats(turn: &Turn, before: &[&Turn]) -> bool {
    let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    let scripted_ones = || before.iter().filter(|turn| turn.role == Role::Assistant);
    // Most dialogues have none, and need no words. What is scripted itself copies nothing.
    if matches!(turn.body, Body::Scripted { .. }) || scripted_ones().next().is_none() {
        return false;
    }
    let Some(own) = turn.text().map(words).filter(|own| !own.is_empty()) else { return false };
    scripted_ones().any(|turn| {
        let scripted = matches!(turn.body, Body::Scripted { .. });
        scripted && turn.text().map(words).is_some_and(|text| text == own)
    })
}

/// The turns that a grade rests on beside its own.
struct Needed<'a> {
    /// Said before it.
    before: Vec<&'a str>,
    /// Said in other branches.
    beside: Vec<&'a str>,
}

impl Needed<'_> {
    fn failure(&self, view: &View<'_>) -> Option<FailureKind> {
        let before = self.before.iter().flat_map(|name| view.earlier(name)).find_map(failure);
        let beside = || self.beside.iter().flat_map(|name| view.beside(name));
        before.or_else(|| beside().find_map(|branch| first_failure(&branch.turns)))
    }
}

fn grade_view(scorer: &dyn Scorer, needed: &Needed<'_>, view: &View<'_>, cut_off: CutOff) -> Outcome {
    let other_failure = needed.failure(view);
    match (view.text(), failure(view.turn()).or(other_failure)) {
        (Some(text), None) => {
            let outcome = scorer.score(view, text);
            let final_as_it_is = !is_cut(view.turn()) || cut_off == CutOff::Graded;
            match final_as_it_is || scorer.lasts(view, text, &outcome) {
                true => outcome,
                false => Outcome::unscored(UNFINISHED),
            }
        }
        (_, Some(kind)) => Outcome::Failed { kind },
        // Not reached: a turn without text is a failed one.
        (None, None) => Outcome::unscored("the turn has no text"),
    }
}

fn failure(turn: &Turn) -> Option<FailureKind> {
    match turn.body {
        Body::Failed { kind, .. } => Some(kind),
        _ => None,
    }
}

fn first_failure(turns: &[Turn]) -> Option<FailureKind> {
    turns.iter().find_map(failure)
}

fn reaches(branch: &Branch, name: &str) -> bool {
    branch.turns.iter().any(|turn| turn.name.as_deref() == Some(name))
}

/// Branches that failed before a turn that others of their fork reached.
fn cut_branches<'a>(transcript: &'a Transcript, name: &'a str) -> impl Iterator<Item = Graded> + 'a {
    let reaching: Vec<&Branch> = transcript.branches.iter().filter(|branch| reaches(branch, name)).collect();
    transcript
        .branches
        .iter()
        .filter(move |branch| !reaches(branch, name))
        .filter(move |branch| reaching.iter().any(|other| other.fork == branch.fork))
        .filter_map(|branch| Some((branch, first_failure(&branch.turns)?)))
        .map(|(branch, kind)| Graded::in_branch(branch, Outcome::Failed { kind }))
}

/// The failure of a fork none of whose branches came through.
fn failed_fork(transcript: &Transcript) -> Option<FailureKind> {
    let through: Vec<&str> = transcript
        .branches
        .iter()
        .filter(|branch| first_failure(&branch.turns).is_none())
        .map(|branch| branch.fork.as_str())
        .collect();
    transcript
        .branches
        .iter()
        .filter(|branch| !through.contains(&branch.fork.as_str()))
        .find_map(|branch| first_failure(&branch.turns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scorer::ScorerConfig;
    use serde_json::{Value as Json, json};

    fn failed(name: &str) -> Turn {
        let body = Body::Failed { kind: FailureKind::Timeout, message: "too slow".into() };
        Turn { body, ..Turn::generated(name, "") }
    }

    fn branch(index: u32, turns: Vec<Turn>) -> Branch {
        Branch { fork: "reveal".into(), round: Some(2), index, after: 1, turns }
    }

    fn grades(transcript: &Transcript) -> Vec<(Option<u32>, Option<u32>, Option<bool>)> {
        let value = json!({"includes": {"turn": "guess", "text": "cat"}});
        let config = ScorerConfig::from_value(&value).unwrap();
        let scorer = config.build().unwrap();
        grade(scorer.as_ref(), config.parameters(), transcript, CutOff::Unscored)
            .into_iter()
            .map(|graded| {
                let flag =
                    graded.outcome.value().and_then(crate::Value::as_number).map(|number| number > 0.5);
                assert_eq!(flag.is_none(), graded.outcome == Outcome::Failed { kind: FailureKind::Timeout });
                (graded.place.branch, graded.place.round, flag)
            })
            .collect()
    }

    #[test]
    fn every_round_is_graded_and_a_failed_one_is_failed() {
        let round = |round, turn: Turn| Turn { round: Some(round), ..turn };
        let transcript = Transcript {
            turns: vec![
                round(1, Turn::generated("guess", "a cat")),
                round(2, Turn::generated("guess", "a dog")),
                round(3, failed("guess")),
            ],
            branches: Vec::new(),
        };
        let expected = [(None, Some(1), Some(true)), (None, Some(2), Some(false)), (None, Some(3), None)];
        assert_eq!(grades(&transcript), expected);
    }

    #[test]
    fn every_branch_is_graded_and_one_cut_off_is_failed() {
        let transcript = Transcript {
            turns: vec![Turn::scripted(Role::User, "What is it?")],
            branches: vec![
                branch(0, vec![Turn::generated("think", "hm"), Turn::generated("guess", "cat")]),
                branch(1, vec![failed("think")]),
                branch(2, vec![Turn::generated("think", "hm"), failed("guess")]),
            ],
        };
        let expected = [(Some(0), Some(2), Some(true)), (Some(2), Some(2), None), (Some(1), Some(2), None)];
        assert_eq!(grades(&transcript), expected);
    }

    #[test]
    fn a_turn_never_reached_is_failed_only_after_a_failure() {
        let user = || Turn::scripted(Role::User, "Hi");
        let other = || Turn::generated("other", "Hello");
        let with = |turns, branches| grades(&Transcript { turns, branches });
        assert_eq!(with(vec![user(), other()], vec![]), []);
        assert_eq!(with(vec![user(), failed("other")], vec![]), [(None, None, None)]);
        let cut = || branch(0, vec![failed("think")]);
        assert_eq!(with(vec![user(), other()], vec![cut()]), [(None, None, None)]);
        let whole = branch(1, vec![Turn::generated("think", "hm")]);
        assert_eq!(with(vec![user(), other()], vec![cut(), whole]), []);
    }

    /// The grade of a reply that was cut off, as a word; none where it is unscored.
    fn cut(scorer: &Json, text: &str, cut_off: CutOff) -> Option<String> {
        let config = ScorerConfig::from_value(scorer).unwrap();
        let mut turn = Turn::generated("reply", text);
        if let Body::Generated { stop, .. } = &mut turn.body {
            *stop = StopReason::Length;
        }
        let turns = vec![Turn::scripted(Role::User, "Book a table for four on Friday."), turn];
        let transcript = Transcript { turns, branches: vec![] };
        let graded = grade(config.build().unwrap().as_ref(), config.parameters(), &transcript, cut_off);
        assert!(graded[0].cut);
        match &graded[0].outcome {
            Outcome::Scored { value, .. } => Some(match value {
                crate::Value::Flag(flag) => flag.to_string(),
                crate::Value::Number(number) => number.to_string(),
                crate::Value::Label(label) => label.clone(),
            }),
            Outcome::Unscored { reason } => {
                assert!(reason.contains("cut off"), "{reason}");
                None
            }
            Outcome::Failed { .. } => panic!("nothing failed"),
        }
    }

    #[test]
    fn a_reply_that_was_cut_off_has_the_grades_that_its_rest_could_not_change() {
        let of = |name: &str, parameters: Json| {
            let mut fields = json!({ "turn": "reply" });
            fields.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
            json!({ name: fields })
        };
        let has = |text: &str| of("includes", json!({ "text": text }));
        let word = of("includes", json!({ "text": "art", "words": true }));
        let pattern = |regex: &str| of("pattern", json!({ "regex": regex }));
        let words = |bounds: Json| {
            let mut fields = json!({ "unit": "words" });
            fields.as_object_mut().unwrap().extend(bounds.as_object().unwrap().clone());
            of("length", fields)
        };
        let exact = of("exact", json!({ "text": "At seven, please." }));
        let asks = of("grounding_act", json!({ "act": "clarification" }));
        let not = |part: Json| json!({ "not": { "of": part } });
        let all = |parts: Json| json!({ "all": { "of": parts } });
        let any = |parts: Json| json!({ "any": { "of": parts } });
        for (scorer, text, expected) in [
            (has("seven"), "It is at seven o'", Some("true")),
            (has("seven"), "It is at sev", None),
            (word.clone(), "It is art and", Some("true")),
            (word.clone(), "It is art", None),
            (pattern("se[v]en"), "at seven", Some("true")),
            (pattern("seven$"), "at seven", None),
            (pattern("seven\\b"), "at seven", None),
            (pattern("seven\\b"), "at seven,", Some("true")),
            (pattern("eight"), "at seven", None),
            (of("pattern", json!({ "regex": "s\\w+", "capture": 0 })), "at sev", None),
            (words(json!({ "at_most": 3 })), "one two three four fi", Some("false")),
            (words(json!({ "at_most": 3 })), "one two three fo", None),
            (words(json!({ "at_most": 3 })), "one two", None),
            (words(json!({ "at_least": 2 })), "one two thr", Some("true")),
            (words(json!({ "at_least": 2 })), "one tw", None),
            (words(json!({ "at_least": 2, "at_most": 3 })), "one two thr", None),
            (words(json!({})), "one two", None),
            (exact.clone(), "I would say at sev", Some("false")),
            (exact.clone(), "At seven, ple", None),
            (exact.clone(), "At", None),
            (of("number", json!({ "equals": 42 })), "It is 42", None),
            (of("yes_no", json!({})), "Yes, but", None),
            (of("json", json!({})), "{\"a\": 1", None),
            (of("choice", json!({ "options": ["cat", "dog"] })), "A cat or", None),
            (of("formality", json!({})), "Hey, what", None),
            (asks.clone(), "At what time? And for how", Some("true")),
            (asks, "I will book the table and", None),
            (not(has("seven")), "at seven", Some("false")),
            (not(has("seven")), "at sev", None),
            (all(json!([has("seven"), has("friday")])), "Friday at seven", Some("true")),
            (all(json!([has("seven"), has("friday")])), "Friday at", None),
            (all(json!([has("seven"), words(json!({ "at_most": 1 }))])), "Friday at six", Some("false")),
            (any(json!([has("seven"), has("friday")])), "Friday at", Some("true")),
            (any(json!([has("seven"), has("friday")])), "at", None),
        ] {
            let found = cut(&scorer, text, CutOff::Unscored);
            assert_eq!(found.as_deref(), expected, "{scorer} on {text:?}");
            assert!(cut(&scorer, text, CutOff::Graded).is_some() || scorer["pattern"]["capture"].is_number());
        }
    }

    #[test]
    fn a_reply_that_copies_a_scripted_turn_is_marked() {
        let config =
            ScorerConfig::from_value(&json!({"length": {"turn": "reply", "unit": "words"}})).unwrap();
        let copied = |reply: &str| {
            let turns = vec![
                Turn::scripted(Role::User, "One table."),
                Turn::scripted(Role::Assistant, "At what time?"),
                Turn::scripted(Role::User, "At six."),
                Turn::generated("reply", reply),
            ];
            let transcript = Transcript { turns, branches: vec![] };
            let scorer = config.build().unwrap();
            grade(scorer.as_ref(), config.parameters(), &transcript, CutOff::Unscored)[0].copied
        };
        assert!(copied("At what time?") && copied(" at  what\nTime? "));
        assert!(!copied("At six.") && !copied("At what time? In the evening?") && !copied(""));
    }
}
