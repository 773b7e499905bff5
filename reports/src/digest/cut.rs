//! Replies that were cut off, by metric and arm: preference training lengthens replies, so a limit on tokens that cuts
//! more of them in one arm, or in one version, would look like an effect.

use super::tables::Trial;
use crate::{grade::ScoreLine, record::ProbeRecord};
use indexmap::IndexMap;
use scorers::{
    Outcome,
    metric::{Selector, rests_on},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

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

/// The grades of a probe by score, arm and round, counted one by one.
#[derive(Clone, Debug, Default)]
pub(crate) struct CutPlaces(HashMap<CutPlace, (Trial, CutOffs)>);

/// Index of a score, index of an arm, and round.
type CutPlace = (usize, u32, Option<u32>);

impl CutPlaces {
    /// Counts a grade of the score with this index, in this trial.
    pub(crate) fn add(&mut self, line: &ScoreLine, score: usize, trial: Trial) {
        let (first, counts) =
            self.0.entry((score, trial.1, line.round)).or_insert((trial, CutOffs::default()));
        *first = (*first).min(trial);
        let unscored = line.cut && matches!(line.outcome, Outcome::Unscored { .. });
        counts.add(CutOffs { grades: 1, cut: u64::from(line.cut), unscored: u64::from(unscored) });
    }

    /// By metric and arm; only where replies were cut off.
    pub(crate) fn by_metric(&self, probe: &ProbeRecord) -> IndexMap<String, IndexMap<String, CutOffs>> {
        // Arms stand in the order in which a reader of the record comes upon them.
        let mut places: Vec<(&CutPlace, &(Trial, CutOffs))> = self.0.iter().collect();
        places.sort_by_key(|((score, arm, round), (first, _))| (*first, *score, *round, *arm));
        let arm_name = |arm: u32| probe.arms.get_index(arm as usize).map_or("", |(name, _)| name.as_str());
        let mut found = IndexMap::new();
        for name in probe.metrics.keys() {
            let selectors = rests_on(&probe.metrics, name);
            let mut arms: IndexMap<String, CutOffs> = IndexMap::new();
            for ((score, arm, round), (_, counts)) in &places {
                let score = probe.scores.get_index(*score).map_or("", |(name, _)| name.as_str());
                let reads =
                    |selector: &&Selector| selector.score == score && selector.reads(arm_name(*arm), *round);
                if selectors.iter().any(reads) {
                    arms.entry(arm_name(*arm).to_owned()).or_default().add(*counts);
                }
            }
            arms.retain(|_, counts| counts.cut > 0);
            if !arms.is_empty() {
                found.insert(name.clone(), arms);
            }
        }
        found
    }
}
