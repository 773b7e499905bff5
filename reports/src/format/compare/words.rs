//! What the formats say in the same words. Names are as the records have them: whoever prints makes them harmless.

use crate::{
    compare::{
        Aim, Better, Comparison, Difference, DirectionSource, DiscordantTrial, GateVerdict, GatedResult,
        Grades, MatrixCell, MetricComparison, Needed, Numbers, Pairing, Settings, Severity, SideSummary,
        Verdict, Versus,
    },
    format::{
        counted,
        number::{grouped, interval, short},
    },
};
use scorers::metric::{multiplicity::Multiplicity, paired::TestMethod};

/// The verdict of a gate.
pub(super) fn gate(verdict: GateVerdict) -> &'static str {
    match verdict {
        GateVerdict::Pass => "pass",
        GateVerdict::Undecided => "undecided",
        GateVerdict::Regression => "regression",
        GateVerdict::NotComparable => "not comparable",
    }
}

/// What the gate makes of a metric.
pub(super) fn gated(result: GatedResult) -> &'static str {
    match result {
        GatedResult::Passed => "passed",
        GatedResult::PassedUndecided => "passed undecided",
        GatedResult::Warned => "warning",
        GatedResult::Undecided => "undecided",
        GatedResult::Regressed => "regression",
    }
}

/// The sign of a verdict at a terminal.
pub(in crate::format) fn mark(verdict: Verdict) -> char {
    match verdict {
        Verdict::Improved => '✓',
        Verdict::Regressed => '✗',
        Verdict::Equivalent => '≈',
        Verdict::Undecided => '?',
    }
}

/// A difference with its sign, also where it is positive.
pub(in crate::format) fn signed(value: f64) -> String {
    let text = short(value);
    let is_zero = !text.chars().any(|character| ('1'..='9').contains(&character) || character == '∞');
    if value > 0.0 && !is_zero { format!("+{text}") } else { text }
}

/// A p-value with three decimals.
pub(in crate::format) fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

/// `p = 0.012`, `p < 0.001`.
fn p_phrase(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {}", p_value(p)) }
}

/// Base, head, difference, its interval and the adjusted p-value: the cells of a table.
pub(super) fn cells(metric: &MetricComparison) -> [String; 5] {
    let none = || "–".to_owned();
    let Some(numbers) = metric.numbers() else { return [none(), none(), none(), none(), none()] };
    [
        short(numbers.base.value),
        short(numbers.head.value),
        signed(numbers.difference.value),
        numbers.difference.ends().map_or_else(none, |(low, high)| interval(low, high)),
        numbers.test.as_ref().map_or_else(none, |test| p_value(test.adjusted)),
    ]
}

/// All numbers of a metric in one line.
pub(super) fn line(numbers: &Numbers) -> String {
    let mut parts = vec![
        format!("base {}", short(numbers.base.value)),
        format!("head {}", short(numbers.head.value)),
        format!("difference {}", signed(numbers.difference.value)),
    ];
    parts.extend(
        numbers.difference.ends().map(|(low, high)| format!("95 % interval {}", interval(low, high))),
    );
    if let Some(test) = &numbers.test {
        let method = match &test.method {
            TestMethod::McNemar { .. } => "exact McNemar test",
            TestMethod::Enumerated { .. } => "exact permutation test",
            TestMethod::Sampled { .. } => "sampled permutation test",
        };
        parts.push(format!("adjusted {} ({method})", p_phrase(test.adjusted)));
    }
    parts.push(counted(numbers.clusters, "cluster", "clusters"));
    parts.join(", ")
}

/// Which direction is better, and who said so; nothing where nobody did.
pub(super) fn direction(metric: &MetricComparison) -> Option<String> {
    let direction = metric.better?;
    let better = match direction.better {
        Better::Higher => "higher",
        Better::Lower => "lower",
    };
    let from = match direction.from {
        DirectionSource::Policy => "policy",
        DirectionSource::Expectation => "spec",
    };
    Some(format!("{better} is better, says the {from}"))
}

/// Why a metric is undecided and what would decide it; nothing for those that are decided.
pub(super) fn undecided(metric: &MetricComparison) -> Option<String> {
    let is_open = metric.verdict == Verdict::Undecided;
    is_open.then(|| std::iter::once(metric.why.clone()).chain(outlook(metric)).collect::<Vec<_>>().join("; "))
}

/// What would decide an undecided metric, and which difference would have been found.
pub(super) fn outlook(metric: &MetricComparison) -> impl Iterator<Item = String> {
    let numbers = metric.numbers().filter(|_| metric.verdict == Verdict::Undecided);
    let needed = numbers.and_then(|numbers| numbers.needed.as_ref()).map(needed);
    let detectable = numbers.and_then(|numbers| numbers.detectable);
    let detectable = detectable.map(|size| format!("the smallest detectable difference is {}", short(size)));
    needed.into_iter().chain(detectable)
}

fn needed(needed: &Needed) -> String {
    let aim = match needed.aim {
        Aim::Difference => "a difference of the observed size",
        Aim::Equivalence => "that it lies within the margin",
    };
    let clusters = counted(needed.clusters, "cluster", "clusters");
    let samples = needed.samples.map_or(String::new(), |samples| {
        format!(", or {} of every case,", counted(samples, "sample", "samples"))
    });
    let alone = if needed.only_clusters { " (no number of samples per case)" } else { "" };
    format!("{clusters}{samples}{alone} would show {aim}")
}

/// Which grades of a score are missing on which side; nothing where none are.
pub(super) fn missing(pairing: &Pairing, level: f64) -> Option<String> {
    if pairing.base.missing() + pairing.head.missing() == 0 {
        return None;
    }
    let side = |name: &str, grades: &Grades| {
        let kinds =
            [(grades.unscored, "unscored"), (grades.failed, "failed"), (grades.absent, "not in the record")];
        let kinds: Vec<String> = kinds
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, kind)| format!("{} {kind}", grouped(count)))
            .collect();
        match grades.missing() {
            0 => format!("none in the {name}"),
            all => format!("{} in the {name} ({})", grouped(all), kinds.join(", ")),
        }
    };
    let places = grouped(pairing.places);
    let mut text = format!("of {places}: {}, {}", side("base", &pairing.base), side("head", &pairing.head));
    if let Some(p) = pairing.missing_p {
        let judged = if pairing.missing_differs(level) {
            "the shares differ significantly"
        } else {
            "no significant difference"
        };
        text.push_str(&format!("; {judged}, {}", p_phrase(p)));
    }
    Some(text)
}

/// Something that differs between the records, and whether that was refused, allowed or only stated.
pub(in crate::format) fn difference(found: &Difference) -> String {
    let standing = match found.severity {
        Severity::Note => "",
        Severity::Refuse if found.allowed => "allowed: ",
        Severity::Refuse => "refused: ",
    };
    let probe = found.probe.as_ref().map_or(String::new(), |probe| format!(" of {probe}"));
    let (name, about, base, head) = (found.name, found.name.about(), &found.base, &found.head);
    format!("{standing}{about}{probe} ({name}): {base} in the base, {head} in the head")
}

/// `1 improved, 2 regressed, 0 equivalent, 3 undecided`.
pub(super) fn tally(versus: &Versus) -> String {
    let tally = versus.tally;
    let parts = [
        (tally.improved, Verdict::Improved),
        (tally.regressed, Verdict::Regressed),
        (tally.equivalent, Verdict::Equivalent),
        (tally.undecided, Verdict::Undecided),
    ];
    let parts = parts.map(|(count, verdict)| format!("{} {}", grouped(count), verdict.word()));
    parts.join(", ")
}

/// Whether pairs of trials share their randomness, and if so how much of the noise that takes away.
pub(super) fn coupled(versus: &Versus) -> String {
    let coupled = &versus.comparability.coupled;
    let ratio = versus.within_case_ratio().filter(|_| coupled.is_yes());
    let ratio = ratio.map(|ratio| {
        let ratio = short(ratio);
        format!("; within a case, the difference varies {ratio} times as much as between independent samples")
    });
    format!("coupled: {coupled}{}", ratio.unwrap_or_default())
}

/// How many trials were paired, and how many were not.
pub(super) fn trials(versus: &Versus) -> String {
    let trials = versus.trials;
    let mut parts = vec![format!("{} in both records", counted(trials.common, "trial", "trials"))];
    for (count, side) in [(trials.only_base, "base"), (trials.only_head, "head")] {
        if count > 0 {
            parts.push(format!("{} only in the {side}", grouped(count)));
        }
    }
    parts.join(", ")
}

/// What a record is of.
pub(in crate::format) fn side(side: &SideSummary) -> String {
    let (engine, complete) = (&side.engine, if side.complete { "" } else { ", cut short" });
    format!(
        "{} {} on {}, {}; seed {}; grice {}; {}{complete}",
        engine.name,
        engine.version,
        engine.device,
        engine.numbers(),
        side.seed,
        side.grice.version,
        counted(side.trials, "trial", "trials")
    )
}

/// How the comparison was computed, so that a number can be made again.
pub(in crate::format) fn settings(settings: &Settings) -> String {
    let adjusted = match settings.multiplicity {
        Multiplicity::Holm => "p-values adjusted by Holm",
        Multiplicity::BenjaminiHochberg => "p-values adjusted by Benjamini and Hochberg",
        Multiplicity::None => "p-values not adjusted",
    };
    format!(
        "Level {}, power {}, {adjusted}, {}, {}, seed {}",
        settings.level,
        settings.power,
        counted(settings.replicates, "bootstrap replicate", "bootstrap replicates"),
        counted(settings.permutations, "permutation", "permutations"),
        settings.seed
    )
}

/// The same of a comparison, some of whose samples may have been added until its gate was decided.
pub(super) fn method(comparison: &Comparison) -> String {
    let mut probes = comparison.heads.iter().flat_map(|head| &head.probes);
    let anytime = match probes.any(|probe| !probe.validity.is_fixed()) {
        true => {
            "; where samples were added until the gate was decided, intervals and p-values are anytime-valid (Robbins–Siegmund)"
        }
        false => "",
    };
    format!("{}{anytime}", settings(&comparison.settings))
}

/// Over how many tests p-values were adjusted; nothing where there was no test.
pub(super) fn families(versus: &Versus) -> Option<String> {
    let parts: Vec<String> = versus
        .families
        .iter()
        .map(|family| {
            let which = if family.gated { "metrics that the policy names" } else { "other metrics" };
            format!("{} of {which}", counted(family.tests, "test", "tests"))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Where both transcripts of a discordant trial are found: `case @ arm #0`.
pub(super) fn key(trial: &DiscordantTrial) -> String {
    let arm = if trial.arm.is_empty() { String::new() } else { format!(" @ {}", trial.arm) };
    format!("{}{arm} #{}", trial.case, trial.sample)
}

/// Everything that the records of a head cannot show.
pub(super) fn limitations(versus: &Versus) -> impl Iterator<Item = String> {
    versus.probes.iter().flat_map(|probe| {
        let own = probe.limitations.iter().map(move |what| format!("{}: {what}", probe.id));
        let of_metrics = probe.metrics.iter().flat_map(move |(name, metric)| {
            metric.limitations.iter().map(move |what| format!("{}/{name}: {what}", probe.id))
        });
        own.chain(of_metrics)
    })
}

/// A value of the matrix with the sign of its verdict.
pub(super) fn matrix_cell(cell: Option<&MatrixCell>) -> String {
    let Some(cell) = cell else { return "–".to_owned() };
    let sign = cell.verdict.map_or(String::new(), |verdict| format!("\u{a0}{}", mark(verdict)));
    format!("{}{sign}", short(cell.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_signs_and_p_values_a_floor() {
        assert_eq!(
            [0.126, -0.126, 0.001, -0.001, 250.4].map(signed),
            ["+0.13", "−0.13", "0.00", "0.00", "+250"]
        );
        assert_eq!([0.0, 0.000_99, 0.012_3, 1.0].map(p_value), ["< 0.001", "< 0.001", "0.012", "1.000"]);
        assert_eq!(p_phrase(0.0), "p < 0.001");
    }

    #[test]
    fn missing_grades_name_both_sides() {
        let base = Grades { scored: 10, ..Grades::default() };
        let head = Grades { scored: 7, unscored: 1, failed: 2, absent: 0 };
        let even = Pairing { places: 10, both: 10, base, head: base, missing_p: None };
        assert_eq!(missing(&even, 0.05), None);
        let uneven = Pairing { both: 7, head, missing_p: Some(0.25), ..even };
        let said = missing(&uneven, 0.05).expect("something is missing");
        assert_eq!(
            said,
            "of 10: none in the base, 3 in the head (1 unscored, 2 failed); no significant difference, p = 0.250"
        );
    }
}
