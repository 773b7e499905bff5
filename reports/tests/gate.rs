//! The gate keeps its level: a small version of `examples/gate_simulation.rs`, with the same seeds on every machine.

#[path = "../examples/gate_simulation/world.rs"]
mod world;

use reports::compare::{GateVerdict, Verdict};
use world::{Design, Measure, gate};

/// Runs of each design with one metric; a third of it with thirteen.
const RUNS: u64 = 120;

/// How many of the gates end so, and how many of their metrics regressed, as shares.
fn shares(design: Design) -> (f64, f64, f64) {
    let (mut fails, mut stopped, mut regressed) = (0.0, 0.0, 0.0);
    let runs = if design.metrics > 1 { RUNS / 3 } else { RUNS };
    for seed in 0..runs {
        let outcome = gate(design, seed);
        fails += f64::from(u8::from(outcome.verdict == GateVerdict::Regression));
        stopped += f64::from(u8::from(outcome.verdict != GateVerdict::Pass));
        let worse = outcome.metrics.iter().filter(|metric| metric.verdict == Verdict::Regressed).count();
        regressed += worse as f64 / design.metrics as f64;
    }
    let runs = runs as f64;
    (fails / runs, stopped / runs, regressed / runs)
}

#[test]
fn nothing_changed_and_hardly_a_gate_fails() {
    for (cases, samples, share) in [(6, 4, 0.5), (12, 4, 0.9), (24, 4, 0.98)] {
        let design =
            |margin| Design { measure: Measure::Rate, metrics: 13, cases, samples, share, loss: 0.0, margin };
        let (fails, stopped, _) = shares(design(Some(0.1)));
        assert!(fails <= 0.05 && stopped <= 0.05, "{cases} × {samples}: {fails} {stopped}");
        // Without a margin one of thirteen intervals often lies clear of 0, which stops no gate: 2 of 40 are 5 %, and 4 are within two
        // standard errors.
        let (fails, stopped, _) = shares(design(None));
        assert!(fails <= 0.1 && stopped <= 0.1, "{cases} × {samples}: {fails} {stopped}");
    }
}

/// Intervals over five cases are too short at the levels that thirty metrics leave: chance must not do it, either.
#[test]
fn nothing_changed_in_five_cases_and_hardly_a_gate_of_thirty_metrics_fails() {
    let (measure, metrics, cases, samples, share, loss) = (Measure::Rate, 30, 5, 4, 0.5, 0.0);
    let (fails, stopped, _) = shares(Design { measure, metrics, cases, samples, share, loss, margin: None });
    assert!(fails <= 0.1 && stopped <= 0.1, "{fails} {stopped}");
}

#[test]
fn a_loss_within_the_margin_is_hardly_ever_a_regression() {
    for (loss, share) in [(0.08, 0.95), (0.1, 0.5), (0.1, 0.9)] {
        let (cases, samples, margin) = (24, 8, Some(0.1));
        let (.., regressed) =
            shares(Design { measure: Measure::Rate, metrics: 1, cases, samples, share, loss, margin });
        assert!(regressed <= 0.09, "{loss} from {share}: {regressed}");
    }
}

#[test]
fn a_large_loss_is_found() {
    let design = Design {
        measure: Measure::Rate,
        metrics: 13,
        cases: 12,
        samples: 4,
        share: 0.9,
        loss: 0.5,
        margin: Some(0.1),
    };
    let (fails, stopped, regressed) = shares(design);
    assert!(fails >= 0.95 && stopped >= 0.95 && regressed > 0.7, "{fails} {stopped} {regressed}");
}

/// Near the ceiling a single lost flag says nothing, whatever is made of the rates.
#[test]
fn nothing_changed_and_hardly_a_contrast_or_sensitivity_regresses() {
    for measure in [Measure::Contrast, Measure::DPrime] {
        for (cases, samples, share) in [(12, 4, 0.995), (12, 4, 0.9), (24, 3, 0.98)] {
            let design = Design { measure, metrics: 1, cases, samples, share, loss: 0.0, margin: None };
            let (fails, ..) = shares(design);
            assert!(fails <= 0.06, "{measure:?} {cases} × {samples} at {share}: {fails}");
        }
    }
}
