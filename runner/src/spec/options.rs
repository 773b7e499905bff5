//! Options of a choice: whether an answer tells them apart.
//!
//! A choice weighs its options token by token, so two that a reader would take for one have a probability each that says nothing, and one
//! that begins with another has none of its own.

use scorers::{scorer::folded, template::TemplateError};
use std::collections::HashMap;

/// The first option that an answer could not tell from another one, by its number, and why; none where all can be told apart.
pub fn confusion(options: &[String]) -> Option<(usize, TemplateError)> {
    if let Some(index) = options.iter().position(|option| option.trim().is_empty()) {
        return Some((index, wrong("an option is empty".to_owned(), "say what can be answered")));
    }
    let named = |index: usize| options.get(index).map_or("", |option| option.trim());
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, option) in options.iter().enumerate() {
        if let Some(first) = seen.insert(folded(option), index) {
            let message = format!("the options `{}` and `{}` are the same", named(first), named(index));
            return Some((index, wrong(message, "leave one of them out")));
        }
    }
    let pairs = (0..options.len()).flat_map(|one| (0..options.len()).map(move |other| (one, other)));
    let found = pairs
        .filter(|(short, long)| short != long)
        .find(|(short, long)| goes_on(named(*short), named(*long)));
    found.map(|(short, long)| {
        let message = format!("the option `{}` begins with the option `{}`", named(long), named(short));
        let help = "the longer one has no probability of its own; begin them with different words, or write figures as words";
        (long, wrong(message, help))
    })
}

/// Whether a text goes on after another one with a further word, or a figure with a further digit: so it does token by token.
fn goes_on(short: &str, long: &str) -> bool {
    let Some(rest) = long.strip_prefix(short) else { return false };
    let (last, next) = (short.chars().next_back(), rest.chars().next());
    let digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    next.is_some_and(|next| !next.is_alphanumeric()) || (digit(last) && digit(next))
}

fn wrong(message: String, help: &str) -> TemplateError {
    TemplateError { help: Some(help.to_owned()), ..TemplateError::of(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(options: &[&str]) -> Option<(usize, String)> {
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        confusion(&options).map(|(index, error)| (index, error.message))
    }

    #[test]
    fn options_that_an_answer_can_tell_apart_are_fine() {
        for options in [
            &["yes", "no"][..],
            &["A", "B"],
            &["not sure", "no", "none"],
            &["Straße", "Strasbourg"],
            &["é", "e"],
        ] {
            assert_eq!(found(options), None, "{options:?}");
        }
    }

    #[test]
    fn what_reads_the_same_is_found_whatever_its_letters() {
        for (options, index) in [
            (&["yes", "no", " Yes"][..], 2),
            (&["STRASSE", "straße"], 1),
            (&["a  b", "c", "a b"], 2),
            (&["ﬁne", "fine"], 1),
        ] {
            let (found, message) = found(options).unwrap();
            assert!(found == index && message.contains("are the same"), "{options:?}: {found} {message}");
        }
    }

    #[test]
    fn what_begins_with_another_is_found() {
        for (options, index) in [(&["10", "1"][..], 0), (&["no", "yes", "none", "no, never"], 3)] {
            let (found, message) = found(options).unwrap();
            assert!(found == index && message.contains("begins with"), "{options:?}: {found} {message}");
        }
        assert_eq!(found(&["a", " "]), Some((1, "an option is empty".to_owned())));
    }
}
