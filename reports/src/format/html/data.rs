//! The transcripts and their grades as JSON inside the page.

use crate::{
    digest::Interest,
    format::{Report, failure_words, number, role_words, safe},
    grade::{ScoreLine, graded_by},
    record::ScoreRecord,
};
use indexmap::IndexMap;
use scorers::{Body, Branch, Outcome, StopReason, Turn, Value};
use serde::Serialize;

#[derive(Serialize)]
struct Data {
    probes: Vec<Probe>,
    trials: Vec<Trial>,
}

#[derive(Serialize)]
struct Probe {
    id: String,
    about: String,
    arms: Vec<String>,
    /// Name of each score and the live turn that it grades.
    scores: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Trial {
    probe: usize,
    case: String,
    arm: String,
    sample: u32,
    interest: Interest,
    turns: Vec<ShownTurn>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    branches: Vec<Continuation>,
    grades: Vec<Mark>,
}

/// What was said in one turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(in crate::format) struct ShownTurn {
    role: &'static str,
    pub(in crate::format) text: String,
    /// Where the text is compared with another: what is the same before, what differs, what is the same after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::format) parts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<u32>,
    /// What is worth knowing about how the text came about.
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    failed: bool,
}

#[derive(Serialize)]
struct Continuation {
    fork: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<u32>,
    index: u32,
    after: usize,
    turns: Vec<ShownTurn>,
}

/// A grade. `class` is one of `yes`, `no`, `value`, `unscored`, `failed`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(in crate::format) struct Mark {
    /// Index into the probe's scores.
    score: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    fork: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<u32>,
    class: &'static str,
    value: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    why: String,
}

/// Everything that the script of the page shows.
pub(super) fn of(report: &Report<'_>) -> impl Serialize + use<> {
    let header = report.digest.header();
    let probes = header.probes.iter().map(|probe| Probe {
        id: safe::line(&probe.id),
        about: safe::line(&probe.about),
        arms: probe.arms.keys().map(|arm| safe::line(arm)).collect(),
        scores: probe
            .scores
            .keys()
            .map(|name| {
                let turn = graded_by(probe, name).map_or_else(String::new, |graded| safe::line(&graded.turn));
                (safe::line(name), turn)
            })
            .collect(),
    });
    let trials = report.selection.trials.iter().map(|selected| {
        let scores = header.probes.get(selected.probe).map(|probe| &probe.scores);
        let transcript = &selected.trial.transcript;
        Trial {
            probe: selected.probe,
            case: safe::line(&selected.scores.case),
            arm: safe::line(&selected.scores.arm),
            sample: selected.scores.sample,
            interest: selected.interest,
            turns: transcript.turns.iter().map(said).collect(),
            branches: transcript.branches.iter().map(continuation).collect(),
            grades: selected.scores.scores.iter().filter_map(|line| Mark::of(line, scores?)).collect(),
        }
    });
    Data { probes: probes.collect(), trials: trials.collect() }
}

impl ShownTurn {
    /// Whether the same was said by the same speaker at the same place; how many tokens it took does not matter.
    pub(in crate::format) fn same_as(&self, other: &Self) -> bool {
        let place = |said: &Self| (said.role, said.round, said.failed);
        place(self) == place(other) && self.name == other.name && self.text == other.text
    }

    /// About how many bytes it takes in a page.
    pub(in crate::format) fn weight(&self) -> usize {
        self.text.len() + self.parts.iter().map(String::len).sum::<usize>() + 120
    }
}

impl Mark {
    /// The grade as it is shown; none where the probe does not know its score.
    pub(in crate::format) fn of(line: &ScoreLine, scores: &IndexMap<String, ScoreRecord>) -> Option<Self> {
        let score = scores.get_index_of(&line.score)?;
        let (class, value, mut why) = mark(&line.outcome);
        if line.copied {
            let dash = if why.is_empty() { "" } else { "; " };
            why.push_str(&format!("{dash}the reply says what a scripted turn of the assistant said"));
        }
        let fork = line.fork.as_deref().map(safe::line);
        Some(Self { score, fork, branch: line.branch, round: line.round, class, value, why })
    }
}

pub(in crate::format) fn said(turn: &Turn) -> ShownTurn {
    let (text, note, failed) = match &turn.body {
        Body::Scripted { text } => {
            let scripted = turn.role == scorers::Role::Assistant;
            (safe::block(text), if scripted { "scripted".to_owned() } else { String::new() }, false)
        }
        Body::Generated { text, stop, prompt_tokens, completion_tokens, weights, whole } => {
            let end = match stop {
                StopReason::End => "",
                StopReason::Length => ", cut off at the limit",
                StopReason::StopString => ", ended by a stop string",
            };
            let chosen = weights.iter().copied().reduce(f64::max);
            let chosen =
                chosen.map_or_else(String::new, |weight| format!(", at most {weight:.2} for an option"));
            let of = whole
                .as_ref()
                .map_or_else(String::new, |whole| format!(", said of {}", safe::excerpt(whole, 300)));
            let note = format!("{prompt_tokens} → {completion_tokens} tokens{end}{chosen}{of}");
            (safe::block(text), note, false)
        }
        Body::Failed { kind, message } => (safe::block(message), failure_words(*kind).to_owned(), true),
    };
    let name = turn.name.as_deref().map(safe::line);
    let by = (!turn.speaker.is_model()).then(|| format!("by {}", safe::line(turn.speaker.name())));
    let private = turn.private.then(|| "private".to_owned());
    let parts = by.into_iter().chain(private).chain(Some(note).filter(|note| !note.is_empty()));
    let note = parts.collect::<Vec<_>>().join(", ");
    ShownTurn { role: role_words(turn.role), text, parts: Vec::new(), name, round: turn.round, note, failed }
}

fn continuation(branch: &Branch) -> Continuation {
    Continuation {
        fork: safe::line(&branch.fork),
        round: branch.round,
        index: branch.index,
        after: branch.after,
        turns: branch.turns.iter().map(said).collect(),
    }
}

fn mark(outcome: &Outcome) -> (&'static str, String, String) {
    match outcome {
        Outcome::Scored { value, evidence } => {
            let why = safe::line(evidence);
            match value {
                Value::Flag(true) => ("yes", "yes".to_owned(), why),
                Value::Flag(false) => ("no", "no".to_owned(), why),
                Value::Number(number) => ("value", number::short(*number), why),
                Value::Label(label) => ("value", safe::excerpt(label, 80), why),
            }
        }
        Outcome::Unscored { reason } => ("unscored", "unscored".to_owned(), safe::line(reason)),
        Outcome::Failed { kind } => ("failed", "failed".to_owned(), failure_words(*kind).to_owned()),
    }
}
