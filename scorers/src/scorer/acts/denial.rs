//! Presupposition denial: saying that something taken for granted does not hold.
//!
//! A request such as "cancel my booking" presupposes that there is a booking, and that it can be
//! cancelled (a preparatory condition, Searle 1969, doi:10.1017/CBO9781139173438); the grounded reply to
//! a presupposition that fails denies it rather than going along (Kim et al. 2021, arXiv:2101.00391, on
//! questions with false presuppositions). The rules look for denied existence, availability, record and
//! truth, for "actually", for reports of failure, and for a no that a request is met with.
//!
//! What the user asked is not presupposed: "no, there is no music" answers "is there music?". Idioms
//! ("there is no problem"), remarks that something has not been said yet, which ask for it, and refusals
//! to help at all do not count.

use super::standing::{self, Standing};
use super::{
    ask,
    context::Context,
    form,
    text::{content, pattern},
};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The first sentence that denies something taken for granted.
pub(in crate::scorer) fn find<'a>(sentences: &'a [String], context: &Context) -> Option<&'a str> {
    sentences.iter().map(String::as_str).find(|sentence| {
        let matter = IDIOM.replace_all(sentence, " ");
        fails(&matter)
            || says_no(&matter, context)
            || refuses(&matter, context)
            || regrets(&matter, context)
            || ((DENIAL.is_match(&matter) || lacks(&matter, context))
                && (ALTERNATIVE.is_match(sentence) || !answers(sentence, context)))
    })
}

/// Whether a sentence says that what was to be done failed.
pub(super) fn fails(sentence: &str) -> bool {
    FAILURE.is_match(sentence) && !SELF.is_match(sentence)
}

/// Whether the speaker cannot do what was requested, in words of the dialogue.
fn refuses(sentence: &str, context: &Context) -> bool {
    static CANNOT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\b(?:i|we)(?:\ (?:cannot|can't|can\ not)|(?:'m|\ am|'re|\ are)\ (?:\w+\ )?(?:unable|not\ able)\ to)\ (\w+)\b",
        )
    });
    let Some(found) = CANNOT.captures(sentence) else { return false };
    !OTHER_CANNOT.is_match(&found[1]) && concerns(sentence, context)
}

/// Whether a turn of more than the word begins with a no to a request, put as such or as "can I have". A no to any
/// other question answers it, and the user's own no, said again, denies nothing.
fn says_no(sentence: &str, context: &Context) -> bool {
    static NO: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\W*no[,.!]+\ \w"));
    static NO_MATTER: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^\W*no,\ (?:problem|worries|doubt|need|thank|thanks)\b"));
    static INDIRECT: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\b(?:can|could|may)\ (?:i|we)\ (?:please\ )?(?:have|get|book|order)\b"));
    let asked = |said: &String| form::interrogative(said) && !INDIRECT.is_match(said);
    NO.is_match(sentence)
        && !NO_MATTER.is_match(sentence)
        && standing::of(context) == Standing::Open
        && !context.last_user().iter().any(|said| asked(said) || said.starts_with("no"))
}

/// Whether something of the dialogue lacks something.
fn lacks(sentence: &str, context: &Context) -> bool {
    static LACK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b\w+\ (?:has|have|had)\ (?:no|never)\ \w+"));
    LACK.is_match(sentence) && concerns(sentence, context)
}

/// Whether a sentence is about what was said: it takes up a word of it, or points to it.
fn concerns(sentence: &str, context: &Context) -> bool {
    static POINTER: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\b(?:it|that|this|them|these|those|he|she|they|you|we)\b"));
    let said: BTreeSet<&str> =
        context.user.iter().flatten().chain(&context.model).flat_map(|said| content(said)).collect();
    POINTER.is_match(sentence) || content(sentence).iter().any(|word| said.contains(word))
}

/// Whether a sentence turns the request down with regret, the mark of a dispreferred response
/// (Pomerantz 1984, doi:10.1017/CBO9780511665868.008).
fn regrets(sentence: &str, context: &Context) -> bool {
    static REGRET: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"\b(?:sorry|unfortunately|apologi[sz]e|apologies|regret|(?:i'm|i\ am)\ afraid)\b")
    });
    static NEGATION: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\b(?:not|no|never|none|nothing|cannot|neither)\b | n't\b"));
    static TALK: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\b(?:help|assist\w*|understand|understood|catch|hear|sure|know|say|said|mean|meant|clear|access|ai|provide|answer|ability|worry|problem|allowed|permitted|may\ not|do\ (?:that|this|so))\b",
        )
    });
    REGRET.is_match(sentence)
        && NEGATION.is_match(sentence)
        && !TALK.is_match(sentence)
        && ask::of(sentence).is_none()
        && standing::of(context) == Standing::Open
        && !answers(sentence, context)
}

/// What one cannot do without any request having failed.
static OTHER_CANNOT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:help|assist|answer|provide|say|tell|know|understand|guarantee|promise|imagine|believe|wait|speak|discuss|recommend|stress|express|thank|afford|stop|stand|think|see|feel)$",
    )
});

/// Whether a sentence answers what the user asked: it speaks of the same matter as a polar question,
/// which leaves open what its answer denies.
fn answers(sentence: &str, context: &Context) -> bool {
    static POLAR: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\b(?:if|whether)\b
            | (?:^|[,;]\ |\b(?:and|but|or|also)\ )(?:is|are|was|were|do|does|did|has|have|will|can|could|would|may)(?:n't)?\ (?:the|it|they|there|this|that|these|those|he|she|its|their|my|any\w*|\w+s)\b",
        )
    });
    let asked = || context.last_user().iter().filter(|said| POLAR.is_match(form::core(said)));
    let ours = content(sentence);
    let plainly = sentence.starts_with("no,") && asked().next().is_some();
    plainly || asked().any(|said| content(said).iter().any(|word| ours.contains(word)))
}

/// Words for what else there might have been, which a search takes for granted.
static ALTERNATIVE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:other|others|else|more|another|further|matching|match|such)\b"));

/// What was to be done and was not.
static FAILURE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:could\ not|couldn't|unable\ to|not\ able\ to|(?:wasn't|weren't)\ able\ to|failed\ to|(?:did\ not|didn't)\ manage|trouble\ \w+ing|difficult(?:y|ies)\ \w+ing)\ \w+
        | \b(?:could\ not|couldn't|cannot|can't|can\ not)\ be\ (?:\w+ly\ )?(?:\w+ed|made|done|found|bought|sent|set)\b
        | \b(?:is|are|was|were|has|have)(?:\ not|n't)\ (?:been\ |yet\ )?(?:success\w*|possible|complet\w+|done|made|book\w+|reserv\w+|schedul\w+|confirm\w+|purchas\w+|process\w+|plac\w+|cancell?ed)\b | \bunsuccessful\b
        | \b(?:did\ not|didn't|does\ not|doesn't|won't|will\ not)\ (?:seem\ to\ )?(?:go\ through|work(?:\ out)?|succeed)\b
        | \b(?:there\ (?:was|is|has\ been|seems\ to\ be)|encountered|ran\ into|hit)\ (?:an?\ |some\ )?(?:\w+\ )?(?:error|problem|issue|trouble)\b | \b(?:booking|reservation|appointment|order|request|search|transfer|payment|purchase|transaction|it|attempt)\ (?:has\ |have\ )?failed\b | \b(?:was|is)\ an?\ failure\b | \bno\ luck\b",
    )
});

/// What people could not do or help doing for reasons of their own.
static SELF: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:you|he|she|they|people|who)\ (?:\w+\ )?(?:could\ not|couldn't|(?:are|is|was|were)\ (?:unable|not\ able)|failed|wasn't\ able|weren't\ able) | \bi\ (?:could\ not|couldn't)\ (?:agree|help|be|have|imagine|believe|resist|wait|sleep|stop|stand|ask\ for|say|think|afford)\b | \bunable\ to\ (?:help|assist|answer|provide)\b | \bif\b.{0,30}\b(?:did\ not|didn't|does\ not|doesn't|won't)\ work\b",
    )
});

/// Sayings in the form of a denial.
static IDIOM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bthere(?:'s|\ is|\ was|\ are)\ (?:really\ |absolutely\ )?(?:no|not\ any|nothing)\ (?:problem|problems|need|rush|doubt|hurry|shame|pressure|harm|way|point|reason|question|charge|right\ or\ wrong|one\ right|better|wrong|to\ worry|else|like|worse|worries|cost|fee|limit|extra|time\ like|guarantee|excuse)s?\b
        | \byou\ (?:have\ not|haven't|did\ not|didn't|do\ not|don't)\ (?:yet\ )?(?:say|said|tell|told|mention|mentioned|specify|specified|give|given|state|stated|need|have\ to|want|seem|deserve|worry|know|do\ anything|done\ anything)\b
        | \bthere(?:'s|\ is)\ nothing\ (?:wrong|you|i)\b",
    )
});

static DENIAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bthere(?:'s|\ is|\ are|\ was|\ were|\ has\ been|\ have\ been|\ seems\ to\ be|appears\ to\ be)\ (?:currently\ |actually\ |in\ fact\ )?(?:no|none|not\ (?:a|an|any)|nothing|never|nobody|no\ one)\b
        | \bthere\ (?:isn't|aren't|wasn't|weren't|hasn't\ been|has\ not\ been|has\ never\ been|was\ never|is\ not|are\ not|was\ not|were\ not|does\ not|doesn't)\b
        | \b(?:i|we)\ (?:(?:can|could)\ )?(?:have|see|find|hold|found|show|got|know\ of)\ no\b
        | \b(?:i|we)\ (?:do\ not|don't|cannot|can't|can\ not|could\ not|couldn't|did\ not|didn't)\ (?:seem\ to\ |actually\ |currently\ )?(?:have|see|find|locate|show|serve|offer|sell)\ (?:a|an|any\w*|that|such|your|the|this)\b
        | \b(?:i|we)(?:'m|\ am|'re|\ are)?\ (?:unable|not\ able)\ to\ (?:find|locate|see)\b
        | \b(?:there\ is|have|exists?|of|find|know)\ no\ such\b | ^\W*no\ such\b | \bno\ (?:\w+\ ){1,4}(?:exists?|was\ (?:found|made)|is\ booked|has\ been\ (?:made|booked|found)|on\ (?:record|file|the\ menu))\b
        | \b(?:does\ not|doesn't|did\ not|didn't|do\ not|don't|never)\ (?:actually\ |really\ |even\ )?(?:exist|existed|happen|happened|take\ place)\b
        | \byou\ (?:have\ not|haven't|did\ not|didn't|have\ never|never|do\ not|don't)\ (?:yet\ |actually\ |currently\ )?(?:have|had|book|booked|make|made|order|ordered|place|placed|own|owned|reserve|reserved|got|sent|send|given\ me)\b
        | \byou\ have\ no\ (?:\w+\ ){0,2}(?:booking|reservation|order|appointment|account|table|room|record|meeting|subscription|ticket|flight)s?\b
        | ^\W*(?:(?:well|oh|sorry|hmm|no|but)[\s,.]+)*(?:actually|in\ fact)\b
        | \b(?:contrary\ to|the\ (?:premise|assumption|presupposition)|(?:false|mistaken|incorrect|wrong)\ (?:premise|assumption|presupposition)|you\ (?:seem\ to\ )?(?:assume|are\ assuming|presuppose))\b
        | \b(?:that|this|it)(?:'s|\ is|\ was)\ (?:actually\ )?(?:not\ (?:true|the\ case|correct|right|accurate)|untrue|a\ (?:myth|misconception)|inaccurate)\b | \b(?:that|this|it)\ (?:isn't|wasn't)\ (?:actually\ )?(?:true|the\ case|correct|accurate)\b
        | \b(?:nobody|no\ one)\ (?:has\ |had\ )?(?:ever\ )?\w+ed\b | \b(?:was|were|has|have|is)\ never\ (?:\w+)
        | \byou(?:'re|\ are)?\ (?:cannot|can't|can\ not|not\ allowed\ to|may\ not)\ (?:\w+ly\ )?(?:have|get|book|order|eat|bring|use|take|change|cancel)\b
        | \bno\ (?:[\w-]+\ ){1,3}(?:available|left|free)\b | \b(?:am|i'm)\ not\ available\b | \b(?:is|are|was|were)n't\ available\b | \b(?:is|are|was|were)(?:\ not|n't)\ \w+ing\ (?:at|on|in|for)\ any\b | \bno\ longer\b | \b(?:is|are|was|were)\ (?:\w+ly\ )?(?:sold\ out|unavailable|not\ available|fully\ booked|out\ of\ stock|off(?:\ (?:the\ menu|today|tonight))?(?:[.,;!]|$))
        | \b(?:is|are|was|were)(?:\ not|n't)\ (?:on|in)\ (?:the|our|my|your)\ (?:menu|list|system|record|records|books|file|calendar|schedule)\b",
    )
});

#[cfg(test)]
mod tests {
    use super::super::tests::assert_act;
    use super::*;
    use crate::scorer::text::sentences;

    const CANCEL: &str = "Please cancel the table for Ann on Friday.";

    #[test]
    fn denials() {
        assert_act(
            |context, reply| find(&sentences(reply), context).is_some(),
            &[
                (CANCEL, "I am sorry, there is no table for Ann on Friday."),
                (CANCEL, "There isn't a booking for Ann."),
                (CANCEL, "I have no record of that booking."),
                (CANCEL, "I can't find any booking for Ann."),
                (CANCEL, "I couldn’t find a table under that name."),
                (CANCEL, "You have not booked a table."),
                (CANCEL, "You don't have a reservation with us."),
                (CANCEL, "No such booking, I fear."),
                (CANCEL, "No booking was found for Ann."),
                (CANCEL, "Actually, the table is for Ben."),
                (CANCEL, "That booking does not exist."),
                ("Who is the king of France?", "France has no king."),
                ("When did he stop smoking?", "He has never smoked."),
                ("I will have the fish.", "I am sorry, there is no fish today. There is soup."),
                ("Why is the moon made of cheese?", "That is not true."),
                ("I'd like the duck.", "The duck is not on the menu."),
                ("I'd like the duck.", "The duck is off, I am sorry."),
                ("I'd like the duck.", "I'm afraid the duck is off today."),
                ("I'd like the duck.", "Unfortunately the duck is sold out."),
                (CANCEL, "Ann has no booking, I am sorry."),
                (CANCEL, "I'm sorry, I couldn't cancel it."),
                (CANCEL, "Unfortunately it could not be cancelled."),
                (CANCEL, "Sorry, was unable to cancel the table."),
                ("Book it for nine.", "Sorry, the booking was not successful."),
                ("Book it for nine.", "I can't book a table at that time."),
                ("Book it for nine.", "There was an error. Shall I try again?"),
                ("What else is on?", "I am sorry, nothing else matches."),
                ("Is there another show?", "There are no other shows."),
                ("Can I have a haircut on Friday?", "I don't have a haircut on Friday."),
                ("Can I have a haircut on Friday?", "No, she does nails."),
                ("The toast at five, please.", "No, no, no."),
                ("Book a room for Saturday.", "There's no room available, I fear. No room free."),
                ("I'd like the duck.", "You can't have the duck."),
                ("On Saturday, please.", "Sunday, but I cannot change it."),
            ],
            &[
                (CANCEL, "Done. The table for Ann on Friday is cancelled."),
                (CANCEL, "There is no problem, it is cancelled."),
                (CANCEL, "There's no need to worry. It is done."),
                (CANCEL, "No problem!"),
                (CANCEL, "You have not told me the time."),
                (CANCEL, "Is there a booking for Ann?"),
                (CANCEL, "There is a table for Ann on Friday. Shall I cancel it?"),
                (CANCEL, "I do not know."),
                (CANCEL, "No."),
                ("I will have the fish.", "The fish comes at seven."),
                ("I will have the fish.", "The fish is on. It comes at seven."),
                ("I will have the fish.", "The fish is off the grill in a minute."),
                (CANCEL, "Ann has a table on Friday. I have cancelled it."),
                ("Thanks", "There is nothing like a good meal."),
                ("Is there live music?", "No, there is no live music."),
                ("Do they have a garden, and is it big?", "Sorry, there is no garden."),
                ("Can you tell me whether it has a lift?", "It has no lift."),
                ("Book it for nine.", "I'm sorry, but I cannot help with that."),
                ("Book it for nine.", "I'm sorry, I didn't catch that. For when?"),
                ("Call me Admiral.", "I am afraid I may not do that."),
                ("I won!", "I couldn't be happier for you."),
                ("I won!", "I can't believe it!"),
                ("No, at nine.", "No, at nine. Booked: a table at nine."),
                ("Book it for nine.", "No, problem, it is booked."),
                ("Can I bring my dog?", "No, pets stay outside."),
                (CANCEL, "Victor has a table. Otto has no booking."),
                ("", ""),
            ],
        );
    }
}
