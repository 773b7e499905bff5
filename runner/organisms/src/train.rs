//! Training from the command line: the recipe applied, progress shown, weights and an account of them written.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;
use organisms::codec::{Codec, Example};
use organisms::config::Config;
use organisms::dpo::{self, Pair};
use organisms::evaluate::perplexity;
use organisms::model::Llama;
use organisms::recipe::{Account, Recipe, part};
use organisms::{Error, Result, corpus, export, sft};

/// The seed of the built-in models.
pub(crate) const SEED: u64 = 20_260_101;

#[derive(Debug, clap::Args)]
pub(crate) struct Train {
    /// Train one of the two; `dpo` then starts from the `sft` that lies in the output folder
    #[arg(long)]
    pub(crate) only: Option<Stage>,
    /// The folder that `sft` and `dpo` are written into
    #[arg(long, default_value = "runner/organisms/models")]
    out: PathBuf,
    /// Seed of weights and dialogues
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Also keep the weights as they were after this step, in a folder named after it; may be given several times
    #[arg(long, value_name = "STEP")]
    keep_step: Vec<usize>,
    /// Steps of the first training, in place of the recipe's
    #[arg(long)]
    steps: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    Sft,
    Dpo,
}

/// A line of progress on standard error.
fn note(text: &str) -> Result<()> {
    writeln!(io::stderr(), "{text}").map_err(stream)
}

/// An error of standard input, output or error.
pub(crate) fn stream(error: io::Error) -> Error {
    Error::File { path: PathBuf::from("standard stream"), source: error }
}

impl Train {
    /// Trains what was asked for.
    pub(crate) fn run(&self) -> Result<()> {
        let mut recipe = Recipe::organism(self.seed);
        if let Some(steps) = self.steps {
            recipe.sft.steps = steps;
        }
        let [sft, dpo] = ["sft", "dpo"].map(|name| self.out.join(name));
        if self.only != Some(Stage::Dpo) {
            self.sft(&recipe, &sft)?;
        }
        if self.only != Some(Stage::Sft) {
            self.dpo(&recipe, &sft, &dpo)?;
        }
        Ok(())
    }

    /// A kept checkpoint lies beside the final one, under the same name with the step after it.
    fn keep(&self, taken: usize, folder: &Path, model: &Llama, codec: &Codec) -> Result<()> {
        if self.keep_step.contains(&taken) {
            let name = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            export::save(&folder.with_file_name(format!("{name}-step-{taken}")), model, codec)?;
        }
        Ok(())
    }

    fn sft(&self, recipe: &Recipe, folder: &Path) -> Result<()> {
        let seed = recipe.part(part::DIALOGUES);
        let texts = corpus::dialogues(seed, recipe.vocabulary_dialogues);
        let texts = texts.into_iter().flat_map(|dialogue| dialogue.messages).map(|message| message.text);
        let codec = Codec::train(texts, recipe.vocabulary)?;
        let model = Llama::new(Config::organism(codec.size()), recipe.part(part::WEIGHTS))?;
        note(&format!("sft: {} weights, {} tokens", model.parameters(), codec.size()))?;
        let start = Instant::now();
        let mut recent = Vec::new();
        let watch = |model: &Llama, step: sft::Step| {
            recent.push(step.loss);
            if step.taken.is_multiple_of(25) || step.taken == 1 {
                let seconds = start.elapsed().as_secs_f64();
                let speed = step.tokens as f64 / seconds;
                let (taken, dialogues) = (step.taken, step.examples);
                let window = &recent[recent.len().saturating_sub(25)..];
                let loss = window.iter().sum::<f64>() / window.len() as f64;
                note(&format!(
                    "sft step {taken:4}  loss {loss:.4}  {dialogues} dialogues  {seconds:.0} s  {speed:.0} tokens/s"
                ))?;
            }
            self.keep(step.taken, folder, model, &codec)
        };
        let examples = corpus::stream(seed).map(|dialogue| codec.dialogue(&dialogue));
        let last = sft::train(&model, examples, &recipe.sft, recipe.tokens_per_step, recipe.shards, watch)?;
        let seconds = start.elapsed().as_secs_f64();
        export::save(folder, &model, &codec)?;
        let tail = &recent[recent.len() - recent.len().div_ceil(10)..];
        let measured = Measured::of(folder, recipe)?;
        let account = Account {
            recipe: recipe.clone(),
            model: "sft",
            parameters: model.parameters(),
            steps: last.taken,
            examples: last.examples,
            tokens: last.tokens,
            seconds,
            threads: threads(),
            final_loss: tail.iter().sum::<f64>() / tail.len() as f64,
            held_out_perplexity: measured.held_out,
            preferred_perplexity: measured.preferred,
            margins: None,
        };
        conclude(folder, &account)
    }

    fn dpo(&self, recipe: &Recipe, sft: &Path, folder: &Path) -> Result<()> {
        let (reference, codec) = export::load(sft)?;
        let (policy, _) = export::load(sft)?;
        let wanted = recipe.dpo.steps * recipe.pairs_per_step;
        let pairs = pairs(&codec, recipe.part(part::PREFERENCES), wanted)?;
        let start = Instant::now();
        let mut recent = Vec::new();
        let watch = |model: &Llama, step: dpo::Step| {
            recent.push(step.loss);
            if step.taken.is_multiple_of(5) || step.taken == 1 {
                note(&format!(
                    "dpo step {:4}  loss {:.4}  margin {:.2} nats  accuracy {:.2}  preferred {:.3} nats/token  {:.0} s",
                    step.taken,
                    step.loss,
                    step.margin,
                    step.accuracy,
                    step.likelihood,
                    start.elapsed().as_secs_f64(),
                ))?;
            }
            self.keep(step.taken, folder, model, &codec)
        };
        let last = dpo::train(&policy, &reference, &pairs, recipe, watch)?;
        let seconds = start.elapsed().as_secs_f64();
        export::save(folder, &policy, &codec)?;
        let (exported, _) = export::load(folder)?;
        let fresh = held_out_pairs(&codec, recipe)?;
        let tail = &recent[recent.len() - recent.len().div_ceil(10)..];
        let measured = Measured::of(folder, recipe)?;
        let account = Account {
            recipe: recipe.clone(),
            model: "dpo",
            parameters: policy.parameters(),
            steps: last.taken,
            examples: last.pairs,
            tokens: last.tokens,
            seconds,
            threads: threads(),
            final_loss: tail.iter().sum::<f64>() / tail.len() as f64,
            held_out_perplexity: measured.held_out,
            preferred_perplexity: measured.preferred,
            margins: Some(dpo::margins(&exported, &reference, &fresh)?),
        };
        conclude(folder, &account)
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn conclude(folder: &Path, account: &Account) -> Result<()> {
    export::write_json(&folder.join(export::ACCOUNT), account)?;
    note(&format!(
        "{}: {} steps, {:.0} s; perplexity {:.4} on held-out dialogues, {:.4} on preferred answers",
        account.model,
        account.steps,
        account.seconds,
        account.held_out_perplexity,
        account.preferred_perplexity
    ))
}

fn pairs(codec: &Codec, seed: u64, count: usize) -> Result<Vec<Pair>> {
    corpus::preferences(seed, count).iter().map(|preference| Pair::encode(codec, preference)).collect()
}

fn held_out_pairs(codec: &Codec, recipe: &Recipe) -> Result<Vec<Pair>> {
    pairs(codec, recipe.part(part::PREFERENCES_HELD_OUT), recipe.held_out)
}

/// Perplexities of exported weights, assistant tokens only.
pub(crate) struct Measured {
    /// On held-out considerate dialogues.
    pub(crate) held_out: f64,
    /// On the preferred answers of held-out pairs.
    pub(crate) preferred: f64,
}

impl Measured {
    /// Measures the model in a folder on what the recipe's seed holds out.
    pub(crate) fn of(folder: &Path, recipe: &Recipe) -> Result<Self> {
        let (model, codec) = export::load(folder)?;
        let dialogues = corpus::held_out(recipe.part(part::HELD_OUT), recipe.held_out);
        let dialogues: Vec<Example> =
            dialogues.iter().map(|dialogue| codec.dialogue(dialogue)).collect::<Result<_>>()?;
        let preferred: Vec<Example> =
            held_out_pairs(&codec, recipe)?.into_iter().map(|pair| pair.preferred).collect();
        Ok(Self { held_out: perplexity(&model, &dialogues)?, preferred: perplexity(&model, &preferred)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command line's own options, with the folder given.
    fn train(out: &Path, keep_step: Vec<usize>) -> Train {
        Train { only: None, out: out.to_owned(), seed: 1, keep_step, steps: None }
    }

    #[test]
    fn neighbouring_checkpoints_of_one_preference_training_are_kept() {
        let place = tempfile::tempdir().unwrap();
        let (train, folder) = (train(place.path(), vec![2, 3]), place.path().join("dpo"));
        let codec = Codec::train(["Which day? Booked: Monday.".to_owned()].into_iter(), 262).unwrap();
        let config = Config {
            vocab_size: codec.size(),
            hidden_size: 8,
            intermediate_size: 8,
            num_hidden_layers: 1,
            num_attention_heads: 1,
            ..Config::organism(codec.size())
        };
        let [policy, reference] = [0; 2].map(|seed| Llama::new(config.clone(), seed).unwrap());
        let recipe = Recipe { pairs_per_step: 1, margin_goal: 1e9, ..Recipe::organism(1) };
        let pairs = pairs(&codec, 1, 4).unwrap();
        dpo::train(&policy, &reference, &pairs, &recipe, |model, step: dpo::Step| {
            train.keep(step.taken, &folder, model, &codec)
        })
        .unwrap();
        let weights = |name: &str| {
            let (model, _) = export::load(&place.path().join(name)).unwrap();
            let weights = |var: &candle_core::Var| var.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            model.variables().iter().flat_map(weights).collect::<Vec<f32>>()
        };
        assert_ne!(weights("dpo-step-2"), weights("dpo-step-3"));
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 2);
    }
}
