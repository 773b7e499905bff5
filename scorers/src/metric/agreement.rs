//! Agreement: do two draws from the same prefix say the same?

use super::{
    CATEGORIES, Metric, Prepared, Range, Selector, Sources, cells,
    draws::ONE_DRAW,
    select::{Cell, Together},
};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The probability that two different draws from the same prefix agree, averaged over prefixes.
///
/// Of m draws it is the share of the m (m - 1) / 2 pairs that are equal, which has no bias (Simpson 1949,
/// <https://doi.org/10.1038/163688a0>). Prefixes are as for `entropy`; the interval is
/// Student's t over clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Which labels or flags.
    pub of: Selector,
}

impl Metric for Agreement {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, CATEGORIES)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let grades = sources.grades(&self.of, CATEGORIES)?;
        Prepared::by_round(&grades, &self.of, |grades| {
            let cells = grades.cells(Together::Draws);
            cells::mean_over(&cells, pairs_agree, Range::Share, Some((0.0, 1.0)), ONE_DRAW)
        })
    }
}

/// The share of pairs of draws that are equal; none of fewer than two draws.
fn pairs_agree(cell: &Cell) -> Option<f64> {
    let draws = cell.values.len() as f64;
    let equal: f64 = cell.counts().iter().map(|count| count * (count - 1.0)).sum();
    (draws >= 2.0).then(|| equal / (draws * (draws - 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::assert_near;

    /// Five draws a a a b b: 3 + 1 equal pairs of 10.
    #[test]
    fn counts_equal_pairs() {
        let cell = |values: &[f64]| Cell { cluster: 0, values: values.to_vec() };
        assert_near(&[pairs_agree(&cell(&[0.0, 0.0, 0.0, 1.0, 1.0])).unwrap()], &[0.4], 1e-15);
        assert_eq!(pairs_agree(&cell(&[0.0])), None);
    }
}
