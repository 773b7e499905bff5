//! Part 3: a fork of 64 at the eighth turn, with the prefix shared and not, in time and in prompt tokens that were
//! computed.

use super::{
    Bench, Outcome, note,
    rows::Rows,
    throughput::{complete, parse, run},
};
use futures::future::join_all;
use mistralrs::{Model, TextMessageRole, TextMessages, Usage};
use runner::engine::{
    load, mistral::load as mistral_load, options::EngineOptions, reference::ModelReference,
    settings::Settings,
};
use serde_json::{Value, json};
use std::time::Instant;

/// Branches of the fork.
const BRANCHES: usize = 64;
/// Turns before the fork.
const TURNS: usize = 7;
/// Tokens of a reply.
const REPLY: u32 = 64;
/// The fork as a spec.
const GRICE: &str = "shared, as a spec through Grice";
/// Reaches every branch with another prefix.
const UNSHARED: &str = "each its own";

/// Adds a row per way.
pub(crate) async fn measure(bench: &Bench, rows: &mut Rows) -> Outcome<()> {
    let (family, size) = (bench.arguments.family(), bench.arguments.one_billion());
    let (_, reference) = bench.shape(family, size)?;
    let branches = if bench.arguments.smoke { 8 } else { BRANCHES };
    let options = EngineOptions { max_running: u32::try_from(branches).ok(), ..EngineOptions::default() };
    let mut settings = bench.settings(&reference, options)?;
    // Also on a processor, where a run does without: this one is short.
    settings.prefix_cache = Some(2 * branches);
    let model = mistral_load::bare(&reference, &settings).await?;
    let head = ["shape", "branches", "prefix", "prompt tokens", "from the cache", "computed", "seconds"];
    rows.table("A fork at the eighth turn, by the engine's token counts", &head)?;
    for (way, first, shared) in [
        (UNSHARED, false, false),
        ("shared, all at once", false, true),
        ("shared, one first, then the others", true, true),
    ] {
        note(&format!("fork of {branches}: {way}"));
        let of = [format!("{family} {size}"), branches.to_string(), way.to_owned()];
        match fork(&model, way, branches, first, shared).await {
            Ok(counts) => rows.row(&[&of[..], &counts].concat())?,
            Err(error) => rows.failed(&of, &error.to_string())?,
        }
    }
    drop(model);
    note(&format!("fork of {branches}: {GRICE}"));
    let of = [format!("{family} {size}"), branches.to_string(), GRICE.to_owned()];
    match through_grice(&reference, settings, branches).await {
        Ok(counts) => rows.row(&[&of[..], &counts].concat()),
        Err(error) => rows.failed(&of, &error.to_string()),
    }
}

/// The same fork as a spec, run by Grice: its branches ask the same, as those of specs do. On a processor the engine keeps
/// nothing for such prompts.
async fn through_grice(
    reference: &ModelReference,
    settings: Settings,
    branches: usize,
) -> Outcome<Vec<String>> {
    let said = "Please book a table for four people on Friday. ".repeat(4);
    let role = |turn: usize| if turn % 2 == 1 { "assistant" } else { "user" };
    let mut dialogue: Vec<Value> = (0..TURNS).map(|turn| json!({ role(turn): said })).collect();
    dialogue.push(json!({ "assistant": "Very well." }));
    let turns = json!([{ "user": "And you?" }, { "model": "guess" }]);
    dialogue.push(json!({ "fork": { "name": "reveal", "samples": branches, "turns": turns } }));
    let spec = json!({
        "probe": "measure.fork",
        "about": "A fork.",
        "cases": [{ "pair": "one" }],
        "dialogue": dialogue,
        "sampling": { "temperature": 0.8, "max_tokens": REPLY },
        "score": { "words": { "length": { "turn": "guess", "unit": "words" } } },
        "metrics": { "words": { "mean": { "of": "words" } } },
    });
    let engine = load::load(reference, settings).await?;
    let (seconds, counts) = run(&engine, &[parse(&spec.to_string())?], branches).await?;
    let (asked, cached) = (counts.prompt.into_inner(), engine.cached_tokens());
    let computed = asked.saturating_sub(cached);
    Ok(vec![asked.to_string(), cached.to_string(), computed.to_string(), format!("{seconds:.2}")])
}

/// Runs the branches: prompt tokens, those from the cache, those computed, and the seconds.
async fn fork(model: &Model, way: &str, branches: usize, first: bool, shared: bool) -> Outcome<Vec<String>> {
    let mut prompts = Vec::with_capacity(branches);
    for branch in 0..branches {
        let begin = if shared { way.to_owned() } else { format!("{way} {branch}") };
        prompts.push(tokens(model, begin, branch).await?);
    }
    let started = Instant::now();
    let mut usages: Vec<Usage> = Vec::with_capacity(branches);
    let mut rest = prompts.into_iter().zip(0_u64..);
    if first && let Some((prompt, seed)) = rest.next() {
        usages.push(complete(model, prompt, REPLY, 0.8, seed).await?);
    }
    for usage in join_all(rest.map(|(prompt, seed)| complete(model, prompt, REPLY, 0.8, seed))).await {
        usages.push(usage?);
    }
    let seconds = started.elapsed().as_secs_f64();
    let asked: usize = usages.iter().map(|usage| usage.prompt_tokens).sum();
    let details = usages.iter().filter_map(|usage| usage.prompt_tokens_details.as_ref());
    let cached: usize = details.map(|of| of.cached_tokens).sum();
    let computed = asked - cached.min(asked);
    Ok(vec![asked.to_string(), cached.to_string(), computed.to_string(), format!("{seconds:.2}")])
}

/// A dialogue of seven turns and a last question, which every branch asks in its own words.
async fn tokens(model: &Model, begin: String, branch: usize) -> Outcome<Vec<u32>> {
    let mut messages = TextMessages::new().add_message(TextMessageRole::User, format!("{begin}. Hello."));
    for turn in 1..TURNS {
        let role = if turn % 2 == 1 { TextMessageRole::Assistant } else { TextMessageRole::User };
        messages = messages.add_message(role, "Please book a table for four people on Friday. ".repeat(4));
    }
    let messages = messages
        .add_message(TextMessageRole::Assistant, "Very well.")
        .add_message(TextMessageRole::User, format!("And number {branch}?"));
    Ok(model.tokenize(either::Either::Left(messages), None, false, true, Some(false)).await?)
}
