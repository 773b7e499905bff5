//! What a reader of an estimate has to know besides: the rates behind a d′, floors, ceilings and chance, and how many
//! clusters it is worth when one of them holds most of the grades.

use super::{
    Prepared,
    interval::{CONFIDENCE, Ends},
    terms::{Link, Term},
};

/// The two rates behind a d′ or a criterion, each with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// The share of yes where yes is right.
    pub hit: Ends,
    /// The share of yes where yes is wrong.
    pub false_alarm: Ends,
}

/// Where a value cannot tell models apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// No flag is true.
    Floor,
    /// Every flag is true.
    Ceiling,
    /// Both rates of a d′ are as far from a half as they can be, in whichever direction.
    Edge,
    /// Yes is as frequent where it is wrong as where it is right, as far as the grades show: the interval of d′ holds 0.
    Chance,
}

impl Prepared {
    /// The two rates behind a d′ or a criterion; none for other metrics.
    pub fn rates(&self) -> Option<Rates> {
        let terms = self.closed.as_ref()?.terms();
        let [hit, false_alarm] = terms.as_slice() else { return None };
        let of = |term: &Term| (term.link == Link::Z).then(|| term.share.ends(CONFIDENCE));
        Some(Rates { hit: of(hit)?, false_alarm: of(false_alarm)? }).filter(|_| self.is_detection())
    }

    /// Whether it is at an end of its scale, or at chance; none where neither is so, or nobody can tell.
    pub fn mark(&self) -> Option<Mark> {
        let closed = self.closed.as_ref()?;
        if let Some(share) = closed.share() {
            return match share.value {
                value if value <= 0.0 => Some(Mark::Floor),
                value if value >= 1.0 => Some(Mark::Ceiling),
                _ => None,
            };
        }
        let Rates { hit, false_alarm } = self.rates()?;
        let at_an_end = |rate: Ends| rate.value <= 0.0 || rate.value >= 1.0;
        if at_an_end(hit) && at_an_end(false_alarm) {
            return Some(Mark::Edge);
        }
        // The criterion is 0 where a model has no leaning, which is no chance.
        let sensitivity = closed.terms().iter().map(|term| term.weight).sum::<f64>().abs() < 0.5;
        let interval = closed.interval(CONFIDENCE).ok()?;
        (sensitivity && interval.low <= 0.0 && 0.0 <= interval.high).then_some(Mark::Chance)
    }

    /// How many clusters of equal size the grades are worth: (Σ n)² / Σ n² over the n grades of each cluster (Kish 1965,
    /// Survey Sampling), the least of its rates or means. None of metrics that are no rates, means or made of such.
    pub fn effective_clusters(&self) -> Option<f64> {
        self.statistic.effective_clusters()
    }

    fn is_detection(&self) -> bool {
        self.statistic.width() == 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{
        MetricConfig, Sources,
        fixture::{Fixture, assert_near},
    };
    use indexmap::IndexMap;
    use serde_json::{Value, json};

    fn prepared(fixture: &Fixture, metric: Value) -> Prepared {
        let metrics: IndexMap<String, MetricConfig> = serde_json::from_value(json!({ "m": metric })).unwrap();
        Sources::new(&metrics, &fixture.0).metric("m").unwrap()
    }

    fn both(hits: usize, alarms: usize) -> Fixture {
        (0..10).fold(Fixture::arms(&["a", "b"]), |f, case| {
            f.flags("s", case, 0, hits, 4).flags("s", case, 1, alarms, 4)
        })
    }

    #[test]
    fn a_sensitivity_has_two_rates() {
        let d_prime = json!({ "d_prime": { "hit": "s@a", "false_alarm": "s@b" } });
        let found = prepared(&both(3, 1), d_prime.clone()).rates().unwrap();
        assert_near(&[found.hit.value, found.false_alarm.value], &[0.75, 0.25], 1e-12);
        assert!(found.hit.low < 0.75 && found.hit.high > 0.75);
        assert_eq!(prepared(&both(3, 1), d_prime.clone()).mark(), None);
        assert_eq!(prepared(&both(4, 0), d_prime.clone()).mark(), Some(Mark::Edge));
        assert_eq!(prepared(&both(2, 2), d_prime).mark(), Some(Mark::Chance));
        assert_eq!(prepared(&both(2, 2), json!({ "rate": { "of": "s" } })).rates(), None);
    }

    #[test]
    fn rates_at_their_ends_are_marked() {
        for (yes, mark) in [(0, Some(Mark::Floor)), (4, Some(Mark::Ceiling)), (2, None)] {
            assert_eq!(prepared(&both(yes, yes), json!({ "rate": { "of": "s" } })).mark(), mark);
        }
    }

    // By hand: 40 and ten times 4 grades are 80² / (1600 + 160) = 3.636 clusters.
    #[test]
    fn a_case_with_half_of_the_grades_counts_as_one() {
        let fixture =
            (1..11).fold(Fixture::new().flags("s", 0, 0, 20, 40), |f, case| f.flags("s", case, 0, 2, 4));
        let found = prepared(&fixture, json!({ "rate": { "of": "s" } })).effective_clusters().unwrap();
        assert_near(&[found], &[6400.0 / 1760.0], 1e-12);
    }
}
