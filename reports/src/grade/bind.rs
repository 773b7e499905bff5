//! Filling in a score's parameters for one case in one arm, and grading with the result.

use super::{ScoreLine, places::CellIndex};
use crate::record::{ArmRecord, CaseRecord, ProbeRecord};
use scorers::{
    Outcome, Transcript, ValueKind,
    scorer::{self, ConfigError, CutOff, Scorer, ScorerConfig},
};

/// One score of one case in one arm, its templates filled in.
pub(super) struct Bound {
    /// Name of the score.
    name: String,
    /// What becomes of the grades of replies that were cut off.
    cut_off: CutOff,
    /// The scorer, or why it cannot be used on this case.
    ready: Result<(ScorerConfig, Box<dyn Scorer>), String>,
}

/// The scores that exist in an arm. Every case fills in its own values, so this is done once for
/// all samples of a case and an arm.
pub(super) fn bind_all(probe: &ProbeRecord, place: CellIndex) -> Vec<Bound> {
    let Some(case) = probe.cases.get(place.case as usize) else { return Vec::new() };
    let arm = probe.arms.get_index(place.arm as usize);
    let arm_name = arm.map_or("", |(name, _)| name.as_str());
    probe
        .scores
        .iter()
        .filter(|(_, score)| score.arms.iter().any(|name| name == arm_name))
        .map(|(name, score)| Bound {
            name: name.clone(),
            cut_off: score.cut_off,
            ready: bind(&score.scorer, case, arm.map(|(name, arm)| (name.as_str(), arm))),
        })
        .collect()
}

/// What a score gives, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Graded {
    /// The kind of its grades.
    pub(crate) kind: ValueKind,
    /// The live turn that it grades.
    pub(crate) turn: String,
}

/// What a score of a probe gives. It is the same in all cases, so the first scorer that can be built tells; none where none
/// can.
pub(crate) fn graded_by(probe: &ProbeRecord, score: &str) -> Option<Graded> {
    let score = probe.scores.get(score)?;
    let cells = probe.cases.iter().flat_map(|case| {
        let arms = probe.arms.iter().filter(|(name, _)| case.arm.as_ref().is_none_or(|own| own == *name));
        let none = probe.arms.is_empty().then_some(None);
        arms.map(|(name, arm)| Some((name.as_str(), arm))).chain(none).map(move |arm| (case, arm))
    });
    let given = |arm: Option<(&str, &ArmRecord)>| {
        let name = arm.map_or("", |(name, _)| name);
        score.arms.iter().any(|own| own == name)
    };
    cells.filter(|(_, arm)| given(*arm)).find_map(|(case, arm)| {
        let (config, _) = bind(&score.scorer, case, arm).ok()?;
        let parameters = config.parameters();
        Some(Graded { kind: parameters.kind(), turn: parameters.turn().to_owned() })
    })
}

fn bind(
    scorer: &serde_json::Value,
    case: &CaseRecord,
    arm: Option<(&str, &ArmRecord)>,
) -> Result<(ScorerConfig, Box<dyn Scorer>), String> {
    let filled = ScorerConfig::fill(scorer, &case.variables_in(arm));
    if let Some((path, error)) = filled.unrendered.first() {
        return Err(format!("its parameter `{path}` cannot be filled in: {error}"));
    }
    let config = match (filled.errors.first(), filled.config) {
        (None, Some(config)) => config,
        (Some(error), _) => return Err(refusal(error)),
        (None, None) => return Err("expected one scorer".to_owned()),
    };
    let built = config.build().map_err(|error| refusal(&error))?;
    Ok((config, built))
}

fn refusal(error: &ConfigError) -> String {
    match error.parameter.as_str() {
        "" => error.message.clone(),
        parameter => format!("its parameter `{parameter}`: {}", error.message),
    }
}

impl Bound {
    /// The grades in one transcript. There is always at least one: what cannot be graded is stated,
    /// never left out.
    pub(super) fn grade(&self, transcript: &Transcript) -> Vec<ScoreLine> {
        let alone = |outcome| vec![ScoreLine::plain(&self.name, outcome)];
        let (config, built) = match &self.ready {
            Ok(ready) => ready,
            Err(reason) => return alone(Outcome::unscored(format!("the scorer cannot be used: {reason}"))),
        };
        let parameters = config.parameters();
        let graded = scorer::grade(built.as_ref(), parameters, transcript, self.cut_off);
        if graded.is_empty() {
            let turn = parameters.turn();
            return alone(Outcome::unscored(format!("the turn `{turn}` did not take place")));
        }
        graded
            .into_iter()
            .map(|grade| ScoreLine {
                score: self.name.clone(),
                fork: grade.fork,
                branch: grade.place.branch,
                round: grade.place.round,
                cut: grade.cut,
                copied: grade.copied,
                outcome: grade.outcome,
            })
            .collect()
    }
}
