//! Patterns, and the words of a sentence that say what it is about.

use crate::scorer::text::words;
use regex::Regex;
use std::collections::BTreeSet;

/// A constant pattern in verbose syntax.
pub(super) fn pattern(source: &str) -> Regex {
    Regex::new(&format!("(?x){source}")).expect("a constant pattern")
}

/// Words that say little about what a sentence is about.
const FUNCTION_WORDS: &[&str] = &[
    "a", "about", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but",
    "by", "can", "could", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "here",
    "him", "his", "i", "i'd", "i'll", "i'm", "i've", "if", "in", "is", "it", "it's", "its", "just", "like",
    "may", "me", "mean", "meant", "my", "no", "not", "of", "oh", "ok", "okay", "on", "one", "or", "our",
    "please", "said", "she", "so", "sorry", "than", "thank", "thanks", "that", "that's", "the", "their",
    "them", "then", "there", "these", "they", "this", "to", "too", "us", "very", "was", "we", "well", "were",
    "what", "when", "where", "which", "who", "will", "with", "would", "wrong", "yes", "you", "you'd",
    "you're", "you've", "your",
];

/// The words of a plain sentence that say what it is about.
pub(super) fn content(sentence: &str) -> BTreeSet<&str> {
    words(sentence).into_iter().filter(|word| !FUNCTION_WORDS.contains(word)).collect()
}

/// The content words of several sentences.
pub(super) fn content_of(sentences: &[String]) -> BTreeSet<&str> {
    sentences.iter().flat_map(|sentence| content(sentence)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_words_carry_the_matter() {
        assert_eq!(content("no, i said on tuesday."), BTreeSet::from(["tuesday"]));
    }
}
