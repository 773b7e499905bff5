//! The model hub as seen from this machine: where its files are kept, and what a refusal of it means.
//!
//! The engine does the asking; nothing here touches a network.

use crate::store;
use std::{
    env, fmt,
    path::{Path, PathBuf},
};

/// Why the hub did not give a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing answers.
    Unreachable,
    /// Nothing answers, but the model was downloaded before.
    Downloaded,
    /// `HF_HUB_OFFLINE` forbids asking.
    Offline,
    /// It wants to know who asks. The hub says the same of models that do not exist.
    Closed,
    /// There is no such model, or a file of it is missing.
    Missing,
    /// Something is wrong with the hub, or it was asked too often.
    Troubled,
}

impl Refusal {
    /// What the engine's words mean (onde-mistralrs-core, src/pipeline/hf.rs: `hf_error`, `offline_missing_…_error`);
    /// none where they are not about the hub.
    /// `offline` says whether `HF_HUB_OFFLINE` is set, which some of them leave out.
    fn of(words: &str, offline: bool) -> Option<Self> {
        if let Some((_, rest)) = words.split_once("on Hugging Face (HTTP ") {
            return Some(match rest.split(')').next().unwrap_or_default() {
                "401" | "403" => Self::Closed,
                "404" => Self::Missing,
                _ => Self::Troubled,
            });
        }
        let no_config = words.contains("missing `config.json` and no diffusion/speech markers found");
        match words {
            // src/pipeline/auto.rs: nothing of the model is in the cache, or the hub has it in another form.
            _ if no_config => Some(if offline { Self::Offline } else { Self::Missing }),
            _ if words.contains("so Hugging Face was not queried") => Some(Self::Offline),
            _ if words.contains("Failed to access") && words.contains("on Hugging Face.") => {
                Some(Self::Unreachable)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unreachable => {
                "it is not on this machine and the model hub cannot be reached; download the model where it can, and give its directory"
            }
            Self::Downloaded => {
                "the model hub cannot be reached, but files of the model are on this machine from an earlier download; set HF_HUB_OFFLINE=1 to use them"
            }
            Self::Offline => {
                "it is not on this machine, or not all of it, and HF_HUB_OFFLINE forbids asking the model hub; unset that, or give the directory of the model"
            }
            Self::Closed => {
                "the model hub does not give it to everybody, or it does not exist; check the id, ask for access on the model's page, then log in with `hf auth login` or set HF_TOKEN"
            }
            Self::Missing => {
                "the model hub has no such model, or not the files that the engine needs (config.json, safetensors, tokenizer.json); check the id"
            }
            Self::Troubled => "the model hub answers with an error of its own; try again later",
        })
    }
}

impl Refusal {
    /// The refusal of a model, in the light of what is on this machine.
    pub fn of_model(id: &str, words: &str) -> Option<Self> {
        match Self::of(words, is_offline()) {
            Some(Self::Unreachable) if snapshot(id).is_some() => Some(Self::Downloaded),
            other => other,
        }
    }
}

/// The folder with the files of a model that was downloaded before; none where it was not.
pub fn snapshot(id: &str) -> Option<PathBuf> {
    snapshot_in(&cache()?, id)
}

/// Where downloads are kept, as the hub's own tools say it.
pub fn cache() -> Option<PathBuf> {
    let named = |variable| env::var_os(variable).map(PathBuf::from);
    let home = || named("HF_HOME").or_else(|| Some(env::home_dir()?.join(".cache/huggingface")));
    named("HF_HUB_CACHE").or_else(|| Some(home()?.join("hub")))
}

fn snapshot_in(cache: &Path, id: &str) -> Option<PathBuf> {
    let folder = cache.join(format!("models--{}", id.replace('/', "--")));
    let commit = store::read_text(&folder.join("refs/main")).ok()?;
    let commit = commit.trim();
    let plain = !commit.is_empty() && commit.chars().all(|c| c.is_ascii_alphanumeric());
    let snapshot = folder.join("snapshots").join(commit);
    (plain && store::is_folder(&snapshot)).then_some(snapshot)
}

/// Whether `HF_HUB_OFFLINE` forbids asking the hub, as the engine reads it.
fn is_offline() -> bool {
    let value = env::var("HF_HUB_OFFLINE").unwrap_or_default();
    matches!(value.trim().to_lowercase().as_str(), "1" | "true" | "yes" | "on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart_by_the_engines_words() {
        let cases = [
            (
                "Could not access `config.json` for `a/b` (revision `main`) on Hugging Face (HTTP 401). Run `mistralrs login` or set `HF_TOKEN` if this is a private or gated repo.",
                Some(Refusal::Closed),
            ),
            ("Could not access `a/b` (revision `main`) on Hugging Face (HTTP 403).", Some(Refusal::Closed)),
            (
                "Could not find `config.json` for `a/b` (revision `main`) on Hugging Face (HTTP 404). Check the model ID",
                Some(Refusal::Missing),
            ),
            ("Failed to access `a/b` (revision `main`) on Hugging Face (HTTP 503).", Some(Refusal::Troubled)),
            (
                "Failed to access `config.json` for `a/b` (revision `main`) on Hugging Face. No local directory exists at `a/b`, so mistral.rs treated it as a Hugging Face model ID. If you are offline and have this repo cached, set `HF_HUB_OFFLINE=1`. Details: request error",
                Some(Refusal::Unreachable),
            ),
            (
                "`HF_HUB_OFFLINE` is set, so Hugging Face was not queried. No local Hugging Face snapshot was found for `a/b` (revision `main`).",
                Some(Refusal::Offline),
            ),
            (
                "Unsupported Hugging Face Transformers -CausalLM model class `BertModel`. Please raise an issue.",
                None,
            ),
            ("the engine breaks off over these files: index out of bounds", None),
            ("", None),
        ];
        for (words, refusal) in cases {
            assert_eq!(Refusal::of(words, false), refusal, "{words}");
        }
        let nothing = "Auto loader could not determine model type: missing `config.json` and no diffusion/speech markers found.";
        assert_eq!(Refusal::of(nothing, true), Some(Refusal::Offline));
        assert_eq!(Refusal::of(nothing, false), Some(Refusal::Missing));
    }

    #[test]
    fn a_download_is_found_by_its_commit() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("models--a--b");
        assert_eq!(snapshot_in(place.path(), "a/b"), None);
        std::fs::create_dir_all(folder.join("refs")).unwrap();
        std::fs::create_dir_all(folder.join("snapshots/c0ffee")).unwrap();
        std::fs::write(folder.join("refs/main"), "c0ffee\n").unwrap();
        assert_eq!(snapshot_in(place.path(), "a/b"), Some(folder.join("snapshots/c0ffee")));
        for commit in ["", "..", "../../x", "dead"] {
            std::fs::write(folder.join("refs/main"), commit).unwrap();
            assert_eq!(snapshot_in(place.path(), "a/b"), None, "{commit}");
        }
    }
}
