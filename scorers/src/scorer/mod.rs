//! Scorers: functions from one turn in its dialogue to a grade.
//!
//! To add one, write a file beside this one (configuration, documentation with its source,
//! grading, tests) and add its line to the registry below. The schema, `runner scorers`, the
//! validation of specs and every report pick it up from there.

use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Grades the focused turn of a view. Pure and deterministic.
pub trait Scorer: Send + Sync {
    /// The grade, or a stated reason for none. A turn whose generation failed never gets here.
    fn score(&self, view: &View<'_>, text: &str) -> Outcome;
}

/// A scorer's parameters as a spec writes them.
pub trait Configure {
    /// The live turn that is graded.
    fn turn(&self) -> &str;

    /// Further live turns that the scorer reads.
    fn other_turns(&self) -> Vec<&str> {
        Vec::new()
    }

    /// The kind of grade that the scorer gives.
    fn kind(&self) -> ValueKind;

    /// A scorer ready to grade; compiles patterns and checks ranges.
    ///
    /// # Errors
    /// When a parameter has the right type but no sensible value.
    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError>;
}

/// A parameter that makes no sense.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ConfigError {
    /// Which parameter, as a path below the scorer's own (`of[1].pattern`); empty for the whole.
    pub parameter: String,
    /// What is wrong, in one lowercase sentence.
    pub message: String,
}

impl ConfigError {
    /// An error about one parameter.
    pub fn new(parameter: impl Into<String>, message: impl Into<String>) -> Self {
        Self { parameter: parameter.into(), message: message.into() }
    }
}

macro_rules! registry {
    ($($variant:ident => $module:ident::$config:ident,)*) => {
        $(pub mod $module;)*

        /// Every scorer that a spec can name, with its parameters.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum ScorerConfig {
            $(#[doc = concat!("See [`", stringify!($module), "`].")] $variant($module::$config),)*
        }

        impl ScorerConfig {
            /// The parameters, whichever scorer they belong to.
            pub fn parameters(&self) -> &dyn Configure {
                match self { $(Self::$variant(config) => config,)* }
            }
        }

        /// Name and JSON Schema of every scorer, in the order of the registry.
        pub fn catalogue() -> Vec<(&'static str, schemars::Schema)> {
            vec![$((
                stringify!($module),
                schemars::SchemaGenerator::new(schemars::generate::SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true))
                    .into_root_schema_for::<$module::$config>(),
            ),)*]
        }
    };
}

// One line a scorer: the module's name is the name that specs use.
registry! {
    GroundingAct => grounding_act::GroundingAct,
}
