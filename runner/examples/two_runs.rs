//! Writes two made-up runs of any size, to measure how long `grice compare` takes from the files on disk:
//!
//! ```sh
//! cargo run --release -p runner --no-default-features --example two_runs -- 1000000 /tmp/two
//! grice compare /tmp/two/base /tmp/two/head
//! ```
//!
//! Five probes of minimal pairs, twenty samples a case, a flag and a number per trial; with the word `three` behind the
//! folder, a second number. Replies are drawn by a coin.

use reports::{
    grade::{GRADING_VERSION, Grader, SCORES_VERSION, ScoresHeader},
    record::{
        ArmRecord, CaseRecord, Cast, EngineIdentity, FORMAT_VERSION, GriceIdentity, Header, MINOR_VERSION,
        ModelIdentity, ProbeRecord, Sampling, ScoreRecord, TrialKey, TrialRecord,
    },
};
use runner::store::RunDirectory;
use scorers::{Role, Transcript, Turn};
use serde_json::json;
use std::{error::Error, path::Path};

const PROBES: u32 = 5;
const SAMPLES: u32 = 20;
const ARMS: [&str; 2] = ["ambiguous", "clear"];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (trials, folder, third) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [trials, folder] => (trials, folder, false),
        [trials, folder, "three"] => (trials, folder, true),
        _ => return Err("usage: two_runs TRIALS FOLDER [three]".into()),
    };
    let pairs = trials.parse::<u32>()?.div_ceil(PROBES * SAMPLES * 2);
    let header = |name: &str, seed| header(name, pairs, seed, third);
    write(&Path::new(folder).join("base"), &header("base", 1)?, 0.50)?;
    write(&Path::new(folder).join("head"), &header("head", 2)?, 0.52)
}

/// Writes a run as `grice run` leaves it, without the reports.
fn write(directory: &Path, header: &Header, rate: f64) -> Result<(), Box<dyn Error>> {
    let run = RunDirectory::at(directory);
    let mut journal = run.create(header)?;
    let mut state = header.seed;
    let mut order = Vec::new();
    for probe in &header.probes {
        for case in &probe.cases {
            for sample in 0..SAMPLES {
                let arm = case.arm.clone().unwrap_or_default();
                let rate = if arm == "clear" { rate / 2.0 } else { rate };
                let (probe, case) = (probe.id.clone(), case.id.clone());
                let trial = trial(TrialKey { probe, case, arm, sample }, coin(&mut state), rate);
                order.push(trial.key.clone());
                journal.append(trial)?;
            }
        }
    }
    let _locked = journal.finish(order)?;
    let survey = run.survey()?;
    let about = ScoresHeader {
        format: SCORES_VERSION,
        grading: GRADING_VERSION,
        journal: survey.hash,
        trials: survey.trials,
        complete: survey.complete,
        measures: Default::default(),
    };
    let reader = run.reader()?;
    run.write_scores(&about, |writer| {
        Grader::new(header).each(reader, |_, scores| Ok::<_, Box<dyn Error>>(writer.add(&scores)?))
    })
}

fn trial(key: TrialKey, draw: f64, rate: f64) -> TrialRecord {
    let polite = " Thank you very much.".repeat((draw * 8.0) as usize);
    let reply = match draw < rate {
        true => format!("Certainly. At what time would you like the table?{polite}"),
        false => format!("Your table for four on Friday is booked. We look forward to seeing you.{polite}"),
    };
    let request =
        format!("Good morning! Could you book the table of {} for four on Friday, please?", key.case);
    let turns = vec![
        Turn::scripted(Role::System, "You take bookings. A booking needs a day, a time and a party size."),
        Turn::scripted(Role::User, request),
        Turn::generated("reply", reply),
    ];
    TrialRecord { key, transcript: Transcript { turns, branches: Vec::new() } }
}

fn header(name: &str, pairs: u32, seed: u64, third: bool) -> Result<Header, serde_json::Error> {
    let case = |pair: u32, arm: &str| CaseRecord {
        id: format!("booking-{pair}-{arm}"),
        pair: Some(format!("booking-{pair}")),
        arm: Some(arm.to_owned()),
        variables: [("request".to_owned(), json!(format!("Could you book table {pair}, please?")))].into(),
    };
    let arms = || ARMS.map(ToOwned::to_owned).to_vec();
    let score = |name: &str, scorer| {
        (name.to_owned(), ScoreRecord { scorer, arms: arms(), cut_off: scorers::scorer::CutOff::Graded })
    };
    // Closed forms, and, with alpha, 10,000 bootstrap replicates.
    let metrics: indexmap::IndexMap<_, _> = serde_json::from_value(json!({
        "asks": { "rate": { "of": "asks@ambiguous" } },
        "sensitivity": { "d_prime": { "hit": "asks@ambiguous", "false_alarm": "asks@clear" } },
        "words": { "mean": { "of": "words" } },
        "agreement": { "alpha": { "of": "asks@ambiguous" } },
    }))?;
    let probe = |number: u32| ProbeRecord {
        id: format!("grounding.bookings-{number}"),
        about: "Does it ask for what is missing?".to_owned(),
        construct: None,
        cites: Vec::new(),
        path: "bookings.yaml".to_owned(),
        source: String::new(),
        hash: String::new(),
        samples: SAMPLES,
        cells: None,
        first_look: None,
        resampled: false,
        sampling: Sampling::plain(0.8, 64),
        arms: ARMS.iter().map(|arm| ((*arm).to_owned(), ArmRecord::default())).collect(),
        cases: (0..pairs).flat_map(|pair| ARMS.map(|arm| case(pair, arm))).collect(),
        scores: [
            Some(score("asks", json!({ "includes": { "turn": "reply", "text": "?" } }))),
            Some(score("words", json!({ "length": { "turn": "reply", "unit": "words" } }))),
            third.then(|| score("sentences", json!({ "length": { "turn": "reply", "unit": "sentences" } }))),
        ]
        .into_iter()
        .flatten()
        .collect(),
        metrics: metrics.clone(),
        better: Default::default(),
        dialogues: Default::default(),
        expect: Vec::new(),
        controls: Vec::new(),
    };
    Ok(Header {
        format: FORMAT_VERSION,
        grice: GriceIdentity { version: env!("CARGO_PKG_VERSION").to_owned(), commit: None },
        minor: MINOR_VERSION,
        cast: Cast::of_model(
            ModelIdentity { name: name.to_owned(), reference: name.to_owned(), ..ModelIdentity::default() },
            EngineIdentity {
                name: "coin".to_owned(),
                version: "1".to_owned(),
                device: "cpu".to_owned(),
                dtype: "none".to_owned(),
                ..EngineIdentity::default()
            },
        ),
        seed,
        shard: None,
        probes: (1..=PROBES).map(probe).collect(),
    })
}

/// A number from 0 to 1 (SplitMix64 of a counter).
fn coin(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}
