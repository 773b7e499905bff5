//! Averages of something that is computed within a case or prefix first.

use super::{Prepared, Range, formula::MeanOf, select::Cell, sums::Sums};
use std::sync::Arc;

/// The mean over cells of `inner`, clustered; cells for which it gives none are left out.
/// `bounds` limits the value of every cell, where that is known.
///
/// # Errors
/// `empty`, when no cell gives a value.
pub(crate) fn mean_over(
    cells: &[Cell],
    inner: impl Fn(&Cell) -> Option<f64>,
    range: Range,
    bounds: Option<(f64, f64)>,
    empty: &str,
) -> Result<Prepared, String> {
    let mut sums = Sums::new(2);
    for cell in cells {
        if let Some(value) = inner(cell)
            && let [sum, count] = sums.row(cell.cluster, 0)
        {
            *sum += value;
            *count += 1.0;
        }
    }
    let statistic = sums.statistic(1, Arc::new(MeanOf));
    if statistic.clusters().is_empty() {
        return Err(empty.to_owned());
    }
    Prepared::averaged(statistic, range, bounds)
}

/// The most draws in one cell.
pub(crate) fn most_draws(cells: &[Cell]) -> f64 {
    cells.iter().map(|cell| cell.values.len()).max().unwrap_or(0) as f64
}
