//! Records for tests: a probe with two arms over minimal pairs, graded by a coin.

use super::*;
use crate::{
    grade::{ScoreLine, TrialScores},
    record::{
        ArmRecord, Bound, CaseRecord, Cast, EngineIdentity, Expectation, FORMAT_VERSION, GriceIdentity,
        Header, MINOR_VERSION, ModelIdentity, ProbeRecord, Sampling, ScoreRecord,
    },
};
use indexmap::IndexMap;
use scorers::{Outcome, metric::MetricConfig};
use serde_json::json;

/// Id of the probe.
pub(super) const PROBE: &str = "grounding.request";

/// A header with one probe of so many minimal pairs and samples.
pub(super) fn header(name: &str, pairs: u32, samples: u32) -> Header {
    let case = |pair: u32, arm: &str| CaseRecord {
        id: format!("case{pair}-{arm}"),
        pair: Some(format!("pair{pair}")),
        arm: Some(arm.to_owned()),
        variables: Default::default(),
    };
    let score = ScoreRecord {
        scorer: json!({"exact": {"turn": "reply"}}),
        arms: vec!["a".into(), "b".into()],
        cut_off: scorers::scorer::CutOff::Graded,
    };
    let metrics = json!({
        "rate": { "rate": { "of": "flag" } },
        "d_prime": { "d_prime": { "hit": "flag@a", "false_alarm": "flag@b" } },
        "mean": { "mean": { "of": "number" } },
        "alpha": { "alpha": { "of": "label@a" } },
        "none": { "rate": { "of": "never" } },
    });
    let mut metrics: IndexMap<String, MetricConfig> = serde_json::from_value(metrics).unwrap();
    // JSON sorts its keys; the first metric is the headline.
    if let Some(place) = metrics.get_index_of("rate") {
        metrics.move_index(place, 0);
    }
    Header {
        format: FORMAT_VERSION,
        grice: GriceIdentity { version: "0.1.0".into(), commit: None },
        minor: MINOR_VERSION,
        cast: Cast::of_model(
            ModelIdentity {
                name: name.into(),
                reference: name.into(),
                weights: Some(name.into()),
                tokenizer: None,
                chat_template: Some("t".into()),
                ..ModelIdentity::default()
            },
            EngineIdentity {
                name: "scripted".into(),
                version: "1".into(),
                device: "cpu".into(),
                dtype: "f32".into(),
                context: None,
                ..EngineIdentity::default()
            },
        ),
        seed: 1,
        shard: None,
        probes: vec![ProbeRecord {
            id: PROBE.into(),
            about: "Does it ask?".into(),
            construct: None,
            cites: Vec::new(),
            path: "p.yaml".into(),
            source: "probe: grounding.request\ndialogue:\n  - user: Hello.\nsamples: 2\n".into(),
            dialogues: [(
                String::new(),
                vec![crate::record::dialogue::Step::Say {
                    role: scorers::Role::User,
                    text: "Hello.".into(),
                    name: None,
                }],
            )]
            .into(),
            hash: "h".into(),
            samples,
            cells: None,
            first_look: None,
            resampled: false,
            sampling: Sampling::plain(1.0, 10),
            arms: ["a", "b"].map(|arm| (arm.to_owned(), ArmRecord::default())).into_iter().collect(),
            cases: (0..pairs).flat_map(|pair| [case(pair, "a"), case(pair, "b")]).collect(),
            scores: ["flag", "number", "label", "never"].map(|name| (name.to_owned(), score.clone())).into(),
            metrics,
            better: Default::default(),
            expect: vec![Expectation { metric: "rate".into(), bound: Bound::AtLeast(0.1) }],
            controls: Vec::new(),
        }],
    }
}

/// A number from 0 to 1 that depends on nothing but its arguments.
pub(super) fn coin(parts: &[u64]) -> f64 {
    // SplitMix64 over the parts.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for part in parts {
        state = state.wrapping_add(*part).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state ^= state >> 30;
        state = state.wrapping_mul(0x94D0_49BB_1331_11EB);
        state ^= state >> 31;
    }
    (state >> 11) as f64 / (1_u64 << 53) as f64
}

/// Graded trials in which flags are true with this probability in arm a, and half as often in arm b.
pub(super) fn trials(header: &Header, seed: u64, rate: f64) -> Vec<TrialScores> {
    let mut trials = Vec::new();
    for probe in &header.probes {
        for (place, case) in (0_u64..).zip(&probe.cases) {
            let arm = case.arm.clone().unwrap();
            let rate = if arm == "a" { rate } else { rate / 2.0 };
            for sample in 0..probe.samples {
                let draw = coin(&[seed, place, sample.into()]);
                let label = ["cat", "dog", "owl"][(coin(&[seed, place, sample.into(), 7]) * 3.0) as usize];
                trials.push(TrialScores {
                    probe: probe.id.clone(),
                    case: case.id.clone(),
                    arm: arm.clone(),
                    sample,
                    scores: vec![
                        ScoreLine::plain("flag", Outcome::flag(draw < rate)),
                        ScoreLine::plain("number", Outcome::number(draw + rate)),
                        ScoreLine::plain("label", Outcome::label(label)),
                    ],
                });
            }
        }
    }
    trials
}

/// A side from its trials.
pub(super) fn side(header: Header, trials: Vec<TrialScores>) -> Side {
    let name = header.model().name.clone();
    Side::read(name, header, trials.into_iter().map(Ok::<_, String>)).unwrap()
}

/// A side with 30 pairs and 4 samples.
pub(super) fn simple(name: &str, seed: u64, rate: f64) -> Side {
    let header = header(name, 30, 4);
    let trials = trials(&header, seed, rate);
    side(header, trials)
}

/// Options that make tests quick.
pub(super) fn quick() -> CompareOptions {
    CompareOptions { replicates: 500, permutations: 2_000, ..CompareOptions::default() }
}
