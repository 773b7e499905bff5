//! What a turn does besides asking: does it carry the request out, or read it back?
//!
//! A turn carries a request out, as far as text shows, when it says something of substance: anything
//! but signs of receipt, promises, courtesies, options to choose from and statements that something is
//! needed.

use super::ask::{self, Ask};
use super::{
    context::Context,
    denial, form, standing,
    text::{content, content_of, pattern},
};
use regex::Regex;
use std::{collections::BTreeSet, sync::LazyLock};

/// What a turn does besides asking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// It says what was done, or what is the case.
    pub(super) reports: bool,
    /// It says that something was done.
    pub(super) done: bool,
    /// It puts a result forward for the user to take.
    pub(super) presents: bool,
    /// There is nothing besides: the turn is one sentence.
    pub(super) alone: bool,
}

/// What a turn does besides asking.
pub(super) fn rest(sentences: &[String], context: &Context) -> Rest {
    let details = sentences.iter().any(|sentence| detailed(sentence));
    let assumed = |sentence: &String| details && ask::of(sentence) == Some(Ask::Assumption);
    let says = sentences.iter().any(|sentence| reports(sentence, context));
    // What failed is still to be done, and what is read back as well.
    let in_vain = sentences.iter().any(|sentence| denial::fails(sentence) || assumed(sentence));
    Rest {
        reports: says && !in_vain,
        done: says
            && !in_vain
            && sentences
                .iter()
                .any(|sentence| DONE.is_match(form::core(sentence)) || PERFECT.is_match(sentence)),
        presents: standing::presents(sentences) || (context.user_asked() && says),
        alone: sentences.len() == 1,
    }
}

/// Whether a sentence says something of substance.
fn reports(sentence: &str, context: &Context) -> bool {
    let core = form::core(sentence);
    let statement = !form::marked(sentence) && ask::of(sentence).is_none();
    // "Rembrandt." answers as well, where the turn can do no more than answer; the user's own words said again do not, and no
    // piece of a question.
    static PIECE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:what|which|who|when|where|how|why)\b"));
    let new = || !PIECE.is_match(core) && !content(core).is_subset(&content_of(context.last_user()));
    let short = || form::social(sentence) || standing::accepts(sentence) || !new();
    let long = (core.split(' ').count() >= 3 && !echoes(core, context)) || (context.opens() && !short());
    statement && (DONE.is_match(core) || (long && !FRAME.is_match(core) && !restates(sentence, context)))
}

/// Whether a sentence reads the request back without a finite verb: "so a table for two at 7".
pub(super) fn restates(sentence: &str, context: &Context) -> bool {
    static SO: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:\w+[\s,.!]+){0,2}so\b"));
    static THING: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:a|an|the|\d+)\ [a-z]+(?:\ \S+){2}"));
    let core = form::core(sentence);
    SO.is_match(sentence)
        && detailed(core)
        && !form::marked(sentence)
        && THING.is_match(core)
        && !context.user_asked()
        && !VERB.is_match(core)
}

/// Whether a fragment is made of the user's own words: "I see, a haircut on Friday at four."
fn echoes(core: &str, context: &Context) -> bool {
    if VERB.is_match(core) {
        return false;
    }
    let said: BTreeSet<&str> = context.user.iter().flat_map(|turn| content_of(turn)).collect();
    let core = content(core);
    !core.is_empty() && core.is_subset(&said)
}

/// Whether a sentence names a detail: a number, a day.
pub(super) fn detailed(sentence: &str) -> bool {
    FIGURE.is_match(sentence)
}

static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\d | \b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tomorrow|tonight)\b",
    )
});

/// A finite verb, as far as one can be told by its form.
static VERB: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:is|are|was|were|has|have|had|does|do|did|will|would|can|could|may|might|should|costs?|starts?|leaves?|opens?|closes?)\b|'(?:s|ll|re|ve|d)\b",
    )
});

/// A result in short: "booked", "done".
static DONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:done|sent|all\ (?:done|set)|\w{3,}ed)\b"));

/// A result in full: "I have booked it", "it is booked".
static PERFECT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:\b(?:have|has|is|are|was|were|been)|'(?:ve|s|re))\ (?:\w+ly\ |been\ |now\ |all\ |just\ )*(?:\w{2,}ed|made|done|set|sent|bought)\b",
    )
});

/// What surrounds a question without carrying anything out.
static FRAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:i|we)(?:'d|\ would|\ can|\ could|'ll|\ will|'m|\ am|'re|\ are|\ was|\ were)?\ (?:\w+\ ){0,3}(?:help|assist|happy|glad|pleased|delighted|love|do\ (?:that|this|it|so)|look|check|search|find|see|understand|hear|appreciate|sorry|apologi[sz]e|sure|certain|afraid)\b
        | ^(?:i|we)(?:'ll|\ will|'m\ going\ to|\ am\ going\ to)\b
        | ^(?:let\ me|let's|to\ (?:help|assist|find|get|do|give|make|hear))\b | ^(?:that|this|it)(?:'s|\ is|\ sounds)\ (?:a\ )?(?:\w+\ )?(?:great|good|nice|lovely|wonderful|fine|cool|ok|okay|awesome|idea)\b
        | \b(?:you\ (?:can|could|may)\ (?:say|choose|try)|such\ as|for\ (?:example|instance)|like\ \w+|feel\ free)\b | \bor\ (?:[\w-]+\ )*[\w-]+\W*$ | ^(?:nice|pleased|good|happy|glad|delighted)\ to\b | ^(?:that|this|it)\ depends\b | ^(?:i|we)\ (?:can|could|will|would|do|am|are)\W*$ | ^(?:you(?:'re|\ are)\ welcome|my\ pleasure|have\ a)\b",
    )
});
