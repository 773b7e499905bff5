//! Whether a clause is put as a question: by its mark, or without one by its order of words.
//!
//! Questions are typed without a mark more often than not in search and chat. A verb before its subject, a
//! question word before them, or nothing but what to choose from shows them.

use super::text::pattern;
use regex::Regex;
use std::sync::LazyLock;

/// Whether a sentence ends in a question mark, perhaps before quotes or signs.
pub(super) fn marked(sentence: &str) -> bool {
    let end = sentence.char_indices().rev().find(|(_, letter)| letter.is_alphanumeric());
    end.is_some_and(|(place, _)| sentence[place..].contains('?'))
}

/// Whether a sentence is no more than a courtesy.
pub(super) fn social(sentence: &str) -> bool {
    SOCIAL.is_match(sentence)
}

/// Thanks, greetings and goodbyes, as whole sentences.
static SOCIAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:(?:hi|hello|hey|hiya|thanks|thank\ you|cheers|bye|goodbye|(?:good\ )?(?:morning|afternoon|evening|day|night)|great|perfect|wonderful|lovely|nice|cool|ok|okay|alright|all\ right|fine|good|sure|yeah|yep|awesome|excellent|sweet|right|no|that(?:'s|\ is)\ all|that(?:'s|\ is)\ (?:right|correct|great|perfect)|yes|(?:nice|good|pleased)\ to\ (?:meet|see)\ you|how\ are\ (?:you|things)(?:\ doing)?(?:\ today)?|what(?:'s|\ is)\ up)
          (?:\ (?:there|so\ much|very\ much|a\ lot|again|you|for\ (?:your|the|that)\b[^,.!?]*))?[\s,.!?]*)+$",
    )
});

/// A sentence without the words that only take the turn: "okay, so …".
pub(super) fn core(sentence: &str) -> &str {
    static PREFACE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^\W*(?:(?:oh|ah|ok|okay|okey|sure|sure\ thing|great|well|thanks|thank\ you|alright|all\ right|right|got\ it|of\ course|yes|yeah|yep|no|sorry|i'm\ sorry|hi|hello|hey|and|but|so|also|hmm|certainly|absolutely|definitely|no\ problem|perfect|awesome|good|cool|excellent|wonderful|now|then|first|just|i\ see|understood)\b[\s,.!:;-]*)*",
        )
    });
    PREFACE.find(sentence).map_or(sentence, |preface| &sentence[preface.end()..])
}

/// Whether a clause is put as a question without its mark: a verb before its subject. With "you", "I"
/// or "we" as the subject a full stop does not hide it.
pub(super) fn unmarked(core: &str) -> bool {
    static WITH_US: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:^|[,:;]\ |\b(?:and|but|or|so)\ )(?:(?:for|at|on|to|in|from|by|with|of|about|until)\ )?
              (?:(?:what|which|who|whom|whose|when|where|why|how)(?:\ [^\s,.!]+){0,8}?\ )?
              (?:do|did|would|will|could|can|are|r|were|have|had|should|shall|may|might|am)(?:n't|\ not)?\ (?:you|i|we|u|ya)\b
            | ^(?:will|does|did|would)\ (?:this|that|it|the|there|these|your|they)\b | ^(?:what|where|when|who)\ (?:is|are|was)\ (?:the|your|this|that)\b
            | \b(?:would|do|did)\ you\ (?:\w+\ )?(?:like|want|need|mean|prefer|wish)\b | \bare\ you\ (?:\w+\ )?(?:looking|interested|referring|asking)\b
            | [,;]\ (?:is|was|would|does)\ (?:that|this|it)\b[^,.]{0,30}$
            | ^(?:for|at|on|in|from|to|until|by|with)\ (?:what|which|whom|how\ (?:many|much|long))\b
            | ^(?:what|which)\ (?:\w+\ )?(?:kind|type|sort)s?\ of\b
            | ^how\ (?:many|much)\b[^,]{0,30}$",
        )
    });
    static WITH_OTHERS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^(?:(?:for|at|on|to|in|from|by|with|about)\ )?
              (?:
                (?:what|which|who|whom|whose|when|where|why|how)(?:\ [^\s,.!]+){0,6}?
                \ (?:do|does|did|would|will|can|could|should|shall|is|are|was|were|have|has)\ (?:he|she|they|it|this|that|these|those|there|the|your|my|our|any|a|an)\b
              | (?:what|when|where|who|how)(?:'s|s|'re)\ (?:the|your|this|that|it)\b
              | (?:is|are|was|were|does|did|has|would|will|should|could|can)(?:n't)?\ (?:there|the|it|this|that|these|those|he|she|they|your|my|our|some(?:one|thing)|any\w*|every\w*|a|an)\b
              | (?:how|what)\ about\b | any\ (?:particular|specific|preferred|preference|certain|special)\b | anything\ (?:in\ particular|specific)\b
              | (?:what|which)\ (?:\w+\ )?(?:was|were|is|are|\w+s|\w+ed)\ \w+ | who\ (?:was|were|is|are|\w+s|\w+ed)\b
              )[^.!]*$
            | ^(?:what|which|whose)\ (?:[\w'-]+\ ){0,5}[\w'-]+$ | ^(?:as\ in|for|in|at|on|by|with|from)\ [^.!]*\bor\b[^.!]*$",
        )
    });
    static RELATIVE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"^(?:\w+\ )?(?:what|which|whom|how\ much)\ (?:i|you|we|they|he|she|it)(?:'\w+)?\b")
    });
    let inverted = WITH_US.is_match(core)
        || (WITH_OTHERS.is_match(core) && !EXCLAMATION.is_match(core))
        || chooses(core);
    // "From what I have read, …" is no question.
    inverted && !RELATIVE.is_match(core)
}

/// "What a day".
static EXCLAMATION: LazyLock<Regex> = LazyLock::new(|| pattern(r"^what\ (?:a|an|else)\b(?:\ \w+){0,3}$"));

/// Whether a clause is nothing but what to choose from ("white rice or brown rice", "any colour"), or has its
/// question word in the place of its answer ("plant what", a reprise).
fn chooses(core: &str) -> bool {
    static CHOICE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"^(?:[\w'-]+,?\ ){1,6}or(?:\ [\w'-]+){1,5}$ | ^any\ (?:[\w'-]+\ ){0,5}[\w'-]+$")
    });
    static CLAUSE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^(?:i|it|he|she|they|we|you|there|this|that|these|those|please)\b | \b(?:is|are|was|were|will|can|has|have|\w+n't)\b",
        )
    });
    static REPRISE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^(?:[\w'-]+\ ){1,4}(?:what|which|who|whom|where)(?:\ [\w'-]+){0,3}$"));
    (CHOICE.is_match(core) || REPRISE.is_match(core)) && !CLAUSE.is_match(core)
}

/// Whether a sentence is put as a question, with its mark or without.
pub(super) fn interrogative(sentence: &str) -> bool {
    static INSTRUCTION: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:how|where|when|what)\ to\b"));
    let core = core(sentence);
    marked(sentence) || unmarked(core) || INSTRUCTION.is_match(core)
}
