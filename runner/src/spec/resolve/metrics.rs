//! Metrics and expectations: names that exist, kinds that fit, no circles.

use super::{arm::Arm, scores::Score};
use crate::spec::{
    location::EntryPart,
    problems::{Problems, is_name, listed, suggestion},
    raw::{RawExpectation, RawProbe},
};
use indexmap::IndexMap;
use reports::record::{Better, Bound, CaseRecord, Control, Expectation};
use scorers::{
    ValueKind,
    lenient::{self, Words},
    metric::{MetricConfig, Selector},
    scorer::ConfigError,
};
use serde_json::Value as Json;
use std::collections::HashMap;

/// How often one metric is read anew to find everything that is wrong with it.
const ATTEMPTS: usize = 300;

/// Resolves all metrics.
pub(super) fn resolve(
    raw: &RawProbe,
    arms: &[Arm],
    cases: &[CaseRecord],
    scores: &IndexMap<String, Score>,
    problems: &mut Problems,
) -> IndexMap<String, MetricConfig> {
    let mut metrics = IndexMap::new();
    let mut wrong: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in &raw.metrics {
        let path = format!("metrics.{name}");
        if !is_name(name, false) {
            let message = format!("`{name}` cannot name a metric: letters, digits, `-` and `_`");
            problems.add(&path, EntryPart::Key, message);
        }
        let (metric, errors) = read(value);
        let known: Vec<&str> = errors.iter().map(|error| error.parameter.as_str()).collect();
        if let Some(metric) = metric {
            if let Err(error) = metric.validate()
                && errors.is_empty()
            {
                super::scores::wrong(&path, value, &error, "", problems);
            }
            wrong.insert(name.clone(), known.into_iter().map(str::to_owned).collect::<Vec<_>>());
            metrics.insert(name.clone(), metric);
        }
        errors.iter().for_each(|error| super::scores::wrong(&path, value, error, "", problems));
    }
    let circles = Circles::of(&metrics);
    for (name, metric) in &metrics {
        // The name as it was written, which may be a misspelt one.
        let written = raw.metrics.get(name).and_then(|value| value.as_object()?.keys().next());
        let path = format!("metrics.{name}.{}", written.map_or(metric.name(), String::as_str));
        // What a parameter that is wrong was taken for says nothing more.
        let broken = |parameter: &str| {
            wrong.get(name).is_some_and(|wrong| wrong.iter().any(|one| one.is_empty() || one == parameter))
        };
        for (parameter, selector, kinds) in metric.inputs() {
            if broken(parameter) {
                continue;
            }
            let path = format!("{path}.{parameter}");
            check_selector(&path, selector, kinds, arms, cases, scores, problems);
        }
        let mut parts = Vec::new();
        for (parameter, other) in metric.metrics() {
            if broken(parameter) {
                continue;
            }
            let path = format!("{path}.{parameter}");
            if parts.contains(&other) {
                problems.add(&path, EntryPart::Value, format!("`{name}` compares `{other}` with itself"));
            }
            parts.push(other);
            if !raw.metrics.contains_key(other) {
                let known = raw.metrics.keys().map(String::as_str).filter(|known| known != name);
                let message = format!("there is no metric `{other}`");
                problems.add_help(path, EntryPart::Value, message, suggestion(other, known));
            } else if circles.together(name, other) {
                let message = if other == name {
                    format!("`{name}` is made of itself")
                } else {
                    format!("`{name}` is made of `{other}`, which is made of `{name}`")
                };
                problems.add(path, EntryPart::Value, message);
            }
        }
    }
    metrics
}

/// Reads one metric, a map with the metric's name as its one key: what was most likely meant, and
/// everything that is wrong.
fn read(value: &Json) -> (Option<MetricConfig>, Vec<ConfigError>) {
    let name = match value.as_object().map(|fields| fields.keys().collect::<Vec<_>>()).as_deref() {
        Some([name]) => name.as_str(),
        _ => {
            let message = "expected one metric: a map with its name as the one key";
            return (None, vec![ConfigError::new("", message)]);
        }
    };
    let words = Words { key: "parameter", variant: "metric", bare: None, examples: Vec::new };
    let reading = lenient::read::<MetricConfig>(value, words, ATTEMPTS);
    let errors = reading.mistakes.into_iter().map(|mistake| ConfigError::below(name, mistake));
    (reading.value, errors.collect())
}

/// Which metrics are made of each other in a circle, found in one pass over what each is made of (Tarjan 1972, without
/// recursion: a chain may be as long as the spec).
struct Circles {
    /// The number of the circle that each metric is in; a metric in none has a number of its own.
    of: HashMap<String, usize>,
}

impl Circles {
    fn of(metrics: &IndexMap<String, MetricConfig>) -> Self {
        let next_of = |metric: &MetricConfig| -> Vec<usize> {
            metric.metrics().into_iter().filter_map(|(_, other)| metrics.get_index_of(other)).collect()
        };
        let edges: Vec<Vec<usize>> = metrics.values().map(next_of).collect();
        let unseen = usize::MAX;
        // When each was first seen, the earliest one that it leads back to, and its circle once that is known.
        let (mut seen, mut low) = (vec![unseen; edges.len()], vec![0; edges.len()]);
        let mut circle = vec![unseen; edges.len()];
        let (mut clock, mut circles, mut open) = (0, 0, Vec::new());
        for root in 0..edges.len() {
            // A metric under way, and how many of those that it is made of have been looked at.
            let mut path = if seen[root] == unseen { vec![(root, 0)] } else { Vec::new() };
            while let Some((at, done)) = path.last_mut() {
                let at = *at;
                if *done == 0 && seen[at] == unseen {
                    (seen[at], low[at]) = (clock, clock);
                    clock += 1;
                    open.push(at);
                }
                if let Some(&next) = edges[at].get(*done) {
                    *done += 1;
                    if seen[next] == unseen {
                        path.push((next, 0));
                    } else if circle[next] == unseen {
                        low[at] = low[at].min(seen[next]);
                    }
                    continue;
                }
                path.pop();
                if let Some((above, _)) = path.last() {
                    low[*above] = low[*above].min(low[at]);
                }
                if low[at] == seen[at] {
                    while let Some(member) = open.pop() {
                        circle[member] = circles;
                        if member == at {
                            break;
                        }
                    }
                    circles += 1;
                }
            }
        }
        Self { of: metrics.keys().cloned().zip(circle).collect() }
    }

    /// Whether a metric that is made of another one is also what that one is made of.
    fn together(&self, name: &str, other: &str) -> bool {
        name == other || self.of.get(name).is_some_and(|circle| self.of.get(other) == Some(circle))
    }
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
    let part = EntryPart::Text(selector.score.clone());
    let score = scores.get(&selector.score);
    if score.is_none() {
        let message = format!("there is no score `{}`", selector.score);
        let hint = suggestion(&selector.score, scores.keys().map(String::as_str));
        problems.add_help(path, part.clone(), message, hint);
    }
    // A score that is wrong itself says nothing about what can be read of it.
    let kind = score.and_then(|score| score.kind);
    if let Some(kind) = kind.filter(|kind| !kinds.contains(kind)) {
        let takes: Vec<&str> = kinds.iter().map(|kind| in_words(*kind)).collect();
        let message = format!(
            "the metric takes {}, but `{}` gives {}",
            takes.join(" or "),
            selector.score,
            in_words(kind)
        );
        problems.add(path, part, message);
    }
    // Cases that could not be read may have named any arm.
    let unknown = cases.is_empty() && arms.iter().all(|arm| arm.name.is_empty());
    if let Some(arm) = selector.arm.as_ref().filter(|_| !unknown) {
        let part = EntryPart::Text(arm.clone());
        let known: Vec<&str> =
            arms.iter().map(|arm| arm.name.as_str()).filter(|arm| !arm.is_empty()).collect();
        if !known.contains(&arm.as_str()) {
            let hint = match known.is_empty() {
                true => "the probe has no arms".to_owned(),
                false => suggestion(arm, known),
            };
            problems.add_help(path, part, format!("there is no arm `{arm}`"), hint);
        } else if let Some(score) = score.filter(|score| kind.is_some() && !score.record.arms.contains(arm)) {
            let graded: Vec<&str> = score.record.arms.iter().map(String::as_str).collect();
            let message =
                format!("the turn that `{}` grades does not occur in the arm `{arm}`", selector.score);
            problems.add_help(path, part, message, format!("it occurs in {}", listed(&graded)));
        } else if !cases.iter().any(|case| case.arm.as_ref().is_none_or(|own| own == arm)) {
            problems.add(path, part, format!("no case runs in the arm `{arm}`"));
        }
    }
    if let Some(round) = selector.round.filter(|_| kind.is_some() && score.is_some_and(|score| !score.rounds))
    {
        let message = format!("`{}` has no rounds: its turn stands in no `repeat`", selector.score);
        problems.add_help(
            path,
            EntryPart::Text(format!("#{round}")),
            message,
            format!("leave `#{round}` out"),
        );
    }
}

fn in_words(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Flag => "yes-or-no grades",
        ValueKind::Number => "numbers",
        ValueKind::Label => "labels",
    }
}

/// Resolves which metrics stand beside which controls: both exist, and are not the same.
pub(super) fn controls(raw: &RawProbe, problems: &mut Problems) -> Vec<Control> {
    let mut found = Vec::new();
    for (index, control) in raw.controls.iter().enumerate() {
        for (key, name) in [("metric", &control.metric), ("beside", &control.beside)] {
            if !raw.metrics.contains_key(name) {
                let hint = suggestion(name, raw.metrics.keys().map(String::as_str));
                let path = format!("controls[{index}].{key}");
                problems.add_help(path, EntryPart::Value, format!("there is no metric `{name}`"), hint);
            }
        }
        if control.metric == control.beside {
            let message = format!("`{}` cannot be its own control", control.metric);
            problems.add(format!("controls[{index}].beside"), EntryPart::Value, message);
        }
        let (metric, beside, kind) = (control.metric.clone(), control.beside.clone(), control.kind);
        found.push(Control { metric, beside, kind });
    }
    found
}

/// Resolves which direction of metrics is better: they exist, are named once, and no expectation says otherwise.
pub(super) fn directions(raw: &RawProbe, problems: &mut Problems) -> IndexMap<String, Better> {
    let mut found = IndexMap::new();
    let lists = [("higher", Better::Higher, &raw.better.higher), ("lower", Better::Lower, &raw.better.lower)];
    for (key, better, names) in lists {
        for (index, name) in names.iter().enumerate() {
            let path = format!("better.{key}[{index}]");
            if !raw.metrics.contains_key(name) {
                let hint = suggestion(name, raw.metrics.keys().map(String::as_str));
                problems.add_help(&path, EntryPart::Value, format!("there is no metric `{name}`"), hint);
            } else if found.insert(name.clone(), better).is_some() {
                problems.add(&path, EntryPart::Value, format!("`{name}` is named twice"));
            }
            let mut bounds = raw.expect.iter().filter(|other| other.metric == *name).flat_map(bounds);
            if bounds.any(|(_, bound)| against(&bound, better)) {
                let message = format!("an expectation asks for the other direction of `{name}`");
                problems.add(&path, EntryPart::Value, message);
            }
        }
    }
    found
}

/// Whether a bound asks for the other direction.
fn against(bound: &Bound, better: Better) -> bool {
    let asked = match bound {
        Bound::AtLeast(_) | Bound::Above(_) | Bound::GreaterThan(_) => Better::Higher,
        Bound::AtMost(_) | Bound::Below(_) | Bound::LessThan(_) => Better::Lower,
        Bound::MissingAtMost(_) => return false,
    };
    asked != better
}

/// Resolves what must hold.
pub(super) fn expectations(raw: &RawProbe, problems: &mut Problems) -> Vec<Expectation> {
    let mut found = Vec::new();
    for (index, expectation) in raw.expect.iter().enumerate() {
        let path = format!("expect[{index}]");
        let known = |key: &str, name: &str, problems: &mut Problems| {
            if !raw.metrics.contains_key(name) {
                let hint = suggestion(name, raw.metrics.keys().map(String::as_str));
                let message = format!("there is no metric `{name}`");
                problems.add_help(format!("{path}.{key}"), EntryPart::Value, message, hint);
            }
        };
        known("metric", &expectation.metric, problems);
        for (key, bound) in bounds(expectation) {
            match &bound {
                Bound::GreaterThan(other) | Bound::LessThan(other) => {
                    known(key, other, problems);
                    if *other == expectation.metric {
                        let message = "a metric is neither more nor less than itself";
                        problems.add(format!("{path}.{key}"), EntryPart::Value, message);
                    }
                }
                Bound::AtLeast(number)
                | Bound::AtMost(number)
                | Bound::Above(number)
                | Bound::Below(number) => {
                    if !number.is_finite() {
                        problems.add(format!("{path}.{key}"), EntryPart::Value, "expected a finite number");
                    }
                }
                Bound::MissingAtMost(share) => {
                    if !(0.0..=1.0).contains(share) {
                        let message = format!("{share} is not a share from 0 to 1");
                        problems.add(format!("{path}.missing.at_most"), EntryPart::Value, message);
                    }
                }
            }
            found.push(Expectation { metric: expectation.metric.clone(), bound });
        }
        if bounds(expectation).is_empty() {
            problems.add_help(
                &path,
                EntryPart::Value,
                "the expectation has no bound",
                "one of `at_least`, `at_most`, `above`, `below`, `greater_than`, `less_than`, `missing`",
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
        ("missing", raw.missing.map(|missing| Bound::MissingAtMost(missing.at_most))),
    ];
    numbers.into_iter().filter_map(|(key, bound)| Some((key, bound?))).collect()
}
