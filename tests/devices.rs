//! Devices, settings and model versions on the real engine, as far as a processor goes.

use futures::future::{BoxFuture, join_all};
use mistralrs::{
    IsqType, ModelDType, NormalRequest, RequestMessage, Response, SamplingParams, TextMessageRole,
    TextMessages, TextModelBuilder, TokenSource, Usage,
};
use organisms::shape::{Family, Shape, Size};
use reports::record::{Sampling, TrialRecord};
use runner::{
    engine::{
        Completion, Engine, Facts, Failure, Identity, Message, Request,
        load::{self, Layout},
        mistral::load as mistral_load,
        reference::ModelReference,
        settings::Settings,
    },
    event::Deaf,
    execute::{self, Context, Players, Stop},
    spec::{self, Plan, Probe},
    store::Disk,
};
use scorers::{Body, FailureKind, Role};
use std::{
    convert::Infallible,
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use support::{adapter, journal, record, root, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");
const ONE: Layout = Layout { engines: 1, threads: 1 };

fn on_runtime<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

async fn engine(reference: &str) -> Arc<dyn Engine> {
    let reference = ModelReference::parse(reference).expect("the reference leads somewhere");
    load::load(&reference, ONE).await.expect("the model loads")
}

fn request(text: &str) -> Request {
    let messages = vec![Message { role: Role::User, text: text.to_owned() }];
    let sampling = Sampling::plain(0.0, 16);
    Request::new(messages, sampling, 0)
}

async fn reply(engine: &Arc<dyn Engine>, text: &str) -> String {
    engine.generate(request(text)).await.expect("the generation comes about").text
}

/// One generation at a time on each engine is exact, so the records must be the same byte for byte.
#[test]
fn two_devices_leave_the_record_of_one() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let leave = |name: &str, devices: &str, concurrency: &str| {
        let out = place.path().join(name);
        let arguments = [
            "run",
            "cases/table.yaml",
            "--samples",
            "1",
            "--device",
            devices,
            "--concurrency",
            concurrency,
            "--out",
        ];
        let finished = run(BINARY, &[&arguments[..], &[out.to_str().expect("a plain path")]].concat());
        assert!(matches!(finished.code, Some(0 | 4)), "{finished:?}");
        journal(&out)
    };
    let one = leave("one", "cpu", "1");
    assert_eq!(one, leave("two", "cpu,cpu", "2"));
    assert!(one.contains(r#""device":"cpu","dtype":"f32","context":1024"#), "{}", &one[..600]);
}

#[test]
fn settings_reach_the_engine_and_the_record() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let finished = run(
        BINARY,
        &[
            "run",
            "cases/table.yaml",
            "--samples",
            "1",
            "--dtype",
            "f16",
            "--isq",
            "q8_0",
            "--context",
            "512",
            "--max-running",
            "4",
            "--out",
            out.to_str().expect("a plain path"),
        ],
    );
    assert!(matches!(finished.code, Some(0 | 4)), "{finished:?}");
    let engine = record(&out).header.cast.model.engine;
    assert_eq!((engine.device.as_str(), engine.dtype.as_str(), engine.context), ("cpu", "f16", Some(512)));
    assert_eq!((engine.quantisation.as_deref(), engine.attention, engine.driver), (Some("q8_0"), None, None));
}

#[test]
fn options_that_cannot_be_say_what_to_do() {
    let place = tempfile::tempdir().expect("a temporary directory");
    for (arguments, advice) in [
        (&["--device", "cuda:0"][..], "build with `--features cuda`"),
        (&["--device", "tpu"], "write `cpu`"),
        (&["--gpu-memory", "0.5"], "leave it out"),
        (&["--isq", "q9"], "there are"),
        (&["--isq", "4"], "write `--isq 8`"),
        (&["--context", "4096"], "ask for 1024 or fewer"),
        (&["--dtype", "bf16"], "write `--dtype f32`"),
    ] {
        let out = ["--out", place.path().to_str().expect("a plain path")];
        let finished = run(BINARY, &[&["run", "cases/table.yaml"], &out[..], arguments].concat());
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.stderr.contains(advice), "{arguments:?}: {}", finished.stderr);
    }
}

#[test]
fn devices_are_shown_where_there_are_none_but_the_processor() {
    let finished = run(BINARY, &["devices", "--model", "builtin:sft"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.starts_with("cpu "), "{}", finished.stdout);
    assert!(finished.stdout.contains("GiB free") && finished.stdout.contains("would run on cpu"));
}

#[test]
fn shapes_of_both_families_load_and_generate() {
    on_runtime(async {
        for (name, family) in Family::ALL {
            let place = tempfile::tempdir().expect("a temporary directory");
            Shape::of(family, Size::Tiny).write(place.path(), 1).expect("the shape is written");
            let engine = engine(place.path().to_str().expect("a plain path")).await;
            let prompt = "Book a table for two people on Friday.";
            assert!(!reply(&engine, prompt).await.is_empty(), "{name}");
            // Noise repeats the last token of any prompt, but not with the same probability.
            let trace = async |text: &str| {
                let tokens = engine.trace(request(text)).await.expect("the engine knows probabilities");
                tokens.into_iter().map(|token| token.log_probability).collect::<Vec<_>>()
            };
            let (one, other) = (trace(prompt).await, trace("Hello.").await);
            assert!(
                !one.is_empty() && one.iter().all(|number| number.is_finite() && *number <= 0.0),
                "{one:?}"
            );
            assert_ne!(one, other, "{name}");
            assert_eq!(one, trace(prompt).await, "{name}");
            assert_eq!(engine.identity().engine.context, Some(2048), "{name}");
        }
    });
}

#[test]
fn an_adapter_changes_what_its_base_says_and_the_record_knows_it() {
    on_runtime(async {
        let place = tempfile::tempdir().expect("a temporary directory");
        let base = engine("builtin:sft").await;
        let mut hashes = Vec::new();
        let prompts = ["Book a table for two people on Friday.", "Book a taxi.", "What can you do?"];
        for (name, strength) in [("idle", 0.0), ("strong", 1.0)] {
            let directory = place.path().join(name);
            adapter(&directory, &root().join("runner/organisms/models/sft"), strength);
            let adapted = engine(&format!("builtin:sft+adapter={}", directory.display())).await;
            let mut same = 0;
            for prompt in prompts {
                same += usize::from(reply(&base, prompt).await == reply(&adapted, prompt).await);
            }
            let identity = adapted.identity();
            assert_eq!(identity.model.weights, base.identity().model.weights);
            hashes.push(identity.model.adapter.clone().expect("the adapter has a hash"));
            match strength == 0.0 {
                true => assert_eq!(same, prompts.len(), "an adapter of noughts changes nothing"),
                false => assert!(same < prompts.len(), "a strong adapter changes something"),
            }
        }
        assert_ne!(hashes[0], hashes[1]);
        assert_eq!(base.identity().model.adapter, None);
    });
}

#[test]
fn a_uqff_file_says_what_its_quantisation_says() {
    on_runtime(async {
        let place = tempfile::tempdir().expect("a temporary directory");
        let base = root().join("runner/organisms/models/sft");
        let file = place.path().join("q8_0.uqff");
        let writer = TextModelBuilder::new(base.display())
            .with_force_cpu()
            .with_token_source(TokenSource::None)
            .with_dtype(ModelDType::F32)
            .with_isq(IsqType::Q8_0)
            .write_uqff(file.clone());
        drop(writer.build().await.expect("the engine writes the file"));
        for entry in fs::read_dir(&base).expect("the model is there").flatten() {
            let target = place.path().join(entry.file_name());
            if !target.exists() && entry.path().extension().is_some_and(|extension| extension == "json") {
                fs::copy(entry.path(), target).expect("it can be copied");
            }
        }
        let written = fs::read_dir(place.path()).expect("the folder is there").flatten();
        let written = written.map(|entry| entry.path());
        let written = written.filter(|path| path.extension().is_some_and(|extension| extension == "uqff"));
        let written = written.min().expect("a file was written");
        let from_file = engine(written.to_str().expect("a plain path")).await;
        let isq = "q8_0".parse().expect("a quantisation");
        let reference = ModelReference::parse("builtin:sft").expect("a reference");
        let settings = Settings { isq: Some(isq), ..Settings::from(ONE) };
        let quantised = load::load(&reference, settings).await.expect("the model loads");
        for prompt in ["Book a table for two people on Friday.", "Hello."] {
            assert_eq!(reply(&from_file, prompt).await, reply(&quantised, prompt).await);
        }
        let weights = from_file.identity().model.weights.clone().expect("the file has a hash");
        assert_ne!(Some(weights), quantised.identity().model.weights);
        assert_eq!(from_file.identity().engine.quantisation.as_deref(), Some("q8_0"));
    });
}

async fn usage(model: &mistralrs::Model, text: &str) -> Usage {
    let messages = TextMessages::new().add_message(TextMessageRole::User, text);
    let left = either::Either::Left(messages);
    let prompt = model.tokenize(left, None, false, true, Some(false)).await.expect("it can be tokenized");
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let parameters = SamplingParams { temperature: Some(0.0), max_len: Some(4), ..SamplingParams::neutral() };
    let message = RequestMessage::CompletionTokens(prompt);
    let request = NormalRequest::new_simple(message, parameters, sender, 0, None, None);
    let queue = model.inner().get_sender(None).expect("the engine runs");
    queue.send(mistralrs::Request::Normal(Box::new(request))).await.expect("it takes requests");
    match receiver.recv().await {
        Some(Response::CompletionDone(done)) => done.usage,
        _ => panic!("no completion"),
    }
}

/// By the engine's own counts. On a processor runs leave this cache off, because it never lets go of memory.
#[test]
fn branches_after_the_first_compute_only_what_is_their_own() {
    on_runtime(async {
        let reference = ModelReference::parse("builtin:sft").expect("a reference");
        let settings = Settings { prefix_cache: Some(64), ..Settings::from(ONE) };
        let model = mistral_load::bare(&reference, &settings).await.expect("it loads");
        let prefix = "Please book a table for four people on Friday at seven. ".repeat(12);
        let branch = |index: usize| format!("{prefix}And for number {index}?");
        let cached = |usage: &Usage| usage.prompt_tokens_details.as_ref().map_or(0, |of| of.cached_tokens);
        let first = usage(&model, &branch(0)).await;
        assert_eq!(cached(&first), 0);
        let texts: Vec<String> = (1..16).map(branch).collect();
        for later in join_all(texts.iter().map(|text| usage(&model, text))).await {
            let own = later.prompt_tokens - cached(&later);
            assert!(
                own * 4 < later.prompt_tokens,
                "{own} of {} tokens were computed again",
                later.prompt_tokens
            );
        }
    });
}

/// The real engine with its cache of prefixes, which on a processor helps only prompts that differ: so every branch
/// asks in words of its own.
struct Keeping {
    engine: Arc<dyn Engine>,
    keeps: bool,
}

impl Engine for Keeping {
    fn identity(&self) -> &Identity {
        self.engine.identity()
    }

    fn room(&self) -> usize {
        self.engine.room()
    }

    fn generate(&self, mut request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        let seed = request.seed;
        request.messages.last_mut().expect("a message").text.push_str(&format!(" ({seed})"));
        self.engine.generate(request)
    }

    fn facts(&self) -> Facts {
        Facts { shares_prefixes: self.keeps, ..Facts::default() }
    }
}

const BRANCHES: usize = 16;

/// A fork whose prefix nobody has computed before, in a spec that is run as any other.
fn fork() -> Vec<Probe> {
    let prefix = "Please book a table for four people on Friday at seven. ".repeat(12);
    let turns = serde_json::json!([{ "user": "And you?" }, { "model": "guess" }]);
    let spec = serde_json::json!({
        "probe": "test.fork",
        "about": "A fork.",
        "cases": [{ "pair": "one" }],
        "sampling": { "max_tokens": 4 },
        "score": { "words": { "length": { "turn": "guess", "unit": "words" } } },
        "metrics": { "words": { "mean": { "of": "words" } } },
        "dialogue": [
            { "user": prefix },
            { "assistant": "Very well." },
            { "fork": { "name": "reveal", "samples": BRANCHES, "turns": turns } },
        ],
    });
    let place = tempfile::tempdir().expect("a temporary directory");
    let path = place.path().join("fork.yaml");
    fs::write(&path, spec.to_string()).expect("it can be written");
    spec::load(&[path], &Disk).expect("the spec is valid")
}

/// Tokens of all prompts, and those of them that the engine computed, by its own count.
async fn computed(keeps: bool) -> (u64, u64) {
    let probes = fork();
    let reference = ModelReference::parse("builtin:sft").expect("a reference");
    let settings = Settings { prefix_cache: Some(64), ..Settings::from(ONE) };
    let engine = load::load(&reference, settings).await.expect("the model loads");
    let stop = Stop::default();
    let context = Context {
        players: Players::of_model(Arc::new(Keeping { engine: Arc::clone(&engine), keeps })),
        probes: &probes,
        seed: 0,
        concurrency: BRANCHES,
        observer: &Deaf,
        stop: &stop,
    };
    let mut trials: Vec<TrialRecord> = Vec::new();
    let keep = |trial| -> Result<(), Infallible> {
        trials.push(trial);
        Ok(())
    };
    let complete = execute::execute(&context, Plan::of(&probes, None).trials(&probes), keep).await;
    assert_eq!(complete, Ok(true));
    let branches = trials.iter().flat_map(|trial| &trial.transcript.branches);
    let turns = branches.flat_map(|branch| &branch.turns);
    let prompts: Vec<u64> = turns
        .filter_map(|turn| match turn.body {
            Body::Generated { prompt_tokens, .. } => Some(u64::from(prompt_tokens)),
            _ => None,
        })
        .collect();
    assert_eq!(prompts.len(), BRANCHES);
    let asked = prompts.iter().sum::<u64>();
    (asked, asked - engine.cached_tokens())
}

/// By the engine's own counts, through Grice's own execution.
#[test]
fn a_fork_computes_its_prefix_once() {
    on_runtime(async {
        let (asked, ahead) = computed(true).await;
        // One prompt, and of each other one what is its own.
        assert!(ahead * 4 < asked, "{ahead} of {asked} tokens were computed");
        let (asked, together) = computed(false).await;
        assert!(together * 2 > asked, "all at once: {together} of {asked} tokens");
    });
}

#[test]
fn a_reply_that_takes_too_long_is_a_failure_that_names_the_option() {
    on_runtime(async {
        let reference = ModelReference::parse("builtin:sft").expect("a reference");
        let settings = Settings { timeout: Duration::from_millis(1), ..Settings::from(ONE) };
        let engine = load::load(&reference, settings).await.expect("the model loads");
        let failure = engine.generate(request("Hello.")).await.expect_err("a millisecond is not enough");
        assert_eq!(failure.kind, FailureKind::Timeout);
        assert!(failure.message.contains("--timeout"), "{failure:?}");
    });
}

/// With one place, most of these wait for longer than a reply may take; but the waiting is not theirs.
#[test]
fn a_reply_that_waits_its_turn_is_not_late() {
    on_runtime(async {
        let reference = ModelReference::parse("builtin:sft").expect("a reference");
        let settings = Settings { max_running: 1, ..Settings::from(ONE) };
        let patient = load::load(&reference, settings.clone()).await.expect("the model loads");
        let expected = reply(&patient, "Hello.").await;
        let started = Instant::now();
        assert_eq!(reply(&patient, "Hello.").await, expected);
        let one = started.elapsed();
        let timeout = (20 * one).max(Duration::from_millis(200));
        let count = 6 * timeout.as_micros() / one.as_micros().max(1);
        let settings = Settings { timeout, ..settings };
        let engine = load::load(&reference, settings).await.expect("the model loads");
        let started = Instant::now();
        for other in join_all((0..count).map(|_| reply(&engine, "Hello."))).await {
            assert_eq!(other, expected);
        }
        assert!(started.elapsed() > timeout, "the last ones did wait");
    });
}

/// Writes a built-in model with a penalty on repetition among its defaults.
fn penalised(directory: &Path) {
    let base = root().join("runner/organisms/models/sft");
    for entry in fs::read_dir(base).expect("the model is there").flatten() {
        fs::copy(entry.path(), directory.join(entry.file_name())).expect("it can be copied");
    }
    let path = directory.join("generation_config.json");
    let text = fs::read_to_string(&path).expect("it has defaults");
    let mut defaults: serde_json::Value = serde_json::from_str(&text).expect("they are JSON");
    defaults["repetition_penalty"] = 1.8.into();
    fs::write(path, defaults.to_string()).expect("it can be written");
}

/// Margins are those of the replies that are examined: neither knows of a penalty that comes with a model.
#[test]
fn a_penalty_that_comes_with_a_model_changes_neither_replies_nor_margins() {
    on_runtime(async {
        let place = tempfile::tempdir().expect("a temporary directory");
        penalised(place.path());
        let penalised = engine(place.path().to_str().expect("a plain path")).await;
        let plain = engine("builtin:sft").await;
        let prompt = "Book a table for two people on Friday.";
        assert_eq!(reply(&penalised, prompt).await, reply(&plain, prompt).await);
        let trace = async |engine: &Arc<dyn Engine>| {
            engine.trace(request(prompt)).await.expect("the engine knows probabilities")
        };
        assert_eq!(trace(&penalised).await, trace(&plain).await);
    });
}

#[test]
fn an_audit_takes_the_options_of_a_run() {
    let audit = |options: &[&str]| {
        let arguments = ["audit", "cases/table.yaml", "--trials", "2", "--concurrency", "2", "--json"];
        run(BINARY, &[&arguments[..], options].concat())
    };
    let finished = audit(&["--isq", "8", "--context", "512", "--max-running", "4"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("weights in q8_0"), "by the name of the kind: {}", finished.stdout);
    let finished = audit(&["--gpu-memory", "0.5", "--device", "cpu"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
}
