//! What grading one turn can come to. Failed, unscored and scored are different things, in types.

use serde::{Deserialize, Serialize};

/// A grade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Present or absent; counts as 1 or 0.
    Flag(bool),
    /// A finite quantity, in the unit that the scorer documents.
    Number(f64),
    /// A member of a set without order, such as the object that was named.
    Label(String),
}

impl Value {
    /// The grade as a number: a flag is 0 or 1, a label has none.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Flag(flag) => Some(f64::from(u8::from(*flag))),
            Self::Number(number) => Some(*number),
            Self::Label(_) => None,
        }
    }
}

/// Which kind of grade a scorer gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Gives [`Value::Flag`].
    Flag,
    /// Gives [`Value::Number`].
    Number,
    /// Gives [`Value::Label`].
    Label,
}

/// Why a generation did not come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The engine reported an error, or died.
    Engine,
    /// No answer within the time limit.
    Timeout,
    /// Prompt and reply do not fit into the model's context.
    ContextOverflow,
    /// A turn's text could not be rendered with what the model had said before; or the model's chat template refused
    /// the dialogue, where the turn is the model's.
    Template,
    /// What came back is not what the speaker was asked for, such as JSON that was cut off.
    Contract,
}

/// What grading one turn came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The scorer gave a grade.
    Scored {
        /// The grade.
        value: Value,
        /// What in the text decided it, for people; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        evidence: String,
    },
    /// The scorer looked and could not say.
    Unscored {
        /// Why not.
        reason: String,
    },
    /// There was nothing to look at: a generation that the grade needs failed.
    Failed {
        /// What kind of failure.
        kind: FailureKind,
    },
}

impl Outcome {
    /// A flag without evidence.
    pub fn flag(value: bool) -> Self {
        Self::Scored { value: Value::Flag(value), evidence: String::new() }
    }

    /// A number without evidence; a number that is not finite becomes unscored.
    pub fn number(value: f64) -> Self {
        if value.is_finite() {
            Self::Scored { value: Value::Number(value), evidence: String::new() }
        } else {
            Self::unscored("the quantity is not finite")
        }
    }

    /// A label without evidence.
    pub fn label(value: impl Into<String>) -> Self {
        Self::Scored { value: Value::Label(value.into()), evidence: String::new() }
    }

    /// No grade, and why.
    pub fn unscored(reason: impl Into<String>) -> Self {
        Self::Unscored { reason: reason.into() }
    }

    /// The same outcome with what decided it.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        if let Self::Scored { evidence, .. } = &mut self {
            *evidence = why.into();
        }
        self
    }

    /// The grade, if there is one.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Scored { value, .. } => Some(value),
            _ => None,
        }
    }
}
