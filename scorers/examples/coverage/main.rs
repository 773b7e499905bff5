//! Do 95 % intervals hold the truth in 95 % of runs? The table of `BENCHMARKS.md`.
//!
//! `cargo run --release -p scorers --example coverage -- [RUNS [EVERY [held-out]]]`, fixed seeds: 300 runs a design unless said
//! otherwise, of every design or only of every so many; `held-out` takes other designs. A design is two simulated
//! models over the same cases; of each are taken the share of one arm, d′ of both arms, and the contrast of both arms,
//! for one model alone, for the difference of the two, and, in every seventh design, for the difference as it is judged
//! (`Prepared::held`, which takes a hundred times as long).

mod grid;
mod worlds;

use grid::{Grid, Held, NAMES};
use rayon::prelude::*;
use scorers::metric::interval::t_quantile;
use worlds::{Flags, World, holds, metrics, prepared, table};

/// One design and what came of it.
struct Line {
    world: World,
    /// Single runs of the head, differences, and differences as they are judged.
    held: [[Held; 3]; 3],
    /// The textbook's paired t for the difference of shares.
    textbook: Held,
}

/// What the intervals are of.
const KINDS: [&str; 3] = ["one run", "difference", "judged difference"];
/// Of so many designs one has its differences judged.
const JUDGED: u64 = 7;

fn main() {
    let runs: u32 = std::env::args().nth(1).and_then(|runs| runs.parse().ok()).unwrap_or(300);
    let every: usize = std::env::args().nth(2).and_then(|every| every.parse().ok()).unwrap_or(1);
    let held_out = std::env::args().nth(3).is_some_and(|grid| grid == "held-out");
    let grid = if held_out { Grid::HeldOut } else { Grid::Stated };
    let lines: Vec<Line> = grid
        .worlds()
        .into_iter()
        .enumerate()
        .step_by(every)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(seed, world)| simulate(world, seed as u64, runs))
        .collect();
    print(&lines, grid, runs);
}

fn simulate(world: World, seed: u64, runs: u32) -> Line {
    let metrics = metrics();
    let mut random = world.random(seed);
    let mut line = Line { world, held: Default::default(), textbook: Held::default() };
    let truths = world.rates.map(grid::truths);
    for _ in 0..runs {
        let cases = world.draw(&mut random);
        let of = |model| prepared(&metrics, &table(&cases, model), &NAMES);
        let (Some(base), Some(head)) = (of(0), of(1)) else { continue };
        for (place, (base, head)) in base.iter().zip(&head).enumerate() {
            let [truth, gap] = [truths[1][place], truths[1][place] - truths[0][place]];
            line.held[0][place].add(holds(head, truth));
            let difference = head.minus(base).ok();
            let plain = difference.as_ref().and_then(|gone| holds(gone, gap));
            line.held[1][place].add(plain);
            if seed.is_multiple_of(JUDGED) {
                let judged = difference.and_then(|gone| holds(&gone.held(), gap));
                line.held[2][place].add(judged);
            }
        }
        line.textbook.add(textbook(&cases, truths[1][0] - truths[0][0]));
    }
    line
}

/// Student's t over the differences of the cases' rates.
fn textbook(cases: &[[[Flags; 2]; 2]], truth: f64) -> Option<(bool, bool)> {
    let rate = |(yes, n): Flags| f64::from(yes) / f64::from(n);
    let gaps: Vec<f64> = cases.iter().map(|[base, head]| rate(head[0]) - rate(base[0])).collect();
    let n = gaps.len() as f64;
    let mean = gaps.iter().sum::<f64>() / n;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / (n - 1.0) / n;
    let half = t_quantile(0.95, n - 1.0) * variance.sqrt();
    Some(((mean - truth).abs() <= half + 1e-12, mean.abs() > half))
}

#[expect(clippy::print_stdout, reason = "its table is what it is for")]
fn print(lines: &[Line], grid: Grid, runs: u32) {
    println!("{} designs, {runs} runs each: coverage of 95 % intervals", lines.len());
    println!(
        "\n| what | cases | designs | least | 1st percentile | median | below 93 % | above 98 % | no interval |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (kind, name) in KINDS.iter().enumerate() {
        for (place, metric) in NAMES.iter().enumerate() {
            for cases in grid.cases() {
                let of = |line: &&Line| line.world.cases == *cases;
                let mut found: Vec<f64> =
                    lines.iter().filter(of).filter_map(|line| line.held[kind][place].coverage()).collect();
                found.sort_by(f64::total_cmp);
                let looked: Vec<f64> =
                    lines.iter().filter(of).filter_map(|line| line.held[kind][place].missing()).collect();
                let missing = looked.iter().sum::<f64>() / looked.len().max(1) as f64;
                let at = |share: f64| {
                    found.get((share * found.len() as f64) as usize).copied().unwrap_or(f64::NAN)
                };
                let (few, many) = (
                    found.iter().filter(|c| **c < 93.0).count(),
                    found.iter().filter(|c| **c > 98.0).count(),
                );
                println!(
                    "| {name}, {metric} | {cases} | {} | {:.1} | {:.1} | {:.1} | {few} | {many} | {missing:.1} % |",
                    found.len(),
                    at(0.0),
                    at(0.01),
                    at(0.5)
                );
            }
        }
    }
    power(lines, grid);
    worst(lines);
}

/// Where the textbook's interval is right, does ours find as much?
#[expect(clippy::print_stdout, reason = "its table is what it is for")]
fn power(lines: &[Line], grid: Grid) {
    println!(
        "\npower for a difference of shares where the textbook's paired t covers 93 to 97 %, 8 cases and more"
    );
    println!("| cases | designs | paired t | ours | least ours - t |\n|---:|---:|---:|---:|---:|");
    for cases in grid.cases().iter().copied().filter(|cases| *cases >= 8) {
        let pairs: Vec<(f64, f64)> = lines
            .iter()
            .filter(|line| {
                line.world.cases == cases
                    && (line.world.rates[0][0] - line.world.rates[1][0]).abs() > f64::EPSILON
            })
            .filter(|line| line.textbook.coverage().is_some_and(|found| (93.0..=97.0).contains(&found)))
            .map(|line| (line.textbook.power(), line.held[1][0].power()))
            .collect();
        let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / pairs.len().max(1) as f64;
        let least = pairs.iter().map(|(t, ours)| ours - t).fold(f64::INFINITY, f64::min);
        println!(
            "| {cases} | {} | {:.1} | {:.1} | {least:.1} |",
            pairs.len(),
            mean(|pair| pair.0),
            mean(|pair| pair.1)
        );
    }
}

/// The designs in which each kind of interval is farthest below its aim.
#[expect(clippy::print_stdout, reason = "its table is what it is for")]
fn worst(lines: &[Line]) {
    for (kind, name) in KINDS.iter().enumerate() {
        for (place, metric) in NAMES.iter().enumerate() {
            let mut order: Vec<(f64, &Line)> =
                lines.iter().filter_map(|line| Some((line.held[kind][place].coverage()?, line))).collect();
            order.sort_by(|one, other| one.0.total_cmp(&other.0));
            println!("\nleast covered: {name}, {metric}");
            for (found, line) in order.into_iter().take(6) {
                let World { cases, samples, unequal, rates, kind, shared } = line.world;
                println!(
                    "{found:.1} %: {cases} × {samples}{}, {rates:?}, {kind:?}, shared {shared}",
                    if unequal { " at most" } else { "" }
                );
            }
        }
    }
}
