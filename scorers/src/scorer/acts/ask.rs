//! How a sentence asks something of the user: its form alone, whatever was said before.
//!
//! The kinds follow the typology of questions of Stivers and Enfield (2010,
//! doi:10.1016/j.pragma.2010.04.011): polar, content and alternative questions by form; requests for
//! information, for confirmation, offers and assessments by function. A statement about the hearer's
//! own matter asks for confirmation as well (a "B-event", Labov and Fanshel 1977), and so does an
//! imperative that wants to be told. Greetings, advice put as a question, tags that ask for assent and
//! questions quoted from somebody ask nothing.

use super::form::{core, marked, unmarked};
use super::text::pattern;
use regex::Regex;
use std::sync::LazyLock;

/// What a sentence wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Whether there is anything else.
    More,
    /// Whether the user was understood, or what was meant.
    Check,
    /// Whether something should be done, or is wanted.
    Offer,
    /// Whether what was said suits: "is that okay?"
    Approval,
    /// Whether what the question names suits: "how about …?"
    Proposal,
    /// Says what the user wants as if it were known, for the user to confirm.
    Assumption,
    /// Whether something has been tried, which may be advice as well.
    Tried,
    /// Anything else: a value, a choice, a fact.
    Value,
}

/// What a plain sentence asks; none when it asks nothing of the user.
pub(super) fn of(sentence: &str) -> Option<Ask> {
    let core = core(sentence);
    let asks = marked(sentence) || unmarked(core);
    let matter = OPTION_ELSE.replace_all(sentence, " ");
    let talk = asks && METALINGUISTIC.is_match(core);
    if (MORE.is_match(&matter) && !talk) || (CONDITION.is_match(sentence) && AVAILABLE.is_match(sentence)) {
        return Some(Ask::More);
    }
    if asks
        && (PHATIC.is_match(sentence)
            || SUGGESTION.is_match(sentence)
            || assent(sentence)
            || rhetorical(core)
            || quoted(sentence))
    {
        return None;
    }
    if asks && TRIED.is_match(sentence) {
        return (SO_FAR.is_match(sentence) || sentence.contains("tried")).then_some(Ask::Tried);
    }
    if CHECK.is_match(sentence) || talk {
        return Some(Ask::Check);
    }
    // "You need to rest" is advice, "you need a table for two?" a question.
    if ASSUMPTION.is_match(core) && (asks || !NEED.is_match(core)) {
        return Some(Ask::Assumption);
    }
    if !asks {
        return (NEEDED.is_match(sentence) || TELL.is_match(sentence)).then_some(Ask::Value);
    }
    if PROPOSAL.is_match(core) {
        return Some(Ask::Proposal);
    }
    if APPROVAL.is_match(core) {
        return Some(Ask::Approval);
    }
    let open = CONTENT.is_match(core) || ALTERNATIVE.is_match(sentence) || TELL.is_match(sentence);
    Some(if !open && OFFER.is_match(core) { Ask::Offer } else { Ask::Value })
}

/// "…, or anything else" ends a list of options and asks for nothing more.
static OPTION_ELSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bor\ (?:maybe\ |perhaps\ )?(?:is\ it\ |are\ you\ \w+\ )?(?:any|some)\ ?(?:thing|where|one|body|other)\ ?(?:else)?",
    )
});

/// More than what was requested; also as a statement.
static MORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:any\ ?thing|some\ ?thing|what)\ (?:else|more|further|other)\b[^.!]*\?
        | ^\W*(?:\w+[,.!\ ]+){0,3}any\ ?thing\ (?:else|more|further)\b
        | \b(?:is|was|will)\ that\ (?:be\ )?(?:all|everything|it)\b[^.!]*\?
        | \b(?:how|what)\ (?:else\ )?(?:can|may|could|might|should)\ (?:i|we)\ (?:\w+\ )?(?:help|assist|be\ of|serve|do\ for)\b
        | \b(?:can|may|could|might|shall|should|would|will)\ (?:i|we)\ (?:be\ able\ to\ |please\ |also\ |further\ )*(?:help|assist)\ (?:you\ )?(?:with|further|futher|in|out|more|again|any|some|otherwise|\?)
        | \b(?:further|futher)\ (?:help|assist)\b[^.!]*\?
        | \b(?:is|was)\ there\ any\ ?thing\ (?:i|we)\ (?:can|could|may)\b | \bany\ other\ (?:help|thing|assistance|service|way)s?\b[^.!]*\? | ^(?:and\ )?any\ other\ [\w'-]+\W*$ | \bin\ another\ way\b
        | \bif\ (?:you\ (?:need|want|require)|there(?:\ is|'s))\ (?:any|more|further|help|assistance|some|other)
        | \bif\ you\ (?:\w+\ )?have\ (?:any\ |further\ |more\ |other\ |additional\ |some\ )*(?:\w+\ )?(?:questions?|concerns?|issues?|requests?|doubts?|problems?|inquiries|enquiries)\b
        | \b(?:any|more|other|further|another)\ (?:other\ |more\ |further\ )?questions?\b[^.!]*\? | ^\W*(?:\w+[,.!\ ]+){0,2}any\ (?:other\ |more\ |further\ )?questions\W*$
        | \b(?:need|require|want|like|get)\ (?:\w+\ ){0,4}?(?:any\ |some\ )?(?:more|further|other|additional|else)\ (?:\w+\ )?(?:help|assistance|service)s?\b
        | \b(?:help|assistance)\ (?:with\ )?(?:any|some)\ ?thing\ (?:else|further|more)\b",
    )
});

/// "If you like", beside which the speaker says what he could do.
static CONDITION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\bif\ you(?:'d|\ would|\ do)?\ (?:need|want|require|like|wish|prefer|care)\b")
});

/// The speaker's readiness to do something.
static AVAILABLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:i|we)(?:'d|\ would|\ can|\ could|'ll|\ will|'m|\ am|'re|\ are)\b | \b(?:let\ (?:me|us)\ know|feel\ free|please\ ask|just\ ask|tell\ me|contact|reach\ out|shall\ i|should\ i)\b",
    )
});

/// Courtesies and figures of speech that want no answer, as whole sentences.
static PHATIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"^\W*(?:(?:hi|hello|hey|hiya|good\ (?:morning|afternoon|evening|day)|well|oh|and|so|i'm\ (?:good|fine|well|great)|fine|thanks|thank\ you)(?:\ there)?[\s,!.]*)*
          (?:
            how\ (?:are|r)\ (?:you|u|ya|things|we)(?:\ (?:doing|all|going))?(?:\ (?:today|tonight|now|this\ (?:morning|afternoon|evening|fine\ \w+)))?
          | how(?:'s|\ is)\ (?:it\ going|everything|everything\ going|life|your\ \w+(?:\ going)?|things)(?:\ today)?
          | how\ (?:do\ you\ do|have\ you\ been|goes\ it) | what(?:'s|\ is)\ up | (?:and\ )?(?:how\ about\ )?you(?:rself)?
          | who\ knows | why\ not | any\ ?time | who\ (?:cares|would\ have\ thought) | what\ can\ (?:i|you|one)\ (?:say|do) | guess\ what
          | isn't\ (?:that|it)\ \w+ | how\ about\ that | (?:oh\ )?really | (?:is\ that\ so|oh|right|ok|okay|see|you\ know|yes|yeah|no|huh)
          )\W*$"#,
    )
});

/// What makes a question of one whether something has been tried; without it, it may be advice.
static SO_FAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:before|already|yet|so\ far)\b"));

/// Questions whether something has been tried or thought of.
static TRIED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bhave\ you\ (?:\w+\ )?(?:tried|considered?|thought\ (?:about|of)|looked\ into|ever\ (?:tried|considered|thought))\b",
    )
});

/// Advice in the form of a question, which wants no information (Searle 1975 on indirect speech
/// acts, doi:10.1163/9789004368811_004).
static SUGGESTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bwhy\ (?:don't|do\ not)\ (?:you|we)\b | \bwhy\ not\ \w+ | \bwhat\ if\ (?:you|we)\b
        | ^\W*(?:maybe|perhaps|possibly)\b | \b(?:can|could|may|might)\ i\ suggest\b
        | \b(?:could|can)\ you\ (?:maybe|perhaps|possibly|try)\b",
    )
});

/// Checks of what was understood, as statements too.
static CHECK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:just|so)\ to\ (?:quickly\ )?(?:confirm(?:ed)?|clarify|check|double[-\ ]check|verify|recap|be\ (?:clear|sure|certain)|make\ (?:sure|certain))\b
        | (?:^|[,:;]\ )(?:to|in\ order\ to)\ (?:confirm|clarify|recap|be\ clear|make\ sure\ (?:that\ )?(?:i|we))\b
        | \b(?:let\ me|let\ us|i(?:'d|\ would)\ like\ to|i\ (?:just\ )?(?:want|need)\ to)\ (?:just\ |quickly\ |please\ )*(?:confirm|clarify|make\ sure|double[-\ ]check|verify|recap|see\ if\ i)\b
        | \blet's\ (?:just\ |quickly\ )?(?:review|go\ over|recap|confirm|double[-\ ]check|verify)\b
        | ^\W*(?:(?:ok|okay|sure|great|alright|so|and|i'm|i\ am)[\s,.!]+)*confirming\b
        | \bplease\ (?:\w+\ ){0,3}(?:confirm|confirmation|verify|approve|review)\b | \bplease\ check\ (?:and|if|that|whether|the)\b | (?:\band|[,:;])\ (?:please\ )?confirm\b | \bconfirm\ please\b | ^\W*(?:(?:ok|okay|sure|great|alright|so|and|kindly|yes)[\s,.!]+)*(?:confirm|verify|approve)\b
        | \b(?:could|can|would|will)\ you\ (?:please\ |kindly\ |just\ |perhaps\ )*(?:clarify|confirm|verify|repeat|rephrase|elaborate|be\ (?:more|a\ (?:bit|little)\ more)\ (?:specific|precise)|say\ that\ again|spell)\b
        | \b(?:is|are)\ (?:that|this|it|these|those|they|everything|all\ (?:of\ )?(?:that|this)|the\ \w+)\ (?:all\ )?(?:right|correct|accurate|what\ you\ (?:want|wanted|mean|meant|need|had\ in\ mind))\b[^.!]*\?
        | (?:^|[,.]\ ?)(?:is\ (?:that|this)\ )?(?:right|yes)\W*\?\W*$ | \bcorrect\W*\?\W*$ | [,.]\ ?right\W*$",
    )
});

/// Questions about the talk itself: what was said or meant.
static METALINGUISTIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:do|did)\ you\ (?:mean|say)\b | ^you\ mean(?:t)?\b | \bwhat\ (?:do|did|exactly\ do)\ you\ mean\b
        | \bare\ you\ (?:saying|asking|referring|talking\ about|suggesting)\b | \b(?:do|have|did)\ i\ (?:understand|understood|got|get|hear)\b
        | \b(?:could|can|would|will)\ you\ (?:please\ |kindly\ |perhaps\ )*specify\b
        | \bwhich\ one\b | ^(?:pardon|come\ again|excuse\ me|what\ was\ that|what)\W*$ | ^\W*$",
    )
});

/// What the hearer wants, said by the speaker.
static ASSUMPTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:perhaps\ |maybe\ |possibly\ |i\ (?:think|guess|suppose|assume|believe)\ )?you(?:'d|\ would|'ll|\ will)?\ (?:also\ |still\ |now\ |be\ )*(?:want|wanted|wish|need|needing|like|prefer|asked|requested|demanded|ordered|chose)\b
        | ^you(?:'re|\ are)\ (?:also\ |still\ )?(?:looking\ (?:for|to)|asking|interested|requesting|booking|reserving|scheduling|ordering)\b",
    )
});

static NEED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:i\ \w+\ )?you(?:'ll|\ will)?\ (?:\w+\ )?need\b"));

/// Questions that put something forward.
static PROPOSAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:how|what)\ about\b | \bwhat\ do\ you\ (?:think|say)\b | \bhow\ (?:do|would|did)\ you\ (?:like|feel\ about|consider)\b
        | \bhow\ (?:does|do|would|will)\ [^?]*\b(?:sound|suit|look|work)\b | ^(?:do|did)\ you\ like\b",
    )
});

/// Questions whether what was said suits.
static APPROVAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:do|does|did|would|will|is|are)\ (?:that|this|it|these|those|the)\ [^?]*\b(?:work|sound|suit|be\ (?:ok|okay|good|fine|suitable|acceptable|alright))\b[^?]{0,25}\?
        | \b(?:is|are)\ (?:that|this|it|these|those)\ (?:\w+\ ){0,2}(?:ok|okay|alright|all\ right|fine|good|acceptable|suitable|convenient|enough|works?)\b
        | \b(?:does|did|would|will|do|is)\ (?:that|this|it)\ (?:work|sound|suit|do|help|make\ sense|answer)\b
        | ^(?:are\ you|would\ you\ be)?\ ?interested(?:\ in\ (?:that|this|it|one))?\W*$
        | ^sounds?\ (?:good|ok|okay|fine|great)\b | \b(?:okay|ok|alright|good|fine)\ (?:for|with|by)\ you\b | \binterests?\ you\b",
    )
});

/// An offer: the speaker would do or give something, or the hearer might want it.
static OFFER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:shall|should|may|can|could|might|will)\ (?:i|we)\b
        | \bwould\ you\ (?:\w+\ )?(?:like|prefer|care|want|love|require|need|be\ interested)\b
        | \bdo\ you\ (?:\w+\ )?(?:want|wish|need|require|care|prefer|intend|plan)\b | \bdid\ you\ want\b
        | \bare\ you\ (?:\w+\ )?(?:interested|ready|willing|looking|planning|in\ need)\b
        | ^(?:want|wanna|need|care|like|interested|wish|ready|looking)\b",
    )
});

/// A question with a question word, which leaves its answer open.
static CONTENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:[^?]{0,40}[,:;]\ )?(?:and\ |or\ )?(?:(?:for|at|on|to|in|from|by|with|of|about|until|around|under|near)\ )?(?:what|which|who|whom|whose|when|where|why|how)\b",
    )
});

/// A choice between two things, which leaves its answer open as well.
static ALTERNATIVE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bor\ (?:[\p{L}\p{N}]+)\b.*\?"));

/// Statements that something is needed to go on.
static NEEDED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^need\ your\b | \b(?:i|we)(?:'ll|\ will|\ would|'d)?\ (?:still\ |also\ |just\ |only\ |first\ |do\ )*(?:need|have|require)\ to\ (?:know|ask|check\ with\ you|confirm\ with\ you)\b
        | \b(?:i|we)(?:'ll|\ will|'d|\ would)?\ (?:still\ |also\ |just\ |first\ )*(?:need|require)\ (?:you\ to\ (?:tell|specify|confirm|choose|clarify|give|provide)|your\b|(?:(?:some|the|an?\ (?:few|bit|little)|more|further)\ ){1,2}(?:\w+\ )?(?:details?|information|info)|(?:the|a|an)\ (?:\w+\ )?(?:day|date|time|name|number|address|street|size|colou?r|place|destination|e-?mail)\b)
        | \b(?:it|that)(?:'s|\ is)\ (?:unclear|not\ clear)\ (?:to\ me\ )?(?:what|which|who|when|where|how|whether|if)\b
        | \bi(?:'m|\ am)\ not\ (?:sure|certain|clear)\ (?:about\ )?(?:what|which|who|when|where|how|whether|if)\ (?:\w+\ ){0,2}you\b
        | \byou\ (?:have\ not|haven't|did\ not|didn't)\ (?:yet\ )?(?:say|said|tell|told|mention|mentioned|specify|specified|give|given|state|stated)\b
        | \bif\ you\ (?:can\ |could\ |would\ |just\ |please\ )*(?:give|tell|provide|specify|let\ me\ know|share)\b",
    )
});

/// Requests to be told something.
static TELL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:please|could\ you|can\ you|would\ you|will\ you|just|kindly|^tell|^let)\b.{0,12}?\b(?:tell\ (?:me|us)|let\ (?:me|us)\ know|inform\ (?:me|us)|describe|explain)\ (?:more|a\ (?:bit|little)|about|what|which|who|whom|when|where|why|how|whether|if|the|your|for|on|at|to|in)\b
        | (?:^|[,:;]\ |\b(?:so|and|then)\ )(?:well,?\ |please\ |kindly\ |just\ )*(?:tell|give|inform|let)\ (?:me|us)\ (?:know\ )?(?:more|a\ (?:bit|little)|about|what|which|who|whom|when|where|why|how|whether|if|the|your|some)\b
        | \b(?:please|kindly)\ (?:also\ |just\ |first\ |try\ )*(?:specify|clarify|state|indicate|choose|select|pick|enter|saying|say|name)\b
        | \bplease\ (?:also\ |just\ )?(?:provide|share|give|supply|send|tell)\ (?:(?:me|us)\ )?(?:with\ )?(?:the|your|a|an|some|more|further|any|details|information)\ (?:\w+)
        | \bplease\ (?:make\ sure\ to\ |be\ sure\ to\ |remember\ to\ )?(?:add|include|mention)\ (?:the|your|a|an)\b
        | ^(?:specify|choose|select|enter|indicate|state)\b
        | \b(?:may|can|could|might)\ (?:i|we)\ (?:please\ |just\ |also\ )?(?:ask|have|get|know)\b
        | \bi(?:'d|\ would)\ (?:also\ )?(?:like|love|want)\ to\ (?:know|hear|understand)\b
        | \bi(?:'m|\ am)?\ (?:just\ )?(?:wonder(?:ing)?|curious)\ (?:about|what|which|who|when|where|why|how|whether|if)\b",
    )
});

/// Whether a question names one thing that would do: "how about Whiskers?"
pub(super) fn puts_forward(sentence: &str) -> bool {
    static ONE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^(?:how|what)\ about\ (?:[\w'-]+\ ){0,3}[\w'-]+\W*$"));
    ONE.is_match(core(sentence)) && !ALTERNATIVE.is_match(sentence)
}

/// Whether a sentence says that something is needed to go on.
pub(super) fn needed(sentence: &str) -> bool {
    NEEDED.is_match(sentence)
}

/// Whether a question is about what has been done so far.
pub(super) fn so_far(sentence: &str) -> bool {
    SO_FAR.is_match(sentence)
}

/// Whether an offer is one to do something, not one of a thing.
pub(super) fn speaker_acts(sentence: &str) -> bool {
    static ACTS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\b(?:shall|should|may|can|could|might|will)\ (?:i|we)\b | \b(?:like|want|need|prefer|wish|require)\ (?:me|us)\ to\b | \b(?:i|we)\ (?:can|could)\b",
        )
    });
    ACTS.is_match(sentence)
}

/// Whether a question takes for granted that the hearer wants something done: "what would you like",
/// "when do you need it", "where should I look".
pub(super) fn volitional(sentence: &str) -> bool {
    static WILL: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\b(?:would|do|did)\ you\ (?:\w+\ )?(?:want|need|prefer|wish)\b | \bwould\ you\ (?:\w+\ )?like\b | \b(?:should|shall|can|may|could)\ (?:i|we)\b | \b(?:are|will)\ you\ (?:\w+\ )?(?:looking|interested|hoping|planning|needing|be)\b | \byour\ (?:budget|preference|preferred)\b | \bin\ mind\b",
        )
    });
    WILL.is_match(sentence)
}

/// Whether a question only wants assent: "it is hard, isn't it?". With "you" it asks in earnest.
fn assent(sentence: &str) -> bool {
    static TAG: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r",?\ (?:isn't|aren't|wasn't|weren't|doesn't|don't|didn't|won't|can't|hasn't|haven't)\ (?:it|they|that|we|he|she|there)\W*$
            | ,\ (?:huh|eh|you\ know|don't\ you\ think)\W*$",
        )
    });
    TAG.is_match(sentence)
}

/// Whether a question with a question word asserts that there is no answer: its negation or a word that needs
/// one ("who wouldn't", "when has it ever") shows it (Han 2002, doi:10.1016/S0024-3841(01)00044-4).
fn rhetorical(core: &str) -> bool {
    static NONE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^(?:who|why|when|where|how|what)\ [^?]*\b(?:ever|anyone|anybody)\b | ^who\ \w+n't\b | \bwho\ else\W*$",
        )
    });
    static HEARER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\byour?\b"));
    NONE.is_match(core) && !HEARER.is_match(core)
}

/// Whether the question belongs to somebody quoted: `you could ask her, "why?"`.
fn quoted(sentence: &str) -> bool {
    let Some((before, _)) = sentence.split_once('"') else { return false };
    let asks = unmarked(core(before)) || before.contains('?');
    sentence.contains("?\"") && before.chars().any(char::is_alphanumeric) && !asks
}
