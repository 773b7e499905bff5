//! What a policy makes of a comparison.

use super::{
    DifferenceName,
    gate::{
        GateOutcome, GateVerdict, GatedMetric, GatedResult, MissingPolicy, OnUndecided, Policy, Requirement,
        Rule,
    },
    metric::evidence,
    result::{Compared, Comparison, MetricComparison, Numbers, Versus},
    verdict::Verdict,
};

impl Policy {
    /// Judges a comparison. The p-values are adjusted over the metrics that this policy names, whatever
    /// the comparison was made with.
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
            outcome.reasons.push(format!("{} gated metrics are as the policy asks", outcome.metrics.len()));
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
        let mut gated = Vec::new();
        for probe in &versus.probes {
            // Trials that were never run say nothing about the model, other than those that broke.
            let not_run = !versus.head.complete || probe.trials.only_base > 0;
            for (name, metric) in &probe.metrics {
                for (rule, named) in self.metrics.iter().zip(&mut named) {
                    *named |= super::policy::glob(&rule.metric, &format!("{}/{name}", probe.id));
                }
                if let Some((place, rule)) = self.rule(&probe.id, name) {
                    gated.push((probe.id.as_str(), name.as_str(), metric, place, rule, not_run));
                }
            }
        }
        let raw: Vec<f64> = gated
            .iter()
            .filter_map(|(_, _, metric, ..)| metric.numbers()?.test.as_ref().map(|test| test.p))
            .collect();
        let mut adjusted = self.multiplicity.adjust(&raw).into_iter();
        for (probe, metric, comparison, place, rule, not_run) in gated {
            let numbers = comparison.numbers().map(|numbers| {
                let mut numbers = numbers.clone();
                if let Some(test) = &mut numbers.test {
                    test.adjusted = adjusted.next().unwrap_or(test.p);
                }
                numbers
            });
            let (verdict, result, why) = self.decide(comparison, numbers.as_ref(), rule, level, not_run);
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
        numbers: Option<&Numbers>,
        rule: &Rule,
        level: f64,
        not_run: bool,
    ) -> (Verdict, GatedResult, String) {
        let open = match rule.undecided {
            OnUndecided::Pass => GatedResult::PassedUndecided,
            OnUndecided::Warn => GatedResult::Warned,
            OnUndecided::Fail => GatedResult::Undecided,
        };
        let shown = match numbers {
            Some(numbers) => Self::shown(metric, numbers, rule, level, open),
            None => (Verdict::Undecided, open, metric.why.clone()),
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

    /// What the grades that both records have make of a metric.
    fn shown(
        metric: &MetricComparison,
        numbers: &Numbers,
        rule: &Rule,
        level: f64,
        open: GatedResult,
    ) -> (Verdict, GatedResult, String) {
        let better = rule.better.or(metric.better.map(|direction| direction.better));
        let evidence = evidence(numbers, better, rule.margin, level);
        let (verdict, why) = evidence.verdict();
        let (passes, fails) = match rule.require {
            Requirement::NotWorse => {
                (verdict == Verdict::Improved || evidence.not_worse(), verdict == Verdict::Regressed)
            }
            Requirement::Equivalent => {
                (verdict == Verdict::Equivalent, evidence.differs() && evidence.outside())
            }
            Requirement::Improved => {
                (verdict == Verdict::Improved, matches!(verdict, Verdict::Regressed | Verdict::Equivalent))
            }
        };
        match (passes, fails) {
            (true, _) if verdict == Verdict::Undecided => {
                (verdict, GatedResult::Passed, "its 90 % interval is not worse than the margin".to_owned())
            }
            (true, _) => (verdict, GatedResult::Passed, why),
            (false, true) => (verdict, GatedResult::Regressed, why),
            (false, false) => (verdict, open, why),
        }
    }
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
