//! Every format of weights that loads on a processor: is the text that of the weights, and the same alone and together?
//!
//! The models are a built-in one, and one of random weights that kinds of quantisation with large blocks divide. With `GRICE_TEST_MODEL` set to a GGUF
//! file, the same is asked of that one.

#![expect(clippy::print_stdout, reason = "whoever reads the log of a run wants the figures")]

mod reference;

use futures::future::join_all;
use mistralrs::{IsqType, Model, ModelDType, TextMessageRole, TextMessages, TextModelBuilder, TokenSource};
use organisms::{
    codec::Codec,
    config::Config,
    export,
    gguf::{self, GgmlDType},
    model::Llama,
};
use reference::{Choice, Reference};
use reports::record::{LoadCheck, Sampling};
use runner::engine::{
    Engine, Message, Request, TokenChoice, load, machine::Machine, mistral::load as mistral_load,
    options::EngineOptions, reference::ModelReference, settings::Settings, weights::Weights,
};
use scorers::Role;
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use support::root;

/// Tokens of a reply.
const TOKENS: u32 = 8;
/// A token may be another one where the reference had it nearer than this to the runner-up, in nats: eight bits for the
/// activations move logits by some tenths.
const NEAR_TIE: f32 = 0.5;

fn on_runtime<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

/// Prompts of ten lengths from some 20 to some 400 tokens, two of each.
fn prompts() -> Vec<String> {
    let guests = ["two", "three", "four", "five", "six"];
    let days = ["Monday", "Friday", "Sunday"];
    let mut prompts = Vec::new();
    for index in 0..10 {
        let story = "I have been looking forward to this for a long time. ".repeat(index * 2);
        for other in 0..2 {
            let (guests, day) =
                (guests[(index + other) % guests.len()], days[(index + 2 * other) % days.len()]);
            prompts.push(format!("{story}Please book a table for {guests} people on {day}."));
        }
    }
    prompts
}

fn request(text: &str) -> Request {
    let messages = vec![
        Message { role: Role::System, text: "You are brief.".to_owned() },
        Message { role: Role::User, text: text.to_owned() },
    ];
    let sampling = Sampling::plain(0.0, TOKENS);
    Request::new(messages, sampling, 0)
}

/// A model that was trained, 128 wide: its replies are words, and differ.
fn trained() -> PathBuf {
    root().join("runner/organisms/models/sft")
}

/// A model of random weights, 256 wide, as kinds with blocks of 256 need.
fn wide(directory: &Path) {
    let codec = Codec::load(&trained().join("tokenizer.json")).expect("a tokenizer");
    let shape = Config {
        hidden_size: 256,
        intermediate_size: 512,
        num_hidden_layers: 3,
        ..Config::organism(codec.size())
    };
    let model = Llama::new(shape, 7).expect("a model");
    export::save(directory, &model, &codec).expect("it is written");
}

struct Loaded {
    engine: Arc<dyn Engine>,
    bare: Model,
}

async fn load(reference: &str, options: &EngineOptions) -> Loaded {
    let reference = ModelReference::parse(reference).expect("the reference leads somewhere");
    let settings = Settings::resolve(&reference, options, &Machine::look()).expect("it can be run");
    let engine = load::load(&reference, settings.clone()).await.expect("the model loads");
    let bare = mistral_load::bare(&reference, &settings).await.expect("the model loads");
    Loaded { engine, bare }
}

impl Loaded {
    async fn tokens(&self, request: &Request) -> Vec<u32> {
        let messages = request.messages.iter().fold(TextMessages::new(), |all, message| {
            let role =
                if message.role == Role::System { TextMessageRole::System } else { TextMessageRole::User };
            all.add_message(role, &message.text)
        });
        let messages = either::Either::Left(messages);
        self.bare.tokenize(messages, None, false, true, Some(false)).await.expect("it can be tokenized")
    }

    async fn spelt(&self, choice: &[Choice]) -> Vec<String> {
        let mut spelt = Vec::new();
        for choice in choice {
            let text = self.bare.detokenize(vec![choice.token], false).await;
            spelt.push(text.expect("it can be decoded"));
        }
        spelt
    }
}

/// By how much, in nats, the model alone preferred the token at which another text of it parts.
async fn margin(loaded: &Loaded, request: &Request, other: &str) -> f32 {
    // Tokens that are decoded alone may lose their spaces.
    let compact = |text: &str| text.split_whitespace().collect::<String>();
    let other = compact(other);
    let mut said = String::new();
    for token in loaded.engine.trace(request.clone()).await.expect("it is traced") {
        said.push_str(&compact(&token.text));
        if !other.starts_with(&said) {
            let (_, second) = token.runner_up.expect("a runner-up");
            return token.log_probability - second;
        }
    }
    // It goes on where the model alone ended.
    0.0
}

/// The text alone and with all others in flight, twice; then the tokens beside those of the reference. A trained model
/// has more than one thing to say.
async fn examine(name: &str, loaded: &Loaded, reference: &Reference, trained: bool) {
    let requests: Vec<Request> = prompts().iter().map(|prompt| request(prompt)).collect();
    let mut alone = Vec::new();
    for request in &requests {
        alone.push(loaded.engine.generate(request.clone()).await.expect("it comes about").text);
    }
    let said: HashSet<&String> = alone.iter().collect();
    assert!(!trained || said.len() > 2, "{name}: a model that says one thing shows nothing: {said:?}");
    let before = loaded.engine.failures();
    let crowd: Vec<&Request> = requests.iter().chain(&requests).collect();
    let together = join_all(crowd.iter().map(|request| loaded.engine.generate((*request).clone()))).await;
    let together: Vec<String> =
        together.into_iter().map(|reply| reply.expect("it comes about").text).collect();
    let mut parted = Vec::new();
    for ((request, alone), together) in requests.iter().zip(&alone).cycle().zip(&together) {
        if alone != together {
            parted.push(margin(loaded, request, together).await);
        }
    }
    println!("{name}: {} of {} replies part in company, at {parted:.3?} nats", parted.len(), together.len());
    // Of so few replies one may: which numbers are added up first depends on the processor and on the company.
    assert!(parted.len() <= 1 && parted.iter().all(|margin| *margin <= NEAR_TIE), "{name}: {parted:?}");
    assert_eq!(loaded.engine.failures(), before, "{name}: no forward pass fails");
    let (mut same, mut near) = (0, Vec::new());
    for request in &requests {
        let prompt = loaded.tokens(request).await;
        let expected = reference.reply(&prompt, TOKENS as usize, &[]).expect("the reference computes");
        let spelt = loaded.spelt(&expected).await;
        let tokens: Vec<TokenChoice> = loaded.engine.trace(request.clone()).await.expect("it is traced");
        let parting =
            tokens.iter().zip(&spelt).position(|(token, expected)| token.text.trim() != expected.trim());
        match parting {
            None => same += 1,
            Some(place) => {
                let margin = expected[place].margin;
                assert!(
                    margin <= NEAR_TIE,
                    "{name}: token {place} after {} tokens is `{}`, by the weights `{}` with {margin} nats to spare",
                    prompt.len(),
                    tokens[place].text,
                    spelt[place],
                );
                near.push(margin);
            }
        }
    }
    println!(
        "{name}: {same} of {} replies are the reference's, {} part at near-ties {near:.2?}",
        requests.len(),
        near.len()
    );
    assert!(same * 2 >= requests.len(), "{name}: {same} of {} are the reference's", requests.len());
}

fn path(path: &Path) -> String {
    path.to_str().expect("a plain path").to_owned()
}

fn isq(kind: &str) -> EngineOptions {
    EngineOptions { isq: Some(kind.parse().expect("a kind")), ..EngineOptions::default() }
}

fn computed(weights: Weights) -> EngineOptions {
    EngineOptions { weights: Some(weights), ..EngineOptions::default() }
}

#[test]
fn weights_in_full_give_their_own_text() {
    on_runtime(async {
        let place = tempfile::tempdir().expect("a temporary directory");
        let model = trained();
        let file = place.path().join("f32.gguf");
        gguf::from_directory(&model, &file, GgmlDType::F32).expect("it is written");
        let reference = Reference::read(&file).expect("it is read");
        for dtype in ["f32", "f16"] {
            let options =
                EngineOptions { dtype: Some(dtype.parse().expect("a format")), ..EngineOptions::default() };
            let loaded = load(&path(&model), &options).await;
            examine(&format!("safetensors in {dtype}"), &loaded, &reference, true).await;
            assert_eq!(loaded.engine.identity().engine.check, Some(LoadCheck::Passed));
        }
        let adapter = place.path().join("adapter");
        support::adapter(&adapter, &model, 0.0);
        let loaded =
            load(&format!("{}+adapter={}", path(&model), path(&adapter)), &EngineOptions::default()).await;
        examine("an adapter of noughts", &loaded, &reference, true).await;
    });
}

#[test]
fn files_of_every_kind_give_their_own_text() {
    on_runtime(async {
        let place = tempfile::tempdir().expect("a temporary directory");
        let model = place.path().join("wide");
        wide(&model);
        let kinds = [
            ("f32", GgmlDType::F32),
            ("f16", GgmlDType::F16),
            ("bf16", GgmlDType::BF16),
            ("q4_0", GgmlDType::Q4_0),
            ("q4_1", GgmlDType::Q4_1),
            ("q8_0", GgmlDType::Q8_0),
            ("q4k", GgmlDType::Q4K),
            ("q6k", GgmlDType::Q6K),
        ];
        for (name, kind) in kinds {
            let file = place.path().join(format!("{name}.gguf"));
            let large_blocks = matches!(kind, GgmlDType::Q4K | GgmlDType::Q6K);
            let model = if large_blocks { model.clone() } else { trained() };
            gguf::from_directory(&model, &file, kind).expect("it is written");
            let reference = Reference::read(&file).expect("it is read");
            let plain = matches!(kind, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
            let options = if plain { EngineOptions::default() } else { computed(Weights::Stored) };
            let loaded = load(&path(&file), &options).await;
            examine(&format!("GGUF in {name}"), &loaded, &reference, !large_blocks).await;
            let identity = &loaded.engine.identity().model;
            assert!(identity.tokenizer.is_some() && identity.chat_template.is_some(), "{identity:?}");
        }
    });
}

#[test]
fn a_file_that_is_rewritten_while_it_loads_gives_the_text_of_its_weights() {
    on_runtime(async {
        let place = tempfile::tempdir().expect("a temporary directory");
        let file = place.path().join("q4_1.gguf");
        gguf::from_directory(&trained(), &file, GgmlDType::Q4_1).expect("it is written");
        let reference = Reference::read(&file).expect("it is read");
        let exact = load(&path(&file), &EngineOptions::default()).await;
        assert_eq!(exact.engine.identity().engine.quantisation.as_deref(), Some("q4_1 as f32"));
        assert!(exact.engine.room() > 1, "it is computed in batches");
        examine("GGUF in q4_1, as f32", &exact, &reference, true).await;
        let near = load(&path(&file), &computed(Weights::Q8)).await;
        assert_eq!(near.engine.identity().engine.quantisation.as_deref(), Some("q4_1 as q8_0"));
        examine("GGUF in q4_1, as q8_0", &near, &reference, true).await;
    });
}

#[test]
fn weights_that_are_quantised_while_they_load_give_their_own_text() {
    on_runtime(async {
        let place = tempfile::tempdir().expect("a temporary directory");
        let of_blocks = place.path().join("wide");
        wide(&of_blocks);
        for (asked, model, kind) in [("4", of_blocks, GgmlDType::Q4K), ("8", trained(), GgmlDType::Q8_0)] {
            let loaded = load(&path(&model), &isq(asked)).await;
            let said = loaded.engine.identity().engine.quantisation.clone();
            let file = place.path().join(format!("{asked}.gguf"));
            gguf::from_directory(&model, &file, kind).expect("it is written");
            let reference = Reference::read(&file).expect("it is read");
            examine(&format!("--isq {asked} ({said:?})"), &loaded, &reference, asked == "8").await;
        }
    });
}

#[test]
fn a_uqff_file_gives_its_own_text() {
    on_runtime(async {
        let place = tempfile::tempdir().expect("a temporary directory");
        let (model, target) = (trained(), place.path().join("uqff"));
        fs::create_dir(&target).expect("it can be made");
        let writer = TextModelBuilder::new(model.display())
            .with_force_cpu()
            .with_token_source(TokenSource::None)
            .with_dtype(ModelDType::F32)
            .with_isq(IsqType::Q8_0)
            .write_uqff(target.join("q8_0.uqff"));
        drop(writer.build().await.expect("the engine writes the file"));
        for entry in fs::read_dir(&model).expect("the model is there").flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "json") {
                fs::copy(entry.path(), target.join(entry.file_name())).expect("it can be copied");
            }
        }
        let written = fs::read_dir(&target).expect("the folder is there").flatten().map(|entry| entry.path());
        let written = written.filter(|path| path.extension().is_some_and(|extension| extension == "uqff"));
        let written = written.min().expect("a file was written");
        let file = place.path().join("q8_0.gguf");
        gguf::from_directory(&model, &file, GgmlDType::Q8_0).expect("it is written");
        let reference = Reference::read(&file).expect("it is read");
        let loaded = load(&path(&written), &EngineOptions::default()).await;
        examine("UQFF in q8_0", &loaded, &reference, true).await;
    });
}

#[test]
fn a_real_model_gives_its_own_text() {
    let Some(file) = std::env::var_os("GRICE_TEST_MODEL") else {
        println!("SKIPPED: GRICE_TEST_MODEL names no GGUF file of a real model");
        return;
    };
    on_runtime(async {
        let file = Path::new(&file);
        let reference = Reference::read(file).expect("it is read");
        let loaded = load(&path(file), &EngineOptions::default()).await;
        examine("the real model", &loaded, &reference, true).await;
    });
}
