//! The command line: parses what the user typed and hands it to one thin module per command.

pub mod args;
mod audit;
mod baseline;
mod catalogue;
mod check;
mod compare;
mod continuing;
mod devices;
mod ending;
pub mod engine_args;
mod engine_host;
pub mod history;
mod history_args;
mod import;
mod import_args;
mod limits;
mod model;
mod output;
mod progress;
mod records;
mod report;
mod run;
mod sampling;
mod score;
mod setup;
mod spec_differences;
mod transcripts;
mod until_decided;
mod views;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use std::process::ExitCode;

/// The whole program: reads the arguments of the process, returns its exit code. `commit` is what the
/// records say it was built from; an empty text means that nobody knows.
pub fn main_impl(commit: &str) -> ExitCode {
    crate::provenance::built_from(commit);
    let arguments = args::with_default_command(std::env::args_os());
    let cli = Cli::parse_from(arguments);
    output::colours(cli.color);
    // The process of an engine ends with its parent.
    if !matches!(&cli.command, Command::EngineHost) {
        ending::begin();
    }
    let result = match &cli.command {
        Command::Run(arguments) if arguments.until_decided => until_decided::run(arguments),
        Command::Run(arguments) => run::run(arguments),
        Command::Check(arguments) => check::check(arguments),
        Command::Score(arguments) => score::score(arguments),
        Command::Report(arguments) => report::report(arguments),
        Command::Compare(arguments) => compare::compare(arguments),
        Command::History(arguments) => history::history(arguments),
        Command::Baseline(command) => baseline::baseline(command),
        Command::Import(arguments) => import::import(arguments),
        Command::Audit(arguments) => audit::audit(arguments),
        Command::Devices { model, engine } => devices::devices(model.as_deref(), engine),
        Command::EngineHost => engine_host::serve(),
        Command::Schema { gate } => catalogue::schema(*gate),
        Command::Scorers(arguments) => catalogue::scorers(arguments),
        Command::Metrics(arguments) => catalogue::metrics(arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "grice", &mut script);
            output::text(&String::from_utf8_lossy(&script))
        }
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            output::error(&error);
            ExitCode::from(error.code())
        }
    }
}
