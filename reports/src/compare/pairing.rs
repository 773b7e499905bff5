//! How the grades of two records pair, and how many are missing.

use serde::{Deserialize, Serialize};

/// Grades of two records, paired by case, arm, sample, round and branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pairing {
    /// Places that have a grade, or should, in at least one of the records.
    pub places: u64,
    /// Places with a grade in both: what estimates rest on.
    pub both: u64,
    /// What became of the places in the base.
    pub base: SideGrades,
    /// What became of the places in the head.
    pub head: SideGrades,
    /// The p-value (permutation over trials) of the same share being missing in both records; none where nothing is
    /// missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_p: Option<f64>,
}

/// What became of the grades of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideGrades {
    /// A scorer gave a grade.
    pub scored: u64,
    /// A scorer could not say.
    pub unscored: u64,
    /// A generation that the grade needs failed.
    pub failed: u64,
    /// The record has no such trial, round or branch.
    pub absent: u64,
}

impl SideGrades {
    /// Places without a grade.
    pub fn missing(&self) -> u64 {
        self.unscored + self.failed + self.absent
    }
}

impl Pairing {
    /// The share of places without a grade in the base and in the head, from 0 to 1.
    pub fn missing_rates(&self) -> (f64, f64) {
        let rate = |grades: &SideGrades| grades.missing() as f64 / self.places.max(1) as f64;
        (rate(&self.base), rate(&self.head))
    }

    /// Whether the shares of missing grades differ significantly at this level: a finding of its own,
    /// since an estimate over what is left may then compare easier with harder trials.
    pub fn missing_differs(&self, level: f64) -> bool {
        self.missing_p.is_some_and(|p| p <= level)
    }
}
