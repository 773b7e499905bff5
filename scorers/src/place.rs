//! Where in its trial a grade stands.

/// All that tells the grades of one score in one trial apart. A score grades one turn, and so knows its fork.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Round of the turn, or of the fork that it stands in, from 1; none outside of a `repeat`.
    pub round: Option<u32>,
    /// Which continuation of the fork, from 0; none on the main line.
    pub branch: Option<u32>,
}
