//! Scorers: functions from one turn in its dialogue to a grade.
//!
//! To add one, write a file beside this one (configuration, documentation with its source,
//! grading, tests) and add its line to the registry below. The schema, `grice scorers`, the
//! validation of specs and every report pick it up from there.
//!
//! Files that hold no scorer hold what several of them share. On the way from a reply to a grade: [`reads`] (the answer or
//! the reasoning), [`markup`] (what a reader sees), [`typed`] (what a typewriter would write), [`text`] (folding and
//! sentences), [`places`] and [`spaceless`] (whole words in every script), [`numerals`] (figures), [`options`] and [`letters`] (closed sets of
//! answers), [`polarity`] (yes or no). Beside them [`acts`] (the rules for grounding acts), [`features`] (the markers of
//! register), [`logic`] (three-valued combination).

mod acts;
mod features;
mod grade;
mod letters;
mod logic;
mod markup;
mod numerals;
mod options;
mod parse;
mod places;
mod polarity;
mod reads;
mod similarity;
mod spaceless;
mod text;
mod typed;

use crate::catalogue::{self, Entry};
use crate::{Outcome, ValueKind, View};
pub use grade::{CutOff, Graded, copies, grade};
pub use options::Options;
pub use parse::Filled;
pub use reads::Reads;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use text::Ignore;
use thiserror::Error;

/// Grades the focused turn of a view. Pure and deterministic.
pub trait Scorer: Send + Sync {
    /// The grade, or a stated reason for none. A turn whose generation failed never gets here.
    fn score(&self, view: &View<'_>, text: &str) -> Outcome;

    /// Whether a grade of a reply that was cut off would be the same however the reply went on: what was found stays
    /// found, a text that is too long does not get shorter. Where it would not, the reply is left without a grade
    /// (see [`CutOff`]). Whoever says nothing cannot know.
    fn lasts(&self, view: &View<'_>, text: &str, outcome: &Outcome) -> bool {
        let _ = (view, text, outcome);
        false
    }
}

/// How a reply could go on, for scorers whose finding may end where the reply does: within a word, with a new word, line
/// or sentence.
const CONTINUATIONS: [&str; 6] = ["x", "1", " x", "\nx", ".", ", x"];

/// Texts that are looked for times bytes of the text that they are looked for in, at most: a second's work, and several where a
/// reply was cut off.
const SEARCHES: usize = 1 << 30;

/// Why so many texts are not looked for in this one, if they are not.
fn too_much(texts: usize, text: &str) -> Option<String> {
    let work = texts.saturating_mul(text.len());
    (work > SEARCHES).then(|| format!("{texts} texts are too many to look for in {} bytes", text.len()))
}

/// Whether the grade is a yes.
fn is_yes(outcome: &Outcome) -> bool {
    matches!(outcome.value(), Some(crate::Value::Flag(true)))
}

/// A scorer's parameters as a spec writes them.
pub trait Configure {
    /// The live turn that is graded.
    fn turn(&self) -> &str;

    /// Further live turns that the scorer reads.
    fn other_turns(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Which part of the turn is graded; none for a scorer whose parts say so themselves.
    fn reads(&self) -> Option<Reads>;

    /// The kind of grade that the scorer gives.
    fn kind(&self) -> ValueKind;

    /// A scorer ready to grade; compiles patterns and checks ranges.
    ///
    /// # Errors
    /// When a parameter has the right type but no sensible value.
    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError>;

    /// Everything that has no sensible value: the error of [`Configure::build`], and those that it
    /// hides.
    fn errors(&self) -> Vec<ConfigError> {
        self.build().err().into_iter().collect()
    }
}

/// A parameter that makes no sense.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ConfigError {
    /// Which parameter, as the path that a spec writes below the scorer's name
    /// (`of[1].pattern.regex`); empty for the whole.
    pub parameter: String,
    /// What is wrong, in one lowercase sentence.
    pub message: String,
    /// What would be right, where that is known.
    pub help: Option<String>,
    /// Whether the name of the parameter is wrong, or one is missing; its value otherwise.
    pub of_key: bool,
}

impl ConfigError {
    /// An error about the value of one parameter.
    pub fn new(parameter: impl Into<String>, message: impl Into<String>) -> Self {
        Self { parameter: parameter.into(), message: message.into(), help: None, of_key: false }
    }

    /// The same error with what would be right.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same error seen from further out: `place` is put before its path.
    #[must_use]
    pub fn within(self, place: &str) -> Self {
        let parameter = match self.parameter.as_str() {
            "" => place.to_owned(),
            inner => format!("{place}.{inner}"),
        };
        Self { parameter, ..self }
    }
}

macro_rules! registry {
    ($($(#[$about:meta])* $variant:ident => $module:ident::$config:ident,)*) => {
        $(pub mod $module;)*

        /// One scorer with its parameters.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum ScorerConfig {
            $($(#[$about])* $variant($module::$config),)*
        }

        impl ScorerConfig {
            /// The names that specs use, in the order of the registry.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($module),)*];

            /// The name that specs use for this scorer.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => stringify!($module),)* }
            }

            /// The parameters, whichever scorer they belong to.
            pub fn parameters(&self) -> &dyn Configure {
                match self { $(Self::$variant(config) => config,)* }
            }
        }

        /// Name and JSON Schema of the parameters of every scorer, in the order of the registry.
        /// Scorers inside scorers are references into `$defs`.
        pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
            vec![$((stringify!($module), schemars::schema_for!($module::$config)),)*]
        }
    };
}

// One line a scorer: the module's name is the name that specs use.
registry! {
    /// A grounding act is performed: clarification, acknowledgement, repair, and so on.
    GroundingAct => grounding_act::GroundingAct,
    /// The whole text equals an expected one.
    Exact => exact::Exact,
    /// An expected text occurs.
    Includes => includes::Includes,
    /// A regular expression matches; or what one of its groups matched.
    Pattern => pattern::Pattern,
    /// The number that is named; or whether it is the expected one.
    Number => number::Number,
    /// Which of a closed set of options is named.
    Choice => choice::Choice,
    /// Whether the answer is yes or no.
    YesNo => yes_no::YesNo,
    /// How formal the wording is, from 0 (casual) to 1 (formal).
    Formality => formality::Formality,
    /// The wording is in the expected register.
    Register => register::Register,
    /// The object named agrees with the yes-no answers given before.
    FactConsistency => fact_consistency::FactConsistency,
    /// How many words are shared with an earlier turn, from 0 to 1.
    Overlap => overlap::Overlap,
    /// Words, characters or sentences; or whether there are as many as wanted.
    Length => length::Length,
    /// The text is JSON, of the expected shape.
    Json => json::Json,
    /// Every part holds.
    All => all::All,
    /// At least one part holds.
    Any => any::Any,
    /// The part does not hold.
    Not => not::Not,
}

/// What there is to know about every scorer, in the order of the registry.
pub fn catalogue() -> Vec<Entry> {
    schemas().into_iter().map(|(name, schema)| catalogue::entry(name, schema.as_value())).collect()
}

impl ScorerConfig {
    /// Reads one scorer from a value whose texts have been filled in: an object with the scorer's
    /// name as its one key.
    ///
    /// # Errors
    /// When the scorer or a parameter does not exist, is missing or has the wrong type; the message
    /// suggests the nearest name, the path leads to the key.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, ConfigError> {
        let (config, errors) = Self::read(value);
        match (errors.into_iter().next(), config) {
            (None, Some(config)) => Ok(config),
            (error, _) => Err(error.unwrap_or_else(|| ConfigError::new("", "expected one scorer"))),
        }
    }

    /// Like [`ScorerConfig::from_value`], with everything that does not fit, and the scorer as it was
    /// most likely meant, where that can be told.
    pub fn read(value: &serde_json::Value) -> (Option<Self>, Vec<ConfigError>) {
        parse::scorer(value)
    }

    /// Fills in the texts of a scorer as a spec writes it and reads it. A number of data where a text is wanted is the
    /// text that says it, and a text of data that spells a number where a number is wanted is that number.
    pub fn fill(scorer: &serde_json::Value, variables: &crate::template::Variables) -> Filled {
        parse::filled(scorer, variables)
    }

    /// [`Configure::build`] of whichever scorer it is, given the part of the turn that it reads.
    ///
    /// # Errors
    /// When a parameter has the right type but no sensible value.
    pub fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        let scorer = self.parameters().build()?;
        Ok(match self.parameters().reads() {
            Some(reads) => reads::part_of_the_turn(scorer, reads),
            None => scorer,
        })
    }
}

#[cfg(test)]
mod tests;
