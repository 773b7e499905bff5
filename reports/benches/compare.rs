//! How long it takes to compare two records by their grades: 10,000 and 100,000 trials each, and 1,000,000 where the
//! environment has `GRICE_BENCH_LARGE`. Reading lines of a scores file is measured apart from comparing.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use reports::{
    Side, TrialScores, compare,
    compare::CompareOptions,
    grade::ScoreLine,
    record::{
        ArmRecord, CaseRecord, Cast, EngineIdentity, FORMAT_VERSION, GriceIdentity, Header, MINOR_VERSION,
        ModelIdentity, ProbeRecord, Sampling, ScoreRecord,
    },
};
use scorers::Outcome;
use serde_json::json;
use std::hint::black_box;

/// Probes, minimal pairs a probe has at 10,000 trials, arms and samples: their product is 10,000.
const PROBES: u32 = 5;
const PAIRS: u32 = 50;
const SAMPLES: u32 = 20;

/// A header with so many times the cases of the smallest.
fn header(name: &str, times: u32) -> Header {
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
    // Closed forms, and, with alpha, 10,000 bootstrap replicates.
    let metrics = json!({
        "rate": { "rate": { "of": "flag@a" } },
        "d_prime": { "d_prime": { "hit": "flag@a", "false_alarm": "flag@b" } },
        "mean": { "mean": { "of": "number" } },
        "alpha": { "alpha": { "of": "flag@a" } },
    });
    let probe = |id: u32| ProbeRecord {
        id: format!("family.probe{id}"),
        about: "Measured by a coin.".into(),
        construct: None,
        cites: Vec::new(),
        path: "p.yaml".into(),
        source: String::new(),
        hash: "h".into(),
        samples: SAMPLES,
        cells: None,
        first_look: None,
        resampled: false,
        sampling: Sampling::plain(1.0, 10),
        arms: ["a", "b"].map(|arm| (arm.to_owned(), ArmRecord::default())).into_iter().collect(),
        cases: (0..PAIRS * times).flat_map(|pair| [case(pair, "a"), case(pair, "b")]).collect(),
        scores: ["flag", "number"].map(|name| (name.to_owned(), score.clone())).into(),
        metrics: serde_json::from_value(metrics.clone()).expect("metrics"),
        better: Default::default(),
        dialogues: Default::default(),
        expect: Vec::new(),
        controls: Vec::new(),
    };
    Header {
        format: FORMAT_VERSION,
        grice: GriceIdentity { version: "0.1.0".into(), commit: None },
        minor: MINOR_VERSION,
        cast: Cast::of_model(
            ModelIdentity {
                name: name.into(),
                reference: name.into(),
                weights: None,
                tokenizer: None,
                chat_template: None,
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
        probes: (0..PROBES).map(probe).collect(),
    }
}

/// A number from 0 to 1 (SplitMix64 of a counter).
fn coin(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Graded trials, one after another, as a scores file gives them.
fn trials(header: &Header, seed: u64, rate: f64) -> impl Iterator<Item = TrialScores> + '_ {
    let mut state = seed;
    let places = header.probes.iter().flat_map(|probe| {
        probe.cases.iter().flat_map(move |case| (0..probe.samples).map(move |sample| (probe, case, sample)))
    });
    places.map(move |(probe, case, sample)| {
        let draw = coin(&mut state);
        let scores = vec![
            ScoreLine::plain("flag", Outcome::flag(draw < rate)),
            ScoreLine::plain("number", Outcome::number(draw)),
        ];
        let arm = case.arm.clone().unwrap_or_default();
        TrialScores { probe: probe.id.clone(), case: case.id.clone(), arm, sample, scores }
    })
}

fn side(name: &str, times: u32, seed: u64, rate: f64) -> Side {
    let header = header(name, times);
    Side::read(name, header.clone(), trials(&header, seed, rate).map(Ok::<_, String>)).expect("a side")
}

fn sizes(criterion: &mut Criterion) {
    let large = std::env::var_os("GRICE_BENCH_LARGE").is_some();
    let sizes: &[u32] = if large { &[1, 10, 100] } else { &[1, 10] };
    for times in sizes {
        let count = u64::from(PROBES * PAIRS * 2 * SAMPLES * times);
        let header = header("base", *times);
        let lines: Vec<String> = trials(&header, 1, 0.5)
            .take(10_000)
            .map(|trial| serde_json::to_string(&trial).expect("a line"))
            .collect();
        let mut group = criterion.benchmark_group("compare");
        group.sample_size(10).throughput(Throughput::Elements(count));
        if *times == 1 {
            group.bench_function(BenchmarkId::new("read", count), |bencher| {
                bencher.iter(|| {
                    let trials = lines.iter().map(|line| serde_json::from_str::<TrialScores>(line));
                    black_box(Side::read("base", header.clone(), trials).expect("a side"))
                });
            });
        }
        let (base, head) = (side("base", *times, 1, 0.5), side("head", *times, 2, 0.52));
        let heads = [head];
        group.bench_function(BenchmarkId::new("trials", count), |bencher| {
            bencher
                .iter(|| compare(black_box(&base), &heads, &CompareOptions::default()).expect("comparable"));
        });
        group.finish();
    }
}

criterion_group!(benches, sizes);
criterion_main!(benches);
