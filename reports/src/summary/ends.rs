//! Floors and ceilings: what a difference says where neither side could be any lower, or any higher.
//!
//! A model that never once does a task loses nothing of it in conversation. So a difference of shares that are all 0 shows
//! nothing, and neither does one of shares that are all 1 where a difference was to be seen.

use super::marks::share;
use crate::{
    record::{Better, Bound, Expectation, ProbeRecord, definition::expected},
    text::number::short,
    tolerance::{above, below, same},
};
use indexmap::IndexMap;
use scorers::metric::{MetricConfig, MetricResult, Range, Selector, Sources, Table};
use serde::{Deserialize, Serialize};

/// Where all sides of a comparison stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// All shares are 0.
    Floor,
    /// All shares are 1.
    Ceiling,
}

impl End {
    /// In words, as the end of a sentence about the sides.
    pub fn words(self) -> &'static str {
        match self {
            Self::Floor => "on the floor (0)",
            Self::Ceiling => "at the ceiling (1)",
        }
    }
}

/// A side of a comparison: a share, and whether 1 is its better end.
struct Side {
    share: f64,
    more_is_better: bool,
}

/// Metrics inside of metrics, at most.
const DEEPEST: usize = 64;

/// Where a probe's comparisons stand.
pub(super) struct Ends<'a> {
    probe: &'a ProbeRecord,
    table: &'a Table,
    metrics: &'a IndexMap<String, MetricResult>,
}

impl<'a> Ends<'a> {
    pub(super) fn new(
        probe: &'a ProbeRecord,
        table: &'a Table,
        metrics: &'a IndexMap<String, MetricResult>,
    ) -> Self {
        Self { probe, table, metrics }
    }

    /// Every metric that compares shares which all stand at one end.
    pub(super) fn all(&self) -> IndexMap<String, End> {
        let names = self.probe.metrics.keys();
        names.filter_map(|name| Some((name.clone(), end_of(&self.sides(name, 0)?)?))).collect()
    }

    /// Why nothing can be concluded from an expectation about a comparison; `holds` is what it comes to by its figures.
    ///
    /// On the end that is worse for the model nothing can, whatever the figures say. On the other one a bound that holds
    /// does hold (all was done on both sides, so nothing was lost), but one that asks for a difference had no room.
    pub(super) fn undecidable(&self, expectation: &Expectation, holds: bool) -> Option<String> {
        if let Some(why) = self.by_draws(expectation, holds) {
            return Some(why);
        }
        let mut sides = self.sides(&expectation.metric, 0)?;
        match &expectation.bound {
            Bound::GreaterThan(other) | Bound::LessThan(other) => sides.extend(self.sides(other, 0)?),
            Bound::MissingAtMost(_) => return None,
            Bound::AtLeast(_) | Bound::AtMost(_) | Bound::Above(_) | Bound::Below(_) => {}
        }
        let end = end_of(&sides)?;
        let best = sides.iter().all(|side| side.more_is_better == (end == End::Ceiling));
        let said = |why: &str| Some(format!("all sides are {}: {why}", end.words()));
        match (best, holds) {
            (true, true) => None,
            (true, false) => said("there was no room for a difference"),
            (false, _) => said("there a difference says nothing"),
        }
    }

    /// Why two measures of how draws vary, of unequal numbers of draws, cannot be told apart: at equal numbers they are the other
    /// way round, or equal.
    fn by_draws(&self, expectation: &Expectation, holds: bool) -> Option<String> {
        let (other, more) = match &expectation.bound {
            Bound::GreaterThan(other) => (other, true),
            Bound::LessThan(other) => (other, false),
            _ => return None,
        };
        let mut sources = Sources::new(&self.probe.metrics, self.table);
        let (one, other) = (sources.metric(&expectation.metric).ok()?, sources.metric(other).ok()?);
        let (fewer, others) = one.comparable(&other);
        if one.draws().is_none() || fewer.draws().is_some() {
            return None;
        }
        let (one, other) = (fewer.value, others.value);
        (holds != if more { above(one, other) } else { below(one, other) }).then(|| {
            format!(
                "they rest on unequal numbers of draws, and at equal ones they are {} and {}",
                short(one),
                short(other)
            )
        })
    }

    /// The shares that a metric is made of; none where it is made of anything else.
    fn sides(&self, name: &str, depth: usize) -> Option<Vec<Side>> {
        let config = self.probe.metrics.get(name).filter(|_| depth < DEEPEST)?;
        let more_is_better = expected(self.probe, name) != Some(Better::Lower);
        match config {
            MetricConfig::Contrast(one) => self.both(&one.plus, &one.minus, depth),
            MetricConfig::Ratio(one) => self.both(&one.of, &one.to, depth),
            MetricConfig::DPrime(one) => self.flags(&one.hit, &one.false_alarm),
            MetricConfig::Criterion(one) => self.flags(&one.hit, &one.false_alarm),
            _ => match self.metrics.get(name)? {
                MetricResult::Estimated(one) if one.range == Range::Share => {
                    Some(vec![Side { share: one.value, more_is_better }])
                }
                _ => None,
            },
        }
    }

    fn both(&self, one: &str, other: &str, depth: usize) -> Option<Vec<Side>> {
        let mut sides = self.sides(one, depth + 1)?;
        // What is made of itself many times over need not be looked at many times.
        if one != other {
            sides.extend(self.sides(other, depth + 1)?);
        }
        (sides.len() <= DEEPEST).then_some(sides)
    }

    /// Signal detection has no good end: a model that always says yes detects as little as one that never does.
    fn flags(&self, hit: &Selector, false_alarm: &Selector) -> Option<Vec<Side>> {
        let sides = [hit, false_alarm].map(|selector| share(selector, self.table));
        let [hit, false_alarm] = sides;
        Some(vec![
            Side { share: hit?, more_is_better: true },
            Side { share: false_alarm?, more_is_better: false },
        ])
    }
}

/// Where all sides stand, if there are several and they stand at one end.
fn end_of(sides: &[Side]) -> Option<End> {
    let all = |end: f64| sides.iter().all(|side| same(side.share, end));
    match sides.len() {
        0 | 1 => None,
        _ if all(0.0) => Some(End::Floor),
        _ if all(1.0) => Some(End::Ceiling),
        _ => None,
    }
}
