//! Reads a value into a type and finds everything in it that does not fit, not only the first thing.
//!
//! serde stops at the first mistake. So each mistake is mended (a misspelt name is taken for the
//! nearest, a number for the text that it spells, anything else for a stand-in), and the value is read
//! again, until it fits. What was mended only by a stand-in is marked, because nothing can be
//! concluded from it.

use crate::catalogue::nearest;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_path_to_error::Segment;
use std::collections::BTreeSet;

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
    let mut mender =
        Mender { value: value.clone(), words, attempts, renamed: Vec::new(), stand_ins: Vec::new() };
    loop {
        let (mistake, mends) = mender.understand(&error);
        let hidden = mender.stand_ins.iter().any(|path| error.path.starts_with(path));
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
    reading.renamed = mender.renamed.iter().map(|(new, old)| (shown(new), shown(old))).collect();
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

/// One way to make a mistake go away.
enum Mend {
    /// The key at the path gets another name.
    Rename(Vec<Step>, String),
    /// The entry at the path goes.
    Remove(Vec<Step>),
    /// The value at the path becomes another.
    Put(Vec<Step>, Json, Certainty),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    /// What was meant is known.
    Meant,
    /// Anything that fits.
    StandIn,
}

struct Mender {
    value: Json,
    words: Words,
    attempts: usize,
    /// Paths under their new and under their written name.
    renamed: Vec<(Vec<Step>, Vec<Step>)>,
    /// Where stand-ins are; what is wrong with them says nothing.
    stand_ins: Vec<Vec<Step>>,
}

impl Mender {
    /// The mistake in our words, and the ways to mend it, the best first.
    fn understand(&self, said: &Said) -> (Mistake, Vec<Mend>) {
        let message = said.message.as_str();
        if let Some((name, known)) = listing(message, "unknown field `") {
            return self.unknown_key(said, name, &known);
        }
        if let Some((name, known)) = listing(message, "unknown variant `") {
            return self.unknown_variant(said, name, &known);
        }
        if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            let mut path = said.path.clone();
            let mistake =
                self.mistake(&path, format!("the {} `{name}` is missing", self.words.key), None, true);
            path.push(Step::Key(name.to_owned()));
            return (Mistake { open: Some(shown(&self.written(&path))), ..mistake }, self.stand_ins(&path));
        }
        let found = self.at(&said.path);
        let (message, help, meant) = match (message.split_once(", expected "), found) {
            (_, Some(Json::Object(map))) if message.ends_with("expected map with a single key") => {
                // In which order a map has its keys depends on what else is compiled in.
                let keys: BTreeSet<String> = map.keys().map(|key| format!("`{key}`")).collect();
                let keys: Vec<String> = keys.into_iter().collect();
                let (message, help) = one_key(self.words.variant, &keys);
                let help = self.words.bare.map_or(help, |bare| bare.help);
                (message, Some(help.to_owned()), None)
            }
            (Some((_, expected)), Some(found)) => expectation(expected, found),
            _ => (message.to_owned(), None, None),
        };
        let mistake = self.mistake(&said.path, message, help, false);
        match meant {
            Some(value) => (mistake, vec![Mend::Put(said.path.clone(), value, Certainty::Meant)]),
            None => (Mistake { open: Some(mistake.path.clone()), ..mistake }, self.stand_ins(&said.path)),
        }
    }

    fn unknown_key(&self, said: &Said, name: &str, known: &[&str]) -> (Mistake, Vec<Mend>) {
        let mut path = said.path.clone();
        if path.last() != Some(&Step::Key(name.to_owned())) {
            path.push(Step::Key(name.to_owned()));
        }
        let map = path.split_last().and_then(|(_, map)| self.at(map)).and_then(Json::as_object);
        // A name that is there already cannot be what was meant.
        let near = nearest(name, known.iter().copied());
        let near = near.filter(|near| map.is_some_and(|map| !map.contains_key(*near)));
        let mut mends = Vec::new();
        if let Some(near) = near {
            mends.push(Mend::Rename(path.clone(), near.to_owned()));
        }
        mends.push(Mend::Remove(path.clone()));
        let message = format!("unknown {} `{}`", self.words.key, excerpt(name));
        let mistake = self.mistake(&path, message, Some(suggestion(near, known)), true);
        (mistake, mends)
    }

    fn unknown_variant(&self, said: &Said, name: &str, known: &[&str]) -> (Mistake, Vec<Mend>) {
        let mut path = said.path.clone();
        if path.last() == Some(&Step::Key(name.to_owned())) {
            path.pop();
        }
        let near = nearest(name, known.iter().copied());
        let help = Some(suggestion(near, known));
        let name = excerpt(name);
        if let Some(Json::Object(_)) = self.at(&path) {
            let place: Vec<Step> = path.iter().cloned().chain([Step::Key(name.clone())]).collect();
            let mut mends = Vec::new();
            if let Some(near) = near {
                mends.push(Mend::Rename(place.clone(), near.to_owned()));
            }
            // Without a near name, nothing is known about the whole of it.
            let open = near.is_none().then(|| shown(&self.written(&path)));
            mends.extend(self.stand_ins(&path));
            let message = format!("unknown {} `{name}`", self.words.variant);
            return (Mistake { open, ..self.mistake(&place, message, help, true) }, mends);
        }
        if let Some(bare) = self.words.bare.filter(|bare| known.contains(&bare.variant)) {
            let mistake = self.mistake(&path, bare.message.to_owned(), Some(bare.help.to_owned()), false);
            return (Mistake { open: Some(mistake.path.clone()), ..mistake }, self.stand_ins(&path));
        }
        let mends = near
            .into_iter()
            .chain(known.first().copied())
            .map(|value| Mend::Put(path.clone(), Json::from(value), Certainty::Meant))
            .collect();
        (self.mistake(&path, format!("unknown value `{name}`"), help, false), mends)
    }

    /// Values of every shape, one of which will fit.
    fn stand_ins(&self, path: &[Step]) -> Vec<Mend> {
        let plain = [
            serde_json::json!("x"),
            serde_json::json!({}),
            serde_json::json!([]),
            serde_json::json!(1),
            Json::Null,
        ];
        let shapes = plain.into_iter().chain((self.words.examples)());
        shapes.map(|shape| Mend::Put(path.to_vec(), shape, Certainty::StandIn)).collect()
    }

    fn mistake(&self, path: &[Step], message: String, help: Option<String>, of_key: bool) -> Mistake {
        Mistake { path: shown(&self.written(path)), message, help, of_key, open: None }
    }

    /// A path with the names that were written.
    fn written(&self, path: &[Step]) -> Vec<Step> {
        let mut path = path.to_vec();
        for (new, old) in self.renamed.iter().rev() {
            if path.starts_with(new) {
                path = old.iter().cloned().chain(path.split_off(new.len())).collect();
            }
        }
        path
    }

    fn at(&self, path: &[Step]) -> Option<&Json> {
        path.iter().try_fold(&self.value, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Item(index) => value.get(index),
        })
    }

    fn at_mut(&mut self, path: &[Step]) -> Option<&mut Json> {
        path.iter().try_fold(&mut self.value, |value, step| match step {
            Step::Key(key) => value.get_mut(key),
            Step::Item(index) => value.get_mut(index),
        })
    }

    /// Tries the ways one after the other until the mistake is gone. The result is what the value
    /// then is, or the next mistake; none where no way helps.
    fn mend<T: DeserializeOwned>(&mut self, said: &Said, mends: Vec<Mend>) -> Option<Result<T, Said>> {
        for mend in mends {
            self.attempts = self.attempts.checked_sub(1)?;
            let before = self.value.clone();
            if !self.change(&mend) {
                continue;
            }
            let result = attempt(&self.value);
            let gone = match (&result, &mend) {
                (Ok(_), _) => true,
                (Err(next), Mend::Put(path, ..)) => next != said && !next.path.starts_with(path),
                (Err(next), Mend::Rename(..) | Mend::Remove(_)) => next != said,
            };
            if !gone {
                self.value = before;
                continue;
            }
            match mend {
                Mend::Rename(path, name) => {
                    let old = self.written(&path);
                    self.renamed.push((renamed(&path, &name), old));
                }
                Mend::Put(path, _, Certainty::StandIn) => self.stand_ins.push(path),
                Mend::Put(..) | Mend::Remove(_) => {}
            }
            return Some(result);
        }
        None
    }

    fn change(&mut self, mend: &Mend) -> bool {
        let inside = |path: &[Step]| match path.split_last() {
            Some((Step::Key(key), map)) => Some((map.to_vec(), key.clone())),
            _ => None,
        };
        match mend {
            Mend::Put(path, value, _) => {
                if let Some(place) = self.at_mut(path) {
                    *place = value.clone();
                    return true;
                }
                let Some((map, key)) = inside(path) else { return false };
                let Some(Json::Object(map)) = self.at_mut(&map) else { return false };
                map.insert(key, value.clone());
                true
            }
            Mend::Remove(path) => {
                let Some((map, key)) = inside(path) else { return false };
                let Some(Json::Object(map)) = self.at_mut(&map) else { return false };
                map.remove(&key).is_some()
            }
            Mend::Rename(path, name) => {
                let Some((map, key)) = inside(path) else { return false };
                let Some(Json::Object(map)) = self.at_mut(&map) else { return false };
                let Some(value) = map.remove(&key) else { return false };
                map.insert(name.clone(), value);
                true
            }
        }
    }
}

fn renamed(path: &[Step], name: &str) -> Vec<Step> {
    let map = path.split_last().map_or(&[][..], |(_, map)| map);
    map.iter().cloned().chain([Step::Key(name.to_owned())]).collect()
}

/// The name and the list of names in a message such as "unknown field `a`, expected `b` or `c`".
fn listing<'m>(message: &'m str, start: &str) -> Option<(&'m str, Vec<&'m str>)> {
    let rest = message.strip_prefix(start)?;
    let (name, list) = rest.rsplit_once("`, expected ").or_else(|| rest.rsplit_once("`, there are no "))?;
    Some((name, list.split('`').skip(1).step_by(2).collect()))
}

fn suggestion(near: Option<&str>, known: &[&str]) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "nothing can stand here".to_owned(),
        None => format!("there is {}", listed(known)),
    }
}

/// Names for a message, the first few of them.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 40;
    let mut text = names.iter().take(MOST).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text.push_str(&format!(" and {} more", names.len() - MOST));
    }
    text
}

/// What is said where one key is expected and others are found.
fn one_key(variant: &str, keys: &[String]) -> (String, &'static str) {
    // Whether a map keeps the order in which it was written depends on what the program is built with.
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    let message = match keys.as_slice() {
        [] => format!("there is no {variant} here"),
        _ => format!("expected one key, the {variant}, found {}: {}", keys.len(), keys.join(", ")),
    };
    (message, "further keys go inside of the first: `{ name: { key: value } }`")
}

/// What is said where a value is of the wrong kind; with the value that was meant, where that is
/// plain.
fn expectation(expected: &str, found: &Json) -> (String, Option<String>, Option<Json>) {
    if (expected == "a string" || expected.starts_with("a text")) && (found.is_number() || found.is_boolean())
    {
        let message = format!("expected a text, found `{found}`, which is a number or true or false");
        let help = format!("put it in quotes: \"{found}\"");
        return (message, Some(help), Some(Json::from(found.to_string())));
    }
    let wanted = match expected {
        "a string" => "a text",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        "u8" | "u16" | "u32" | "u64" | "usize" | "a nonzero u32" => "a whole number, not negative",
        "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "string or map" | "map with a single key" => "a map with one key",
        other if other.starts_with("struct ") || other.starts_with("enum ") => "a map",
        other => other,
    };
    let meant = match (found, wanted) {
        (Json::String(text), "a number" | "a whole number" | "a whole number, not negative") => {
            serde_json::from_str::<Json>(text.trim()).ok().filter(Json::is_number)
        }
        (Json::String(text), "true or false") => text.parse::<bool>().ok().map(Json::from),
        _ => None,
    };
    let help = meant.as_ref().map(|meant| format!("without quotes: {meant}"));
    let empty = found.is_null() && (wanted.starts_with("a map") || wanted.starts_with("a list"));
    let help = help.or_else(|| empty.then(|| "what belongs to it stands below it, indented".to_owned()));
    (format!("expected {wanted}, found {}", described(found)), help, meant)
}

/// A value in a few words.
fn described(value: &Json) -> String {
    match value {
        Json::Null => "nothing".to_owned(),
        Json::Bool(flag) => format!("`{flag}`"),
        Json::Number(number) => format!("the number `{number}`"),
        Json::String(text) => format!("the text `{}`", excerpt(text)),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "a map".to_owned(),
    }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
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
