//! Mending what does not fit, so that the next mistake comes to light.

use super::mistake::{Mistake, PathStep, SerdeError, Spelt, Words, attempt, shown};
use super::wording::{excerpt, expectation, listing, one_key, suggestion};
use crate::names::nearest;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// One way to make a mistake go away.
pub(super) enum Mend {
    /// The key at the path gets another name.
    Rename(Vec<PathStep>, String),
    /// The entry at the path goes.
    Remove(Vec<PathStep>),
    /// The value at the path becomes another.
    Put(Vec<PathStep>, Json, Certainty),
}

/// How sure it is that a value is what was meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    /// What was meant is known.
    Meant,
    /// Anything that fits.
    StandIn,
}

/// A value on its way to one that fits.
pub(super) struct Mender {
    value: Json,
    words: Words,
    attempts: usize,
    /// Paths under their new and under their written name.
    renamed: Vec<(Vec<PathStep>, Vec<PathStep>)>,
    /// Where stand-ins are; what is wrong with them says nothing.
    stand_ins: Vec<Vec<PathStep>>,
}

impl Mender {
    pub(super) fn new(value: Json, words: Words, attempts: usize) -> Self {
        Self { value, words, attempts, renamed: Vec::new(), stand_ins: Vec::new() }
    }

    /// Whether what is at the path is part of a stand-in.
    pub(super) fn hides(&self, path: &[PathStep]) -> bool {
        self.stand_ins.iter().any(|stand_in| path.starts_with(stand_in))
    }

    /// Paths under their new and under their written name.
    pub(super) fn renamed(&self) -> impl Iterator<Item = &(Vec<PathStep>, Vec<PathStep>)> {
        self.renamed.iter()
    }

    /// The mistake in our words, and the ways to mend it, the best first.
    pub(super) fn understand(&self, said: &SerdeError) -> (Mistake, Vec<Mend>) {
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
            path.push(PathStep::Key(name.to_owned()));
            return (Mistake { open: Some(shown(&self.written(&path))), ..mistake }, self.stand_ins(&path));
        }
        let found = self.at(&said.path);
        let (message, help, meant) = match (message.split_once(", expected "), found) {
            (_, Some(Json::Object(map))) if message.ends_with("expected map with a single key") => {
                let (message, help) = one_key(self.words.variant, map.keys());
                let help = self.words.bare.map_or(help, |bare| bare.help);
                (message, Some(help.to_owned()), None)
            }
            (Some((_, expected)), Some(found)) => expectation(expected, found),
            _ => (message.to_owned(), None, None),
        };
        let mistake = self.mistake(&said.path, message, help, false);
        match meant {
            Some(value) => {
                let spelt = if value.is_string() { Spelt::Text } else { Spelt::Plain };
                let mend = Mend::Put(said.path.clone(), value, Certainty::Meant);
                (Mistake { spelt: Some(spelt), ..mistake }, vec![mend])
            }
            None => (Mistake { open: Some(mistake.path.clone()), ..mistake }, self.stand_ins(&said.path)),
        }
    }

    fn unknown_key(&self, said: &SerdeError, name: &str, known: &[&str]) -> (Mistake, Vec<Mend>) {
        let mut path = said.path.clone();
        if path.last() != Some(&PathStep::Key(name.to_owned())) {
            path.push(PathStep::Key(name.to_owned()));
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

    fn unknown_variant(&self, said: &SerdeError, name: &str, known: &[&str]) -> (Mistake, Vec<Mend>) {
        let mut path = said.path.clone();
        if path.last() == Some(&PathStep::Key(name.to_owned())) {
            path.pop();
        }
        let near = nearest(name, known.iter().copied());
        let help = Some(suggestion(near, known));
        let name = excerpt(name);
        if let Some(Json::Object(_)) = self.at(&path) {
            let place: Vec<PathStep> = path.iter().cloned().chain([PathStep::Key(name.clone())]).collect();
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
    fn stand_ins(&self, path: &[PathStep]) -> Vec<Mend> {
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

    fn mistake(&self, path: &[PathStep], message: String, help: Option<String>, of_key: bool) -> Mistake {
        Mistake { path: shown(&self.written(path)), message, help, of_key, open: None, spelt: None }
    }

    /// A path with the names that were written.
    fn written(&self, path: &[PathStep]) -> Vec<PathStep> {
        let mut path = path.to_vec();
        for (new, old) in self.renamed.iter().rev() {
            if path.starts_with(new) {
                path = old.iter().cloned().chain(path.split_off(new.len())).collect();
            }
        }
        path
    }

    fn at(&self, path: &[PathStep]) -> Option<&Json> {
        path.iter().try_fold(&self.value, |value, step| match step {
            PathStep::Key(key) => value.get(key),
            PathStep::Item(index) => value.get(index),
        })
    }

    fn at_mut(&mut self, path: &[PathStep]) -> Option<&mut Json> {
        path.iter().try_fold(&mut self.value, |value, step| match step {
            PathStep::Key(key) => value.get_mut(key),
            PathStep::Item(index) => value.get_mut(index),
        })
    }

    /// Tries the ways one after the other until the mistake is gone. The result is what the value
    /// then is, or the next mistake; none where no way helps.
    pub(super) fn mend<T: DeserializeOwned>(
        &mut self,
        said: &SerdeError,
        mends: Vec<Mend>,
    ) -> Option<Result<T, SerdeError>> {
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
        let inside = |path: &[PathStep]| match path.split_last() {
            Some((PathStep::Key(key), map)) => Some((map.to_vec(), key.clone())),
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

fn renamed(path: &[PathStep], name: &str) -> Vec<PathStep> {
    let map = path.split_last().map_or(&[][..], |(_, map)| map);
    map.iter().cloned().chain([PathStep::Key(name.to_owned())]).collect()
}
