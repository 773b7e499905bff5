//! Parroting: a reply that only says again what was said to the model.
//!
//! Repeating part of what the user said can be evidence of understanding ("on Friday at seven"; Clark
//! and Schaefer 1989 call it display). A whole turn said again, or the user's words in the user's own
//! person ("at six, please"), shows nothing: small models copy turns of their prompt. The same holds
//! for a turn of the assistant that the spec wrote. Such a reply performs no act.

use super::ask::{self, Ask};
use super::context::Context;
use crate::scorer::text::words;

/// Words that only the user can say of the user's matter.
pub(super) const OWN_PERSON: [&str; 12] =
    ["i", "i'd", "i'm", "i've", "i'll", "my", "me", "we", "we'd", "our", "us", "please"];

/// A repetition shorter than this is a formula, unless it is the user's turn.
const FORMULA: usize = 4;

/// A sentence shorter than this is a courtesy, which anybody may say again.
const THANKS: usize = 3;

/// Whether a reply consists of the user's last turn, or of sentences of turns that the spec wrote for
/// the assistant.
pub(in crate::scorer) fn parrots(sentences: &[String], context: &Context) -> bool {
    let ours: Vec<&str> = sentences.iter().flat_map(|sentence| words(sentence)).collect();
    let theirs: Vec<&str> = context.last_user().iter().flat_map(|sentence| words(sentence)).collect();
    if ours.len() < 2 {
        return false;
    }
    let said_by_user = theirs.windows(ours.len()).any(|run| run == ours);
    let own = ours.iter().any(|word| OWN_PERSON.contains(word));
    if said_by_user && (own || ours.len() == theirs.len()) {
        return true;
    }
    let scripted = |sentence: &String| {
        let said = words(sentence);
        context.scripted.iter().any(|earlier| words(earlier) == said)
    };
    let users = |sentence: &String| context.last_user().iter().any(|said| words(said) == words(sentence));
    let closing = sentences.iter().any(|sentence| ask::of(sentence) == Some(Ask::More));
    ours.len() >= FORMULA
        && !closing
        && sentences.iter().any(|sentence| words(sentence).len() >= THANKS && scripted(sentence))
        && sentences.iter().all(|sentence| scripted(sentence) || users(sentence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scorer::text::sentences;

    fn context(user: &str, scripted: &str) -> Context {
        Context { scripted: sentences(scripted), ..super::super::tests::after(user) }
    }

    #[test]
    fn a_turn_said_again_is_parroted() {
        for (user, scripted, reply) in [
            ("At six, please.", "Thank you. At what time?", "At six, please."),
            ("At six, please.", "Thank you. At what time?", "At six please"),
            ("Hello, I'd like a table.", "", "I'd like a table."),
            ("For four people.", "", "for four people!"),
            ("At six.", "Thank you. At what time?", "Thank you. At what time?"),
            ("At six.", "Thank you. At what time?", "At six. At what time?"),
            ("No, at nine.", "Booked: a table at eight.", "Booked: a table at eight."),
        ] {
            assert!(parrots(&sentences(reply), &context(user, scripted)), "{user} | {reply}");
        }
    }

    #[test]
    fn part_of_a_turn_and_formulas_are_not() {
        for (user, scripted, reply) in [
            ("It is for a birthday. A table for four on Friday.", "", "A table for four on Friday."),
            ("At six, please.", "Thank you. At what time?", "At six. Booked."),
            ("Yes.", "", "Yes."),
            ("Great.", "Booked. Is there anything else?", "Is there anything else?"),
            ("It is Ann.", "I see.", "I see."),
            ("", "", ""),
            ("", "At what time would you like it?", "At what time?"),
            ("That is right.", "Thank you. At what time?", "Thank you. Thank you."),
        ] {
            assert!(!parrots(&sentences(reply), &context(user, scripted)), "{user} | {reply}");
        }
    }
}
