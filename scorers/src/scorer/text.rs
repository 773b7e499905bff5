//! Text made comparable: folding of what a comparison should overlook, and words in it.
//!
//! Every comparison starts from Unicode's compatibility form (NFKC, UAX #15), with typographic
//! quotes, hyphens and minus signs in their typewriter form and without invisible joiners, so that
//! `don’t` and `don't` are the same word. What else is overlooked is the spec's choice.

use caseless::Caseless;
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// A difference between two texts that does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ignore {
    /// Capital or small letters (full Unicode case folding: `STRASSE` is `straße`).
    Case,
    /// Accents and other marks on letters: `café` is `cafe`.
    Accents,
    /// Punctuation and symbols, which count as white space; apostrophes vanish.
    Punctuation,
    /// How much white space there is, of which kind, and at either end.
    Whitespace,
}

/// What comparisons overlook unless the spec says otherwise.
pub(super) fn usual() -> Vec<Ignore> {
    vec![Ignore::Case, Ignore::Whitespace]
}

/// The form of a text in which two texts are equal when they differ only in what is ignored.
pub(super) fn fold(text: &str, ignore: &[Ignore]) -> String {
    let case = ignore.contains(&Ignore::Case);
    // Most texts are ASCII, whose forms are all the same, and folding them by the tables takes most of a scorer's time.
    let mut folded = match (text.is_ascii(), case) {
        (true, true) => text.to_ascii_lowercase(),
        (true, false) => text.to_owned(),
        (false, _) => by_tables(text, ignore.contains(&Ignore::Accents), case),
    };
    let punctuation = ignore.contains(&Ignore::Punctuation);
    if punctuation {
        folded = folded.chars().filter(|&letter| letter != '\'').map(word_or_space).collect();
    }
    if punctuation || ignore.contains(&Ignore::Whitespace) {
        folded = squeeze(&folded);
    }
    folded
}

/// The compatibility form of a text, without accents or capitals where they are ignored.
fn by_tables(text: &str, accents: bool, case: bool) -> String {
    let mut folded: String = text.nfkc().filter_map(typewriter).collect();
    if accents {
        folded = folded.nfd().filter(|&letter| !is_combining_mark(letter)).nfc().collect();
    }
    if case {
        folded = folded.chars().default_case_fold().nfkc().collect();
    }
    folded
}

/// [`fold`] with what is usually ignored: case and white space.
pub(super) fn plain(text: &str) -> String {
    fold(text, &[Ignore::Case, Ignore::Whitespace])
}

/// One space between words, none at the ends.
fn squeeze(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !squeezed.is_empty() {
            squeezed.push(' ');
        }
        squeezed.push_str(word);
    }
    squeezed
}

fn word_or_space(letter: char) -> char {
    if letter.is_alphanumeric() || is_combining_mark(letter) { letter } else { ' ' }
}

/// The typewriter's form of a typographic sign; nothing for a sign that cannot be seen.
fn typewriter(letter: char) -> Option<char> {
    match letter {
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{02BC}' | '\u{2032}' => Some('\''),
        '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{201F}' | '\u{2033}' => Some('"'),
        '\u{2010}' | '\u{2011}' | '\u{2212}' => Some('-'),
        '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' => None,
        other => Some(other),
    }
}

/// The words of a folded text (UAX #29), without punctuation.
pub(super) fn words(folded: &str) -> Vec<&str> {
    folded.unicode_words().collect()
}

/// Where a sentence may end: after its final mark, or at the end of a line.
static BOUNDARY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"[.!?…]+["'”’)\]]*\s+|\n+"#).expect("a constant pattern"));

/// Words whose full stop ends no sentence.
const ABBREVIATIONS: [&str; 9] = ["mr", "mrs", "ms", "dr", "st", "e.g", "i.e", "prof", "vs"];

/// The sentences of a text in plain form. A small letter may begin one, which the rules of Unicode
/// (UAX #29) do not allow and casual writing needs.
pub(super) fn sentences(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut start = 0;
    for mark in BOUNDARY.find_iter(text) {
        let before = &text[start..mark.start()];
        let last = before.rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
        let goes_on = mark.as_str().trim_end() == "." && ABBREVIATIONS.contains(&last.as_str());
        if !goes_on {
            found.push(&text[start..mark.end()]);
            start = mark.end();
        }
    }
    found.push(&text[start..]);
    let has_words = |sentence: &String| sentence.chars().any(char::is_alphanumeric);
    found.into_iter().map(plain).filter(has_words).collect()
}

/// Every place where `needle` stands as whole words in `haystack`, both folded alike: neither its
/// first nor its last letter continues a longer word. Scripts without spaces have no such places.
pub(super) fn whole_words(haystack: &str, needle: &str) -> Vec<Range<usize>> {
    if needle.is_empty() {
        return Vec::new();
    }
    let letter = |found: Option<char>| found.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    let starts_word = letter(needle.chars().next());
    let ends_word = letter(needle.chars().next_back());
    haystack
        .match_indices(needle)
        .map(|(start, found)| start..start + found.len())
        .filter(|place| !(starts_word && letter(haystack[..place.start].chars().next_back())))
        .filter(|place| !(ends_word && letter(haystack[place.end..].chars().next())))
        .collect()
}

/// A text short enough to be evidence: at most 80 characters, with a mark where it was cut.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn compatibility_forms_and_typographic_signs_are_always_folded() {
        assert_eq!(fold("ﬁne “don’t” １", &[]), "fine \"don't\" 1");
        assert_eq!(fold("zero\u{200B}width", &[]), "zerowidth");
        assert_eq!(fold("A  b", &[]), "A  b");
    }

    #[test]
    fn each_difference_can_be_ignored() {
        assert_eq!(fold("STRASSE Σίσυφος", &[Ignore::Case]), fold("straße ΣΊΣΥΦΟΣ", &[Ignore::Case]));
        assert_eq!(fold("Café", &[Ignore::Accents]), "Cafe");
        assert_eq!(fold("Well-known, isn't it?!", &[Ignore::Punctuation]), "Well known isnt it");
        assert_eq!(fold(" a\u{00A0}\n\tb ", &[Ignore::Whitespace]), "a b");
    }

    #[test]
    fn whole_words_do_not_continue() {
        assert_eq!(whole_words("a cat, a catalogue, the cat", "cat"), vec![2..5, 24..27]);
        assert_eq!(whole_words("c++ and c", "c++"), vec![0..3]);
        assert_eq!(whole_words("anything", ""), Vec::<Range<usize>>::new());
        assert_eq!(whole_words("an élan", "lan"), Vec::<Range<usize>>::new());
    }

    #[test]
    fn sentences_end_at_marks_and_lines() {
        assert_eq!(
            sentences("got it. what time?\nDr. Who -- ok"),
            ["got it.", "what time?", "dr. who -- ok"]
        );
        assert_eq!(sentences("“Really?” he said… \n ... \n"), ["\"really?\"", "he said..."]);
        assert_eq!(sentences(""), Vec::<String>::new());
    }

    #[test]
    fn a_long_excerpt_is_cut_between_characters() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"é".repeat(200)).chars().count(), 81);
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let ignore = [Ignore::Case, Ignore::Accents, Ignore::Punctuation, Ignore::Whitespace];
            let once = fold(&text, &ignore);
            prop_assert_eq!(fold(&once, &ignore), once);
        }

        #[test]
        fn plain_texts_are_folded_as_all_others(text in "[\\x00-\\x7F]{0,60}", accents: bool, case: bool) {
            let mut ignore = Vec::new();
            ignore.extend(accents.then_some(Ignore::Accents));
            ignore.extend(case.then_some(Ignore::Case));
            prop_assert_eq!(fold(&text, &ignore), by_tables(&text, accents, case));
        }

        #[test]
        fn places_are_inside_the_text(haystack in "\\PC{0,40}", needle in "\\PC{1,3}") {
            for place in whole_words(&haystack, &needle) {
                prop_assert_eq!(&haystack[place], &needle);
            }
        }
    }
}
