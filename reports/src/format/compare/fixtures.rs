//! Comparisons that every format is tested on. Numbers are written by hand, none near where it would be rounded
//! up on one processor and down on another, so that a snapshot changes only when a format does.

use crate::{
    compare::{
        Aim, Better, Beyond, COMPARISON_VERSION, Comparability, Compared, Comparison, Coupled, Difference,
        DifferenceName, Direction, DirectionSource, Discordant, DiscordantTrial, Family, GateOutcome,
        GateVerdict, GatedMetric, GatedResult, GradeValue, Matrix, MatrixCell, MatrixRow, MetricComparison,
        Needed, Numbers, Pairing, ProbeComparison, Quantity, Rates, SeriesPoint, Settings, SideGrades,
        SideSummary, Span, Standing, Test, TrialPairs, Uncoupled, Verdict, VerdictTally, Versus, WithinCase,
    },
    format::number::rounded,
    record::{EngineIdentity, GriceIdentity, ModelIdentity},
};
use scorers::metric::{Range, multiplicity::Multiplicity, paired::TestMethod};

/// A name that no reader should obey.
pub(in crate::format) const HOSTILE: &str =
    "</td><script>alert(1)</script> | `x` @all \u{1b}[31m\u{202e}\n- [l](http://e.example)";

/// Why one of the metrics is open.
const OPEN: &str = "its 95 % interval holds 0, and is not surely within the margin";
/// Why another one slipped.
const SLIPPED: &str = "its 95 % interval lies clear of 0, but perhaps within the margin of 0.1";

pub(in crate::format) fn side(name: &str) -> SideSummary {
    SideSummary {
        name: name.to_owned(),
        model: ModelIdentity {
            name: name.to_owned(),
            reference: name.to_owned(),
            weights: Some(name.to_owned()),
            tokenizer: None,
            chat_template: None,
            ..ModelIdentity::default()
        },
        engine: EngineIdentity {
            name: "scripted".to_owned(),
            version: "1".to_owned(),
            device: "cpu".to_owned(),
            dtype: "f32".to_owned(),
            context: None,
            ..EngineIdentity::default()
        },
        grice: GriceIdentity { version: "0.1.0".to_owned(), commit: None },
        seed: 1,
        complete: true,
        trials: 2_400,
    }
}

pub(in crate::format) fn quantity(value: f64, low: f64, high: f64) -> Quantity {
    let (low, high) = (rounded(low), rounded(high));
    Quantity { value, interval: Span::Known { low, high, method: "cluster-robust".to_owned() } }
}

/// Numbers from base, head, and the difference with its interval.
fn numbers(base: f64, head: f64, difference: (f64, f64, f64), p: f64) -> Numbers {
    Numbers {
        base: quantity(base, base - 0.06, base + 0.06),
        head: quantity(head, head - 0.06, head + 0.06),
        base_alone: None,
        head_alone: None,
        difference: quantity(difference.0, difference.1, difference.2),
        inner: None,
        clusters: 60,
        test: Some(Test { p, adjusted: p, method: TestMethod::Sampled { clusters: 41, swaps: 10_000 } }),
        effect: None,
        equivalence_p: None,
        beyond: Some(Beyond { p, adjusted: p, least: None }),
        detectable: Some(0.083),
        chance: None,
        apart: false,
        effective_clusters: None,
        base_rates: None,
        head_rates: None,
        needed: None,
        series: Vec::new(),
    }
}

fn metric(verdict: Verdict, why: &str, outcome: Compared) -> MetricComparison {
    let scored = SideGrades { scored: 240, ..SideGrades::default() };
    MetricComparison {
        verdict,
        why: why.to_owned(),
        better: None,
        margin: None,
        standing: Standing::Exploration,
        range: Some(Range::Share),
        pairing: Pairing { places: 240, both: 240, base: scored, head: scored, missing_p: None },
        outcome,
        discordant: Discordant::default(),
        limitations: Vec::new(),
    }
}

fn discordant(case: &str, arm: &str, sample: u32, base: GradeValue, head: GradeValue) -> DiscordantTrial {
    let (case, arm) = (case.to_owned(), arm.to_owned());
    DiscordantTrial { case, arm, sample, score: "asked".to_owned(), round: None, branch: None, base, head }
}

/// The metrics of the first probe: one of every verdict, one without a direction, one without numbers.
fn metrics() -> Vec<(&'static str, MetricComparison)> {
    let known = |base, head, difference, p| Compared::Numbers(Box::new(numbers(base, head, difference, p)));
    let worse = known(0.81, 0.52, (-0.29, -0.37, -0.21), 0.000_2);
    let mut rate = metric(
        Verdict::Regressed,
        "its 95 % interval lies beyond the margin of 0.1, on the worse side",
        worse,
    );
    rate.better = Some(Direction { better: Better::Higher, from: DirectionSource::Expectation });
    (rate.margin, rate.standing) = (Some(0.1), Standing::Gated);
    rate.discordant = Discordant {
        total: 93,
        trials: vec![
            discordant("letter-1", "ambiguous", 0, GradeValue::Flag(true), GradeValue::Flag(false)),
            discordant(
                HOSTILE,
                "",
                3,
                GradeValue::Label(HOSTILE.to_owned()),
                GradeValue::Label("x".to_owned()),
            ),
        ],
    };
    let better = known(0.92, 1.41, (0.49, 0.11, 0.87), 0.017);
    let mut d_prime =
        metric(Verdict::Improved, "its 95 % interval lies clear of 0, on the better side", better);
    d_prime.standing = Standing::Headline;
    if let Compared::Numbers(numbers) = &mut d_prime.outcome {
        numbers.base_rates = Some(Rates { hits: 0.75, false_alarms: 0.25 });
        numbers.head_rates = Some(Rates { hits: 0.875, false_alarms: 0.125 });
        numbers.effective_clusters = Some(41.5);
    }
    d_prime.better = Some(Direction { better: Better::Higher, from: DirectionSource::Policy });
    d_prime.range = Some(Range::Real);
    let mut tempo = metric(
        Verdict::Equivalent,
        "its 90 % interval lies within ±0.1",
        known(0.41, 0.42, (0.01, -0.03, 0.05), 0.64),
    );
    (tempo.margin, tempo.standing) = (Some(0.1), Standing::Gated);
    let point =
        |round, base, head, interval| SeriesPoint { round, base, head, difference: head - base, interval };
    if let Compared::Numbers(numbers) = &mut tempo.outcome {
        numbers.series = vec![
            point(1, 0.5, 0.25, Some((-0.375, -0.125))),
            point(2, 0.25, 0.25, Some((-0.125, 0.125))),
            point(3, 0.25, 0.125, None),
        ];
    }
    let mut open = numbers(0.33, 0.37, (0.04, -0.04, 0.12), 0.312);
    open.needed =
        Some(Needed { aim: Aim::NotWorse, clusters: 1_270, samples: Some(85), only_clusters: false });
    let mut repair = metric(Verdict::Open, OPEN, Compared::Numbers(Box::new(open)));
    (repair.margin, repair.standing) = (Some(0.05), Standing::Gated);
    let mut slip = metric(Verdict::Slipped, SLIPPED, known(0.71, 0.65, (-0.06, -0.11, -0.01), 0.72));
    (slip.margin, slip.standing) = (Some(0.1), Standing::Gated);
    let lost = SideGrades { scored: 198, unscored: 2, failed: 40, absent: 0 };
    repair.pairing = Pairing { both: 198, head: lost, missing_p: Some(0.000_04), ..repair.pairing };
    repair.limitations.push("what is left may be easier in one of them".to_owned());
    let mut length = metric(Verdict::Exploration, "", known(12.3, 19.8, (7.5, 5.2, 9.8), 0.000_2));
    length.range = Some(Range::Positive);
    let reason = "no grade on either side".to_owned();
    let never = metric(Verdict::Exploration, &reason.clone(), Compared::Unavailable { reason });
    let nor_this = never.clone();
    vec![
        ("rate", rate),
        ("d_prime", d_prime),
        ("tempo", tempo),
        ("repair", repair),
        ("slip", slip),
        ("length", length),
        ("never", never),
        ("nor_this", nor_this),
    ]
}

pub(in crate::format) fn difference(
    name: DifferenceName,
    allowed: bool,
    base: &str,
    head: &str,
) -> Difference {
    let (base, head) = (base.to_owned(), head.to_owned());
    Difference { name, probe: None, severity: name.severity(), allowed, base, head }
}

fn versus(name: &str) -> Versus {
    let first: Vec<(&str, MetricComparison)> = metrics();
    let asked = first.iter().find(|(name, _)| *name == "repair").map(|(_, metric)| metric.pairing);
    let mut hostile = metric(Verdict::Open, HOSTILE, Compared::Unavailable { reason: HOSTILE.to_owned() });
    hostile.standing = Standing::Headline;
    hostile.limitations.push(HOSTILE.to_owned());
    let trials = TrialPairs { common: 2_380, only_base: 20, only_head: 0 };
    let probe = |id: &str, metrics: Vec<(&str, MetricComparison)>| ProbeComparison {
        id: id.to_owned(),
        about: "Does it ask?".to_owned(),
        trials,
        validity: scorers::metric::anytime::Validity::Fixed,
        within_case: [("asked".to_owned(), WithinCase { freedom: 180, difference: 0.04, independent: 0.25 })]
            .into(),
        scores: asked.map(|pairing| ("asked".to_owned(), pairing)).into_iter().collect(),
        metrics: metrics.into_iter().map(|(name, metric)| (name.to_owned(), metric)).collect(),
        limitations: vec!["one sample per case: how much samples vary is not known".to_owned()],
    };
    Versus {
        head: side(name),
        comparability: Comparability {
            refused: false,
            same_seed: true,
            same_weights: Some(false),
            coupled: Coupled::No(vec![Uncoupled::Tokenizers]),
            differences: vec![
                difference(DifferenceName::ChatTemplate, true, "a template", HOSTILE),
                difference(DifferenceName::GriceVersion, false, "0.1.0", "0.1.1"),
            ],
        },
        trials,
        tally: VerdictTally {
            improved: 1,
            regressed: 1,
            equivalent: 1,
            slipped: 1,
            open: 2,
            exploration: 3,
            ..VerdictTally::default()
        },
        families: vec![
            Family { standing: Standing::Gated, tests: 4, unable: 1 },
            Family { standing: Standing::Headline, tests: 1, unable: 0 },
        ],
        probes: vec![probe("grounding.request", first), probe(HOSTILE, vec![(HOSTILE, hostile)])],
        lost: vec!["grounding.gone/rate".to_owned()],
    }
}

fn comparison(heads: Vec<Versus>, matrix: Option<Matrix>) -> Comparison {
    Comparison {
        format: COMPARISON_VERSION,
        settings: Settings {
            level: 0.05,
            power: 0.8,
            multiplicity: Multiplicity::Holm,
            replicates: 10_000,
            permutations: 10_000,
            seed: 0,
        },
        base: side("base"),
        heads,
        matrix,
    }
}

fn gated(metric: &str, verdict: Verdict, result: GatedResult, why: &str) -> GatedMetric {
    GatedMetric {
        head: HOSTILE.to_owned(),
        probe: "grounding.request".to_owned(),
        metric: metric.to_owned(),
        rule: 0,
        verdict,
        result,
        why: why.to_owned(),
    }
}

/// One head with hostile names, which a gate stops.
pub(in crate::format) fn stopped() -> (Comparison, Option<GateOutcome>) {
    let worse = "its 95 % interval lies beyond the margin of 0.1, on the worse side";
    let gate = GateOutcome {
        verdict: GateVerdict::Regression,
        reasons: vec![
            format!("{HOSTILE}: grounding.request/rate: {worse}"),
            format!("{HOSTILE}: grounding.request/repair: {OPEN}"),
            format!("{HOSTILE}: grounding.request/slip: {SLIPPED}"),
        ],
        metrics: vec![
            gated("rate", Verdict::Regressed, GatedResult::Regressed, worse),
            gated("tempo", Verdict::Equivalent, GatedResult::Passed, "its 90 % interval lies within ±0.1"),
            gated("repair", Verdict::Open, GatedResult::Warned, OPEN),
            gated("slip", Verdict::Slipped, GatedResult::Warned, SLIPPED),
        ],
    };
    (comparison(vec![versus(HOSTILE)], None), Some(gate))
}

/// The same, which the gate lets pass with what it leaves open.
pub(in crate::format) fn passed() -> (Comparison, Option<GateOutcome>) {
    let (comparison, gate) = stopped();
    let gate = gate.map(|mut gate| {
        gate.verdict = GateVerdict::Pass;
        gate.reasons.remove(0);
        (gate.metrics[0].verdict, gate.metrics[0].result) = (Verdict::Gained, GatedResult::Passed);
        gate
    });
    (comparison, gate)
}

/// The same without a gate, coupled.
pub(in crate::format) fn ungated() -> (Comparison, Option<GateOutcome>) {
    let mut coupled = versus("head");
    coupled.comparability.coupled = Coupled::Yes;
    (comparison(vec![coupled], None), None)
}

/// Two heads, of which one is not comparable, with a matrix.
pub(in crate::format) fn refused() -> (Comparison, Option<GateOutcome>) {
    let mut other = versus("other");
    other.comparability.refused = true;
    other
        .comparability
        .differences
        .insert(0, difference(DifferenceName::Sampling, false, "temperature 1", "temperature 0"));
    (other.probes, other.families) = (Vec::new(), Vec::new());
    (other.tally, other.trials) = (VerdictTally::default(), TrialPairs::default());
    let cell = |value, verdict| Some(MatrixCell { value, interval: None, verdict });
    let matrix = Matrix {
        versions: ["base", "head", "other"].map(str::to_owned).to_vec(),
        baseline: 0,
        best: 0,
        rows: vec![MatrixRow {
            probe: "grounding.request".to_owned(),
            metric: "rate".to_owned(),
            cells: vec![cell(0.81, None), cell(0.52, Some(Verdict::Regressed)), None],
            best: Some(0),
        }],
    };
    let gate = GateOutcome {
        verdict: GateVerdict::NotComparable,
        reasons: vec!["other: the sampling parameters differ (sampling)".to_owned()],
        metrics: Vec::new(),
    };
    (comparison(vec![versus("head"), other], Some(matrix)), Some(gate))
}
