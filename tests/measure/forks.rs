//! Part 3: a fork of 64 at the eighth turn, with the prefix shared and not, in time and in prompt tokens that were
//! computed.

use super::{Bench, Outcome, note, rows::Rows, throughput::complete};
use futures::future::join_all;
use mistralrs::{Model, TextMessageRole, TextMessages, Usage};
use runner::engine::{mistral_load, options::Options};
use std::time::Instant;

/// Branches of the fork.
const BRANCHES: usize = 64;
/// Turns before the fork.
const TURNS: usize = 7;
/// Tokens of a reply.
const REPLY: u32 = 64;
/// Reaches every branch with another prefix.
const UNSHARED: &str = "each its own";

/// Adds a row per way.
pub(crate) async fn measure(bench: &Bench, rows: &mut Rows) -> Outcome<()> {
    let (family, size) = (bench.arguments.family(), bench.arguments.one_billion());
    let (_, reference) = bench.shape(family, size)?;
    let branches = if bench.arguments.smoke { 8 } else { BRANCHES };
    let options = Options { max_running: u32::try_from(branches).ok(), ..Options::default() };
    let mut settings = bench.settings(&reference, options)?;
    // Also on a processor, where a run does without: this one is short.
    settings.prefix_cache = Some(2 * branches);
    let model = mistral_load::bare(&reference, &settings).await?;
    let mut lines = Vec::new();
    for (way, first, shared) in [
        (UNSHARED, false, false),
        ("shared, all at once", false, true),
        ("shared, one first, then the others", true, true),
    ] {
        note(&format!("fork of {branches}: {way}"));
        let prompt = |branch: usize| {
            let begin = if shared { way.to_owned() } else { format!("{way} {branch}") };
            tokens(&model, begin, branch)
        };
        let mut prompts = Vec::with_capacity(branches);
        for branch in 0..branches {
            prompts.push(prompt(branch).await?);
        }
        let started = Instant::now();
        let mut usages: Vec<Usage> = Vec::with_capacity(branches);
        let mut rest = prompts.into_iter().zip(0_u64..);
        if first && let Some((prompt, seed)) = rest.next() {
            usages.push(complete(&model, prompt, REPLY, 0.8, seed).await?);
        }
        for usage in join_all(rest.map(|(prompt, seed)| complete(&model, prompt, REPLY, 0.8, seed))).await {
            usages.push(usage?);
        }
        let seconds = started.elapsed().as_secs_f64();
        let asked: usize = usages.iter().map(|usage| usage.prompt_tokens).sum();
        let cached: usize = usages
            .iter()
            .filter_map(|usage| usage.prompt_tokens_details.as_ref())
            .map(|of| of.cached_tokens)
            .sum();
        lines.push(vec![
            format!("{family} {size}"),
            branches.to_string(),
            way.to_owned(),
            asked.to_string(),
            cached.to_string(),
            (asked - cached.min(asked)).to_string(),
            format!("{seconds:.2}"),
        ]);
    }
    let head = ["shape", "branches", "prefix", "prompt tokens", "from the cache", "computed", "seconds"];
    rows.table("A fork at the eighth turn, by the engine's token counts", &head, &lines);
    Ok(())
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
