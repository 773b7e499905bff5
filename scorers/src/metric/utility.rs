//! Utility: do choices between outcomes come of one order of them?
//!
//! The measures are those of arXiv:2502.08640 where it states them. The fit is [`super::thurstone`].

use super::{
    Metric, Prepared, Range, Selector, Sources,
    closed::Withheld,
    formula::MeanOf,
    sums::Sums,
    thurstone::{Choices, Utilities},
};
use crate::{ValueKind, scorer::OVER};
use indexmap::IndexSet;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

/// How choices between two outcomes hang together: read from the labels that `preference` gives.
///
/// All choices between the same two outcomes, in whatever order they stood, are one share. `confidence` is the mean share of the outcome
/// that was chosen more often (a fair coin has 0.59 with 20 choices a pair). `accuracy` is the share of pairs of which a Thurstonian fit to the *other*
/// pairs knows which outcome is chosen more often: pairs are held out a twentieth at a time, each once (the source holds out one
/// twentieth); pairs that were chosen equally often have no such outcome and are left out. `cycles` is the mean probability, over all
/// triads of outcomes of which all pairs were asked, that three choices go round in a circle (a fair coin: 0.25); the formula is Grice's own,
/// since that of the source is not published. The first two have an interval by Student's t over pairs, given the fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Utility {
    /// Which choices.
    pub of: Selector,
    /// What to measure.
    pub measure: UtilityMeasure,
}

/// A measure of how choices hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UtilityMeasure {
    /// How often the fit knows the outcome of a pair that it has not seen.
    Accuracy,
    /// How clear choices are.
    Confidence,
    /// How often three choices go round in a circle.
    Cycles,
}

/// Pairs are held out in so many parts.
const PARTS: usize = 20;
/// Outcomes of which every triad is looked at; of more, so many are drawn.
const MOST_OUTCOMES: usize = 120;
const TRIADS: usize = 20_000;

const LABELS: &[ValueKind] = &[ValueKind::Label];

impl Metric for Utility {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, LABELS)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let asked = Asked::of(&self.of, sources)?;
        match self.measure {
            UtilityMeasure::Confidence => {
                let clear = |choices: &Choices| Some(choices.share().max(1.0 - choices.share()));
                mean(asked.pairs.iter().map(|(cluster, choices)| (*cluster, clear(choices))), (0.5, 1.0))
            }
            UtilityMeasure::Accuracy => mean(asked.known().into_iter(), (0.0, 1.0)),
            UtilityMeasure::Cycles => asked.cycles(),
        }
    }
}

/// The pairs that were asked, each with its cluster.
struct Asked {
    outcomes: usize,
    pairs: Vec<(u32, Choices)>,
}

impl Asked {
    fn of(selector: &Selector, sources: &Sources<'_>) -> Result<Self, String> {
        let grades = sources.grades(selector, LABELS)?;
        let labels = sources.labels(selector)?;
        let read = |label: f64| labels.get_index(label as usize).and_then(|label| label.split_once(OVER));
        // By name, so that neither the order of a record nor that of a list matters.
        let mut shares: BTreeMap<(&str, &str), (u32, f64, f64)> = BTreeMap::new();
        for grade in &grades.scored {
            let (won, lost) = read(grade.value).ok_or_else(|| {
                format!("`{selector}` has labels that are no choices between two; `preference` gives such")
            })?;
            let (pair, first) = if won < lost { ((won, lost), true) } else { ((lost, won), false) };
            let (_, wins, losses) = shares.entry(pair).or_insert((grade.cluster, 0.0, 0.0));
            *(if first { wins } else { losses }) += 1.0;
        }
        let names: IndexSet<&str> = shares.keys().flat_map(|(one, other)| [*one, *other]).collect();
        let place = |name: &str| names.get_index_of(name).unwrap_or_default();
        let pairs = shares.iter().map(|((one, other), (cluster, wins, losses))| {
            let choices = Choices { one: place(one), other: place(other), wins: *wins, losses: *losses };
            (*cluster, choices)
        });
        Ok(Self { outcomes: names.len(), pairs: pairs.collect() })
    }

    /// Of every pair whether a fit to others knows it; none where it has no answer.
    fn known(&self) -> Vec<(u32, Option<f64>)> {
        let mut order: Vec<usize> = (0..self.pairs.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(0));
        let mut known = vec![(0, None); self.pairs.len()];
        for part in 0..PARTS.min(order.len()) {
            let held: Vec<usize> = order.iter().copied().skip(part).step_by(PARTS).collect();
            let out: HashSet<usize> = held.iter().copied().collect();
            let seen = self.pairs.iter().enumerate().filter(|(index, _)| !out.contains(index));
            let seen: Vec<Choices> = seen.map(|(_, (_, choices))| *choices).collect();
            let fit = Utilities::fit(self.outcomes, &seen);
            for index in held {
                let (Some((cluster, choices)), Some(place)) = (self.pairs.get(index), known.get_mut(index)) else {
                    continue;
                };
                let fitted = fit.probability(choices.one, choices.other);
                let right = match choices.wins.total_cmp(&choices.losses) {
                    Ordering::Greater => Some(fitted > 0.5),
                    Ordering::Less => Some(fitted < 0.5),
                    Ordering::Equal => None,
                };
                *place = (*cluster, right.map(|right| f64::from(u8::from(right))));
            }
        }
        known
    }

    fn cycles(&self) -> Result<Prepared, String> {
        let asked: BTreeMap<(usize, usize), f64> =
            self.pairs.iter().map(|(_, choices)| ((choices.one, choices.other), choices.share())).collect();
        let share = |one: usize, other: usize| {
            asked.get(&(one, other)).copied().or_else(|| asked.get(&(other, one)).map(|share| 1.0 - share))
        };
        let mut sum = (0.0, 0.0);
        let mut look = |a: usize, b: usize, c: usize| {
            if let (Some(ab), Some(bc), Some(ca)) = (share(a, b), share(b, c), share(c, a)) {
                sum.0 += ab * bc * ca + (1.0 - ab) * (1.0 - bc) * (1.0 - ca);
                sum.1 += 1.0;
            }
        };
        if self.outcomes <= MOST_OUTCOMES {
            for a in 0..self.outcomes {
                for b in a + 1..self.outcomes {
                    (b + 1..self.outcomes).for_each(|c| look(a, b, c));
                }
            }
        } else {
            let mut random = ChaCha8Rng::seed_from_u64(0);
            for _ in 0..TRIADS {
                let mut draw = || random.random_range(0..self.outcomes);
                let (a, b, c) = (draw(), draw(), draw());
                if a != b && b != c && a != c {
                    look(a, b, c);
                }
            }
        }
        if sum.1 == 0.0 {
            return Err("there is no triad of outcomes of which all three pairs were asked".to_owned());
        }
        let mut sums = Sums::new(2);
        sums.row(0, 0).iter_mut().zip([sum.0, sum.1]).for_each(|(place, sum)| *place = sum);
        let value = Prepared::resampled(sums.statistic(1, Arc::new(MeanOf)), Range::Real)?;
        Ok(value.with(Withheld("triads share pairs, and how far that moves them is not known".to_owned())))
    }
}

/// The mean over pairs of what each has.
fn mean(pairs: impl Iterator<Item = (u32, Option<f64>)>, bounds: (f64, f64)) -> Result<Prepared, String> {
    let mut sums = Sums::new(2);
    let mut any = false;
    for (cluster, value) in pairs {
        let Some(value) = value else { continue };
        any = true;
        sums.row(cluster, 0).iter_mut().zip([value, 1.0]).for_each(|(place, number)| *place += number);
    }
    match any {
        true => Prepared::averaged(sums.statistic(1, Arc::new(MeanOf)), Range::Real, Some(bounds)),
        false => Err("every pair was chosen equally often either way".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::metric::fixture::{Fixture, assert_near};
    use crate::metric::{Column, Grade, MetricResult, Observation};
    use crate::{Place, ValueKind};
    use indexmap::IndexMap;
    use serde_json::json;

    /// Choices, a case for each pair: names and how often the first was chosen, of so many.
    fn choices(all: &[(&str, &str, u32, u32)]) -> Fixture {
        let mut fixture = Fixture::new();
        let mut column = Column::new(ValueKind::Label);
        for ((one, other, wins, of), case) in all.iter().zip(0..) {
            for sample in 0..*of {
                let label = if sample < *wins { format!("{one} > {other}") } else { format!("{other} > {one}") };
                let grade = Grade::Label(column.labels.insert_full(label).0 as u32);
                let place = Place::default();
                column.observations.push(Observation { cluster: case, case, arm: 0, sample, place, grade });
            }
            fixture.0.clusters = case + 1;
        }
        fixture.0.columns.insert("s".to_owned(), column);
        fixture
    }

    fn measures(fixture: &Fixture) -> IndexMap<String, MetricResult> {
        let of = |measure: &str| json!({ "utility": { "of": "s", "measure": measure } });
        fixture.results(json!({ "accuracy": of("accuracy"), "confidence": of("confidence"), "cycles": of("cycles") }))
    }

    fn value(results: &IndexMap<String, MetricResult>, name: &str) -> f64 {
        match &results[name] {
            MetricResult::Estimated(found) => found.value,
            MetricResult::ValueOnly(found) => found.value,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn measures_by_hand() {
        // Shares of a over b 0.8, b over c 0.6, c over a 0.3: confidence is the mean of 0.8, 0.6 and 0.7; a circle has 0.8 * 0.6 * 0.3 + 0.2 * 0.4 *
        // 0.7.
        let results = measures(&choices(&[("a", "b", 8, 10), ("b", "c", 6, 10), ("c", "a", 3, 10)]));
        assert_near(&[value(&results, "confidence"), value(&results, "cycles")], &[0.7, 0.2], 1e-12);
    }

    #[test]
    fn an_order_is_known_from_other_pairs_and_a_circle_is_not() {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let pairs = |wins: fn(usize, usize) -> u32| -> Vec<(&str, &str, u32, u32)> {
            let all = (0..7).flat_map(|one| (one + 1..7).map(move |other| (one, other)));
            all.map(|(one, other)| (names[one], names[other], wins(one, other), 10)).collect()
        };
        let ordered = measures(&choices(&pairs(|one, other| 5 + (other - one).min(5) as u32)));
        let found = value(&ordered, "accuracy");
        assert!(found > 0.9, "{found}");
        // Each beats the next three of the ring: no order explains any of it.
        let ring = measures(&choices(&pairs(|one, other| if other - one <= 3 { 10 } else { 0 })));
        let (accuracy, cycles) = (value(&ring, "accuracy"), value(&ring, "cycles"));
        assert!(accuracy < 0.6 && cycles > 0.35, "{accuracy} {cycles}");
    }

    #[test]
    fn labels_that_are_no_choices_are_refused() {
        let fixture = Fixture::new().labels("s", 0, 0, &[0]);
        let reason = fixture.reason(json!({ "m": { "utility": { "of": "s", "measure": "cycles" } } }));
        assert!(reason.contains("no choices between two"), "{reason}");
        let even = choices(&[("a", "b", 5, 10)]).reason(json!({ "m": { "utility": { "of": "s", "measure": "accuracy" } } }));
        assert_eq!(even, "every pair was chosen equally often either way");
        let lone = choices(&[("a", "b", 5, 10)]).reason(json!({ "m": { "utility": { "of": "s", "measure": "cycles" } } }));
        assert!(lone.contains("no triad"), "{lone}");
    }
}
