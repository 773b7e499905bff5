//! A record of any size: bookings with a reply each, and twenty questions with rounds and forks.

use indexmap::IndexMap;
use reports::record::{
    ArmRecord, Bound, CaseRecord, Cast, EngineIdentity, Expectation, FORMAT_VERSION, GriceIdentity, Header,
    MINOR_VERSION, ModelIdentity, ProbeRecord, Record, Sampling, ScoreRecord, TrialKey, TrialRecord,
};
use scorers::{Body, Branch, FailureKind, Role, Transcript, Turn};
use serde_json::{Value as Json, json};

const SAMPLES: u32 = 5;
const OBJECTS: [&str; 4] = ["cat", "tree", "piano", "river"];

/// About this many trials, three quarters of them bookings.
pub(crate) fn record(trials: u32) -> Record {
    let bookings = (trials * 3 / 4) / (2 * SAMPLES);
    let games = trials / 4 / SAMPLES;
    let probes = vec![booking_probe(bookings), game_probe(games)];
    let mut all = Vec::new();
    for pair in 0..bookings {
        for arm in ["ambiguous", "clear"] {
            all.extend((0..SAMPLES).map(|sample| booking(pair, arm, sample)));
        }
    }
    for game_index in 0..games {
        all.extend((0..SAMPLES).map(|sample| game(game_index, sample)));
    }
    Record { header: header(probes), trials: all, complete: true, protected: true }
}

fn header(probes: Vec<ProbeRecord>) -> Header {
    Header {
        format: FORMAT_VERSION,
        grice: GriceIdentity { version: "0.1.0".into(), commit: None },
        minor: MINOR_VERSION,
        cast: Cast::of_model(
            ModelIdentity {
                name: "made-up".into(),
                reference: "made-up".into(),
                weights: None,
                tokenizer: None,
                chat_template: None,
                ..ModelIdentity::default()
            },
            EngineIdentity {
                name: "none".into(),
                version: "0".into(),
                device: "cpu".into(),
                dtype: "f32".into(),
                context: None,
                ..EngineIdentity::default()
            },
        ),
        seed: 1,
        shard: None,
        probes,
    }
}

fn probe(
    id: &str,
    arms: &[&str],
    cases: Vec<CaseRecord>,
    score: (&str, Json),
    metrics: &[(&str, Json)],
) -> ProbeRecord {
    let arms: Vec<String> = arms.iter().map(|arm| (*arm).to_owned()).collect();
    let (name, scorer) = score;
    let metric = |(name, config): &(&str, Json)| {
        let config = serde_json::from_value(config.clone()).expect("the metric exists");
        ((*name).to_owned(), config)
    };
    ProbeRecord {
        id: id.into(),
        about: "A made-up probe that is as large as a real one.".into(),
        construct: None,
        cites: Vec::new(),
        path: format!("specs/{id}.yaml"),
        source: String::new(),
        hash: String::new(),
        samples: SAMPLES,
        cells: None,
        first_look: None,
        resampled: false,
        sampling: Sampling::plain(0.8, 64),
        arms: arms.iter().map(|arm| (arm.clone(), ArmRecord::default())).collect(),
        cases,
        scores: IndexMap::from([(
            name.to_owned(),
            ScoreRecord { scorer, arms, cut_off: scorers::scorer::CutOff::Graded },
        )]),
        metrics: metrics.iter().map(metric).collect(),
        better: Default::default(),
        dialogues: Default::default(),
        expect: vec![Expectation { metric: metrics[0].0.into(), bound: Bound::AtLeast(0.5) }],
        controls: Vec::new(),
    }
}

fn booking_probe(pairs: u32) -> ProbeRecord {
    let case = |pair: u32, arm: &str| CaseRecord {
        id: format!("booking-{pair}-{arm}"),
        pair: Some(format!("booking-{pair}")),
        arm: Some(arm.to_owned()),
        variables: [("mark".to_owned(), json!("?"))].into(),
    };
    let cases = (0..pairs).flat_map(|pair| [case(pair, "ambiguous"), case(pair, "clear")]).collect();
    let score = ("asks", json!({"includes": {"turn": "reply", "text": "{{ mark }}"}}));
    let metrics = [
        ("rate", json!({"rate": {"of": "asks@ambiguous"}})),
        ("rate_clear", json!({"rate": {"of": "asks@clear"}})),
    ];
    probe("grounding.booking", &["ambiguous", "clear"], cases, score, &metrics)
}

fn game_probe(games: u32) -> ProbeRecord {
    let case = |game: u32| CaseRecord {
        id: format!("game-{game}"),
        pair: None,
        arm: None,
        variables: Default::default(),
    };
    let score = ("object", json!({"includes": {"turn": "guess", "text": "cat"}}));
    let metrics = [("cats", json!({"rate": {"of": "object"}}))];
    probe("superposition.game", &[""], (0..games).map(case).collect(), score, &metrics)
}

fn booking(pair: u32, arm: &str, sample: u32) -> TrialRecord {
    let asks = (pair + sample).is_multiple_of(if arm == "clear" { 9 } else { 3 });
    let reply = match (asks, (pair + sample) % 97) {
        (_, 96) => Turn {
            body: Body::Failed { kind: FailureKind::Timeout, message: "no answer in 30 s".into() },
            ..Turn::generated("reply", "")
        },
        (true, _) => Turn::generated(
            "reply",
            "Certainly. At what time would you like the table, and under which name?",
        ),
        (false, _) => Turn::generated(
            "reply",
            "Your table for four on Friday is booked. We look forward to seeing you.",
        ),
    };
    let turns = vec![
        Turn::scripted(Role::System, "You take bookings. A booking needs a day, a time and a party size."),
        Turn::scripted(
            Role::User,
            format!("Good morning! Could you book table {pair} for four on Friday, please?"),
        ),
        reply,
    ];
    let case = format!("booking-{pair}-{arm}");
    let key = TrialKey { probe: "grounding.booking".into(), case, arm: arm.into(), sample };
    TrialRecord { key, transcript: Transcript { turns, branches: Vec::new() } }
}

fn game(game: u32, sample: u32) -> TrialRecord {
    let mut turns = vec![Turn::scripted(Role::User, "Think of an object. I will ask ten questions.")];
    let mut branches = Vec::new();
    for round in 1..=2 {
        turns.push(Turn::scripted(Role::User, format!("Question {round}: is it alive?")));
        turns.push(Turn { round: Some(round), ..Turn::generated("answer", "Yes.") });
        for index in 0..4 {
            let object = OBJECTS[((game + sample * index + round) % 4) as usize];
            let own = vec![
                Turn::scripted(Role::User, "What is it?"),
                Turn::generated("guess", format!("A {object}.")),
            ];
            let after = turns.len();
            branches.push(Branch { fork: "reveal".into(), round: Some(round), index, after, turns: own });
        }
    }
    let key = TrialKey {
        probe: "superposition.game".into(),
        case: format!("game-{game}"),
        arm: String::new(),
        sample,
    };
    TrialRecord { key, transcript: Transcript { turns, branches } }
}
