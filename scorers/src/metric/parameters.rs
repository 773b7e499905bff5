//! The parameters of a metric, and what it is prepared from.

use super::{
    prepared::Prepared,
    select::Grades,
    table::{Selector, Table},
};
use crate::{ValueKind, scorer::ConfigError};
use indexmap::IndexSet;
use std::collections::HashMap;

/// How deep metrics may be made of metrics.
const DEEPEST: usize = 64;

/// A metric's parameters as a spec writes them.
pub trait Metric {
    /// The grades that the metric reads: parameter, selector, and the kinds of grade that it takes.
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        Vec::new()
    }

    /// The other metrics of the same probe that it is made of: parameter and name.
    fn metrics(&self) -> Vec<(&'static str, &str)> {
        Vec::new()
    }

    /// Checks what the types cannot.
    ///
    /// # Errors
    /// When a parameter has the right type but no sensible value.
    fn validate(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Whether its sums are laid out by the labels that occur, which two records may lay out differently.
    fn laid_out_by_labels(&self) -> bool {
        false
    }

    /// Samples per case below which it would mislead.
    fn least_samples(&self) -> u32 {
        1
    }

    /// The metric as a statistic of the grades.
    ///
    /// # Errors
    /// A sentence, without a full stop, that says why the grades do not allow it.
    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String>;
}

/// Grades that count as 0 or 1.
pub(super) const FLAGS: &[ValueKind] = &[ValueKind::Flag];
/// Grades that are numbers or count as 0 or 1.
pub(super) const NUMBERS: &[ValueKind] = &[ValueKind::Flag, ValueKind::Number];
/// Grades that are equal or not.
pub(super) const CATEGORIES: &[ValueKind] = &[ValueKind::Label, ValueKind::Flag];

/// What a metric is prepared from: the grades, and the other metrics.
pub struct Sources<'a> {
    /// The metrics of the probe, by name.
    metrics: HashMap<&'a str, &'a dyn Metric>,
    table: &'a Table,
    /// Metrics that were prepared; none while it is under way.
    known: HashMap<&'a str, Option<Result<Prepared, String>>>,
    depth: usize,
}

impl<'a> Sources<'a> {
    /// These metrics of one probe, by name, and its grades.
    pub(super) fn over(metrics: HashMap<&'a str, &'a dyn Metric>, table: &'a Table) -> Self {
        Self { metrics, table, known: HashMap::new(), depth: 0 }
    }

    /// The grades that a selector chooses.
    ///
    /// # Errors
    /// A sentence that says why there are none.
    pub fn grades(&self, selector: &Selector, accepted: &[ValueKind]) -> Result<Grades, String> {
        Grades::choose(self.table, selector, accepted)
    }

    /// The labels of a score, by their indices.
    ///
    /// # Errors
    /// When there is no such score.
    pub fn labels(&self, selector: &Selector) -> Result<&'a IndexSet<String>, String> {
        let column = self.table.columns.get(&selector.score);
        column.map(|column| &column.labels).ok_or_else(|| format!("there is no score `{}`", selector.score))
    }

    /// Another metric of the probe, prepared once.
    ///
    /// # Errors
    /// A sentence that says why it has no value; cycles are found here.
    pub fn metric(&mut self, name: &str) -> Result<Prepared, String> {
        let found = self.metrics.get_key_value(name).map(|(name, metric)| (*name, *metric));
        let (name, metric) = found.ok_or_else(|| format!("there is no metric `{name}`"))?;
        match self.known.get(name) {
            Some(Some(known)) => return known.clone(),
            Some(None) => return Err(format!("`{name}` is made of itself")),
            None => {}
        }
        if self.depth >= DEEPEST {
            return Err(format!("metrics are nested deeper than {DEEPEST}"));
        }
        self.known.insert(name, None);
        self.depth += 1;
        let prepared = metric.prepare(self);
        self.depth -= 1;
        self.known.insert(name, Some(prepared.clone()));
        prepared
    }
}
