//! Audits of made-up transcripts.

use super::*;
use crate::record::{EngineIdentity, GriceIdentity, ModelIdentity};
use scorers::{Branch, FailureKind, Transcript};
use serde_json::json;

fn header() -> Header {
    let probe = json!({
        "id": "a.probe", "about": "A probe.", "construct": null, "cites": [], "path": "a.yaml", "source": "",
        "hash": "", "samples": 1,
        "sampling": {"temperature": 0.0, "max_tokens": 8, "top_p": null, "top_k": null, "min_p": null,
                     "coupling": "none"},
        "arms": {"": {"about": null, "set": {}}},
        "cases": [
            {"id": "one", "pair": null, "arm": null, "variables": {}},
            {"id": "two", "pair": null, "arm": null, "variables": {}},
        ],
        "scores": {"agrees": {"scorer": {"includes": {"turn": "reply", "text": "yes"}}, "arms": [""]}},
        "metrics": {}, "expect": [],
    });
    Header {
        format: crate::record::FORMAT_VERSION,
        grice: GriceIdentity { version: "0".to_owned(), commit: None },
        minor: crate::record::MINOR_VERSION,
        cast: crate::record::Cast::of_model(ModelIdentity::default(), EngineIdentity::default()),
        seed: 0,
        shard: None,
        probes: vec![serde_json::from_value(probe).unwrap()],
    }
}

fn trial(case: &str, replies: [&str; 2]) -> TrialRecord {
    let key = TrialKey { probe: "a.probe".to_owned(), case: case.to_owned(), arm: String::new(), sample: 0 };
    let mut turns = vec![Turn::scripted(Role::User, "Is it so?"), Turn::generated("reply", replies[0])];
    turns.extend([Turn::scripted(Role::User, "Sure?"), Turn::generated("again", replies[1])]);
    TrialRecord { key, transcript: Transcript { turns, branches: Vec::new() } }
}

fn branch(after: usize, text: &str) -> Branch {
    let turns = vec![Turn::generated("guess", text)];
    Branch { fork: "reveal".to_owned(), round: None, index: 0, after, turns }
}

fn pair(base: &[TrialRecord], head: &[TrialRecord]) -> (SettingPair, Vec<Parting>) {
    SettingPair::of(&header(), base, head, 1).unwrap()
}

#[test]
fn equal_trials_are_equal() {
    let trials = [trial("one", ["yes", "sure"]), trial("two", ["no", "sure"])];
    let (pair, partings) = pair(&trials, &trials);
    assert_eq!((pair.replies, pair.different, pair.scores_changed), (4, 0, 0));
    assert!(partings.is_empty() && pair.holds(500));
}

#[test]
fn what_follows_a_difference_answers_another_prompt_and_is_not_counted() {
    let base = [trial("one", ["yes", "sure"]), trial("two", ["no", "sure"])];
    let head = [trial("one", ["no", "not sure"]), trial("two", ["no", "surely"])];
    let (pair, partings) = pair(&base, &head);
    assert_eq!((pair.replies, pair.different, pair.scores_changed), (3, 2, 1));
    assert!(!pair.holds(500) && pair.holds(1));
    let first = &partings[0];
    assert_eq!((first.difference.turn.as_str(), first.difference.head.as_str()), ("reply", "no"));
    assert_eq!(first.prompt, [(Role::User, "Is it so?".to_owned())]);
    assert_eq!(partings[1].prompt.len(), 3, "the replies before it are part of the prompt");
}

#[test]
fn branches_count_where_the_line_before_them_is_the_same() {
    let with = |replies, after, guess| {
        let mut trial = trial("one", replies);
        trial.transcript.branches = vec![branch(after, guess)];
        trial
    };
    let (pair_of, partings) = pair(&[with(["yes", "a"], 2, "x")], &[with(["yes", "b"], 2, "y")]);
    assert_eq!((pair_of.replies, pair_of.different), (3, 2));
    assert_eq!(partings[1].difference.turn, "guess in branch 0 of reveal");
    assert_eq!(partings[1].prompt.len(), 2);
    let (pair_of, _) = pair(&[with(["yes", "a"], 4, "x")], &[with(["yes", "b"], 4, "y")]);
    assert_eq!((pair_of.replies, pair_of.different), (2, 1), "the branch comes after the difference");
}

#[test]
fn a_failure_under_one_setting_is_beyond_every_bound() {
    let base = [trial("one", ["yes", "sure"])];
    let mut head = base.clone();
    head[0].transcript.turns[1].body = Body::Failed { kind: FailureKind::Engine, message: "gone".to_owned() };
    let (pair, _) = pair(&base, &head);
    assert_eq!((pair.replies, pair.failed), (1, 1));
    assert!(!pair.holds(1));
}

#[test]
fn one_difference_is_within_the_bound_however_few_replies_there_are() {
    let pair = |different, replies| SettingPair {
        head: 1,
        replies,
        different,
        failed: 0,
        scores_changed: 0,
        differences: Vec::new(),
    };
    assert!(pair(1, 10).holds(500) && !pair(2, 10).holds(500));
    assert!(pair(2, 1000).holds(500) && !pair(3, 1000).holds(500));
}

#[test]
fn an_audit_is_text_and_json() {
    let base = [trial("one", ["yes\u{1b}[2J", "sure"])];
    let (mut pair, _) = pair(&base, &[trial("one", ["no", "sure"])]);
    pair.differences[0].token = Some(DivergingToken {
        index: 0,
        token: "yes".to_owned(),
        runner_up: Some("no".to_owned()),
        margin: Some(0.0125),
    });
    let setting = |concurrency| Setting {
        device: "cpu".to_owned(),
        numbers: "f32".to_owned(),
        attention: None,
        concurrency,
        seconds: 1.5,
    };
    let audit = Audit {
        format: FORMAT_VERSION,
        model: "sft".to_owned(),
        trials: 1,
        bound: 1,
        settings: vec![setting(1), setting(32)],
        pairs: vec![pair],
    };
    insta::assert_snapshot!(terminal(&audit), @r"
    sft, 1 trials, greedy
      0  cpu, f32, 1 in flight  1.5 s
      1  cpu, f32, 32 in flight  1.5 s

    ✓ 0 and 1: 1 of 1 replies differ, the scores of 1 of 1 trials change
      a.probe / one #0, reply
        token 0: `yes`, next `no`, margin 0.0125 nats
        0: yes␛[2J
        1: no

    within the bound of 1 reply in 1
    ");
    let json = serde_json::to_string(&audit).unwrap();
    assert_eq!(serde_json::from_str::<Audit>(&json).unwrap(), audit);
}
