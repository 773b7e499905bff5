//! Replies that were cut off, by metric and arm: preference training lengthens replies, so a limit on tokens that cuts
//! more of them in one arm, or in one version, would look like an effect.

use crate::{compare::definition::rests_on, grade::GradedProbe, record::ProbeRecord};
use indexmap::IndexMap;
use scorers::{Outcome, metric::Selector};
use serde::{Deserialize, Serialize};

/// The grades of one metric in one arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutOffs {
    /// Grades that the metric reads there, whatever became of them.
    pub grades: u64,
    /// Those of replies that were cut off at their limit on tokens.
    pub cut: u64,
    /// Those of the latter that were left without a grade.
    pub unscored: u64,
}

impl CutOffs {
    fn add(&mut self, other: Self) {
        self.grades += other.grades;
        self.cut += other.cut;
        self.unscored += other.unscored;
    }
}

/// By metric and arm; only where replies were cut off.
pub(super) fn by_metric(
    probe: &ProbeRecord,
    graded: &GradedProbe,
) -> IndexMap<String, IndexMap<String, CutOffs>> {
    let mut places: IndexMap<(&str, &str, Option<u32>), CutOffs> = IndexMap::new();
    for trial in &graded.trials {
        for line in &trial.scores {
            let place = places.entry((&line.score, &trial.arm, line.round)).or_default();
            let unscored = line.cut && matches!(line.outcome, Outcome::Unscored { .. });
            place.add(CutOffs { grades: 1, cut: u64::from(line.cut), unscored: u64::from(unscored) });
        }
    }
    let mut found = IndexMap::new();
    for name in probe.metrics.keys() {
        let (selectors, _) = rests_on(&probe.metrics, name);
        let mut arms: IndexMap<String, CutOffs> = IndexMap::new();
        for ((score, arm, round), counts) in &places {
            let reads = |selector: &&Selector| {
                selector.score == *score
                    && selector.arm.as_deref().is_none_or(|own| own == *arm)
                    && selector.round.is_none_or(|own| *round == Some(own))
            };
            if selectors.iter().any(reads) {
                arms.entry((*arm).to_owned()).or_default().add(*counts);
            }
        }
        arms.retain(|_, counts| counts.cut > 0);
        if !arms.is_empty() {
            found.insert(name.clone(), arms);
        }
    }
    found
}
