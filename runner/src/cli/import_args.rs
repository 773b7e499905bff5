//! What `grice import` takes.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// The form of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// ESConv: one JSON list; sides `seeker` and `supporter`.
    Esconv,
    /// Teacher-Student Chatroom Corpus: a table a chat, columns `role` and `edited`; sides `teacher` and `student`.
    Tscc,
    /// Persuasion for Good: one table, columns `B2`, `B4` and `Unit`; sides `persuader` and `persuadee`.
    Persuasion,
    /// JSON lines of { id, turns: [{ role, text }] }.
    Plain,
}

/// Arguments of `import`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Example:\n  grice import --form esconv --expert supporter --truncate --count 80 --skip 20 --seed 420 \\\n    --set setting=support --out cases.jsonl ESConv.json\n\nThe cases have `id`, `wording`, what --set says, and `dialogue`, with the roles `expert` and `other`."
)]
pub struct ImportArgs {
    /// Files of the data set.
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// The form that they have.
    #[arg(long, value_enum)]
    pub form: Form,
    /// The side that the model will take, by its name in the data set.
    #[arg(long, value_name = "ROLE")]
    pub expert: String,
    /// The file of cases to write; a file that exists is kept.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Seed of the order in which dialogues are drawn.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Take so many dialogues at most.
    #[arg(long, value_name = "N")]
    pub count: Option<usize>,
    /// Pass over so many of that order first, on which something was tried.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub skip: usize,
    /// Cut every dialogue to as many turns as the shortest of the data set has.
    #[arg(long)]
    pub truncate: bool,
    /// Leave out dialogues that cannot be read, and say how many, instead of stopping.
    #[arg(long)]
    pub skip_broken: bool,
    /// Give every case a variable; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// The column of a table that says who speaks, where it has another name.
    #[arg(long, value_name = "NAME")]
    pub role_column: Option<String>,
    /// The column of a table that says what is said.
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// The column of a table that says to which dialogue a row belongs.
    #[arg(long, value_name = "NAME")]
    pub dialogue_column: Option<String>,
}
