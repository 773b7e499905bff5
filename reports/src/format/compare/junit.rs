//! JUnit XML: a suite per head and probe, a test case per metric; with a gate, per gated metric. Exploration is skipped.
//!
//! The gate has a case of its own, first, since it may also fail for what belongs to no metric. A regression is a
//! failure; an undecided metric a failure of type `undecided` where the policy does not let it pass, and skipped
//! otherwise; records that are not comparable are an error.

use super::{Gated, heads, words};
use crate::{
    compare::{
        Comparison, GateOutcome, GateVerdict, GatedMetric, GatedResult, MetricComparison, Verdict, Versus,
    },
    format::{RenderError, safe},
};
use quick_junit::{
    NonSuccessKind, Property, Report as Junit, TestCase, TestCaseStatus, TestSuite, XmlString,
};

pub(super) fn render(comparison: &Comparison, gate: Option<&GateOutcome>) -> Result<String, RenderError> {
    let mut junit = Junit::new(safe::line(&format!("grice compare {}", comparison.base.name)));
    if let Some(gate) = gate {
        let mut suite = TestSuite::new("gate");
        let mut case = TestCase::new("verdict", gate_status(gate));
        case.set_classname("gate");
        let first = format!("{}{}", words::gate(gate.verdict), words::unsure(gate));
        let lines: Vec<String> = std::iter::once(first).chain(gate.reasons.iter().cloned()).collect();
        case.set_system_out(block(&lines));
        suite.add_test_case(case);
        junit.add_test_suite(suite);
    }
    for (versus, gated) in heads(comparison, gate) {
        if versus.comparability.refused {
            junit.add_test_suite(refused(comparison, versus));
        }
        for probe in &versus.probes {
            let mut suite = suite(comparison, versus, &probe.id);
            for (name, metric) in &probe.metrics {
                let lines = lines(metric, comparison.settings.level);
                let gated = gated_of(&gated, &probe.id, name);
                if let Some(status) = status(gate.is_some(), gated, metric, &lines) {
                    suite.add_test_case(case(&probe.id, name, &lines, status));
                }
            }
            if !suite.test_cases.is_empty() {
                junit.add_test_suite(suite);
            }
        }
    }
    Ok(junit.to_string()?)
}

fn text(text: &str) -> XmlString {
    XmlString::new(safe::line(text))
}

/// A text of several lines, none of which a name can break.
fn block(lines: &[String]) -> XmlString {
    let lines: Vec<String> = lines.iter().map(|line| safe::line(line)).collect();
    XmlString::new(lines.join("\n"))
}

fn gated_of<'a>(gated: &Gated<'a>, probe: &'a str, metric: &'a str) -> Option<&'a GatedMetric> {
    gated.get(&(probe, metric)).copied()
}

/// What did not succeed: why, and below it the lines that belong to it.
fn non_success(kind: NonSuccessKind, type_: &str, message: &str, lines: &[String]) -> TestCaseStatus {
    let body: Vec<String> = std::iter::once(message.to_owned()).chain(lines.iter().cloned()).collect();
    super::super::junit::non_success(kind, type_, text(message), block(&body))
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_type("undecided").set_message(text(why));
    status
}

fn gate_status(gate: &GateOutcome) -> TestCaseStatus {
    let message = gate.reasons.first().map_or("the gate gives no reason", String::as_str);
    let non_success =
        |kind, type_, message| non_success(kind, type_, message, gate.reasons.get(1..).unwrap_or_default());
    match gate.verdict {
        GateVerdict::Pass => TestCaseStatus::success(),
        GateVerdict::Undecided => non_success(NonSuccessKind::Failure, "undecided", message),
        GateVerdict::Regression => non_success(NonSuccessKind::Failure, "regression", message),
        GateVerdict::NotComparable => non_success(NonSuccessKind::Error, "not-comparable", message),
    }
}

fn suite(comparison: &Comparison, versus: &Versus, what: &str) -> TestSuite {
    let (base, head) = (&comparison.base, &versus.head);
    let mut suite = TestSuite::new(text(&format!("{} → {}: {what}", base.name, head.name)));
    suite.add_property(Property::new("base", text(&base.name)));
    suite.add_property(Property::new("head", text(&head.name)));
    suite.add_property(Property::new("trials", text(&words::trials(versus))));
    suite.add_property(Property::new("coupled", text(&versus.comparability.coupled.to_string())));
    for found in &versus.comparability.differences {
        suite.add_property(Property::new("difference", text(&words::difference(found))));
    }
    suite
}

/// The suite of a head that was not compared.
fn refused(comparison: &Comparison, versus: &Versus) -> TestSuite {
    let found = versus.comparability.differences.iter().filter(|found| found.refuses());
    let message: Vec<String> = found.map(words::difference).collect();
    let status = non_success(NonSuccessKind::Error, "not-comparable", &message.join("; "), &[]);
    let mut case = TestCase::new("comparability", status);
    case.set_classname(text(&versus.head.name));
    let mut suite = suite(comparison, versus, "comparability");
    suite.add_test_case(case);
    suite
}

/// How a metric's case ends; none where there is a gate that does not name it.
fn status(
    has_gate: bool,
    gated: Option<&GatedMetric>,
    metric: &MetricComparison,
    lines: &[String],
) -> Option<TestCaseStatus> {
    let non_success = |kind, type_, message| non_success(kind, type_, message, lines);
    let status = match (gated, metric.verdict) {
        (Some(gated), _) => match gated.result {
            GatedResult::Passed => TestCaseStatus::success(),
            GatedResult::PassedUndecided | GatedResult::Warned => skipped(&gated.why),
            GatedResult::Undecided => non_success(NonSuccessKind::Failure, "undecided", &gated.why),
            GatedResult::Regressed => non_success(NonSuccessKind::Failure, "regression", &gated.why),
        },
        (None, _) if has_gate => return None,
        (None, Verdict::Improved | Verdict::Gained | Verdict::Equivalent | Verdict::NotWorse) => {
            TestCaseStatus::success()
        }
        (None, Verdict::Regressed | Verdict::Changed) => {
            non_success(NonSuccessKind::Failure, "regression", &metric.why)
        }
        (None, Verdict::Open | Verdict::Slipped | Verdict::Shifted) => skipped(&metric.why),
        (None, Verdict::Exploration) => {
            let mut status = TestCaseStatus::skipped();
            status.set_type("exploration").set_message(text("not judged: neither gated nor a headline"));
            status
        }
    };
    Some(status)
}

fn case(probe: &str, name: &str, lines: &[String], status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(text(name), status);
    case.set_classname(text(probe));
    case.set_system_out(block(lines));
    case
}

/// What there is to say of a metric: its verdict, both figures and their difference, and what limits them. The margin is
/// what was expected.
fn lines(metric: &MetricComparison, level: f64) -> Vec<String> {
    let mut lines = Vec::new();
    if metric.standing.is_judged() || !metric.why.is_empty() {
        lines.push(format!("{}: {}", metric.verdict.word(), metric.why));
    }
    lines.extend(metric.numbers().map(|numbers| format!("observed: {}", words::line(numbers))));
    lines
        .extend(metric.margin.map(|margin| format!("expected: no difference for the worse beyond {margin}")));
    lines.extend(words::direction(metric));
    lines.extend(words::outlook(metric));
    let missing = words::missing(&metric.pairing, level).map(|missing| format!("missing grades, {missing}"));
    lines.extend(missing);
    lines.extend(metric.limitations.iter().cloned());
    lines
}
