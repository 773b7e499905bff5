//! JUnit XML: a suite per probe, a test case per expectation and per metric.
//!
//! A failed expectation is a failure, one that cannot be decided an error. Where generations failed,
//! the suite has one more test case, an error that counts them. A metric that is unavailable is
//! skipped; one with an estimate passes: it is there to be seen.

use super::{RenderError, Report, counted, number, safe};
use crate::{
    record::ProbeRecord,
    summary::{Expected, Holds, ProbeSummary},
};
use quick_junit::{
    NonSuccessKind, Property, Report as Junit, TestCase, TestCaseStatus, TestSuite, XmlString,
};
use scorers::metric::MetricResult;
use std::time::Duration;

pub(super) fn render(report: &Report<'_>) -> Result<String, RenderError> {
    let header = &report.record.header;
    let mut junit = Junit::new(format!("grice {}", safe::line(&header.model.name)));
    if let Some(timing) = report.timing
        && let Ok(time) = Duration::try_from_secs_f64(timing.wall_seconds)
    {
        junit.set_time(time);
    }
    for (probe, spec) in report.summary.probes.iter().zip(&header.probes) {
        junit.add_test_suite(suite(probe, spec, header.seed));
    }
    Ok(junit.to_string()?)
}

fn text(text: &str) -> XmlString {
    XmlString::new(safe::block(text))
}

fn suite(probe: &ProbeSummary, spec: &ProbeRecord, seed: u64) -> TestSuite {
    let mut suite = TestSuite::new(text(&probe.id));
    suite.add_property(Property::new("spec", text(&spec.path)));
    suite.add_property(Property::new("spec.hash", text(&spec.hash)));
    suite.add_property(Property::new("seed", seed.to_string()));
    suite.add_property(Property::new("trials", probe.counts.trials.to_string()));
    for expected in &probe.expectations {
        let mut case = TestCase::new(text(&format!("expect {}", expected.phrase())), expectation(expected));
        case.set_classname(text(&probe.id));
        suite.add_test_case(case);
    }
    for (name, result) in &probe.metrics {
        suite.add_test_case(metric(probe, name, result));
    }
    if probe.counts.failures.sum() > 0 {
        let kinds: Vec<String> =
            probe.counts.failures.named().iter().map(|(name, count)| format!("{name}: {count}")).collect();
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let failed = counted(probe.counts.failures.sum(), "generation", "generations");
        status.set_type("generation").set_message(text(&format!("{failed} failed ({})", kinds.join(", "))));
        let mut case = TestCase::new("generations", status);
        case.set_classname(text(&probe.id));
        suite.add_test_case(case);
    }
    suite
}

fn expectation(expected: &Expected) -> TestCaseStatus {
    let phrase = expected.phrase();
    match &expected.holds {
        Holds::Held { .. } => TestCaseStatus::success(),
        Holds::Failed { observed, against } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let observed = number::short(*observed);
            let against = number::short(*against);
            let message = format!("expected {phrase}, observed {observed} against {against}");
            status.set_type("expectation").set_message(text(&message));
            status
        }
        Holds::Undecided { reason } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("undecided").set_message(text(&format!("{phrase}: {reason}")));
            status
        }
    }
}

fn metric(probe: &ProbeSummary, name: &str, result: &MetricResult) -> TestCase {
    let mut case = match result {
        MetricResult::Estimated(estimate) => {
            let mut case = TestCase::new(text(name), TestCaseStatus::success());
            let missing = if estimate.unscored + estimate.failed > 0 {
                format!(", {} unscored, {} failed", estimate.unscored, estimate.failed)
            } else {
                String::new()
            };
            case.set_system_out(text(&format!(
                "{} {} (n = {}, clusters = {}{missing}; {})",
                number::short(estimate.value),
                number::interval(estimate.low, estimate.high),
                estimate.n,
                estimate.clusters,
                estimate.method,
            )));
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
