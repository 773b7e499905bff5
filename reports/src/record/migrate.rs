//! Headers of older formats, brought up to the newest a step at a time.
//!
//! A format is raised when an old reader would misread what a new Grice writes. Its step says what a record of the
//! format before left unsaid; `tests/records` keeps a record of every format, and a test reads each.

use super::FORMAT_VERSION;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The step from format 1 on stands first.
const STEPS: [fn(&mut Value); FORMAT_VERSION as usize - 1] =
    [coupling_is_said, nothing_changes, the_model_is_one_of_a_cast];

/// Reads a line with a header of the given format in it, at a JSON pointer, as what the newest format has for it.
///
/// # Errors
/// When the line is no JSON, or not what it is to be read as.
pub(crate) fn read<T: DeserializeOwned>(line: &[u8], header: &str, format: u32) -> serde_json::Result<T> {
    if format >= FORMAT_VERSION {
        return serde_json::from_slice(line);
    }
    let mut line: Value = serde_json::from_slice(line)?;
    if let Some(header) = line.pointer_mut(header) {
        upgrade(header, format);
    }
    serde_json::from_value(line)
}

/// Brings a header up to [`FORMAT_VERSION`]. What is no header is left as it is, for the reader to complain of.
fn upgrade(header: &mut Value, format: u32) {
    for step in STEPS.iter().skip((format as usize).saturating_sub(1)) {
        step(header);
    }
    if let Some(said) = header.get_mut("format") {
        *said = json!(FORMAT_VERSION);
    }
}

/// From 1 to 2: before draws could be coupled, they were not, and nothing said so.
fn coupling_is_said(header: &mut Value) {
    let probes = header.get_mut("probes").and_then(Value::as_array_mut);
    for probe in probes.into_iter().flatten() {
        if let Some(sampling) = probe.get_mut("sampling").and_then(Value::as_object_mut) {
            sampling.entry("coupling").or_insert_with(|| json!("none"));
        }
    }
}

/// From 2 to 3: the lines got checksums, which stand outside of the header.
fn nothing_changes(_: &mut Value) {}

/// From 3 to 4: there was one speaker. What the dialogues were, only the text of the spec says.
fn the_model_is_one_of_a_cast(header: &mut Value) {
    let Some(header) = header.as_object_mut() else { return };
    let mut player = serde_json::Map::new();
    for key in ["model", "engine"] {
        if let Some(value) = header.remove(key) {
            player.insert(key.to_owned(), value);
        }
    }
    header.insert("cast".to_owned(), json!({ "model": player }));
}
