//! Results beside their controls, in sentences.

use crate::{
    record::{Control, ProbeRecord},
    text::number::{interval, short},
};
use indexmap::IndexMap;
use scorers::metric::MetricResult;

/// Every result that has a control beside it, as `metric: sentence` without a full stop.
pub(super) fn of_run(probe: &ProbeRecord, results: &IndexMap<String, MetricResult>) -> Vec<String> {
    probe.controls.iter().map(|control| sentence(control, results)).collect()
}

/// What is known of a metric: its value, and the ends of its interval.
fn known(name: &str, results: &IndexMap<String, MetricResult>) -> Option<(f64, Option<(f64, f64)>)> {
    match results.get(name)? {
        MetricResult::Estimated(found) => Some((found.value, Some((found.low, found.high)))),
        MetricResult::ValueOnly(found) => Some((found.value, None)),
        MetricResult::Unavailable { .. } => None,
    }
}

fn sentence(control: &Control, results: &IndexMap<String, MetricResult>) -> String {
    let Control { metric, beside, kind } = control;
    let (words, rules_out) = (kind.words(), kind.rules_out());
    let (Some((value, ends)), Some((other, others))) = (known(metric, results), known(beside, results))
    else {
        return format!(
            "{metric}: nothing can be said beside {words} ({beside}): one of the two has no value"
        );
    };
    let shown = |value: f64, ends: Option<(f64, f64)>| match ends {
        Some((low, high)) => format!("{} {}", short(value), interval(low, high)),
        None => short(value),
    };
    let (value, other) = (shown(value, ends), shown(other, others));
    let verdict = match (ends, others) {
        (Some((low, high)), Some((least, most))) if high < least || most < low => {
            format!("the intervals lie apart, which rules out that {rules_out}")
        }
        (Some(_), Some(_)) => format!("the intervals overlap, so it is not ruled out that {rules_out}"),
        _ => format!("without intervals it is not ruled out that {rules_out}"),
    };
    format!("{metric}: {value} beside {other} for {words} ({beside}); {verdict}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ControlKind;
    use serde_json::json;

    fn results(value: f64, low: f64, high: f64) -> IndexMap<String, MetricResult> {
        let estimate = |value: f64, low: f64, high: f64| json!({"estimated": {"value": value, "low": low, "high": high, "method": "m", "n": 9, "clusters": 9, "unscored": 0, "failed": 0, "range": "share", "series": []}});
        let all = json!({ "own": estimate(0.9, 0.8, 0.95), "control": estimate(value, low, high) });
        serde_json::from_value(all).expect("results")
    }

    fn said(results: &IndexMap<String, MetricResult>, beside: &str) -> String {
        let kind = ControlKind::NonsenseOptions;
        sentence(&Control { metric: "own".to_owned(), beside: beside.to_owned(), kind }, results)
    }

    #[test]
    fn a_control_rules_out_what_it_can() {
        assert_eq!(
            said(&results(0.5, 0.4, 0.6), "control"),
            "own: 0.90 [0.80, 0.95] beside 0.50 [0.40, 0.60] for options that mean nothing (control); the intervals lie apart, which rules out \
             that the form of the question gives such a value whatever the options say"
        );
        let overlapping = said(&results(0.85, 0.7, 0.9), "control");
        assert!(overlapping.contains("overlap, so it is not ruled out that the form"), "{overlapping}");
        let nothing = said(&results(0.5, 0.4, 0.6), "nowhere");
        assert!(nothing.contains("one of the two has no value"), "{nothing}");
    }
}
