//! Contained text: does an expected text occur in the turn?
//!
//! Both sides are folded alike before they are compared; see [`Ignore`]. With `words`, a text
//! counts only where it does not begin or end inside a longer word ("art" is not in "start").

use super::markup::{is_markup, visible};
use super::places::whole_words;
use super::text::{self, Ignore, fold};
use super::{CONTINUATIONS, ConfigError, Configure, Reads, Scorer, is_yes};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether an expected text occurs, as it is written or as a reader sees it, without the marks of Markdown, HTML and LaTeX.
/// Give exactly one of `text`, `any_of` and `all_of`.
/// Case is folded as the Unicode Standard defines it (section 3.13, default caseless matching).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Includes {
    /// The live turn to grade.
    pub turn: String,
    /// The text to look for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Several texts, at least one of which must occur.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_of: Option<Vec<String>>,
    /// Several texts, all of which must occur.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_of: Option<Vec<String>>,
    /// Whether only whole words count.
    #[serde(default)]
    pub words: bool,
    /// Differences that do not count.
    #[serde(default = "text::usual")]
    pub ignore: Vec<Ignore>,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

impl Configure for Includes {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Flag
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        let (parameter, wanted, all) = match (&self.text, &self.any_of, &self.all_of) {
            (Some(text), None, None) => ("text", vec![text.clone()], true),
            (None, Some(texts), None) => ("any_of", texts.clone(), false),
            (None, None, Some(texts)) => ("all_of", texts.clone(), true),
            _ => return Err(ConfigError::new("", "give exactly one of `text`, `any_of` and `all_of`")),
        };
        if wanted.is_empty() {
            return Err(ConfigError::new(parameter, "the list is empty"));
        }
        let wanted: Vec<String> = wanted.iter().map(|text| fold(text, &self.ignore)).collect();
        if wanted.iter().any(String::is_empty) {
            return Err(ConfigError::new(parameter, "an empty text occurs in every text"));
        }
        Ok(Box::new(Finder { wanted, all, words: self.words, ignore: self.ignore.clone() }))
    }
}

struct Finder {
    wanted: Vec<String>,
    all: bool,
    words: bool,
    ignore: Vec<Ignore>,
}

impl Scorer for Finder {
    /// What occurs goes on occurring, unless it is the beginning of a longer word.
    fn lasts(&self, view: &View<'_>, text: &str, outcome: &Outcome) -> bool {
        let stays = |more: &&str| is_yes(&self.score(view, &format!("{text}{more}")));
        is_yes(outcome) && CONTINUATIONS.iter().all(stays)
    }

    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        if let Some(why) = super::too_much(self.wanted.len(), text) {
            return Outcome::unscored(why);
        }
        // As it is written, and as a reader sees it. What is looked for may be markup itself; a word may not be part of it.
        let (written, seen) = (fold(text, &self.ignore), fold(&visible(text), &self.ignore));
        let stands = |text: &str, wanted: &str| !whole_words(text, wanted).is_empty();
        let occurs = |wanted: &String| match self.words {
            true => stands(&seen, wanted) || (is_markup(wanted) && stands(&written, wanted)),
            false => seen.contains(wanted.as_str()) || written.contains(wanted.as_str()),
        };
        let (found, missing): (Vec<&String>, Vec<&String>) =
            self.wanted.iter().partition(|text| occurs(text));
        let list =
            |texts: &[&String]| texts.iter().map(|text| format!("“{text}”")).collect::<Vec<_>>().join(", ");
        if self.all {
            let why = if missing.is_empty() { list(&found) } else { format!("missing: {}", list(&missing)) };
            Outcome::flag(missing.is_empty()).because(why)
        } else {
            let why = if found.is_empty() { "none occurs".to_owned() } else { list(&found) };
            Outcome::flag(!found.is_empty()).because(why)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, flag};
    use serde_json::json;

    #[test]
    fn a_text_occurs_anywhere() {
        let scorer = json!({"includes": {"turn": "reply", "text": "at Seven"}});
        assert_eq!(flag(&scorer, "Booked for Friday at\nseven."), Some(true));
        assert_eq!(flag(&scorer, "Booked for Friday."), Some(false));
    }

    #[test]
    fn whole_words_can_be_demanded() {
        let anywhere = json!({"includes": {"turn": "reply", "text": "art"}});
        let words = json!({"includes": {"turn": "reply", "text": "art", "words": true}});
        assert_eq!(flag(&anywhere, "Start!"), Some(true));
        assert_eq!(flag(&words, "Start!"), Some(false));
        assert_eq!(flag(&words, "Modern art."), Some(true));
    }

    #[test]
    fn any_and_all() {
        let any = json!({"includes": {"turn": "reply", "any_of": ["four", "4"], "words": true}});
        let all = json!({"includes": {"turn": "reply", "all_of": ["friday", "seven"]}});
        assert_eq!(flag(&any, "A table for 4."), Some(true));
        assert_eq!(flag(&any, "A table for 40."), Some(false));
        assert_eq!(flag(&all, "Seven on Friday"), Some(true));
        assert_eq!(flag(&all, "Friday"), Some(false));
    }

    #[test]
    fn an_expectation_that_always_holds_is_an_error() {
        assert_eq!(error(&json!({"includes": {"turn": "reply", "text": " "}})).parameter, "text");
        assert_eq!(error(&json!({"includes": {"turn": "reply", "all_of": []}})).parameter, "all_of");
        assert_eq!(error(&json!({"includes": {"turn": "reply"}})).parameter, "");
    }
}
