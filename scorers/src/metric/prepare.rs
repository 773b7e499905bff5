//! From the metrics of a spec to statistics ready to be estimated, compared or resampled.

use super::{
    Estimate, MetricConfig, MetricResult, Point, Range, Selector, Table, ValueOnly,
    bootstrap::{self, REPLICATES},
    closed::{ClosedForm, Difference, Pair, Quotient, Spread, Student, Withheld},
    cluster::Statistic,
    draws::{self, Draws, rarefied},
    formula::Join,
    interval::{CONFIDENCE, Interval},
    paired_clusters::PairedClusters,
    select::{Counts, Grades},
};
use crate::ValueKind;
use indexmap::IndexMap;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// How deep metrics may be made of metrics.
const DEEPEST: usize = 64;

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

    /// This metric and another one as they can be compared: an entropy and an effective number depend on how many draws there
    /// are, and of two that rest on unequal numbers as many are taken as both have.
    pub fn comparable(&self, other: &Self) -> (Self, Self) {
        let both = self.draws.as_ref().zip(other.draws.as_ref());
        match both.and_then(|(mine, theirs)| rarefied(mine, theirs)) {
            Some((mut mine, mut theirs)) => {
                mine.series.clone_from(&self.series);
                theirs.series.clone_from(&other.series);
                (mine, theirs)
            }
            None => (self.clone(), other.clone()),
        }
    }

    /// This metric minus another one over the same clusters, paired: of the same probe, or of the same
    /// probe in another run. What depends on the number of draws is compared at equal numbers, see [`Self::comparable`].
    ///
    /// # Errors
    /// When the two together are too large, or have no value.
    pub fn minus(&self, other: &Self) -> Result<Self, String> {
        let shares = self.range == Range::Share && other.range == Range::Share;
        let range = if shares { Range::ShareDifference } else { Range::Real };
        let (mine, theirs) = self.comparable(other);
        let mut difference = mine.join(&theirs, Join::Difference, range)?;
        if self.draws.is_some() && mine.draws.is_none() {
            difference = draws::marked(difference);
        }
        for (round, n, mine) in &self.series {
            if let Some((_, other_n, theirs)) = other.series.iter().find(|(other, ..)| other == round)
                && let Ok(point) = mine.minus(theirs)
            {
                difference.series.push((*round, n + other_n, point));
            }
        }
        Ok(difference)
    }

    /// This metric divided by another one over the same clusters, paired.
    ///
    /// # Errors
    /// When the two together are too large, or have no value.
    pub fn over(&self, other: &Self) -> Result<Self, String> {
        let (mine, theirs) = self.comparable(other);
        let positive = |range| matches!(range, Range::Share | Range::Positive);
        let both = positive(self.range) && positive(other.range);
        mine.join(&theirs, Join::Quotient, if both { Range::Positive } else { Range::Real })
    }

    fn join(&self, other: &Self, join: Join, range: Range) -> Result<Self, String> {
        let statistic = Statistic::join(&self.statistic, &other.statistic, join)?;
        let joined = Self::resampled(statistic, range)?;
        let withheld =
            |side: &Self| side.closed.as_ref().and_then(|closed| Some(closed.withheld()?.to_owned()));
        if let Some(why) = withheld(self).or_else(|| withheld(other)) {
            return Ok(joined.with(Withheld(why)));
        }
        let (Some(left), Some(right)) = (&self.closed, &other.closed) else { return Ok(joined) };
        let correlation = self.statistic.correlation(&other.statistic);
        let pair =
            Pair { left: (self.value, left.clone()), right: (other.value, right.clone()), correlation };
        Ok(match join {
            Join::Difference => {
                let sides = [&self.statistic, &other.statistic];
                match PairedClusters::new(sides, &joined.statistic, range, &pair) {
                    Some(paired) => joined.with(paired),
                    None => joined.with(Difference(pair)),
                }
            }
            Join::Quotient => joined.with(Quotient(pair)),
        })
    }
}

/// What a metric is prepared from: the grades, and the other metrics.
pub struct Sources<'a> {
    metrics: &'a IndexMap<String, MetricConfig>,
    table: &'a Table,
    /// Metrics that were prepared; none while it is under way.
    known: HashMap<&'a str, Option<Result<Prepared, String>>>,
    depth: usize,
}

impl<'a> Sources<'a> {
    /// The metrics of one probe and its grades.
    pub fn new(metrics: &'a IndexMap<String, MetricConfig>, table: &'a Table) -> Self {
        Self { metrics, table, known: HashMap::new(), depth: 0 }
    }

    /// The grades that a selector chooses.
    ///
    /// # Errors
    /// A sentence that says why there are none.
    pub fn grades(&self, selector: &Selector, accepted: &[ValueKind]) -> Result<Grades, String> {
        Grades::choose(self.table, selector, accepted)
    }

    /// Another metric of the probe, prepared once.
    ///
    /// # Errors
    /// A sentence that says why it has no value; cycles are found here.
    pub fn metric(&mut self, name: &str) -> Result<Prepared, String> {
        let metrics = self.metrics;
        let (name, config) =
            metrics.get_key_value(name).ok_or_else(|| format!("there is no metric `{name}`"))?;
        match self.known.get(name.as_str()) {
            Some(Some(known)) => return known.clone(),
            Some(None) => return Err(format!("`{name}` is made of itself")),
            None => {}
        }
        if self.depth >= DEEPEST {
            return Err(format!("metrics are nested deeper than {DEEPEST}"));
        }
        self.known.insert(name, None);
        self.depth += 1;
        let prepared = config.parameters().prepare(self);
        self.depth -= 1;
        self.known.insert(name, Some(prepared.clone()));
        prepared
    }
}

/// A metric and those that it is made of, each once.
pub fn made_of<'a>(
    metrics: &'a IndexMap<String, MetricConfig>,
    name: &'a str,
) -> impl Iterator<Item = &'a MetricConfig> {
    let (mut open, mut seen) = (vec![name], HashSet::new());
    std::iter::from_fn(move || {
        while let Some(name) = open.pop() {
            let Some(config) = metrics.get(name).filter(|_| seen.insert(name)) else { continue };
            open.extend(config.metrics().into_iter().map(|(_, name)| name));
            return Some(config);
        }
        None
    })
}

/// The grades that a metric reads, also through other metrics.
pub fn rests_on<'a>(metrics: &'a IndexMap<String, MetricConfig>, name: &'a str) -> Vec<&'a Selector> {
    let inputs = |config: &'a MetricConfig| config.inputs().into_iter().map(|(_, selector, _)| selector);
    made_of(metrics, name).flat_map(inputs).collect()
}

/// Estimates all metrics of a probe; `seed` drives the resampling and nothing else.
pub fn estimate_all(
    metrics: &IndexMap<String, MetricConfig>,
    table: &Table,
    seed: u64,
) -> IndexMap<String, MetricResult> {
    let mut sources = Sources::new(metrics, table);
    let mut results = IndexMap::new();
    for name in metrics.keys() {
        let counts = Counts::of(table, &rests_on(metrics, name));
        let estimated = sources.metric(name).map(|prepared| estimate(&prepared, counts, seed));
        let Counts { unscored, failed, .. } = counts;
        let result =
            estimated.unwrap_or_else(|reason| MetricResult::Unavailable { reason, unscored, failed });
        results.insert(name.clone(), result);
    }
    results
}

fn estimate(prepared: &Prepared, counts: Counts, seed: u64) -> MetricResult {
    // A round whose grades allow no interval is left out of the curve; its grades are in the counts.
    let series = prepared.series.iter().filter_map(|(round, n, point)| {
        let Interval { low, high, .. } = point.interval(CONFIDENCE, REPLICATES, seed).ok()?;
        Some(Point { round: *round, value: point.value, low, high, n: *n })
    });
    let series = series.collect();
    let Counts { scored: n, unscored, failed } = counts;
    let (value, range, clusters) =
        (prepared.value, prepared.range, prepared.statistic.clusters().len() as u64);
    match prepared.interval(CONFIDENCE, REPLICATES, seed) {
        Ok(Interval { low, high, method }) => {
            let estimate =
                Estimate { value, low, high, method, n, clusters, unscored, failed, range, series };
            MetricResult::Estimated(estimate)
        }
        Err(reason) => {
            MetricResult::ValueOnly(ValueOnly { value, reason, n, clusters, unscored, failed, range, series })
        }
    }
}
