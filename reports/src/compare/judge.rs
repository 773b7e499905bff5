//! What a policy makes of a comparison.

use super::{
    DifferenceName,
    draft::evidence,
    gate::{
        GateOutcome, GateVerdict, GatedMetric, GatedResult, MissingPolicy, OnUndecided, Policy, Requirement,
        Rule,
    },
    needed::{nothing_shown, said_of_smallest},
    result::{Beyond, Compared, Comparison, MetricComparison, Numbers, Versus},
    verdict::Evidence,
    word::Verdict,
};
use crate::text::number::short;

impl Policy {
    /// Judges a comparison by the table of `docs/verdicts.md`. The tests of the margins are adjusted over the metrics that
    /// this policy names, whatever the comparison was made with; of one that was made without this policy, they are read
    /// off the intervals.
    pub fn judge(&self, comparison: &Comparison) -> GateOutcome {
        let mut outcome =
            GateOutcome { verdict: GateVerdict::Pass, reasons: Vec::new(), metrics: Vec::new() };
        let mut reasons: Vec<(GateVerdict, String)> = Vec::new();
        for versus in &comparison.heads {
            if versus.comparability.refused {
                for found in versus.comparability.differences.iter().filter(|found| found.refuses()) {
                    let probe = found.probe.as_ref().map_or(String::new(), |probe| format!(" of {probe}"));
                    let what = format!(
                        "{}: {}{probe} differ ({})",
                        versus.head.name,
                        found.name.about(),
                        found.name
                    );
                    reasons.push((GateVerdict::NotComparable, what));
                }
                continue;
            }
            self.judge_one(versus, comparison.settings.level, &mut outcome.metrics, &mut reasons);
        }
        // A stable sort: within a verdict the order is that of the records.
        reasons.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
        outcome.verdict = reasons.first().map_or(GateVerdict::Pass, |(verdict, _)| *verdict);
        outcome.reasons = reasons.into_iter().map(|(_, reason)| reason).collect();
        if outcome.reasons.is_empty() {
            outcome.reasons.push(match outcome.metrics.len() {
                1 => "the gated metric is as the policy asks".to_owned(),
                count => format!("{count} gated metrics are as the policy asks"),
            });
        }
        outcome
    }

    fn judge_one(
        &self,
        versus: &Versus,
        level: f64,
        metrics: &mut Vec<GatedMetric>,
        reasons: &mut Vec<(GateVerdict, String)>,
    ) {
        let mut named = vec![false; self.metrics.len()];
        let mut gated: Vec<Gated<'_>> = Vec::new();
        for probe in &versus.probes {
            // Trials that were never run say nothing about the model, other than those that broke.
            let not_run = !versus.head.complete || probe.trials.only_base > 0;
            for (name, metric) in &probe.metrics {
                for (rule, named) in self.metrics.iter().zip(&mut named) {
                    *named |= crate::text::glob::matches(&rule.metric, &format!("{}/{name}", probe.id));
                }
                if let Some((place, rule)) = self.rule(&probe.id, name) {
                    gated.push((probe.id.as_str(), name.as_str(), metric, place, rule, not_run));
                }
            }
        }
        let tests: Vec<Option<Beyond>> =
            gated.iter().map(|(_, _, metric, _, rule, _)| test(metric, rule, level)).collect();
        let known = tests.iter().flatten().count();
        let among = |(test, (_, _, metric, ..)): (&Option<Beyond>, &Gated<'_>)| {
            let test = (*test)?;
            let p =
                metric.numbers().map_or(test.p, |numbers| numbers.among(test.p, known, self.multiplicity));
            Some((p, test.least))
        };
        let raw: Vec<(f64, Option<f64>)> = tests.iter().zip(&gated).filter_map(among).collect();
        let mut adjusted = self.multiplicity.adjust_able(&raw, level).into_iter();
        let chances: Vec<Option<f64>> =
            gated.iter().map(|(_, _, metric, _, rule, _)| unchanged(metric, rule)).collect();
        let raw: Vec<f64> = chances.iter().flatten().copied().collect();
        let mut by_chance = self.multiplicity.adjust(&raw).into_iter();
        for (((probe, metric, comparison, place, rule, not_run), test), chance) in
            gated.into_iter().zip(tests).zip(chances)
        {
            let beyond = test.map(|test| Beyond { adjusted: adjusted.next().unwrap_or(test.p), ..test });
            let chance = chance.map(|alone| by_chance.next().unwrap_or(alone));
            let (verdict, result, why) = self.decide(comparison, (beyond, chance), rule, level, not_run);
            let rank = match result {
                GatedResult::Passed | GatedResult::PassedUndecided => None,
                GatedResult::Warned => Some(GateVerdict::Pass),
                GatedResult::Undecided => Some(GateVerdict::Undecided),
                GatedResult::Regressed => Some(GateVerdict::Regression),
            };
            let head = versus.head.name.clone();
            if let Some(rank) = rank {
                reasons.push((rank, format!("{head}: {probe}/{metric}: {why}")));
            }
            let (probe, metric) = (probe.to_owned(), metric.to_owned());
            metrics.push(GatedMetric { head, probe, metric, rule: place, verdict, result, why });
        }
        for lost in &versus.lost {
            if let Some((probe, metric)) = lost.rsplit_once('/')
                && let Some((place, _)) = self.rule(probe, metric)
            {
                if let Some(named) = named.get_mut(place) {
                    *named = true;
                }
                let kept = versus.probes.iter().any(|other| other.id == probe);
                let name = if kept { DifferenceName::MetricsMissing } else { DifferenceName::Probes };
                if self.allow.iter().any(|allowed| allowed.parse() == Ok(name)) {
                    continue;
                }
                let what = format!(
                    "{}: {lost}: the base has it and this record does not (`allow: [{name}]` lets that pass)",
                    versus.head.name
                );
                reasons.push((GateVerdict::Undecided, what));
            }
        }
        for (rule, _) in self.metrics.iter().zip(named).filter(|(_, named)| !named) {
            let what =
                format!("{}: no metric that both records have is named `{}`", versus.head.name, rule.metric);
            reasons.push((GateVerdict::Undecided, what));
        }
    }

    fn decide(
        &self,
        metric: &MetricComparison,
        tests: (Option<Beyond>, Option<f64>),
        rule: &Rule,
        level: f64,
        not_run: bool,
    ) -> (Verdict, GatedResult, String) {
        let shown = match metric.numbers() {
            Some(numbers) => shown(metric, numbers, tests, rule, level),
            None => {
                let open = tolerated(rule.undecided, GatedResult::Undecided);
                (Verdict::Open, open, format!("{}; {}", metric.why, nothing_shown(0)))
            }
        };
        match missing(metric, rule.missing.unwrap_or(self.missing), level, not_run) {
            None => shown,
            // What is left got worse, whatever is missing.
            Some((_, what)) if shown.1 == GatedResult::Regressed => {
                (shown.0, GatedResult::Regressed, format!("{}; {what}", shown.2))
            }
            Some((result, what)) => (shown.0, result, what),
        }
    }
}

/// A gated metric: its probe and name, what it comes to, its rule with the place of it, and whether trials were not run.
type Gated<'a> = (&'a str, &'a str, &'a MetricComparison, usize, &'a Rule, bool);

/// The test of a rule's margin; none without an interval.
fn test(metric: &MetricComparison, rule: &Rule, level: f64) -> Option<Beyond> {
    metric.numbers()?.beyond_of(rule.margin, metric.margin, level)
}

/// How probable so large a difference is at most if nothing changed, where the rule names no margin.
fn unchanged(metric: &MetricComparison, rule: &Rule) -> Option<f64> {
    metric.numbers().filter(|_| rule.margin.is_none())?.chance
}

/// Why a metric whose interval lies beyond the margin never passes, although that does not stand once it is adjusted; none where the rule lets
/// it pass. Beyond a margin that a rule names it never does. Without one, an interval of thirteen lies clear of 0 in a third of gates
/// where nothing changed, so there it takes more: every case beyond every other, or what chance does not do in these cases.
fn stops(
    metric: &MetricComparison,
    numbers: &Numbers,
    chance: Option<f64>,
    rule: &Rule,
    level: f64,
) -> Option<String> {
    // A comparison that was made without the rule did not ask for chance.
    if rule.margin.is_some() || metric.margin.is_some() || !metric.standing.is_gated() {
        return Some(String::new());
    }
    if numbers.apart {
        return Some("; yet every case of one record lies beyond every case of the other".to_owned());
    }
    let so = |chance: f64| {
        let most =
            if chance < 0.005 { "less than 0.01".to_owned() } else { format!("{} at most", short(chance)) };
        format!("; yet had nothing changed, these cases would differ so with a probability of {most}")
    };
    chance.filter(|chance| *chance <= level).map(so)
}

/// What a rule makes of something that it may let pass.
fn tolerated(how: OnUndecided, fails: GatedResult) -> GatedResult {
    match how {
        OnUndecided::Pass => GatedResult::PassedUndecided,
        OnUndecided::Warn => GatedResult::Warned,
        OnUndecided::Fail => fails,
    }
}

/// What the grades that both records have make of a metric.
fn shown(
    metric: &MetricComparison,
    numbers: &Numbers,
    (beyond, chance): (Option<Beyond>, Option<f64>),
    rule: &Rule,
    level: f64,
) -> (Verdict, GatedResult, String) {
    let better = rule.better.or(metric.better.map(|direction| direction.better));
    let evidence = Evidence { beyond, ..evidence(numbers, better, rule.margin, level) };
    let (verdict, why) = evidence.verdict();
    let open = tolerated(rule.undecided, GatedResult::Undecided);
    // A larger loss never has a milder result: worse is at least as bad as open.
    let slipped = open.worst(tolerated(rule.slipped, GatedResult::Regressed));
    let (passed, failed) = (GatedResult::Passed, GatedResult::Regressed);
    // The interval lies beyond the margin, and only the other metrics keep it from being a regression.
    let stops = if evidence.outside() { stops(metric, numbers, chance, rule, level) } else { None };
    let result = match (rule.require, verdict) {
        (_, Verdict::Regressed | Verdict::Changed) | (Requirement::Equivalent, Verdict::Improved) => failed,
        // The contrary is shown whatever the word: a larger loss never has a milder result.
        (
            Requirement::Improved,
            Verdict::Equivalent | Verdict::NotWorse | Verdict::Open | Verdict::Slipped,
        ) if evidence.not_improved() => failed,
        (_, Verdict::Slipped | Verdict::Shifted) if stops.is_some() => slipped.worst(GatedResult::Undecided),
        (_, Verdict::Slipped | Verdict::Shifted) => slipped,
        (
            Requirement::NotWorse,
            Verdict::Improved | Verdict::Gained | Verdict::Equivalent | Verdict::NotWorse,
        )
        | (Requirement::Equivalent, Verdict::Equivalent)
        | (Requirement::Improved, Verdict::Improved | Verdict::Gained) => passed,
        (Requirement::Equivalent, Verdict::Gained) if stops.is_some() => open.worst(GatedResult::Undecided),
        (
            _,
            Verdict::Equivalent | Verdict::Open | Verdict::NotWorse | Verdict::Gained | Verdict::Exploration,
        ) => open,
    };
    let untold = result != failed && evidence.too_few_to_tell();
    let result = if untold { result.worst(GatedResult::Undecided) } else { result };
    // The comparison says more where it was made with this policy.
    let why = if metric.verdict == verdict && metric.margin == rule.margin && !metric.why.is_empty() {
        metric.why.clone()
    } else {
        why
    };
    let stopped = stops.filter(|_| verdict.is_open() && result == GatedResult::Undecided).unwrap_or_default();
    let why = format!("{why}{stopped}");
    let why = match numbers.detectable {
        _ if !result.is_open() => why,
        Some(size) => format!("{why}; {}", said_of_smallest(size, rule.margin)),
        None => format!("{why}; {}", nothing_shown(numbers.clusters)),
    };
    (verdict, result, why)
}

/// What missing grades make of a metric; none where no more are missing than may be.
fn missing(
    metric: &MetricComparison,
    policy: MissingPolicy,
    level: f64,
    not_run: bool,
) -> Option<(GatedResult, String)> {
    let (base, head) = metric.pairing.missing_rates();
    let most = policy.at_most;
    if base.max(head) <= most {
        return None;
    }
    let what = format!(
        "{:.1} % of grades are missing in the base and {:.1} % in the head; {:.1} % may be",
        100.0 * base,
        100.0 * head,
        100.0 * most
    );
    // More missing than before is a regression of its own; as much as before, or what was never run, leaves the
    // metric open.
    let broken = metric.pairing.head.unscored + metric.pairing.head.failed;
    let broke = !not_run || broken as f64 > most * metric.pairing.places as f64;
    let worse = head > most && head > base && broke && metric.pairing.missing_differs(level);
    Some((if worse { GatedResult::Regressed } else { GatedResult::Undecided }, what))
}

impl MetricComparison {
    /// The numbers, if there are any.
    pub fn numbers(&self) -> Option<&Numbers> {
        match &self.outcome {
            Compared::Numbers(numbers) => Some(numbers),
            Compared::Unavailable { .. } => None,
        }
    }
}
