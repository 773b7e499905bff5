//! Counting trials, generations and grades, with every way of missing kept apart.

use crate::{
    grade::all_turns,
    record::{ProbeRecord, TrialRecord},
};
use scorers::{Body, FailureKind, Outcome, StopReason};
use serde::{Deserialize, Serialize};

/// How much was done, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Trials that the plan asks for.
    pub planned: u64,
    /// Trials recorded.
    pub trials: u64,
    /// Trials in which at least one generation failed.
    pub broken_trials: u64,
    /// Replies asked of the model.
    pub generations: u64,
    /// Replies that did not come about, by kind.
    pub failures: Failures,
    /// Replies cut off at the limit on their tokens.
    pub truncated: u64,
    /// Replies that say what a scripted turn of the assistant before them says.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub copied: u64,
    /// Tokens of all prompts.
    pub prompt_tokens: u64,
    /// Tokens of all replies.
    pub completion_tokens: u64,
    /// What became of the grades.
    pub grades: Grades,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Generations that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failures {
    /// The engine reported an error, or died.
    pub engine: u64,
    /// No answer within the time limit.
    pub timeout: u64,
    /// Prompt and reply do not fit into the context.
    pub context_overflow: u64,
    /// A turn's text could not be rendered with what the model had said before.
    pub template: u64,
    /// The model's chat template refused the dialogue.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: u64,
    /// What came back is not what the speaker was asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub contract: u64,
}

/// What became of the grades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grades {
    /// A scorer gave a grade.
    pub scored: u64,
    /// A scorer could not say.
    pub unscored: u64,
    /// A generation that the grade needs failed.
    pub failed: u64,
}

impl Failures {
    /// All kinds together.
    pub fn sum(&self) -> u64 {
        self.engine + self.timeout + self.context_overflow + self.template + self.refused + self.contract
    }

    /// Each kind that occurred, with a name for people.
    pub fn named(&self) -> Vec<(&'static str, u64)> {
        let all = [
            ("engine error", self.engine),
            ("timeout", self.timeout),
            ("context overflow", self.context_overflow),
            ("template error", self.template),
            ("refused by the chat template", self.refused),
            ("broken contract", self.contract),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// Counts one; `live` is whether the model was to speak, and not the spec.
    fn count(&mut self, kind: FailureKind, live: bool) {
        match kind {
            FailureKind::Template if live => self.refused += 1,
            FailureKind::Engine => self.engine += 1,
            FailureKind::Timeout => self.timeout += 1,
            FailureKind::ContextOverflow => self.context_overflow += 1,
            FailureKind::Template => self.template += 1,
            FailureKind::Contract => self.contract += 1,
        }
    }
}

impl Grades {
    /// Counts one outcome.
    pub(crate) fn add_outcome(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Scored { .. } => self.scored += 1,
            Outcome::Unscored { .. } => self.unscored += 1,
            Outcome::Failed { .. } => self.failed += 1,
        }
    }
}

impl Counts {
    /// Counts one recorded trial; its grades are counted apart.
    pub(crate) fn add_trial(&mut self, trial: &TrialRecord) {
        let failed_before = self.failures.sum();
        self.trials += 1;
        for turn in all_turns(&trial.transcript) {
            match &turn.body {
                Body::Scripted { .. } => {}
                Body::Generated { stop, prompt_tokens, completion_tokens, .. } => {
                    self.generations += 1;
                    self.truncated += u64::from(*stop == StopReason::Length);
                    self.prompt_tokens += u64::from(*prompt_tokens);
                    self.completion_tokens += u64::from(*completion_tokens);
                }
                Body::Failed { kind, .. } => {
                    self.generations += 1;
                    self.failures.count(*kind, turn.name.is_some());
                }
            }
        }
        self.copied += scorers::scorer::copies(&trial.transcript);
        self.broken_trials += u64::from(self.failures.sum() > failed_before);
    }

    /// Adds the counts of another part of the run.
    pub(crate) fn add(&mut self, other: &Self) {
        self.planned += other.planned;
        self.trials += other.trials;
        self.broken_trials += other.broken_trials;
        self.generations += other.generations;
        self.failures.engine += other.failures.engine;
        self.failures.timeout += other.failures.timeout;
        self.failures.context_overflow += other.failures.context_overflow;
        self.failures.template += other.failures.template;
        self.failures.refused += other.failures.refused;
        self.failures.contract += other.failures.contract;
        self.truncated += other.truncated;
        self.copied += other.copied;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
        self.grades.scored += other.grades.scored;
        self.grades.unscored += other.grades.unscored;
        self.grades.failed += other.grades.failed;
    }
}

/// Trials that a probe asks for: its samples of every case in every arm it runs in, or of those that a filter left.
pub(crate) fn planned(probe: &ProbeRecord) -> u64 {
    let arms = probe.arms.len().max(1) as u64;
    let all = || probe.cases.iter().map(|case| if case.arm.is_some() { 1 } else { arms }).sum();
    let cells: u64 = probe.cells.unwrap_or_else(all);
    cells.saturating_mul(u64::from(probe.samples))
}
