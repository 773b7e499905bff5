//! The draws behind a measure of how draws from one prefix vary.

use super::{Range, select::Cell};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Why nothing can be said of how draws vary.
pub(super) const ONE_DRAW: &str = "no prefix has two draws: use a fork, or more samples";

/// What is computed from the draws of one prefix.
pub(crate) type Measure = Arc<dyn Fn(&Cell) -> Option<f64> + Send + Sync>;

/// The least and the largest value of a measure over so many draws.
pub(crate) type Bounds = Arc<dyn Fn(f64) -> (f64, f64) + Send + Sync>;

/// The draws behind a measure, so that fewer of them can be taken.
#[derive(Clone)]
pub(crate) struct Draws {
    /// The draws of every prefix, in the order in which they were made.
    pub(super) cells: Arc<Vec<Cell>>,
    measure: Measure,
    pub(super) range: Range,
    pub(super) bounds: Bounds,
}

impl Draws {
    /// A measure of the draws of each prefix; one of fewer than two draws says nothing and is left out.
    pub(crate) fn new(cells: Vec<Cell>, measure: Measure, range: Range, bounds: Bounds) -> Self {
        let cells: Vec<Cell> = cells.into_iter().filter(|cell| cell.values.len() >= 2).collect();
        Self { cells: Arc::new(cells), measure, range, bounds }
    }

    /// The mean of the measure over blocks of so many draws of one prefix.
    pub(super) fn measured(&self, cell: &Cell, block: usize) -> Option<f64> {
        let blocks = cell.values.chunks_exact(block.max(1));
        let measured: Vec<f64> =
            blocks.filter_map(|draws| (self.measure)(&Cell::sorted(cell.cluster, draws))).collect();
        (!measured.is_empty()).then(|| measured.iter().sum::<f64>() / measured.len() as f64)
    }

    /// The fewest draws that a prefix of each cluster has.
    pub(super) fn fewest(&self) -> BTreeMap<u32, usize> {
        let mut fewest = BTreeMap::new();
        for cell in self.cells.iter() {
            let place = fewest.entry(cell.cluster).or_insert(usize::MAX);
            *place = cell.values.len().min(*place);
        }
        fewest
    }

    /// How many draws prefixes have.
    pub(crate) fn numbers(&self) -> BTreeSet<usize> {
        self.cells.iter().map(|cell| cell.values.len()).collect()
    }
}
