//! Measures what runs of growing size need, on the scripted engine, and prints the table of BENCHMARKS.md.
//!
//! ```sh
//! cargo run --release -p grice-tests --no-default-features --bin large -- 10000 100000 1000000
//! ```
//! The numbers are generations; `--place DIR` is where the runs are written (about 3 kB a generation), `--only WORD` leaves
//! commands whose name has that word. It exits with 1 where a command fails.

#![expect(clippy::print_stdout, reason = "the table is all that the program does")]

use clap::Parser;
use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};
use support::{
    bulk,
    usage::{Usage, usage},
};

/// Names the variable that makes this program the runner itself, so that one build measures.
const AS_RUNNER: &str = "GRICE_LARGE_RUNNER";

/// Measures what runs of growing size need.
#[derive(Debug, Parser)]
struct Arguments {
    /// Generations of each run.
    #[arg(default_values_t = [10_000, 100_000, 1_000_000])]
    generations: Vec<u32>,
    /// Where the runs are written; default: a temporary folder
    #[arg(long)]
    place: Option<PathBuf>,
    /// Measure only commands whose name has this word; those before it run all the same
    #[arg(long)]
    only: Option<String>,
}

/// A command: its name in the table, its arguments, and of how many generations it is for each one asked for.
struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    /// Files that are to be gone before.
    without: &'static [&'static str],
    runs: f64,
}

const fn step(name: &'static str, arguments: &'static [&'static str], runs: f64) -> Step {
    Step { name, arguments, without: &[], runs }
}

const BASE: &str = "base=scripted:base.yaml";
const HEAD: &str = "head=scripted:head.yaml";

const STEPS: [Step; 9] = [
    step("run (with grades and reports)", &["run", "specs", "--model", BASE, "--out", "base"], 1.0),
    step("run of the head", &["run", "specs", "--model", HEAD, "--out", "head"], 1.0),
    step("score", &["score", "base"], 1.0),
    step("report, page", &["report", "base", "--format", "html", "--output", "base.html"], 1.0),
    step("report, JSON", &["report", "base", "--format", "json", "--output", "base.json"], 1.0),
    step("compare", &["compare", "base", "head"], 2.0),
    step("history", &["history", "base", "head"], 2.0),
    Step {
        name: "compare, no grades stored",
        arguments: &["compare", "base", "head"],
        without: &["base/scores.jsonl", "head/scores.jsonl"],
        runs: 2.0,
    },
    step(
        "run --until-decided, two models",
        &[
            "run",
            "specs",
            "--model",
            BASE,
            "--model",
            HEAD,
            "--out",
            "both",
            "--gate",
            "gate.yaml",
            "--until-decided",
            "--samples",
            "13",
            "--budget",
            "20",
        ],
        2.0,
    ),
];

fn main() -> ExitCode {
    if std::env::var_os(AS_RUNNER).is_some() {
        return runner::main_impl("");
    }
    match measure(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    println!(
        "| generations | command | peak memory | wall | processor time | processor time per generation |"
    );
    println!("|---:|---|---:|---:|---:|---:|");
    let mut well = true;
    for generations in &arguments.generations {
        let place = tempfile::tempdir()?;
        let folder = match &arguments.place {
            Some(place) => place.join(generations.to_string()),
            None => place.path().to_owned(),
        };
        fs::create_dir_all(&folder)?;
        bulk::write(&folder, *generations)?;
        for step in &STEPS {
            for file in step.without {
                fs::remove_file(folder.join(file))?;
            }
            let Some(found) = usage(command(step, &folder)?)? else {
                return Err("this system does not tell what a program needs".into());
            };
            well &= matches!(found.code, Some(0 | 4 | 8 | 9));
            if arguments.only.as_ref().is_none_or(|only| step.name.contains(only.as_str())) {
                println!("{}", row(*generations, step, &found));
            }
        }
    }
    Ok(well)
}

fn command(step: &Step, folder: &Path) -> Result<Command, Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(step.arguments).current_dir(folder).env(AS_RUNNER, "1");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command)
}

fn row(generations: u32, step: &Step, found: &Usage) -> String {
    let seconds = found.processor.as_secs_f64();
    let each = 1e6 * seconds / (f64::from(generations) * step.runs);
    let failed = match found.code {
        Some(0 | 4 | 8 | 9) => "",
        _ => " (failed)",
    };
    format!(
        "| {generations} | {}{failed} | {} MiB | {:.1} s | {seconds:.1} s | {each:.1} µs |",
        step.name,
        found.peak >> 20,
        found.wall.as_secs_f64(),
    )
}
