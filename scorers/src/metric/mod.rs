//! Metrics: from many grades to one estimate with an interval.
//!
//! Every metric is a function of sums over clusters (a cluster is a case, or a minimal pair), each
//! cluster counted with a weight. That one shape gives its value, its linearised variance, its
//! jackknife and its cluster bootstrap, and makes any contrast of two metrics a paired one,
//! because both sides are weighted together.
//!
//! To add one, write a file beside this one (parameters, documentation with its source, how it is
//! prepared, tests) and add its line to the registry below. The schema, the validation of
//! specs and every report pick it up from there.

pub mod anytime;
pub mod bootstrap;
mod cells;
pub mod closed;
pub mod cluster;
mod contributions;
#[cfg(test)]
mod coupled_coverage;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod coverage_others;
pub mod design;
pub mod detection;
mod draws;
pub mod equivalence;
mod estimate;
pub mod fisher;
#[cfg(test)]
mod fixture;
pub mod formula;
pub mod growth;
pub mod interval;
#[cfg(test)]
mod invariance;
mod join;
mod minimise;
mod monotone;
pub mod multiplicity;
pub mod paired;
mod paired_clusters;
#[cfg(test)]
mod paired_coverage;
mod parameters;
mod prepare;
mod prepared;
#[cfg(test)]
mod properties;
mod rarefy;
pub mod select;
mod share;
mod sorted;
mod sums;
pub mod table;
mod terms;
pub mod thurstone;

use crate::{ValueKind, scorer::ConfigError};
pub use estimate::{Estimate, MetricResult, Point, Range, ValueOnly};
use parameters::{CATEGORIES, FLAGS, NUMBERS};
pub use parameters::{Metric, Sources};
pub use prepare::{estimate_all, made_of, rests_on};
pub use prepared::Prepared;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use share::Share;
pub use table::{Column, Grade, Observation, Selector, Table};

macro_rules! registry {
    ($($variant:ident => $module:ident::$config:ident,)*) => {
        $(pub mod $module;)*

        /// Every metric that a spec can name, with its parameters.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum MetricConfig {
            $(#[doc = concat!("See [`", stringify!($module), "`].")] $variant($module::$config),)*
        }

        impl MetricConfig {
            /// The parameters, whichever metric they belong to.
            pub fn parameters(&self) -> &dyn Metric {
                match self { $(Self::$variant(config) => config,)* }
            }

            /// The name that specs use.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => stringify!($module),)* }
            }
        }

        /// Name and JSON Schema of every metric, in the order of the registry.
        pub fn catalogue() -> Vec<(&'static str, schemars::Schema)> {
            vec![$((
                stringify!($module),
                schemars::SchemaGenerator::new(
                    schemars::generate::SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true),
                )
                .into_root_schema_for::<$module::$config>(),
            ),)*]
        }
    };
}

// One line a metric: the module's name is the name that specs use.
registry! {
    Rate => rate::Rate,
    Mean => mean::Mean,
    Contrast => contrast::Contrast,
    Ratio => ratio::Ratio,
    WeightedSum => weighted_sum::WeightedSum,
    DPrime => d_prime::DPrime,
    Criterion => criterion::Criterion,
    Percentile => percentile::Percentile,
    Aptitude => aptitude::Aptitude,
    Unreliability => unreliability::Unreliability,
    Entropy => entropy::Entropy,
    EffectiveNumber => effective_number::EffectiveNumber,
    Agreement => agreement::Agreement,
    Alpha => alpha::Alpha,
    Kappa => kappa::Kappa,
    Utility => utility::Utility,
    HalfLife => half_life::HalfLife,
    Slope => slope::Slope,
    ChangePoint => change_point::ChangePoint,
    Sum => sum::Sum,
}

impl MetricConfig {
    /// The grades that the metric reads: parameter, selector, and the kinds of grade that it takes.
    pub fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        self.parameters().inputs()
    }

    /// The other metrics of the same probe that it is made of: parameter and name.
    pub fn metrics(&self) -> Vec<(&'static str, &str)> {
        self.parameters().metrics()
    }

    /// Checks what the types cannot.
    ///
    /// # Errors
    /// When a parameter has the right type but no sensible value.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.parameters().validate()
    }
}
