//! Rate: the share of grades that are true. [`super::Share`] has the interval.

use super::{FLAGS, Metric, Prepared, Range, Selector, Share, Sources, select::Grades};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The share of scored grades that are true, from 0 to 1, and its curve where there are rounds.
///
/// The interval is Wilson's, with an effective sample size that accounts for grades of one case resembling
/// each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Which grades.
    pub of: Selector,
}

impl Metric for Rate {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, FLAGS)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let grades = sources.grades(&self.of, FLAGS)?;
        Prepared::by_round(&grades, &self.of, share)
    }
}

/// The share of true flags, without a curve.
pub(super) fn share(flags: &Grades) -> Result<Prepared, String> {
    let (share, statistic) = Share::of(&flags.scored).ok_or("there is nothing to average")?;
    Ok(Prepared::resampled(statistic, Range::Share)?.with(share))
}

#[cfg(test)]
mod tests {
    use crate::metric::fixture::{Fixture, assert_near, ends};
    use crate::{
        Place, ValueKind,
        metric::{Grade, Observation},
    };
    use serde_json::json;

    // statsmodels.stats.proportion.proportion_confint(3, 10, method="wilson")
    #[test]
    fn one_grade_a_case_is_wilson() {
        let fixture =
            (0..10).fold(Fixture::new(), |table, case| table.flags("s", case, 0, usize::from(case < 3), 1));
        let rate = fixture.estimate(json!({ "m": { "rate": { "of": "s" } } }));
        assert_near(&ends(&rate), &[0.3, 0.10779126740630104, 0.6032218525388546], 1e-12);
        assert_eq!((rate.method.as_str(), rate.n, rate.clusters), ("Wilson", 10, 10));
    }

    #[test]
    fn equal_flags_count_cases_not_grades() {
        // statsmodels.stats.proportion.proportion_confint(0, 10, method="wilson")
        let fixture = (0..10).fold(Fixture::new(), |table, case| table.flags("s", case, 0, 0, 8));
        let rate = fixture.estimate(json!({ "m": { "rate": { "of": "s" } } }));
        assert_near(&ends(&rate), &[0.0, 0.0, 0.27753279986288926], 1e-12);
    }

    #[test]
    fn one_case_is_one_flag() {
        // statsmodels.stats.proportion.proportion_confint(1, 1, method="wilson")
        let rate = Fixture::new().flags("s", 0, 0, 8, 8).estimate(json!({ "m": { "rate": { "of": "s" } } }));
        assert_near(&ends(&rate), &[1.0, 0.20654931437723745, 1.0], 1e-9);
    }

    #[test]
    fn copies_within_a_case_add_nothing() {
        let copied = (0..20)
            .fold(Fixture::new(), |table, case| table.flags("s", case, 0, if case < 9 { 8 } else { 0 }, 8));
        let single =
            (0..20).fold(Fixture::new(), |table, case| table.flags("s", case, 0, usize::from(case < 9), 1));
        let rate = |fixture: Fixture| ends(&fixture.estimate(json!({ "m": { "rate": { "of": "s" } } })));
        assert_near(&rate(copied), &rate(single), 1e-12);
    }

    #[test]
    fn missing_grades_are_counted() {
        let fixture = Fixture::new()
            .case("s", ValueKind::Flag, 0, 0, &[Grade::Number(1.0), Grade::Failed, Grade::Unscored])
            .case("s", ValueKind::Flag, 1, 0, &[Grade::Number(0.0), Grade::Failed]);
        let rate = fixture.estimate(json!({ "m": { "rate": { "of": "s" } } }));
        assert_eq!((rate.n, rate.unscored, rate.failed), (2, 1, 2));
        assert_near(&[rate.value], &[0.5], 0.0);
    }

    #[test]
    fn rounds_make_a_curve() {
        let mut fixture = Fixture::new();
        for (cluster, round) in (0..12).flat_map(|cluster| (1..=3).map(move |round| (cluster, round))) {
            let grade = Grade::Number(f64::from(u8::from(cluster % round == 0)));
            let observation = Observation {
                cluster,
                case: cluster,
                arm: 0,
                sample: 0,
                place: Place { round: Some(round), branch: None },
                grade,
            };
            fixture.enter("s", ValueKind::Flag, observation);
        }
        let rate = fixture.estimate(json!({ "m": { "rate": { "of": "s" } } }));
        let curve: Vec<(u32, u64)> = rate.series.iter().map(|point| (point.round, point.n)).collect();
        assert_eq!(curve, [(1, 12), (2, 12), (3, 12)]);
        let values: Vec<f64> = rate.series.iter().map(|point| point.value).collect();
        assert_near(&values, &[1.0, 0.5, 4.0 / 12.0], 1e-15);
        let second = fixture.estimate(json!({ "m": { "rate": { "of": "s#2" } } }));
        assert_near(&ends(&second), &[0.5, rate.series[1].low, rate.series[1].high], 1e-15);
    }

    #[test]
    fn says_why_there_is_none() {
        let fixture = Fixture::arms(&["a", "b"])
            .case("s", ValueKind::Flag, 0, 0, &[Grade::Failed, Grade::Unscored])
            .labels("named", 0, 0, &[0]);
        let reason = |of: &str| fixture.reason(json!({ "m": { "rate": { "of": of } } }));
        assert_eq!(reason("x"), "there is no score `x`");
        assert_eq!(reason("s@c"), "there is no arm `c`");
        assert_eq!(reason("s@b#2"), "no trial reached `s@b#2`");
        assert_eq!(reason("s"), "none of the 2 grades of `s` could be given (1 unscored, 1 failed)");
        assert_eq!(reason("named"), "`named` gives labels, which this metric does not take");
    }
}
