//! Text made comparable: folding of what a comparison should overlook, and words in it.
//!
//! Every comparison starts from what a typewriter would write ([`super::typed`]), so that `don’t` and `don't` are the same
//! word. What else is overlooked is the spec's choice.

use super::markup;
use super::typed::typed;
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
    let mut folded = typed(text);
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

/// The form of a text in which two texts are equal that a reader takes for the same: without regard to case, white space and the ways of
/// writing one letter.
pub fn folded(text: &str) -> String {
    by_tables(text, false, true).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text in plain form that remembers how it was written.
pub(super) struct Written {
    /// The plain form: small letters, single spaces.
    pub(super) plain: String,
    /// For every byte of the plain form whether it stands for a capital letter.
    capital: Vec<bool>,
    /// For every byte of the plain form whether a line begins there.
    begins_line: Vec<bool>,
}

impl Written {
    /// The plain form of what a reader sees of a text.
    pub(super) fn of(text: &str) -> Self {
        let typed = typed(text);
        let mut written = Self { plain: String::new(), capital: Vec::new(), begins_line: Vec::new() };
        let (mut space, mut line) = (false, true);
        for letter in typed.chars() {
            if letter.is_whitespace() {
                (space, line) = (true, line || letter == '\n');
                continue;
            }
            if std::mem::take(&mut space) && !written.plain.is_empty() {
                written.push(' ', false, false);
            }
            let begins = std::mem::take(&mut line);
            for folded in std::iter::once(letter).default_case_fold() {
                written.push(folded, letter.is_uppercase(), begins);
            }
        }
        written
    }

    fn push(&mut self, letter: char, capital: bool, begins_line: bool) {
        self.plain.push(letter);
        self.capital.resize(self.plain.len(), capital);
        self.begins_line.resize(self.plain.len(), begins_line);
    }

    /// Whether all letters of a place in the plain form were written as capitals.
    pub(super) fn is_capital(&self, place: &Range<usize>) -> bool {
        self.capital.get(place.clone()).is_some_and(|capitals| capitals.iter().all(|capital| *capital))
    }

    /// Whether a place in the plain form begins a line of the text.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.begins_line.get(at).copied().unwrap_or(true)
    }
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
    let text = markup::visible(text);
    let mut found = Vec::new();
    let mut start = 0;
    for mark in BOUNDARY.find_iter(&text) {
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
    }
}
