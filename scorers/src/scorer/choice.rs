//! Closed-set choice: which of the given options does the turn name?

use super::{ConfigError, Configure, Wordings, Reads, Scorer, options};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which of a closed set of options is named; unscored where none is, or several. Whole words
/// count, in scripts without spaces too; case and markup do not; and a longer option wins over a
/// shorter one inside it. A lone letter counts where it labels: the article "a" does not name A.
/// A denial ("not the cat") is a mention like any other.
/// The rule is Grice's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Choice {
    /// The live turn to grade.
    pub turn: String,
    /// The options: a list of labels, or an object with a list of further wordings per label.
    pub options: Wordings,
    /// Which mention counts where several options are named.
    #[serde(default)]
    pub which: Mention,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// Which mention counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mention {
    /// The first one.
    First,
    /// The last one.
    Last,
    /// None: then there is no grade.
    #[default]
    Only,
}

impl Configure for Choice {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Label
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        Ok(Box::new(Chooser { matcher: self.options.matcher("options")?, which: self.which }))
    }
}

struct Chooser {
    matcher: options::Matcher,
    which: Mention,
}

impl Scorer for Chooser {
    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        let chosen = match self.which {
            Mention::Only => self.matcher.only(text),
            Mention::First => self.end(text, |mentions| mentions.first().copied()),
            Mention::Last => self.end(text, |mentions| mentions.last().copied()),
        };
        match chosen {
            Ok(label) => Outcome::label(label),
            Err(reason) => Outcome::unscored(reason),
        }
    }
}

impl Chooser {
    fn end<'a>(
        &'a self,
        text: &str,
        pick: impl Fn(&[&'a str]) -> Option<&'a str>,
    ) -> Result<&'a str, String> {
        pick(&self.matcher.mentions(text)?).ok_or_else(|| "none of the options is named".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, label};
    use serde_json::json;

    #[test]
    fn the_only_option_named_is_chosen() {
        let scorer =
            json!({"choice": {"turn": "reply", "options": ["apple", "pine", "pineapple", "ice cream"]}});
        assert_eq!(label(&scorer, "An apple. Yes, an APPLE!").as_deref(), Some("apple"));
        assert_eq!(label(&scorer, "A pineapple").as_deref(), Some("pineapple"));
        assert_eq!(label(&scorer, "Ice\ncream").as_deref(), Some("ice cream"));
        assert_eq!(label(&scorer, "An apple or a pine"), None);
        assert_eq!(label(&scorer, "A pear"), None);
    }

    #[test]
    fn the_first_or_last_mention_can_be_asked_for() {
        let with = |which: &str| json!({"choice": {"turn": "reply", "options": {"A": ["first"], "B": ["second"]}, "which": which}});
        let text = "Not the first one: b. The second.";
        assert_eq!(label(&with("first"), text).as_deref(), Some("A"));
        assert_eq!(label(&with("last"), text).as_deref(), Some("B"));
        assert_eq!(label(&with("only"), text), None);
        assert_eq!(label(&with("last"), "neither"), None);
    }

    #[test]
    fn options_must_be_there() {
        assert_eq!(error(&json!({"choice": {"turn": "reply", "options": []}})).parameter, "options");
    }
}
