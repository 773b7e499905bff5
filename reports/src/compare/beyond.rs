//! The p-value of a difference beyond a margin, read off intervals, and the smallest one that a design can give.
//!
//! The test inverts the interval that a report shows: p is the smallest level at which it lies wholly beyond ±margin
//! on one side, so that test and interval never contradict each other, and the interval decides also where few cases leave a
//! swap test nothing to reject with. Twice a one-sided p-value: where the true difference is within the margin, it is
//! at most α on one side in at most α/2 of runs, for as long as the interval covers.
//!
//! What a design can give at most is found by trying: the same places with the base as good and the head as bad as flags can
//! be. It serves two ends: a test that could never reject takes nothing from the others (Tarone 1990,
//! <https://doi.org/10.2307/2531456>), and a rule that could never be decided is named with the cases that it needs.

use super::{
    outcome::{Beyond, Numbers, Quantity},
    quantity::quantity,
    verdict::FEWEST,
};
use indexmap::IndexMap;
use scorers::{
    ValueKind,
    metric::{
        Column, Grade, MetricConfig, Observation, Prepared, Selector, Sources, Table,
        anytime::Validity,
        interval::{normal_share, t_quantile},
        rests_on,
    },
};

/// The largest normal deviate that is tried: a p-value of 1e-15.
const FARTHEST: f64 = 8.0;
/// Halvings in which a p-value is searched: to 1e-9 of a deviate.
const HALVINGS: u32 = 33;
/// With more grades than this a design is not tried: so many can decide.
const TRIED: usize = 50_000;
/// With more selectors than this a design is not tried: they are too many to be turned around one by one.
const SELECTORS: usize = 4;
/// The most cases that a rule is said to need.
const CASES: u32 = 1_000;

/// The two-sided level that leaves so many normal deviates on both sides.
fn level_of(deviate: f64) -> f64 {
    2.0 * normal_share(-deviate)
}

/// The p-value of a difference beyond ±margin, as if this were the only look; `shown` is its interval at `level`. None
/// where there is no interval.
pub(super) fn beyond_p(difference: &Prepared, margin: f64, shown: &Quantity, level: f64) -> Option<f64> {
    let ends = shown.ends()?;
    if difference.value.abs() <= margin {
        return Some(1.0);
    }
    inverted(difference, margin, ends, level)
}

/// The smallest level at which the interval lies wholly beyond ±margin.
fn inverted(difference: &Prepared, margin: f64, ends: (f64, f64), level: f64) -> Option<f64> {
    let Some(closed) = &difference.closed else {
        return by_width(difference.value, ends, difference.statistic.clusters().len() as u64, margin, level);
    };
    let lies = |deviate: f64| {
        let interval = closed.interval(1.0 - level_of(deviate)).ok();
        interval.is_some_and(|interval| interval.low > margin || interval.high < -margin)
    };
    let (mut low, mut high) = (0.0, FARTHEST);
    if lies(high) {
        return Some(level_of(high));
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if lies(middle) { low = middle } else { high = middle }
    }
    Some(level_of(low))
}

/// The same from one interval alone: the standard error is how far the end that is nearer to the margin reaches, over
/// Student's quantile.
pub(super) fn by_width(value: f64, ends: (f64, f64), clusters: u64, margin: f64, level: f64) -> Option<f64> {
    let degrees = clusters.checked_sub(1).filter(|degrees| *degrees > 0)? as f64;
    let beyond = value.abs() - margin;
    if beyond <= 0.0 {
        return Some(1.0);
    }
    let reach = if value > 0.0 { value - ends.0 } else { ends.1 - value };
    let deviate = beyond * t_quantile(1.0 - level, degrees) / reach.max(f64::MIN_POSITIVE);
    let (mut low, mut high) = (0.0, FARTHEST);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if t_quantile(1.0 - level_of(middle), degrees) < deviate { low = middle } else { high = middle }
    }
    Some(level_of(low))
}

impl Numbers {
    /// The test against a margin: the one that was made, or, of another margin, what the interval says of it.
    pub(super) fn beyond_of(&self, margin: Option<f64>, made: Option<f64>, level: f64) -> Option<Beyond> {
        if margin == made && self.beyond.is_some() {
            return self.beyond;
        }
        let margin = margin.unwrap_or_default();
        let p = by_width(self.difference.value, self.difference.ends()?, self.clusters, margin, level)?;
        Some(Beyond { p, adjusted: p, least: None })
    }
}

/// A metric in a design: where its grades lie, whatever they are.
pub(super) struct Design<'a> {
    pub(super) metrics: &'a IndexMap<String, MetricConfig>,
    pub(super) name: &'a str,
    /// Any table with grades at those places.
    pub(super) table: &'a Table,
    pub(super) margin: f64,
    pub(super) validity: Validity,
    pub(super) level: f64,
}

impl Design<'_> {
    /// The smallest p-value that any grades could give at these places; none where that is not known, as with numbers.
    pub(super) fn least(&self) -> Option<f64> {
        self.least_of(self.table)
    }

    /// With how many clusters a difference could be shown beyond the margin at the level that is left where so many tests
    /// share it, if present ones are too few; none where they are enough, or that is not known.
    pub(super) fn clusters_needed(&self, tests: u64) -> Option<u32> {
        let (present, level) = (self.table.clusters, self.level / tests.max(1) as f64);
        let able = |clusters: u32| Some(self.least_of(&repeated(self.table, clusters))? <= level);
        if self.least()? <= level {
            return None;
        }
        let mut most = present.max(1);
        while !able(most)? {
            most = most.saturating_mul(2);
            if most > CASES {
                return None;
            }
        }
        let (mut few, mut enough) = (most / 2, most);
        while enough > few + 1 {
            let middle = few + (enough - few) / 2;
            if able(middle)? { enough = middle } else { few = middle }
        }
        Some(enough.max(present + 1))
    }

    fn least_of(&self, table: &Table) -> Option<f64> {
        let mut selectors: Vec<&Selector> = Vec::new();
        for selector in rests_on(self.metrics, self.name) {
            if !selectors.contains(&selector) {
                selectors.push(selector);
            }
        }
        let grades: usize = table.columns.values().map(|column| column.observations.len()).sum();
        if selectors.is_empty() || selectors.len() > SELECTORS || grades > TRIED {
            return None;
        }
        let is_flags = |selector: &&Selector| {
            table.columns.get(&selector.score).is_some_and(|column| column.kind == ValueKind::Flag)
        };
        if !selectors.iter().all(is_flags) {
            return None;
        }
        if u64::from(table.clusters) < FEWEST {
            return Some(1.0);
        }
        let ways = 1_u32 << (selectors.len() - 1);
        let found = (0..ways).filter_map(|way| {
            // The first is true in the base and false in the head; the others the same way or the other.
            let bits = (way << 1) | 1;
            let all_or_none = |turned: bool| {
                Sources::new(self.metrics, &extreme(table, &selectors, bits, turned)).metric(self.name).ok()
            };
            let difference = all_or_none(true)?.minus(&all_or_none(false)?).ok()?.held();
            let interval = quantity(&difference, self.validity.nominal(self.level), 1, 0);
            let p = beyond_p(&difference, self.margin, &interval, self.validity.nominal(self.level))?;
            Some(self.validity.p(p))
        });
        // Where no such grades have a value, as a ratio to nothing, what they could show is not known.
        found.reduce(f64::min)
    }
}

/// The table with every flag that a selector chooses as its bit says, or as it does not.
fn extreme(table: &Table, selectors: &[&Selector], bits: u32, turned: bool) -> Table {
    let mut table = table.clone();
    for (name, column) in &mut table.columns {
        for grade in &mut column.observations {
            let chosen = selectors
                .iter()
                .position(|selector| selector.score == *name && selector.chooses(&table.arms, grade));
            if let Some(place) = chosen {
                let flag = (bits >> place & 1 == 1) != turned;
                grade.grade = Grade::Number(f64::from(u8::from(flag)));
            }
        }
    }
    table
}

/// The table with so many clusters, made of the present ones one after another.
fn repeated(table: &Table, clusters: u32) -> Table {
    let cases = |column: &Column| column.observations.iter().map(|grade| grade.case + 1).max().unwrap_or(0);
    let cases = table.columns.values().map(cases).max().unwrap_or(0);
    let columns = table.columns.iter().map(|(name, column)| {
        let mut observations = Vec::new();
        for round in 0..clusters.div_ceil(table.clusters.max(1)) {
            let moved = column.observations.iter().map(|grade| Observation {
                cluster: grade.cluster + round * table.clusters,
                case: grade.case + round * cases,
                ..*grade
            });
            observations.extend(moved.filter(|grade| grade.cluster < clusters));
        }
        (name.clone(), Column { kind: column.kind, labels: column.labels.clone(), observations })
    });
    Table { arms: table.arms.clone(), clusters, columns: columns.collect() }
}

#[cfg(test)]
#[path = "beyond_tests.rs"]
mod tests;
