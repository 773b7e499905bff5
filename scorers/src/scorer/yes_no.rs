//! Yes or no: which of the two does the turn answer? The rules are in [`super::polarity`].

use super::{ConfigError, Configure, Reads, Scorer, polarity};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the answer is `yes` or `no`; with `is`, whether it is that one; unscored where it is neither, or both. Understands the
/// usual English wordings ("not really", "of course", "it does").
/// The wordings are Grice's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct YesNo {
    /// The live turn to grade.
    pub turn: String,
    /// The answer that is looked for; which of the two it is when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Answer>,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// One of the two answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Configure for YesNo {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        if self.is.is_some() { ValueKind::Flag } else { ValueKind::Label }
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        Ok(Box::new(self.clone()))
    }
}

impl Scorer for YesNo {
    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        match polarity::polarity(text) {
            Ok(yes) if self.is.is_some() => Outcome::flag(yes == (self.is == Some(Answer::Yes))),
            Ok(yes) => Outcome::label(if yes { "yes" } else { "no" }),
            Err(reason) => Outcome::unscored(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{flag, label};
    use serde_json::json;

    #[test]
    fn the_answer_is_labelled() {
        let scorer = json!({"yes_no": {"turn": "reply"}});
        assert_eq!(label(&scorer, "Yes, it can fly.").as_deref(), Some("yes"));
        assert_eq!(label(&scorer, "No. It has no wings.").as_deref(), Some("no"));
        assert_eq!(label(&scorer, "That depends."), None);
        let is = |answer: &str, text| flag(&json!({"yes_no": {"turn": "reply", "is": answer}}), text);
        assert_eq!((is("yes", "Yes."), is("yes", "No."), is("no", "No.")), (Some(true), Some(false), Some(true)));
        assert_eq!(is("no", "That depends."), None);
    }
}
