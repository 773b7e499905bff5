//! Checking a policy by itself and against records, and finding the rule of a metric.

use super::{
    beyond::Design,
    comparability::{DifferenceName, perhaps},
    error::PolicyProblem,
    gate::{Policy, Requirement, Rule},
    options::CompareOptions,
    side::Side,
    verdict::FEWEST,
};
use crate::{
    record::{
        ProbeRecord,
        definition::{expected, stated},
    },
    text::glob,
};
use indexmap::IndexMap;
use scorers::{
    Place, ValueKind,
    metric::{
        Column, Grade, MetricConfig, Observation, Table, anytime::Validity, multiplicity::Multiplicity,
    },
    names::nearest,
};
use std::collections::{BTreeSet, HashSet};

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

    /// What is wrong with the policy for these probes: rules that name no metric, that nothing can break or keep, or that say the
    /// opposite of what a spec says. Empty when nothing is.
    pub(super) fn unfit(&self, probes: &[&ProbeRecord]) -> Vec<PolicyProblem> {
        let unknown = self.unknown(probes);
        // One word about a rule is enough.
        if unknown.is_empty() {
            [self.without_direction(probes), self.against_specs(probes)].concat()
        } else {
            unknown
        }
    }

    /// Rules that name no metric of any of the records, with the nearest name; empty when all do.
    pub fn unknown_metrics<'a>(&self, sides: impl IntoIterator<Item = &'a Side>) -> Vec<PolicyProblem> {
        self.unknown(&probes_of(sides))
    }

    fn unknown(&self, probes: &[&ProbeRecord]) -> Vec<PolicyProblem> {
        let mut names = BTreeSet::new();
        for probe in probes {
            names.extend(probe.metrics.keys().map(|metric| format!("{}/{metric}", probe.id)));
        }
        let unknown = |(rule, place): (&Rule, usize)| {
            if names.iter().any(|name| glob::matches(&rule.metric, name)) {
                return None;
            }
            let near = nearest(&rule.metric, names.iter().map(String::as_str));
            let message = format!("no record has a metric `{}`{}", rule.metric, perhaps(near));
            Some(PolicyProblem { path: format!("metrics[{place}].metric"), message })
        };
        self.metrics.iter().zip(0..).filter_map(unknown).collect()
    }

    /// Rules that no record can break or keep, since nothing says which direction of their metrics is better.
    fn without_direction(&self, probes: &[&ProbeRecord]) -> Vec<PolicyProblem> {
        let open = |(rule, place): (&Rule, usize)| {
            let two_sided = rule.margin.is_some() && rule.require != Requirement::Improved;
            if rule.better.is_some() || two_sided {
                return None;
            }
            let directed = probes.iter().any(|probe| {
                let mut metrics = probe.metrics.keys();
                metrics.any(|metric| {
                    glob::matches(&rule.metric, &format!("{}/{metric}", probe.id))
                        && expected(probe, metric).is_some()
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

    /// Rules that say the opposite of what a spec says about a metric, outright (`better:`) or by what it expects of it.
    fn against_specs(&self, probes: &[&ProbeRecord]) -> Vec<PolicyProblem> {
        let mut problems: Vec<PolicyProblem> = Vec::new();
        for probe in probes {
            for metric in probe.metrics.keys() {
                let Some((place, rule)) = self.rule(&probe.id, metric) else { continue };
                let Some(said) = stated(probe, metric) else { continue };
                if rule.better.is_none_or(|better| better == said) {
                    continue;
                }
                let says = if probe.better.contains_key(metric) { "says" } else { "expects so much of it" };
                let message = format!(
                    "it contradicts the spec, which {says} that {} is better for `{}/{metric}`: leave `better` out, or mend one of the two",
                    said.word(),
                    probe.id
                );
                let problem = PolicyProblem { path: format!("metrics[{place}].better"), message };
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        problems
    }

    /// Rules for metrics that could not be decided in these designs when samples are added until they are, whatever the grades, with
    /// the number of cases that it takes. At the first look, at which the level is the least strict and grades as bad as can be say as much
    /// as at any; at the share of the level that is left for one of all gated metrics.
    pub fn undecidable<'a>(&self, sides: impl IntoIterator<Item = &'a Side>) -> Vec<PolicyProblem> {
        let mut problems: Vec<PolicyProblem> = Vec::new();
        let mut gated = IndexMap::new();
        for probe in probes_of(sides) {
            for metric in probe.metrics.keys() {
                if let Some((place, rule)) = self.rule(&probe.id, metric) {
                    gated.entry((&probe.id, metric)).or_insert((probe, place, rule));
                }
            }
        }
        let tests = if self.multiplicity == Multiplicity::None { 1 } else { gated.len() as u64 };
        for ((id, metric), (probe, place, rule)) in &gated {
            if let Some((present, needed)) = clusters_needed(probe, metric, rule, tests) {
                let (path, present) =
                    (format!("metrics[{place}]"), crate::text::counted(present, "case", "cases"));
                let among = match tests {
                    0 | 1 => String::new(),
                    many => format!(" of one of {many} gated metrics"),
                };
                let message = format!(
                    "`{id}/{metric}` cannot be decided: {present} can never show a difference beyond the margin{among}, it takes {needed}; add cases, gate fewer metrics, or choose a narrower margin"
                );
                problems.push(PolicyProblem { path, message });
            }
        }
        problems
    }

    /// Rules with a margin that no two values of their metric exceed, where a metric's range is known.
    pub(super) fn too_wide(
        &self,
        probe: &ProbeRecord,
        width: impl Fn(&str) -> Option<f64>,
    ) -> Vec<PolicyProblem> {
        let problem = |metric: &String| {
            let (place, rule) = self.rule(&probe.id, metric)?;
            let message = margin_outside(rule.margin?, width(metric)?)?;
            let message = format!("{}/{metric}: {message}", probe.id);
            Some(PolicyProblem { path: format!("metrics[{place}].margin"), message })
        };
        probe.metrics.keys().filter_map(problem).collect()
    }
}

impl Policy {
    /// The rule for a metric, with its place: the last that names it.
    pub fn rule(&self, probe: &str, metric: &str) -> Option<(usize, &Rule)> {
        let name = format!("{probe}/{metric}");
        self.metrics.iter().enumerate().rev().find(|(_, rule)| glob::matches(&rule.metric, &name))
    }
}

/// The probes of records.
fn probes_of<'a>(sides: impl IntoIterator<Item = &'a Side>) -> Vec<&'a ProbeRecord> {
    sides.into_iter().flat_map(|side| &side.header().probes).collect()
}

/// How many clusters a metric has by its spec, and how many its rule needs at least, where those are more. Rates, and
/// what is made of them, are tried; of anything else only that one cluster is too few.
fn clusters_needed(probe: &ProbeRecord, metric: &str, rule: &Rule, tests: u64) -> Option<(u64, u32)> {
    let mut clusters: IndexMap<&str, u32> = IndexMap::new();
    let mut observations = Vec::new();
    let arms = if probe.arms.is_empty() { vec![String::new()] } else { probe.arms.keys().cloned().collect() };
    for (case, record) in (0..).zip(&probe.cases) {
        let next = clusters.len() as u32;
        let cluster = *clusters.entry(record.cluster()).or_insert(next);
        for (arm, name) in (0..).zip(&arms) {
            if record.arm.as_ref().is_some_and(|own| own != name) {
                continue;
            }
            let grade = Grade::Number(1.0);
            let flag = |sample| Observation { cluster, case, arm, sample, place: Place::default(), grade };
            observations.extend((0..probe.samples).map(flag));
        }
    }
    let present = clusters.len() as u32;
    let column = Column { kind: ValueKind::Flag, labels: Default::default(), observations };
    let columns = probe.scores.keys().map(|name| (name.clone(), column.clone())).collect();
    let table = Table { arms, clusters: present, columns };
    let design = Design {
        metrics: &probe.metrics,
        name: metric,
        table: &table,
        margin: rule.margin.unwrap_or_default(),
        validity: Validity::Anytime { first: probe.samples, samples: probe.samples },
        level: CompareOptions::default().level,
    };
    let tried = if of_flags(probe, metric) { design.clusters_needed(tests) } else { None };
    let needed = tried.or((u64::from(present) < FEWEST).then_some(FEWEST as u32))?;
    Some((present.into(), needed))
}

/// Whether a metric is made of rates of flags, so that its grades are known to be true or false.
fn of_flags(probe: &ProbeRecord, metric: &str) -> bool {
    let (mut open, mut seen) = (vec![metric], HashSet::new());
    while let Some(name) = open.pop() {
        let Some(config) = probe.metrics.get(name).filter(|_| seen.insert(name)) else { continue };
        match config {
            MetricConfig::Rate(_) | MetricConfig::DPrime(_) | MetricConfig::Contrast(_) => {
                open.extend(config.metrics().into_iter().map(|(_, name)| name));
            }
            _ => return false,
        }
    }
    true
}

/// What is wrong with a margin for a metric of which no two values differ by more than `widest`, if anything is.
pub(super) fn margin_outside(margin: f64, widest: f64) -> Option<String> {
    (margin >= widest).then(|| {
        let share = if widest <= 2.0 { " (shares go from 0 to 1: 0.1 is ten percentage points)" } else { "" };
        format!(
            "{margin} is outside of the metric's range: no two of its values differ by more than {widest}{share}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
