//! How long it takes to score 10,000 transcripts on all cores.

use criterion::{Criterion, criterion_group, criterion_main};
use rayon::prelude::*;
use scorers::scorer::{CutOff, Scorer, ScorerConfig, grade};
use scorers::{Role, Transcript, Turn};
use serde_json::json;
use std::hint::black_box;

/// A booking of three live turns, as the grounding family has them.
fn transcript(index: usize) -> Transcript {
    const DAYS: [&str; 4] = ["Monday", "Tuesday", "Friday", "Sunday"];
    let day = DAYS[index % DAYS.len()];
    let guests = 2 + index % 7;
    Transcript {
        turns: vec![
            Turn::scripted(
                Role::System,
                "You take bookings. A booking needs a day, a time and a party size.",
            ),
            Turn::scripted(Role::User, format!("Book a table for {guests} on {day}.")),
            Turn::generated(
                "ask",
                format!("I see, a table for {guests}. At what time on {day} would you like it?"),
            ),
            Turn::scripted(Role::User, "At seven, please."),
            Turn::generated(
                "reply",
                format!("Certainly. Booked: a table for {guests} on {day} at seven. Anything else?"),
            ),
        ],
        branches: Vec::new(),
    }
}

fn score(criterion: &mut Criterion) {
    let configs: Vec<ScorerConfig> = [
        json!({"grounding_act": {"turn": "ask", "act": "clarification"}}),
        json!({"grounding_act": {"turn": "reply", "act": "acknowledgement"}}),
        json!({"includes": {"turn": "reply", "all_of": ["table", "seven"], "words": true}}),
        json!({"register": {"turn": "reply", "is": "formal"}}),
        json!({"overlap": {"turn": "reply", "with": "user", "measure": "rouge_l"}}),
        json!({"number": {"turn": "reply"}}),
    ]
    .iter()
    .map(|value| ScorerConfig::from_value(value).expect("a scorer"))
    .collect();
    let scorers: Vec<(Box<dyn Scorer>, &ScorerConfig)> =
        configs.iter().map(|config| (config.build().expect("parameters that make sense"), config)).collect();
    let transcripts: Vec<Transcript> = (0..10_000).map(transcript).collect();
    let mut group = criterion.benchmark_group("scorers");
    group.sample_size(10);
    group.bench_function("score_10k", |bench| {
        bench.iter(|| {
            let grades: usize = transcripts
                .par_iter()
                .map(|transcript| {
                    scorers
                        .iter()
                        .map(|(scorer, config)| {
                            grade(scorer.as_ref(), config.parameters(), transcript, CutOff::Graded).len()
                        })
                        .sum::<usize>()
                })
                .sum();
            black_box(grades)
        });
    });
    group.finish();
}

criterion_group!(benches, score);
criterion_main!(benches);
