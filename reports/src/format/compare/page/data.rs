//! The discordant trials as JSON inside the page: both transcripts aligned, both sides' grades.

use super::{
    align::{self, AlignedTurns, Fork},
    anchors,
};
use crate::{
    compare::{Comparison, DiscordantTrial, GradeValue, MetricComparison, Standing},
    format::{
        FormatOptions,
        compare::{
            metrics,
            shown_transcripts::{ShownTranscripts, SideTranscripts, key},
        },
        html::data::{Mark, ShownTurn},
        number, safe,
    },
    record::{ScoreRecord, TrialKey},
    summary::family_of,
};
use indexmap::IndexMap;
use serde::Serialize;
use std::collections::HashMap;

/// What the script of the page shows.
#[derive(Serialize)]
pub(super) struct Data {
    base: String,
    heads: Vec<String>,
    probes: Vec<Probe>,
    metrics: Vec<Metric>,
    pub(super) pairs: Vec<TrialPair>,
    /// How many pairs the comparison names.
    #[serde(skip)]
    pub(super) total: usize,
}

#[derive(Serialize)]
struct Probe {
    id: String,
    /// Name of each score and the live turn that it grades.
    scores: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Metric {
    head: usize,
    probe: usize,
    name: String,
    family: String,
    verdict: &'static str,
    gated: bool,
    changed: bool,
    /// Where the page shows it.
    anchor: String,
    /// How many grades differ.
    differ: u64,
}

/// One trial in both records.
#[derive(Serialize)]
pub(super) struct TrialPair {
    head: usize,
    probe: usize,
    case: String,
    arm: String,
    sample: u32,
    /// The metrics that it is discordant for.
    found: Vec<TopGrade>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rows: Vec<AlignedTurns>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    forks: Vec<Fork>,
    grades: [Vec<Mark>; 2],
    /// Why there is no transcript on a side.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    absent: Vec<String>,
}

/// The grades of one metric that differ most in a trial.
#[derive(Serialize)]
struct TopGrade {
    metric: usize,
    /// Its place in the metric's own list, from 0.
    rank: usize,
    score: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<u32>,
    base: String,
    head: String,
}

/// A discordant trial with its place in the order in which pairs are shown and left out.
struct Candidate<'a> {
    head: usize,
    metric: usize,
    probe: &'a str,
    /// Metrics that matter most come first.
    weight: (Standing, bool),
    rank: usize,
    trial: &'a DiscordantTrial,
}

pub(super) fn of(
    comparison: &Comparison,
    shown_transcripts: &ShownTranscripts,
    options: &FormatOptions,
) -> Data {
    let mut places: IndexMap<&str, ()> = IndexMap::new();
    let mut listed = Vec::new();
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    for (head, versus) in comparison.heads.iter().enumerate() {
        for (probe, name, metric) in metrics(versus) {
            let trials = metric.discordant.trials.iter().enumerate();
            let (metric_index, changed) = (listed.len(), metric.verdict.differs());
            candidates.extend(trials.map(|(rank, trial)| Candidate {
                head,
                metric: metric_index,
                probe,
                weight: (metric.standing, !changed),
                rank,
                trial,
            }));
            let probe_index = places.insert_full(probe, ()).0;
            listed.push(entry(head, probe_index, probe, name, metric, changed));
        }
    }
    candidates.sort_by_key(|found| (found.rank, found.weight, found.metric));
    let (mut pairs, total) = pairs(candidates, shown_transcripts, options, &places);
    pairs.sort_by_key(|(order, _)| *order);
    Data {
        base: safe::line(&comparison.base.name),
        heads: comparison.heads.iter().map(|versus| safe::line(&versus.head.name)).collect(),
        probes: places.keys().map(|id| probe(id, shown_transcripts)).collect(),
        metrics: listed,
        pairs: pairs.into_iter().map(|(_, pair)| pair).collect(),
        total,
    }
}

fn entry(
    head: usize,
    probe: usize,
    id: &str,
    name: &str,
    metric: &MetricComparison,
    changed: bool,
) -> Metric {
    Metric {
        head,
        probe,
        name: safe::line(name),
        family: safe::line(family_of(id)),
        verdict: metric.verdict.word(),
        gated: metric.standing.is_gated(),
        changed,
        anchor: anchors::metric(head, id, name),
        differ: metric.discordant.total,
    }
}

/// A pair with its place in the order of the page: by head, then by what its metric weighs.
type Placed = ((usize, (Standing, bool), usize, usize), TrialPair);

/// As many pairs as the page may hold: the first of every metric before the second of any.
fn pairs(
    candidates: Vec<Candidate<'_>>,
    shown_transcripts: &ShownTranscripts,
    options: &FormatOptions,
    probes: &IndexMap<&str, ()>,
) -> (Vec<Placed>, usize) {
    let nothing = SideTranscripts::absent("it was not read");
    let mut known: HashMap<(usize, TrialKey), Option<usize>> = HashMap::new();
    let mut placed: Vec<Placed> = Vec::new();
    let mut bytes = 0;
    for candidate in candidates {
        let key = key(candidate.probe, candidate.trial);
        let place = *known.entry((candidate.head, key.clone())).or_insert_with(|| {
            let head = shown_transcripts.head(candidate.head).unwrap_or(&nothing);
            let probe = probes.get_index_of(candidate.probe).unwrap_or_default();
            let pair = pair(&candidate, probe, &key, [&shown_transcripts.base, head]);
            bytes += weight(&pair);
            if placed.len() >= options.max_transcripts || bytes > options.max_transcript_bytes {
                return None;
            }
            let order = (candidate.head, candidate.weight, candidate.metric, candidate.rank);
            placed.push((order, pair));
            Some(placed.len() - 1)
        });
        if let Some((_, pair)) = place.and_then(|place| placed.get_mut(place)) {
            pair.found.push(found(&candidate));
        }
    }
    let total = known.len();
    (placed, total)
}

fn pair(candidate: &Candidate<'_>, probe: usize, key: &TrialKey, sides: [&SideTranscripts; 2]) -> TrialPair {
    let shown_transcripts = sides.map(|side| side.trial(key));
    let transcripts =
        shown_transcripts.map(|reading| reading.and_then(|reading| reading.transcript.as_ref()));
    let [base, head] = transcripts;
    let scores = scores(candidate.probe, sides);
    let grades = shown_transcripts.map(|reading| {
        let lines = reading.map_or(&[][..], |reading| reading.scores.scores.as_slice());
        lines.iter().filter_map(|line| Mark::of(line, &scores)).collect()
    });
    let absent = ["base", "head"].into_iter().zip(sides).zip(transcripts);
    let absent = absent.filter(|(_, transcript)| transcript.is_none()).map(|((name, side), _)| {
        let reason = side.absent.as_deref().unwrap_or("the record does not hold this trial");
        safe::line(&format!("No transcript of the {name}: {reason}."))
    });
    TrialPair {
        head: candidate.head,
        probe,
        case: safe::line(&key.case),
        arm: safe::line(&key.arm),
        sample: key.sample,
        found: Vec::new(),
        rows: align::main_line(base, head),
        forks: align::forks(base, head),
        grades,
        absent: absent.collect(),
    }
}

fn found(candidate: &Candidate<'_>) -> TopGrade {
    let trial = candidate.trial;
    TopGrade {
        metric: candidate.metric,
        rank: candidate.rank,
        score: safe::line(&trial.score),
        round: trial.round,
        branch: trial.branch,
        base: grade(&trial.base),
        head: grade(&trial.head),
    }
}

/// A grade in a few characters.
pub(super) fn grade(value: &GradeValue) -> String {
    match value {
        GradeValue::Flag(true) => "yes".to_owned(),
        GradeValue::Flag(false) => "no".to_owned(),
        GradeValue::Number(number) => number::short(*number),
        GradeValue::Label(label) => safe::excerpt(label, 80),
    }
}

/// The scores of a probe in either record, in the order of the base.
fn scores(probe: &str, sides: [&SideTranscripts; 2]) -> IndexMap<String, ScoreRecord> {
    let records = sides.into_iter().filter_map(|side| side.probe(probe));
    let mut scores: IndexMap<String, ScoreRecord> = IndexMap::new();
    for (name, score) in records.flat_map(|record| &record.scores) {
        scores.entry(name.clone()).or_insert_with(|| score.clone());
    }
    scores
}

fn probe(id: &str, shown_transcripts: &ShownTranscripts) -> Probe {
    let mut names: IndexMap<&str, &str> = IndexMap::new();
    for side in std::iter::once(&shown_transcripts.base).chain(&shown_transcripts.heads) {
        let turns = side.turns(id);
        for name in side.probe(id).into_iter().flat_map(|record| record.scores.keys()) {
            let turn = turns.and_then(|turns| turns.get(name)).map_or("", String::as_str);
            names.entry(name).or_insert(turn);
        }
    }
    let scores = names.into_iter().map(|(name, turn)| (safe::line(name), safe::line(turn))).collect();
    Probe { id: safe::line(id), scores }
}

/// About how many bytes a pair takes in the page.
fn weight(pair: &TrialPair) -> usize {
    let branches = pair.forks.iter().flat_map(|fork| &fork.branches).flat_map(|branch| &branch.rows);
    let said = |row: &AlignedTurns| {
        let sides = [&row.both, &row.base, &row.head];
        sides.into_iter().flatten().map(ShownTurn::weight).sum::<usize>()
    };
    let grades: usize = pair.grades.iter().map(Vec::len).sum();
    pair.rows.iter().chain(branches).map(said).sum::<usize>() + 120 * (grades + 2)
}
