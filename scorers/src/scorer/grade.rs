//! Grading a whole transcript: every occurrence of the turn, on the main line and in every branch.

use super::{Configure, Scorer};
use crate::transcript::{Body, Branch, Transcript, Turn};
use crate::{FailureKind, Outcome, View};

/// One grade and where in the transcript it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Graded {
    /// Which continuation of the fork, from 0; none on the main line.
    pub branch: Option<u32>,
    /// Round of the turn, or of the fork that it stands in, from 1; none outside of a repetition.
    pub round: Option<u32>,
    /// The name of the fork that the turn stands in; none on the main line.
    pub fork: Option<String>,
    /// What grading came to.
    pub outcome: Outcome,
}

impl Graded {
    fn in_branch(branch: &Branch, outcome: Outcome) -> Self {
        let fork = Some(branch.fork.clone());
        Self { branch: Some(branch.index), round: branch.round, fork, outcome }
    }
}

/// Grades every occurrence of the scorer's turn, in the order of the transcript.
///
/// - An occurrence that failed, or that rests on an earlier turn that failed, is `Failed`.
/// - A branch that ended in a failure before it reached the turn, where another branch of the same
///   fork reached it, is `Failed`.
/// - A transcript that never reached the turn because the main line, or every branch of a fork,
///   failed before it, gives one `Failed` grade. One that never reached it for another reason (an
///   arm without that turn) gives nothing.
pub fn grade(scorer: &dyn Scorer, config: &dyn Configure, transcript: &Transcript) -> Vec<Graded> {
    let turn = config.turn();
    let needed = config.other_turns();
    let mut graded: Vec<Graded> = View::all(transcript, turn)
        .iter()
        .map(|view| Graded {
            branch: view.branch().map(|branch| branch.index),
            round: view.round(),
            fork: view.branch().map(|branch| branch.fork.clone()),
            outcome: grade_view(scorer, &needed, view),
        })
        .collect();
    graded.extend(cut_branches(transcript, turn));
    if graded.is_empty() {
        let failed = first_failure(&transcript.turns).or_else(|| failed_fork(transcript));
        graded.extend(failed.map(|kind| Graded {
            branch: None,
            round: None,
            fork: None,
            outcome: Outcome::Failed { kind },
        }));
    }
    graded
}

fn grade_view(scorer: &dyn Scorer, needed: &[&str], view: &View<'_>) -> Outcome {
    let other_failure = needed.iter().flat_map(|name| view.earlier(name)).find_map(failure);
    match (view.text(), failure(view.turn()).or(other_failure)) {
        (Some(text), None) => scorer.score(view, text),
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
    use crate::transcript::Role;
    use serde_json::json;

    fn failed(name: &str) -> Turn {
        let body = Body::Failed { kind: FailureKind::Timeout, message: "too slow".into() };
        Turn { role: Role::Assistant, name: Some(name.into()), round: None, body }
    }

    fn branch(index: u32, turns: Vec<Turn>) -> Branch {
        Branch { fork: "reveal".into(), round: Some(2), index, after: 1, turns }
    }

    fn grades(transcript: &Transcript) -> Vec<(Option<u32>, Option<u32>, Option<bool>)> {
        let value = json!({"includes": {"turn": "guess", "text": "cat"}});
        let config = ScorerConfig::from_value(&value).unwrap();
        let scorer = config.build().unwrap();
        grade(scorer.as_ref(), config.parameters(), transcript)
            .into_iter()
            .map(|graded| {
                let flag =
                    graded.outcome.value().and_then(crate::Value::as_number).map(|number| number > 0.5);
                assert_eq!(flag.is_none(), graded.outcome == Outcome::Failed { kind: FailureKind::Timeout });
                (graded.branch, graded.round, flag)
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
}
