//! Numbers, and what several formats say in the same words.

use crate::summary::{CutOffs, ExitVerdict, ProbeSummary, Summary};
pub(crate) use crate::text::number;
pub use crate::text::{counted, grouped, safe};
use scorers::{
    FailureKind, Role,
    metric::{MetricResult, ValueOnly},
};

/// The verdict in words, the same in every format.
pub(crate) fn verdict_words(verdict: ExitVerdict) -> &'static str {
    match verdict {
        ExitVerdict::Passed => "passed",
        ExitVerdict::Failed => "an expectation failed",
        ExitVerdict::Undecided => "an expectation could not be decided",
        ExitVerdict::NoGenerations => "nothing was generated",
    }
}

/// What is missing, in words; empty where nothing is.
pub(crate) fn shortfalls(summary: &Summary) -> Vec<String> {
    let total = &summary.total;
    let mut notes = Vec::new();
    if !summary.complete || total.trials < total.planned {
        notes.push(format!(
            "the run is not complete: {} of {} trials",
            number::grouped(total.trials),
            number::grouped(total.planned)
        ));
    }
    if total.failures.sum() > 0 {
        let kinds: Vec<String> =
            total.failures.named().iter().map(|(name, count)| format!("{name}: {count}")).collect();
        let failed = counted(total.failures.sum(), "generation", "generations");
        notes.push(format!("{failed} failed ({})", kinds.join(", ")));
    }
    if total.grades.unscored > 0 {
        notes.push(format!("{} could not be given", counted(total.grades.unscored, "grade", "grades")));
    }
    for (probe, metric, missing, all) in mostly_missing(summary) {
        let of = format!(
            "{} of {} grades of {}/{}",
            number::grouped(missing),
            number::grouped(all),
            probe,
            metric
        );
        notes.push(safe::line(&format!("{of} are missing: its figure is that of the few others")));
    }
    if total.truncated > 0 {
        let replies = counted(total.truncated, "reply was", "replies were");
        notes.push(format!("{replies} cut off at the limit on tokens"));
    }
    if total.copied > 0 {
        let replies = counted(total.copied, "reply says", "replies say");
        notes.push(format!("{replies} what a scripted turn of the assistant said before: an example copied"));
    }
    notes
}

/// Metrics of which more than half of the grades are missing: probe, metric, how many, of how many.
fn mostly_missing(summary: &Summary) -> Vec<(&str, &str, u64, u64)> {
    let mut found = Vec::new();
    for probe in &summary.probes {
        for (name, result) in &probe.metrics {
            if let MetricResult::Estimated(one) = result {
                let missing = one.unscored + one.failed;
                if missing > one.n {
                    found.push((probe.id.as_str(), name.as_str(), missing, missing + one.n));
                }
            }
        }
    }
    found
}

/// What stands beside the figure of a metric: what is missing and why, what was cut off by arm, and whether a comparison
/// had any room.
pub(crate) fn beside(probe: &ProbeSummary, metric: &str, unscored: u64, failed: u64) -> String {
    let mut words = Vec::new();
    let counts = [(unscored, "unscored"), (failed, "failed")];
    words.extend(
        counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", number::grouped(*count))),
    );
    if let Some(arms) = probe.cut_off.get(metric) {
        let of = |(arm, counts): (&String, &CutOffs)| {
            let count = format!("{} of {}", number::grouped(counts.cut), number::grouped(counts.grades));
            if arm.is_empty() { count } else { format!("{} {count}", safe::line(arm)) }
        };
        words.push(format!("cut off: {}", arms.iter().map(of).collect::<Vec<_>>().join(", ")));
    }
    words.extend(probe.ends.get(metric).map(|end| format!("all sides {}", end.words())));
    words.join(", ")
}

/// The same of a metric that has a value and no interval, with the reason before it.
pub(crate) fn beside_value(probe: &ProbeSummary, metric: &str, known: &ValueOnly) -> String {
    let reason = format!("no interval: {}", safe::line(&known.reason));
    match beside(probe, metric, known.unscored, known.failed) {
        none if none.is_empty() => reason,
        missing => format!("{reason}; {missing}"),
    }
}

/// Why a generation failed, in words.
pub(crate) fn failure_words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Engine => "engine error",
        FailureKind::Timeout => "timeout",
        FailureKind::ContextOverflow => "context overflow",
        FailureKind::Template => "template error",
        FailureKind::Contract => "broken contract",
    }
}

/// Who speaks, in a word.
pub(crate) fn role_words(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
