//! The markers of register in English text, each with its weight.
//!
//! Background: formality as a dimension of lexical style (Heylighen and Dewaele 1999, whose
//! F-measure counts parts of speech; Brooke, Wang and Hirst 2010, aclanthology C10-2011, who build
//! formality lexicons from seed words), and what annotators name when they judge short texts:
//! contractions, slang, greetings, punctuation, capitals, politeness formulas (Pavlick and Tetreault
//! 2016, doi:10.1162/tacl_a_00083; Rao and Tetreault 2018, arXiv:1803.06535). Taken from there are
//! the kinds of markers. The word lists and the weights are Grice's own and were chosen by hand:
//! a word that decides the register alone weighs 2, other markers 1, habits of spelling 0.5. What
//! writers of either register do, only not as often (a contraction, "please", the words of customer
//! service), is a *habit*: each one weighs 0.15, and all of one kind together 0.2 at most.
//! Full forms ("it is") are the rule in writing and weigh a fifth of that.

use super::text::fold;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use unicode_segmentation::UnicodeSegmentation;

/// Which register a marker belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Formal.
    Formal,
    /// Casual.
    Casual,
}

/// A kind of marker.
struct Marker {
    name: &'static str,
    side: Side,
    weight: f64,
    /// Looked for in lower case with typewriter quotes.
    pattern: &'static str,
}

const fn marker(name: &'static str, side: Side, weight: f64, pattern: &'static str) -> Marker {
    Marker { name, side, weight, pattern }
}

/// What one habit weighs; what decides nothing by itself.
const HABIT: f64 = 0.15;

/// What all habits of one kind weigh together, at most.
const HABITS: f64 = 0.2;

const MARKERS: &[Marker] = &[
    marker(
        "courtesy formula",
        Side::Formal,
        2.0,
        r"\b(?:would you (?:kindly|please|be so kind)|could you (?:kindly|please)|may i (?:ask|inquire|enquire|suggest|offer|be)|might i|i would be (?:pleased|delighted|happy|glad|grateful|honou?red)|it(?:'s| is| would be) (?:a|my|our) (?:great )?(?:pleasure|honou?r)|at your (?:service|disposal|earliest convenience)|i beg your pardon|please accept|please be (?:advised|informed)|i regret|we regret|i am afraid|allow me|permit me|if you please|yours (?:sincerely|faithfully)|kind regards|best regards|be of (?:assistance|service))\b",
    ),
    marker(
        "formal greeting or title",
        Side::Formal,
        2.0,
        r"\b(?:good day|greetings|farewell|dear (?:sir|madam|mr|mrs|ms|dr)|sir|madam|ma'am)\b",
    ),
    marker("greeting or title", Side::Formal, HABIT, r"\b(?:good (?:morning|afternoon|evening)|mr|mrs|ms)\b"),
    marker(
        "formal word",
        Side::Formal,
        1.0,
        r"\b(?:certainly|kindly|indeed|furthermore|moreover|thus|hence|consequently|nevertheless|nonetheless|accordingly|whereas|pursuant|herewith|hereby|obtain|inquire|enquire|sincerely|respectfully|gratitude|pleased|delighted|whom|commence|prior to|subsequently|accommodate|(?:i|we|you|it|he|she|they) shall|very well|most welcome)\b",
    ),
    marker(
        "word of service",
        Side::Formal,
        HABIT,
        r"\b(?:therefore|regarding|concerning|additionally|assistance|assist|require|requires|requested|shall (?:i|we)|upon|purchase|inform|apologi[sz]e|apologies|appreciate|grateful|provide|ensure|one moment|pleasure|remain|permitted|formally)\b",
    ),
    marker(
        "politeness",
        Side::Formal,
        HABIT,
        r"\b(?:please|thank you|you are welcome|would like|excuse me|pardon)\b",
    ),
    marker(
        "full form",
        Side::Formal,
        HABIT / 5.0,
        r"\b(?:(?:i|you|we|they|he|she|it|that|there|who|what) (?:am|is|are|have|has|will|would)|(?:do|does|did|is|are|was|were|can|could|would|should|will|has|have|had|must) not|cannot|let us)\b",
    ),
    marker(
        "slang",
        Side::Casual,
        2.0,
        r"\b(?:yo|sup|dude|bro|bruh|buddy|pal|mate|gonna|wanna|gotta|gimme|lemme|kinda|sorta|dunno|ain't|y'all|lol|lmao|rofl|omg|btw|tbh|imo|idk|thx|ty|np|pls|plz|u|ur|r|cya|asap|awesome|cool|dope|chill|yay|oops|whoops|wow|nah|nope|yep|yup|yeah|yea|ya|haha+|hehe+|heh|meh|ugh|okie|okey|cuz|'cause|coz|tho|thru|nite|gotcha|kiddo|folks|guys|no worries|no prob|no biggie|no sweat|sure thing|you bet|my bad|hang on|hold on a sec|a sec|catch you later|see (?:ya|you) later|see ya|take it easy|cheers|ta)\b",
    ),
    marker(
        "casual greeting",
        Side::Casual,
        2.0,
        r"\b(?:hey|hiya|howdy|heya|hi there|hey there|what's up|bye|bye-bye)\b[!,.]?",
    ),
    marker(
        "casual word",
        Side::Casual,
        1.0,
        r"\b(?:stuff|thing is|lots of|loads of|a bunch|pretty much|super|totally|big time|sort of|kind of|hello there|grab|pop (?:in|by|over|round)|oh (?:dear|my|wow|boy)|my friend|up for (?:it|that)|no lie|guy|ahem|huh|eh)\b",
    ),
    marker("particle", Side::Casual, 1.0, r"\b(?:right|okay|ok|yeah|you know)\?"),
    marker(
        "everyday word",
        Side::Casual,
        HABIT,
        r"\b(?:ok|okay|hi|really|just|anyway|guess|thanks|all set|check out|kid|kids|mom|dad|fun)\b",
    ),
    marker(
        "contraction",
        Side::Casual,
        HABIT,
        r"\b(?:\p{L}+n't|\p{L}+'(?:s (?:a|an|the|open|not|gonna|been|going|all|at|in|on|so|no|up|my|your)|re|ve|ll|d|m))\b|\b(?:it|that|there|here|what|where|who|when|how|he|she|let)'s\b",
    ),
    marker(
        "dropped letters",
        Side::Casual,
        1.0,
        r"\b\p{L}{2,}in'|\b(?:im|ive|dont|cant|wont|didnt|isnt|thats|whats|youre|theyre)\b",
    ),
    marker(
        "stretched letters",
        Side::Casual,
        1.0,
        r"\b\p{L}*(?:aaa|eee|hhh|iii|mmm|ooo|sss|uuu|yyy)\p{L}*\b",
    ),
    marker("repeated mark", Side::Casual, 1.0, r"[!?]{2,}|\.{4,}"),
    marker("exclamation", Side::Casual, HABIT, r"!"),
    marker("emoticon", Side::Casual, 1.0, r"(?:^|\s)[:;=]['-]?[)(dpo/|](?:\s|$)|<3|\^\^|xoxo"),
];

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    MARKERS.iter().map(|marker| Regex::new(marker.pattern).expect("a constant pattern")).collect()
});

/// One marker found in a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FoundMarker {
    /// The kind of marker.
    pub(super) name: &'static str,
    /// The register it belongs to.
    pub(super) side: Side,
    /// What it weighs.
    pub(super) weight: f64,
    /// The words.
    pub(super) words: String,
}

/// Every marker of a text, kind by kind.
pub(super) fn find(text: &str) -> Vec<FoundMarker> {
    let typed = fold(text, &[super::Ignore::Whitespace]);
    let lower = typed.to_lowercase();
    let mut found: Vec<FoundMarker> = MARKERS
        .iter()
        .zip(PATTERNS.iter())
        .flat_map(|(marker, pattern)| {
            pattern.find_iter(&lower).map(|place| FoundMarker {
                name: marker.name,
                side: marker.side,
                weight: marker.weight,
                words: place.as_str().trim().to_owned(),
            })
        })
        .collect();
    let casual =
        |name, words: &str| FoundMarker { name, side: Side::Casual, weight: 0.5, words: words.to_owned() };
    found.extend(
        text.graphemes(true)
            .filter(|sign| is_emoji(sign))
            .map(|sign| FoundMarker { weight: 1.0, ..casual("emoji", sign) }),
    );
    if let Some(word) = typed.split(' ').next().filter(|word| starts_small(word)) {
        found.push(casual("small first letter", word));
    }
    if let Some(word) = typed.split(' ').find(|word| *word == "i" || word.starts_with("i'")) {
        found.push(casual("small i", word));
    }
    found
}

/// The weight of the markers of one side: every marker's own, and of each kind of habit no more than
/// it may have.
pub(super) fn weight(found: &[FoundMarker], side: Side) -> f64 {
    let mut kinds: BTreeMap<&str, f64> = BTreeMap::new();
    for one in found.iter().filter(|one| one.side == side) {
        let sum = kinds.entry(one.name).or_default();
        *sum += one.weight;
        if one.weight <= HABIT {
            *sum = sum.min(HABITS);
        }
    }
    kinds.values().sum()
}

fn starts_small(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_lowercase)
}

/// Whether a sign is a picture: the blocks of pictographs and dingbats that Unicode lists as emoji.
fn is_emoji(sign: &str) -> bool {
    sign.chars()
        .any(|letter| matches!(u32::from(letter), 0x1F300..=0x1FAFF | 0x2600..=0x27BF | 0x1F1E6..=0x1F1FF))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        find(text).into_iter().map(|found| found.name).collect()
    }

    #[test]
    fn markers_are_found_whatever_their_spelling() {
        assert_eq!(names("Don’t!"), ["contraction", "exclamation"]);
        assert_eq!(names("yo 😀"), ["slang", "emoji", "small first letter"]);
        assert_eq!(names("Would you kindly wait?"), ["courtesy formula", "formal word"]);
        assert_eq!(names("The castle opens at nine."), Vec::<&str>::new());
        assert_eq!(names(""), Vec::<&str>::new());
    }

    #[test]
    fn names_and_possessives_are_no_contractions() {
        assert_eq!(names("Ann's house burns."), Vec::<&str>::new());
    }
}
