//! Checking a policy by itself and against records, and finding the rule of a metric.

use super::{
    comparability::{DifferenceName, nearest},
    definition::expected,
    gate::{Policy, Requirement, Rule},
    side::Side,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

/// Something wrong in a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyProblem {
    /// Where: `metrics[2].margin`.
    pub path: String,
    /// What is wrong, without a full stop.
    pub message: String,
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.message)
    }
}

impl Policy {
    /// What is wrong with the policy whatever the records; empty when nothing is.
    pub fn validate(&self) -> Vec<PolicyProblem> {
        let mut problems = Vec::new();
        let mut add = |path: String, message: String| problems.push(PolicyProblem { path, message });
        if self.metrics.is_empty() {
            add("metrics".to_owned(), "a policy needs at least one metric".to_owned());
        }
        let of_rules = self.metrics.iter().zip(0..).filter_map(|(rule, place)| {
            Some((format!("metrics[{place}].missing.at_most"), rule.missing?.at_most))
        });
        for (path, most) in of_rules.chain([("missing.at_most".to_owned(), self.missing.at_most)]) {
            if !(0.0..=1.0).contains(&most) {
                add(path, format!("{most} is not a share from 0 to 1"));
            }
        }
        for (rule, place) in self.metrics.iter().zip(0..) {
            let path = |key: &str| format!("metrics[{place}].{key}");
            if !rule.metric.contains('/') {
                add(path("metric"), format!("`{}` is no `probe/metric`", rule.metric));
            }
            match rule.margin {
                Some(margin) if !(margin.is_finite() && margin > 0.0) => {
                    add(path("margin"), format!("{margin} is not a number above 0"));
                }
                None if rule.require == Requirement::Equivalent => {
                    add(path("margin"), "to require equivalence, say within which margin".to_owned());
                }
                _ => {}
            }
        }
        for (name, place) in self.allow.iter().zip(0..) {
            if let Err(message) = name.parse::<DifferenceName>() {
                add(format!("allow[{place}]"), message);
            }
        }
        problems
    }

    /// Rules that name no metric of any of the records, with the nearest name; empty when all do.
    pub fn unknown_metrics<'a>(&self, sides: impl IntoIterator<Item = &'a Side>) -> Vec<PolicyProblem> {
        let mut names = BTreeSet::new();
        for probe in sides.into_iter().flat_map(|side| &side.header().probes) {
            names.extend(probe.metrics.keys().map(|metric| format!("{}/{metric}", probe.id)));
        }
        let unknown = |(rule, place): (&Rule, usize)| {
            if names.iter().any(|name| glob(&rule.metric, name)) {
                return None;
            }
            let near = nearest(&rule.metric, names.iter().map(String::as_str));
            let message = format!("no record has a metric `{}`{near}", rule.metric);
            Some(PolicyProblem { path: format!("metrics[{place}].metric"), message })
        };
        self.metrics.iter().zip(0..).filter_map(unknown).collect()
    }

    /// Rules that no record can break or keep, since nothing says which direction of their metrics is better.
    pub fn without_direction<'a>(
        &self,
        sides: impl IntoIterator<Item = &'a Side> + Clone,
    ) -> Vec<PolicyProblem> {
        let open = |(rule, place): (&Rule, usize)| {
            if rule.better.is_some() || rule.margin.is_some() {
                return None;
            }
            let probes = sides.clone().into_iter().flat_map(|side| &side.header().probes);
            let directed = probes.into_iter().any(|probe| {
                let mut metrics = probe.metrics.keys();
                metrics.any(|metric| {
                    glob(&rule.metric, &format!("{}/{metric}", probe.id)) && expected(probe, metric).is_some()
                })
            });
            let message = format!(
                "neither the rule nor a spec says which direction of `{}` is better: add `better: higher`, `better: lower` or a margin",
                rule.metric
            );
            (!directed).then(|| PolicyProblem { path: format!("metrics[{place}]"), message })
        };
        self.metrics.iter().zip(0..).filter_map(open).collect()
    }

    /// The rule for a metric, with its place: the last that names it.
    pub fn rule(&self, probe: &str, metric: &str) -> Option<(usize, &Rule)> {
        let name = format!("{probe}/{metric}");
        self.metrics.iter().enumerate().rev().find(|(_, rule)| glob(&rule.metric, &name))
    }
}

/// What is wrong with a margin for a metric of which no two values differ by more than `widest`, if anything is.
pub(super) fn margin_outside(margin: f64, widest: f64) -> Option<String> {
    (margin >= widest).then(|| {
        format!(
            "{margin} is outside of the metric's range: no two of its values differ by more than {widest}"
        )
    })
}

/// Whether a text is as the pattern says: `*` is any text, `?` any character.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Where the last star stands, and how much text it has taken.
    let (mut at, mut place, mut star) = (0, 0, None);
    while let Some(character) = text.get(place) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == character => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((back, taken)) => {
                    star = Some((back, taken + 1));
                    (at, place) = (back + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|character| *character == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, matches) in [
            ("a/b", "a/b", true),
            ("a/b", "a/c", false),
            ("*", "a.b/c", true),
            ("grounding.*/sensitivity", "grounding.request/sensitivity", true),
            ("grounding.*/sensitivity", "grounding.request/bias", false),
            ("*a*b", "xaxbxb", true),
            ("*a*b", "xaxbx", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "", true),
            ("**", "", true),
            ("?", "é", true),
        ] {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_wrong_is_found_with_its_place() {
        let policy: Policy = serde_json::from_str(
            r#"{"missing": {"at_most": 2.0}, "allow": ["devise"], "metrics": [
                {"metric": "a/b", "margin": 0.1},
                {"metric": "sensitivity"},
                {"metric": "a/b", "margin": -1.0},
                {"metric": "a/b", "require": "equivalent", "missing": {"at_most": -1.0}}
            ]}"#,
        )
        .unwrap();
        let problems: Vec<String> = policy.validate().iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "metrics[3].missing.at_most: -1 is not a share from 0 to 1",
                "missing.at_most: 2 is not a share from 0 to 1",
                "metrics[1].metric: `sensitivity` is no `probe/metric`",
                "metrics[2].margin: -1 is not a number above 0",
                "metrics[3].margin: to require equivalence, say within which margin",
                "allow[0]: no difference is called `devise`; did you mean `device`?",
            ]
        );
        assert!(serde_json::from_str::<Policy>(r#"{"metrics": [], "else": 1}"#).is_err());
    }

    #[test]
    fn margins_have_ranges() {
        assert!(margin_outside(1.0, 1.0).is_some() && margin_outside(0.9, 1.0).is_none());
        assert!(margin_outside(1.0, 2.0).is_none());
    }
}
