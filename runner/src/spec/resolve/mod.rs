//! From a raw spec to a probe: defaults are filled in, data files read, names looked up, and
//! everything that can be known to be wrong is collected.

mod arm;
mod cases;
mod designs;
mod dialogue;
mod figures;
mod metrics;
mod replay;
mod said;
mod sampling;
mod scores;
mod speakers;
mod texts;

use super::{
    diagnostic::Diagnostic,
    files::{Files, shown},
    location::EntryPart,
    probe::Probe,
    problems::{Problems, is_name},
    raw::RawProbe,
    rehearse,
};
use arm::Arm;
use indexmap::IndexMap;
use reports::record::{Coupling, ProbeRecord, Sampling, dialogue::Dialogue};
use scorers::lenient::Reading;
use std::{collections::BTreeSet, path::Path};

/// Most samples of a case in an arm.
pub const MAX_SAMPLES: u32 = 100_000;

/// Most replies that one probe may generate in a run.
pub const MAX_GENERATIONS: u64 = 1_000_000;

/// Resolves one spec. `reading` is what was wrong with its shape, where `raw` is only what was meant.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub(super) fn resolve(
    raw: &RawProbe,
    path: &Path,
    source: &str,
    files: &dyn Files,
    reading: Option<&Reading<RawProbe>>,
) -> Result<Probe, Vec<Diagnostic>> {
    let mut problems = Problems::default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(source.as_bytes());

    let open = |key: &str| reading.is_some_and(|reading| reading.is_open(key));
    identity(raw, &open, &mut problems);
    let sampling = sampling::resolve(&raw.sampling, sampling::DEFAULT, "sampling", &mut problems);
    let scripts = speakers::scripts(raw, path, files, &mut problems);
    let unread = BTreeSet::new();
    let figures = Vec::new();
    let mut data = cases::Data { path, files, hasher, problems: &mut problems, unread, figures };
    let constants = data.constants(raw);
    let cases = data.cases(raw, &constants);
    let (hash, unread, figures) = (data.hasher.finalize().to_hex().to_string(), data.unread, data.figures);
    let arms = cases::arms(raw, &constants, &cases, &mut problems);
    let mut names: Vec<&str> = arms.keys().map(String::as_str).collect();
    // Cases that could not be read may have named any arm.
    names.retain(|name| !(name.is_empty() && cases.is_empty()));
    let arms: Vec<Arm> = arms
        .iter()
        .map(|(name, record)| {
            let dialogue = dialogue::build(raw, name, &names, &sampling, &mut problems);
            Arm { name: name.clone(), record: record.clone(), dialogue }
        })
        .collect();
    // Without cases every variable would be missing; why there are none has been said.
    if !cases.is_empty() {
        texts::check(&arms, &cases, &unread, &mut problems);
    }
    let scores = scores::resolve(raw, &arms, &cases, &unread, &mut problems);
    figures::check(raw, source, figures, &arms, scores.values(), &mut problems);
    let metrics = metrics::resolve(raw, &arms, &cases, &scores, &mut problems);
    let expect = metrics::expectations(raw, &mut problems);
    let better = metrics::directions(raw, &mut problems);
    let controls = metrics::controls(raw, &mut problems);
    let samples = raw.samples.unwrap_or(1);

    let record = ProbeRecord {
        id: raw.probe.clone(),
        about: raw.about.trim().to_owned(),
        construct: raw.construct.clone(),
        cites: raw.cites.clone(),
        path: shown(path),
        source: source.to_owned(),
        hash,
        samples,
        cells: None,
        first_look: None,
        sampling,
        resampled: false,
        arms: arms.iter().map(|arm| (arm.name.clone(), arm.record.clone())).collect(),
        cases,
        dialogues: arms.into_iter().map(|arm| (arm.name, arm.dialogue.steps)).collect(),
        scores: scores.into_iter().map(|(name, score)| (name, score.record)).collect(),
        metrics,
        better,
        expect,
        controls,
    };
    let must_couple = raw.sampling.coupling == Some(Coupling::Gumbel);
    let probe = Probe { record, must_couple, scripts };
    if problems.len() == 0 {
        bounds(&probe, &mut problems);
    }
    if let Some(reading) = reading {
        problems.structural(reading);
    }
    if problems.len() == 0 { Ok(probe) } else { Err(problems.place(&shown(path), source)) }
}

/// The dialogues of a spec, by arm, without a look at its data, and its own sampling; what is wrong with it is not said.
pub(super) fn dialogues(raw: &RawProbe, arms: &[&str]) -> (IndexMap<String, Dialogue>, Sampling) {
    let mut unsaid = Problems::default();
    let sampling = sampling::resolve(&raw.sampling, sampling::DEFAULT, "sampling", &mut unsaid);
    let build =
        |name: &&str| ((*name).to_owned(), dialogue::build(raw, name, arms, &sampling, &mut unsaid).steps);
    let dialogues = arms.iter().map(build).collect();
    (dialogues, sampling)
}

/// The probe's own keys.
fn identity(raw: &RawProbe, open: &dyn Fn(&str) -> bool, problems: &mut Problems) {
    let parts: Vec<&str> = raw.probe.split('.').collect();
    if parts.len() < 2 || !parts.iter().all(|part| is_name(part, false)) {
        problems.add_help(
            "probe",
            EntryPart::Value,
            format!("`{}` is no name of a probe", raw.probe),
            "write `family.name`, of letters, digits, `-` and `_`",
        );
    }
    if raw.about.trim().is_empty() {
        problems.add("about", EntryPart::Value, "a probe says in one sentence what it is about");
    }
    match raw.samples {
        Some(0) => problems.add("samples", EntryPart::Value, "with 0 samples nothing is run"),
        Some(samples) if samples > MAX_SAMPLES => {
            problems.add("samples", EntryPart::Value, format!("at most {MAX_SAMPLES} samples"));
        }
        _ => {}
    }
    if raw.score.is_empty() && !open("score") {
        problems.add_help(
            if raw.metrics.is_empty() { "probe" } else { "metrics" },
            EntryPart::Key,
            "the probe scores nothing",
            "name at least one scorer under `score:`",
        );
    }
    if raw.metrics.is_empty() && !open("metrics") {
        problems.add_help(
            if raw.score.is_empty() && !open("score") { "probe" } else { "score" },
            EntryPart::Key,
            "the probe has no metric",
            "name at least one under `metrics:`, such as `asks: { rate: { of: NAME_OF_A_SCORE } }`",
        );
    }
}

/// Refuses a plan that nobody can mean.
fn bounds(probe: &Probe, problems: &mut Problems) {
    let mut generations = 0_u64;
    for case in &probe.record.cases {
        for (name, arm, dialogue) in probe.arms_of(case) {
            let one = rehearse::outline(dialogue, case.variables_in(Some((name, arm)))).generations;
            generations = generations.saturating_add(one.saturating_mul(u64::from(probe.record.samples)));
            if generations > MAX_GENERATIONS {
                let message = format!("the probe would generate more than {MAX_GENERATIONS} replies");
                return problems.add_help(
                    "samples",
                    EntryPart::Value,
                    message,
                    "fewer cases, arms or samples",
                );
            }
        }
    }
}
