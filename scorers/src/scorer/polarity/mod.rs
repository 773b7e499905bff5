//! Yes or no: the polarity of an answer in English.
//!
//! The rules are Grice's own. An answer takes its polarity from its first sentence that is neither a question nor a mere
//! opening ("Well."); [`sentence`] reads one, clause by clause. Where that sentence answers nothing, a later one that is
//! nothing but a "yes" or "no" counts. A later "yes" or "no" that says the opposite takes an answer back.
//!
//! No answer is better than the opposite one: what is hedged, conditional, refused or says both is neither.

mod clause;
mod sentence;

use super::text::sentences;
use sentence::Reading;

/// The polarity of an answer, or why it has none.
pub(super) fn polarity(text: &str) -> Result<bool, &'static str> {
    const NEITHER: &str = "the answer is neither yes nor no";
    let sentences = sentences(text);
    if sentences.is_empty() {
        return Err("the answer has no words");
    }
    // "No. 5" is a number.
    let numbered = |index: usize| {
        sentences[index] == "no."
            && sentences
                .get(index + 1)
                .is_some_and(|next| next.starts_with(|sign: char| sign.is_ascii_digit()))
    };
    let mut readings = sentences
        .iter()
        .enumerate()
        .map(|(index, sentence)| if numbered(index) { Reading::Statement } else { sentence::read(sentence) })
        .skip_while(|reading| matches!(reading, Reading::Opening | Reading::Question));
    let first = match readings.next() {
        Some(Reading::Answer { yes, .. }) => Some(yes),
        Some(Reading::Statement) => None,
        _ => return Err(NEITHER),
    };
    let mut plain = readings.filter_map(|reading| match reading {
        // Only a plain "yes" or "no" takes an answer back; "That is right" further on may mean much.
        Reading::Answer { yes, plain: true } => Some(yes),
        _ => None,
    });
    let answer = first.or_else(|| plain.next()).ok_or(NEITHER)?;
    if plain.any(|later| later != answer) { Err("the answer says both yes and no") } else { Ok(answer) }
}

#[cfg(test)]
mod tests;
