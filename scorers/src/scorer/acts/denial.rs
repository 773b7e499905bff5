//! Presupposition denial: saying that something taken for granted does not hold.
//!
//! A request such as "cancel my booking" presupposes that there is a booking; the grounded reply to
//! a presupposition that fails denies it rather than going along (Kim et al. 2021,
//! arXiv:2101.00391, on questions with false presuppositions). The rules look for denied existence,
//! availability, record and truth, and "actually". Idioms ("there is no problem") and remarks that
//! something has not been said yet, which ask for it, do not count.

use super::{Context, pattern};
use regex::Regex;
use std::sync::LazyLock;

/// The first sentence that denies something taken for granted.
pub(in crate::scorer) fn find<'a>(sentences: &'a [String], _context: &Context) -> Option<&'a str> {
    sentences.iter().map(String::as_str).find(|sentence| {
        let matter = IDIOM.replace_all(sentence, " ");
        DENIAL.is_match(&matter)
    })
}

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
        r"\bthere(?:'s|\ is|\ are|\ was|\ were|\ has\ been|\ have\ been|\ seems\ to\ be)\ (?:currently\ |actually\ |in\ fact\ )?(?:no|none|not\ (?:a|an|any)|nothing|never|nobody|no\ one)\b
        | \bthere\ (?:isn't|aren't|wasn't|weren't|hasn't\ been|has\ not\ been|has\ never\ been|was\ never|is\ not|are\ not|was\ not|were\ not|does\ not|doesn't)\b
        | \b(?:i|we)\ (?:(?:can|could)\ )?(?:have|see|find|hold|found|show|got|know\ of)\ no\b
        | \b(?:i|we)\ (?:do\ not|don't|cannot|can't|can\ not|could\ not|couldn't|did\ not|didn't)\ (?:seem\ to\ |actually\ |currently\ )?(?:have|see|find|locate|show|serve|offer|sell)\ (?:a|an|any|that|such|your|the|this)\b
        | \b(?:i|we)(?:'m|\ am|'re|\ are)?\ (?:unable|not\ able)\ to\ (?:find|locate|see)\b
        | \b(?:there\ is|have|exists?|of|find|know)\ no\ such\b | ^\W*no\ such\b | \bno\ (?:\w+\ ){1,4}(?:exists?|was\ (?:found|made)|is\ booked|has\ been\ (?:made|booked|found)|on\ (?:record|file|the\ menu))\b
        | \b(?:does\ not|doesn't|did\ not|didn't|do\ not|don't|never)\ (?:actually\ |really\ |even\ )?(?:exist|existed|happen|happened|take\ place)\b
        | \byou\ (?:have\ not|haven't|did\ not|didn't|have\ never|never|do\ not|don't)\ (?:yet\ |actually\ |currently\ )?(?:have|had|book|booked|make|made|order|ordered|place|placed|own|owned|reserve|reserved|got|sent|send|given\ me)\b
        | \byou\ have\ no\ (?:\w+\ ){0,2}(?:booking|reservation|order|appointment|account|table|room|record|meeting|subscription|ticket|flight)s?\b
        | \b\w+\ (?:has|have|had)\ (?:no|never)\ (?:\w+)
        | ^\W*(?:(?:well|oh|sorry|hmm|no|but)[\s,.]+)*(?:actually|in\ fact)\b
        | \b(?:contrary\ to|the\ (?:premise|assumption|presupposition)|(?:false|mistaken|incorrect|wrong)\ (?:premise|assumption|presupposition)|you\ (?:seem\ to\ )?(?:assume|are\ assuming|presuppose))\b
        | \b(?:that|this|it)(?:'s|\ is|\ was)\ (?:actually\ )?(?:not\ (?:true|the\ case|correct|accurate)|untrue|a\ (?:myth|misconception)|inaccurate)\b | \b(?:that|this|it)\ (?:isn't|wasn't)\ (?:actually\ )?(?:true|the\ case|correct|accurate)\b
        | \b(?:nobody|no\ one)\ (?:has\ |had\ )?(?:ever\ )?\w+ed\b | \b(?:was|were|has|have|is)\ never\ (?:\w+)
        | \b(?:is|are)\ (?:sold\ out|unavailable|not\ available|out\ of\ stock|off(?:\ (?:the\ menu|today|tonight))?(?:[.,;!]|$))
        | \b(?:is|are|was|were)(?:\ not|n't)\ (?:on|in)\ (?:the|our|my|your)\ (?:menu|list|system|record|records|books|file|calendar|schedule)\b",
    )
});

#[cfg(test)]
mod tests {
    use super::super::sentences;
    use super::super::tests::assert_act;
    use super::*;

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
                ("", ""),
            ],
        );
    }
}
