//! Grounding acts in English text: the rules behind [`super::grounding_act`], one file per act.
//!
//! A rule looks at one sentence of the graded turn at a time, in plain form (lower case, typewriter
//! signs, single spaces), and at what was said before. Each gives the sentence that performs the
//! act, as evidence.

pub(super) mod acknowledgement;
mod ask;
mod context;
pub(super) mod denial;
mod form;
pub(super) mod parrot;
pub(super) mod question;
pub(super) mod repair;
mod report;
mod standing;
mod text;
mod trouble;

pub(super) use context::Context;

#[cfg(test)]
pub(super) mod tests {
    use super::Context;
    use crate::scorer::text::sentences;

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
}
