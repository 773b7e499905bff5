//! `cargo run --release -p organisms`: trains the built-in models, and lets one look at what they are made of.

mod command;
mod train;

use std::env;
use std::process::{Command, ExitCode};

use clap::Parser as _;

/// How many threads candle spreads a single operation over.
const CANDLE_THREADS: [&str; 2] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"];

fn main() -> ExitCode {
    let arguments = command::Arguments::parse();
    if let Some(code) = alone() {
        return code;
    }
    match arguments.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => command::fail(&error),
    }
}

/// Starts this program again with candle's own threads switched off, unless the environment decides.
///
/// Operations on a small model are so short that threads waiting for their share of one cost more than
/// they bring (a third of all time, measured on two cores); whole shards run in parallel instead. Candle
/// takes the number from the environment only, and a program cannot safely change its own.
fn alone() -> Option<ExitCode> {
    if CANDLE_THREADS.iter().any(|name| env::var_os(name).is_some()) {
        return None;
    }
    let mut command = Command::new(env::current_exe().ok()?);
    command.args(env::args_os().skip(1)).envs(CANDLE_THREADS.map(|name| (name, "1")));
    let status = command.status().ok()?;
    Some(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
