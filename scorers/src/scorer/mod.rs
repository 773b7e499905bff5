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
//! register), [`function_words`] (by category), [`logic`] (three-valued combination).

mod acts;
mod configure;
mod features;
mod function_words;
mod grade;
mod grading;
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
pub use configure::{ConfigError, Configure};
pub use grade::{CutOff, Graded, copies, grade};
pub use grading::Scorer;
use grading::{CONTINUATIONS, is_yes, too_much};
pub use options::Wordings;
pub use parse::Filled;
pub(crate) use preference::OVER;
pub use reads::Reads;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use text::{Ignore, folded};

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
    /// The option that is right in this round is named.
    AnswerKey => answer_key::AnswerKey,
    /// Which of two outcomes is chosen over which.
    Preference => preference::Preference,
    /// Whether the answer is yes or no.
    YesNo => yes_no::YesNo,
    /// How formal the wording is, from 0 (casual) to 1 (formal).
    Formality => formality::Formality,
    /// The wording is in the expected register.
    Register => register::Register,
    /// The object named agrees with the yes-no answers given before.
    FactConsistency => fact_consistency::FactConsistency,
    /// Whether the object that is revealed is the one that is confirmed, each asked of one prefix.
    SelfConsistency => self_consistency::SelfConsistency,
    /// How many words are shared with an earlier turn, from 0 to 1.
    Overlap => overlap::Overlap,
    /// How alike the function words are used as in another turn, from 0 to 1.
    StyleMatching => style_matching::StyleMatching,
    /// A category of function words occurs.
    StyleMarker => style_marker::StyleMarker,
    /// How many content words are new since the last message about the same thing.
    WordNovelty => word_novelty::WordNovelty,
    /// Words, characters or sentences; or whether there are as many as wanted.
    Length => length::Length,
    /// What the dialogue has cost so far: tokens or replies of the model.
    Spent => spent::Spent,
    /// The text is JSON, of the expected shape.
    Json => json::Json,
    /// A simulated user broke the rules of its part.
    SimulationFault => simulation_fault::SimulationFault,
    /// What the case itself says: a label that it brings along.
    Given => given::Given,
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
