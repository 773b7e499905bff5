//! Dialogues as they are asked for: the steps that are walked in one arm.
//!
//! Two dialogues are equal when their steps are. Nothing here knows YAML: a spec is read by the runner, and what it comes to is kept in
//! the record.

mod exchanges;
mod faults;
mod parting;
mod prompt;

use super::sampling::{Coupling, Sampling};
pub use exchanges::{Exchange, exchanges};
pub use faults::{DEPTH, fault};
pub use parting::{in_words, parting};
pub use prompt::{Message, OPENING, Prompt, prompt_for};
use scorers::{Role, Speaker};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The steps of one arm's dialogue, in order.
pub type Dialogue = Vec<Step>;

/// One step of a dialogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// The spec speaks.
    Say {
        /// What the turn is in a prompt.
        role: Role,
        /// What is said: a template, rendered when the step is reached.
        text: String,
        /// Its name, where scorers and later texts are to find it: the human's turn in the place of a reply.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// Somebody of the cast speaks.
    Speak(Box<Speak>),
    /// The steps are walked once per item.
    Repeat {
        /// The rounds.
        items: Items,
        /// The variable that holds the item of the round.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        variable: Option<String>,
        /// An expression over the variables that ends the repeat where it is true at the end of a round.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<String>,
        /// What happens in each round; never holds another repeat.
        steps: Vec<Step>,
    },
    /// Independent continuations from the identical prefix. The main line goes on after it as if it had not been.
    ///
    /// With items it is a grid: so many continuations per item, those of one item beside each other, so that the item of branch
    /// `index` is number `index / samples`.
    Fork {
        /// Name of the fork.
        name: String,
        /// The items of a grid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        items: Option<Items>,
        /// The variable that holds the item of the branch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        variable: Option<String>,
        /// How many continuations, of each item where there are items.
        samples: u32,
        /// What happens in each continuation; never holds another fork.
        steps: Vec<Step>,
    },
}

/// A turn that somebody of the cast is to speak.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speak {
    /// Name of the turn, unique in its dialogue.
    pub name: String,
    /// Who speaks.
    #[serde(default, skip_serializing_if = "Speaker::is_model")]
    pub speaker: Speaker,
    /// What the turn is in a prompt.
    #[serde(default = "assistant", skip_serializing_if = "is_assistant")]
    pub role: Role,
    /// Whether only the speaker is shown it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// What the speaker is shown.
    #[serde(default, skip_serializing_if = "Prompt::is_dialogue")]
    pub prompt: Prompt,
    /// What the speaker is to answer with.
    #[serde(default, skip_serializing_if = "Ask::is_text")]
    pub ask: Ask,
    /// The probe's sampling parameters with this turn's own laid over them.
    pub sampling: Sampling,
}

impl Speak {
    /// A reply of the model under test.
    pub fn reply(name: impl Into<String>, sampling: Sampling) -> Self {
        Self {
            name: name.into(),
            speaker: Speaker::default(),
            role: Role::Assistant,
            private: false,
            prompt: Prompt::Dialogue,
            ask: Ask::Text,
            sampling,
        }
    }
}

impl Speak {
    /// The templates of its prompt and of what it is asked.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let told: Vec<&str> = match &self.prompt {
            Prompt::Dialogue => Vec::new(),
            Prompt::Reversed { system } => system.as_deref().into_iter().collect(),
            Prompt::Own { messages } => messages.iter().map(|message| message.text.as_str()).collect(),
        };
        let options = match &self.ask {
            Ask::Choose { options } => options.as_slice(),
            Ask::Text | Ask::Json { .. } => &[],
        };
        told.into_iter().chain(options.iter().map(String::as_str))
    }
}

fn assistant() -> Role {
    Role::Assistant
}

fn is_assistant(role: &Role) -> bool {
    *role == Role::Assistant
}

impl Prompt {
    fn is_dialogue(&self) -> bool {
        matches!(self, Self::Dialogue)
    }
}

/// What a speaker is to answer with. Texts are templates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Any text.
    #[default]
    Text,
    /// JSON that a schema describes.
    Json {
        /// The schema.
        schema: Json,
        /// The field that is said: the text of the turn, where that is not the whole JSON.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        say: Option<String>,
    },
    /// One of these, by the probability that each has as the answer.
    Choose {
        /// The options, at least two.
        options: Vec<String>,
    },
}

impl Ask {
    fn is_text(&self) -> bool {
        matches!(self, Self::Text)
    }
}

/// The rounds of a repeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Items {
    /// So many rounds; the item is the number of the round.
    Times(u32),
    /// One round per element of the list that an expression over the variables gives.
    Over(String),
    /// One round per element of a list written in the spec.
    List(Vec<Json>),
    /// One round per turn of one side of a recorded dialogue; see [`exchanges`].
    Exchanges {
        /// An expression over the variables that gives the dialogue: a list of `{ role | speaker, text }`.
        over: String,
        /// The side whose turns are the rounds.
        of: String,
    },
}

/// The names of some steps' scripted turns that have one, in order.
pub fn named(steps: &[Step]) -> Vec<&str> {
    steps
        .iter()
        .flat_map(|step| match step {
            Step::Say { name, .. } => name.as_deref().into_iter().collect(),
            Step::Speak(_) => Vec::new(),
            Step::Repeat { steps, .. } | Step::Fork { steps, .. } => named(steps),
        })
        .collect()
}

/// Every live turn of some steps, those in repeats and forks included, in order.
pub fn spoken(steps: &[Step]) -> Vec<&Speak> {
    steps
        .iter()
        .flat_map(|step| match step {
            Step::Say { .. } => Vec::new(),
            Step::Speak(speak) => vec![&**speak],
            Step::Repeat { steps, .. } | Step::Fork { steps, .. } => spoken(steps),
        })
        .collect()
}

/// Changes every live turn of some steps.
pub fn each_spoken(steps: &mut [Step], change: &mut dyn FnMut(&mut Speak)) {
    for step in steps {
        match step {
            Step::Say { .. } => {}
            Step::Speak(speak) => change(speak),
            Step::Repeat { steps, .. } | Step::Fork { steps, .. } => each_spoken(steps, change),
        }
    }
}

/// Leaves every draw of a token to the engines.
pub fn uncouple(steps: &mut [Step]) {
    each_spoken(steps, &mut |speak| speak.sampling.coupling = Coupling::None);
}

#[cfg(test)]
mod tests;
