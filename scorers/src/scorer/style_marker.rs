//! A category of function words in a reply, and after a turn that has it: what coordination is made of.
//!
//! Coordination of a reply to an utterance in one category (Danescu-Niculescu-Mizil, Lee, Pang and Kleinberg 2012, arXiv:1112.3670) is
//! P(the reply has it | the utterance has it) - P(the reply has it): a `contrast` of two rates, one of which has `after`.

use super::function_words::{Category, first};
use super::{ConfigError, Configure, Reads, Scorer, is_yes};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the turn has a word of a category of function words. With `after: user`, only replies to a turn of the user that has one, too,
/// are scored; the rate of these minus the rate of all is how far the model coordinates with the user in this category.
/// English only, by Grice's own word lists.
/// Coordination: Danescu-Niculescu-Mizil et al. 2012 (arXiv:1112.3670).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct StyleMarker {
    /// The live turn to grade.
    pub turn: String,
    /// The category.
    pub category: Category,
    /// The turn that has to have it as well: `user` for the last turn of the user, or the name of an earlier live turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

const USER: &str = "user";

impl Configure for StyleMarker {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn other_turns(&self) -> Vec<&str> {
        self.after.as_deref().filter(|name| *name != USER).into_iter().collect()
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Flag
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        Ok(Box::new(self.clone()))
    }
}

impl Scorer for StyleMarker {
    fn score(&self, view: &View<'_>, text: &str) -> Outcome {
        if let Some(name) = &self.after {
            let earlier = view.latest(name);
            let Some(earlier) = earlier.and_then(|turn| turn.said()) else {
                return Outcome::unscored(format!("no turn `{name}` precedes"));
            };
            if first(&earlier, self.category).is_none() {
                return Outcome::unscored(format!("the turn `{name}` has no such word"));
            }
        }
        match first(text, self.category) {
            Some(word) => Outcome::flag(true).because(word),
            None => Outcome::flag(false),
        }
    }

    /// What was found stays found, unless the word was being said.
    fn lasts(&self, view: &View<'_>, text: &str, outcome: &Outcome) -> bool {
        let before = text.trim_end().rsplit_once(char::is_whitespace).map_or("", |(before, _)| before);
        is_yes(outcome) && is_yes(&self.score(view, before))
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::outcome;
    use crate::{Outcome, Role, Turn};
    use serde_json::json;

    #[test]
    fn a_reply_counts_after_an_utterance_that_has_it_too() {
        let exchange = |said: &str, reply: &str, after: bool| {
            let mut scorer = json!({"style_marker": {"turn": "reply", "category": "articles"}});
            if after {
                scorer["style_marker"]["after"] = json!("user");
            }
            outcome(&scorer, &[Turn::scripted(Role::User, said), Turn::generated("reply", reply)])
        };
        assert_eq!(exchange("The cat?", "A cat.", true), Outcome::flag(true).because("a"));
        assert_eq!(exchange("The cat?", "Cats.", true), Outcome::flag(false));
        assert_eq!(exchange("Cats?", "A cat.", true), Outcome::unscored("the turn `user` has no such word"));
        assert_eq!(exchange("Cats?", "A cat.", false), Outcome::flag(true).because("a"));
    }
}
