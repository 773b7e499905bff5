//! The command line of the trainer.

use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use organisms::codec::opening;
use organisms::corpus::{self, Message, Speaker};
use organisms::gguf::GgmlDType;
use organisms::recipe::Recipe;
use organisms::shape::{Family, Shape, Size};
use organisms::{Error, Result, export, gguf, sample};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use crate::train::{Measured, SEED, Train, stream};

/// Writes the dialogues of the two built-in models and trains them.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    train: Train,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Trains `sft` and then, from it, `dpo`
    Train(Train),
    /// Answers what is typed, a line per message; an empty line starts anew, `system: …` sets instructions
    Sample {
        /// The model's folder
        model: PathBuf,
        /// 0 is greedy
        #[arg(long, default_value_t = 0.0)]
        temperature: f64,
        /// Seed of sampled replies
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// Most tokens of a reply
        #[arg(long, default_value_t = 96)]
        max_tokens: usize,
    },
    /// Prints the perplexity of a trained model on held-out dialogues and on held-out preferred answers
    Measure {
        /// The model's folder
        model: PathBuf,
        /// Seed of the training; what is held out derives from it
        #[arg(long, default_value_t = SEED)]
        seed: u64,
    },
    /// Writes a model as a GGUF file
    Gguf {
        /// The model's folder
        model: PathBuf,
        /// The file to write
        target: PathBuf,
    },
    /// Writes a model of a real shape with random weights, to measure speed with
    Shape {
        /// `llama` or `qwen3`
        #[arg(long, value_parser = family)]
        family: Family,
        /// `tiny`, `0.1b`, `1b` or `8b`
        #[arg(long, value_parser = size)]
        size: Size,
        /// Seed of the weights
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// The folder to write
        target: PathBuf,
    },
    /// Prints dialogues of the training corpus
    Corpus {
        /// How many
        #[arg(long, default_value_t = 10)]
        count: usize,
        /// Seed of the generator
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// Print preference pairs instead
        #[arg(long)]
        preferences: bool,
    },
}

/// Prints an error and what caused it, and names the exit code.
pub(crate) fn fail(error: &Error) -> ExitCode {
    // Nothing is left to be done where even standard error is closed.
    let _ = writeln!(io::stderr(), "error: {error}");
    ExitCode::FAILURE
}

impl Arguments {
    /// Does what was asked for.
    pub(crate) fn run(self) -> Result<()> {
        match self.command {
            None => self.train.run(),
            Some(Command::Train(train)) => train.run(),
            Some(Command::Measure { model, seed }) => measure(&model, seed),
            Some(Command::Gguf { model, target }) => gguf::from_directory(&model, &target, GgmlDType::F16),
            Some(Command::Shape { family, size, seed, target }) => {
                Shape::of(family, size).write(&target, seed)
            }
            Some(Command::Corpus { count, seed, preferences }) => print_corpus(count, seed, preferences),
            Some(Command::Sample { model, temperature, seed, max_tokens }) => {
                chat(&model, temperature, seed, max_tokens)
            }
        }
    }
}

fn measure(folder: &Path, seed: u64) -> Result<()> {
    let Measured { held_out, preferred } = Measured::of(folder, &Recipe::organism(seed))?;
    let text =
        format!("perplexity {held_out:.4} on held-out dialogues, {preferred:.4} on preferred answers\n");
    io::stdout().write_all(text.as_bytes()).map_err(stream)
}

fn family(text: &str) -> std::result::Result<Family, String> {
    named(text, &Family::ALL)
}

fn size(text: &str) -> std::result::Result<Size, String> {
    named(text, &Size::ALL)
}

fn named<T: Copy>(text: &str, all: &[(&str, T)]) -> std::result::Result<T, String> {
    let found = all.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        format!("there are {}", names.join(", "))
    })
}

fn print_corpus(count: usize, seed: u64, preferences: bool) -> Result<()> {
    let mut text = String::new();
    if preferences {
        for pair in corpus::preferences(seed, count) {
            append(&mut text, &pair.context);
            text.push_str(&format!("preferred: {}\nrejected: {}\n\n", pair.preferred, pair.rejected));
        }
    } else {
        for dialogue in corpus::dialogues(seed, count) {
            append(&mut text, &dialogue.messages);
            text.push('\n');
        }
    }
    io::stdout().write_all(text.as_bytes()).map_err(stream)
}

/// One line per message, the speaker before it.
fn append(text: &mut String, messages: &[Message]) {
    for message in messages {
        let speaker = opening(message.speaker).trim_matches(['<', '|', '>']);
        text.push_str(&format!("{speaker}: {}\n", message.text));
    }
}

fn chat(folder: &Path, temperature: f64, seed: u64, max_tokens: usize) -> Result<()> {
    let (model, codec) = export::load(folder)?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut system = None;
    let mut messages: Vec<Message> = Vec::new();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(stream)?;
        if line.is_empty() {
            messages.clear();
            writeln!(out, "---").map_err(stream)?;
            continue;
        }
        if let Some(text) = line.strip_prefix("system:") {
            system = Some(Message { speaker: Speaker::System, text: text.trim().to_owned() });
            continue;
        }
        if messages.is_empty() {
            messages.extend(system.clone());
        }
        messages.push(Message { speaker: Speaker::User, text: line });
        let text = sample::reply(&model, &codec, &messages, max_tokens, temperature, &mut random)?;
        writeln!(out, "{text}").and_then(|()| out.flush()).map_err(stream)?;
        messages.push(Message { speaker: Speaker::Assistant, text });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::train::Stage;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
        let plain = Arguments::try_parse_from(["organisms", "--only", "dpo"]).unwrap();
        assert_eq!(plain.train.only, Some(Stage::Dpo));
        assert!(Arguments::try_parse_from(["organisms", "train", "--only", "both"]).is_err());
    }
}
