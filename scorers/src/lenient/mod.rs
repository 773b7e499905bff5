//! Reads a value into a type and finds everything in it that does not fit, not only the first thing.
//!
//! serde stops at the first mistake. So each mistake is mended (a misspelt name is taken for the
//! nearest, a number for the text that it spells, anything else for a stand-in), and the value is read
//! again, until it fits. What was mended only by a stand-in is marked, because nothing can be
//! concluded from it.

mod mender;
mod wording;

use mender::Mender;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_path_to_error::Segment;

/// Most mistakes of one value.
const MOST: usize = 50;

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
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

/// What a value was read as.
#[derive(Clone, Debug)]
pub struct Reading<T> {
    /// The result, mended where there are mistakes; none where that was not possible.
    pub value: Option<T>,
    /// Everything that does not fit.
    pub mistakes: Vec<Mistake>,
    /// Paths that were given another name: the new one, and the one that was written.
    pub renamed: Vec<(String, String)>,
}

impl<T> Reading<T> {
    /// Whether nothing is known about what is at a path.
    pub fn is_open(&self, path: &str) -> bool {
        self.mistakes.iter().any(|mistake| mistake.open.as_deref() == Some(path))
    }
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

/// Reads a value; `attempts` bounds how often.
pub fn read<T: DeserializeOwned>(value: &Json, words: Words, attempts: usize) -> Reading<T> {
    let mut reading = Reading { value: None, mistakes: Vec::new(), renamed: Vec::new() };
    let mut error = match attempt(value) {
        Ok(value) => {
            reading.value = Some(value);
            return reading;
        }
        Err(error) => error,
    };
    let mut mender = Mender::new(value.clone(), words, attempts);
    loop {
        let (mistake, mends) = mender.understand(&error);
        let hidden = mender.hides(&error.path);
        if !hidden && !reading.mistakes.contains(&mistake) {
            reading.mistakes.push(mistake);
        }
        if reading.mistakes.len() >= MOST {
            break;
        }
        match mender.mend::<T>(&error, mends) {
            Some(Ok(value)) => {
                reading.value = Some(value);
                break;
            }
            Some(Err(next)) => error = next,
            None => {
                if let Some(last) = reading.mistakes.last_mut() {
                    last.open = Some(last.path.clone());
                }
                break;
            }
        }
    }
    reading.renamed = mender.renamed().map(|(new, old)| (shown(new), shown(old))).collect();
    reading
}

/// What serde said, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    path: Vec<Step>,
    message: String,
}

fn attempt<T: DeserializeOwned>(value: &Json) -> Result<T, Said> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let step = |segment: &Segment| match segment {
            Segment::Seq { index } => Some(Step::Item(*index)),
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Enum { variant } => Some(Step::Key(variant.clone())),
            Segment::Unknown => None,
        };
        let path = error.path().iter().filter_map(step).collect();
        Said { path, message: error.into_inner().to_string() }
    })
}

fn shown(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Item(index) => text.push_str(&format!("[{index}]")),
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.push_str(&format!(".{key}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Whole {
        name: String,
        count: u32,
        #[serde(default)]
        parts: Vec<Part>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    enum Part {
        Wheel { size: f64 },
        Door { colour: String },
    }

    fn said(value: &Json) -> (bool, Vec<String>) {
        let examples = || vec![json!({ "wheel": { "size": 1 } })];
        let words = Words { key: "key", variant: "kind of part", bare: None, examples };
        let reading = read::<Whole>(value, words, 200);
        let lines = reading.mistakes.iter().map(|one| format!("{}: {}", one.path, one.message)).collect();
        (reading.value.is_some(), lines)
    }

    #[test]
    fn every_mistake_is_found() {
        let value = json!({
            "nmae": 7, "count": "5", "colour": 1,
            "parts": [{"whele": {"size": "big"}}, {"door": {"color": "red", "colour": "blue"}}, 3,
                      {"door": {}, "wheel": {}}],
        });
        let (read, mut lines) = said(&value);
        lines.sort();
        assert!(read);
        assert_eq!(
            lines,
            [
                "colour: unknown key `colour`",
                "count: expected a whole number, not negative, found the text `5`",
                "nmae: expected a text, found `7`, which is a number or true or false",
                "nmae: unknown key `nmae`",
                "parts[0].whele.size: expected a number, found the text `big`",
                "parts[0].whele: unknown kind of part `whele`",
                "parts[1].door.color: unknown key `color`",
                "parts[2]: expected a map with one key, found the number `3`",
                "parts[3]: expected one key, the kind of part, found 2: `door`, `wheel`",
            ]
        );
    }

    #[test]
    fn what_fits_is_read_and_what_is_missing_is_said_once() {
        assert_eq!(said(&json!({"name": "a", "count": 1})), (true, vec![]));
        let (read, lines) = said(&json!({"count": -1}));
        assert!(read);
        assert_eq!(
            lines,
            [
                "count: expected a whole number, not negative, found the number `-1`",
                ": the key `name` is missing",
            ]
        );
        assert_eq!(said(&json!(7)).1, [": expected a map, found the number `7`"]);
    }

    #[test]
    fn the_attempts_are_bounded() {
        let words = Words { key: "key", variant: "part", bare: None, examples: Vec::new };
        let reading = read::<Whole>(&json!({"a": 1, "b": 2, "c": 3}), words, 2);
        assert!(reading.value.is_none() && reading.mistakes.len() <= 3);
    }
}
