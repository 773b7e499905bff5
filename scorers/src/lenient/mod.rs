//! Reads a value into a type and finds everything in it that does not fit, not only the first thing.
//!
//! serde stops at the first mistake. So each mistake is mended (a misspelt name is taken for the
//! nearest, a number for the text that it spells, anything else for a stand-in), and the value is read
//! again, until it fits. What was mended only by a stand-in is marked, because nothing can be
//! concluded from it.

mod mender;
mod mistake;
mod wording;

use mender::Mender;
pub use mistake::{Bare, Mistake, PathStep, Spelt, Words};
use mistake::{attempt, shown};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// Most mistakes of one value.
const MOST: usize = 50;

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
