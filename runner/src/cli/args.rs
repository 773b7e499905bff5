//! What users can type.

use super::{
    engine_args::{CommonArgs, EngineArgs},
    limits::LimitArgs,
};
use crate::{
    engine::{device::Device, isolated, options::Dtype},
    exit,
    store::BASELINES,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{ffi::OsString, path::PathBuf, str::FromStr};

/// Measures how a language model converses.
#[derive(Debug, Parser)]
#[command(name = "grice", version, about, after_help = exit::HELP, propagate_version = true)]
#[command(override_usage = "grice [OPTIONS] SPECS...\n       grice [OPTIONS] <COMMAND>")]
#[command(after_long_help = concat!(
    "`grice SPECS...` is short for `grice run SPECS...`.\n\nExample:\n  grice specs/ --model builtin:dpo\n\n",
    "See the exit codes with `grice -h`."
))]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run probes on a model, grade the transcripts and write the reports.
    Run(Box<RunArgs>),
    /// Check specs and print the plan, without loading a model.
    Check(CheckArgs),
    /// Grade a stored run again from its transcripts, without a model.
    Score(ScoreArgs),
    /// Print any view of a stored run, without a model.
    Report(ReportArgs),
    /// Compare versions of a model: paired differences, verdicts, and a gate for CI.
    Compare(CompareArgs),
    /// Follow metrics over versions of a model, in the order given.
    History(super::history_args::HistoryArgs),
    /// Keep the grades of runs as named baselines, small enough to be committed.
    #[command(
        subcommand,
        after_help = "Example:\n  grice baseline save v1 runs/v1 && grice compare v1 runs/v2"
    )]
    Baseline(BaselineCommand),
    /// Turn recorded dialogues of a data set into a file of cases for a `replay`.
    Import(Box<super::import_args::ImportArgs>),
    /// Check whether batch size, device or number format change a model's answers on this machine.
    Audit(AuditArgs),
    /// Show the devices of this machine, their free memory, and which one a run uses.
    #[command(after_help = "Example:\n  grice devices --model path/to/model")]
    Devices {
        /// Say also how this model would run.
        #[arg(long, value_name = "REF")]
        model: Option<String>,
        /// Where and how it would compute.
        #[command(flatten)]
        engine: EngineArgs,
    },
    /// Print the JSON Schema of the spec language, or of gate policies.
    #[command(
        after_help = "Example:\n  grice schema > specs/schema.json\n  grice schema --gate > specs/gate.schema.json"
    )]
    Schema {
        /// The schema of gate policies instead.
        #[arg(long)]
        gate: bool,
    },
    /// List the scorers with their parameters.
    #[command(after_help = "Example:\n  grice scorers grounding_act")]
    Scorers(CatalogueArgs),
    /// List the metrics with their parameters.
    #[command(after_help = "Example:\n  grice metrics d_prime")]
    Metrics(CatalogueArgs),
    /// Serve an engine to the program that started this one (`--isolate`).
    #[command(name = isolated::COMMAND, hide = true)]
    EngineHost,
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example:\n  grice completions bash > ~/.local/share/bash-completion/completions/runner"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Which trials.
#[derive(Clone, Debug, Args)]
pub struct Selection {
    /// Spec files, or directories of them.
    #[arg(required = true, value_name = "SPECS")]
    pub specs: Vec<PathBuf>,
    /// Samples per case and arm, instead of what the specs say.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub samples: Option<u32>,
    /// Only the trials that match, such as 'family=grounding & arm!=clear'.
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
}

/// Arguments of `run`.
#[derive(Clone, Debug, Args)]
#[command(after_help = concat!(
    "A model is `builtin:sft`, `builtin:dpo`, a directory of safetensors, a GGUF or UQFF file or\n",
    "`hub:OWNER/NAME`, which is downloaded;\n",
    "`NAME=MODEL` names it in reports, `MODEL+adapter=DIR` puts a LoRA adapter on top.\n\n",
    "Example:\n  grice run specs/ --model before=models/v1 --model after=models/v2 --out runs/v2\n",
    "  grice run specs/ --model before=models/v1 --model after=models/v2 --gate gate.yaml --until-decided"
))]
pub struct RunArgs {
    /// Which trials.
    #[command(flatten)]
    pub selection: Selection,
    /// The model to test; several run one after another. One that is named like a speaker of the specs, as in judge=REF, plays that speaker.
    /// Default: builtin:sft
    #[arg(long = "model", value_name = "REF")]
    pub models: Vec<String>,
    /// Directory of the run; with several models, each has a folder below it. Default: a new folder runs/TIME
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Seed of the run.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Generations in flight. Default: what suits the engine
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: Option<u32>,
    /// Let the engine draw the tokens, as under `coupling: none`: quicker on a card, but versions share no luck then
    #[arg(long)]
    pub no_coupling: bool,
    /// How the model samples, in the place of what the specs say.
    #[command(flatten)]
    pub sampling: SamplingArgs,
    /// What the command may cost.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Continue a run that was cut off, and run again what failed; with several models, their runs in the folders below.
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pub resume: Option<PathBuf>,
    /// Let simulated users say again what they said in this run, so that both versions meet the same user
    #[arg(long, value_name = "RUN")]
    pub user_turns: Option<PathBuf>,
    /// Compare the first model with the others after every batch of samples, and add samples until every metric that
    /// the gate names has a verdict.
    #[arg(long)]
    pub until_decided: bool,
    /// The policy that --until-decided decides by; its verdict decides the exit code.
    #[arg(long, value_name = "FILE", requires = "until_decided")]
    pub gate: Option<PathBuf>,
    /// The most samples per case and arm that --until-decided takes. Default: 8 times those of the first look
    #[arg(long, value_name = "N", requires = "until_decided", value_parser = clap::value_parser!(u32).range(1..))]
    pub budget: Option<u32>,
    /// Where and how the model computes.
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Sampling in the place of what specs say. It is kept in the record; a turn with a value of its own keeps it.
#[derive(Clone, Debug, Default, PartialEq, Args)]
#[command(next_help_heading = "Sampling, in the place of what the specs say")]
pub struct SamplingArgs {
    /// Softmax temperature, from 0 (greedy) to 10
    #[arg(long, value_name = "T", value_parser = temperature)]
    pub temperature: Option<f64>,
    /// The smallest set of tokens with this probability, above 0 and up to 1
    #[arg(long, value_name = "P", value_parser = top_p)]
    pub top_p: Option<f64>,
    /// The most probable tokens only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub top_k: Option<u32>,
    /// Tokens at least this share as probable as the best one, from 0 to below 1
    #[arg(long, value_name = "P", value_parser = min_p)]
    pub min_p: Option<f64>,
    /// Most tokens of a reply
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32_768))]
    pub max_tokens: Option<u32>,
    /// What the model's own files recommend (generation_config.json); the options above win over it
    #[arg(long, value_enum, value_name = "SOURCE")]
    pub sampling: Option<SamplingSource>,
}

/// Where sampling comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SamplingSource {
    /// The model's own files.
    Model,
}

fn within(text: &str, fine: fn(f64) -> bool, range: &str) -> Result<f64, String> {
    text.parse().ok().filter(|number| fine(*number)).ok_or_else(|| format!("it goes {range}"))
}

fn temperature(text: &str) -> Result<f64, String> {
    within(text, |number| (0.0..=10.0).contains(&number), "from 0 to 10")
}

fn top_p(text: &str) -> Result<f64, String> {
    within(text, |number| number > 0.0 && number <= 1.0, "from above 0 to 1")
}

fn min_p(text: &str) -> Result<f64, String> {
    within(text, |number| (0.0..1.0).contains(&number), "from 0 to below 1")
}

/// Arguments of `audit`.
#[derive(Clone, Debug, Args)]
#[command(after_help = concat!(
    "The same trials run greedily, one generation at a time and many, on every device and in every\n",
    "number format asked for; the first setting is what the others are held against.\n",
    "Exits with 4 when more than one reply in --bound differs.\n\n",
    "Example:\n  grice audit specs/ --model builtin:sft --dtype f32,f16"
))]
pub struct AuditArgs {
    /// Which trials to draw from.
    #[command(flatten)]
    pub selection: Selection,
    /// The model.
    #[arg(long, value_name = "REF", default_value = "builtin:sft")]
    pub model: String,
    /// Trials, drawn evenly from the plan.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub trials: u32,
    /// Generations in flight of the crowded setting. Default: what suits the engine
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub concurrency: Option<u32>,
    /// Devices, each by itself. Default: every one that this build computes on; the CPU for small models only
    #[arg(long = "device", value_name = "DEVICE", value_delimiter = ',')]
    pub devices: Vec<Device>,
    /// Number formats, each by itself. Default: what suits the device
    #[arg(long = "dtype", value_name = "FORMAT", value_delimiter = ',')]
    pub dtypes: Vec<Dtype>,
    /// One reply in so many may differ.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub bound: u32,
    /// Print JSON instead of text.
    #[arg(long)]
    pub json: bool,
    /// What the model computes with in every setting.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Arguments of `check`.
#[derive(Clone, Debug, Args)]
#[command(after_help = concat!(
    "Example:\n  grice check specs/ --filter 'probe=grounding.*'\n",
    "  grice check specs/ --power runs/base --gate gate.yaml"
))]
pub struct CheckArgs {
    /// Which trials.
    #[command(flatten)]
    pub selection: Selection,
    /// Say also how small a difference these specs could show, if grades vary as in this run (a run directory or a
    /// baseline), and how many cases a margin needs.
    #[arg(long, value_name = "RUN")]
    pub power: Option<PathBuf>,
    /// The policy whose margins are asked about.
    #[arg(long, value_name = "FILE", requires = "power")]
    pub gate: Option<PathBuf>,
    /// Folder of baselines.
    #[arg(long, value_name = "DIR", default_value = "baselines")]
    pub baselines: PathBuf,
}

/// Arguments of `score`.
#[derive(Clone, Debug, Args)]
#[command(after_help = concat!(
    "With --specs, the scores, metrics and expectations of the given specs replace those in the record;\n",
    "their cases, dialogues and sampling must be those that were run. Probes that are not among them are graded as\n",
    "they were run.\n\nExample:\n  grice score runs/v2 --specs specs/"
))]
pub struct ScoreArgs {
    /// Directory of the run.
    pub run: PathBuf,
    /// Take scores, metrics and expectations from these specs.
    #[arg(long, value_name = "SPECS")]
    pub specs: Vec<PathBuf>,
}

/// Arguments of `report`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  grice report runs/v2 --format html --transcripts all --output v2.html")]
pub struct ReportArgs {
    /// Directory of the run.
    pub run: PathBuf,
    /// Which view.
    #[arg(long, value_enum, default_value_t = FormatArg::Terminal)]
    pub format: FormatArg,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The most transcripts that the page of --format html holds, or `all`. Default: 2000, and 24 MiB
    #[arg(long, value_name = "N")]
    pub transcripts: Option<Transcripts>,
    /// Which trials the page of --format html shows, as in `grice run --filter`, e.g. `probe=NAME & arm=clear`
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
}

/// How many transcripts a page holds, however large they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transcripts(pub usize);

impl FromStr for Transcripts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self(usize::MAX)),
            text => text.parse().map(Self).map_err(|_| "it is neither a number nor `all`".to_owned()),
        }
    }
}

/// Arguments of `compare`.
#[derive(Clone, Debug, Args)]
#[command(after_help = concat!(
    "Trials are paired by probe, case, arm and sample; no model is loaded. A run is its directory, a baseline its\n",
    "file or its name.\n\n",
    "Example:\n  grice compare runs/v1 runs/v2 --gate gate.yaml --output compare.md --output compare.xml"
))]
pub struct CompareArgs {
    /// The base: a run or a baseline.
    pub base: PathBuf,
    /// The runs or baselines to compare with it.
    #[arg(required = true)]
    pub heads: Vec<PathBuf>,
    /// Judge the comparison by this policy; its verdict decides the exit code.
    #[arg(long, value_name = "FILE")]
    pub gate: Option<PathBuf>,
    /// Which view, instead of a table or what the ending of --output says.
    #[arg(long, value_enum)]
    pub format: Option<FormatArg>,
    /// Write this file; its ending (.md, .html, .json, .xml, .txt) says which view. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// Allow a difference between the records, by name; every report says so.
    #[arg(long, value_name = "NAME")]
    pub allow: Vec<String>,
    /// Where readers find the HTML page of this comparison, as a URL or a path beside the report; the Markdown
    /// links into it. Default: a page that the same command writes into the same folder.
    #[arg(long, value_name = "URL")]
    pub link: Option<String>,
    /// Folder in which baselines are looked up by name.
    #[arg(long, value_name = "DIR", default_value = BASELINES)]
    pub baselines: PathBuf,
}

/// The commands of `baseline`.
#[derive(Clone, Debug, Subcommand)]
pub enum BaselineCommand {
    /// Keep the grades of a run under a name.
    #[command(after_help = "Example:\n  grice baseline save v1 runs/v1")]
    Save(BaselineSave),
    /// List the baselines.
    List {
        /// Folder of the baselines.
        #[arg(long, value_name = "DIR", default_value = BASELINES)]
        dir: PathBuf,
    },
    /// Show what a baseline is of, and check that it can be read.
    Show {
        /// Its name, or its file.
        name: String,
        /// Folder of the baselines.
        #[arg(long, value_name = "DIR", default_value = BASELINES)]
        dir: PathBuf,
    },
}

/// Arguments of `baseline save`.
#[derive(Clone, Debug, Args)]
pub struct BaselineSave {
    /// Name of the baseline: letters, digits, `.`, `-` and `_`.
    pub name: String,
    /// Directory of the run.
    pub run: PathBuf,
    /// Folder of the baselines.
    #[arg(long, value_name = "DIR", default_value = BASELINES)]
    pub dir: PathBuf,
    /// Keep what was said too: larger, but it can be read side by side and graded again.
    #[arg(long)]
    pub with_transcripts: bool,
    /// Replace a baseline of this name.
    #[arg(long)]
    pub replace: bool,
}

/// The formats of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// A table.
    Terminal,
    /// The whole summary, versioned.
    Json,
    /// For CI systems.
    Junit,
    /// For job summaries and pull requests.
    Markdown,
    /// One page with every transcript.
    Html,
}

/// Arguments of `scorers` and `metrics`.
#[derive(Clone, Debug, Args)]
pub struct CatalogueArgs {
    /// Only this one.
    pub name: Option<String>,
}

/// Puts `run` in front where the first argument is no command.
pub fn with_default_command(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let known = |text: &str| {
        use clap::CommandFactory;
        matches!(text, "help" | "-h" | "--help" | "-V" | "--version")
            || Cli::command().get_subcommands().any(|command| command.get_name() == text)
    };
    // `--color` is the one option that may stand before the command.
    let mut first = 1;
    while let Some(argument) = arguments.get(first).and_then(|argument| argument.to_str()) {
        match argument {
            "--color" => first += 2,
            text if text.starts_with("--color=") => first += 1,
            _ => break,
        }
    }
    let is_command = arguments.get(first).is_none_or(|argument| argument.to_str().is_some_and(known));
    if !is_command {
        arguments.insert(first, "run".into());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn completed(arguments: &[&str]) -> Vec<OsString> {
        with_default_command(arguments.iter().map(OsString::from))
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_is_the_default_command() {
        assert_eq!(completed(&["grice", "specs/"])[1], "run");
        assert_eq!(completed(&["grice", "--model", "x", "specs/"])[1], "run");
        assert_eq!(completed(&["grice", "--color", "never", "specs/"])[3], "run");
        assert_eq!(completed(&["grice", "check", "specs/"])[1], "check");
        assert_eq!(completed(&["grice", "--help"])[1], "--help");
        assert_eq!(completed(&["grice"]).len(), 1);
    }
}
