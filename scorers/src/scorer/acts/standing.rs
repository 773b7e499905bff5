//! How a request stands when the graded turn begins: is something requested that is still to be done?
//!
//! A request opens a pair that its fulfilment closes; between the two may lie questions and answers
//! that prepare the fulfilment (insertion sequences, Schegloff 1972; 2007,
//! doi:10.1017/CBO9780511791208). A result that was put forward is closed by being accepted (Clark
//! and Schaefer 1989). So the place of a turn tells more than its words: what follows the model's
//! question answers it, what follows a result without requesting anything accepts it. A trouble that the
//! user opens with, to be solved, is a request as well ([`trouble`]).

use super::ask::{self, Ask};
use super::{
    context::Context,
    form::{self, social},
    text::pattern,
    trouble,
};
use regex::Regex;
use std::sync::LazyLock;

/// How what the user requested stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing has been requested; the user tells something, or greets.
    Nothing,
    /// Something is to be done or said.
    Open,
    /// A result was put forward and taken.
    Accepted,
    /// The user thanked, declined or said goodbye.
    Closed,
}

/// The standing before the graded turn.
pub(super) fn of(context: &Context) -> Standing {
    let last = context.last_user();
    let troubled = context.opening().is_some_and(|turn| trouble::to_be_solved(&context.user[turn]));
    if last.is_empty() || (!troubled && !context.user.iter().flatten().any(|sentence| requests(sentence))) {
        return Standing::Nothing;
    }
    if troubled && context.opens() {
        return Standing::Open;
    }
    let accepted = last.iter().any(|sentence| accepts(sentence));
    if last.iter().any(|sentence| if accepted { wants(sentence) } else { requests(sentence) }) {
        return Standing::Open;
    }
    let (yes, closing) = (answers(last, &YES), answers(last, &CLOSING));
    let nothing_else = last.iter().all(|sentence| social(sentence) || CLOSING.is_match(sentence));
    match context.model.iter().rev().find_map(|sentence| Some((sentence, ask::of(sentence)?))) {
        Some((_, Ask::Check | Ask::Value | Ask::Assumption)) if yes || !(closing && nothing_else) => {
            Standing::Open
        }
        Some((question, Ask::Offer)) if (yes || accepted) && !presents(&context.model) => {
            if accepted && INTEREST.is_match(question) { Standing::Accepted } else { Standing::Open }
        }
        Some((_, Ask::Offer | Ask::Approval | Ask::Proposal)) if yes || accepted => Standing::Accepted,
        _ if closing => Standing::Closed,
        Some((_, Ask::Offer | Ask::More)) => Standing::Open,
        Some(_) => Standing::Accepted,
        None if context.model.is_empty() => Standing::Closed,
        None => Standing::Accepted,
    }
}

/// Whether a turn puts a result forward: that there is one, that it was found.
pub(super) fn presents(sentences: &[String]) -> bool {
    static PRESENTATION: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\bthere(?:'s|\ is|\ are|'re)\b | \b(?:i|we)(?:'ve|\ have)?\ (?:\w+\ )?(?:found|find|have|see|got|pulled|suggest|recommend|located)\b | \b(?:is|are)\ available\b",
        )
    });
    sentences.iter().any(|sentence| !form::marked(sentence) && PRESENTATION.is_match(sentence))
}

/// A question whether the hearer would like what was put forward, not whether to do something.
static INTEREST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\binterested\b | \byou\ (?:like|want|wish|care|prefer)\ (?:to|a|an|the)\b"));

fn answers(turn: &[String], how: &Regex) -> bool {
    turn.iter().any(|sentence| how.is_match(sentence))
}

/// Assent.
static YES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:yes|yeah|yep|yup|sure|ok|okay|please|absolutely|definitely|certainly|of\ course|correct|exactly|right|perfect|great|sounds|that(?:'?s|\ is|\ would|\ will|'ll|'d|\ sounds|\ works)|go\ ahead|fine|good|i\ (?:do|would|am))\b",
    )
});

/// What ends a matter: thanks, goodbye, and no more than no.
static CLOSING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|[,.;!]\ ?)\W*(?:(?:ok|okay|great|perfect|good|no|yes|well|alright|cool|awesome|many|and)[\s,.!]+)*(?:thanks|thank\ you|thx|bye|goodbye|cheers)\b
        | ^\W*(?:(?:ok|okay|great|perfect|good|no|yes|well|alright|cool|awesome)[\s,.!]+)*(?:no\W*$|nope\W*$|not\ (?:now|yet|right\ now|really|today|at\ the\ moment)\W*$|no,?\ (?:not|that(?:'s|\ is|\ will|'ll)|i\ (?:don't|do\ not|am|think)|i'm|it(?:'s|\ is))|that(?:'s|\ is|\ will\ be|'ll\ be|\ would\ be)\ (?:all|it|everything)|maybe\ later|nothing)(?:\b|$)",
    )
});

/// Requests about the talk itself, how to address the user and in what tone: every turn that goes on in that
/// manner carries them out, so that they leave nothing open.
static MANNER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:call|address)\ me\b | \b(?:be|keep|sound|stay|talk|speak|write|reply|answer)\ (?:\w+\ ){0,3}(?:formal|informal|casual|polite|friendly|relaxed|formally|informally|casually|politely)\b",
    )
});

/// Whether a sentence of the user asks for something to be done or said: a question, a wish, an
/// imperative, or a fragment without a verb, as one types into a search box.
pub(super) fn requests(sentence: &str) -> bool {
    let told = || states(sentence) || CLOSING.is_match(sentence);
    !social(sentence) && !MANNER.is_match(sentence) && !accepts(sentence) && (wants(sentence) || !told())
}

/// Whether a sentence says in so many words that something is wanted: a question or a wish.
fn wants(sentence: &str) -> bool {
    static WANT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\bplease\b
            | \b(?:i|we)(?:'d|\ would|\ will|'ll|'m|\ am|'re|\ are|\ do)?\ (?:\w+ly\ |just\ |also\ |now\ |still\ |be\ |going\ to\ |thinking\ (?:of|about)\ )*
              (?:like|want|need|prefer|wish|require|hope|hoping|wanna|gotta|looking|searching|seeking|needing|trying|planning|craving|interested)\ (?:for\ |in\ |of\ |on\ |about\ )?(?:to\ \w+|\w+)
            | \b(?:and|but)\ (?:\w+\ )?(?:need|want|would\ like)\b | \b(?:would|'d)\ (?:\w+ly\ )?(?:like|love)\ \w+ | \b(?:i|we)(?:'ll|\ will|'d|\ would)\ (?:have|take|get)\b
            | \b(?:can|could|will|would)\ (?:you|i|we)\b | \b(?:looking|searching)\ (?:for|to)\b | \binterested\ in\b | \bin\ (?:need|search|the\ (?:mood|market))\b | \bon\ the\ (?:hunt|lookout)\b
            | \bhelp\W*$ | \blet's\b | \bmake\ it\b | (?:^|[,;]\ |\band\ )\w+\ (?:it|me|us|them)\b",
        )
    });
    !social(sentence)
        && !MANNER.is_match(sentence)
        && !accepts(sentence)
        && (form::interrogative(sentence) || WANT.is_match(sentence))
}

/// Whether a sentence takes a result: an assessment of it, or liking for what "that" stands for.
pub(super) fn accepts(sentence: &str) -> bool {
    static ASSESSES: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^\W*(?:(?:yes|yeah|ok|okay|sure|great|perfect|alright|oh|well|cool|good|now|then)[\s,.!]+)*
              (?: (?:that|this|it|which|they|these|those|that\ one)(?:'s|s\ (?:great|good|fine|perfect|ok|okay|nice|right|correct)|'re|\ is|\ are|\ would|\ will|'ll|'d|\ sounds?|\ seems?|\ looks?|\ works?|\ suits?|\ does)\b[^,.?]*
                | [^,]{1,40}?\ (?:sounds|seems|looks|works|suits|will\ (?:do|work|be)|would\ (?:do|work|be)|(?:is|are|was)\ (?:\w+ly\ |so\ |very\ |just\ |what\ i\ )?(?:great|good|perfect|fine|nice|lovely|awesome|excellent|ok|okay|wonderful|ideal|cool|amazing|fantastic|right|correct|the\ one|want|wanted|need))\b[^,.?]*
                | (?:sounds|seems|looks|works)\ [^,.?]* | (?:perfect|great|good|fine|excellent|awesome|sweet|wonderful|nice|correct|exactly|right|absolutely\ \w+)[^,.?]{0,20}
              )(?:,\ ?(?:thanks|thank\ you|i\ like\ (?:it|that))[^,.?]*)?\W*$",
        )
    });
    static OTHERS: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\b(?:i|we|you|please|need|want|can|could|show|find)\b"));
    static LIKES: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^\W*(?:(?:yes|yeah|ok|okay|sure|great|perfect|alright|oh|well|cool|good|now|then)[\s,.!]+)*
              i(?:'d|\ would|\ do|\ really|'ll|\ will|'m|\ am|\ want\ to|'d\ like\ to)?\ (?:like|love|want|prefer|take|choose|appreciate|interested\ in|go\ with|going\ with)\ (?:the\ \w+\ of\ )?(?:that|this|it|the\ same|them)(?:\ (?:one|\w+))?\W*$
            | \b(?:that|this|it)(?:'s|\ is)\ (?:exactly\ |just\ )?what\ (?:i|we)\b",
        )
    });
    !form::interrogative(sentence)
        && (LIKES.is_match(sentence) || (ASSESSES.is_match(sentence) && !OTHERS.is_match(sentence)))
}

/// Whether a sentence tells something: a subject at its head, and a verb where the head alone does
/// not show it.
fn states(sentence: &str) -> bool {
    static HEAD: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^\W*(?:(?:and|but|so|well|because|yes|no|nope|yeah|yep|oh|honestly|actually|sometimes|lately|recently|also|just|maybe|even|then|now|today|yesterday|since|after|before|when|while|if|although|though|ok|okay|sure|right|hi|hello|hey|thanks|thank\ you|not|really|very|great|perfect|good)\b[,.!\ ]*)*
              (?:i|i'm|i've|i'd|i'll|im|ive|we|we're|we've|he|he's|she|she's|they|they're|it|it's|its|thats|my|mine|our|his|her|their|this|that|that's|these|those|there|there's|people|everyone|everything|nothing|nobody|you|you're|your|being|having|feeling|struggling|$)(?:\b|$)",
        )
    });
    static NOUN_AND_VERB: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^\W*(?:the|a|an|some|to|for|in|on|at|with|by|from|\p{N}+)\b.*\b(?:is|are|was|were|has|have|had|does|did|do|will|would|can|could|feels?|\w+ed|\w+'s|left|went|lost|told|said|broke|got|came|made|took|fell|gave|thought|felt)\b",
        )
    });
    HEAD.is_match(sentence) || NOUN_AND_VERB.is_match(sentence)
}
