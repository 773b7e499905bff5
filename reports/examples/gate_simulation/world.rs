//! Models of which the true shares are known, as records, and what a gate says of two of them.

use reports::{
    GateOutcome, Policy, Side, TrialScores,
    compare::{CompareOptions, compare},
    grade::ScoreLine,
    record::Header,
};
use scorers::Outcome;
use serde_json::{Map, Value, json};

/// What is gated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// The share of true flags.
    Rate,
    /// The same minus the share in a second arm, in which flags are as seldom true as they are seldom false in the first.
    Contrast,
    /// The sensitivity d′ of both arms.
    DPrime,
}

impl Measure {
    fn arms(self) -> &'static [&'static str] {
        match self {
            Self::Rate => &[""],
            Self::Contrast | Self::DPrime => &["a", "b"],
        }
    }

    fn metrics(self) -> Value {
        match self {
            Self::Rate => json!({ "r": { "rate": { "of": "flag" } } }),
            Self::Contrast => json!({
                "r": { "contrast": { "plus": "x", "minus": "y" } },
                "x": { "rate": { "of": "flag@a" } },
                "y": { "rate": { "of": "flag@b" } },
            }),
            Self::DPrime => json!({ "r": { "d_prime": { "hit": "flag@a", "false_alarm": "flag@b" } } }),
        }
    }
}

/// Two versions of a model under one policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Design {
    pub(crate) measure: Measure,
    /// Gated metrics, a probe each.
    pub(crate) metrics: u64,
    /// Cases of each probe.
    pub(crate) cases: u64,
    /// Samples of each case.
    pub(crate) samples: u32,
    /// The mean share of true flags in the base. Cases lie up to a tenth around it.
    pub(crate) share: f64,
    /// By how much it is smaller in the head, in every metric; cases differ in it by up to half of it.
    pub(crate) loss: f64,
    /// The margin of every rule, in the unit of the measure.
    pub(crate) margin: Option<f64>,
}

/// A number from 0 to 1 that depends on nothing but its arguments (SplitMix64).
fn coin(parts: &[u64]) -> f64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for part in parts {
        state = state.wrapping_add(*part).wrapping_add(0x9E37_79B9_7F4A_7C15);
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        state ^= state >> 31;
    }
    (state >> 11) as f64 / (1_u64 << 53) as f64
}

/// What the gate says of two records of this design.
pub(crate) fn gate(design: Design, seed: u64) -> GateOutcome {
    let mut rule = json!({ "metric": "*/r", "better": "higher" });
    if let Some(margin) = design.margin {
        rule["margin"] = json!(margin);
    }
    let policy: Policy = serde_json::from_value(json!({ "metrics": [rule] })).expect("a valid policy");
    let options =
        CompareOptions { permutations: 500, policy: Some(policy.clone()), ..CompareOptions::default() };
    let sides = [side(design, seed, false), side(design, seed, true)];
    let comparison = compare(&sides[0], &sides[1..], &options).expect("the sides fit each other");
    policy.judge(&comparison)
}

fn side(design: Design, seed: u64, head: bool) -> Side {
    let probes: Vec<Value> = (0..design.metrics).map(|probe| probe_record(design, probe)).collect();
    let header: Header = serde_json::from_value(json!({
        "format": 4,
        "grice": { "version": "0.1.0", "commit": null },
        "cast": { "model": {
            "model": { "name": if head { "head" } else { "base" }, "reference": "simulated", "weights": null,
                "tokenizer": null, "chat_template": null },
            "engine": { "name": "simulated", "version": "1", "device": "none", "dtype": "none", "context": null },
        } },
        "seed": seed,
        "probes": probes,
    }))
    .expect("a valid header");
    let mut trials = Vec::new();
    for probe in 0..design.metrics {
        for case in 0..design.cases {
            let place = |what: u64| coin(&[seed, probe, case, what]) * 2.0 - 1.0;
            let share = design.share + place(1) * (0.1_f64).min(1.0 - design.share);
            let loss = if head { design.loss * (1.0 + place(2) / 2.0) } else { 0.0 };
            for (second, arm) in [false, true].into_iter().zip(design.measure.arms()) {
                // Only the first arm loses.
                let share = if second { 1.0 - share } else { share - loss };
                for sample in 0..design.samples {
                    let draw = 3 + u64::from(head) + 2 * u64::from(second);
                    let outcome = Outcome::flag(coin(&[seed, probe, case, draw, sample.into()]) < share);
                    let line = ScoreLine::plain("flag", outcome);
                    let (probe, case, arm) = (format!("p.a{probe}"), format!("c{case}"), (*arm).to_owned());
                    trials.push(Ok::<_, String>(TrialScores {
                        probe,
                        case,
                        arm,
                        sample,
                        scores: vec![line],
                    }));
                }
            }
        }
    }
    let name = header.model().name.clone();
    Side::read(name, header, trials).expect("trials of the header")
}

fn probe_record(design: Design, probe: u64) -> Value {
    let arms = design.measure.arms();
    let cases: Vec<Value> = (0..design.cases)
        .map(|case| json!({ "id": format!("c{case}"), "pair": null, "arm": null, "variables": {} }))
        .collect();
    json!({
        "id": format!("p.a{probe}"), "about": "Simulated.", "construct": null, "cites": [], "path": "p.yaml",
        "source": "dialogue:\n  - user: x\n", "hash": "h", "samples": design.samples,
        "sampling": { "temperature": 1.0, "max_tokens": 1, "top_p": null, "top_k": null, "min_p": null,
            "coupling": "none" },
        "arms": arms.iter().map(|arm| ((*arm).to_owned(), json!({ "about": null, "set": {} }))).collect::<Map<_, _>>(),
        "cases": cases,
        "scores": { "flag": { "scorer": { "exact": { "turn": "reply" } }, "arms": arms } },
        "metrics": design.measure.metrics(),
        "expect": [],
    })
}
