//! What speakers are asked for on the real engine: an option is as probable as the model says, JSON is what its schema describes, and
//! speakers who choose are played by real models.

#![expect(clippy::print_stdout, reason = "whoever reads the log of a run wants the figures")]

use reports::record::{Coupling, Sampling, dialogue::Ask};
use runner::engine::{
    Engine, Failure, Message, Request,
    load::{self, Layout},
    reference::ModelReference,
};
use scorers::{Role, StopReason};
use serde_json::Value as Json;
use std::{fs, sync::Arc};
use support::{brief, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

async fn engine(reference: &str) -> Arc<dyn Engine> {
    let reference = ModelReference::parse(reference).expect("the reference leads somewhere");
    load::load(&reference, Layout { engines: 1, threads: 1 }).await.expect("the model loads")
}

fn on_runtime<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

fn request(text: &str, ask: Ask, sampling: Sampling, seed: u64) -> Request {
    let messages = vec![Message { role: Role::User, text: text.to_owned() }];
    Request { ask, ..Request::new(messages, sampling, seed) }
}

fn options(texts: &[&str]) -> Ask {
    Ask::Choose { options: texts.iter().map(|text| (*text).to_owned()).collect() }
}

/// The probabilities come by another way than the engine's own log-probabilities, which are the reference: of the token that a greedy
/// reply begins with and of its runner-up, and of a reply of several tokens.
#[test]
fn an_option_is_as_probable_as_the_engine_says_of_its_tokens() {
    on_runtime(async {
        let engine = engine("builtin:sft").await;
        let mut compared = 0;
        for prompt in
            ["Book a table for two people on Friday.", "Is a dog an animal? Answer yes or no.", "Hello."]
        {
            let greedy = Sampling { max_tokens: 3, ..brief(0.0) };
            let traced =
                engine.trace(request(prompt, Ask::Text, greedy.clone(), 0)).await.expect("it is traced");
            let said = engine.generate(request(prompt, Ask::Text, greedy, 0)).await.expect("it replies").text;
            let first = &traced[0];
            let Some((second, second_log)) = first.runner_up.clone() else { continue };
            // Some tokenizers lose a leading space when a token is decoded alone: then the option would be another one.
            if !said.starts_with(&first.text) || second.trim().is_empty() || second.contains('<') {
                println!("{prompt:?}: {first:?} cannot be written as an option");
                continue;
            }
            let ask = options(&[&first.text, &second]);
            let chosen = engine.generate(request(prompt, ask, brief(0.0), 0)).await.expect("it chooses");
            let share = 1.0 / (1.0 + f64::from(second_log - first.log_probability).exp());
            println!("{prompt:?}: {:?} {share} beside {:?}", first.text, chosen.weights);
            assert_eq!((chosen.text.as_str(), chosen.stop), (first.text.as_str(), StopReason::End));
            assert!((chosen.weights[0] - share).abs() < 1e-3, "{share} {:?}", chosen.weights);

            // A reply of three tokens beside the runner-up alone: the product of its tokens' probabilities.
            let whole: f64 = traced.iter().map(|token| f64::from(token.log_probability)).sum();
            let ask = options(&[&said, &second]);
            let chosen = engine.generate(request(prompt, ask, brief(0.0), 0)).await.expect("it chooses");
            let share = 1.0 / (1.0 + (f64::from(second_log) - whole).exp());
            println!("{prompt:?}: {said:?} {share} beside {:?}", chosen.weights);
            assert!((chosen.weights[0] - share).abs() < 1e-3, "{said:?} {share} {:?}", chosen.weights);
            compared += 1;
        }
        assert!(compared > 0, "no prompt could be compared");
    });
}

#[test]
fn options_are_drawn_as_often_as_they_are_probable_and_one_cannot_begin_with_another() {
    on_runtime(async {
        let engine = engine("builtin:sft").await;
        assert!(engine.facts().chooses);
        let draw = async |seed| {
            let ask = options(&["yes", "no"]);
            engine.generate(request("Is it big?", ask, brief(1.0), seed)).await.expect("it chooses")
        };
        let (mut yes, mut share) = (0, 0.0);
        for seed in 0..200 {
            let chosen = draw(seed).await;
            share = chosen.weights[0];
            yes += u32::from(chosen.text == "yes");
        }
        // Four standard errors.
        let found = f64::from(yes) / 200.0;
        assert!(
            (found - share).abs() <= 4.0 * (share * (1.0 - share) / 200.0).sqrt() + 1e-9,
            "{found} {share}"
        );

        let ask = options(&["yes", "yes, of course"]);
        let Failure { message, .. } = engine
            .generate(request("Is it big?", ask, brief(1.0), 0))
            .await
            .expect_err("they cannot be told apart");
        assert!(message.contains("`yes, of course` begins with the option `yes`"), "{message}");
    });
}

/// Runs the shared spec with models in every part, and says what became of the trials.
fn played(model: &str, others: &str) -> Vec<Json> {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let (guest, judge) = (format!("guest={others}"), format!("judge={others}"));
    let finished = run(
        BINARY,
        &[
            "run",
            "speakers/guest.yaml",
            "--model",
            &format!("m={model}"),
            "--model",
            &guest,
            "--model",
            &judge,
            "--out",
            out.to_str().expect("a plain path"),
        ],
    );
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let journal = fs::read_to_string(out.join("journal.jsonl")).expect("it is written");
    let lines = journal.lines().map(|line| serde_json::from_str::<Json>(line).expect("it is JSON"));
    lines.filter_map(|line| Some(line.get("trial")?["transcript"]["turns"].clone())).collect()
}

fn keeps_its_contracts(trials: &[Json]) {
    assert_eq!(trials.len(), 4);
    for turns in trials.iter().map(|turns| turns.as_array().expect("turns")) {
        let wishes = turns.iter().filter(|turn| turn["speaker"] == "guest").count();
        assert!((1..=5).contains(&wishes), "{turns:?}");
        let verdict = turns.iter().find(|turn| turn["speaker"] == "judge").expect("the judge has spoken");
        let said = &verdict["body"]["generated"];
        assert!(said["text"] == "yes" || said["text"] == "no", "{said}");
        let weights: Vec<f64> =
            said["weights"].as_array().expect("weights").iter().filter_map(Json::as_f64).collect();
        assert!(weights.len() == 2 && (weights.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{said}");
        assert_eq!(turns.last().expect("turns")["name"], "goodbye", "the dialogue has come to its end");
    }
}

#[test]
fn a_guest_and_a_judge_are_played_by_the_built_in_models() {
    keeps_its_contracts(&played("builtin:sft", "builtin:dpo"));
}

#[test]
fn a_guest_and_a_judge_are_played_by_a_real_model() {
    let Some(file) = real_model() else { return };
    let trials = played(&file, &file);
    for turns in &trials {
        println!("{turns:#}");
    }
    keeps_its_contracts(&trials);
}

/// The real model that is at hand; says so where none is.
fn real_model() -> Option<String> {
    let file = std::env::var_os("GRICE_TEST_MODEL");
    if file.is_none() {
        println!("SKIPPED: GRICE_TEST_MODEL names no GGUF file of a real model");
    }
    Some(file?.to_str().expect("a plain path").to_owned())
}

fn json(schema: Json) -> Ask {
    Ask::Json { schema, say: None }
}

/// What a user simulator, a judge and a labeller would be asked for.
fn shapes() -> [Json; 3] {
    [
        serde_json::json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["thought", "line", "done"],
            "properties": {
                "thought": { "type": "string", "maxLength": 60 },
                "line": { "type": "string", "maxLength": 60 },
                "done": { "type": "boolean" },
            },
        }),
        serde_json::json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["rating"],
            "properties": { "rating": { "type": "integer", "minimum": 1, "maximum": 5 } },
        }),
        serde_json::json!({ "enum": ["clarification", "follow-up", "none"] }),
    ]
}

/// A real model says what a schema describes, whatever it would rather say, drawn here or in the engine.
#[test]
fn a_real_model_is_held_to_a_schema() {
    let Some(model) = real_model() else { return };
    on_runtime(async {
        let engine = engine(&model).await;
        assert!(engine.facts().constrains);
        let (mut kept, mut ended) = (0, 0);
        for (shape, seed) in
            shapes().into_iter().flat_map(|shape| (0..4).map(move |seed| (shape.clone(), seed)))
        {
            let coupling = [Coupling::Gumbel, Coupling::None][seed as usize % 2];
            let sampling = Sampling { coupling, ..Sampling::plain(if seed < 2 { 1.0 } else { 0.0 }, 120) };
            let request =
                request("You want a table for two. What do you say?", json(shape.clone()), sampling, seed);
            let said = engine.generate(request).await.expect("it replies");
            println!("{:?} {}", said.stop, said.text);
            ended += u32::from(said.stop == StopReason::End);
            let fields = shape.as_object().expect("a schema");
            let shape = scorers::scorer::json::Shape::of(fields).expect("a schema");
            let value = serde_json::from_str::<Json>(&said.text);
            kept += u32::from(value.is_ok_and(|value| shape.fault(&value) == Ok(None)));
        }
        println!("{kept} of 12 replies are what was asked for, {ended} came to an end by themselves");
        assert_eq!((kept, ended), (12, 12));

        let request =
            request("Hello.", json(serde_json::json!({ "not": { "type": "string" } })), brief(0.0), 0);
        let refused = engine.generate(request).await.expect_err("there is no grammar for it");
        assert_eq!(refused.kind, scorers::FailureKind::Contract, "{refused:?}");
        assert!(refused.message.contains("cannot hold a reply to this JSON Schema"), "{}", refused.message);
    });
}
