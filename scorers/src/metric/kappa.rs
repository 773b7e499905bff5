//! Kappa: agreement of two scores beyond what chance gives, at the same places.

use super::{
    FLAGS, Metric, Prepared, Range, Selector, Sources,
    closed::{ClosedForm, Withheld},
    formula::Formula,
    growth::Growth,
    interval::{Interval, t_quantile},
    select::{Grades, Scored},
    sums::Sums,
};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// Cohen's kappa between two scores that are yes or no, at the same places: (p_o - p_e) / (1 - p_e).
///
/// p_o is the share of places at which they are equal, p_e the share that would be if each kept its own rate and they had nothing to do
/// with each other (Cohen 1960, <https://doi.org/10.1177/001316446002000104>). 1 is agreement everywhere, 0 what chance gives. A place is a
/// case, arm, sample and round; where one of the scores stands on the main line and the other in a fork, each of its continuations is held
/// against the one on the main line. The interval is the delta method's with a cluster-robust error and Student's t. There is none where
/// the rarer answer of either, or a disagreement, occurs in too few cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kappa {
    /// Flags, such as those of the model's replies or of one rater.
    pub of: Selector,
    /// Flags at the same places, such as those of the human's turns or of another rater.
    pub with: Selector,
}

/// Cases in which the rarer answer of either score has to occur for an interval.
const FEWEST_RARE: usize = 10;

/// Cases in which the two have to differ for an interval.
const FEWEST_APART: usize = 5;

/// Cases in which both have to give the rarer answer for an interval.
const FEWEST_BOTH: usize = 5;

impl Metric for Kappa {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, FLAGS), ("with", &self.with, FLAGS)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let (of, with) = (sources.grades(&self.of, FLAGS)?, sources.grades(&self.with, FLAGS)?);
        let pairs = at_the_same_places(&of, &with);
        if pairs.is_empty() {
            return Err(format!("`{}` and `{}` have no grades at the same places", self.of, self.with));
        }
        let mut sums = Sums::new(4);
        for (cluster, one, other) in &pairs {
            if let [n, both, first, second] = sums.row(*cluster, 0) {
                *n += 1.0;
                *both += one * other;
                *first += one;
                *second += other;
            }
        }
        let kappa = Prepared::resampled(sums.statistic(1, Arc::new(BeyondChance)), Range::Real)?;
        if let Some(why) = too_few(&pairs) {
            return Ok(kappa.with(Withheld(why)));
        }
        let clusters = kappa.statistic.clusters().len() as f64;
        let error = kappa.statistic.standard_error().ok_or("one case only: how far cases differ is unknown")?;
        let value = kappa.value;
        Ok(kappa.with(Robust { value, error, clusters }))
    }
}

/// Cluster and both flags, 0 or 1, of every place at which both scores have a grade.
fn at_the_same_places(of: &Grades, with: &Grades) -> Vec<(u32, f64, f64)> {
    let round = |grade: &Scored| (grade.case, grade.arm, grade.sample, grade.place.round);
    let mut beside: BTreeMap<_, Vec<&Scored>> = BTreeMap::new();
    for grade in &with.scored {
        beside.entry(round(grade)).or_default().push(grade);
    }
    let mut pairs = Vec::new();
    for one in &of.scored {
        for other in beside.get(&round(one)).into_iter().flatten() {
            let (mine, theirs) = (one.place.branch, other.place.branch);
            if mine == theirs || mine.is_none() || theirs.is_none() {
                pairs.push((one.cluster, one.value, other.value));
            }
        }
    }
    pairs
}

/// Why an interval would mislead: what decides about kappa was seen in too few clusters.
fn too_few(pairs: &[(u32, f64, f64)]) -> Option<String> {
    let clusters = |holds: &dyn Fn(f64, f64) -> bool| {
        let mut found: Vec<u32> =
            pairs.iter().filter(|(_, one, other)| holds(*one, *other)).map(|(cluster, ..)| *cluster).collect();
        found.sort_unstable();
        found.dedup();
        found.len()
    };
    let n = pairs.len() as f64;
    let rarer = |share: f64| if share > 0.5 { 0.0 } else { 1.0 };
    let first = pairs.iter().map(|(_, one, _)| one).sum::<f64>() / n;
    let second = pairs.iter().map(|(.., other)| other).sum::<f64>() / n;
    let (mine, theirs) = (rarer(first), rarer(second));
    let both = rarer(f64::midpoint(first, second));
    let is = |flag: f64, answer: f64| (flag - answer).abs() < 0.5;
    let rare = clusters(&|one, _| is(one, mine)).min(clusters(&|_, other| is(other, theirs)));
    let apart = clusters(&|one, other| !is(one, other));
    let together = clusters(&|one, other| is(one, both) && is(other, both));
    let cases = |count: usize| if count == 1 { "1 case".to_owned() } else { format!("{count} cases") };
    if rare < FEWEST_RARE {
        return Some(format!("the rarer answer occurs in {}, and an interval of kappa takes {FEWEST_RARE}", cases(rare)));
    }
    if apart < FEWEST_APART {
        return Some(format!("the two differ in {}, and an interval of kappa takes {FEWEST_APART}", cases(apart)));
    }
    (together < FEWEST_BOTH).then(|| {
        format!("both give the rarer answer in {}, and an interval of kappa takes {FEWEST_BOTH}", cases(together))
    })
}

/// (p_o - p_e) / (1 - p_e); the totals are places, both yes, yes of the first, yes of the second.
struct BeyondChance;

impl Formula for BeyondChance {
    fn value(&self, totals: &[f64]) -> Option<f64> {
        let [n, both, first, second] = totals else { return None };
        let observed = (n - first - second + 2.0 * both) / n;
        let chance = (first * second + (n - first) * (n - second)) / (n * n);
        (*n > 0.0 && chance < 1.0 - 1e-12).then(|| (observed - chance) / (1.0 - chance))
    }

    fn undefined(&self) -> String {
        "both scores say the same everywhere, so chance agreement is perfect too".to_owned()
    }

    /// With D = n (first + second) - 2 first second, kappa = 2 (n both - first second) / D.
    fn gradient(&self, totals: &[f64], gradient: &mut [f64]) -> Option<()> {
        let ([n, both, first, second], [by_n, by_both, by_first, by_second]) = (totals, gradient) else {
            return None;
        };
        let above = n * both - first * second;
        let below = n * (first + second) - 2.0 * first * second;
        let quotient = |above_slope: f64, below_slope: f64| {
            2.0 * (above_slope * below - above * below_slope) / (below * below)
        };
        *by_n = quotient(*both, first + second);
        *by_both = quotient(*n, 0.0);
        *by_first = quotient(-second, n - 2.0 * second);
        *by_second = quotient(-first, n - 2.0 * first);
        Some(())
    }
}

/// The delta method over clusters, with Student's t.
#[derive(Clone, Copy)]
struct Robust {
    value: f64,
    error: f64,
    clusters: f64,
}

impl ClosedForm for Robust {
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let half = t_quantile(confidence, self.clusters - 1.0) * self.error;
        let (low, high) = ((self.value - half).max(-1.0), (self.value + half).min(1.0));
        Interval::checked(low, high, "delta method, cluster-robust t", "it is the same in every case")
    }

    fn grown(&self, growth: Growth) -> Option<Arc<dyn ClosedForm>> {
        let error = self.error * growth.variance().sqrt();
        Some(Arc::new(Self { error, clusters: self.clusters * growth.clusters, ..*self }))
    }

    fn width(&self) -> Option<f64> {
        Some(2.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::metric::fixture::{Fixture, assert_near, ends};
    use crate::metric::{Grade, MetricResult, Observation};
    use crate::{Place, ValueKind};
    use serde_json::{Value, json};

    fn kappa() -> Value {
        json!({ "m": { "kappa": { "of": "a", "with": "b" } } })
    }

    /// A case a row: how often both say yes, only the first, only the second, neither.
    fn cells(rows: &[[usize; 4]]) -> Fixture {
        rows.iter().zip(0..).fold(Fixture::new(), |fixture, ([both, first, second, neither], case)| {
            let flags = |yes: [bool; 4]| {
                let counts = [*both, *first, *second, *neither];
                let flags = counts.into_iter().zip(yes).flat_map(|(n, yes)| std::iter::repeat_n(yes, n));
                flags.map(|yes| Grade::Number(f64::from(u8::from(yes)))).collect::<Vec<_>>()
            };
            fixture
                .case("a", ValueKind::Flag, case, 0, &flags([true, true, false, false]))
                .case("b", ValueKind::Flag, case, 0, &flags([true, false, true, false]))
        })
    }

    const ROWS: [[usize; 4]; 12] = [
        [2, 0, 1, 1],
        [1, 1, 0, 2],
        [0, 1, 1, 2],
        [3, 0, 0, 1],
        [1, 0, 1, 2],
        [2, 1, 0, 1],
        [0, 0, 1, 3],
        [1, 1, 1, 1],
        [2, 0, 0, 2],
        [0, 1, 0, 3],
        [1, 0, 0, 3],
        [2, 1, 1, 0],
    ];

    // scorers/tests/fixtures/kappa.py: numpy from the definition, influences by complex steps, scipy.stats.t.ppf(0.975, 11).
    #[test]
    fn value_and_interval_are_those_of_numpy() {
        let found = cells(&ROWS).estimate(kappa());
        let expected = [0.49206349206349204, 0.25092728157737165, 0.7331997025496124];
        assert_near(&ends(&found), &expected, 1e-9);
        assert_eq!((found.clusters, found.method.as_str()), (12, "delta method, cluster-robust t"));
    }

    // Cohen 1960 by hand: 20 both yes, 5 and 10 apart, 15 both no. p_o = 0.7, p_e = 0.5.
    #[test]
    fn a_table_by_hand() {
        let found = cells(&[[20, 5, 10, 15]]).results(kappa()).swap_remove("m").and_then(|m| m.value());
        assert_near(&[found.unwrap()], &[0.4], 1e-12);
    }

    #[test]
    fn where_too_little_was_seen_there_is_no_interval() {
        let reason = |rows: &[[usize; 4]]| cells(rows).reason(kappa());
        let few = reason(&[[1, 0, 0, 3]; 9]);
        assert_eq!(few, "the rarer answer occurs in 9 cases, and an interval of kappa takes 10");
        let mut rows = vec![[1, 0, 0, 3]; 20];
        rows.push([0, 1, 0, 3]);
        assert_eq!(reason(&rows), "the two differ in 1 case, and an interval of kappa takes 5");
        let apart = reason(&[[0, 1, 1, 3]; 20]);
        assert_eq!(apart, "both give the rarer answer in 0 cases, and an interval of kappa takes 5");
        let same = reason(&[[0, 0, 0, 3]; 20]);
        assert_eq!(same, "both scores say the same everywhere, so chance agreement is perfect too");
    }

    #[test]
    fn a_fork_is_held_against_the_main_line_of_its_round() {
        let mut fixture = Fixture::new();
        let mut enter = |score: &str, round, branch, yes: bool| {
            let place = Place { round: Some(round), branch };
            let grade = Grade::Number(f64::from(u8::from(yes)));
            let at = Observation { cluster: 0, case: 0, arm: 0, sample: 0, place, grade };
            fixture.enter(score, ValueKind::Flag, at);
        };
        // Round 1: the person asks, and so do both continuations; round 2: nobody does; round 3: only the person.
        for (round, person, model) in [(1, true, [true, true]), (2, false, [false, false]), (3, true, [false, false])] {
            enter("b", round, None, person);
            enter("a", round, Some(0), model[0]);
            enter("a", round, Some(1), model[1]);
        }
        // Six pairs: 2 both, 0 only the first, 2 only the second, 2 neither; p_o = 4/6, p_e = (2·4 + 4·2)/36.
        let found = fixture.results(kappa()).swap_remove("m").and_then(|m| m.value()).unwrap();
        assert_near(&[found], &[(4.0 / 6.0 - 16.0 / 36.0) / (1.0 - 16.0 / 36.0)], 1e-12);
    }

    #[test]
    fn grades_at_other_places_are_no_pairs() {
        let fixture = Fixture::new().flags("a", 0, 0, 1, 2).flags("b", 1, 0, 1, 2);
        assert_eq!(fixture.reason(kappa()), "`a` and `b` have no grades at the same places");
        assert!(matches!(fixture.results(kappa())["m"], MetricResult::Unavailable { .. }));
    }
}
