//! The one word that the comparison of a metric comes to. `verdict.rs` decides which.

use serde::{Deserialize, Serialize};

/// What the records say about a metric. With a direction the words go from good to bad in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Better by more than the margin, or better at all where there is none.
    Improved,
    /// Better, but perhaps by no more than the margin, or by chance.
    Gained,
    /// The same: any difference is smaller than the margin, significant or not.
    Equivalent,
    /// Not worse by the margin or more; how much better is open.
    NotWorse,
    /// Nobody can say: too few trials, or no interval.
    Open,
    /// Worse, but perhaps by no more than the margin, or by chance.
    Slipped,
    /// Worse by more than the margin, or worse at all where there is none.
    Regressed,
    /// Of a metric without a direction: other by more than the margin, or at all where there is none.
    Changed,
    /// Of a metric without a direction: other, but perhaps by no more than the margin, or by chance.
    Shifted,
    /// Not judged: neither gated nor the headline of its probe.
    Exploration,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Improved,
        Self::Gained,
        Self::Equivalent,
        Self::NotWorse,
        Self::Open,
        Self::Slipped,
        Self::Regressed,
        Self::Changed,
        Self::Shifted,
        Self::Exploration,
    ];

    /// The word for people; a dash for what is not judged.
    pub fn word(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::Gained => "gained",
            Self::Equivalent => "equivalent",
            Self::NotWorse => "not worse",
            Self::Open => "open",
            Self::Slipped => "slipped",
            Self::Regressed => "regressed",
            Self::Changed => "changed",
            Self::Shifted => "shifted",
            Self::Exploration => "–",
        }
    }

    /// Whether more trials could bring another word that is surer.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Slipped | Self::Shifted)
    }

    /// Whether there is a difference, in whatever direction and however large.
    pub fn differs(self) -> bool {
        match self {
            Self::Improved
            | Self::Gained
            | Self::Slipped
            | Self::Regressed
            | Self::Changed
            | Self::Shifted => true,
            Self::Equivalent | Self::NotWorse | Self::Open | Self::Exploration => false,
        }
    }
}
