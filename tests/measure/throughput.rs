//! Part 2: generated tokens per second of Grice beside the engine's own bare loop, on requests of the same size.

use super::{Bench, Outcome, note, rows::Rows};
use futures::{StreamExt, stream};
use mistralrs::{
    Model, NormalRequest, RequestMessage, Response, SamplingParams, TextMessageRole, TextMessages, Usage,
};
use organisms::shape::Shape;
use runner::{
    engine::{
        Engine,
        limiter::Limiter,
        load,
        mistral::load as mistral_load,
        options::{Dtype, EngineOptions},
        reference::ModelReference,
        settings::Settings,
    },
    event::{Event, Observer},
    execute::{self, Context, Players, Stop},
    spec::{self, Files, Plan, Probe},
};
use std::{
    convert::Infallible,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

/// Tokens of a prompt, about.
const PROMPT: usize = 200;
/// Tokens of a reply.
const REPLY: u32 = 64;
/// Times that each loop runs; the faster one counts.
const REPETITIONS: usize = 2;

/// Bandwidth of memory in GB/s, from NVIDIA's data sheets of the cards.
const CARDS: [(&str, f64); 8] = [
    ("H200", 4800.0),
    ("H100 NVL", 3938.0),
    ("H100 PCIe", 2039.0),
    ("H100", 3350.0),
    ("A100-SXM4-80GB", 2039.0),
    ("A100", 1555.0),
    ("L40S", 864.0),
    ("L4", 300.0),
];

/// How tokens are chosen: the engine's own greedy choice on both sides; or as specs do, with the draws that couple
/// versions, beside the engine's own sampling.
const SAMPLINGS: [(&str, f64); 2] = [("greedy", 0.0), ("0.8, coupled", 0.8)];

/// Adds two rows per shape and number of requests in flight.
pub(crate) async fn measure(bench: &Bench, rows: &mut Rows) -> Outcome<()> {
    let flights: &[usize] = if bench.arguments.smoke { &[1, 4] } else { &[1, 8, 64, 256] };
    let smoke = vec!["tiny".to_owned()];
    let sizes = if bench.arguments.smoke { &smoke } else { &bench.arguments.sizes };
    let head = [
        "shape",
        "format",
        "in flight",
        "sampling",
        "prompt tokens",
        "bare engine, tokens/s",
        "Grice, tokens/s",
        "Grice / bare",
        "share of the bandwidth limit",
    ];
    rows.table("Throughput: prompts of about 200 tokens, replies of 64", &head)?;
    for family in &bench.arguments.families {
        for size in sizes {
            for &flight in flights {
                note(&format!("{family} {size}, {flight} in flight"));
                match beside(bench, family, size, flight).await {
                    Ok(lines) => lines.iter().try_for_each(|line| rows.row(line))?,
                    Err(error) => {
                        let of = [format!("{family} {size}"), "-".to_owned(), flight.to_string()];
                        rows.failed(&of, &error.to_string())?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Both loops on one shape, and the rows that they make.
async fn beside(bench: &Bench, family: &str, size: &str, flight: usize) -> Outcome<Vec<Vec<String>>> {
    let (shape, reference) = bench.shape(family, size)?;
    let options = EngineOptions { max_running: u32::try_from(flight).ok(), ..EngineOptions::default() };
    let settings = bench.settings(&reference, options)?;
    let count = if bench.arguments.smoke { 2 * flight } else { (4 * flight).clamp(8, 512) };
    let bare = bare(&reference, &settings, flight, count).await?;
    let grice = grice(&reference, &settings, flight, count).await?;
    let rates = bare.into_iter().zip(grice);
    let named = SAMPLINGS.into_iter().map(|(name, _)| name).zip(rates);
    Ok(named
        .map(|(sampling, rates)| line(bench, &shape, (family, size, sampling), flight, &settings, rates))
        .collect())
}

/// What a loop came to.
#[derive(Clone, Copy)]
struct Rate {
    /// Generated tokens per second.
    tokens: f64,
    /// Mean tokens of a prompt.
    prompt: f64,
}

fn line(
    bench: &Bench,
    shape: &Shape,
    (family, size, sampling): (&str, &str, &str),
    flight: usize,
    settings: &Settings,
    (bare, grice): (Rate, Rate),
) -> Vec<String> {
    // At one in flight every token reads every weight once, but for the embedding, of which it reads a row.
    let embedding = if shape.tied { 0 } else { shape.vocabulary * shape.width };
    let bytes = (shape.weights() - embedding) as f64 * settings.dtype.map_or(2, Dtype::bytes) as f64;
    let share = bandwidth(bench).filter(|_| flight == 1).map(|limit| grice.tokens * bytes / (limit * 1e9));
    vec![
        format!("{family} {size}"),
        settings.dtype.map_or("the engine's".to_owned(), |dtype| dtype.to_string()),
        flight.to_string(),
        sampling.to_owned(),
        format!("{:.0}", grice.prompt),
        format!("{:.1}", bare.tokens),
        format!("{:.1}", grice.tokens),
        format!("{:.3}", grice.tokens / bare.tokens),
        share.map_or("-".to_owned(), |share| format!("{share:.2}")),
    ]
}

fn bandwidth(bench: &Bench) -> Option<f64> {
    let card = bench.machine.card(bench.device);
    let known = card.and_then(|card| CARDS.iter().find(|(name, _)| is_named(&card.name, name)));
    bench.arguments.bandwidth.or_else(|| known.map(|(_, bandwidth)| *bandwidth))
}

/// Whether the words of a name stand in the name of a card: an `L40` is no `L4`.
fn is_named(card: &str, name: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect()
    };
    let (card, name) = (words(card), words(name));
    card.windows(name.len()).any(|words| words == name.as_slice())
}

/// A prompt of about [`PROMPT`] tokens. It begins with what no other has, so that no prefix is shared.
fn prompt(round: &str, index: usize) -> String {
    let sentence = "Please book a table for four people on Friday at seven. ";
    // Thirteen words and stops, of which most are tokens.
    format!("{index} {round} {}", sentence.repeat(PROMPT / 14))
}

/// The engine by itself, with each sampling.
async fn bare(
    reference: &ModelReference,
    settings: &Settings,
    flight: usize,
    count: usize,
) -> Outcome<Vec<Rate>> {
    let model = mistral_load::bare(reference, settings).await?;
    let mut rates = Vec::with_capacity(SAMPLINGS.len());
    for (_, temperature) in SAMPLINGS {
        let mut best: Option<Rate> = None;
        for repetition in 0..=REPETITIONS {
            let count = if repetition == 0 { flight } else { count };
            let mut prompts = Vec::with_capacity(count);
            for index in 0..count {
                let round = format!("bare {temperature} {repetition}");
                prompts.push(tokens(&model, &prompt(&round, index)).await?);
            }
            let started = Instant::now();
            let requests = prompts.into_iter().zip(0_u64..);
            let requests = requests.map(|(prompt, seed)| complete(&model, prompt, REPLY, temperature, seed));
            let usages: Vec<Usage> = stream::iter(requests)
                .buffer_unordered(flight)
                .collect::<Vec<_>>()
                .await
                .into_iter()
                .collect::<Outcome<_>>()?;
            let seconds = started.elapsed().as_secs_f64();
            let generated: usize = usages.iter().map(|usage| usage.completion_tokens).sum();
            let prompt: usize = usages.iter().map(|usage| usage.prompt_tokens).sum();
            let rate = Rate { tokens: generated as f64 / seconds, prompt: prompt as f64 / count as f64 };
            // The first time only warms up.
            if repetition > 0 && best.is_none_or(|best| rate.tokens > best.tokens) {
                best = Some(rate);
            }
        }
        rates.push(best.ok_or("nothing was measured")?);
    }
    Ok(rates)
}

/// The tokens of a dialogue of one message.
pub(crate) async fn tokens(model: &Model, text: &str) -> Outcome<Vec<u32>> {
    let messages = TextMessages::new().add_message(TextMessageRole::User, text);
    Ok(model.tokenize(either::Either::Left(messages), None, false, true, Some(false)).await?)
}

/// One completion by the engine alone.
pub(crate) async fn complete(
    model: &Model,
    prompt: Vec<u32>,
    reply: u32,
    temperature: f64,
    seed: u64,
) -> Outcome<Usage> {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let parameters = SamplingParams {
        temperature: Some(temperature),
        max_len: Some(reply as usize),
        ..SamplingParams::neutral()
    };
    let message = RequestMessage::CompletionTokens(prompt);
    let mut request = NormalRequest::new_simple(message, parameters, sender, 0, None, None);
    request.seed = Some(seed);
    let queue = model.inner().get_sender(None)?;
    queue.send(mistralrs::Request::Normal(Box::new(request))).await.map_err(|_| "the engine is gone")?;
    match receiver.recv().await {
        Some(Response::CompletionDone(done)) => Ok(done.usage),
        Some(Response::CompletionModelError(message, _)) => Err(message.into()),
        Some(Response::InternalError(error) | Response::ValidationError(error)) => {
            Err(error.to_string().into())
        }
        _ => Err("the engine gave no completion".into()),
    }
}

/// Counts the tokens of a run.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) prompt: AtomicU64,
    generated: AtomicU64,
    failed: AtomicU64,
}

impl Observer for Counts {
    fn notice(&self, event: Event) {
        match event {
            Event::Generated { prompt_tokens, completion_tokens } => {
                self.prompt.fetch_add(u64::from(prompt_tokens), Ordering::Relaxed);
                self.generated.fetch_add(u64::from(completion_tokens), Ordering::Relaxed);
            }
            Event::Failed(_) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}

/// Grice on the engine, with each sampling.
async fn grice(
    reference: &ModelReference,
    settings: &Settings,
    flight: usize,
    count: usize,
) -> Outcome<Vec<Rate>> {
    let engine = load::load(reference, settings.clone()).await?;
    let mut rates = Vec::with_capacity(SAMPLINGS.len());
    for (_, temperature) in SAMPLINGS {
        let mut best: Option<Rate> = None;
        for repetition in 0..=REPETITIONS {
            let count = if repetition == 0 { flight } else { count };
            let probe = requests(&format!("grice {temperature} {repetition}"), count, temperature)?;
            // As many dialogues as a run has by itself; no more than `flight` are in the engine at once.
            let (seconds, counts) = run(&engine, &[probe], engine.worthwhile_concurrency()).await?;
            let rate = Rate {
                tokens: counts.generated.into_inner() as f64 / seconds,
                prompt: counts.prompt.into_inner() as f64 / count as f64,
            };
            if repetition > 0 && best.is_none_or(|best| rate.tokens > best.tokens) {
                best = Some(rate);
            }
        }
        rates.push(best.ok_or("nothing was measured")?);
    }
    Ok(rates)
}

/// Runs probes to their end: the seconds, and the tokens.
pub(crate) async fn run(engine: &Arc<dyn Engine>, probes: &[Probe], flight: usize) -> Outcome<(f64, Counts)> {
    let (counts, stop) = (Counts::default(), Stop::default());
    let context = Context {
        players: Players::of_model(Arc::new(Limiter::new(Arc::clone(engine)).at_most(flight))),
        probes,
        seed: 0,
        concurrency: flight,
        observer: &counts,
        stop: &stop,
    };
    let plan = Plan::of(probes, None);
    let trials = plan.trials(probes);
    let started = Instant::now();
    let keep = |_| -> Result<(), Infallible> { Ok(()) };
    match execute::execute(&context, trials, keep).await {
        Ok(_) => {}
        Err(never) => match never {},
    }
    let seconds = started.elapsed().as_secs_f64();
    match counts.failed.load(Ordering::Relaxed) {
        0 => Ok((seconds, counts)),
        failed => Err(format!("{failed} generations failed").into()),
    }
}

/// A probe of so many single requests.
fn requests(round: &str, count: usize, temperature: f64) -> Outcome<Probe> {
    let case = |index| serde_json::json!({ "pair": format!("p{index}"), "request": prompt(round, index) });
    let spec = serde_json::json!({
        "probe": "measure.requests",
        "about": "Single requests.",
        "cases": (0..count).map(case).collect::<Vec<_>>(),
        "dialogue": [{ "user": "{{ request }}" }, { "model": "reply" }],
        "sampling": { "temperature": temperature, "max_tokens": REPLY },
        "score": { "words": { "length": { "turn": "reply", "unit": "words" } } },
        "metrics": { "words": { "mean": { "of": "words" } } },
    });
    parse(&spec.to_string())
}

/// A probe from the text of a spec; JSON is YAML.
pub(crate) fn parse(text: &str) -> Outcome<Probe> {
    let file = Path::new("measure.yaml");
    let probes = spec::load(&[file.to_owned()], &One(text.as_bytes()))
        .map_err(|diagnostics| spec::render_diagnostics(&diagnostics, false))?;
    probes.into_iter().next().ok_or_else(|| "the spec holds no probe".into())
}

/// A file system of one file.
struct One<'a>(&'a [u8]);

impl Files for One<'_> {
    fn read(&self, _: &Path, _: u64) -> io::Result<Vec<u8>> {
        Ok(self.0.to_vec())
    }

    fn list(&self, _: &Path) -> io::Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }

    fn is_folder(&self, _: &Path) -> bool {
        false
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }
}
