//! Repair: putting a misunderstanding right.
//!
//! Schegloff, Jefferson and Sacks (1977, doi:10.1353/lan.1977.0041): a speaker repairs his own turn
//! ("sorry, I meant …"), or the next speaker points out the trouble and the first puts it right. The
//! second kind is told from its place: after a correction by the user, a turn that takes over what
//! the correction brought and the turn before had not. An apology is a repair only in that place, where
//! something has been pointed out; elsewhere "sorry for any confusion" is a formula of politeness, and so
//! it is in that place when it owns nothing ("any confusion"). An apology for something else ("sorry to
//! hear that", "sorry, I cannot") is no repair.

use super::{
    context::Context,
    form,
    text::{content, content_of, pattern},
};
use regex::Regex;
use std::sync::LazyLock;

/// The first sentence that repairs.
pub(in crate::scorer) fn find<'a>(sentences: &'a [String], context: &Context) -> Option<&'a str> {
    let corrected = context.last_user().iter().any(|sentence| CORRECTION.is_match(sentence));
    sentences.iter().map(String::as_str).find(|sentence| {
        let owns = |act: &Regex| act.is_match(sentence) && !FORMULA.is_match(sentence);
        OWN.is_match(sentence)
            || (corrected && (owns(&FAULT) || owns(&APOLOGY) || takes_over(sentence, context)))
    })
}

/// Signs that the model puts its own words right, wherever they stand in a dialogue.
static OWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:my|our)\ (?:mistake|error|bad|fault)\b | \bi\ (?:misunderstood|misread|misheard|misspoke|mixed\ (?:it|that|them)\ up|stand\ corrected|was\ (?:wrong|mistaken)|made\ an?\ (?:mistake|error)|got\ (?:that|it|this)\ wrong|should\ have\ said|confused)\b
        | ^\W*(?:(?:oh|no|oops|sorry|ah|wait|well|apologies|my\ apologies)[\s,.!]+)*(?:i\ meant\b|i\ mean[,\ ](?:to\ say|not)|what\ i\ meant|that\ was\ (?:wrong|my\ (?:mistake|error)))
        | \b(?:let\ me|i(?:'ll|\ will)|allow\ me\ to|i\ have|i've)\ (?:now\ |just\ )?(?:correct(?:ed)?|fix(?:ed)?|rectif(?:y|ied)|put\ that\ right|rephrase|redo)\b
        | ^\W*(?:correction\b|oops\b|whoops\b|scratch\ that\b|i\ stand\ corrected)
        | \byou(?:'re|\ are)\ (?:\w+\ )?right[,.;!:]?\ (?:[^?]*\b)?(?:then|instead|it\ (?:is|should|was)|i(?:'ll|\ will|'ve|\ have)\ (?:change|correct|update|fix)|not)\b
        | \bthanks?(?:\ you)?\ for\ (?:the\ correction|correcting|pointing)\b",
    )
});

/// An apology for what was said, which puts it right only where it was pointed out.
static FAULT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:sorry|apologi[sz]e|apologies)\b[^.!?]{0,20}\b(?:for|about)\ (?:the|my|that|this|our)\ (?:\w+\ )?(?:mistake|error|confusion|misunderstanding|mix-?up|mix\ up|slip|oversight|inaccuracy)\b",
    )
});

/// An apology that owns nothing.
static FORMULA: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:for|about)\ any\b | \bthe\ inconvenience\b"));

/// An apology after a correction, unless it is a refusal or sympathy.
static APOLOGY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:(?:oh|ah|no|yes|okay|ok|right|i(?:'m|\ am)|i\ (?:do\ )?|so|very|my|please\ accept\ my|you(?:'re|\ are)\ right)[\s,.!]+)*(?:sorry|apologi[sz]e|apologies)(?:[\s]*[,.!;]|\W*$|\ (?:for|about)\ (?:the|that|my)\b)(?:\W*$|[\s,.!;]*(?:[^i\s]|i[^\s'])[^\n]*|[\s,.!;]*i(?:'ll|\ will|\ have|'ve|\ thought|\ see|\ meant)\b)",
    )
});

/// How a user corrects.
static CORRECTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:(?:sorry|oh|hm+|wait|but|um|actually)[\s,.!]+)*(?:no\b[,.!\ ]*(?:\w|$)|not\ \w+|nope\b|wrong\b)
        | \bi\ (?:said|meant|asked\ for|wanted|did\ not\ (?:say|mean|ask)|didn't\ (?:say|mean|ask))\b
        | \b(?:that|this|it)(?:'s|\ is|\ was)\ (?:not\ (?:right|what|correct|true|it|the)|wrong|incorrect|a\ mistake)\b
        | \b(?:that|it)\ (?:isn't|wasn't)\ (?:right|what|correct|true|it|the)\b | \byou\ (?:misunderstood|got\ (?:it|that)\ wrong|are\ wrong|made\ a\ mistake)\b
        | \b(?:should\ (?:be|have\ been)|instead\ of|rather\ than)\b | ^\W*actually\b",
    )
});

/// "No, thank you" and the like correct nothing.
static REFUSAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*no\b[,.!\ ]*(?:thank|thanks|that(?:'s|\ is)\ (?:all|it|fine)|problem|worries|need|i(?:'m|\ am)\ (?:fine|good))",
    )
});

/// Whether a statement takes over a word that the user's correction brought into the dialogue.
fn takes_over(sentence: &str, context: &Context) -> bool {
    // The user's own no, or what the user ruled out, said again puts nothing right.
    static NO: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\W*no\b"));
    static RULED_OUT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bnot\ ((?:\w+\ ?){1,4})"));
    let again = |said: &String| {
        RULED_OUT.captures(said).is_some_and(|out| !content(&out[1]).is_disjoint(&content(sentence)))
    };
    if NO.is_match(sentence) || context.last_user().iter().any(again) {
        return false;
    }
    if form::marked(sentence) || context.last_user().iter().any(|said| REFUSAL.is_match(said)) {
        return false;
    }
    let before = content_of(&context.model);
    let ours = content(sentence);
    context
        .last_user()
        .iter()
        .any(|said| content(said).iter().any(|word| ours.contains(word) && !before.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_act;
    use super::*;
    use crate::scorer::text::sentences;

    const NO: &str = "No, I said Saturday.";

    #[test]
    fn repairs() {
        assert_act(
            |context, reply| find(&sentences(reply), context).is_some(),
            &[
                (NO, "Sorry, Saturday then. Booked: a table on Saturday."),
                (NO, "My apologies, for nine people then."),
                (NO, "Saturday then."),
                (NO, "I'm sorry, I misheard."),
                (NO, "My mistake!"),
                (NO, "You're right, it is Saturday."),
                (NO, "Oops, fixed."),
                ("Not Friday, Saturday.", "Okay, Saturday at seven."),
                ("That is wrong.", "I apologise for the confusion."),
                ("That's not what I meant.", "Sorry about that."),
                ("Which one?", "Sorry, I meant the blue one."),
                ("What?", "I misspoke: it opens at nine."),
                ("Is it nine?", "Correction: it opens at ten."),
                ("I meant Bath.", "Let me correct that."),
            ],
            &[
                (NO, "Booked: a table on Friday."),
                (NO, "At what time?"),
                ("My dog died.", "I am so sorry to hear that."),
                ("Book a taxi.", "Sorry, I cannot book taxis."),
                ("Yes, that is right.", "Thank you. Booked for Friday."),
                ("No, thank you.", "You are welcome."),
                ("Thank you.", "You are welcome."),
                ("Book it for Saturday.", "Booked for Saturday."),
                ("Is it right or left?", "It is on the right."),
                ("What did she say?", "She said that she was late."),
                ("Cancel the table for Ann.", "I am sorry, there is no table for Ann."),
                ("Book a table.", "I'm sorry for any confusion, but I take bookings only."),
                ("Book a table.", "I apologize for the confusion. At what time?"),
                (NO, "I'm sorry for any confusion."),
                (NO, "No, I said Saturday. Booked."),
                ("Not on Monday, on Saturday.", "A lesson on Monday and Saturday."),
                ("", ""),
            ],
        );
    }

    #[test]
    fn what_was_said_before_the_correction_repairs_nothing() {
        let mut context = super::super::tests::after("No, a table for nine.");
        context.model = sentences("Booked: a table for eight.");
        assert!(find(&sentences("Booked: a table for nine."), &context).is_some());
        assert!(find(&sentences("Booked: a table for eight."), &context).is_none());
    }
}
