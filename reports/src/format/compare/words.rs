//! What the formats say in the same words. Names are as the records have them: whoever prints makes them harmless.

use super::metrics;
use crate::{
    compare::{
        Aim, Comparison, Difference, DirectionSource, DiscordantTrial, GateOutcome, GateVerdict, GatedResult,
        MatrixCell, MetricComparison, Needed, Numbers, Pairing, Rates, Settings, Severity, SideGrades,
        SideSummary, Verdict, VerdictTally, Versus, needed::said_of_smallest,
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

/// What a gate that passes leaves open, as the end of its first line: `, with 2 of 13 metrics open and 1 slipped`; nothing
/// where nothing is.
pub(super) fn unsure(outcome: &GateOutcome) -> String {
    if outcome.verdict != GateVerdict::Pass {
        return String::new();
    }
    let all = counted(outcome.metrics.len() as u64, "metric", "metrics");
    match outcome.unsure() {
        (0, 0) => String::new(),
        (open, 0) => format!(", with {open} of {all} open"),
        (0, slipped) => format!(", with {slipped} of {all} slipped"),
        (open, slipped) => format!(", with {open} of {all} open and {slipped} slipped"),
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
        Verdict::Gained => '↗',
        Verdict::Equivalent => '≈',
        Verdict::NotWorse => '≥',
        Verdict::Open => '?',
        Verdict::Slipped => '↘',
        Verdict::Regressed => '✗',
        Verdict::Changed => '≠',
        Verdict::Shifted => '~',
        Verdict::Exploration => '·',
    }
}

/// The verdicts and the signs that stand for them.
pub(in crate::format) fn legend() -> String {
    let judged = Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Exploration);
    judged.map(|verdict| format!("{} {}", mark(verdict), verdict.word())).collect::<Vec<_>>().join(", ")
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

/// Base, head, difference, its interval and the adjusted p-value of a difference beyond the margin: the cells of a table.
pub(super) fn cells(metric: &MetricComparison) -> [String; 5] {
    let none = || "–".to_owned();
    let Some(numbers) = metric.numbers() else { return [none(), none(), none(), none(), none()] };
    [
        valued(numbers.base.value, numbers.base_rates),
        valued(numbers.head.value, numbers.head_rates),
        signed(numbers.difference.value),
        numbers.difference.ends().map_or_else(none, |(low, high)| interval(low, high)),
        numbers.beyond.map_or_else(none, |beyond| p_value(beyond.adjusted)),
    ]
}

/// A value; of a sensitivity with its hits and false alarms in per cent: `4.93 (98 | 2 %)`.
fn valued(value: f64, rates: Option<Rates>) -> String {
    let rates = rates.map_or(String::new(), |Rates { hits, false_alarms }| {
        format!("\u{a0}({:.0}\u{a0}|\u{a0}{:.0}\u{a0}%)", 100.0 * hits, 100.0 * false_alarms)
    });
    short(value) + &rates
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
    parts.extend(
        numbers.beyond.map(|beyond| format!("adjusted {} beyond the margin", p_phrase(beyond.adjusted))),
    );
    if let Some(test) = &numbers.test {
        let method = match &test.method {
            TestMethod::McNemar { .. } => "exact McNemar test",
            TestMethod::Enumerated { .. } => "exact permutation test",
            TestMethod::Sampled { .. } => "sampled permutation test",
        };
        parts.push(format!("unadjusted {} of no difference ({method})", p_phrase(test.p)));
    }
    let effective = numbers.effective_clusters;
    let effective = effective.map_or(String::new(), |effective| format!(" worth {effective:.1}"));
    parts.push(counted(numbers.clusters, "cluster", "clusters") + &effective);
    parts.extend(rates(numbers));
    parts.join(", ")
}

/// The two rates behind a sensitivity in both records; nothing for other metrics.
pub(super) fn rates(numbers: &Numbers) -> Option<String> {
    let (base, head) = (numbers.base_rates?, numbers.head_rates?);
    let percent = |share: f64| format!("{} %", short(100.0 * share));
    Some(format!(
        "hits {} → {}, false alarms {} → {}",
        percent(base.hits),
        percent(head.hits),
        percent(base.false_alarms),
        percent(head.false_alarms)
    ))
}

/// Which direction is better, and who said so; nothing where nobody did.
pub(super) fn direction(metric: &MetricComparison) -> Option<String> {
    let direction = metric.better?;
    let better = direction.better.word();
    let from = match direction.from {
        DirectionSource::Policy => "policy",
        DirectionSource::Expectation => "spec",
    };
    Some(format!("{better} is better, says the {from}"))
}

/// Why a metric is open or slipped and what would decide it; nothing for those that are decided.
pub(super) fn open(metric: &MetricComparison) -> Option<String> {
    let is_open = metric.verdict.is_open();
    is_open.then(|| std::iter::once(metric.why.clone()).chain(outlook(metric)).collect::<Vec<_>>().join("; "))
}

/// What would decide an open metric, and which difference would have been found.
pub(super) fn outlook(metric: &MetricComparison) -> impl Iterator<Item = String> {
    let numbers = metric.numbers().filter(|_| metric.verdict.is_open());
    let needed = numbers.and_then(|numbers| numbers.needed.as_ref()).map(needed);
    let detectable = numbers.and_then(|numbers| numbers.detectable);
    let detectable = detectable.map(|size| said_of_smallest(size, metric.margin));
    needed.into_iter().chain(detectable)
}

fn needed(needed: &Needed) -> String {
    let aim = match needed.aim {
        Aim::Difference => "a difference of the observed size",
        Aim::Equivalence => "that it lies within the margin",
        Aim::NotWorse => "that it is not worse by the margin",
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
    let side = |name: &str, grades: &SideGrades| {
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

/// `2 regressed, 1 improved, 3 open`, and how many are exploration.
pub(in crate::format) fn tally(tally: &VerdictTally) -> String {
    let parts: Vec<String> = Verdict::ALL
        .into_iter()
        .filter(|verdict| tally.of(*verdict) > 0)
        .map(|verdict| {
            let word = if verdict == Verdict::Exploration { "not judged" } else { verdict.word() };
            format!("{} {word}", grouped(tally.of(verdict)))
        })
        .collect();
    if parts.is_empty() { "no metric in both".to_owned() } else { parts.join(", ") }
}

/// What the metrics without a verdict show, where there are any: how many intervals lie clear of 0, and how many would by
/// chance.
pub(super) fn exploration(versus: &Versus, level: f64) -> Option<String> {
    let known = explored(versus).filter_map(|(.., metric)| metric.numbers()?.difference.ends()).count();
    let clear = explored(versus).filter(|(.., metric)| is_clear(metric)).count();
    let all = explored(versus).count();
    (all > 0).then(|| {
        format!(
            "exploration: {} without a verdict, unadjusted; {clear} of {known} intervals lie clear of 0, where chance alone would leave about {}",
            counted(all as u64, "metric", "metrics"),
            (known as f64 * level).round()
        )
    })
}

/// The metrics without a verdict.
pub(super) fn explored(versus: &Versus) -> impl Iterator<Item = (&str, &str, &MetricComparison)> {
    metrics(versus).filter(|(.., metric)| !metric.standing.is_judged())
}

/// Whether the interval of a difference lies clear of 0.
pub(super) fn is_clear(metric: &MetricComparison) -> bool {
    let ends = metric.numbers().and_then(|numbers| numbers.difference.ends());
    ends.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
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
        Multiplicity::Holm => "p-values adjusted by Holm over the tests that could reject (Tarone)",
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
    let mut numbers = comparison.heads.iter().flat_map(metrics).filter_map(|(.., metric)| metric.numbers());
    let rates = match numbers.any(|numbers| numbers.base_rates.is_some()) {
        true => "; in parentheses behind a sensitivity, its hits and false alarms",
        false => "",
    };
    format!("{}{anytime}{rates}", settings(&comparison.settings))
}

/// Over how many tests p-values were adjusted; nothing where there was no test.
pub(super) fn families(versus: &Versus) -> Option<String> {
    let parts: Vec<String> = versus
        .families
        .iter()
        .map(|family| {
            let which = if family.standing.is_gated() { "gated metrics" } else { "headlines" };
            let unable = match family.unable {
                0 => String::new(),
                unable => format!(" ({unable} further could not reject in this design)"),
            };
            format!("{} of {which}{unable}", counted(family.tests, "test", "tests"))
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
        let base = SideGrades { scored: 10, ..SideGrades::default() };
        let head = SideGrades { scored: 7, unscored: 1, failed: 2, absent: 0 };
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
