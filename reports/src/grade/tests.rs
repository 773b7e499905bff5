//! Grading whole records.

use super::*;
use crate::{digest::Digest, format::fixtures, lines::sealed_anew, record::Record};
use indexmap::IndexMap;
use scorers::{
    Body, FailureKind, Outcome, Role,
    metric::{Column, Grade},
};
use serde_json::json;

fn grade(record: &Record) -> Result<Vec<TrialScores>, GradeError> {
    Grader::new(&record.header).grade(&record.trials)
}

/// The grades of the first score.
fn column(record: &Record) -> Column {
    let digest = Digest::of(record).unwrap();
    digest.tables().probes()[0].table().columns["clarifies"].clone()
}

/// The fixture's grounding probe, graded by a scorer whose text comes from a template.
fn record() -> Record {
    let mut record = fixtures::passing().record;
    let probe = &mut record.header.probes[0];
    for (case, word) in probe.cases.iter_mut().zip(["time", "seven"]) {
        case.pair = Some("table".into());
        case.variables.insert("word".into(), json!(word));
    }
    let score = probe.scores.get_mut("clarifies").unwrap();
    score.scorer = json!({"includes": {"turn": "reply", "text": "{{ word }}"}});
    record
}

fn flags(graded: &[TrialScores]) -> Vec<Option<bool>> {
    let lines = graded.iter().flat_map(|trial| &trial.scores);
    lines
        .map(|line| match line.outcome.value() {
            Some(scorers::Value::Flag(flag)) => Some(*flag),
            _ => None,
        })
        .collect()
}

#[test]
fn every_case_is_graded_with_its_own_parameters() {
    let record = record();
    let graded = grade(&record).unwrap();
    assert_eq!(flags(&graded), [Some(true), Some(false), Some(true), Some(false)]);
    assert_eq!(graded_by(&record.header.probes[0], "clarifies").unwrap().turn, "reply");
    let digest = Digest::of(&record).unwrap();
    let table = digest.tables().probes()[0].table();
    assert_eq!(table.arms, ["ambiguous", "clear"]);
    assert_eq!(table.clusters, 1, "a pair is one cluster");
    let column = &table.columns["clarifies"];
    let places: Vec<(u32, u32, u32)> =
        column.observations.iter().map(|o| (o.case, o.arm, o.sample)).collect();
    assert_eq!(places, [(0, 0, 0), (0, 0, 1), (1, 1, 0), (1, 1, 1)]);
    assert_eq!(column.observations[0].grade, Grade::Number(1.0));
}

#[test]
fn the_result_does_not_depend_on_the_pool() {
    let record = record();
    let in_pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| grade(&record).unwrap())
    };
    assert_eq!(in_pool(1), in_pool(4));
}

#[test]
fn a_scorer_that_cannot_be_used_leaves_a_stated_reason() {
    let mut record = record();
    record.header.probes[0].cases[1].variables.clear();
    let graded = grade(&record).unwrap();
    assert_eq!(flags(&graded), [Some(true), Some(false), None, None]);
    let Outcome::Unscored { reason } = &graded[2].scores[0].outcome else { panic!() };
    assert!(reason.starts_with("the scorer cannot be used: its parameter `includes.text`"), "{reason}");

    record.header.probes[0].scores.get_mut("clarifies").unwrap().scorer = json!({"no_such_scorer": {}});
    let graded = grade(&record).unwrap();
    assert_eq!(flags(&graded), [None; 4]);
    assert_eq!(column(&record).observations[0].grade, Grade::Unscored);
}

#[test]
fn a_failed_generation_is_failed_and_a_missing_turn_is_unscored() {
    let mut record = record();
    let kind = FailureKind::Timeout;
    record.trials[0].transcript.turns[2].body = Body::Failed { kind, message: "late".into() };
    record.trials[1].transcript.turns = vec![Turn::scripted(Role::User, "Hello")];
    let graded = grade(&record).unwrap();
    let outcome = |index: usize| &graded[index].scores[0].outcome;
    assert_eq!(outcome(0), &Outcome::Failed { kind });
    assert_eq!(outcome(1), &Outcome::unscored("the turn `reply` did not take place"));
}

#[test]
fn a_score_is_given_only_in_its_arms() {
    let mut record = record();
    record.header.probes[0].scores.get_mut("clarifies").unwrap().arms = vec!["clear".into()];
    let graded = grade(&record).unwrap();
    let counts: Vec<usize> = graded.iter().map(|trial| trial.scores.len()).collect();
    assert_eq!(counts, [0, 0, 1, 1]);
}

#[test]
fn a_trial_that_the_header_does_not_know_is_an_error() {
    let edit = |change: fn(&mut crate::record::TrialKey)| {
        let mut record = record();
        change(&mut record.trials[3].key);
        grade(&record).unwrap_err()
    };
    let probe = "grounding.request".to_owned();
    assert_eq!(edit(|key| key.probe = "x".into()), GradeError::Probe("x".into()));
    assert_eq!(
        edit(|key| key.case = "x".into()),
        GradeError::Case { probe: probe.clone(), case: "x".into() }
    );
    assert_eq!(edit(|key| key.arm = "x".into()), GradeError::Arm { probe, arm: "x".into() });
}

#[test]
fn a_line_of_the_scores_file_is_as_documented() {
    let line = TrialScores {
        probe: "family.name".into(),
        case: "table".into(),
        arm: String::new(),
        sample: 0,
        scores: vec![ScoreLine {
            score: "object".into(),
            fork: Some("reveal".into()),
            branch: Some(3),
            round: Some(1),
            cut: false,
            copied: false,
            outcome: Outcome::label("cat"),
        }],
    };
    let text = r#"{"probe":"family.name","case":"table","sample":0,"scores":[{"score":"object","fork":"reveal","branch":3,"round":1,"outcome":{"scored":{"value":{"label":"cat"}}}}]}"#;
    assert_eq!(serde_json::to_string(&line).unwrap(), text);
    assert_eq!(serde_json::from_str::<TrialScores>(text).unwrap(), line);
}

#[test]
fn grading_in_batches_gives_the_same_grades() {
    let record = record();
    let whole = grade(&record).unwrap();
    let grader = Grader::new(&record.header);
    let mut found = Vec::new();
    let trials = record.trials.iter().cloned().map(Ok);
    let take = |trial: TrialRecord, scores: TrialScores| {
        assert_eq!(trial.key.case, scores.case);
        found.push(scores);
        Ok::<_, StreamError>(())
    };
    grader.each(trials, take).unwrap();
    assert_eq!(found, whole);
    let mut strange = record.trials[0].clone();
    strange.key.case = "x".into();
    assert!(matches!(grader.grade(&[strange]), Err(GradeError::Case { .. })));
    let broken = [Err(crate::record::RecordError::Empty)];
    let error = grader.each(broken, |_, _| Ok::<_, StreamError>(())).unwrap_err();
    assert_eq!(error.to_string(), "the record is empty");
}

fn scores_file() -> String {
    let trials = grade(&record()).unwrap();
    let header = ScoresHeader {
        format: SCORES_VERSION,
        grading: GRADING_VERSION,
        journal: "00ff".into(),
        trials: trials.len() as u64,
        complete: true,
        measures: IndexMap::new(),
    };
    let mut text = Vec::new();
    let mut writer = ScoresWriter::new(&mut text, &header).unwrap();
    trials.iter().for_each(|trial| writer.add(trial).unwrap());
    String::from_utf8(text).unwrap()
}

fn read_scores(text: &str) -> Result<Vec<TrialScores>, ScoresError> {
    ScoresReader::new(text.as_bytes())?.collect()
}

#[test]
fn a_scores_file_says_what_it_grades() {
    let text = scores_file();
    let first = r#"{"grades":{"format":2,"grading":3,"journal":"00ff","trials":4,"complete":true},"check":"#;
    assert!(text.starts_with(first), "{text}");
    let trials = grade(&record()).unwrap();
    assert_eq!(read_scores(&text).unwrap(), trials);
}

#[test]
fn a_scores_file_cut_anywhere_is_refused() {
    let text = scores_file();
    for end in 0..text.len() {
        let cut = ScoresReader::new(&text.as_bytes()[..end]);
        let read = cut.and_then(|reader| reader.collect::<Result<Vec<_>, _>>());
        assert!(read.is_err(), "cut at {end}");
    }
}

#[test]
fn what_is_wrong_with_a_scores_file_is_said() {
    let good = scores_file();
    let lines: Vec<&str> = good.lines().collect();
    let error = |text: &str| read_scores(text).unwrap_err().to_string();
    let forged = |text: &str| error(&sealed_anew(text));
    let bare = |line: &str| line.split_once(",\"check\":").map(|(object, _)| format!("{object}}}\n"));
    let old: String = good.lines().skip(1).filter_map(bare).collect();
    assert!(matches!(read_scores(&old), Err(ScoresError::Unversioned)), "files of before version 1");
    let first: String =
        good.lines().filter_map(bare).collect::<String>().replacen("\"format\":2", "\"format\":1", 1);
    let reader = ScoresReader::new(first.as_bytes()).unwrap();
    assert!(!reader.protected() && reader.count() == 4, "files of version 1");
    let newer = good.replacen("\"format\":2", "\"format\":3", 1);
    assert!(error(&newer).contains("have format 3"));
    let garbled = forged(&good.replacen(lines[2], "{}}", 1));
    assert!(garbled.starts_with("line 3 of the scores cannot be read"), "{garbled}");
    let short = good.replacen(&format!("{}\n", lines[2]), "", 1);
    assert!(forged(&short).contains("3 trials of 4"), "{}", forged(&short));
    let long = format!("{good}{}\n", lines[2]);
    assert!(forged(&long).contains("speaks of 4 trials only"), "{}", forged(&long));
    for changed in
        [short, long, good.replacen("\"flag\":false", "\"flag\":true", 1), good.replacen("00ff", "00fe", 1)]
    {
        let error = error(&changed);
        assert!(
            error.contains("of the scores is not as it was written") && error.contains("`grice score`"),
            "{error}"
        );
    }
    for bit in 0..8 * good.len() {
        let mut flipped = good.clone().into_bytes();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let read =
            ScoresReader::new(flipped.as_slice()).and_then(|reader| reader.collect::<Result<Vec<_>, _>>());
        let said = read.unwrap_err().to_string();
        let line = 1 + good.as_bytes()[..bit / 8].iter().filter(|byte| **byte == b'\n').count();
        let placed = said.contains(&format!("line {line} of the scores"));
        // A first line may speak of a format to come; without the last line break the last line is missing.
        let other = said.contains("Use a newer Grice") && line == 1 || bit / 8 == good.len() - 1;
        assert!(placed || other, "bit {bit}: {said}");
    }
}

#[test]
fn measures_carry_all_that_is_measured() {
    let mut probe = record().header.probes.remove(0);
    probe.better.insert("asks".into(), crate::record::Better::Lower);
    let text = serde_json::to_string(&Measures::of(&probe)).unwrap();
    let mut other = record().header.probes.remove(0);
    serde_json::from_str::<Measures>(&text).unwrap().put_into(&mut other);
    assert_eq!(other, probe);
    // A newer spec that says nothing of a direction has none; a file from before they were kept leaves them as they are.
    Measures::of(&record().header.probes[0]).put_into(&mut other);
    assert!(other.better.is_empty());
    let before = Measures { better: None, ..Measures::of(&probe) };
    assert!(!serde_json::to_string(&before).unwrap().contains("better"));
    before.put_into(&mut probe);
    assert_eq!(probe.better.len(), 1);
}
