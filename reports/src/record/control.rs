//! Controls: the metric that a result is shown beside, and what such a control rules out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A metric that is always shown beside its control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Name of the metric.
    pub metric: String,
    /// Name of the metric that is its control: of another arm, another score, or another turn.
    pub beside: String,
    /// What kind of control it is.
    pub kind: ControlKind,
}

/// What a control is made of, and so what it can rule out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ControlKind {
    /// What people did in the place of the model.
    Human,
    /// Answers that are drawn without a look at the question.
    RandomResponder,
    /// The same questions with options that mean nothing.
    NonsenseOptions,
    /// Turns held against those of a partner whom the speaker did not meet.
    PseudoDyad,
    /// The same dialogue with another simulated user.
    SecondSimulator,
    /// A model that was trained likewise by a teacher without the trait.
    ControlTeacher,
}

impl ControlKind {
    /// What the control is, after "beside": `what people did there`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Human => "what people did in its place",
            Self::RandomResponder => "a random responder",
            Self::NonsenseOptions => "options that mean nothing",
            Self::PseudoDyad => "a partner it did not meet",
            Self::SecondSimulator => "another simulated user",
            Self::ControlTeacher => "the student of a teacher without the trait",
        }
    }

    /// What it rules out where the two differ, after "rules out that".
    pub fn rules_out(self) -> &'static str {
        match self {
            Self::Human => "anybody in this place would do as much",
            Self::RandomResponder => "chance gives such a value",
            Self::NonsenseOptions => "the form of the question gives such a value whatever the options say",
            Self::PseudoDyad => "topic or habit gives such a value without an answer to the partner",
            Self::SecondSimulator => "the value belongs to one simulated user and not to the model",
            Self::ControlTeacher => "training as such gives such a value",
        }
    }
}
