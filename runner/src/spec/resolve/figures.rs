//! Values of data that a text would say in other words than their file (`3.10` as 3.1, `01234` as 1234): refused where a
//! text says them, and left alone where they are only used as numbers.

use super::{arm::Arm, scores::Score, texts};
use crate::spec::{
    data::DataFile,
    diagnostic::Diagnostic,
    location::{EntryPart, Locations, Rewritten},
    problems::Problems,
    raw::{RawCases, RawProbe},
};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// A value that is not said as it is written.
pub(super) struct Figure {
    /// The variable that holds it.
    pub(super) variable: String,
    /// The value.
    pub(super) found: Rewritten,
    /// Where it stands, if that is not the spec.
    pub(super) file: Option<Rc<DataFile>>,
}

/// Those that the spec itself writes: constants, cases, and what arms set.
fn of_spec(raw: &RawProbe, source: &str) -> Vec<Figure> {
    let locations = Locations::of(source);
    let mut figures = Vec::new();
    let mut look = |variable: &str, path: String, value: &Json| {
        let found = locations.rewritten(&path, value).into_iter();
        figures.extend(found.map(|found| Figure { variable: variable.to_owned(), found, file: None }));
    };
    for (name, value) in &raw.data {
        look(name, format!("data.{name}"), value);
    }
    if let RawCases::Inline(rows) = &raw.cases {
        for (index, row) in rows.iter().enumerate() {
            for (name, value) in row {
                look(name, format!("cases[{index}].{name}"), value);
            }
        }
    }
    for (arm, declared) in raw.arms.iter().flatten() {
        for (name, value) in &declared.set {
            look(name, format!("arms.{arm}.set.{name}"), value);
        }
    }
    figures
}

/// Refuses those that a text says; `figures` are the ones of data files.
pub(super) fn check<'s>(
    raw: &RawProbe,
    source: &str,
    mut figures: Vec<Figure>,
    arms: &[Arm],
    scores: impl Iterator<Item = &'s Score>,
    problems: &mut Problems,
) {
    figures.extend(of_spec(raw, source));
    let mut said: BTreeSet<String> = arms.iter().flat_map(texts::names_said).collect();
    said.extend(scores.flat_map(|score| score.said.iter().cloned()));
    figures.retain(|figure| said.contains(&figure.variable));
    let locations = Locations::of(source);
    for (path, items) in arms.iter().flat_map(texts::lists) {
        for (index, item) in items.iter().enumerate() {
            let found = locations.rewritten(&format!("{path}[{index}]"), item).into_iter();
            figures.extend(found.map(|found| Figure { variable: path.clone(), found, file: None }));
        }
    }
    // One mistake that runs through a column is said once.
    let mut columns: BTreeMap<String, Vec<Figure>> = BTreeMap::new();
    figures.into_iter().for_each(|figure| columns.entry(figure.variable.clone()).or_default().push(figure));
    for figures in columns.into_values() {
        let Some(first) = figures.first() else { continue };
        let Rewritten { path, range, written, said } = &first.found;
        let more = match figures.len() {
            1 => String::new(),
            all => format!(" (and {} more like it)", all - 1),
        };
        let message =
            format!("`{written}` without quotes is read as a value that a text says as `{said}`{more}");
        let quoted = Json::from(written.as_str());
        let help = format!("put it in quotes to have it said as it is written: {quoted}");
        match &first.file {
            None => problems.add_help(path, EntryPart::Value, message, help),
            Some(file) => {
                let place = Diagnostic::at(&file.path, &file.source, range.clone(), message);
                problems.add_placed(place.with_help(help));
            }
        }
    }
}
