//! Two transcripts of one trial, turn by turn, with the place where they part.

use crate::format::html::data::{ShownTurn, said};
use indexmap::IndexMap;
use scorers::{Branch, Transcript, Turn};
use serde::Serialize;

/// One place of two dialogues.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct AlignedTurns {
    /// What was said in both, where that is the same; then there is neither of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) both: Option<ShownTurn>,
    /// What was said in the base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) base: Option<ShownTurn>,
    /// What was said in the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) head: Option<ShownTurn>,
    /// Whether this is where the two dialogues part.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) first: bool,
}

/// A fork in either transcript.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Fork {
    fork: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<u32>,
    /// Turns of the main line before it.
    after: usize,
    pub(super) branches: Vec<Continuation>,
}

/// The same branch in both transcripts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Continuation {
    index: u32,
    pub(super) rows: Vec<AlignedTurns>,
}

/// The main lines, turn by turn.
pub(super) fn main_line(base: Option<&Transcript>, head: Option<&Transcript>) -> Vec<AlignedTurns> {
    let turns = |transcript: Option<&Transcript>| transcript.map_or(Vec::new(), |found| shown(&found.turns));
    rows(turns(base), turns(head))
}

/// The forks, branch by branch, in the order of the base; those that only the head has come last.
pub(super) fn forks(base: Option<&Transcript>, head: Option<&Transcript>) -> Vec<Fork> {
    type BranchPair<'a> = (Option<&'a Branch>, Option<&'a Branch>);
    let mut found: IndexMap<(&str, Option<u32>), IndexMap<u32, BranchPair<'_>>> = IndexMap::new();
    for branch in branches(base) {
        let fork = found.entry((&branch.fork, branch.round)).or_default();
        fork.entry(branch.index).or_default().0 = Some(branch);
    }
    for branch in branches(head) {
        let fork = found.entry((&branch.fork, branch.round)).or_default();
        fork.entry(branch.index).or_default().1 = Some(branch);
    }
    let turns = |branch: Option<&Branch>| branch.map_or(Vec::new(), |branch| shown(&branch.turns));
    let fork = |((fork, round), pairs): ((&str, Option<u32>), IndexMap<u32, BranchPair<'_>>)| Fork {
        fork: crate::format::safe::line(fork),
        round,
        after: pairs.values().find_map(|(base, head)| base.or(*head)).map_or(0, |branch| branch.after),
        branches: pairs
            .into_iter()
            .map(|(index, (base, head))| Continuation { index, rows: rows(turns(base), turns(head)) })
            .collect(),
    };
    found.into_iter().map(fork).collect()
}

fn branches(transcript: Option<&Transcript>) -> &[Branch] {
    transcript.map_or(&[], |transcript| &transcript.branches)
}

fn shown(turns: &[Turn]) -> Vec<ShownTurn> {
    turns.iter().map(said).collect()
}

fn rows(base: Vec<ShownTurn>, head: Vec<ShownTurn>) -> Vec<AlignedTurns> {
    let count = base.len().max(head.len());
    let (mut base, mut head) = (base.into_iter(), head.into_iter());
    // Nothing parts where there is only one.
    let mut parted = base.len() == 0 || head.len() == 0;
    (0..count)
        .map(|_| match (base.next(), head.next()) {
            (Some(base), Some(head)) if base.same_as(&head) => {
                AlignedTurns { both: Some(base), base: None, head: None, first: false }
            }
            (mut base, mut head) => {
                if let (Some(base), Some(head)) = (&mut base, &mut head) {
                    (base.parts, head.parts) = parts(&base.text, &head.text);
                }
                let first = !std::mem::replace(&mut parted, true);
                AlignedTurns { both: None, base, head, first }
            }
        })
        .collect()
}

/// Both texts as what is the same before, what differs, and what is the same after, cut between words.
fn parts(base: &str, head: &str) -> (Vec<String>, Vec<String>) {
    let (one, other) = (words(base), words(head));
    let before = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let rest = one.len().min(other.len()) - before;
    let ends = one.iter().rev().zip(other.iter().rev());
    let after = ends.take(rest).take_while(|(one, other)| one == other).count();
    let cut = |words: &[&str]| {
        let (start, rest) = words.split_at(before);
        let (middle, end) = rest.split_at(rest.len() - after);
        [start, middle, end].map(|part| part.concat()).to_vec()
    };
    (cut(&one), cut(&other))
}

/// Words and the white space between them, in turn.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_space = first.is_whitespace();
        let end = rest.find(|character: char| character.is_whitespace() != is_space).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use scorers::Role;

    fn transcript(replies: &[&str], branches: &[(u32, &str)]) -> Transcript {
        let mut turns = Vec::new();
        for reply in replies {
            turns.extend([Turn::scripted(Role::User, "Well?"), Turn::generated("reply", *reply)]);
        }
        let branch = |(index, reply): &(u32, &str)| Branch {
            fork: "reveal".to_owned(),
            round: None,
            index: *index,
            after: 2,
            turns: vec![Turn::generated("answer", *reply)],
        };
        Transcript { branches: branches.iter().map(branch).collect(), turns }
    }

    #[test]
    fn texts_part_between_words() {
        let (base, head) = parts("At what time, please?", "At which hour, please?");
        assert_eq!(base, ["At ", "what time,", " please?"]);
        assert_eq!(head, ["At ", "which hour,", " please?"]);
        let (base, head) = parts("yes yes", "yes yes yes");
        assert_eq!(
            (base, head.concat()),
            (vec!["yes yes".to_owned(), String::new(), String::new()], "yes yes yes".to_owned())
        );
    }

    #[test]
    fn only_the_first_difference_is_the_first() {
        let (base, head) = (transcript(&["a", "b", "c"], &[]), transcript(&["a", "x", "y"], &[]));
        let rows = main_line(Some(&base), Some(&head));
        let shape: Vec<(bool, bool)> = rows.iter().map(|row| (row.both.is_some(), row.first)).collect();
        assert_eq!(
            shape,
            [(true, false), (true, false), (true, false), (false, true), (true, false), (false, false)]
        );
    }

    #[test]
    fn one_transcript_alone_has_no_first_difference() {
        let rows = main_line(None, Some(&transcript(&["a"], &[])));
        assert!(rows.iter().all(|row| row.base.is_none() && row.head.is_some() && !row.first));
    }

    #[test]
    fn branches_meet_by_their_number() {
        let base = transcript(&["a"], &[(0, "yes"), (1, "no")]);
        let head = transcript(&["a"], &[(1, "no"), (2, "perhaps")]);
        let forks = forks(Some(&base), Some(&head));
        assert_eq!(forks.len(), 1);
        let shape: Vec<(u32, bool, bool, bool)> = forks[0]
            .branches
            .iter()
            .map(|branch| (branch.index, &branch.rows[0]))
            .map(|(index, row)| (index, row.both.is_some(), row.base.is_some(), row.head.is_some()))
            .collect();
        assert_eq!(shape, [(0, false, true, false), (1, true, false, false), (2, false, false, true)]);
    }

    proptest! {
        #[test]
        fn no_word_is_lost(base in any::<String>(), head in any::<String>()) {
            let (one, other) = parts(&base, &head);
            prop_assert_eq!(one.concat(), base);
            prop_assert_eq!(other.concat(), head);
            prop_assert_eq!((&one[0], &one[2]), (&other[0], &other[2]));
        }
    }
}
