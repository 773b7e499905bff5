//! How often a gate is wrong: simulated models with known differences go through the same comparison and policy as
//! records do.
//!
//! `cargo run --release -p reports --example gate_simulation [RUNS [RUNS OF 13 METRICS]]` prints a table for `BENCHMARKS.md`; the seed is fixed.
//! A small version of it is a test (`reports/tests/gate.rs`).

#![expect(clippy::print_stdout, reason = "a table for whoever runs it")]

#[path = "gate_simulation/world.rs"]
mod world;

use rayon::prelude::*;
use reports::compare::{GateVerdict, Verdict};
use world::{Design, Measure, gate};

fn main() {
    let runs: u64 = std::env::args().nth(1).and_then(|runs| runs.parse().ok()).unwrap_or(400);
    let many: u64 = std::env::args().nth(2).and_then(|runs| runs.parse().ok()).unwrap_or(runs);
    println!(
        "| measure | metrics | cases × samples | share | loss | margin | gate fails (8) | not passed (8, 9) | regressed, a metric |"
    );
    println!("|:--|--:|--:|--:|--:|--:|--:|--:|--:|");
    for metrics in [1, 13] {
        for (cases, samples) in [(6, 4), (12, 4), (24, 8), (48, 8)] {
            for share in [0.5, 0.9, 0.99] {
                for (loss, margin) in
                    [(0.0, Some(0.1)), (0.0, None), (0.08, Some(0.1)), (0.1, Some(0.1)), (0.3, Some(0.1))]
                {
                    let measure = Measure::Rate;
                    let design = Design { measure, metrics, cases, samples, share, loss, margin };
                    println!("{}", row(design, if metrics == 1 { runs } else { many }));
                }
            }
        }
    }
    // What is not linear in the cases, and sums of rates, without a change, up to the ceiling.
    for (measure, margins) in [(Measure::Contrast, [None, Some(0.1)]), (Measure::DPrime, [None, Some(0.5)])] {
        for (cases, samples) in [(6, 4), (12, 4), (24, 3), (48, 8)] {
            for share in [0.9, 0.98, 0.995] {
                for margin in margins {
                    let (metrics, loss) = (1, 0.0);
                    let design = Design { measure, metrics, cases, samples, share, loss, margin };
                    println!("{}", row(design, if metrics == 1 { runs } else { many }));
                }
            }
        }
    }
}

fn row(design: Design, runs: u64) -> String {
    let one = |seed| {
        let outcome = gate(design, seed);
        let worse = outcome.metrics.iter().filter(|metric| metric.verdict == Verdict::Regressed);
        let (fails, stopped) =
            (outcome.verdict == GateVerdict::Regression, outcome.verdict != GateVerdict::Pass);
        [u64::from(fails), u64::from(stopped), worse.count() as u64]
    };
    let sum = |one: [u64; 3], other: [u64; 3]| [one[0] + other[0], one[1] + other[1], one[2] + other[2]];
    let [fails, stopped, regressed] = (0..runs).into_par_iter().map(one).reduce(|| [0; 3], sum);
    let percent = |count: u64, all: u64| format!("{:.1} %", 100.0 * count as f64 / all as f64);
    let margin = design.margin.map_or_else(|| "–".to_owned(), |margin| margin.to_string());
    let Design { measure, metrics, cases, samples, share, loss, .. } = design;
    let measure = match measure {
        Measure::Rate => "rate",
        Measure::Contrast => "contrast",
        Measure::DPrime => "d′",
    };
    format!(
        "| {measure} | {metrics} | {cases} × {samples} | {share} | {loss} | {margin} | {} | {} | {} |",
        percent(fails, runs),
        percent(stopped, runs),
        percent(regressed, runs * metrics),
    )
}
