//! Grounding acts in English text: the rules behind [`super::grounding_act`], one file per act.
//!
//! A rule looks at one sentence of the graded turn at a time, in plain form (lower case, typewriter
//! signs, single spaces), and at what was said before. Each gives the sentence that performs the
//! act, as evidence.

pub(super) mod acknowledgement;
mod ask;
pub(super) mod denial;
mod form;
pub(super) mod parrot;
pub(super) mod question;
pub(super) mod repair;
mod report;
mod standing;
mod trouble;

use super::text::{sentences, words};
use crate::View;
use crate::transcript::{Body, Role};
use regex::Regex;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A constant pattern in verbose syntax.
fn pattern(source: &str) -> Regex {
    Regex::new(&format!("(?x){source}")).expect("a constant pattern")
}

/// What was said before the graded turn, in plain form.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// The user's turns, oldest first, each as its sentences.
    pub(super) user: Vec<Vec<String>>,
    /// The last turn of the model's side, as its sentences.
    pub(super) model: Vec<String>,
    /// The sentences of the turns that the spec wrote for the model's side.
    pub(super) scripted: Vec<String>,
}

impl Context {
    pub(super) fn of(view: &View<'_>) -> Self {
        let said = |role: Role| {
            view.before().iter().filter(move |turn| turn.role == role).filter_map(|turn| turn.said())
        };
        let of = |text: Cow<'_, str>| sentences(&text);
        Self {
            user: said(Role::User).map(of).collect(),
            model: said(Role::Assistant).next_back().map(of).unwrap_or_default(),
            scripted: view
                .before()
                .iter()
                .filter(|turn| turn.role == Role::Assistant)
                .filter_map(|turn| match &turn.body {
                    Body::Scripted { text } => Some(sentences(text)),
                    Body::Generated { .. } | Body::Failed { .. } => None,
                })
                .flatten()
                .collect(),
        }
    }

    /// The sentences of the user's last turn.
    pub(super) fn last_user(&self) -> &[String] {
        self.user.last().map_or(&[], Vec::as_slice)
    }

    /// Whether the user has said more than greetings and thanks.
    fn user_told(&self) -> bool {
        self.opening().is_some()
    }

    /// Whether the user's last turn is the one that comes to the matter: nothing is requested but what it requests.
    fn opens(&self) -> bool {
        self.opening().is_some_and(|turn| turn + 1 == self.user.len())
    }

    /// Where the user's turns come to the matter: the first that is more than greetings and thanks.
    fn opening(&self) -> Option<usize> {
        self.user.iter().position(|turn| !turn.iter().all(|sentence| standing::social(sentence)))
    }

    /// Whether the user's last turn is a question.
    pub(super) fn user_asked(&self) -> bool {
        self.last_user().iter().any(|sentence| form::marked(sentence))
    }
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
fn content(sentence: &str) -> BTreeSet<&str> {
    words(sentence).into_iter().filter(|word| !FUNCTION_WORDS.contains(word)).collect()
}

/// The content words of several sentences.
fn content_of(sentences: &[String]) -> BTreeSet<&str> {
    sentences.iter().flat_map(|sentence| content(sentence)).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What the user said and the model answered.
    pub(crate) type Example = (&'static str, &'static str);

    /// The context of one turn of the user; none when it is empty.
    pub(crate) fn after(user: &str) -> Context {
        let user = if user.is_empty() { Vec::new() } else { vec![sentences(user)] };
        Context { user, ..Context::default() }
    }

    /// Asserts which examples perform an act; shows every one that goes wrong.
    pub(crate) fn assert_act(performs: impl Fn(&Context, &str) -> bool, yes: &[Example], no: &[Example]) {
        assert!(yes.len() + no.len() >= 15, "too few examples");
        let wrong: Vec<_> = yes
            .iter()
            .map(|example| (example, true))
            .chain(no.iter().map(|example| (example, false)))
            .filter(|((user, reply), expected)| performs(&after(user), reply) != *expected)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn content_words_carry_the_matter() {
        assert_eq!(content("no, i said on tuesday."), BTreeSet::from(["tuesday"]));
    }
}
