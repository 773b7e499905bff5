//! That a digest depends on the record alone, and that what it shows is chosen as the rule says.

use super::*;
use crate::{
    compare::Side,
    format::fixtures,
    record::{ArmRecord, CaseRecord, ProbeRecord, TrialKey},
    summary::Summary,
};
use scorers::{Role, Transcript, Turn, ValueKind};
use serde_json::json;
use std::collections::BTreeMap;

/// A record of two probes, one with so many pairs and one with three, each pair with two arms and three samples.
fn record(pairs: u32) -> Record {
    let mut record = fixtures::passing().record;
    let template = record.header.probes.remove(0);
    record.trials.clear();
    for (id, pairs) in [("bulk.large", pairs), ("bulk.small", 3)] {
        let mut probe = ProbeRecord { id: id.into(), samples: 3, cases: Vec::new(), ..template.clone() };
        probe.arms = ["ambiguous", "clear"].map(|arm| (arm.to_owned(), ArmRecord::default())).into();
        for pair in 0..pairs {
            for arm in ["ambiguous", "clear"] {
                let case = format!("{pair}-{arm}");
                let (pair, own) = (Some(pair.to_string()), Some(arm.to_owned()));
                probe.cases.push(CaseRecord {
                    id: case.clone(),
                    pair,
                    arm: own,
                    variables: Default::default(),
                });
                for sample in 0..3 {
                    let reply = if arm == "clear" { "It is booked." } else { "At what time?" };
                    let turns = vec![Turn::scripted(Role::User, "Book."), Turn::generated("reply", reply)];
                    let (probe, arm) = (id.to_owned(), arm.to_owned());
                    let key = TrialKey { probe, case: case.clone(), arm, sample };
                    record
                        .trials
                        .push(TrialRecord { key, transcript: Transcript { turns, branches: Vec::new() } });
                }
            }
        }
        record.header.probes.push(probe);
    }
    record
}

/// The same record in the order in which its trials might have finished.
fn shuffled(record: &Record) -> Record {
    let mut other = record.clone();
    other.trials.sort_by_key(|trial| (trial.key.sample * 7 + trial.key.case.len() as u32) % 5);
    other.trials.reverse();
    assert_ne!(other.trials, record.trials);
    other
}

#[test]
fn the_order_in_which_trials_finish_does_not_matter() {
    let mut record = record(20);
    let label = json!({"choice": {"turn": "reply", "options": ["booked", "time"]}});
    for probe in &mut record.header.probes {
        probe.scores.get_mut("clarifies").unwrap().scorer = label.clone();
    }
    let (one, other) = (Digest::of(&record).unwrap(), Digest::of(&shuffled(&record)).unwrap());
    let labels = |digest: &Digest| {
        let column = &digest.tables().probes()[0].table().columns["clarifies"];
        (column.kind, column.labels.clone(), column.observations.clone())
    };
    assert_eq!(labels(&one).0, ValueKind::Label);
    assert_eq!(labels(&one), labels(&other));
    assert_eq!(Summary::of(&one), Summary::of(&other));
    let room = Room { transcripts: 17, ..Room::default() };
    let selected = one.select(room, &record).unwrap();
    assert_eq!(selected.trials.len(), 17);
    assert_eq!(selected, other.select(room, &shuffled(&record)).unwrap());
}

#[test]
fn what_is_shown_of_many_is_spread_over_probes_pairs_and_arms() {
    let record = record(200);
    let digest = Digest::of(&record).unwrap();
    let selected = digest.select(Room { transcripts: 60, ..Room::default() }, &record).unwrap();
    assert_eq!(selected.total, record.trials.len());
    let keys: Vec<&TrialKey> = selected.trials.iter().map(|selected| &selected.trial.key).collect();
    let of = |probe: &str| keys.iter().filter(|key| key.probe == probe).count();
    // The small probe has 18 trials and gives all of them; the large one has the rest of the room.
    assert_eq!((of("bulk.large"), of("bulk.small")), (42, 18));
    let mut parts: BTreeMap<(&str, u32), usize> = BTreeMap::new();
    for key in keys.iter().filter(|key| key.probe == "bulk.large") {
        assert_eq!(key.sample, 0, "first samples before second ones");
        let pair: u32 = key.case.split('-').next().unwrap().parse().unwrap();
        *parts.entry((key.arm.as_str(), pair / 50)).or_default() += 1;
    }
    // 21 pairs in both arms, in four quarters of the probe.
    assert!(parts.len() == 8 && parts.values().all(|count| (4..=7).contains(count)), "{parts:?}");
    let only = digest.choose(Room::default(), |key| key.case == "7-clear");
    assert_eq!((only.total, only.chosen.len()), (3, 3));
}

#[test]
fn failed_and_discordant_trials_come_before_all_others() {
    let mut record = record(40);
    let said = |text: &str| Turn::generated("reply", text);
    record.trials[100].transcript.turns[1] = Turn {
        body: Body::Failed { kind: scorers::FailureKind::Timeout, message: "late".into() },
        ..said("")
    };
    record.trials[201].transcript.turns[1] = said("At what time?");
    let digest = Digest::of(&record).unwrap();
    let one = digest.select(Room { transcripts: 1, ..Room::default() }, &record).unwrap();
    assert_eq!((one.trials[0].interest, &one.trials[0].trial), (Interest::Failed, &record.trials[100]));
    let two = digest.select(Room { transcripts: 2, ..Room::default() }, &record).unwrap();
    let interests: Vec<Interest> = two.trials.iter().map(|selected| selected.interest).collect();
    assert_eq!(interests, [Interest::Failed, Interest::Discordant]);
    assert_eq!(two.trials[1].trial, record.trials[201]);
    assert_eq!(digest.troubled(), 1);
    assert_eq!(digest.failures("bulk.large"), [format!("{}: late", record.trials[100].key)]);
}

#[test]
fn a_score_that_gave_nothing_has_the_kind_that_its_scorer_gives() {
    let mut record = record(2);
    record.trials.iter_mut().for_each(|trial| trial.transcript.turns.truncate(1));
    for probe in &mut record.header.probes {
        let score = probe.scores.get_mut("clarifies").unwrap();
        score.scorer = json!({"length": {"turn": "reply", "unit": "words"}});
    }
    let digest = Digest::of(&record).unwrap();
    assert_eq!(digest.tables().probes()[0].table().columns["clarifies"].kind, ValueKind::Number);
    let grades = Grader::new(&record.header).grade(&record.trials).unwrap();
    let grades = grades.into_iter().map(Ok::<_, String>);
    let side = Side::read("head", record.header.clone(), grades).unwrap();
    assert_eq!(side.trials(), digest.trials());
}

#[test]
fn a_trial_that_is_there_twice_is_an_error() {
    let mut record = record(2);
    record.trials.push(record.trials[3].clone());
    let error = Digest::of(&record).unwrap_err();
    assert_eq!(error, GradeError::Doubled(Box::new(record.trials[3].key.clone())));
    assert_eq!(error.to_string(), "the trial bulk.large / 0-clear @ clear #0 stands there twice");
}

#[test]
fn grades_that_come_later_are_as_good_as_those_that_came_first() {
    let record = record(10);
    let grades = Grader::new(&record.header).grade(&record.trials).unwrap();
    let (even, odd): (Vec<_>, Vec<_>) = grades.iter().cloned().partition(|scores| scores.sample % 2 == 0);
    let mut grown = Side::new("head", record.header.clone()).unwrap();
    for part in [even, odd] {
        part.iter().for_each(|scores| grown.add(scores).unwrap());
        grown.settle().unwrap();
    }
    let whole = Side::of("head", Digest::of(&record).unwrap()).unwrap();
    let compared = |side: &Side| {
        let base = Side::of("base", Digest::of(&record).unwrap()).unwrap();
        crate::compare(&base, std::slice::from_ref(side), &Default::default()).unwrap()
    };
    assert_eq!(compared(&grown), compared(&whole));
}
