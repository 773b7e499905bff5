//! Measures of draws averaged over prefixes, and what makes two of them comparable.
//!
//! The entropy of few draws lies below that of the model, and more so the fewer there are. Two such measures are compared
//! at equal numbers of draws only: of a prefix that has more, the draws are cut into blocks of the smaller number, and
//! the measure is averaged over the blocks (rarefaction: Hurlbert 1971, <https://doi.org/10.2307/1934145>; blocks
//! instead of all subsets, so that it works for any measure). Under one model both sides then have the same expectation,
//! whatever the bias is.

use super::{
    Prepared, cells,
    closed::{ClosedForm, Student},
    draws::{Draws, ONE_DRAW},
    growth::Growth,
    interval::Interval,
    select::Cell,
    terms::Term,
};
use std::{collections::BTreeSet, sync::Arc};

/// The measure averaged over prefixes, and the draws behind it.
///
/// # Errors
/// Why nothing can be said, when no prefix has two draws.
pub(crate) fn over_draws(draws: Draws) -> Result<Prepared, String> {
    averaged(draws, |cell| cell.values.len())
}

/// The mean over prefixes of the measure over blocks of so many draws.
fn averaged(draws: Draws, block: impl Fn(&Cell) -> usize) -> Result<Prepared, String> {
    let inner = |cell: &Cell| draws.measured(cell, block(cell));
    let bounds = (draws.bounds)(cells::most_draws(&draws.cells));
    let mut found = cells::mean_over(&draws.cells, inner, draws.range, Some(bounds), ONE_DRAW)?;
    found.draws = Some(draws);
    Ok(found)
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
        let found = averaged(draws.clone(), block).ok()?;
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
