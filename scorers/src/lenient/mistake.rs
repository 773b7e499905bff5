//! What does not fit, where, and the words for it.

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_path_to_error::Segment;

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// The entry of a map.
    Key(String),
    /// The item of a list, from 0.
    Item(usize),
}

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is in the value as it was given: `of[1].pattern.regex`.
    pub path: String,
    /// What is wrong, in one lowercase sentence.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// Whether the key at the path is wrong, or is where something is missing; the value otherwise.
    pub of_key: bool,
    /// What could only be mended by a stand-in: nothing is known about what is at this path.
    pub open: Option<String>,
    /// The kind of value that was meant, where another kind plainly spells it: the value was read as that.
    pub spelt: Option<Spelt>,
}

/// A value of one kind that plainly spells one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelt {
    /// A text was wanted, and a number or a flag found.
    Text,
    /// A number or a flag was wanted, and a text that spells one found.
    Plain,
}

/// What is said of a bare text that stands in place of a map with one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bare {
    /// One of the keys that such a map can have; it tells these maps from names of values.
    pub variant: &'static str,
    /// What is wrong.
    pub message: &'static str,
    /// What would be right.
    pub help: &'static str,
}

/// Words for things that the reader cannot know.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// What the keys of a map are: "key", "parameter".
    pub key: &'static str,
    /// What the names of kinds are that a map with one key stands for: "kind of turn", "scorer".
    pub variant: &'static str,
    /// What is said where a bare text stands in place of such a map; none where bare texts are names of values.
    pub bare: Option<Bare>,
    /// Values of the types inside that no plain value fits, to stand in for what is wrong.
    pub examples: fn() -> Vec<Json>,
}

/// What serde said, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SerdeError {
    pub(super) path: Vec<PathStep>,
    pub(super) message: String,
}

pub(super) fn attempt<T: DeserializeOwned>(value: &Json) -> Result<T, SerdeError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let step = |segment: &Segment| match segment {
            Segment::Seq { index } => Some(PathStep::Item(*index)),
            Segment::Map { key } => Some(PathStep::Key(key.clone())),
            Segment::Enum { variant } => Some(PathStep::Key(variant.clone())),
            Segment::Unknown => None,
        };
        let path = error.path().iter().filter_map(step).collect();
        SerdeError { path, message: error.into_inner().to_string() }
    })
}

pub(super) fn shown(path: &[PathStep]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            PathStep::Item(index) => text.push_str(&format!("[{index}]")),
            PathStep::Key(key) if text.is_empty() => text.push_str(key),
            PathStep::Key(key) => text.push_str(&format!(".{key}")),
        }
    }
    text
}
