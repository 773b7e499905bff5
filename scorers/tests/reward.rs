//! The multiturn-aware reward and BLEU of characters beside published values (arXiv:2502.00640, notebooks of its repository, MIT).

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are for the reader of the test")]

use indexmap::IndexMap;
use scorers::{
    Place, Transcript, Turn, Value, ValueKind,
    metric::{Column, Grade, MetricConfig, MetricResult, Observation, Table, estimate_all},
    scorer::{CutOff, ScorerConfig, grade},
};
use serde_json::{Value as Json, json};
use std::path::Path;

/// The published values; says so where they are not at hand.
fn published() -> Option<Json> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/published/collabllm-rewards.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("SKIPPED: the published rewards are not at hand");
        return None;
    };
    Some(serde_json::from_str(&text).expect("they are JSON"))
}

fn numbers(list: &Json) -> Vec<f64> {
    list.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

/// The reward as a spec writes it, of conversations that were sampled from one turn: each a branch.
fn reward(scores: &[(&str, Vec<f64>)]) -> f64 {
    let mut table = Table { arms: vec![String::new()], clusters: 1, ..Table::default() };
    for (name, values) in scores {
        let mut column = Column::new(ValueKind::Number);
        for (value, branch) in values.iter().zip(0..) {
            let place = Place { branch: Some(branch), ..Place::default() };
            let grade = Grade::Number(*value);
            column.observations.push(Observation { cluster: 0, case: 0, arm: 0, sample: 0, place, grade });
        }
        table.columns.insert((*name).to_owned(), column);
    }
    let metrics: IndexMap<String, MetricConfig> = serde_json::from_value(json!({
        "main": { "mean": { "of": "main" } },
        "interactivity": { "mean": { "of": "interactivity" } },
        "tokens": { "mean": { "of": "tokens" } },
        "reward": { "weighted_sum": { "of": { "main": 1.0, "interactivity": 1.0, "tokens": -0.1 } } },
    }))
    .expect("metrics");
    match &estimate_all(&metrics, &table, 0)["reward"] {
        MetricResult::Estimated(found) => found.value,
        MetricResult::ValueOnly(found) => found.value,
        MetricResult::Unavailable { reason, .. } => panic!("{reason}"),
    }
}

/// BLEU of a document, of characters or of words.
fn bleu(measure: &str, document: &str, reference: &str) -> f64 {
    let config =
        json!({ "overlap": { "turn": "document", "text": reference, "measure": measure, "reads": "whole" } });
    let config: ScorerConfig = serde_json::from_value(config).expect("a scorer");
    let scorer = config.build().expect("it can be built");
    let said = Transcript { turns: vec![Turn::generated("document", document)], ..Transcript::default() };
    let graded = grade(scorer.as_ref(), config.parameters(), &said, CutOff::Graded);
    match graded.first().and_then(|graded| graded.outcome.value().cloned()) {
        Some(Value::Number(number)) => number,
        other => panic!("{other:?}"),
    }
}

/// BLEU of the published documents, each with the value that is printed for it: they are printed in another order.
fn documents(published: &Json, measure: &str) -> Vec<f64> {
    let of = &published["bleu"];
    let reference = of["reference"].as_str().expect("a text");
    let documents = of["documents"].as_array().expect("a list").iter();
    documents.map(|document| bleu(measure, document.as_str().expect("a text"), reference)).collect()
}

fn sorted(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers
}

/// Half of the last printed digit of a reward, and a tenth of that of its thousands of tokens.
const PRINTED: f64 = 0.0005 + 0.000_05 + 1e-9;

#[test]
fn published_bleu_of_documents_is_of_characters() {
    let Some(published) = published() else { return };
    let (characters, words) =
        (sorted(documents(&published, "bleu_characters")), sorted(documents(&published, "bleu")));
    let expected = sorted(numbers(&published["bleu"]["values"]));
    println!("characters {characters:.4?}, published {expected:.3?}; words {words:.4?}");
    assert_eq!(expected.len(), 6);
    for (found, expected) in characters.iter().zip(&expected) {
        assert!((found - expected).abs() <= 0.0005 + 1e-9, "{found} is not {expected}");
    }
    assert!(words.iter().all(|found| *found < 0.1), "of words it is another measure");
}

#[test]
fn published_rewards_come_out_to_the_printed_digits() {
    let Some(published) = published() else { return };
    let computed = documents(&published, "bleu_characters");
    // What is printed to three digits only is taken as it was computed.
    let exact = |printed: f64| {
        let nearest = computed.iter().find(|found| (*found - printed).abs() <= 0.0005 + 1e-9);
        nearest.copied().unwrap_or(printed)
    };
    let mut conversations = 0;
    for turn in published["rewards"].as_array().expect("a list") {
        let of = |name: &str| numbers(&turn[name]);
        let main: Vec<f64> = match turn["main_name"].as_str() {
            Some("document->bleu") => of("main").into_iter().map(exact).collect(),
            _ => of("main"),
        };
        let (pleasant, tokens) = (of("interactivity"), of("thousand_tokens"));
        for (index, expected) in of("MR").into_iter().enumerate() {
            let one = |values: &[f64]| vec![values[index]];
            let found =
                reward(&[("main", one(&main)), ("interactivity", one(&pleasant)), ("tokens", one(&tokens))]);
            println!("{found:.4} {expected:.3}");
            assert!((found - expected).abs() <= PRINTED, "{found} is not {expected}");
            conversations += 1;
        }
        let mean = reward(&[("main", main), ("interactivity", pleasant), ("tokens", tokens)]);
        let expected = turn["MR_mean"].as_f64().expect("a number");
        assert!((mean - expected).abs() <= PRINTED, "{mean} is not {expected}");
    }
    assert_eq!(conversations, 18);
}
