//! Contrast: one metric minus another; [`super::interval::difference`] combines their intervals.

use super::{Metric, Prepared, Sources};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The difference of two metrics of the same probe, paired by cluster.
///
/// Where both have intervals in closed form, theirs are combined with the correlation that shared clusters bring
/// about: for two means over the same clusters that is the paired t interval,
/// for two rates Newcombe's, which has a width even where all flags are equal. Otherwise clusters are resampled,
/// both sides together. Arms that lie in different clusters are independent samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    /// Name of the metric that counts positively.
    pub plus: String,
    /// Name of the metric that is taken away.
    pub minus: String,
}

impl Metric for Contrast {
    fn metrics(&self) -> Vec<(&'static str, &str)> {
        vec![("plus", &self.plus), ("minus", &self.minus)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let (plus, minus) = (sources.metric(&self.plus)?, sources.metric(&self.minus)?);
        plus.minus(&minus)
    }
}

#[cfg(test)]
mod tests {
    use crate::metric::fixture::{Fixture, assert_near, ends};
    use crate::metric::{MetricResult, Range};
    use serde_json::{Value, json};

    fn gap(metric: &str) -> Value {
        json!({
            "plus": { metric: { "of": "s@a" } },
            "minus": { metric: { "of": "s@b" } },
            "m": { "contrast": { "plus": "plus", "minus": "minus" } },
        })
    }

    // scipy.stats.ttest_rel(a, b).confidence_interval(0.95)
    #[test]
    fn two_means_over_the_same_cases_are_the_paired_t_test() {
        let pairs = [(1.5, 1.0), (2.0, 2.5), (2.5, 1.0), (0.5, 0.25), (1.0, 0.0), (3.0, 1.0)];
        let fixture = pairs.iter().zip(0..).fold(Fixture::arms(&["a", "b"]), |table, ((a, b), case)| {
            table.numbers("s", case, 0, &[*a]).numbers("s", case, 1, &[*b])
        });
        let found = fixture.estimate(gap("mean"));
        assert_near(&ends(&found), &[0.7916666666666666, -0.15306830292405005, 1.7364016362573833], 1e-10);
        assert_eq!((found.n, found.clusters), (12, 6));
    }

    /// Cases by what the two arms answer: both yes, only the first, only the second, neither.
    fn paired(both: u32, first: u32, second: u32, neither: u32) -> Fixture {
        let cells = [(both, 1, 1), (first, 1, 0), (second, 0, 1), (neither, 0, 0)];
        let pairs = cells.iter().flat_map(|(count, a, b)| (0..*count).map(move |_| (*a, *b)));
        pairs.zip(0..).fold(Fixture::arms(&["a", "b"]), |table, ((a, b), case)| {
            table.flags("s", case, 0, a, 1).flags("s", case, 1, b, 1)
        })
    }

    // Newcombe 1998, table II, method 10 for (36, 12, 2, 0): 0.0569 to 0.3404. All four: the formula of the
    // paper in numpy with statsmodels' Wilson limits.
    #[test]
    fn two_rates_over_the_same_cases_are_newcombes() {
        for (cells, expected) in [
            ([36, 12, 2, 0], [0.2, 0.05692958400323875, 0.3404276029749408]),
            ([14, 5, 0, 22], [0.12195121951219512, 0.011483241383033221, 0.2264926843512112]),
            ([10, 0, 0, 10], [0.0, -0.08975665937768057, 0.08975665937768057]),
            ([0, 0, 0, 12], [0.0, -0.24249400665524096, 0.24249400665524096]),
        ] {
            let [both, first, second, neither] = cells;
            let found = paired(both, first, second, neither).estimate(gap("rate"));
            assert_near(&ends(&found), &expected, 1e-9);
            assert_eq!(found.range, Range::ShareDifference);
        }
    }

    // statsmodels.stats.proportion.confint_proportions_2indep(15, 20, 7, 30, method="newcomb", compare="diff")
    #[test]
    fn arms_in_different_cases_are_independent() {
        let fixture = (0..20).fold(Fixture::arms(&["a", "b"]), |table, case| {
            table.flags("s", case, 0, usize::from(case < 15), 1)
        });
        let fixture =
            (0..30).fold(fixture, |table, case| table.flags("s", 20 + case, 1, usize::from(case < 7), 1));
        let found = fixture.estimate(gap("rate"));
        assert_near(&[found.low, found.high], &[0.2359738610558958, 0.6966709197363502], 1e-9);
        assert_eq!(found.clusters, 50);
    }

    #[test]
    fn contrasts_of_contrasts_work_and_cycles_are_named() {
        let fixture = paired(5, 9, 3, 8);
        let results = fixture.results(json!({
            "a": { "rate": { "of": "s@a" } },
            "b": { "rate": { "of": "s@b" } },
            "gap": { "contrast": { "plus": "a", "minus": "b" } },
            "twice": { "contrast": { "plus": "gap", "minus": "back" } },
            "back": { "contrast": { "plus": "b", "minus": "a" } },
            "one": { "contrast": { "plus": "other", "minus": "a" } },
            "other": { "contrast": { "plus": "one", "minus": "a" } },
            "lost": { "contrast": { "plus": "nowhere", "minus": "a" } },
        }));
        let (MetricResult::Estimated(gap), MetricResult::Estimated(twice)) =
            (&results["gap"], &results["twice"])
        else {
            panic!("{results:?}");
        };
        assert_near(&[twice.value], &[2.0 * gap.value], 1e-12);
        assert_eq!((twice.n, twice.clusters), (50, 25));
        for (name, why) in [("one", "`one` is made of itself"), ("lost", "there is no metric `nowhere`")] {
            let MetricResult::Unavailable { reason, .. } = &results[name] else { panic!("{name}") };
            assert_eq!(reason, why);
        }
        assert!(matches!(results["other"], MetricResult::Unavailable { .. }));
    }

    #[test]
    fn deep_and_wide_nests_end() {
        let mut metrics = serde_json::Map::new();
        metrics.insert("c0".to_owned(), json!({ "rate": { "of": "s" } }));
        for level in 1..200 {
            let below = format!("c{}", level - 1);
            metrics.insert(format!("c{level}"), json!({ "contrast": { "plus": below, "minus": below } }));
        }
        let results = paired(2, 3, 4, 5).results(Value::Object(metrics));
        assert!(matches!(results["c199"], MetricResult::Unavailable { .. }));
    }

    #[test]
    fn metrics_without_closed_forms_are_resampled_together() {
        let mut fixture = Fixture::arms(&["a", "b"]);
        for case in 0..60 {
            fixture = fixture.labels("s", case, 0, &[case % 3, case % 3, case % 2]).labels(
                "s",
                case,
                1,
                &[0, case % 3, 1],
            );
        }
        let found = fixture.estimate(gap("alpha"));
        assert!(
            found.low < found.value && found.value < found.high && found.method.contains("BCa"),
            "{found:?}"
        );
    }
}
