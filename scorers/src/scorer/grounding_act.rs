//! Grounding acts: does a turn clarify, acknowledge, repair or follow up?

use super::{ConfigError, Configure, Scorer};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a turn performs a grounding act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroundingAct {
    /// The turn to grade.
    pub turn: String,
    /// The act to look for.
    pub act: Act,
}

/// The acts of Shaikh et al. (arXiv:2311.09144, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Asks for something needed to go on.
    Clarification,
}

impl Configure for GroundingAct {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Flag
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        Ok(Box::new(self.clone()))
    }
}

impl Scorer for GroundingAct {
    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        match self.act {
            Act::Clarification => Outcome::flag(text.contains('?')),
        }
    }
}
