//! Simulation faults: did a simulated user break the rules of its part?
//!
//! A simulator that answers as an assistant would, says everything at once, says nothing or talks for a page measures itself and not the
//! model it talks to (arXiv:2601.17087, arXiv:2603.11245), so its faults are counted beside the score. The rules are for English and look
//! at words alone: what they find is a fault, and not every fault is found.

use super::markup::visible;
use super::text::{plain, words};
use super::{ConfigError, Configure, Reads, Scorer, is_yes};
use crate::{Outcome, ValueKind, View};
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::LazyLock};

/// Whether a simulated user broke the rules of its part: said nothing, said too much, spoke as an assistant, or gave its goal away.
/// Why simulators are watched: arXiv:2601.17087, arXiv:2603.11245.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct SimulationFault {
    /// The live turn to grade: one that a simulated user speaks.
    pub turn: String,
    /// The faults that count; all unless stated otherwise.
    #[serde(default = "all", skip_serializing_if = "is_all")]
    pub of: Vec<Fault>,
    /// What the user wants, in pieces that it is to say one by one; with one piece alone, it is not to say all of that in one turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goal: Vec<String>,
    /// The most words of one turn.
    #[serde(default = "most_words", skip_serializing_if = "is_most_words")]
    pub most_words: u32,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// A fault of a simulated user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It says nothing.
    Empty,
    /// It says more than `most_words`.
    Long,
    /// It speaks as an assistant, or about the part that it plays.
    Role,
    /// It says more than one piece of its goal, or all of a goal that is one piece.
    Goal,
}

const ALL: [Fault; 4] = [Fault::Empty, Fault::Long, Fault::Role, Fault::Goal];
const MOST_WORDS: u32 = 120;

/// Share of the words of a piece that have to be there for it to be said.
const SAID: f64 = 0.8;

fn all() -> Vec<Fault> {
    ALL.to_vec()
}

fn is_all(faults: &Vec<Fault>) -> bool {
    *faults == ALL
}

fn most_words() -> u32 {
    MOST_WORDS
}

fn is_most_words(words: &u32) -> bool {
    *words == MOST_WORDS
}

/// What an assistant says and a person who wants something does not.
static ROLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let signs = [
        r"as an ai\b",
        r"\bi(?: am|'m) (?:just )?(?:an? )?(?:ai|artificial intelligence|language model|virtual assistant|chatbot)\b",
        r"\b(?:large )?language model\b",
        r"\bhow (?:can|may|could) i (?:help|assist|be of (?:help|service|assistance))\b",
        r"\bwhat can i (?:do for you|help you with|assist you with)\b",
        r"\bi(?: am|'m) (?:here|happy|glad|ready) to (?:help|assist)\b",
        r"^\W*(?:assistant|ai|bot|user|human|customer|system) ?:",
        r"\b(?:i(?: am|'m)|my role is) (?:playing|to play|pretending|simulating)\b",
        r"\bthe user (?:wants|asks|says|said|would like|is asking)\b",
        r"\(you speak first\.?\)",
    ];
    Regex::new(&format!("(?:{})", signs.join("|"))).ok()
});

/// Words that say little of what somebody wants.
const COMMON: &[&str] = &[
    "about", "also", "and", "are", "but", "can", "could", "for", "from", "has", "have", "her", "his", "how", "into", "its", "just",
    "like", "need", "not", "one", "our", "out", "please", "should", "some", "than", "that", "the", "their", "them", "then", "there",
    "they", "this", "want", "was", "were", "what", "when", "where", "which", "who", "will", "with", "would", "you", "your",
];

impl Configure for SimulationFault {
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
        if self.of.is_empty() {
            return Err(ConfigError::new("of", "no fault is named; leave it out for all of them"));
        }
        if self.of.contains(&Fault::Goal) && self.of.len() < ALL.len() && self.goal.is_empty() {
            return Err(ConfigError::new("goal", "what the user wants is not said"));
        }
        if let Some(piece) = self.goal.iter().find(|piece| telling(piece).is_empty()) {
            return Err(ConfigError::new("goal", format!("`{piece}` has no word that says what is wanted")));
        }
        Ok(Box::new(self.clone()))
    }
}

impl Scorer for SimulationFault {
    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        let found = self.of.iter().find_map(|fault| self.found(*fault, text));
        match found {
            Some(why) => Outcome::flag(true).because(why),
            None => Outcome::flag(false),
        }
    }

    /// A fault in what was said stays one, however the turn goes on.
    fn lasts(&self, _view: &View<'_>, text: &str, outcome: &Outcome) -> bool {
        is_yes(outcome) && !text.trim().is_empty()
    }
}

impl SimulationFault {
    /// What tells of a fault, for people; none where it is not found.
    fn found(&self, fault: Fault, text: &str) -> Option<String> {
        let said = plain(&visible(text));
        match fault {
            Fault::Empty => said.trim().is_empty().then(|| "it says nothing".to_owned()),
            Fault::Long => {
                let count = words(&said).len();
                (count > self.most_words as usize).then(|| format!("{count} words"))
            }
            Fault::Role => {
                let found = ROLE.as_ref().and_then(|signs| signs.find(&said));
                found.map(|sign| format!("`{}`", sign.as_str().trim()))
            }
            Fault::Goal => {
                let said: BTreeSet<&str> = words(&said).into_iter().collect();
                let given = self.goal.iter().filter(|piece| {
                    let telling = telling(piece);
                    let there = telling.iter().filter(|word| said.contains(word.as_str())).count();
                    there as f64 >= SAID * telling.len() as f64
                });
                let given = given.count();
                let allowed = usize::from(self.goal.len() > 1);
                (given > allowed).then(|| format!("{given} of {} pieces of the goal", self.goal.len()))
            }
        }
    }
}

/// The different words of a piece that say what is wanted.
fn telling(piece: &str) -> BTreeSet<String> {
    let plain = plain(&visible(piece));
    let telling = words(&plain).into_iter().filter(|word| {
        let figure = word.chars().any(|letter| letter.is_ascii_digit());
        figure || (word.chars().count() > 2 && !COMMON.contains(word))
    });
    telling.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, flag, outcome};
    use crate::{Outcome, Turn};
    use serde_json::json;

    fn scorer() -> serde_json::Value {
        json!({"simulation_fault": {"turn": "reply", "goal": ["a table for two", "on Friday", "at seven in the evening"], "most_words": 12}})
    }

    #[test]
    fn a_user_who_says_one_thing_at_a_time_is_fine() {
        for text in ["A table for two, please.", "On Friday.", "At seven in the evening!", "Yes, that's right. Thank you."] {
            assert_eq!(flag(&scorer(), text), Some(false), "{text}");
        }
    }

    #[test]
    fn every_fault_is_found_and_named() {
        for (text, why) in [
            ("  ", "it says nothing"),
            ("I want a table for two on Friday.", "2 of 3 pieces of the goal"),
            ("Of course! How can I help you today?", "`how can i help`"),
            ("As an AI language model I want nothing.", "`as an ai`"),
            ("Assistant: Booked.", "`assistant:`"),
            ("(You speak first.)", "`(you speak first.)`"),
            ("one two three four five six seven eight nine ten eleven twelve thirteen", "13 words"),
        ] {
            let found = outcome(&scorer(), &[Turn::generated("reply", text)]);
            assert_eq!(found, Outcome::flag(true).because(why), "{text}");
        }
    }

    #[test]
    fn one_fault_can_be_looked_for_alone() {
        let role = json!({"simulation_fault": {"turn": "reply", "of": ["role"]}});
        assert_eq!(flag(&role, ""), Some(false));
        assert_eq!(flag(&role, "I'm here to help."), Some(true));
        let whole = json!({"simulation_fault": {"turn": "reply", "of": ["goal"], "goal": ["a table for two on Friday"]}});
        assert_eq!(flag(&whole, "A table for two."), Some(false));
        assert_eq!(flag(&whole, "A table for two on Friday."), Some(true));
        assert_eq!(error(&json!({"simulation_fault": {"turn": "reply", "of": ["goal"]}})).parameter, "goal");
        assert_eq!(error(&json!({"simulation_fault": {"turn": "reply", "of": []}})).parameter, "of");
        assert_eq!(error(&json!({"simulation_fault": {"turn": "reply", "goal": ["to the"]}})).parameter, "goal");
    }
}
