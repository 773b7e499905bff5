//! Formats in which a reply names whom each part of it is for.
//!
//! - Harmony, the format of gpt-oss (<https://github.com/openai/harmony>): `<|channel|>analysis<|message|>…<|end|>`, then
//!   `<|channel|>final<|message|>…`. Engines that leave special tokens out make `analysis…assistantfinal…` of it.
//! - Granite 3.2: `Here is my thought process: … Here is my response: …`.

use super::reply::Reply;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The head of one part of a reply in Harmony. The first one of a reply may be written in part by the chat template.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:<\|start\|>\s*assistant\s*)?(?:<\|channel\|>|^\s*)\s*(?P<channel>analysis|commentary|final)\b[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>",
    )
});

/// What ends a part of a reply in Harmony.
static END: LazyLock<Regex> = LazyLock::new(|| pattern(r"<\|(?:end|return|call|start|channel)\|>"));

/// Where the answer begins in Harmony without its special tokens.
const BARE_FINAL: &str = "assistantfinal";

static GRANITE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*Here(?:'s|’s| is) my thought process:"));
static GRANITE_ANSWER: LazyLock<Regex> = LazyLock::new(|| pattern(r"Here(?:'s|’s| is) my response:"));

fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

/// Takes a reply with channels apart; none for any other.
pub(super) fn split(text: &str) -> Option<Reply<'_>> {
    harmony(text).or_else(|| bare(text)).or_else(|| granite(text))
}

fn harmony(text: &str) -> Option<Reply<'_>> {
    let heads: Vec<_> = HEAD.captures_iter(text).collect();
    let first = heads.first()?.get(0)?;
    if !text[..first.start()].trim().is_empty() {
        return None;
    }
    let (mut reasoning, mut answer) = (Vec::new(), None);
    for head in &heads {
        let (Some(whole), Some(channel)) = (head.get(0), head.name("channel")) else { continue };
        let body = &text[whole.end()..];
        let body = &body[..END.find(body).map_or(body.len(), |end| end.start())];
        match channel.as_str() {
            "final" => answer = Some(body),
            _ => reasoning.push(body),
        }
    }
    Some(Reply::reasoned(reasoning, Cow::Borrowed(answer.unwrap_or_default()), answer.is_some()))
}

fn bare(text: &str) -> Option<Reply<'_>> {
    let body = text.trim_start().strip_prefix("analysis")?;
    if let Some((reasoning, answer)) = body.split_once(BARE_FINAL) {
        return Some(Reply::reasoned(vec![reasoning], Cow::Borrowed(answer), true));
    }
    // "analysisWe": the name of the channel ran into the first word.
    let cut_off = body.starts_with(char::is_uppercase);
    cut_off.then(|| Reply::reasoned(vec![body], Cow::Borrowed(""), false))
}

fn granite(text: &str) -> Option<Reply<'_>> {
    let body = &text[GRANITE.find(text)?.end()..];
    Some(match GRANITE_ANSWER.find(body) {
        Some(answer) => {
            Reply::reasoned(vec![&body[..answer.start()]], Cow::Borrowed(&body[answer.end()..]), true)
        }
        None => Reply::reasoned(vec![body], Cow::Borrowed(""), false),
    })
}
