//! From the user's paths to probes.

use super::{
    diagnostic::Diagnostic,
    files::{Files, MAX_FILE, shown, spec_files},
    location::{EntryPart, Locations},
    parse,
    probe::{Probe, Resample},
    problems::Problems,
    resolve,
};
use indexmap::IndexMap;
use reports::record::{
    Header, ProbeRecord,
    dialogue::{Dialogue, Speak, each_spoken},
};
use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
};

/// Reads every spec that the paths stand for: files, and folders with all specs below them.
///
/// # Errors
/// Everything that is wrong with any of them, in the order of the files and of the places in them.
pub fn load(paths: &[PathBuf], files: &dyn Files) -> Result<Vec<Probe>, Vec<Diagnostic>> {
    let (found, mut problems) = spec_files(paths, files);
    let mut probes: Vec<Probe> = Vec::new();
    for path in found {
        match load_one(&path, files) {
            Ok(probe) => probes.push(probe),
            Err(more) => problems.extend(more),
        }
    }
    let mut first: HashMap<&str, &Probe> = HashMap::new();
    for probe in &probes {
        let record = &probe.record;
        match first.get(record.id.as_str()) {
            Some(earlier) => {
                let range = Locations::of(&record.source).range("probe", &EntryPart::Value);
                let message = format!("two probes have the name `{}`", record.id);
                let help = format!("the other one is {}", earlier.record.path);
                problems.push(Diagnostic::at(&record.path, &record.source, range, message).with_help(help));
            }
            None => {
                first.insert(&record.id, probe);
            }
        }
    }
    if problems.is_empty() { Ok(probes) } else { Err(problems) }
}

/// Reads one spec.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn load_one(path: &Path, files: &dyn Files) -> Result<Probe, Vec<Diagnostic>> {
    let name = shown(path);
    let bytes = files.read(path, MAX_FILE).map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::FileTooLarge => parse::too_large(),
            _ => format!("cannot be read: {error}"),
        };
        vec![Diagnostic::of_file(&name, reason)]
    })?;
    let source = parse::decode_known(&name, bytes, is_spec, ("spec", "probe"))?;
    match parse::parse(&name, &source) {
        Ok(raw) => resolve::resolve(&raw, path, &source, files, None),
        Err(error) => Err(misshapen(*error, path, &source, files)),
    }
}

/// Whether a text is meant to be a spec: it has the key `probe` or others that a spec needs.
fn is_spec(text: &str) -> bool {
    let has = |key| parse::has_key(text, key);
    has("probe")
        || ["about", "cases", "dialogue", "score", "metrics"].into_iter().filter(|key| has(key)).count() > 1
}

/// The header of a record with the dialogues that it was made with. One from before they were kept has only the texts of its specs:
/// what these come to, where they are specs to this version of Grice.
pub fn with_dialogues(mut header: Header) -> Header {
    for probe in header.probes.iter_mut().filter(|probe| probe.dialogues.is_empty()) {
        probe.dialogues = dialogues_of(probe).unwrap_or_default();
    }
    header
}

/// What the text of a spec that a record holds comes to, by arm; none where it is no spec to this version of Grice.
pub fn dialogues_of(record: &ProbeRecord) -> Option<IndexMap<String, Dialogue>> {
    let raw = parse::parse(&record.path, &record.source).ok()?;
    let arms: Vec<&str> = record.arms.keys().map(String::as_str).collect();
    let (mut dialogues, own) = resolve::dialogues(&raw, &arms);
    if record.resampled {
        let resample = Resample::to(&record.sampling);
        let mut change = |speak: &mut Speak| resample.apply(&mut speak.sampling, &own);
        dialogues.values_mut().for_each(|steps| each_spoken(steps, &mut change));
    }
    Some(dialogues)
}

/// Everything that is wrong with a spec that has not the shape of one: what does not fit, and what
/// can be said all the same of the rest.
fn misshapen(first: Diagnostic, path: &Path, source: &str, files: &dyn Files) -> Vec<Diagnostic> {
    let Some(mut reading) = parse::parse_leniently(source) else { return vec![first] };
    if reading.mistakes.is_empty() {
        return vec![first];
    }
    match reading.value.take() {
        Some(raw) => resolve::resolve(&raw, path, source, files, Some(&reading)).err().unwrap_or(vec![first]),
        None => {
            let mut problems = Problems::default();
            problems.structural(&reading);
            problems.place(&shown(path), source)
        }
    }
}
