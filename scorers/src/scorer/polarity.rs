//! Yes or no: the polarity of an answer in English.
//!
//! The rules are Grice's own. An answer takes its polarity from its first sentence, past opening
//! words such as "well"; a later sentence that opens with the opposite answer makes it neither.

use super::text::sentences;
use regex::Regex;
use std::sync::LazyLock;

/// A constant pattern; `^` is the start of a sentence in lower case past opening words.
fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"^(?:[^\p{L}\p{N}]*(?:well|hmm+|hm|oh|ah|um|uh|so|okay|ok|let me (?:see|think)|good question|great question)\b)*[^\p{L}\p{N}]*"#,
    )
});

/// Answers that sound like one side and take neither.
static NEITHER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:yes and no|no and yes|yes or no|neither yes nor no|no idea|no clue|no one knows|not sure|no comment|maybe|perhaps|possibly|it depends|(?:i|we) (?:don't|do not|can't|cannot|could not|couldn't) (?:know|say|tell|remember|answer)|no problem|no worries)\b",
    )
});

static NO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:no|nope|nah|nay|never|negative|not (?:really|at all|exactly|quite|usually|always|that i know)|of course not|certainly not|definitely not|absolutely not|i (?:don't|do not) (?:think|believe) so|i(?:'m| am) afraid not|(?:that|this|it)(?:'s| is) (?:not (?:true|right|correct|the case|so)|false|incorrect|wrong)|false|incorrect|wrong)\b",
    )
});

static YES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:yes|yeah|yep|yup|yea|aye|sure|certainly|definitely|absolutely|indeed|correct|true|exactly|affirmative|of course|right\b(?: you are)?|i (?:think|believe|do think) so|(?:that|this|it)(?:'s| is) (?:true|right|correct|the case|so)|you(?:'re| are) (?:right|correct))\b",
    )
});

/// A short answer that repeats the question's auxiliary: "it does", "they are not".
static ECHO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:it|i|they|we|he|she|you|this|that|these|those|there) (?P<auxiliary>is|are|am|was|were|do|does|did|has|have|had|can|could|will|would|must|may|might|should)(?P<denial>n't| not)?(?: (?:indeed|so))?[\s.,!;]*$",
    )
});

static CANNOT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:it|i|they|we|he|she|you|this|that) cannot[\s.,!;]*$"));

/// The polarity of one sentence in plain form; none when it is neither yes nor no.
fn of_sentence(sentence: &str) -> Option<bool> {
    let answer = OPENING.find(sentence).map_or(sentence, |opening| &sentence[opening.end()..]);
    if NEITHER.is_match(answer) {
        None
    } else if NO.is_match(answer) || CANNOT.is_match(answer) {
        Some(false)
    } else if YES.is_match(answer) {
        Some(true)
    } else {
        ECHO.captures(answer).map(|echo| echo.name("denial").is_none())
    }
}

/// The polarity of an answer, or why it has none.
pub(super) fn polarity(text: &str) -> Result<bool, &'static str> {
    let sentences = sentences(text);
    let (first, later) = sentences.split_first().ok_or("the answer has no words")?;
    let first = of_sentence(first).ok_or("the answer is neither yes nor no")?;
    // Only a plain "yes" or "no" takes an answer back; "That is right" further on may mean much.
    let taken_back = later
        .iter()
        .filter(|sentence| ["yes", "no,", "no."].iter().any(|word| sentence.starts_with(word)))
        .filter_map(|sentence| of_sentence(sentence))
        .any(|later| later != first);
    if taken_back { Err("the answer says both yes and no") } else { Ok(first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_answers() {
        for yes in [
            "Yes.",
            "yes, it does",
            "Yeah!",
            "Well, yes.",
            "Of course.",
            "Sure",
            "That's right.",
            "It is.",
            "I think so",
            "Correct, it is a dog.",
            "  YES",
        ] {
            assert_eq!(polarity(yes), Ok(true), "{yes}");
        }
        for no in [
            "No.",
            "no, it doesn't",
            "Nope",
            "Hmm, no.",
            "Of course not.",
            "Not really.",
            "It is not.",
            "It isn’t",
            "I don't think so.",
            "That is incorrect.",
            "It cannot.",
        ] {
            assert_eq!(polarity(no), Ok(false), "{no}");
        }
    }

    #[test]
    fn what_is_neither() {
        for neither in [
            "",
            "Yes and no.",
            "Maybe.",
            "I don't know.",
            "No idea!",
            "A dog.",
            "It is a dog.",
            "Nobody knows",
            "Notes follow",
            "yesterday",
            "Yes. No, wait.",
        ] {
            assert!(polarity(neither).is_err(), "{neither}");
        }
    }
}
