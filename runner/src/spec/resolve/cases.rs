//! Constants, cases and arms.

use super::figures::Figure;
use crate::spec::diagnostic::Diagnostic;
use crate::spec::{
    data::{DataFile, OpenError},
    files::Files,
    location::{EntryPart, Rewritten},
    problems::{Problems, is_name, is_variable, listed, suggestion},
    raw::{RawCases, RawProbe, RawRow},
    scope::{ROUND, TURNS, describe},
};
use indexmap::{IndexMap, IndexSet};
use reports::record::{ArmRecord, CaseRecord};
use scorers::template::{self, Variables};
use serde_json::Value as Json;
use std::{
    collections::{BTreeSet, HashSet},
    ops::Range,
    path::Path,
    rc::Rc,
};

/// Most arms of one probe.
const MAX_ARMS: usize = 256;

/// Reads what a probe brings along.
pub(super) struct Data<'a> {
    pub(super) path: &'a Path,
    pub(super) files: &'a dyn Files,
    /// Takes in every data file.
    pub(super) hasher: blake3::Hasher,
    pub(super) problems: &'a mut Problems,
    /// Constants whose file could not be read; nothing can be said about texts that use them.
    pub(super) unread: BTreeSet<String>,
    /// Values of files that a text would say in other words than the file.
    pub(super) figures: Vec<Figure>,
}

/// Where a case stands.
enum Origin<'a> {
    Spec(String),
    File(&'a DataFile, Range<usize>),
}

impl Data<'_> {
    /// The constants of the templates.
    pub(super) fn constants(&mut self, raw: &RawProbe) -> Variables {
        let mut constants = Variables::new();
        for (name, value) in &raw.data {
            let path = format!("data.{name}");
            if let Some(reason) = bad_variable(name) {
                self.problems.add(&path, EntryPart::Key, reason);
            }
            let file = value.as_object().filter(|map| map.len() == 1).and_then(|map| map.get("file"));
            let value = match file {
                Some(Json::String(file)) => self.open(file, &format!("{path}.file")).and_then(|file| {
                    self.figures.extend(figures(&file, Some(name.as_str())));
                    file.value().map_err(|errors| self.add_placed(errors)).ok()
                }),
                Some(_) => {
                    self.problems.add(
                        format!("{path}.file"),
                        EntryPart::Value,
                        "expected the name of a file",
                    );
                    None
                }
                None => Some(value.clone()),
            };
            if value.is_none() {
                self.unread.insert(name.clone());
            }
            constants.insert(name.clone(), value.unwrap_or(Json::Null));
        }
        constants
    }

    /// The cases. Constants are no part of them: those come in with the arm.
    pub(super) fn cases(&mut self, raw: &RawProbe, constants: &Variables) -> Vec<CaseRecord> {
        match &raw.cases {
            RawCases::Inline(rows) => {
                let place = |index| Origin::Spec(format!("cases[{index}]"));
                let rows = rows.iter().enumerate().map(|(index, row)| (row.clone(), place(index)));
                self.collect(rows.collect(), constants)
            }
            RawCases::Pairs(design) => {
                let before = self.problems.len();
                let rows = self.pairs(design, constants);
                if rows.is_empty() && self.problems.len() > before {
                    return Vec::new();
                }
                let place = |row| (row, Origin::Spec("cases.pairs".to_owned()));
                self.collect(rows.into_iter().map(place).collect(), constants)
            }
            RawCases::File(file) => {
                let Some(file) = self.open(&file.file, "cases.file") else { return Vec::new() };
                self.figures.extend(figures(&file, None));
                match file.rows() {
                    Ok(rows) => {
                        let rows = rows.into_iter().map(|(row, place)| (row, Origin::File(&file, place)));
                        self.collect(rows.collect(), constants)
                    }
                    Err(errors) => {
                        self.add_placed(errors);
                        Vec::new()
                    }
                }
            }
        }
    }

    fn add_placed(&mut self, errors: Vec<Diagnostic>) {
        errors.into_iter().for_each(|error| self.problems.add_placed(error));
    }

    fn open(&mut self, name: &str, path: &str) -> Option<DataFile> {
        match DataFile::open(self.path, name, self.files) {
            Ok(file) => {
                self.hasher.update(&(file.source.len() as u64).to_le_bytes());
                self.hasher.update(file.source.as_bytes());
                Some(file)
            }
            Err(OpenError::Name(reason)) => {
                self.problems.add(path, EntryPart::Value, reason);
                None
            }
            Err(OpenError::Content(error)) => {
                self.problems.add_placed(*error);
                None
            }
        }
    }

    fn collect(&mut self, rows: Vec<(RawRow, Origin<'_>)>, constants: &Variables) -> Vec<CaseRecord> {
        if rows.is_empty() {
            self.problems.add("cases", EntryPart::Key, "there is no case");
        }
        let mut ids = HashSet::new();
        let mut cases = Vec::new();
        for (index, (row, origin)) in rows.into_iter().enumerate() {
            if self.problems.enough() {
                break;
            }
            let case = self.case(row, &origin, index, constants);
            if !ids.insert(case.id.clone()) {
                let message = format!("two cases have the id `{}`", case.id);
                self.wrong(
                    &origin,
                    "id",
                    EntryPart::Value,
                    message,
                    Some("give one of them an `id` of its own"),
                );
            }
            cases.push(case);
        }
        cases
    }

    fn case(&mut self, row: RawRow, origin: &Origin<'_>, index: usize, constants: &Variables) -> CaseRecord {
        let (mut id, mut pair, mut arm) = (None, None, None);
        let mut variables = Variables::new();
        for (key, value) in row {
            let reserved = match key.as_str() {
                "id" => &mut id,
                "pair" => &mut pair,
                "arm" => &mut arm,
                _ => {
                    if let Some(reason) = bad_variable(&key) {
                        self.wrong(origin, &key, EntryPart::Key, reason, None);
                    } else if constants.contains_key(&key) {
                        let message = format!("`{key}` is a constant of the probe already");
                        self.wrong(origin, &key, EntryPart::Key, message, Some("rename one of them"));
                    }
                    variables.insert(key, value);
                    continue;
                }
            };
            match value {
                Json::Null => {}
                // An empty cell of a CSV file.
                Json::String(text) if text.is_empty() && matches!(origin, Origin::File(..)) => {}
                Json::String(text) if is_name(&text, true) => *reserved = Some(text),
                Json::String(text) => {
                    let message = format!("`{text}` cannot be the `{key}` of a case");
                    let help = "letters, digits, `-`, `_` and `.`, beginning with a letter or digit";
                    self.wrong(origin, &key, EntryPart::Value, message, Some(help));
                }
                other => {
                    let message = format!("`{key}` is a text, not {}", describe(&other));
                    self.wrong(origin, &key, EntryPart::Value, message, Some("put it in quotes"));
                }
            }
        }
        let id = id.unwrap_or_else(|| match (&pair, &arm) {
            (Some(pair), Some(arm)) => format!("{pair}-{arm}"),
            _ => format!("case-{}", index + 1),
        });
        CaseRecord { id, pair, arm, variables }
    }

    fn wrong(
        &mut self,
        origin: &Origin<'_>,
        key: &str,
        part: EntryPart,
        message: String,
        help: Option<&str>,
    ) {
        match origin {
            Origin::Spec(path) => {
                let path = format!("{path}.{key}");
                match help {
                    Some(help) => self.problems.add_help(path, part, message, help),
                    None => self.problems.add(path, part, message),
                }
            }
            Origin::File(file, place) => {
                let diagnostic = Diagnostic::at(&file.path, &file.source, place.clone(), message);
                self.problems.add_placed(Diagnostic { help: help.map(str::to_owned), ..diagnostic });
            }
        }
    }
}

/// The values of a file that a text would say in other words, under the name of its constant or of their columns.
fn figures(file: &DataFile, constant: Option<&str>) -> Vec<Figure> {
    let column = |path: &str| {
        let row = path.split_once(']').map_or(path, |(_, rest)| rest.trim_start_matches('.'));
        row.split(['.', '[']).next().unwrap_or_default().to_owned()
    };
    let found = file.rewritten();
    if found.is_empty() {
        return Vec::new();
    }
    let file = Rc::new(file.clone());
    let of = |found: Rewritten| Figure {
        variable: constant.map_or_else(|| column(&found.path), str::to_owned),
        found,
        file: Some(Rc::clone(&file)),
    };
    found.into_iter().map(of).collect()
}

/// Why a name cannot be a variable.
fn bad_variable(name: &str) -> Option<String> {
    if name == TURNS || name == ROUND {
        return Some(format!("`{name}` is a variable of its own in every template"));
    }
    let reason = || format!("`{name}` cannot be a variable: letters, digits and `_`, no digit first");
    (!is_variable(name)).then(reason)
}

/// The arms with their variables, constants included: those of the spec, or else those that the
/// cases name, or else one without a name.
pub(super) fn arms(
    raw: &RawProbe,
    constants: &Variables,
    cases: &[CaseRecord],
    problems: &mut Problems,
) -> IndexMap<String, ArmRecord> {
    let named: IndexSet<&str> = cases.iter().filter_map(|case| case.arm.as_deref()).collect();
    let plain = || ArmRecord { about: None, set: constants.clone(), templates: Vec::new() };
    let Some(declared) = &raw.arms else {
        if named.is_empty() {
            return IndexMap::from([(String::new(), plain())]);
        }
        if let Some((index, _)) = cases.iter().enumerate().find(|(_, case)| case.arm.is_none()) {
            problems.add_help(
                format!("cases[{index}]"),
                EntryPart::Value,
                "this case names no arm, but others do",
                "give every case an `arm`, or declare the arms under `arms:`",
            );
        }
        if named.len() > MAX_ARMS {
            problems.add("cases", EntryPart::Key, format!("the cases name more than {MAX_ARMS} arms"));
        }
        return named.into_iter().take(MAX_ARMS).map(|name| (name.to_owned(), plain())).collect();
    };
    if declared.is_empty() {
        problems.add("arms", EntryPart::Key, "there is no arm; leave the key out");
    }
    if declared.len() > MAX_ARMS {
        problems.add("arms", EntryPart::Key, format!("there are more than {MAX_ARMS} arms"));
    }
    for (index, case) in cases.iter().enumerate() {
        if let Some(arm) = case.arm.as_deref().filter(|arm| !declared.contains_key(*arm)) {
            let path = format!("cases[{index}].arm");
            let known = declared.keys().map(String::as_str);
            problems.add_help(
                path,
                EntryPart::Value,
                format!("there is no arm `{arm}`"),
                suggestion(arm, known),
            );
        }
    }
    let mut arms = IndexMap::new();
    for (name, arm) in declared.iter().take(MAX_ARMS) {
        let path = format!("arms.{name}");
        if !is_name(name, false) {
            let message = format!("`{name}` cannot name an arm: letters, digits, `-` and `_`");
            problems.add(&path, EntryPart::Key, message);
        }
        if !cases.is_empty() && cases.iter().all(|case| case.arm.as_ref().is_some_and(|own| own != name)) {
            problems.add(&path, EntryPart::Key, format!("no case runs in the arm `{name}`"));
        }
        for variable in arm.set.keys() {
            if let Some(reason) = bad_variable(variable) {
                problems.add(format!("{path}.set.{variable}"), EntryPart::Key, reason);
            }
        }
        let mut set = constants.clone();
        set.extend(arm.set.clone());
        let templates = arm.set.iter().filter(|(_, value)| template::inside(value));
        let templates = templates.map(|(name, _)| name.clone()).collect();
        arms.insert(name.clone(), ArmRecord { about: arm.about.clone(), set, templates });
    }
    let missing: Vec<&str> = declared
        .iter()
        .filter(|(_, arm)| raw.dialogue.is_none() && arm.dialogue.is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    if !missing.is_empty() && missing.len() < declared.len() {
        let message = format!("there is no `dialogue` for {}", listed(&missing));
        problems.add_help("arms", EntryPart::Key, message, "write one at the top, or one in every arm");
    }
    arms
}
