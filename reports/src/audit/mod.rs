//! Whether the same trials, run greedily under two settings of one model, read the same; and if not, where they
//! part, how near the tie was, and how many grades it changed.
//!
//! Pure: who runs the trials and asks the model for probabilities is the runner.

mod divergence;
mod render;

pub use divergence::{Candidate, divergence};
pub use render::terminal;

use crate::{
    grade::{GradeError, Grader},
    record::{Header, TrialKey, TrialRecord},
};
use scorers::{Body, Role, Turn};
use serde::{Deserialize, Serialize};

/// Version of the JSON form.
pub const FORMAT_VERSION: u32 = 1;

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Version of this form, [`FORMAT_VERSION`] when written.
    pub format: u32,
    /// Name of the model.
    pub model: String,
    /// Trials that ran under every setting.
    pub trials: u64,
    /// One reply in so many may differ.
    pub bound: u32,
    /// The settings, in the order in which they ran; the first is the base of every pair.
    pub settings: Vec<Setting>,
    /// The first setting against each of the others.
    pub pairs: Vec<SettingPair>,
}

/// How a model was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// The device, such as `cuda NVIDIA H200`.
    pub device: String,
    /// The number format and the quantisation.
    pub numbers: String,
    /// What computes attention; none for the plain one.
    pub attention: Option<String>,
    /// Generations in flight.
    pub concurrency: u32,
    /// Seconds that the trials took, loading aside.
    pub seconds: f64,
}

/// Two settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingPair {
    /// Index of the setting that is held against the first one.
    pub head: usize,
    /// Replies to the same prompt under both.
    pub replies: u64,
    /// Those that differ in text or in why they ended.
    pub different: u64,
    /// Those that failed under one or both.
    pub failed: u64,
    /// Trials of which some grade is not the same.
    pub scores_changed: u64,
    /// Where replies part, in the order of the plan.
    pub differences: Vec<Difference>,
}

/// A reply that differs. Its prompt is the same under both settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The trial.
    pub key: TrialKey,
    /// The turn, with its round and fork where it has them.
    pub turn: String,
    /// What the first setting said.
    pub base: String,
    /// What the other said.
    pub head: String,
    /// Where they part; none where the model was not asked, or did not say.
    pub token: Option<DivergingToken>,
}

/// The first token that is not the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DivergingToken {
    /// Its place in the reply, from 0.
    pub index: u32,
    /// The token of the first setting.
    pub token: String,
    /// The token that was nearest to it there.
    pub runner_up: Option<String>,
    /// Natural logarithm of the ratio of their probabilities, at least 0: how near the tie was.
    pub margin: Option<f64>,
}

/// A reply that differs, and the dialogue that came before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parting {
    /// What is reported of it.
    pub difference: Difference,
    /// The prompt, oldest message first.
    pub prompt: Vec<(Role, String)>,
}

impl Audit {
    /// Whether every pair is within the bound. One reply may differ however few there are.
    pub fn holds(&self) -> bool {
        self.pairs.iter().all(|pair| pair.holds(self.bound))
    }
}

impl SettingPair {
    /// Whether at most one reply in `bound` differs and none failed under one setting.
    pub fn holds(&self, bound: u32) -> bool {
        let bound = u64::from(bound);
        self.failed == 0 && self.different.saturating_mul(bound) <= self.replies.max(bound)
    }

    /// Holds the trials of one setting against those of the first. The trials must stand in the same order; the header
    /// holds their probes.
    ///
    /// # Errors
    /// When a trial belongs to no probe, case or arm of the header.
    pub fn of(
        header: &Header,
        base: &[TrialRecord],
        head: &[TrialRecord],
        index: usize,
    ) -> Result<(Self, Vec<Parting>), GradeError> {
        let mut found = PairFindings::default();
        for (base, head) in base.iter().zip(head).filter(|(base, head)| base.key == head.key) {
            found.trial(base, head);
        }
        let grader = Grader::new(header);
        let (one, other) = (grader.grade(base)?, grader.grade(head)?);
        let changed = one.iter().zip(&other).filter(|(one, other)| one.scores != other.scores).count();
        let pair = Self {
            head: index,
            replies: found.replies,
            different: found.partings.len() as u64,
            failed: found.failed,
            scores_changed: changed as u64,
            differences: found.partings.iter().map(|parting| parting.difference.clone()).collect(),
        };
        Ok((pair, found.partings))
    }
}

#[derive(Default)]
struct PairFindings {
    replies: u64,
    failed: u64,
    partings: Vec<Parting>,
}

impl PairFindings {
    fn trial(&mut self, base: &TrialRecord, head: &TrialRecord) {
        let (one, other) = (&base.transcript, &head.transcript);
        let same = self.line(&base.key, &[], &one.turns, &other.turns, None);
        for (one_branch, other_branch) in one.branches.iter().zip(&other.branches) {
            // A branch has the same prompt only where the line before it is the same.
            let same_place = (&one_branch.fork, one_branch.round, one_branch.index, one_branch.after)
                == (&other_branch.fork, other_branch.round, other_branch.index, other_branch.after);
            if same_place && one_branch.after <= same {
                let prefix = one.turns.get(..one_branch.after).unwrap_or_default();
                let fork = Some((one_branch.fork.as_str(), one_branch.index));
                self.line(&base.key, prefix, &one_branch.turns, &other_branch.turns, fork);
            }
        }
    }

    /// Counts the replies of a line up to the first that differs: the next would answer another prompt. Returns how many
    /// turns are the same.
    fn line(
        &mut self,
        key: &TrialKey,
        prefix: &[Turn],
        base: &[Turn],
        head: &[Turn],
        fork: Option<(&str, u32)>,
    ) -> usize {
        for (index, (one, other)) in base.iter().zip(head).enumerate() {
            match (&one.body, &other.body) {
                (
                    Body::Generated { text: base_text, stop, .. },
                    Body::Generated { text: head_text, stop: other_stop, .. },
                ) => {
                    self.replies += 1;
                    if (base_text, stop) == (head_text, other_stop) {
                        continue;
                    }
                    let before = prefix.iter().chain(base.get(..index).unwrap_or_default());
                    let prompt =
                        before.filter_map(|turn| Some((turn.role, turn.text()?.to_owned()))).collect();
                    let difference = Difference {
                        key: key.clone(),
                        turn: place(one, fork),
                        base: base_text.clone(),
                        head: head_text.clone(),
                        token: None,
                    };
                    self.partings.push(Parting { difference, prompt });
                    return index;
                }
                (Body::Failed { .. }, _) | (_, Body::Failed { .. }) => {
                    self.replies += 1;
                    self.failed += 1;
                    return index;
                }
                _ if one == other => {}
                // A scripted turn that quotes a reply; the reply itself was counted.
                _ => return index,
            }
        }
        base.len().min(head.len())
    }
}

/// `guess`, `guess in round 2`, `guess in branch 3 of reveal`.
fn place(turn: &Turn, fork: Option<(&str, u32)>) -> String {
    let mut text = turn.name.clone().unwrap_or_else(|| "reply".to_owned());
    if let Some(round) = turn.round {
        text.push_str(&format!(" in round {round}"));
    }
    if let Some((fork, branch)) = fork {
        text.push_str(&format!(" in branch {branch} of {fork}"));
    }
    text
}

#[cfg(test)]
mod tests;
