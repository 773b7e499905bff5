//! JUnit XML: a suite per probe, a test case per expectation and per metric.
//!
//! A failed expectation is a failure, one that cannot be decided an error. Where generations failed,
//! the suite has one more test case, an error that counts them. A metric that is unavailable is
//! skipped; one with an estimate passes: it is there to be seen.

use super::{RenderError, Report, beside, beside_value, counted, number, safe};
use crate::{
    record::ProbeRecord,
    summary::{Expected, Holds, ProbeSummary},
};
use quick_junit::{
    NonSuccessKind, Property, Report as Junit, TestCase, TestCaseStatus, TestSuite, XmlString,
};
use scorers::metric::{Estimate, MetricResult, ValueOnly};
use std::time::Duration;

pub(super) fn render(report: &Report<'_>) -> Result<String, RenderError> {
    let header = report.digest.header();
    let mut junit = Junit::new(format!("grice {}", safe::line(&header.model().name)));
    if let Some(timing) = report.timing
        && let Ok(time) = Duration::try_from_secs_f64(timing.wall_seconds)
    {
        junit.set_time(time);
    }
    for (probe, spec) in report.summary.probes.iter().zip(&header.probes) {
        junit.add_test_suite(suite(report, probe, spec, header.seed));
    }
    Ok(junit.to_string()?)
}

fn text(text: &str) -> XmlString {
    XmlString::new(safe::block(text))
}

/// What did not succeed, with the message as an attribute and as a text: some systems show the one, some the other.
pub(super) fn non_success(
    kind: NonSuccessKind,
    type_: &str,
    message: XmlString,
    body: XmlString,
) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(type_).set_message(message).set_description(body);
    status
}

fn suite(report: &Report<'_>, probe: &ProbeSummary, spec: &ProbeRecord, seed: u64) -> TestSuite {
    let mut suite = TestSuite::new(text(&probe.id));
    suite.add_property(Property::new("spec", text(&spec.path)));
    suite.add_property(Property::new("spec.hash", text(&spec.hash)));
    suite.add_property(Property::new("seed", seed.to_string()));
    suite.add_property(Property::new("trials", probe.counts.trials.to_string()));
    for expected in &probe.expectations {
        let status = expectation(probe, expected);
        let mut case = TestCase::new(text(&format!("expect {}", expected.phrase())), status);
        case.set_classname(text(&probe.id));
        suite.add_test_case(case);
    }
    for (name, result) in &probe.metrics {
        suite.add_test_case(metric(probe, name, result));
    }
    if probe.counts.failures.sum() > 0 {
        let kinds: Vec<String> =
            probe.counts.failures.named().iter().map(|(name, count)| format!("{name}: {count}")).collect();
        let failed = counted(probe.counts.failures.sum(), "generation", "generations");
        let message = format!("{failed} failed ({})", kinds.join(", "));
        let body = [vec![message.clone()], report.digest.failures(&probe.id)].concat().join("\n");
        let status = non_success(NonSuccessKind::Error, "generation", text(&message), text(&body));
        let mut case = TestCase::new("generations", status);
        case.set_classname(text(&probe.id));
        suite.add_test_case(case);
    }
    suite
}

fn expectation(probe: &ProbeSummary, expected: &Expected) -> TestCaseStatus {
    let phrase = expected.phrase();
    match &expected.holds {
        Holds::Held { .. } => TestCaseStatus::success(),
        Holds::Failed { observed, against } => {
            let observed = number::short(*observed);
            let against = number::short(*against);
            let message = format!("expected {phrase}, observed {observed} against {against}");
            let body = format!(
                "expected: {phrase}\nobserved: {observed}\nagainst: {against}{}",
                figures(probe, expected)
            );
            non_success(NonSuccessKind::Failure, "expectation", text(&message), text(&body))
        }
        Holds::Undecided { reason } => {
            let message = format!("{phrase}: {reason}");
            let body = format!("expected: {phrase}\nundecided: {reason}{}", figures(probe, expected));
            non_success(NonSuccessKind::Error, "undecided", text(&message), text(&body))
        }
    }
}

/// The metric of an expectation with its interval and what it rests on, as a line.
fn figures(probe: &ProbeSummary, expected: &Expected) -> String {
    let name = &expected.expectation.metric;
    match probe.metrics.get(name) {
        Some(MetricResult::Estimated(estimate)) => format!("\n{name}: {}", figure(probe, name, estimate)),
        Some(MetricResult::ValueOnly(known)) => format!("\n{name}: {}", value_only(probe, name, known)),
        Some(MetricResult::Unavailable { reason, .. }) => format!("\n{name}: {reason}"),
        None => String::new(),
    }
}

fn figure(probe: &ProbeSummary, name: &str, estimate: &Estimate) -> String {
    let missing = match beside(probe, name, estimate.unscored, estimate.failed) {
        none if none.is_empty() => none,
        missing => format!(", {missing}"),
    };
    format!(
        "{} {} (n = {}, clusters = {}{missing}; {})",
        number::short(estimate.value),
        number::interval(estimate.low, estimate.high),
        estimate.n,
        estimate.clusters,
        estimate.method,
    )
}

fn value_only(probe: &ProbeSummary, name: &str, known: &ValueOnly) -> String {
    let (value, clusters) = (number::short(known.value), known.clusters);
    format!("{value}, {} (n = {}, clusters = {clusters})", beside_value(probe, name, known), known.n)
}

fn metric(probe: &ProbeSummary, name: &str, result: &MetricResult) -> TestCase {
    let mut case = match result {
        MetricResult::Estimated(estimate) => {
            let mut case = TestCase::new(text(name), TestCaseStatus::success());
            case.set_system_out(text(&figure(probe, name, estimate)));
            case
        }
        MetricResult::ValueOnly(known) => {
            let mut case = TestCase::new(text(name), TestCaseStatus::success());
            case.set_system_out(text(&value_only(probe, name, known)));
            case
        }
        MetricResult::Unavailable { reason, .. } => {
            let mut status = TestCaseStatus::skipped();
            status.set_type("unavailable").set_message(text(reason));
            TestCase::new(text(name), status)
        }
    };
    case.set_classname(text(&probe.id));
    case
}
