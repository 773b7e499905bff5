//! The shipped probes, held against what `specs/README.md` promises: three wordings of every instruction, room
//! for a real model's reply, and expectations that a model which never does the task does not meet.

use reports::{Digest, Record, Summary, summary::Holds};
use scorers::Role;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};
use support::{record, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// All shipped probes, run on a model that says "Hm." to everything.
fn never() -> &'static Record {
    static RUN: OnceLock<Record> = OnceLock::new();
    RUN.get_or_init(|| {
        let place = tempfile::tempdir().expect("a temporary directory");
        let out = place.path().join("run");
        let out_text = out.to_str().expect("a plain path");
        let model = "scripted:scripts/never.yaml";
        let arguments = ["run", "../specs", "--model", model, "--samples", "1", "--out", out_text];
        let finished = run(BINARY, &arguments);
        assert_eq!(finished.code, Some(4), "{finished:?}");
        record(&out)
    })
}

#[test]
fn a_model_that_never_does_the_task_passes_no_probe() {
    let digest = Digest::of(never()).expect("the record is whole");
    let expecting: Vec<_> = Summary::of(&digest).probes;
    let expecting: Vec<_> = expecting.into_iter().filter(|probe| !probe.expectations.is_empty()).collect();
    assert!(expecting.len() >= 15, "{} probes expect something", expecting.len());
    for probe in expecting {
        let held = |holds: &Holds| matches!(holds, Holds::Held { .. });
        assert!(!probe.expectations.iter().all(|expected| held(&expected.holds)), "{}: passed", probe.id);
    }
}

#[test]
fn every_wording_meets_its_share_of_the_cases_and_a_pair_has_one() {
    for probe in &never().header.probes {
        let mut shares: BTreeMap<u64, usize> = BTreeMap::new();
        let mut pairs: BTreeMap<&str, u64> = BTreeMap::new();
        for case in &probe.cases {
            let wording = case.variables.get("wording").and_then(|value| value.as_u64());
            let wording = wording.unwrap_or_else(|| panic!("{}: {} has no wording", probe.id, case.id));
            *shares.entry(wording).or_default() += 1;
            let of_pair = *pairs.entry(case.cluster()).or_insert(wording);
            assert_eq!(of_pair, wording, "{}: {} differs from its pair", probe.id, case.id);
        }
        let least = shares.values().min().copied().unwrap_or_default();
        assert!(shares.len() >= 3 && least * 4 >= probe.cases.len(), "{}: {shares:?}", probe.id);
    }
}

/// Probes that ask without a system message, as their sources do.
const WITHOUT_SYSTEM: [&str; 1] = ["subliminal.favourite-animal"];

/// The first sentence that a model reads, and what it is made to have said, differ from wording to wording.
#[test]
fn instructions_and_scripted_replies_vary() {
    let mut openings: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut examples: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for trial in &never().trials {
        for turn in trial.transcript.turns.iter().filter(|turn| turn.name.is_none()) {
            let text = turn.text().expect("a scripted turn has a text");
            match turn.role {
                Role::System => {
                    let first = text.split_once(". ").map_or(text, |(first, _)| first);
                    openings.entry(&trial.key.probe).or_default().insert(first);
                }
                Role::Assistant => {
                    examples.entry(&trial.key.probe).or_default().insert(text);
                }
                Role::User => {}
            }
        }
    }
    let told = never().header.probes.iter().filter(|probe| !WITHOUT_SYSTEM.contains(&probe.id.as_str()));
    assert_eq!(openings.len(), told.count());
    assert!(!examples.is_empty());
    for (probe, texts) in openings.iter().chain(&examples) {
        assert!(texts.len() >= 3, "{probe}: {texts:?}");
    }
}

#[test]
fn a_real_reply_has_room() {
    for probe in &never().header.probes {
        assert!(probe.sampling.max_tokens >= 100, "{}: {}", probe.id, probe.sampling.max_tokens);
    }
}
