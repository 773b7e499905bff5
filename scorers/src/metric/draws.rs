//! Measures of how draws from one prefix vary, and what makes two of them comparable.
//!
//! The entropy of few draws lies below that of the model, and more so the fewer there are. Two such measures are compared
//! at equal numbers of draws only: of a prefix that has more, the draws are cut into blocks of the smaller number, and
//! the measure is averaged over the blocks (rarefaction: Hurlbert 1971, <https://doi.org/10.2307/1934145>; blocks
//! instead of all subsets, so that it works for any measure). Under one model both sides then have the same expectation,
//! whatever the bias is.

use super::{
    Prepared, Range, cells,
    closed::{ClosedForm, Growth, Student},
    interval::Interval,
    select::Cell,
    terms::Term,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What is computed from the draws of one prefix.
pub(crate) type Measure = Arc<dyn Fn(&Cell) -> Option<f64> + Send + Sync>;

/// The least and the largest value of a measure over so many draws.
pub(crate) type Bounds = Arc<dyn Fn(f64) -> (f64, f64) + Send + Sync>;

/// The draws behind a measure, so that fewer of them can be taken.
#[derive(Clone)]
pub(crate) struct Draws {
    /// The draws of every prefix, in the order in which they were made.
    cells: Arc<Vec<Cell>>,
    measure: Measure,
    range: Range,
    bounds: Bounds,
}

impl Draws {
    /// The measure averaged over prefixes, and the draws behind it; a prefix of fewer than two draws says nothing.
    ///
    /// # Errors
    /// Why nothing can be said, when no prefix has two draws.
    pub(crate) fn prepare(
        cells: Vec<Cell>,
        measure: Measure,
        range: Range,
        bounds: Bounds,
    ) -> Result<Prepared, String> {
        let cells: Vec<Cell> = cells.into_iter().filter(|cell| cell.values.len() >= 2).collect();
        Self { cells: Arc::new(cells), measure, range, bounds }.averaged(|cell| cell.values.len())
    }

    /// The mean over prefixes of the measure over blocks of so many draws.
    fn averaged(self, block: impl Fn(&Cell) -> usize) -> Result<Prepared, String> {
        let inner = |cell: &Cell| {
            let blocks = cell.values.chunks_exact(block(cell).max(1));
            let measured: Vec<f64> =
                blocks.filter_map(|draws| (self.measure)(&Cell::sorted(cell.cluster, draws))).collect();
            (!measured.is_empty()).then(|| measured.iter().sum::<f64>() / measured.len() as f64)
        };
        let bounds = (self.bounds)(cells::most_draws(&self.cells));
        let mut found =
            cells::mean_over(&self.cells, inner, self.range, Some(bounds), super::entropy::ONE_DRAW)?;
        found.draws = Some(self);
        Ok(found)
    }

    /// The fewest draws that a prefix of each cluster has.
    fn fewest(&self) -> BTreeMap<u32, usize> {
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

/// Two measures at equal numbers of draws; none where they have them already.
pub(crate) fn rarefied(left: &Draws, right: &Draws) -> Option<(Prepared, Prepared)> {
    let numbers: BTreeSet<usize> = left.numbers().union(&right.numbers()).copied().collect();
    if numbers.len() < 2 {
        return None;
    }
    let (mine, theirs) = (left.fewest(), right.fewest());
    let paired = mine.keys().eq(theirs.keys());
    let fewest = numbers.first().copied()?;
    // What is missing in one case costs draws in that case only, where both sides have it.
    let block = |cell: &Cell| match (mine.get(&cell.cluster), theirs.get(&cell.cluster)) {
        (Some(one), Some(other)) if paired => *one.min(other),
        _ => fewest,
    };
    let side = |draws: &Draws| {
        let found = draws.clone().averaged(block).ok()?;
        let closed = found.closed.clone()?;
        Some(Prepared { draws: None, ..found.with(Rarefied(closed)) })
    };
    Some((side(left)?, side(right)?))
}

/// A metric made of measures at equal numbers of draws, whose interval says so.
pub(crate) fn marked(found: Prepared) -> Prepared {
    match found.closed.clone() {
        Some(closed) if closed.withheld().is_none() => found.with(Rarefied(closed)),
        _ => found,
    }
}

/// What the methods of such intervals end with.
const EQUAL_DRAWS: &str = "equal numbers of draws";

/// An interval over fewer draws than there are.
struct Rarefied(Arc<dyn ClosedForm>);

impl ClosedForm for Rarefied {
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let found = self.0.interval(confidence)?;
        let method =
            if self.0.rarefied() { found.method } else { format!("{}, {EQUAL_DRAWS}", found.method) };
        Ok(Interval { method, ..found })
    }

    fn grown(&self, growth: Growth) -> Option<Arc<dyn ClosedForm>> {
        Some(Arc::new(Self(self.0.grown(growth)?)))
    }

    fn student(&self) -> Option<Student> {
        self.0.student()
    }

    fn rarefied(&self) -> bool {
        true
    }

    fn terms(&self) -> Vec<Term> {
        self.0.terms()
    }

    fn linear(&self) -> bool {
        self.0.linear()
    }

    fn width(&self) -> Option<f64> {
        self.0.width()
    }

    fn bounded(&self) -> Option<(f64, f64)> {
        self.0.bounded()
    }
}
