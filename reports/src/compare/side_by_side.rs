//! Lays the metrics of more than two records side by side, and says which version is the best.

use super::{
    matrix::{Matrix, MatrixCell, MatrixRow},
    outcome::Quantity,
    result::{SideSummary, Versus},
    word::Verdict,
};
use crate::record::Better;
use indexmap::IndexMap;

impl Matrix {
    /// The matrix of a base and its heads, over the metrics that have a verdict.
    pub(super) fn of(base: &SideSummary, heads: &[Versus]) -> Self {
        let mut rows: IndexMap<(String, String), MatrixRow> = IndexMap::new();
        let mut directions: IndexMap<(String, String), Better> = IndexMap::new();
        for (place, versus) in heads.iter().enumerate() {
            for probe in &versus.probes {
                for (name, metric) in &probe.metrics {
                    let Some(numbers) = metric.numbers().filter(|_| metric.standing.is_judged()) else {
                        continue;
                    };
                    let key = (probe.id.clone(), name.clone());
                    if let Some(direction) = metric.better {
                        directions.insert(key.clone(), direction.better);
                    }
                    let row = rows.entry(key).or_insert_with(|| MatrixRow {
                        probe: probe.id.clone(),
                        metric: name.clone(),
                        cells: vec![None; heads.len() + 1],
                        best: None,
                    });
                    if let Some(cell @ None) = row.cells.first_mut() {
                        *cell = Some(cell_of(&numbers.base, numbers.base_alone, None));
                    }
                    if let Some(cell) = row.cells.get_mut(place + 1) {
                        *cell = Some(cell_of(&numbers.head, numbers.head_alone, Some(metric.verdict)));
                    }
                }
            }
        }
        for (key, row) in &mut rows {
            row.best = directions.get(key).and_then(|better| best(&row.cells, *better));
        }
        let names = std::iter::once(base).chain(heads.iter().map(|versus| &versus.head));
        let net = |versus: &Versus| versus.tally.improved as i64 - versus.tally.regressed as i64;
        let ranked = (1..).zip(heads).filter(|(_, versus)| !versus.comparability.refused);
        let leader = ranked.map(|(place, versus)| (place, net(versus))).filter(|(_, net)| *net > 0);
        // Of equals the first: an older version that is as good stays the best.
        let leader = leader.fold((0, 0), |best, other| if other.1 > best.1 { other } else { best });
        Self {
            versions: names.map(|side| side.name.clone()).collect(),
            baseline: 0,
            best: leader.0,
            rows: rows.into_values().collect(),
        }
    }
}

fn cell_of(quantity: &Quantity, alone: Option<f64>, verdict: Option<Verdict>) -> MatrixCell {
    // The interval belongs to the paired grades; where they are not all, it would not be that of the value.
    let interval = if alone.is_none() { quantity.ends() } else { None };
    MatrixCell { value: alone.unwrap_or(quantity.value), interval, verdict }
}

fn best(cells: &[Option<MatrixCell>], better: Better) -> Option<usize> {
    let mut found: Option<(usize, f64)> = None;
    for (place, cell) in cells.iter().enumerate() {
        let Some(cell) = cell else { continue };
        let value = better.sign() * cell.value;
        if found.is_none_or(|(_, best)| value > best) {
            found = Some((place, value));
        }
    }
    found.map(|(place, _)| place)
}
