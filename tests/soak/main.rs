//! A soak: runs of made-up specs that are killed, cut off, damaged, starved and crowded, until the time is up.
//!
//! Each round makes a spec and a script by its seed, runs them undisturbed, and then tries every kind of disturbance a few
//! times. What is continued afterwards has to be, byte for byte, what the undisturbed run left; what was changed has to be
//! refused. `--seed S --round R` repeats a round.

mod bench;
mod crowd;
mod damage;
mod kill;
mod spec;
mod starve;
mod tally;

use bench::{AS_RUNNER, Bench};
use clap::Parser;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};
use tally::{Struck, Tally};

/// Disturbs runs until the time is up, and shows what came of it.
#[derive(Parser)]
struct Arguments {
    /// Minutes of wall time; the try that is under way then is finished.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Most tries.
    #[arg(long)]
    tries: Option<u64>,
    /// Seed; without it, the time.
    #[arg(long)]
    seed: Option<u64>,
    /// The round to begin with.
    #[arg(long, default_value_t = 0)]
    round: u64,
    /// The runner to disturb; without it, the one that this program is built with.
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// A kind of disturbance, and how often a round tries it.
type Kind = (&'static str, u32, fn(&Bench, &mut ChaCha8Rng) -> Result<Struck, String>);

static KINDS: [Kind; 11] = [
    ("killed, and continued", 3, kill::killed),
    ("asked to end (TERM, INT, HUP), and continued", 2, kill::asked),
    ("journal cut at any byte, and continued", 3, damage::cut),
    ("a bit of the journal flipped, and read", 6, damage::journal),
    ("a bit of the grades flipped, and read", 3, damage::grades),
    ("a bit of the baseline flipped, and read", 3, damage::baseline),
    ("file size limit, write refused", 2, starve::refused),
    ("file size limit, killed in a write", 2, starve::killed),
    ("disk full (tmpfs of a few pages)", 2, starve::full),
    ("several begin one run", 1, crowd::begun),
    ("several continue one run", 1, crowd::continued),
];

fn main() -> ExitCode {
    if std::env::var_os(AS_RUNNER).is_some() {
        return runner::main_impl("");
    }
    match soak(&Arguments::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

/// How many faults were found.
fn soak(arguments: &Arguments) -> Result<u64, String> {
    let binary = match &arguments.binary {
        Some(path) => path.canonicalize(),
        None => std::env::current_exe(),
    };
    let binary = binary.map_err(|error| format!("the runner: {error}"))?;
    let time = || std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let seed = arguments.seed.unwrap_or_else(time);
    let (started, limit) = (Instant::now(), Duration::from_secs_f64(arguments.minutes.max(0.0) * 60.0));
    let mut tally = Tally::default();
    let over = |tally: &Tally| {
        started.elapsed() >= limit || arguments.tries.is_some_and(|most| tally.tries() >= most)
    };
    let mut number = arguments.round;
    while !over(&tally) {
        round(&binary, (seed, number), &mut tally, &over)?;
        number += 1;
    }
    let seconds = started.elapsed().as_secs();
    let line =
        format!("seed {seed}, rounds {} to {}, {seconds} s", arguments.round, number.saturating_sub(1));
    // Nobody is there to read it when the output is gone.
    let _ = writeln!(io::stdout(), "{tally}{line}");
    Ok(tally.faults())
}

/// One spec and everything that is done to its runs.
fn round(
    binary: &Path,
    (seed, number): (u64, u64),
    tally: &mut Tally,
    over: &dyn Fn(&Tally) -> bool,
) -> Result<(), String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number);
    let place = tempfile::Builder::new().prefix("grice-soak-").tempdir();
    let place = place.map_err(|error| format!("no temporary folder: {error}"))?;
    let made = spec::made(&mut random);
    let bench = match Bench::new(place.path(), binary, &made) {
        Ok(bench) => bench,
        Err(fault) => {
            tally.count("undisturbed", &Err(String::new()));
            report(seed, number, "undisturbed", &fault);
            return Ok(());
        }
    };
    tally.count("undisturbed", &Ok(Struck::Yes));
    let mut tries: Vec<&Kind> =
        KINDS.iter().flat_map(|kind| std::iter::repeat_n(kind, kind.1 as usize)).collect();
    tries.shuffle(&mut random);
    for (name, _, disturb) in tries {
        if over(tally) {
            break;
        }
        // What a try draws must not depend on how much the one before has drawn.
        let mut own = ChaCha8Rng::seed_from_u64(random.random());
        let ended = disturb(&bench, &mut own);
        tally.count(name, &ended);
        if let Err(fault) = ended {
            report(seed, number, name, &fault);
        }
    }
    Ok(())
}

/// Shows a fault and how to see it again.
fn report(seed: u64, round: u64, kind: &str, fault: &str) {
    let _ = writeln!(io::stderr(), "FAULT ({kind}; --seed {seed} --round {round}): {fault}");
}
