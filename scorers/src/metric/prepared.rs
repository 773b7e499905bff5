//! A metric brought to the grades of one table: its value, and what its interval is made of.

use super::{
    Range, Selector, bootstrap,
    closed::{ClosedForm, Spread, Student},
    cluster::Statistic,
    draws::Draws,
    interval::Interval,
    select::Grades,
};
use std::sync::Arc;

/// A metric brought to the grades of one table.
#[derive(Clone)]
pub struct Prepared {
    /// The point estimate.
    pub value: f64,
    /// The range that values can take.
    pub range: Range,
    /// The value as a function of cluster weights.
    pub statistic: Statistic,
    /// The interval in closed form; without one, clusters are resampled.
    pub closed: Option<Arc<dyn ClosedForm>>,
    /// The same quantity round by round, with the number of grades of each.
    pub series: Vec<(u32, u64, Prepared)>,
    /// The draws behind it, where it depends on how many there are.
    pub(crate) draws: Option<Draws>,
}

impl Prepared {
    /// A statistic without an interval in closed form.
    ///
    /// # Errors
    /// When it has no value.
    pub(crate) fn resampled(statistic: Statistic, range: Range) -> Result<Self, String> {
        let value = statistic.point().ok_or_else(|| statistic.undefined())?;
        Ok(Self { value, range, statistic, closed: None, series: Vec::new(), draws: None })
    }

    /// A mean over clusters, with Student's t; `bounds` limits every single observation.
    ///
    /// # Errors
    /// When there is nothing to average.
    pub(crate) fn averaged(
        statistic: Statistic,
        range: Range,
        bounds: Option<(f64, f64)>,
    ) -> Result<Self, String> {
        let mean = Self::resampled(statistic, range)?;
        let error = mean.statistic.standard_error();
        let clusters = mean.statistic.clusters().len() as f64;
        let skewness = mean.statistic.skewness().unwrap_or(0.0);
        Ok(mean.clone().with(Spread { value: mean.value, error, clusters, bounds, skewness }))
    }

    /// The same with an interval in closed form.
    #[must_use]
    pub(crate) fn with(mut self, closed: impl ClosedForm + 'static) -> Self {
        self.closed = Some(Arc::new(closed));
        self
    }

    /// What `prepare` makes of all grades, and, where the selector names no round, of each round.
    /// A round that gives no value is missing from the curve.
    ///
    /// # Errors
    /// Those of `prepare` for all grades.
    pub(crate) fn by_round(
        grades: &Grades,
        selector: &Selector,
        prepare: impl Fn(&Grades) -> Result<Self, String>,
    ) -> Result<Self, String> {
        let mut whole = prepare(grades)?;
        if selector.round.is_none() {
            for (round, grades) in grades.by_round() {
                whole
                    .series
                    .extend(prepare(&grades).ok().map(|point| (round, grades.scored.len() as u64, point)));
            }
        }
        Ok(whole)
    }

    /// The interval at a confidence such as 0.95; `seed` and `replicates` matter where clusters are resampled.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    pub fn interval(&self, confidence: f64, replicates: usize, seed: u64) -> Result<Interval, String> {
        let mut interval = match &self.closed {
            Some(closed) => closed.interval(confidence)?,
            None => bootstrap::bca(&self.statistic, confidence, replicates, seed)?,
        };
        // Rounding must not put a value outside of its own interval.
        interval.low = interval.low.min(self.value);
        interval.high = interval.high.max(self.value);
        Ok(interval)
    }

    /// By how much two values of this metric can differ, where that is known.
    pub fn width(&self) -> Option<f64> {
        match self.range {
            Range::Share => Some(1.0),
            Range::ShareDifference => Some(2.0),
            Range::Positive | Range::Real => self.closed.as_ref()?.width(),
        }
    }

    /// The same with an interval whose ends never move against the grades, so that no larger loss is judged more mildly; of
    /// differences of rates over the same clusters, all others as they are.
    #[must_use]
    pub fn held(self) -> Self {
        let held = self.closed.as_ref().and_then(|closed| closed.held());
        Self { closed: held.or(self.closed), ..self }
    }

    /// Whether its interval is made by Student's t.
    pub fn student(&self) -> Option<Student> {
        self.closed.as_ref()?.student()
    }

    /// Whether its sides have different numbers of draws and are compared at equal ones.
    pub fn rarefied(&self) -> bool {
        self.closed.as_ref().is_some_and(|closed| closed.rarefied())
    }

    /// The fewest and the most draws of a prefix that it describes; none where it does not depend on them.
    pub fn draws(&self) -> Option<(usize, usize)> {
        let numbers = self.draws.as_ref()?.numbers();
        Some((*numbers.first()?, *numbers.last()?))
    }
}
