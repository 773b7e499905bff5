//! Effective number: between how many answers a model is still undecided.

use super::{
    CATEGORIES, Metric, Prepared, Range, Selector, Sources, cells,
    entropy::{Correction, ONE_DRAW, nats},
    select::{Cell, Together},
};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Two to the entropy (in bits) of the answers drawn from one prefix, averaged over prefixes.
///
/// It is the Hill number of order 1 (Hill 1973, <https://doi.org/10.2307/1934352>): so many equally likely answers
/// would be as open. It is computed for each prefix and then averaged, so that it reads as the number of
/// answers that are open in a typical dialogue. Prefixes and the interval are as for
/// `entropy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectiveNumber {
    /// Which labels or flags.
    pub of: Selector,
}

impl Metric for EffectiveNumber {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, CATEGORIES)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let grades = sources.grades(&self.of, CATEGORIES)?;
        let inner = |cell: &Cell| nats(cell, Correction::None).map(f64::exp);
        Prepared::by_round(&grades, &self.of, |grades| {
            let cells = grades.cells(Together::Draws);
            let bounds = Some((1.0, cells::most_draws(&cells)));
            cells::mean_over(&cells, inner, Range::Positive, bounds, ONE_DRAW)
        })
    }
}
