//! How often a gate is wrong: simulated models with known differences go through the same comparison and policy as
//! records do.
//!
//! `cargo run --release -p reports --example gate_simulation [RUNS [RUNS OF MANY METRICS]] [KEY=VALUE …]` prints a table for `BENCHMARKS.md`, or the lines of it
//! that have these values (`metrics=13 cases=24`); the seeds are fixed.
//! A small version of it is a test (`reports/tests/gate.rs`).

#![expect(clippy::print_stdout, reason = "a table for whoever runs it")]

#[path = "gate_simulation/world.rs"]
mod world;

use rayon::prelude::*;
use reports::compare::{GateVerdict, Verdict};
use world::{Design, Measure, gate};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let runs = numbers.next().unwrap_or(400);
    let many = numbers.next().unwrap_or(runs);
    // What is `key=value` chooses designs by their cells: `metrics=13 cases=24 margin=–`.
    let wanted: Vec<(String, String)> = std::env::args()
        .filter_map(|argument| {
            argument.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))
        })
        .collect();
    println!(
        "| measure | metrics | cases × samples | share | loss | margin | gate fails (8) | not passed (8, 9) | regressed, a metric |"
    );
    println!("|:--|--:|--:|--:|--:|--:|--:|--:|--:|");
    for design in designs() {
        let is = |(key, value): &(String, String)| cell(&design, key) == *value;
        if wanted.iter().all(is) {
            println!("{}", row(design, if design.metrics == 1 { runs } else { many }));
        }
    }
}

/// One of the cells that say what a design is.
fn cell(design: &Design, key: &str) -> String {
    match key {
        "measure" => match design.measure {
            Measure::Rate => "rate".to_owned(),
            Measure::Contrast => "contrast".to_owned(),
            Measure::DPrime => "d′".to_owned(),
        },
        "metrics" => design.metrics.to_string(),
        "cases" => design.cases.to_string(),
        "samples" => design.samples.to_string(),
        "share" => design.share.to_string(),
        "loss" => design.loss.to_string(),
        "margin" => design.margin.map_or_else(|| "–".to_owned(), |margin| margin.to_string()),
        other => panic!("a design has no `{other}`"),
    }
}

fn designs() -> Vec<Design> {
    let mut designs = Vec::new();
    let measure = Measure::Rate;
    for metrics in [1, 13] {
        for (cases, samples) in [(6, 4), (12, 4), (24, 8), (48, 8)] {
            for share in [0.5, 0.9, 0.99] {
                for (loss, margin) in
                    [(0.0, Some(0.1)), (0.0, None), (0.08, Some(0.1)), (0.1, Some(0.1)), (0.3, Some(0.1))]
                {
                    designs.push(Design { measure, metrics, cases, samples, share, loss, margin });
                }
            }
        }
    }
    // So few cases that no interval stands once it is adjusted for the other metrics, with and without a loss.
    for (metrics, cases, samples) in [(13, 5, 1), (13, 5, 4), (30, 5, 1), (30, 5, 4)] {
        for share in [0.5, 0.9, 0.99] {
            for loss in [0.0, 0.3] {
                designs.push(Design { measure, metrics, cases, samples, share, loss, margin: None });
            }
        }
    }
    // What is not linear in the cases, and sums of rates, without a change, up to the ceiling.
    for (measure, wide) in [(Measure::Contrast, 0.1), (Measure::DPrime, 0.5)] {
        for (metrics, cases, samples) in
            [(1, 6, 4), (1, 12, 4), (1, 24, 3), (1, 48, 8), (13, 6, 4), (13, 12, 4)]
        {
            for share in [0.9, 0.98, 0.995] {
                for margin in [None, Some(wide)] {
                    designs.push(Design { measure, metrics, cases, samples, share, loss: 0.0, margin });
                }
            }
        }
    }
    designs
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
    let cells =
        ["measure", "metrics", "cases", "samples", "share", "loss", "margin"].map(|key| cell(&design, key));
    let [measure, metrics, cases, samples, share, loss, margin] = cells;
    format!(
        "| {measure} | {metrics} | {cases} × {samples} | {share} | {loss} | {margin} | {} | {} | {} |",
        percent(fails, runs),
        percent(stopped, runs),
        percent(regressed, runs * design.metrics),
    )
}
