//! Data files beside a spec: CSV, JSON, or JSON lines.
//!
//! A file is named relative to the spec's folder and never lies outside of it, whatever the name or
//! the links on the way say.

use super::{
    beside::{beside, ending},
    diagnostic::Diagnostic,
    files::{Files, shown},
    location::{EntryPart, Locations, Rewritten},
    parse::decode,
    raw::RawRow,
};
use serde_json::{Map, Value as Json};
use std::{ops::Range, path::Path};

/// Most rows of one file.
pub(super) const MAX_ROWS: usize = 100_000;

/// A data file that has been read.
#[derive(Clone, Debug)]
pub(super) struct DataFile {
    /// The path as messages show it.
    pub(super) path: String,
    /// The text.
    pub(super) source: String,
    format: Format,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Csv,
    Json,
    JsonLines,
}

/// Most errors that are shown of one file.
const MOST: usize = 20;

/// A row and where it stands in its file.
pub(super) type PlacedRow = (RawRow, Range<usize>);

/// The rows that are fine, and the first errors of the others.
fn sorted_out(
    rows: impl Iterator<Item = Result<PlacedRow, Box<Diagnostic>>>,
) -> (Vec<PlacedRow>, Vec<Diagnostic>) {
    let (mut fine, mut errors) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(row) => fine.push(row),
            Err(error) => errors.push(*error),
        }
        if errors.len() >= MOST || fine.len() > MAX_ROWS {
            break;
        }
    }
    (fine, errors)
}

impl DataFile {
    /// Reads a file that a spec names.
    ///
    /// # Errors
    /// Why it cannot be used, to be shown where the spec names it; or a place in the file itself.
    pub(super) fn open(spec: &Path, name: &str, files: &dyn Files) -> Result<Self, OpenError> {
        let (path, bytes) = beside(spec, name, &["csv", "json", "jsonl"], files).map_err(OpenError::Name)?;
        let format = match ending(Path::new(name)).as_deref() {
            Some("csv") => Format::Csv,
            Some("json") => Format::Json,
            _ => Format::JsonLines,
        };
        let path = shown(&path);
        let source = decode(&path, bytes).map_err(|error| OpenError::Content(Box::new(error)))?;
        Ok(Self { path, source, format })
    }

    /// The rows, one map each.
    ///
    /// # Errors
    /// Every place in the file that is no row, up to a bound.
    pub(super) fn rows(&self) -> Result<Vec<PlacedRow>, Vec<Diagnostic>> {
        let (rows, errors) = match self.format {
            Format::Csv => self.csv().map_err(|error| vec![*error])?,
            Format::Json => {
                let Json::Array(items) = self.json().map_err(|error| vec![*error])? else {
                    return Err(vec![*self.error(0..1, "expected a list of maps at the top")]);
                };
                let locations = Locations::of(&self.source);
                let place = |index: usize| locations.range(&format!("[{index}]"), &EntryPart::Value);
                sorted_out(items.into_iter().enumerate().map(|(index, item)| self.row(item, place(index))))
            }
            Format::JsonLines => sorted_out(self.lines()),
        };
        if rows.len() > MAX_ROWS {
            return Err(vec![*self.error(0..1, format!("more than {MAX_ROWS} rows"))]);
        }
        if errors.is_empty() { Ok(rows) } else { Err(errors) }
    }

    /// The whole file as one value: a list of maps, or whatever a JSON file holds.
    ///
    /// # Errors
    /// See [`DataFile::rows`].
    pub(super) fn value(&self) -> Result<Json, Vec<Diagnostic>> {
        match self.format {
            Format::Json => self.json().map_err(|error| vec![*error]),
            _ => {
                let map = |(row, _): PlacedRow| Json::Object(row.into_iter().collect::<Map<_, _>>());
                Ok(Json::Array(self.rows()?.into_iter().map(map).collect()))
            }
        }
    }

    /// The values without quotes that a text would say in other words than the file, rows as `[0]`, `[1]` and so on. Only
    /// fractions and very large numbers can be such: JSON writes everything else in one way.
    pub(super) fn rewritten(&self) -> Vec<Rewritten> {
        match self.format {
            Format::Csv => Vec::new(),
            Format::Json => match self.json() {
                Ok(value) if fractions(&value) => Locations::of(&self.source).rewritten("", &value),
                _ => Vec::new(),
            },
            Format::JsonLines => {
                let rows = self.lines().flatten().enumerate();
                let of_row = |(index, (row, place)): (usize, PlacedRow)| {
                    let row = Json::Object(row.into_iter().collect::<Map<_, _>>());
                    let text = self.source.get(place.clone()).filter(|_| fractions(&row)).unwrap_or_default();
                    let found = Locations::of(text).rewritten("", &row).into_iter();
                    let moved = |one: Rewritten| Rewritten {
                        path: format!("[{index}].{}", one.path),
                        range: one.range.start + place.start..one.range.end + place.start,
                        ..one
                    };
                    found.map(moved).collect::<Vec<_>>()
                };
                rows.flat_map(of_row).collect()
            }
        }
    }

    fn error(&self, range: Range<usize>, message: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic::at(&self.path, &self.source, range, message))
    }

    fn row(&self, item: Json, place: Range<usize>) -> Result<PlacedRow, Box<Diagnostic>> {
        match item {
            Json::Object(fields) => Ok((fields.into_iter().collect(), place)),
            _ => Err(self.error(place, "expected a map here")),
        }
    }

    fn json(&self) -> Result<Json, Box<Diagnostic>> {
        serde_json::from_str(&self.source).map_err(|error| self.json_error(&error, 0))
    }

    fn json_error(&self, error: &serde_json::Error, line_start: usize) -> Box<Diagnostic> {
        let lines = error.line().saturating_sub(1);
        let before: usize = self.source[line_start..].split_inclusive('\n').take(lines).map(str::len).sum();
        let at = line_start + before + error.column().saturating_sub(1);
        let text = error.to_string();
        let text = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
        self.error(at..at + 1, format!("not JSON: {text}"))
    }

    /// A row, or what is wrong with it, for every line that is not empty.
    fn lines(&self) -> impl Iterator<Item = Result<PlacedRow, Box<Diagnostic>>> {
        let mut start = 0;
        self.source.split_inclusive('\n').filter_map(move |line| {
            let (at, text) = (start, line.trim_end());
            start += line.len();
            if text.trim_start().is_empty() {
                return None;
            }
            let item = serde_json::from_str(text).map_err(|error| self.json_error(&error, at));
            Some(item.and_then(|item| self.row(item, at..at + text.len())))
        })
    }

    /// Rows of texts under the names of the first line. Rows of nothing but separators, which spreadsheets leave below a
    /// table, are no rows.
    fn csv(&self) -> Result<(Vec<PlacedRow>, Vec<Diagnostic>), Box<Diagnostic>> {
        let Separated { delimiter, skipped } = separated(&self.source);
        let table = self.source.get(skipped..).unwrap_or_default();
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(table.as_bytes());
        let place = |position: Option<&csv::Position>| {
            let start = skipped + position.and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or(0);
            // The position of a record may be that of the line end before it.
            let rest = self.source.get(start..).unwrap_or_default();
            let start = start + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
            let line = self.source.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
            start..start + line.len()
        };
        let failed = |error: &csv::Error| {
            match error.kind() {
            csv::ErrorKind::UnequalLengths { pos, expected_len, len } => Box::new(
                Diagnostic::at(
                    &self.path,
                    &self.source,
                    place(pos.as_ref()),
                    format!("this row has {len} fields, the first line names {expected_len}"),
                )
                .with_help(format!(
                    "the first line separates its fields by {}; a field with that sign in it stands in quotes",
                    sign(delimiter)
                )),
            ),
            _ => self.error(place(error.position()), format!("not CSV: {error}")),
        }
        };
        let names = reader.headers().map_err(|error| failed(&error))?.clone();
        for (index, name) in names.iter().enumerate() {
            if name.trim().is_empty() {
                return Err(self
                    .error(skipped..skipped, format!("field {} of the first line has no name", index + 1)));
            }
            if name.trim() != name {
                let at = skipped + table.find(name).unwrap_or(0);
                let message = format!("the first line has blanks around the name `{}`", name.trim());
                let error = Diagnostic::at(&self.path, &self.source, at..at + name.len(), message);
                return Err(Box::new(error.with_help(
                    "fields are taken as they stand: leave out the blanks beside the separators, here and in the rows",
                )));
            }
            if names.iter().take(index).any(|earlier| earlier == name) {
                return Err(self.error(skipped..skipped, format!("the first line names `{name}` twice")));
            }
        }
        let rows = reader.records().filter_map(|record| {
            let record = match record {
                Ok(record) => record,
                Err(error) => return Some(Err(failed(&error))),
            };
            if record.iter().all(|cell| cell.trim().is_empty()) {
                return None;
            }
            let cells = names.iter().zip(&record).map(|(name, cell)| (name.to_owned(), Json::from(cell)));
            Some(Ok((cells.collect(), place(record.position()))))
        });
        Ok(sorted_out(rows))
    }
}

/// How the fields of a table are separated, and how many bytes stand before it.
struct Separated {
    delimiter: u8,
    skipped: usize,
}

/// The first line decides: by commas, or, where it has none, by semicolons or tabs, as spreadsheets write where the comma
/// is the sign of decimals. Excel's own first line, `sep=;`, says it.
fn separated(source: &str) -> Separated {
    let line = source.lines().next().unwrap_or_default();
    let said = line.strip_prefix("sep=").filter(|sign| sign.len() == 1).and_then(|sign| sign.bytes().next());
    if let Some(delimiter) = said {
        let rest = source.get(line.len()..).unwrap_or_default();
        let end = rest.len() - rest.trim_start_matches('\r').strip_prefix('\n').map_or(0, str::len);
        return Separated { delimiter, skipped: line.len() + end };
    }
    // What stands in quotes separates nothing.
    let bare: String = line.split('"').step_by(2).collect();
    let delimiter = [b',', b';', b'\t'].into_iter().find(|sign| bare.contains(char::from(*sign)));
    Separated { delimiter: delimiter.unwrap_or(b','), skipped: 0 }
}

/// A separator in words.
fn sign(delimiter: u8) -> String {
    match delimiter {
        b',' => "commas".to_owned(),
        b';' => "semicolons".to_owned(),
        b'\t' => "tabs".to_owned(),
        other => format!("`{}`", char::from(other)),
    }
}

/// Whether there is a number inside that is not read as a whole one.
fn fractions(value: &Json) -> bool {
    match value {
        Json::Number(number) => number.is_f64(),
        Json::Array(items) => items.iter().any(fractions),
        Json::Object(fields) => fields.values().any(fractions),
        Json::Null | Json::Bool(_) | Json::String(_) => false,
    }
}

/// Why a data file cannot be used.
#[derive(Debug)]
pub(super) enum OpenError {
    /// To be shown where the spec names the file.
    Name(String),
    /// To be shown in the file.
    Content(Box<Diagnostic>),
}

#[cfg(test)]
mod tests {
    use super::{super::memory::Memory, *};

    fn open(name: &str, text: &str) -> DataFile {
        let files = Memory::of(&[("s/p.yaml", ""), (&format!("s/{name}"), text)]);
        DataFile::open(Path::new("s/p.yaml"), name, &files).unwrap()
    }

    #[test]
    fn every_format_gives_the_same_rows() {
        let expected = serde_json::json!([{"a": "1", "b": "x"}, {"a": "2", "b": "y, z"}]);
        for (name, text) in [
            ("t.csv", "a,b\n1,x\n2,\"y, z\"\n"),
            ("t.json", "[{\"a\": \"1\", \"b\": \"x\"}, {\"a\": \"2\", \"b\": \"y, z\"}]"),
            ("t.jsonl", "{\"a\": \"1\", \"b\": \"x\"}\n\n{\"a\": \"2\", \"b\": \"y, z\"}"),
        ] {
            assert_eq!(open(name, text).value().unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn tables_of_spreadsheets_are_read() {
        let expected = serde_json::json!([{"pair": "table", "request": "Book it; now, please."}]);
        for (name, text) in [
            ("t.csv", "pair,request\r\ntable,\"Book it; now, please.\"\r\n,\r\n\r\n , \r\n"),
            ("t.CSV", "pair;request\r\ntable;\"Book it; now, please.\"\r\n;\r\n"),
            ("t.csv", "pair\trequest\ntable\tBook it; now, please.\n\t\n"),
            ("t.csv", "sep=;\r\npair;request\r\ntable;\"Book it; now, please.\"\r\n"),
            ("t.Csv", "\"pair\";\"request\"\ntable;\"Book it; now, please.\"\n"),
        ] {
            assert_eq!(open(name, text).value().unwrap(), expected, "{text:?}");
        }
        let wrong = |text: &str| open("t.csv", text).rows().unwrap_err().remove(0);
        let blanks = wrong("pair, arm, request\ntable, x, Book\n");
        assert!(blanks.message.contains("blanks around the name `arm`"), "{}", blanks.message);
        assert_eq!(blanks.place.map(|place| (place.line, place.column)), Some((1, 6)));
        let decimal = wrong("a;b\n1,5;2;3\n");
        assert!(decimal.help.unwrap().contains("semicolons"));
        // The place of a row below `sep=`.
        let file = open("t.csv", "sep=;\na;b\nx;y\n");
        assert_eq!(&file.source[file.rows().unwrap().remove(0).1], "x;y");
    }

    #[test]
    fn rows_know_their_place() {
        for (name, text) in [
            ("t.csv", "a\nx\ny\n"),
            ("t.jsonl", "{\"a\":\"x\"}\n{\"a\":\"y\"}"),
            ("t.json", "[{\"a\":\"x\"},\n{\"a\":\"y\"}]"),
        ] {
            let file = open(name, text);
            let (_, place) = file.rows().unwrap().remove(1);
            assert!(file.source[place].contains('y'), "{name}");
        }
    }

    #[test]
    fn errors_point_at_the_line() {
        let place = |name, text| {
            open(name, text).rows().unwrap_err().remove(0).place.map(|place| (place.line, place.column))
        };
        assert_eq!(place("t.csv", "a,b\n1,2\n3\n"), Some((3, 1)));
        assert_eq!(place("t.jsonl", "{\"a\":1}\n{\"a\":}"), Some((2, 6)));
        assert_eq!(place("t.json", "[1]"), Some((1, 2)));
        assert_eq!(place("t.json", "{}"), Some((1, 1)));
        assert_eq!(place("t.csv", "a,a\n"), Some((1, 1)));
    }

    #[test]
    fn every_bad_row_is_shown() {
        let lines = |name, text| {
            let errors = open(name, text).rows().unwrap_err();
            errors.iter().filter_map(|error| error.place.as_ref().map(|place| place.line)).collect::<Vec<_>>()
        };
        assert_eq!(lines("t.csv", "a,b\n1\n1,2\n1,2,3\n"), [2, 4]);
        assert_eq!(lines("t.jsonl", "{\n{\"a\": 1}\n7\n{\"a\": }\n"), [1, 3, 4]);
        assert_eq!(lines("t.json", "[1,\n{},\n2]"), [1, 3]);
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        let files = Memory::of(&[("s/p.yaml", ""), ("secret.csv", "a\n")]);
        for name in ["../secret.csv", "/etc/passwd.csv", "a/../../secret.csv", "C:\\x.csv", "..\\x.csv", ""] {
            assert!(
                matches!(DataFile::open(Path::new("s/p.yaml"), name, &files), Err(OpenError::Name(_))),
                "{name}"
            );
        }
    }
}
