//! Histories that every format is tested on, with numbers written by hand.

use crate::{
    compare::{
        Better, Change, Comparability, Coupled, Difference, DifferenceName, Direction, DirectionSource,
        HISTORY_VERSION, History, RecordComparison, Settings, Trend, TrendPoint, TrialPairs, Verdict,
        VerdictTally, Version,
    },
    format::compare::fixtures::{HOSTILE, quantity, side},
};
use scorers::metric::{Estimate, MetricResult, Range, multiplicity::Multiplicity};

fn estimate(value: f64, range: Range) -> Option<MetricResult> {
    Some(MetricResult::Estimated(Estimate {
        value,
        low: value - 0.0625,
        high: value + 0.0625,
        method: "cluster-robust".to_owned(),
        n: 240,
        clusters: 60,
        unscored: 0,
        failed: 0,
        range,
        series: Vec::new(),
    }))
}

fn change(difference: f64, verdict: Verdict) -> Option<Change> {
    Some(Change {
        difference: quantity(difference, difference - 0.08, difference + 0.08),
        adjusted: Some(0.012),
        verdict,
        why: format!("written by hand: {}", verdict.word()),
    })
}

fn step(against: usize, refused: bool) -> Option<RecordComparison> {
    let name = DifferenceName::Sampling;
    let (base, head) = ("temperature 1".to_owned(), "temperature 0".to_owned());
    let difference = Difference { name, probe: None, severity: name.severity(), allowed: false, base, head };
    let comparability = Comparability {
        refused,
        same_seed: true,
        same_weights: Some(false),
        coupled: Coupled::default(),
        differences: if refused { vec![difference] } else { Vec::new() },
    };
    let tally = if refused {
        VerdictTally::default()
    } else {
        VerdictTally { improved: 1, equivalent: 1, open: 2, exploration: 10, ..VerdictTally::default() }
    };
    let trials = TrialPairs { common: if refused { 0 } else { 240 }, ..TrialPairs::default() };
    Some(RecordComparison { against, comparability, trials, tally })
}

/// Four versions: the baseline, a better one, one with a hostile name, one that is not comparable.
pub(in crate::format) fn four() -> History {
    let version =
        |name: &str, from_baseline, from_previous| Version { side: side(name), from_baseline, from_previous };
    let none = || TrendPoint { estimate: None, from_baseline: None, from_previous: None };
    let point = |value, range, from_baseline, from_previous| TrendPoint {
        estimate: estimate(value, range),
        from_baseline,
        from_previous,
    };
    let rate = vec![
        point(0.5, Range::Share, None, None),
        point(0.75, Range::Share, change(0.25, Verdict::Improved), change(0.25, Verdict::Improved)),
        point(0.5625, Range::Share, change(0.0625, Verdict::Equivalent), change(-0.1875, Verdict::Regressed)),
        point(0.25, Range::Share, None, None),
    ];
    let unavailable = MetricResult::Unavailable { reason: HOSTILE.to_owned(), unscored: 3, failed: 1 };
    let length = vec![
        point(12.5, Range::Positive, None, None),
        TrendPoint { estimate: Some(unavailable), ..none() },
        point(19.25, Range::Positive, change(6.75, Verdict::Open), None),
        none(),
    ];
    let better = Some(Direction { better: Better::Higher, from: DirectionSource::Policy });
    let trend = |probe: &str, metric: &str, gated, points| Trend {
        probe: probe.to_owned(),
        metric: metric.to_owned(),
        main: true,
        gated,
        better: None,
        margin: None,
        range: None,
        points,
        best: None,
    };
    History {
        format: HISTORY_VERSION,
        settings: Settings {
            level: 0.05,
            power: 0.8,
            multiplicity: Multiplicity::Holm,
            replicates: 10_000,
            permutations: 10_000,
            seed: 0,
        },
        versions: vec![
            version("v1", None, None),
            version("v2", step(0, false), step(0, false)),
            version(HOSTILE, step(0, false), step(1, false)),
            version("v4", step(0, true), step(2, true)),
        ],
        baseline: 0,
        best: 1,
        metrics: vec![
            Trend {
                better,
                margin: Some(0.125),
                range: Some(Range::Share),
                best: Some(1),
                ..trend("grounding.request", "rate", true, rate)
            },
            Trend { range: Some(Range::Positive), ..trend("register.switch", "length", false, length) },
            trend(HOSTILE, HOSTILE, false, vec![none(), none(), none(), none()]),
        ],
    }
}
