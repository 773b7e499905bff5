//! What a scorer looks at: one linear path through a transcript with one turn in focus.

use crate::transcript::{Branch, Transcript, Turn};

/// A path from the first turn to the end of the main line or of a branch, and the turn to grade.
///
/// A branch is seen as its prefix on the main line followed by its own turns, so a scorer never has
/// to know about forks.
#[derive(Clone, Debug)]
pub struct View<'a> {
    turns: Vec<&'a Turn>,
    focus: usize,
    branch: Option<&'a Branch>,
}

impl<'a> View<'a> {
    /// A view of a plain list of turns; `None` when `focus` is out of range.
    pub fn linear(turns: &'a [Turn], focus: usize) -> Option<Self> {
        (focus < turns.len()).then(|| Self { turns: turns.iter().collect(), focus, branch: None })
    }

    /// Every occurrence of the live turn `name`: on the main line in each round, then in each branch.
    pub fn all(transcript: &'a Transcript, name: &str) -> Vec<Self> {
        let named = |turn: &Turn| turn.name.as_deref() == Some(name);
        let main: Vec<&Turn> = transcript.turns.iter().collect();
        let mut views: Vec<Self> = (0..main.len())
            .filter(|&focus| named(main[focus]))
            .map(|focus| Self { turns: main.clone(), focus, branch: None })
            .collect();
        for branch in &transcript.branches {
            let after = branch.after.min(main.len());
            for (offset, _) in branch.turns.iter().enumerate().filter(|(_, turn)| named(turn)) {
                let turns = main[..after].iter().copied().chain(&branch.turns).collect();
                views.push(Self { turns, focus: after + offset, branch: Some(branch) });
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

    /// Every earlier occurrence of a named turn, oldest first: one per round.
    pub fn earlier(&self, name: &str) -> Vec<&'a Turn> {
        self.before().iter().copied().filter(|turn| turn.name.as_deref() == Some(name)).collect()
    }

    /// The branch that the focused turn belongs to; none on the main line.
    pub fn branch(&self) -> Option<&'a Branch> {
        self.branch
    }

    /// Round of the focused turn, or of the fork that its branch belongs to.
    pub fn round(&self) -> Option<u32> {
        self.turn().round.or(self.branch.and_then(|branch| branch.round))
    }
}
