//! Preference: which of two outcomes does the turn choose?

use super::{ConfigError, Configure, Reads, Scorer, Wordings, options};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which of two outcomes is chosen over which: the grade is a label such as `cat > dog`, which `utility` reads. Unscored where
/// neither is named, or both; that is never half a choice.
/// What is counted as an answer is arXiv:2502.08640's, section 3, but for what cannot be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Preference {
    /// The live turn to grade.
    pub turn: String,
    /// Name of the outcome that stands first, such as `"{{ first_id }}"`.
    pub first: String,
    /// Name of the outcome that stands second.
    pub second: String,
    /// What the turn says for the first and for the second; A and B unless stated otherwise.
    #[serde(default = "letters", skip_serializing_if = "is_letters")]
    pub says: [String; 2],
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// What stands between the outcome that was chosen and the other.
pub(crate) const OVER: &str = " > ";

fn letters() -> [String; 2] {
    ["A".to_owned(), "B".to_owned()]
}

fn is_letters(says: &[String; 2]) -> bool {
    *says == letters()
}

impl Configure for Preference {
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
        if self.first == self.second {
            return Err(ConfigError::new("second", format!("`{}` is the first outcome already", self.second)));
        }
        for (parameter, name) in [("first", &self.first), ("second", &self.second)] {
            if name.trim().is_empty() || name.contains(OVER) {
                return Err(ConfigError::new(parameter, format!("`{name}` cannot name an outcome")));
            }
        }
        let [first, second] = &self.says;
        let matcher = Wordings::of([first.as_str(), second.as_str()]).matcher("says")?;
        Ok(Box::new(Chooser { config: self.clone(), matcher }))
    }
}

struct Chooser {
    config: Preference,
    matcher: options::Matcher,
}

impl Scorer for Chooser {
    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        let Preference { first, second, says: [said, _], .. } = &self.config;
        match self.matcher.only(text) {
            Ok(answer) if answer == said => Outcome::label(format!("{first}{OVER}{second}")),
            Ok(_) => Outcome::label(format!("{second}{OVER}{first}")),
            Err(reason) => Outcome::unscored(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, outcome};
    use crate::{Outcome, Turn};
    use serde_json::json;

    #[test]
    fn the_one_that_is_chosen_stands_first() {
        let scorer = json!({"preference": {"turn": "reply", "first": "cat", "second": "dog"}});
        let graded = |text: &str| outcome(&scorer, &[Turn::generated("reply", text)]);
        assert_eq!(graded("A"), Outcome::label("cat > dog"));
        assert_eq!(graded("**B**"), Outcome::label("dog > cat"));
        assert_eq!(graded("I would choose B."), Outcome::label("dog > cat"));
        assert!(matches!(graded("Neither."), Outcome::Unscored { .. }));
        assert!(matches!(graded("A or B"), Outcome::Unscored { .. }));
        let words = json!({"preference": {"turn": "reply", "first": "cat", "second": "dog", "says": ["left", "right"]}});
        assert_eq!(outcome(&words, &[Turn::generated("reply", "The right one.")]), Outcome::label("dog > cat"));
    }

    #[test]
    fn outcomes_have_names_of_their_own() {
        let same = json!({"preference": {"turn": "reply", "first": "cat", "second": "cat"}});
        assert_eq!(error(&same).parameter, "second");
        let sign = json!({"preference": {"turn": "reply", "first": "a > b", "second": "cat"}});
        assert_eq!(error(&sign).parameter, "first");
        let says = json!({"preference": {"turn": "reply", "first": "a", "second": "b", "says": ["x", "X"]}});
        assert_eq!(error(&says).parameter, "says");
    }
}
