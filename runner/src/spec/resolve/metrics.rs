//! Metrics and expectations: names that exist, kinds that fit, no circles.

use super::{Arm, scores::Score};
use crate::spec::{
    location::Part,
    problems::{Problems, is_name, listed, suggest},
    raw::{RawExpectation, RawProbe},
};
use indexmap::IndexMap;
use reports::record::{Bound, CaseRecord, Expectation};
use scorers::{
    ValueKind,
    metric::{MetricConfig, Selector, catalogue},
    scorer::ConfigError,
};
use serde_json::Value as Json;

/// Resolves all metrics.
pub(super) fn resolve(
    raw: &RawProbe,
    arms: &[Arm],
    cases: &[CaseRecord],
    scores: &IndexMap<String, Score>,
    problems: &mut Problems,
) -> IndexMap<String, MetricConfig> {
    let mut metrics = IndexMap::new();
    for (name, value) in &raw.metrics {
        let path = format!("metrics.{name}");
        if !is_name(name, false) {
            let message = format!("`{name}` cannot name a metric: letters, digits, `-` and `_`");
            problems.add(&path, Part::Key, message);
        }
        match read(value) {
            Ok(metric) => {
                metrics.insert(name.clone(), metric);
            }
            Err(error) => super::scores::wrong(&path, value, &error, "", problems),
        }
    }
    for (name, metric) in &metrics {
        let path = format!("metrics.{name}.{}", metric.name());
        if let Err(error) = metric.validate() {
            problems.add(format!("{path}.{}", error.parameter), Part::Value, error.message);
        }
        for (parameter, selector, kinds) in metric.inputs() {
            let path = format!("{path}.{parameter}");
            check_selector(&path, selector, kinds, arms, cases, scores, problems);
        }
        let mut parts = Vec::new();
        for (parameter, other) in metric.metrics() {
            let path = format!("{path}.{parameter}");
            if parts.contains(&other) {
                problems.add(&path, Part::Value, format!("`{name}` compares `{other}` with itself"));
            }
            parts.push(other);
            if !raw.metrics.contains_key(other) {
                let known = raw.metrics.keys().map(String::as_str).filter(|known| known != name);
                let message = format!("there is no metric `{other}`");
                problems.add_help(path, Part::Value, message, suggest(other, known));
            } else if reaches(&metrics, other, name) {
                let message = if other == name {
                    format!("`{name}` is made of itself")
                } else {
                    format!("`{name}` is made of `{other}`, which is made of `{name}`")
                };
                problems.add(path, Part::Value, message);
            }
        }
    }
    metrics
}

/// Reads one metric: an object with the metric's name as its one key.
fn read(value: &Json) -> Result<MetricConfig, ConfigError> {
    let name = match value.as_object().map(|fields| fields.keys().collect::<Vec<_>>()).as_deref() {
        Some([name]) => name.as_str(),
        _ => return Err(ConfigError::new("", "expected one metric: an object with its name as the one key")),
    };
    let known: Vec<&str> = catalogue().into_iter().map(|(name, _)| name).collect();
    if !known.contains(&name) {
        let message = format!("unknown metric `{name}`; {}", suggest(name, known));
        return Err(ConfigError::new("", message));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let below = path.strip_prefix(name).unwrap_or(&path).trim_start_matches('.').to_owned();
        ConfigError::new(below, in_our_words(&error.into_inner().to_string()))
    })
}

/// Serde's message, with a suggestion where it lists what it knows.
fn in_our_words(message: &str) -> String {
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("the parameter {field} is missing");
    }
    for (start, thing) in [("unknown field `", "parameter"), ("unknown variant `", "value")] {
        let rest = message.strip_prefix(start).and_then(|rest| rest.rsplit_once("`, expected "));
        if let Some((name, list)) = rest {
            return format!(
                "unknown {thing} `{name}`; {}",
                suggest(name, list.split('`').skip(1).step_by(2))
            );
        }
    }
    message.to_owned()
}

/// Whether a metric is, or is made of, another.
fn reaches(metrics: &IndexMap<String, MetricConfig>, from: &str, to: &str) -> bool {
    let mut seen = vec![from];
    let mut next = 0;
    while let Some(name) = seen.get(next).copied() {
        if name == to {
            return true;
        }
        let inner = metrics.get(name).map(MetricConfig::metrics).unwrap_or_default();
        for (_, other) in inner {
            if !seen.contains(&other) {
                seen.push(other);
            }
        }
        next += 1;
    }
    false
}

fn check_selector(
    path: &str,
    selector: &Selector,
    kinds: &[ValueKind],
    arms: &[Arm],
    cases: &[CaseRecord],
    scores: &IndexMap<String, Score>,
    problems: &mut Problems,
) {
    let part = Part::Text(selector.score.clone());
    let Some(score) = scores.get(&selector.score) else {
        let message = format!("there is no score `{}`", selector.score);
        let hint = suggest(&selector.score, scores.keys().map(String::as_str));
        return problems.add_help(path, part, message, hint);
    };
    if let Some(kind) = score.kind.filter(|kind| !kinds.contains(kind)) {
        let takes: Vec<&str> = kinds.iter().map(|kind| in_words(*kind)).collect();
        let message = format!(
            "the metric takes {}, but `{}` gives {}",
            takes.join(" or "),
            selector.score,
            in_words(kind)
        );
        problems.add(path, part, message);
    }
    if let Some(arm) = &selector.arm {
        let part = Part::Text(arm.clone());
        let known: Vec<&str> =
            arms.iter().map(|arm| arm.name.as_str()).filter(|arm| !arm.is_empty()).collect();
        if !known.contains(&arm.as_str()) {
            let hint = match known.is_empty() {
                true => "the probe has no arms".to_owned(),
                false => suggest(arm, known),
            };
            problems.add_help(path, part, format!("there is no arm `{arm}`"), hint);
        } else if score.kind.is_some() && !score.record.arms.contains(arm) {
            let graded: Vec<&str> = score.record.arms.iter().map(String::as_str).collect();
            let message =
                format!("the turn that `{}` grades does not occur in the arm `{arm}`", selector.score);
            problems.add_help(path, part, message, format!("it occurs in {}", listed(&graded)));
        } else if !cases.iter().any(|case| case.arm.as_ref().is_none_or(|own| own == arm)) {
            problems.add(path, part, format!("no case runs in the arm `{arm}`"));
        }
    }
    if let Some(round) = selector.round.filter(|_| score.kind.is_some() && !score.rounds) {
        let message = format!("`{}` has no rounds: its turn stands in no `repeat`", selector.score);
        problems.add_help(path, Part::Text(format!("#{round}")), message, format!("leave `#{round}` out"));
    }
}

fn in_words(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Flag => "yes-or-no grades",
        ValueKind::Number => "numbers",
        ValueKind::Label => "labels",
    }
}

/// Resolves what must hold.
pub(super) fn expectations(raw: &RawProbe, problems: &mut Problems) -> Vec<Expectation> {
    let mut found = Vec::new();
    for (index, expectation) in raw.expect.iter().enumerate() {
        let path = format!("expect[{index}]");
        let known = |key: &str, name: &str, problems: &mut Problems| {
            if !raw.metrics.contains_key(name) {
                let hint = suggest(name, raw.metrics.keys().map(String::as_str));
                let message = format!("there is no metric `{name}`");
                problems.add_help(format!("{path}.{key}"), Part::Value, message, hint);
            }
        };
        known("metric", &expectation.metric, problems);
        for (key, bound) in bounds(expectation) {
            match &bound {
                Bound::GreaterThan(other) | Bound::LessThan(other) => {
                    known(key, other, problems);
                    if *other == expectation.metric {
                        let message = "a metric is neither more nor less than itself";
                        problems.add(format!("{path}.{key}"), Part::Value, message);
                    }
                }
                Bound::AtLeast(number)
                | Bound::AtMost(number)
                | Bound::Above(number)
                | Bound::Below(number) => {
                    if !number.is_finite() {
                        problems.add(format!("{path}.{key}"), Part::Value, "expected a finite number");
                    }
                }
            }
            found.push(Expectation { metric: expectation.metric.clone(), bound });
        }
        if bounds(expectation).is_empty() {
            problems.add_help(
                &path,
                Part::Value,
                "the expectation has no bound",
                "one of `at_least`, `at_most`, `above`, `below`, `greater_than`, `less_than`",
            );
        }
    }
    found
}

fn bounds(raw: &RawExpectation) -> Vec<(&'static str, Bound)> {
    let numbers = [
        ("at_least", raw.at_least.map(Bound::AtLeast)),
        ("at_most", raw.at_most.map(Bound::AtMost)),
        ("above", raw.above.map(Bound::Above)),
        ("below", raw.below.map(Bound::Below)),
        ("greater_than", raw.greater_than.clone().map(Bound::GreaterThan)),
        ("less_than", raw.less_than.clone().map(Bound::LessThan)),
    ];
    numbers.into_iter().filter_map(|(key, bound)| Some((key, bound?))).collect()
}
