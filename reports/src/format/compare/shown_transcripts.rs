//! The trials of a comparison that people read, side by side.
//!
//! A comparison works on grades only. Its page shows the transcripts of the discordant trials that it names:
//! [`ShownTranscripts::wanted`] says which, whoever has the records reads those trials, and [`SideTranscripts::of`] grades them
//! once more, for the evidence; a record without transcripts gives its grades to [`SideTranscripts::of_scores`]. Nothing
//! here reads a file.

use crate::{
    compare::{Comparison, DiscordantTrial, Versus},
    grade::{GradeError, Grader, TrialScores, graded_by},
    record::{Header, ProbeRecord, TrialKey, TrialRecord},
};
use indexmap::IndexMap;
use scorers::Transcript;
use std::collections::{BTreeSet, HashMap};

/// What the records hold of the trials that a page shows.
#[derive(Clone, Debug, Default)]
pub struct ShownTranscripts {
    /// The base.
    pub base: SideTranscripts,
    /// The heads, in the order of the comparison; those that are missing count as holding nothing.
    pub heads: Vec<SideTranscripts>,
}

/// What one record holds of them.
#[derive(Clone, Debug, Default)]
pub struct SideTranscripts {
    /// Why it holds no transcripts, as a sentence without a full stop; none where it does.
    pub absent: Option<String>,
    probes: HashMap<String, ReadProbe>,
}

#[derive(Clone, Debug)]
struct ReadProbe {
    record: ProbeRecord,
    turns: IndexMap<String, String>,
    trials: HashMap<TrialKey, ShownTrial>,
}

/// One trial: what was said, and its grades with their evidence.
#[derive(Clone, Debug)]
pub(super) struct ShownTrial {
    /// What was said; none where the record holds grades only.
    pub(super) transcript: Option<Transcript>,
    /// How it is graded.
    pub(super) scores: TrialScores,
}

impl ShownTranscripts {
    /// The trials that a page shows of every record: first those of the base, then those of each head.
    pub fn wanted(comparison: &Comparison) -> Vec<BTreeSet<TrialKey>> {
        let heads: Vec<BTreeSet<TrialKey>> = comparison.heads.iter().map(of_head).collect();
        let base = heads.iter().flatten().cloned().collect();
        std::iter::once(base).chain(heads).collect()
    }

    /// Records without transcripts, and why, as a sentence without a full stop.
    pub fn absent(reason: &str, heads: usize) -> Self {
        let side = SideTranscripts::absent(reason);
        Self { base: side.clone(), heads: vec![side; heads] }
    }

    /// A place for the shown_transcripts of a head.
    pub(super) fn head(&self, place: usize) -> Option<&SideTranscripts> {
        self.heads.get(place)
    }
}

fn of_head(versus: &Versus) -> BTreeSet<TrialKey> {
    let trials = versus.probes.iter().flat_map(|probe| {
        let discordant = probe.metrics.values().flat_map(|metric| &metric.discordant.trials);
        discordant.map(|trial| key(&probe.id, trial))
    });
    trials.collect()
}

/// The key of a discordant trial in either record.
pub(super) fn key(probe: &str, trial: &DiscordantTrial) -> TrialKey {
    TrialKey {
        probe: probe.to_owned(),
        case: trial.case.clone(),
        arm: trial.arm.clone(),
        sample: trial.sample,
    }
}

impl SideTranscripts {
    /// A record without transcripts, and why, as a sentence without a full stop.
    pub fn absent(reason: impl Into<String>) -> Self {
        Self { absent: Some(reason.into()), probes: HashMap::new() }
    }

    /// Grades what was read. Trials that the header does not know are an error.
    ///
    /// # Errors
    /// When a trial belongs to no probe, case or arm of the header.
    pub fn of(header: &Header, trials: Vec<TrialRecord>) -> Result<Self, GradeError> {
        let graded = Grader::new(header).grade(&trials)?;
        let mut probes: HashMap<String, ReadProbe> = HashMap::new();
        for (trial, scores) in trials.into_iter().zip(graded) {
            let Some(record) = header.probes.iter().find(|probe| probe.id == trial.key.probe) else {
                continue;
            };
            let probe = probes.entry(trial.key.probe.clone()).or_insert_with(|| {
                let turn = |name: &String| Some((name.clone(), graded_by(record, name)?.turn));
                let turns = record.scores.keys().filter_map(turn).collect();
                ReadProbe { record: record.clone(), turns, trials: HashMap::new() }
            });
            probe.trials.insert(trial.key, ShownTrial { transcript: Some(trial.transcript), scores });
        }
        Ok(Self { absent: None, probes })
    }

    /// A record that holds grades only, and why, as a sentence without a full stop. Grades of probes that the
    /// header does not know are left out.
    pub fn of_scores(header: &Header, scores: Vec<TrialScores>, absent: impl Into<String>) -> Self {
        let mut probes: HashMap<String, ReadProbe> = HashMap::new();
        for scores in scores {
            let Some(record) = header.probes.iter().find(|probe| probe.id == scores.probe) else { continue };
            let probe = probes.entry(scores.probe.clone()).or_insert_with(|| ReadProbe {
                record: record.clone(),
                turns: IndexMap::new(),
                trials: HashMap::new(),
            });
            probe.trials.insert(scores.key(), ShownTrial { transcript: None, scores });
        }
        Self { absent: Some(absent.into()), probes }
    }

    /// The trial with a key, if the record has it.
    pub(super) fn trial(&self, key: &TrialKey) -> Option<&ShownTrial> {
        self.probes.get(&key.probe)?.trials.get(key)
    }

    /// The probe as it was run; none where no trial of it was read.
    pub(super) fn probe(&self, id: &str) -> Option<&ProbeRecord> {
        self.probes.get(id).map(|probe| &probe.record)
    }

    /// The live turn that each score of a probe grades.
    pub(super) fn turns(&self, id: &str) -> Option<&IndexMap<String, String>> {
        self.probes.get(id).map(|probe| &probe.turns)
    }
}
