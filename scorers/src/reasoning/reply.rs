//! A reply taken apart: its reasoning and its answer.

use std::borrow::Cow;

/// A reply taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    answer: Cow<'a, str>,
    reasoning: Vec<&'a str>,
    ended: bool,
}

/// Why a reply has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The reasoning ended, and nothing follows it.
    #[error("the reply is reasoning without an answer")]
    OnlyReasoning,
    /// The reasoning never ends.
    #[error("the reply ends before its reasoning does, so there is no answer")]
    StillReasoning,
}

impl<'a> Reply<'a> {
    /// A reply without reasoning.
    pub(super) fn plain(text: &'a str) -> Self {
        Self { answer: Cow::Borrowed(text), reasoning: Vec::new(), ended: true }
    }

    /// A reply with reasoning: white space around the answer belonged to the format.
    pub(super) fn reasoned(reasoning: Vec<&'a str>, answer: Cow<'a, str>, ended: bool) -> Self {
        let answer = match answer {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        Self { answer, reasoning: reasoning.into_iter().map(str::trim).collect(), ended }
    }

    /// The reply without its reasoning; the whole of it where it has none.
    ///
    /// # Errors
    /// When the reply is nothing but reasoning, or breaks off in it.
    pub fn answer(&self) -> Result<&str, NoAnswer> {
        if !self.ended {
            Err(NoAnswer::StillReasoning)
        } else if self.answer.is_empty() && !self.reasoning.is_empty() {
            Err(NoAnswer::OnlyReasoning)
        } else {
            Ok(&self.answer)
        }
    }

    /// The reasoning, block by block with an empty line between; none where the reply has none.
    pub fn reasoning(&self) -> Option<String> {
        (!self.reasoning.is_empty()).then(|| self.reasoning.join("\n\n"))
    }

    /// [`Reply::answer`], empty where there is none.
    pub fn into_said(self) -> Cow<'a, str> {
        if self.ended { self.answer } else { Cow::Borrowed("") }
    }
}
