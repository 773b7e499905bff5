//! Effective number: between how many answers a model is still undecided.

use super::{
    CATEGORIES, Metric, Prepared, Range, Selector, Sources,
    draws::{Bounds, Draws, Measure},
    rarefy::over_draws,
    entropy::{Correction, nats},
    select::Together,
};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Two to the entropy (in bits) of the answers drawn from one prefix, averaged over prefixes.
///
/// It is the Hill number of order 1 (Hill 1973, <https://doi.org/10.2307/1934352>): so many equally likely answers
/// would be as open. It is computed for each prefix and then averaged, so that it reads as the number of
/// answers that are open in a typical dialogue. Prefixes, what a correction is for, and the interval are as for
/// `entropy`: without a correction it says between how many answers the draws are spread, with `chao_wang_jost` it
/// estimates between how many the model is undecided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectiveNumber {
    /// Which labels or flags.
    pub of: Selector,
    /// How the downward bias of few draws is met.
    #[serde(default)]
    pub correction: Correction,
}

impl Metric for EffectiveNumber {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, CATEGORIES)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let grades = sources.grades(&self.of, CATEGORIES)?;
        let correction = self.correction;
        let measure: Measure = Arc::new(move |cell| nats(cell, correction).map(f64::exp));
        let bounds: Bounds = Arc::new(move |draws| (1.0, correction.most(draws).exp()));
        Prepared::by_round(&grades, &self.of, |grades| {
            let cells = grades.cells_in_order(Together::Draws);
            over_draws(Draws::new(cells, measure.clone(), Range::Positive, bounds.clone()))
        })
    }
}
