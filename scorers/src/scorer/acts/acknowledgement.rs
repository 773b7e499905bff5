//! Acknowledgement: signs that what the user said has been taken in.
//!
//! Clark and Schaefer (1989, doi:10.1207/s15516709cog1302_7) order the evidence of understanding;
//! two kinds can be seen in text alone: acknowledgement ("I see", and assessments such as "that
//! sounds hard") and display or demonstration, here a sentence that only says the user's words
//! again or puts them as "so you …". Going straight on with the task is a third kind, "relevant next
//! turn", and does not count, in line with Shaikh et al. (arXiv:2311.09144, section 3).

use super::{
    context::Context,
    form, parrot,
    text::{content, content_of, pattern},
};
use crate::scorer::text::words;
use regex::Regex;
use std::sync::LazyLock;

/// The first sentence that acknowledges.
pub(in crate::scorer) fn find<'a>(sentences: &'a [String], context: &Context) -> Option<&'a str> {
    let asked = context.user_asked();
    sentences.iter().map(String::as_str).find(|sentence| {
        RECEIPT.is_match(sentence)
            || (!asked && (AGREEMENT.is_match(sentence) || echoes(sentence, context)))
            || (!form::marked(sentence) && PARAPHRASE.is_match(sentence))
    })
}

/// Signs of receipt and assessments, at the head of a sentence unless they are unmistakable.
static RECEIPT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:(?:oh|ah|aw|well|yes|yeah|yep|no|so|and|but|hi|hello|hey|wow|hmm|mm|okay|ok)\b[\s,.!-]*)*
          (?:
            i\ (?:(?:totally|completely|fully|really|can|do|can\ totally|can\ definitely|truly|definitely)\ )*(?:see|understand|hear\ you|get\ (?:it|that|you)|got\ (?:it|that|you)|feel\ (?:you|your)|appreciate|sympathi[sz]e|empathi[sz]e|relate)(?:\b)(?:[\s,.!]*$|[\s]*[,.!;]|\ (?:that|how|what|why|your|you|completely|where|this|it|the|totally|and|with|from|as))
          | i\ can\ (?:\w+\ )?(?:imagine|tell|relate)\b | i(?:'m|\ am)\ (?:so\ |very\ |really\ |truly\ |deeply\ )?sorry\ (?:to\ (?:hear|learn|read)|that\ you|about\ (?:that|your)|for\ your\ loss|you(?:'re|\ are)) | (?:so\ )?sorry\ (?:to\ hear|about\ that|you(?:'re|\ are))
          | got\ it | gotcha | noted | understood | (?:ok|okay|okey|alright|all\ right|right|right\ then|fair\ enough|very\ well|uh-huh|mm-hmm?|mhm)(?:[\s]*[,.!;:…-]|\W*$|\ (?:then|so|i|that|got))
          | (?:that|this|it)(?:'s|\ is|\ must\ (?:be|have\ been)|\ sounds|\ seems|\ does\ sound|\ would\ be|\ can\ be|\ really\ sounds|\ has\ to\ be)\ (?:so\ |such\ (?:an?\ )?|really\ |very\ |quite\ |like\ |a\ |an\ |incredibly\ |extremely\ |pretty\ |completely\ |totally\ |truly\ |perfectly\ |absolutely\ |definitely\ )*(?:hard|tough|difficult|rough|awful|terrible|horrible|sad|painful|stressful|frustrating|scary|upsetting|heavy|exhausting|devastating|great|good|wonderful|lovely|nice|amazing|awesome|fantastic|brilliant|exciting|understandable|normal|natural|fair|a\ lot|interesting|unfortunate|overwhelming|challenging|annoying|fun|cool|ok|okay|too\ bad|a\ shame|hurtful|unfair)\b
          | (?:that|this|it)\ (?:makes\ (?:perfect\ |total\ |a\ lot\ of\ )?sense|must\ (?:feel|hurt|be)) | makes\ sense
          | (?:it\ |that\ )?(?:sounds?|seems?)\ (?:like|as\ (?:if|though)|(?:really\ |very\ |so\ )?(?:hard|tough|difficult|good|great|rough|awful|stressful|lovely))\b
          | good\ to\ (?:know|hear) | (?:i(?:'m|\ am)\ )?(?:so\ |very\ |really\ )?(?:glad|happy|pleased)\ (?:to\ (?:hear|know)|that\ you|you)\b
          | thank(?:s|\ you)\ (?:so\ much\ |very\ much\ )?for\ (?:telling|sharing|letting|explaining|the\ (?:details?|information|correction|clarification)|your\ (?:patience|honesty|answer|message|trust)|clarifying|confirming|that)
          | thank(?:s|\ you)(?:\ (?:so\ much|very\ much|a\ lot))?(?:[,.!]|\W*$)
          | congratulations | congrats | poor\ you | wow | oh\ (?:no|dear|wow|my) | how\ (?:\w+\ )?(?:awful|sad|lovely|nice|exciting|wonderful|terrible|frustrating|great)\b[^?]*$
          | that(?:'s|\ is)\ (?:such\ |quite\ |really\ )?an?\ \w+\ \w+\W*(?:[,.!]|$)
          | what\ an?\ (?:\w+\ )?(?:great|good|wonderful|lovely|nice|amazing|awesome|fantastic|brilliant|exciting|terrible|awful|horrible|shame|pity|delight|pleasure|surprise|idea|choice|relief)\b
          | as\ you\ (?:said|say|mentioned|asked|wished|wish)
          )",
    )
});

/// Agreement, which answers a question but acknowledges a statement.
static AGREEMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:yes|yeah|yep|yup|exactly|absolutely|definitely|indeed|of\ course|certainly|sure|sure\ thing|true|agreed|perfect|great|wonderful|excellent|lovely|i\ agree|you(?:'re|\ are)\ (?:so\ |absolutely\ |completely\ |quite\ )?right|that(?:'s|\ is)\ (?:right|true|correct|so\ true))(?:[\s]*[,.!;:-]|\W*$|\ (?:i|it|that|you)\b)",
    )
});

/// The user's matter put in the model's words.
static PARAPHRASE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:(?:so|and|oh|ah|okay|ok|right|well)[\s,.]+)*
          (?: so\ (?:you|your|it)\b
            | you(?:'re|\ are|\ were)\ (?:feeling|saying|telling|going\ through|worried|afraid|concerned|upset|dealing|having|looking|struggling)\b
            | you\ (?:said|mentioned|told\ me|say|feel|felt|seem|sound|have\ been|must\ (?:be|feel|have))\b
            | (?:in\ other\ words|what\ i\ hear|what\ you(?:'re|\ are)\ saying|if\ i\ understand|from\ what\ you)\b
          ) | ^\W*so\ (?:you|your|you're|you've)\b",
    )
});

/// Whether a sentence only says again what the user said: two content words or more, all of them
/// the user's, but not in the user's person.
fn echoes(sentence: &str, context: &Context) -> bool {
    let (ours, theirs) = (content(sentence), content_of(context.last_user()));
    let own = words(sentence).iter().any(|word| parrot::OWN_PERSON.contains(word));
    ours.len() >= 2 && !own && !form::marked(sentence) && ours.is_subset(&theirs)
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_act;
    use super::*;
    use crate::scorer::text::sentences;

    const NEWS: &str = "It is for a birthday. Book a table for four on Friday at seven.";

    #[test]
    fn acknowledgements() {
        assert_act(
            |context, reply| find(&sentences(reply), context).is_some(),
            &[
                (NEWS, "I see, a birthday. Booked for Friday."),
                (NEWS, "Got it. Booked."),
                (NEWS, "Okay, booked!"),
                (NEWS, "ok so friday then"),
                (NEWS, "Noted."),
                (NEWS, "A table for four on Friday at seven."),
                (NEWS, "Thank you, for four people. At what time?"),
                ("My dog died.", "I'm so sorry to hear that."),
                ("My dog died.", "That sounds really hard."),
                ("My dog died.", "It must be so painful."),
                ("I failed the exam and lost my job.", "So you lost your job as well."),
                ("Nobody calls me.", "I understand how lonely that is."),
                ("I got the job!", "That is wonderful! Congratulations."),
                ("They open at nine.", "Right, at nine."),
                ("It should be blue.", "Understood."),
                ("I think it is unfair.", "You're right, it is."),
            ],
            &[
                (NEWS, "Booked: a table for four on Friday at seven."),
                (NEWS, "At what time?"),
                (NEWS, "Your table is ready."),
                ("When does the castle open?", "The castle opens at nine."),
                ("Is it open on Friday?", "Yes, it is open on Friday."),
                ("Turn left or right?", "Right at the corner, turn left."),
                ("What do you see?", "I see a house."),
                ("Hello", "Hello! How can I help you?"),
                ("My dog died.", "There are many dogs in the shelter."),
                ("I need a delivery to Station Road.", "I need a delivery to Station Road."),
                ("My dog died.", "You should see a doctor."),
                ("My dog died.", "Sorry, I cannot help with that."),
                ("", ""),
            ],
        );
    }
}
