//! Questions to the user: what is still needed (clarification), or anything else (follow-up).
//!
//! Shaikh et al. (arXiv:2311.09144, section 3): a clarification seeks to clear up what was said or
//! meant, a follow-up asks for more. Here a question is a clarification when it asks about the
//! request that is still open, and a follow-up when it offers more, turns to something else, or
//! when nothing was requested. Greetings, advice put as a question, tags that ask for assent and
//! questions quoted from somebody are neither.

use super::{Context, pattern};
use regex::Regex;
use std::sync::LazyLock;

/// What a question is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scorer) enum Purpose {
    /// To go on with what was requested.
    Clarification,
    /// To go further.
    FollowUp,
}

/// The first sentence that asks for this purpose.
pub(in crate::scorer) fn find<'a>(
    sentences: &'a [String],
    context: &Context,
    purpose: Purpose,
) -> Option<&'a str> {
    sentences.iter().map(String::as_str).find(|sentence| purpose_of(sentence, context) == Some(purpose))
}

/// What a plain sentence asks for; none when it asks nothing of the user.
fn purpose_of(sentence: &str, context: &Context) -> Option<Purpose> {
    let open = request_open(context);
    if MORE.is_match(sentence) {
        return Some(Purpose::FollowUp);
    }
    if marked(sentence) || UNMARKED.is_match(sentence) {
        if PHATIC.is_match(sentence) || SUGGESTION.is_match(sentence) || assent(sentence) || quoted(sentence)
        {
            return None;
        }
        if EXPLICIT.is_match(sentence) {
            return Some(Purpose::Clarification);
        }
        let offer = OFFER.is_match(sentence) && !ALTERNATIVE.is_match(sentence);
        return Some(if open && !offer { Purpose::Clarification } else { Purpose::FollowUp });
    }
    if NEEDED.is_match(sentence) {
        return Some(Purpose::Clarification);
    }
    TELL.is_match(sentence).then_some(if open { Purpose::Clarification } else { Purpose::FollowUp })
}

/// Whether a sentence ends in a question mark, perhaps before quotes or signs.
pub(super) fn marked(sentence: &str) -> bool {
    let end = sentence.char_indices().rev().find(|(_, letter)| letter.is_alphanumeric());
    end.is_some_and(|(place, _)| sentence[place..].contains('?'))
}

/// A question without its mark: a question word or verb before the subject.
static UNMARKED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?:and|but|so|ok|okay|sure|great|well|thanks|yeah|yep|hey|right|sorry)[,!]?\ )*
          (?:
            (?:(?:for|at|on|to|in|from|by|with)\ )?
            (?:what|which|who|whom|when|where|why|how)(?:'s|'re|'d)?(?:\ [\p{L}]+){0,3}?
            \ (?:do|does|did|would|will|can|could|should|shall|is|are|was|were|have|has)
            \ (?:you|i|we|he|she|they|it|this|that|there|the|your|my)\b
          | (?:what|when|where|who)'s\ (?:the|your)\b
          | (?:do|did|would|will|could|can|are|were|have)\ you\b
          | (?:is|are|was|were)\ (?:there|the|it|this|that|he|she|they|your|someone|anyone|everything)\b
          | (?:does|did|has)\ (?:the|it|this|that|he|she|they|your|someone|anyone)\b
          | how\ (?:many|much)\b[^.!]{0,20}$
          )[^.!]*$",
    )
});

/// More than what was requested; also as a statement. Always a follow-up.
static MORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:anything|something|what)\ (?:else|more|further)\b[^.!]*\?
        | \b(?:is|was|will)\ that\ (?:be\ )?(?:all|everything|it)\b[^.!]*\?
        | \b(?:how|what)\ (?:else\ )?(?:can|may|could|might|should)\ (?:i|we)\ (?:help|assist|do\ for)\b
        | \b(?:can|may|could)\ (?:i|we)\ (?:help|assist)\ (?:you\ )?(?:with|further|in)\b
        | \bif\ (?:you\ (?:need|have|want|require|would\ like|'d\ like)|you'd\ like|there\ is\ anything|there's\ anything)\b
        | \b(?:any|more|other|further|another)\ (?:other\ |more\ |further\ )?questions?\b
        | \bneed\ (?:any\ )?(?:more|further|other|additional)\ (?:help|assistance)\b",
    )
});

/// Courtesies and figures of speech that want no answer, as whole sentences.
static PHATIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"^\W*(?:(?:hi|hello|hey|hiya|good\ (?:morning|afternoon|evening|day)|well|oh|and|so|i'm\ (?:good|fine|well|great)|fine|thanks|thank\ you)(?:\ there)?[\s,!.]*)*
          (?:
            how\ (?:are|r)\ (?:you|u|ya|things|we)(?:\ (?:doing|all|going))?(?:\ (?:today|tonight|now|this\ (?:morning|afternoon|evening|fine\ \w+)))?
          | how(?:'s|\ is)\ (?:it\ going|everything|everything\ going|life|your\ day(?:\ going)?|things)(?:\ today)?
          | how\ (?:do\ you\ do|have\ you\ been|goes\ it) | what(?:'s|\ is)\ up | (?:and\ )?(?:how\ about\ )?you(?:rself)?
          | who\ knows | why\ not | who\ (?:cares|would\ have\ thought) | what\ can\ (?:i|you|one)\ (?:say|do) | guess\ what
          | isn't\ (?:that|it)\ \w+ | how\ about\ that | (?:oh\ )?really | (?:is\ that\ so|oh|right|ok|okay|see|you\ know|yes|yeah|no|huh)
          )\W*$"#,
    )
});

/// Advice in the form of a question, which wants no information (Searle 1975 on indirect speech
/// acts, doi:10.1163/9789004368811_004).
static SUGGESTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bhave\ you\ (?:\w+\ )?(?:tried|considered?|thought\ (?:about|of)|looked\ into|ever\ (?:tried|considered|thought))\b
        | \bwhy\ (?:don't|not|do\ not)\ (?:you|we)\b | \bwhat\ if\ (?:you|we)\b
        | ^\W*(?:maybe|perhaps|possibly)\b | \b(?:can|could|may|might)\ i\ suggest\b
        | \b(?:could|can)\ you\ (?:maybe|perhaps|possibly|try)\b",
    )
});

/// Ways to ask what was meant or said, whatever came before.
static EXPLICIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:do|did)\ you\ (?:mean|say)\b | ^(?:so\ |oh\ |sorry,?\ )?you\ mean(?:t)?\b | \bwhat\ (?:do|did|exactly\ do)\ you\ mean\b
        | \bare\ you\ (?:saying|asking|referring|talking\ about|suggesting)\b | \b(?:do|have)\ i\ (?:understand|understood|got|get)\b
        | \b(?:could|can|would|will)\ you\ (?:please\ |kindly\ |perhaps\ )?(?:clarify|specify|confirm|repeat|rephrase|elaborate|be\ (?:more|a\ bit\ more)\ specific|say\ that\ again|spell)\b
        | \bwhich\ one\b | ^(?:pardon|come\ again|sorry|excuse\ me|what\ was\ that|sorry,?\ what)\W*$
        | \bjust\ to\ (?:confirm|clarify|check|be\ (?:clear|sure)|make\ sure)\b | \bis\ that\ (?:right|correct|what\ you\ mean)\b
        | ,\ (?:right|correct|is\ that\ right|is\ that\ correct|yes)\?",
    )
});

/// An offer: the model would do or give something.
static OFFER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:would\ you\ (?:also\ )?like|do\ you\ (?:also\ )?want|want|need|would\ you\ prefer)\ (?:me|us)\ to\b
        | \b(?:shall|should|may|can|could)\ (?:i|we)\ (?:also\ )?(?:\w+)
        | \b(?:would\ you\ (?:also\ )?like|do\ you\ (?:also\ )?(?:want|need)|want|care|interested)\ (?:to|for|in|some|a|an|any|another|more|help|also)\b
        | \b(?:how|what)\ about\b",
    )
});

/// A choice between two things, which an offer to do more is not.
static ALTERNATIVE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bor\ (?:[\p{L}\p{N}]+)\b.*\?"));

/// Statements that something is needed to go on.
static NEEDED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:i|we)(?:'ll|\ will|\ would|'d)?\ (?:still\ |also\ |just\ |only\ |first\ |do\ )*(?:need|have|require)\ to\ (?:know|ask|check\ with\ you|confirm\ with\ you)\b
        | \b(?:i|we)(?:'ll|\ will)?\ (?:still\ |also\ |just\ |first\ )*(?:need|require)\ (?:you\ to\ (?:tell|specify|confirm|choose|clarify|give|provide)|your\b|(?:some\ |a\ (?:few|bit)\ |a\ little\ )?more\ (?:\w+\ )?(?:details?|information|info)|(?:the|a|an)\ (?:\w+\ )?(?:day|date|time|name|number|address|street|size|colou?r|place|destination|e-?mail)\b)
        | \bplease\ (?:also\ |just\ |first\ )?(?:specify|clarify|confirm|state|indicate|choose)\b
        | \bplease\ (?:provide|share|give\ (?:me|us)|supply)\ (?:me\ (?:with\ )?)?(?:the|your|a|an|some|more|further)\b
        | \b(?:it|that)(?:'s|\ is)\ (?:unclear|not\ clear)\ (?:to\ me\ )?(?:what|which|who|when|where|how|whether|if)\b
        | \bi(?:'m|\ am)\ not\ (?:sure|certain|clear)\ (?:about\ )?(?:what|which|who|when|where|how|whether|if)\ (?:\w+\ ){0,2}you\b
        | \byou\ (?:have\ not|haven't|did\ not|didn't)\ (?:yet\ )?(?:say|said|tell|told|mention|mentioned|specify|specified|give|given|state|stated)\b",
    )
});

/// Requests to be told something.
static TELL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:please|could\ you|can\ you|would\ you|will\ you|just|kindly|^tell|^let)\b.{0,12}?\b(?:tell\ (?:me|us)|let\ (?:me|us)\ know|describe|explain)\ (?:more|a\ (?:bit|little)|about|what|which|who|whom|when|where|why|how|whether|if|the|your|for|on|at|to)\b
        | ^(?:so\ |and\ |well,?\ |then\ )?(?:tell\ (?:me|us)|let\ (?:me|us)\ know)\ (?:more|a\ (?:bit|little)|about|what|which|who|whom|when|where|why|how|whether|if|the|your)\b
        | \b(?:may|can|could|might)\ i\ (?:please\ |just\ |also\ )?(?:ask|have\ (?:the|your)|get\ (?:the|your)|know)\b
        | \bi(?:'d|\ would)\ (?:also\ )?(?:like|love|want)\ to\ (?:know|hear|understand)\b
        | \bi(?:'m|\ am)?\ (?:just\ )?(?:wonder(?:ing)?|curious)\ (?:about|what|which|who|when|where|why|how|whether|if)\b",
    )
});

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

/// Whether the question belongs to somebody quoted: `you could ask her, "why?"`.
fn quoted(sentence: &str) -> bool {
    let Some((before, _)) = sentence.split_once('"') else { return false };
    let asks = UNMARKED.is_match(before) || before.contains('?');
    sentence.contains("?\"") && before.chars().any(char::is_alphanumeric) && !asks
}

/// Whether the user has requested something that the dialogue has not left behind.
fn request_open(context: &Context) -> bool {
    let last = context.last_user();
    !last.is_empty()
        && !last.iter().all(|sentence| SOCIAL.is_match(sentence))
        && context.user.iter().flatten().any(|sentence| requests(sentence))
}

/// Thanks, greetings and goodbyes, as whole sentences.
static SOCIAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:(?:hi|hello|hey|hiya|thanks|thank\ you|cheers|bye|goodbye|good\ (?:morning|afternoon|evening|day|night)|great|perfect|wonderful|lovely|nice|cool|ok|okay|no|that(?:'s|\ is)\ all|that(?:'s|\ is)\ (?:right|correct|great|perfect)|yes)
          (?:\ (?:there|so\ much|very\ much|a\ lot|again|you|for\ (?:your|the|that)\b[^,.!?]*))?[\s,.!]*)+$",
    )
});

/// Whether a sentence of the user asks for something to be done or said.
fn requests(sentence: &str) -> bool {
    static WANT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\bplease\b | \b(?:i|we)(?:'d|\ would|\ will|'ll)?\ (?:just\ |also\ |really\ )?(?:like|love|want|need|have|prefer|wish|take)\ (?:to\ (?:book|order|buy|get|have|make|change|cancel|reserve|go|send|rent|find|know|see|plan|travel|learn|visit|watch|eat|move|arrange|set|schedule|write)|(?:a|an|the|some|two|three|four|five|six|\d+|one|you\ to)\b)
            | \b(?:can|could|will|would)\ (?:you|i|we)\b | \blooking\ (?:for|to)\b",
        )
    });
    static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^\W*(?:(?:and|but|so|well|because|yes|no|nope|yeah|yep|oh|honestly|actually|sometimes|lately|recently|also|just|maybe|even|then|now|today|yesterday|since|after|before|when|while|if|although|though|ok|okay|sure|right|hi|hello|hey|thanks|thank\ you|not|really|very)\b[,.!\ ]*)*
              (?:i|i'm|i've|i'd|i'll|im|ive|we|we're|we've|he|he's|she|she's|they|they're|it|it's|its|my|mine|our|his|her|their|this|that|that's|these|those|there|there's|the|a|an|some|people|everyone|everything|nothing|nobody|you|you're|your|being|having|feeling|struggling|to|for|in|on|at|with|by|from|\p{N}+|$)(?:\b|$)",
        )
    });
    !SOCIAL.is_match(sentence)
        && !PHATIC.is_match(sentence)
        && (marked(sentence) || WANT.is_match(sentence) || !STATEMENT.is_match(sentence))
}

#[cfg(test)]
mod tests {
    use super::super::sentences;
    use super::super::tests::assert_act;
    use super::*;

    fn performs(purpose: Purpose) -> impl Fn(&Context, &str) -> bool {
        move |context, reply| find(&sentences(reply), context, purpose).is_some()
    }

    const BOOK: &str = "Book a table for four on Friday.";

    #[test]
    fn clarifications() {
        assert_act(
            performs(Purpose::Clarification),
            &[
                (BOOK, "What time would you like?"),
                (BOOK, "At what time, please?"),
                (BOOK, "sure! what time do you want it"),
                (BOOK, "Inside or outside?"),
                (BOOK, "Would you like a table inside or outside?"),
                (BOOK, "This Friday, the 12th?"),
                (BOOK, "Could you tell me the time?"),
                (BOOK, "I need to know the time."),
                (BOOK, "Please tell me which restaurant you prefer."),
                (BOOK, "Please specify the time."),
                (BOOK, "I still need a time to book it."),
                (BOOK, "You have not said at what time."),
                (BOOK, "Thank you. Booked for Friday, at seven, right?"),
                ("A large one, please.", "For how many people?"),
                ("It's about the thing.", "Sorry, what do you mean by the thing?"),
                ("I lost it.", "Do you mean your job?"),
                ("Can I have a taxi?", "On which day, at what time?"),
                ("Send them to Bath.", "How many?"),
                (BOOK, "Let me know what time suits you."),
                (BOOK, "Do you have a time in mind?"),
            ],
            &[
                (BOOK, "Booked: a table for four on Friday at seven."),
                (BOOK, "Booked. Is there anything else?"),
                (BOOK, "Done! Would you like me to send a reminder?"),
                (BOOK, "I have booked it. Let me know if you need anything else."),
                (BOOK, "What a lovely idea! It is booked."),
                (BOOK, "When you arrive, ask for Ann."),
                ("Hello!", "Hello! How are you?"),
                ("Thank you.", "You are welcome. Is that all?"),
                ("I feel alone.", "How long have you felt like that?"),
                (BOOK, "Hello, how are you today? It is booked."),
                (BOOK, "You could ask the waiter, \"Is it fresh?\""),
                (BOOK, "It is a nice place, isn't it?"),
                (BOOK, ""),
            ],
        );
    }

    #[test]
    fn follow_ups() {
        assert_act(
            performs(Purpose::FollowUp),
            &[
                (BOOK, "Booked. Is there anything else?"),
                (BOOK, "Booked! Anything else I can do for you?"),
                (BOOK, "Done. Would you like me to send a reminder?"),
                (BOOK, "Done. Shall I order a taxi too?"),
                (BOOK, "Please let me know if you need further assistance."),
                (BOOK, "Booked. Do you want some flowers on the table?"),
                ("Hi", "How can I help you today?"),
                ("I feel alone.", "How long have you felt like that?"),
                ("I lost my job last week.", "What happened?"),
                ("My wife left me.", "Tell me more about that."),
                ("We moved house.", "do you like it there"),
                ("We moved house.", "is there a garden"),
                ("Thank you.", "You are welcome. Is that all?"),
                ("Thanks!", "Sure! How was the food?"),
                ("I am so tired.", "I wonder whether you sleep enough."),
            ],
            &[
                (BOOK, "At what time?"),
                (BOOK, "I need to know the time."),
                (BOOK, "Booked: a table for four on Friday at seven."),
                ("Hello!", "Hello! How are you?"),
                ("I am tired.", "I see. That sounds hard."),
                ("I am tired.", "Who knows?"),
                ("I am tired.", "It is hard, isn't it?"),
                ("I am tired.", "What matters is that you rest."),
                ("I am tired.", "Have you tried to sleep more?"),
                ("I am tired.", "Why don't you rest?"),
                ("I am tired.", "She asked me, \"what now?\""),
                ("", ""),
            ],
        );
    }
}
