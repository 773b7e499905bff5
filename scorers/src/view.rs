//! What a scorer looks at: one linear path through a transcript with one turn in focus.

use crate::{
    Place,
    transcript::{Branch, Role, Transcript, Turn},
};

/// A path from the first turn to the end of the main line or of a branch, and the turn to grade.
///
/// A branch is seen as its prefix on the main line followed by its own turns, so a scorer never has
/// to know about forks. Of private turns, which nobody else is shown, only those are seen that have the name of the graded one.
#[derive(Clone, Debug)]
pub struct View<'a> {
    turns: Vec<&'a Turn>,
    focus: usize,
    branch: Option<&'a Branch>,
    branches: &'a [Branch],
}

impl<'a> View<'a> {
    /// A view of a plain list of turns; `None` when `focus` is out of range.
    pub fn linear(turns: &'a [Turn], focus: usize) -> Option<Self> {
        (focus < turns.len()).then(|| Self {
            turns: turns.iter().collect(),
            focus,
            branch: None,
            branches: &[],
        })
    }

    /// Every occurrence of the live turn `name`: on the main line in each round, then in each branch.
    pub fn all(transcript: &'a Transcript, name: &str) -> Vec<Self> {
        let named = |turn: &Turn| turn.name.as_deref() == Some(name);
        let seen = |turn: &&Turn| !turn.private || named(turn);
        let branches = transcript.branches.as_slice();
        let main: Vec<&Turn> = transcript.turns.iter().filter(seen).collect();
        let mut views: Vec<Self> = (0..main.len())
            .filter(|&focus| named(main[focus]))
            .map(|focus| Self { turns: main.clone(), focus, branch: None, branches })
            .collect();
        for branch in &transcript.branches {
            let prefix = transcript.turns.iter().take(branch.after).filter(seen);
            let (prefix, own): (Vec<&Turn>, Vec<&Turn>) =
                (prefix.collect(), branch.turns.iter().filter(seen).collect());
            for (offset, _) in own.iter().enumerate().filter(|(_, turn)| named(turn)) {
                let turns = prefix.iter().chain(&own).copied().collect();
                views.push(Self { turns, focus: prefix.len() + offset, branch: Some(branch), branches });
            }
        }
        views
    }

    /// The turn to grade.
    pub fn turn(&self) -> &'a Turn {
        self.turns[self.focus]
    }

    /// The text of the turn to grade; none when its generation failed.
    pub fn text(&self) -> Option<&'a str> {
        self.turn().text()
    }

    /// The turns before the one in focus, oldest first.
    pub fn before(&self) -> &[&'a Turn] {
        &self.turns[..self.focus]
    }

    /// The whole path.
    pub fn turns(&self) -> &[&'a Turn] {
        &self.turns
    }

    /// The latest turn before the one in focus that has this name, or is the user's where the name is `user`.
    pub fn latest(&self, name: &str) -> Option<&'a Turn> {
        let wanted = |turn: &&&'a Turn| match name {
            "user" => turn.role == Role::User,
            name => turn.name.as_deref() == Some(name),
        };
        self.before().iter().rev().find(wanted).copied()
    }

    /// Every earlier occurrence of a named turn, oldest first: one per round.
    pub fn earlier(&self, name: &str) -> Vec<&'a Turn> {
        self.before().iter().copied().filter(|turn| turn.name.as_deref() == Some(name)).collect()
    }

    /// Every branch beside this path that says a named turn and was forked in the same round, in the order of the transcript. This is
    /// the one way to see what is not on the path: a scorer that holds continuations of one prefix against each other needs it.
    pub fn beside(&self, name: &str) -> Vec<&'a Branch> {
        let round = self.place().round;
        let said = |branch: &&Branch| branch.turns.iter().any(|turn| turn.name.as_deref() == Some(name));
        self.branches.iter().filter(|branch| branch.round == round).filter(said).collect()
    }

    /// How many turns of the main line the path has: all before its branch.
    pub fn prefix(&self) -> Option<usize> {
        self.branch.map(|branch| branch.after)
    }

    /// The branch that the focused turn belongs to; none on the main line.
    pub fn branch(&self) -> Option<&'a Branch> {
        self.branch
    }

    /// Where the focused turn stands.
    pub fn place(&self) -> Place {
        Place {
            round: self.turn().round.or(self.branch.and_then(|branch| branch.round)),
            branch: self.branch.map(|branch| branch.index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;
    use proptest::prelude::*;

    fn names(view: &View<'_>) -> Vec<String> {
        view.turns().iter().map(|turn| turn.name.clone().unwrap_or_default()).collect()
    }

    #[test]
    fn a_branch_is_seen_as_its_prefix_and_its_own_turns() {
        let branch = |index| Branch {
            fork: "reveal".into(),
            round: Some(3),
            index,
            after: 2,
            turns: vec![Turn::scripted(Role::User, "What is it?"), Turn::generated("guess", "a cat")],
        };
        let transcript = Transcript {
            turns: vec![
                Turn::scripted(Role::User, "Hi"),
                Turn::generated("a", "x"),
                Turn::generated("b", "y"),
            ],
            branches: vec![branch(0), branch(1)],
        };
        let views = View::all(&transcript, "guess");
        assert_eq!(views.len(), 2);
        assert_eq!(names(&views[1]), ["", "a", "", "guess"]);
        assert_eq!(views[1].branch().map(|branch| branch.index), Some(1));
        assert_eq!((views[0].place().round, views[0].text()), (Some(3), Some("a cat")));
        assert_eq!(views[0].earlier("a").len(), 1);
        assert!(views[0].earlier("b").is_empty(), "the main line goes on elsewhere");
        assert_eq!(View::all(&transcript, "b").len(), 1);
    }

    #[test]
    fn private_turns_are_seen_by_their_own_scores_alone() {
        let private = |turn: Turn| Turn { private: true, ..turn };
        let transcript = Transcript {
            turns: vec![
                Turn::scripted(Role::User, "Hi"),
                private(Turn::generated("thought", "x")),
                Turn::generated("reply", "y"),
                private(Turn::generated("verdict", "z")),
            ],
            branches: vec![Branch {
                fork: "again".into(),
                round: None,
                index: 0,
                after: 2,
                turns: vec![private(Turn::generated("thought", "w")), Turn::generated("other", "v")],
            }],
        };
        let seen = |name: &str| View::all(&transcript, name).iter().map(names).collect::<Vec<_>>();
        assert_eq!(seen("reply"), [["", "reply"]]);
        assert_eq!(seen("verdict"), [["", "reply", "verdict"]]);
        assert_eq!(seen("other"), [["", "other"]]);
        assert_eq!(View::all(&transcript, "thought").len(), 2);
        assert_eq!(View::all(&transcript, "other")[0].text(), Some("v"));
    }

    #[test]
    fn a_focus_out_of_range_has_no_view() {
        assert!(View::linear(&[], 0).is_none());
        assert!(View::linear(&[Turn::generated("a", "x")], 1).is_none());
    }

    fn turns() -> impl Strategy<Value = Vec<Turn>> {
        let turn = ("[ab]", proptest::option::of(1..4_u32))
            .prop_map(|(name, round)| Turn { round, ..Turn::generated(name, "text") });
        proptest::collection::vec(turn, 0..6)
    }

    proptest! {
        #[test]
        fn every_occurrence_has_one_view_with_it_in_focus(
            main in turns(),
            forked in proptest::collection::vec((turns(), any::<usize>(), 0..3_u32), 0..4),
        ) {
            let branches = forked
                .into_iter()
                .map(|(turns, after, index)| Branch { fork: "f".into(), round: None, index, after, turns })
                .collect();
            let transcript = Transcript { turns: main, branches };
            let branch_turns = transcript.branches.iter().flat_map(|branch| &branch.turns);
            let all = transcript.turns.iter().chain(branch_turns);
            let occurrences = all.filter(|turn| turn.name.as_deref() == Some("a")).count();
            let views = View::all(&transcript, "a");
            prop_assert_eq!(views.len(), occurrences);
            for view in views {
                prop_assert_eq!(view.turn().name.as_deref(), Some("a"));
                prop_assert!(view.before().len() < view.turns().len());
                prop_assert!(view.earlier("b").len() <= view.before().len());
            }
        }
    }
}
