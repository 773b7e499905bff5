//! The real engine on the built-in models: what the rest of Grice relies on.

#![expect(clippy::print_stdout, reason = "whoever reads the log of a run wants the figures")]

use futures::future::join_all;
use reports::record::{Coupling, LoadCheck, Sampling};
use runner::engine::{
    Completion, Engine, Failure, Message, Request,
    load::{self, Layout},
    reference::ModelReference,
    settings::Settings,
};
use scorers::{Body, FailureKind, Role, StopReason};
use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::Path,
    sync::Arc,
};
use support::{brief, record, root, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");
const ONE: Layout = Layout { engines: 1, threads: 1 };

fn on_runtime<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

async fn engine(reference: &str, layout: Layout) -> Arc<dyn Engine> {
    let reference = ModelReference::parse(reference).expect("the reference leads somewhere");
    load::load(&reference, layout).await.expect("the model loads")
}

fn request(text: &str, temperature: f64, seed: u64) -> Request {
    let say = |role, text: &str| Message { role, text: text.to_owned() };
    let messages = vec![say(Role::System, "You take bookings."), say(Role::User, text)];
    Request::new(messages, brief(temperature), seed)
}

/// Prompts of very different lengths.
fn prompts() -> Vec<String> {
    let guests = ["two", "three", "four", "five", "six"];
    let mut prompts = vec!["Hello.".to_owned(), "Book a table.".to_owned()];
    for (index, guests) in guests.iter().enumerate() {
        let story = "I have been looking forward to this for a long time. ".repeat(index * 3);
        prompts.push(format!("{story}Please book a table for {guests} people on Friday."));
    }
    prompts
}

fn text(completion: Result<Completion, Failure>) -> String {
    completion.expect("the generation comes about").text
}

#[test]
fn prompts_of_different_lengths_read_the_same_alone_and_together() {
    on_runtime(async {
        let engine = engine("builtin:sft", ONE).await;
        let mut alone = Vec::new();
        for prompt in prompts() {
            alone.push(text(engine.generate(request(&prompt, 0.0, 0)).await));
        }
        assert!(alone.iter().collect::<std::collections::HashSet<_>>().len() > 2, "{alone:?}");
        for copies in [1, 4] {
            let batch = vec![prompts(); copies].concat();
            let together =
                join_all(batch.iter().map(|prompt| engine.generate(request(prompt, 0.0, 0)))).await;
            let together: Vec<String> = together.into_iter().map(text).collect();
            assert_eq!(together, vec![alone.clone(); copies].concat());
        }
    });
}

#[test]
fn a_seed_decides_a_sampled_reply() {
    on_runtime(async {
        let engine = engine("builtin:sft", ONE).await;
        let reply = async |seed| text(engine.generate(request("Book a table for two.", 1.5, seed)).await);
        let first = join_all((0..12).map(&reply)).await;
        let mut again = Vec::new();
        for seed in 0..12 {
            again.push(reply(seed).await);
        }
        let same = first.iter().zip(&again).filter(|(a, b)| a == b).count();
        assert!(same >= 11, "{same} of 12 replies were the same alone and together");
        assert!(first.iter().collect::<std::collections::HashSet<_>>().len() > 2, "seeds matter: {first:?}");
    });
}

fn copy_model(to: &Path) {
    for entry in fs::read_dir(root().join("runner/organisms/models/sft")).expect("the model is there") {
        let entry = entry.expect("it can be read");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("it can be copied");
    }
}

#[test]
fn text_comes_back_exactly_as_generated() {
    on_runtime(async {
        let sft = engine("builtin:sft", ONE).await;
        let question = request("Book a table for two people on Friday.", 0.0, 0);
        let whole = text(sft.generate(question.clone()).await);
        let (first, rest) = whole.split_once(' ').expect("the reply has several words");

        // A template that begins every reply with the first word makes the next token start with a space.
        let place = tempfile::tempdir().expect("a temporary directory");
        copy_model(place.path());
        let config = place.path().join("tokenizer_config.json");
        let mut json: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&config).expect("it can be read")).expect("it is JSON");
        let template = json["chat_template"].as_str().expect("it has a template").to_owned();
        json["chat_template"] = format!("{template}{first}").into();
        fs::write(&config, json.to_string()).expect("it can be written");

        let begun = engine(place.path().to_str().expect("a plain path"), ONE).await;
        let continued = text(begun.generate(question).await);
        assert_eq!(continued, format!(" {rest}"), "leading white space is kept");
    });
}

#[test]
fn overflow_and_cancellation_hurt_nobody_else() {
    on_runtime(async {
        let engine = engine("builtin:sft", ONE).await;
        let expected = text(engine.generate(request("Book a table for two.", 0.0, 0)).await);
        let long = "a very long story ".repeat(2000);
        let abandoned = engine.generate(request("Book a table for nine.", 1.0, 5));
        let cancelled = tokio::time::timeout(std::time::Duration::from_millis(1), abandoned);
        let (overflow, reply, _) = tokio::join!(
            engine.generate(request(&long, 0.0, 0)),
            engine.generate(request("Book a table for two.", 0.0, 0)),
            cancelled,
        );
        assert_eq!(overflow.expect_err("it does not fit").kind, FailureKind::ContextOverflow);
        assert_eq!(text(reply), expected);
        assert_eq!(text(engine.generate(request("Book a table for two.", 0.0, 0)).await), expected);
    });
}

#[test]
fn a_limit_on_tokens_is_told_from_an_end() {
    on_runtime(async {
        let engine = engine("builtin:sft", ONE).await;
        let mut short = request("Book a table for two people on Friday.", 0.0, 0);
        short.sampling.max_tokens = 2;
        let cut = engine.generate(short).await.expect("it comes about");
        assert_eq!((cut.stop, cut.completion_tokens), (StopReason::Length, 2));
        let whole = engine.generate(request("Book a table for two people on Friday.", 0.0, 0)).await;
        let whole = whole.expect("it comes about");
        assert_eq!(whole.stop, StopReason::End);
        assert!(whole.text.starts_with(&cut.text) && whole.prompt_tokens > 10);
    });
}

/// What a request says for many seeds, with how often.
async fn said(
    engine: &Arc<dyn Engine>,
    request: &Request,
    seeds: std::ops::Range<u64>,
) -> BTreeMap<String, u64> {
    let mut said = BTreeMap::new();
    let seeds: Vec<u64> = seeds.collect();
    for seeds in seeds.chunks(64) {
        let replies = seeds.iter().map(|seed| engine.generate(Request { seed: *seed, ..request.clone() }));
        for reply in join_all(replies).await {
            *said.entry(text(reply)).or_insert(0) += 1;
        }
    }
    said
}

/// The chi-square statistic of two samples being of one distribution, and its 0.9999 quantile (Wilson and Hilferty
/// 1931). What was said less than ten times in both together counts as one.
fn homogeneity(one: &BTreeMap<String, u64>, other: &BTreeMap<String, u64>) -> (f64, f64) {
    let sizes = [one, other].map(|sample| sample.values().sum::<u64>() as f64);
    let texts: HashSet<&String> = one.keys().chain(other.keys()).collect();
    let mut cells: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for text in texts {
        let counts = [one, other].map(|sample| sample.get(text).copied().unwrap_or(0));
        let name = if counts.iter().sum::<u64>() < 10 { "(rare)" } else { text.as_str() };
        let cell = cells.entry(name).or_default();
        *cell = [cell[0] + counts[0], cell[1] + counts[1]];
    }
    let mut statistic = 0.0;
    for counts in cells.values() {
        let all = counts.iter().sum::<u64>() as f64;
        for (count, size) in counts.iter().zip(sizes) {
            let expected = all * size / (sizes[0] + sizes[1]);
            statistic += (*count as f64 - expected).powi(2) / expected;
        }
    }
    let freedom = (cells.len() - 1).max(1) as f64;
    let part = 2.0 / (9.0 * freedom);
    (statistic, freedom * (1.0 - part + 3.719 * part.sqrt()).powi(3))
}

/// Seeds per distribution; the tests of single draws, which need no model, have tens of thousands.
const SEEDS: u64 = 500;

/// What is compared, tokens of a reply, and what is changed of the sampling.
type Filtered = (&'static str, u32, fn(&mut Sampling));

#[test]
fn coupling_changes_nothing_that_a_model_says_on_average() {
    on_runtime(async {
        let engine = engine("builtin:sft", Layout { engines: 2, threads: 1 }).await;
        let filters: [Filtered; 3] = [
            ("first token", 1, |_| ()),
            ("reply", 8, |_| ()),
            ("first token, all filters", 1, |s| {
                (s.temperature, s.top_k, s.top_p, s.min_p) = (3.0, Some(20), Some(0.9), Some(0.02));
            }),
        ];
        for (name, tokens, change) in filters {
            let mut coupled = request("Book a table for two.", 1.5, 0);
            coupled.sampling.max_tokens = tokens;
            change(&mut coupled.sampling);
            let mut plain = coupled.clone();
            plain.sampling.coupling = Coupling::None;
            // Drawn here and not by the engine, since a string can end it.
            let mut stopped = plain.clone();
            stopped.sampling.stop = vec!["\u{1}".to_owned()];
            let plain = said(&engine, &plain, 0..SEEDS).await;
            for (how, request) in [("gumbel", &coupled), ("here", &stopped)] {
                let drawn = said(&engine, request, 0..SEEDS).await;
                let (statistic, limit) = homogeneity(&drawn, &plain);
                println!("{name}, {how}: {} texts, chi-square {statistic:.1}, limit {limit:.1}", plain.len());
                assert!(statistic < limit, "{name}, {how}: {drawn:?} {plain:?}");
                assert!(plain.len() >= 2, "{name}: enough to judge: {plain:?}");
            }
        }
    });
}

/// Two temperatures stand for two versions of a model that are near each other.
#[test]
fn distributions_that_are_near_share_their_luck() {
    on_runtime(async {
        let sft = engine("builtin:sft", ONE).await;
        let of = async |temperature: f64, seeds: std::ops::Range<u64>| {
            let replies = seeds.map(|seed| sft.generate(request("Book a table for two.", temperature, seed)));
            join_all(replies).await.into_iter().map(text).collect::<Vec<_>>()
        };
        let (one, other, unrelated) =
            (of(1.5, 0..200).await, of(1.7, 0..200).await, of(1.7, 1_000..1_200).await);
        let alike = |one: &[String], other: &[String]| one.iter().zip(other).filter(|(a, b)| a == b).count();
        let (coupled, independent) = (alike(&one, &other), alike(&one, &unrelated));
        println!(
            "of 200 replies at two temperatures, {coupled} are alike when coupled, {independent} when not"
        );
        assert!(coupled > independent + 10, "{coupled} coupled, {independent} not");
    });
}

#[test]
fn defaults_that_come_with_a_model_change_nothing() {
    on_runtime(async {
        let place = tempfile::tempdir().expect("a temporary directory");
        copy_model(place.path());
        let defaults = r#"{"eos_token_id": 0, "do_sample": true, "temperature": 0.1, "top_k": 1, "top_p": 0.1,
            "min_p": 0.5, "repetition_penalty": 5.0}"#;
        fs::write(place.path().join("generation_config.json"), defaults).expect("it can be written");
        let own = engine(place.path().to_str().expect("a plain path"), ONE).await;
        let bare = engine("builtin:sft", ONE).await;
        for coupling in [Coupling::Gumbel, Coupling::None] {
            let mut request = request("Book a table for two.", 1.5, 0);
            (request.sampling.coupling, request.sampling.max_tokens) = (coupling, 12);
            assert_eq!(said(&own, &request, 0..40).await, said(&bare, &request, 0..40).await, "{coupling:?}");
        }
    });
}

#[test]
fn a_stop_string_is_told_from_an_end() {
    on_runtime(async {
        let engine = engine("builtin:sft", ONE).await;
        for (temperature, coupling) in
            [(0.0, Coupling::Gumbel), (1.0, Coupling::Gumbel), (1.0, Coupling::None)]
        {
            let mut request = request("Book a table for two people on Friday.", temperature, 3);
            (request.sampling.coupling, request.sampling.max_tokens) = (coupling, 64);
            let mut stopping = async |stop: &str| {
                request.sampling.stop = vec![stop.to_owned()];
                engine.generate(request.clone()).await.expect("it comes about")
            };
            let whole = stopping("\u{1}").await;
            assert_eq!(whole.stop, StopReason::End, "{whole:?}");
            let middle = whole.text.char_indices().nth(whole.text.chars().count() / 2).expect("a middle").0;
            let last = whole.text.trim_end().chars().last().expect("a last character").to_string();
            for stop in [&whole.text[middle..], " ", &last] {
                let cut = stopping(stop).await;
                assert_eq!(cut.stop, StopReason::StopString, "{stop:?} in {whole:?} gives {cut:?}");
                let expected = whole.text.split(stop).next().expect("there is always a first part");
                assert_eq!(cut.text, expected, "{stop:?}");
            }
            let limited = {
                request.sampling.max_tokens = 2;
                engine.generate(request.clone()).await.expect("it comes about")
            };
            assert_eq!(limited.stop, StopReason::Length);
        }
    });
}

#[test]
fn a_model_without_numbers_fails_and_says_so() {
    on_runtime(async {
        let place = tempfile::tempdir().expect("a temporary directory");
        copy_model(place.path());
        let weights = place.path().join("model.safetensors");
        let mut bytes = fs::read(&weights).expect("it can be read");
        // Eight bytes tell how long the description of the tensors is; what follows it is numbers.
        let length: [u8; 8] = bytes[..8].try_into().expect("eight bytes");
        let start = 8 + usize::try_from(u64::from_le_bytes(length)).expect("a length");
        bytes[start..].fill(0xFF);
        fs::write(&weights, bytes).expect("it can be written");
        let text = place.path().to_str().expect("a plain path");
        let reference = ModelReference::parse(text).expect("the reference leads somewhere");
        let Err(refused) = load::load(&reference, ONE).await else { panic!("it does not pass the check") };
        assert!(refused.to_string().contains("no numbers"), "{refused}");
        let unchecked = Settings { check: false, ..Settings::from(ONE) };
        let engine = load::load(&reference, unchecked).await.expect("the model loads");
        assert_eq!(engine.identity().engine.check, Some(LoadCheck::Skipped));
        let mut request = request("Book a table for two.", 1.0, 0);
        request.sampling.max_tokens = 3;
        let failure = engine.generate(request).await.expect_err("nothing can come of it");
        assert_eq!(failure.kind, FailureKind::Engine);
        assert!(failure.message.contains("no numbers"), "{failure:?}");
    });
}

#[test]
fn a_comparison_says_whether_records_are_coupled() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| place.path().join(name).to_str().expect("a plain path").to_owned();
    let spec = "../specs/grounding/underspecified-request.yaml";
    for (name, seed, further) in
        [("same", "1", None), ("other", "2", None), ("drawn", "1", Some("--no-coupling"))]
    {
        let models = ["--model", "builtin:sft", "--model", "builtin:dpo"];
        let out = path(name);
        let arguments = ["run", spec, "--samples", "3", "--seed", seed, "--out", &out];
        let finished = run(BINARY, &[&arguments[..], &models[..], further.as_slice()].concat());
        assert!(matches!(finished.code, Some(0 | 4)), "{finished:?}");
    }
    let compared = |base: &str, head: &str| run(BINARY, &["compare", &path(base), &path(head)]).stdout;
    let coupled = compared("same/sft", "same/dpo");
    assert!(coupled.contains("coupled: yes; within a case, the difference varies"), "{coupled}");
    let uncoupled = compared("same/sft", "other/dpo");
    assert!(uncoupled.contains("coupled: no (the seeds differ)"), "{uncoupled}");
    let drawn = compared("same/sft", "drawn/dpo");
    assert!(drawn.contains("coupled: no (the head was sampled without coupling)"), "{drawn}");
    let resumed =
        run(BINARY, &["run", spec, "--samples", "3", "--seed", "1", "--resume", &path("drawn/sft")]);
    assert!(resumed.stderr.contains("--no-coupling"), "{resumed:?}");
}

#[test]
fn a_gguf_file_says_what_the_directory_says() {
    on_runtime(async {
        let place = tempfile::tempdir().expect("a temporary directory");
        let file = place.path().join("sft.gguf");
        let sft = root().join("runner/organisms/models/sft");
        organisms::gguf::from_directory(&sft, &file, organisms::gguf::GgmlDType::F16).expect("it is written");
        let from_directory = engine("builtin:sft", ONE).await;
        let from_file = engine(file.to_str().expect("a plain path"), ONE).await;
        for prompt in prompts() {
            let [a, b] =
                [&from_directory, &from_file].map(|engine| engine.generate(request(&prompt, 0.0, 0)));
            assert_eq!(text(a.await), text(b.await), "{prompt}");
        }
    });
}

#[test]
fn two_engines_answer_as_one() {
    on_runtime(async {
        let one = engine("builtin:sft", ONE).await;
        let two = engine("builtin:sft", Layout { engines: 2, threads: 1 }).await;
        for prompt in prompts() {
            let request = request(&prompt, 0.0, 0);
            assert_eq!(text(one.generate(request.clone()).await), text(two.generate(request).await));
        }
    });
}

#[test]
fn a_context_that_overflows_names_its_option() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let out_text = out.to_str().expect("a plain path");
    let arguments = ["run", "cases/table.yaml", "--samples", "1", "--context", "8", "--out", out_text];
    let finished = run(BINARY, &arguments);
    assert_eq!(finished.code, Some(5), "nothing came about: {finished:?}");
    let trials = record(&out).trials;
    let failures: Vec<_> = trials
        .iter()
        .flat_map(|trial| trial.transcript.turns.iter())
        .filter_map(|turn| match &turn.body {
            Body::Failed { kind, message } => Some((*kind, message.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(failures.len(), trials.len());
    for (kind, message) in failures {
        assert_eq!(kind, FailureKind::ContextOverflow);
        assert!(message.contains("a context of 8 tokens; --context sets it"), "{message}");
    }
}

/// Batch arithmetic flips a near-tie now and then (measured elsewhere: 1 reply of 6,000 between 1
/// and 16 in flight), so the records at 16 and at the default are compared trial by trial and the share is bounded.
#[test]
fn concurrency_changes_at_most_one_reply_in_five_hundred() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let replies = |name: &str, further: &[&str]| {
        let out = place.path().join(name);
        let out_text = out.to_str().expect("a plain path");
        let arguments = ["run", "../specs/grounding", "--samples", "4", "--out", out_text];
        let finished = run(BINARY, &[&arguments[..], further].concat());
        assert!(matches!(finished.code, Some(0 | 4)), "{finished:?}");
        let trials = record(&out).trials.into_iter();
        trials.map(|trial| serde_json::to_string(&trial).expect("it is JSON")).collect::<Vec<_>>()
    };
    let one = ["--concurrency", "1"];
    let alone = replies("a", &one);
    assert_eq!(alone, replies("b", &one), "at concurrency 1, equal runs have equal records");
    assert!(alone.len() >= 200, "enough to judge: {}", alone.len());
    for (name, flight) in [("16", &["--concurrency", "16"][..]), ("as many as by default", &[])] {
        let batched = replies(name, flight);
        let different = alone.iter().zip(&batched).filter(|(a, b)| a != b).count();
        println!("{different} of {} trials differ between 1 and {name} in flight", alone.len());
        assert!(different * 500 <= alone.len().max(500), "{different} of {} differ", alone.len());
    }
}
