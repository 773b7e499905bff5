//! Grading a text, and what several scorers need for it.

use crate::{Outcome, View};

/// Grades the focused turn of a view. Pure and deterministic.
pub trait Scorer: Send + Sync {
    /// The grade, or a stated reason for none. A turn whose generation failed never gets here.
    fn score(&self, view: &View<'_>, text: &str) -> Outcome;

    /// Whether a grade of a reply that was cut off would be the same however the reply went on: what was found stays
    /// found, a text that is too long does not get shorter. Where it would not, the reply is left without a grade
    /// (see [`CutOff`]). Whoever says nothing cannot know.
    fn lasts(&self, view: &View<'_>, text: &str, outcome: &Outcome) -> bool {
        let _ = (view, text, outcome);
        false
    }
}

/// How a reply could go on, for scorers whose finding may end where the reply does: within a word, with a new word, line
/// or sentence.
pub(super) const CONTINUATIONS: [&str; 6] = ["x", "1", " x", "\nx", ".", ", x"];

/// Texts that are looked for times bytes of the text that they are looked for in, at most: a second's work, and several where a
/// reply was cut off.
const SEARCHES: usize = 1 << 30;

/// Why so many texts are not looked for in this one, if they are not.
pub(super) fn too_much(texts: usize, text: &str) -> Option<String> {
    let work = texts.saturating_mul(text.len());
    (work > SEARCHES).then(|| format!("{texts} texts are too many to look for in {} bytes", text.len()))
}

/// Whether the grade is a yes.
pub(super) fn is_yes(outcome: &Outcome) -> bool {
    matches!(outcome.value(), Some(crate::Value::Flag(true)))
}
