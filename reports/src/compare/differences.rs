//! Finding what differs between two headers.

use super::comparability::{Comparability, Difference, DifferenceName, Severity};
use super::coupled::Coupled;
use super::side::Side;
use crate::record::{
    ArmRecord, CaseRecord, Cast, Coupling, EngineIdentity, Header, Player, ProbeRecord, Sampling,
    ScoreRecord,
    dialogue::{in_words, parting},
};
use scorers::Speaker;
use std::collections::BTreeSet;

/// Characters of a value that a difference quotes.
const QUOTED: usize = 80;

/// Everything that differs; `allow` holds the differences that the user accepts.
pub(super) fn between(base: &Side, head: &Side, allow: &BTreeSet<DifferenceName>) -> Comparability {
    let mut found = Differences { allow, differences: Vec::new(), probe: None };
    let (one, other) = (base.header(), head.header());
    of_runs(&mut found, one, other);
    for (name, side) in [("base", base), ("head", head)] {
        if !side.complete() {
            let (base, head) = if name == "base" { ("cut short", "") } else { ("", "cut short") };
            found.add(DifferenceName::Incomplete, base, head);
        }
    }
    for probe in &one.probes {
        found.probe = Some(probe.id.clone());
        match other.probes.iter().find(|other| other.id == probe.id) {
            Some(other) => of_probes(&mut found, probe, other),
            None => found.add(DifferenceName::Probes, "present", "absent"),
        }
    }
    for probe in &other.probes {
        if !one.probes.iter().any(|one| one.id == probe.id) {
            found.probe = Some(probe.id.clone());
            found.add(DifferenceName::Probes, "absent", "present");
        }
    }
    let mut differences = found.differences;
    differences.sort_by_key(|difference| (difference.severity == Severity::Note, difference.name));
    let (model, other_model) = (one.model(), other.model());
    // Weights compute what their configuration says.
    let same_files = model.unlike_files(other_model).is_empty();
    let same_weights = model
        .weights
        .as_ref()
        .zip(other_model.weights.as_ref())
        .map(|(weights, other)| weights == other && model.adapter == other_model.adapter && same_files);
    Comparability {
        refused: differences.iter().any(|found| found.severity == Severity::Refuse && !found.allowed),
        same_seed: one.seed == other.seed,
        same_weights,
        coupled: Coupled::of(base, head),
        differences,
    }
}

fn of_runs(found: &mut Differences<'_>, base: &Header, head: &Header) {
    let (engine, other) = (base.engine(), head.engine());
    found.compare(DifferenceName::Engine, &engine.name, &other.name);
    if engine.name == other.name {
        found.compare(DifferenceName::EngineVersion, &engine.version, &other.version);
    }
    of_casts(found, &base.cast, &head.cast);
    found.compare(DifferenceName::Device, &device_kind(engine), &device_kind(other));
    found.compare(DifferenceName::Dtype, &engine.numbers(), &other.numbers());
    let known = |hash: &Option<String>| hash.clone().unwrap_or_else(|| "unknown".to_owned());
    let (model, other_model) = (base.model(), head.model());
    found.compare(
        DifferenceName::ChatTemplate,
        &known(&model.chat_template),
        &known(&other_model.chat_template),
    );
    found.compare(DifferenceName::Tokenizer, &known(&model.tokenizer), &known(&other_model.tokenizer));
    if let Some((date, other)) = model.date().zip(other_model.date()) {
        found.compare(DifferenceName::Date, date, other);
    }
    let unlike = model.unlike_files(other_model);
    let [mine, theirs] = [model, other_model].map(|model| {
        let hashed = |name: &&str| Some(format!("{name} {}", model.files.get(*name)?));
        unlike.iter().filter_map(hashed).collect::<Vec<_>>().join(", ")
    });
    found.compare(DifferenceName::Configuration, &mine, &theirs);
    let context = |context: Option<u32>| context.map_or("no limit".to_owned(), |tokens| tokens.to_string());
    found.compare(DifferenceName::Context, &context(engine.context), &context(other.context));
    found.compare(DifferenceName::GriceVersion, &base.grice.version, &head.grice.version);
    found.compare(DifferenceName::Seed, &base.seed.to_string(), &head.seed.to_string());
}

/// The speakers beside the model that others play, each as a difference of its own.
fn of_casts(found: &mut Differences<'_>, base: &Cast, head: &Cast) {
    let speakers: BTreeSet<&Speaker> = base.others.keys().chain(head.others.keys()).collect();
    for speaker in speakers {
        let [mine, theirs] = [base, head].map(|cast| cast.others.get(speaker));
        let parts: Vec<_> = match (mine, theirs) {
            (Some(mine), Some(theirs)) => {
                let (mine, theirs) = (facts(mine), facts(theirs));
                mine.into_iter().zip(theirs).filter(|(mine, theirs)| mine != theirs).collect()
            }
            (mine, theirs) => {
                let named = |player: Option<&Player>| player.map_or("nobody".to_owned(), name);
                vec![(named(mine), named(theirs))]
            }
        };
        if let Some((mine, theirs)) = parts.first() {
            let more = parts.len().saturating_sub(1);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            let of = |part: &str| format!("{speaker}: {part}{more}");
            found.add(DifferenceName::Cast, &of(mine), &of(theirs));
        }
    }
}

fn name(player: &Player) -> String {
    player.model.bare_reference().to_owned()
}

/// What decides about the replies of a player: of two players they stand in the same order.
fn facts(Player { model, engine }: &Player) -> Vec<String> {
    let known = |what: &str, hash: &Option<String>| match hash {
        Some(hash) => format!("{what} {hash}"),
        None => format!("unknown {what}"),
    };
    // The same weights are the same model, wherever they lie.
    let model_is = match &model.weights {
        Some(weights) => format!("weights {weights}"),
        None => model.bare_reference().to_owned(),
    };
    let files = model.files.iter().map(|(name, hash)| format!("{name} {hash}")).collect::<Vec<_>>();
    vec![
        model_is,
        known("adapter", &model.adapter),
        known("chat template", &model.chat_template),
        known("tokenizer", &model.tokenizer),
        format!("date {}", model.date().unwrap_or("none")),
        files.join(", "),
        format!("{} {}", engine.name, engine.version),
        device_kind(engine),
        engine.numbers(),
    ]
}

/// The kind of a device without its number and name, and what computes attention on it: `cuda:0 NVIDIA
/// H200` is `cuda`, or `cuda with paged attention`.
fn device_kind(engine: &EngineIdentity) -> String {
    let kind = engine.device.split([':', ' ']).next().unwrap_or(&engine.device);
    match &engine.attention {
        Some(attention) => format!("{kind} with {attention} attention"),
        None => kind.to_owned(),
    }
}

fn of_probes(found: &mut Differences<'_>, base: &ProbeRecord, head: &ProbeRecord) {
    // Their order is nothing that is measured: pairs are found by id.
    if base.cases != head.cases && sorted(base) != sorted(head) {
        let changed = changed(
            base.cases.iter().map(|case| (case.id.as_str(), case)),
            head.cases.iter().map(|case| (case.id.as_str(), case)),
        );
        found.add_both(DifferenceName::Cases, &changed);
    }
    let like = |arm: &ArmRecord, other: Option<&ArmRecord>| other.is_some_and(|other| arm.sets_like(other));
    let same = base.arms.len() == head.arms.len()
        && base.arms.iter().all(|(name, arm)| like(arm, head.arms.get(name)));
    if !same {
        let of = |one: &ProbeRecord, other: &ProbeRecord| {
            let own = one.arms.iter().filter(|(name, arm)| !like(arm, other.arms.get(*name)));
            so_only_here(one.arms.len(), &own.map(|(name, _)| name.as_str()).collect::<Vec<_>>())
        };
        found.add(DifferenceName::Arms, &of(base, head), &of(head, base));
    }
    for (name, score) in &base.scores {
        match head.scores.get(name) {
            Some(other) if !score.grades_like(other) => {
                let said = |score: &ScoreRecord| format!("{name}: {}", score.scorer);
                found.add(DifferenceName::Scorers, &said(score), &said(other));
            }
            Some(other) if score.cut_off != other.cut_off => {
                let said = |score: &ScoreRecord| format!("{name}: cut_off {}", score.cut_off.word());
                found.add(DifferenceName::Scorers, &said(score), &said(other));
            }
            Some(_) => {}
            None => found.add(DifferenceName::MetricsMissing, &format!("score {name}"), ""),
        }
    }
    for (name, metric) in &base.metrics {
        match head.metrics.get(name) {
            Some(other) if metric != other => {
                found.add(
                    DifferenceName::Metrics,
                    &format!("{name}: {metric:?}"),
                    &format!("{name}: {other:?}"),
                );
            }
            Some(_) => {}
            None => found.add(DifferenceName::MetricsMissing, name, ""),
        }
    }
    for name in head.metrics.keys().filter(|name| !base.metrics.contains_key(*name)) {
        found.add(DifferenceName::MetricsMissing, "", name);
    }
    // What a model draws on average does not depend on coupling, which is stated by itself.
    let sampling = |probe: &ProbeRecord| Sampling { coupling: Coupling::None, ..probe.sampling.clone() };
    let (sampling, other_sampling) = (sampling(base), sampling(head));
    if sampling != other_sampling {
        found.compare(DifferenceName::Sampling, &in_words(&sampling), &in_words(&other_sampling));
    }
    found.compare(DifferenceName::Samples, &base.samples.to_string(), &head.samples.to_string());
    of_dialogues(found, base, head);
}

/// The cases of a probe by their ids.
fn sorted(probe: &ProbeRecord) -> Vec<&CaseRecord> {
    let mut cases: Vec<&CaseRecord> = probe.cases.iter().collect();
    cases.sort_by(|one, other| one.id.cmp(&other.id));
    cases
}

/// What is said stands in the steps; the text of the spec beside them is for readers. A record from before steps were kept has only
/// its text, in which nobody looks for what is said.
fn of_dialogues(found: &mut Differences<'_>, base: &ProbeRecord, head: &ProbeRecord) {
    if base.dialogues.is_empty() || head.dialogues.is_empty() {
        if base.source != head.source {
            found.add(
                DifferenceName::Dialogue,
                "perhaps: the text of its spec is another",
                "only one of them",
            );
        }
    } else {
        let none = Vec::new();
        let names: BTreeSet<&String> = base.dialogues.keys().chain(head.dialogues.keys()).collect();
        let of = |probe: &'_ ProbeRecord, name: &String| probe.dialogues.get(name).unwrap_or(&none).clone();
        let parts =
            |sampling| names.iter().find_map(|name| parting(&of(base, name), &of(head, name), sampling));
        match (parts(false), parts(true)) {
            (Some((one, other)), _) => return found.add(DifferenceName::Dialogue, &one, &other),
            // Turns that have sampling of their own.
            (None, Some((one, other))) if !found.has(DifferenceName::Sampling) => {
                found.add(DifferenceName::Sampling, &one, &other);
            }
            _ => {}
        }
    }
    if (&base.source, &base.hash) != (&head.source, &head.hash) {
        found.add(DifferenceName::SpecText, &base.hash, &head.hash);
    }
}

/// What was added, removed and changed, in a few words.
fn changed<'a, T: PartialEq + 'a>(
    base: impl Iterator<Item = (&'a str, &'a T)>,
    head: impl Iterator<Item = (&'a str, &'a T)>,
) -> (String, String) {
    let (base, head): (Vec<_>, Vec<_>) = (base.collect(), head.collect());
    let of = |one: &[(&str, &T)], other: &[(&str, &T)]| {
        let own: Vec<&str> = one
            .iter()
            .filter(|(name, value)| !other.iter().any(|(other, found)| other == name && found == value))
            .map(|(name, _)| *name)
            .collect();
        so_only_here(one.len(), &own)
    };
    (of(&base, &head), of(&head, &base))
}

/// How many there are in all, and which of them are so in one record only.
fn so_only_here(all: usize, own: &[&str]) -> String {
    match own {
        [] => format!("{all} in all"),
        [only] => format!("{all} in all, `{only}` so only here"),
        [first, ..] => format!("{all} in all, {} so only here, first `{first}`", own.len()),
    }
}

/// Differences while they are being found.
struct Differences<'a> {
    allow: &'a BTreeSet<DifferenceName>,
    differences: Vec<Difference>,
    probe: Option<String>,
}

impl Differences<'_> {
    fn compare(&mut self, name: DifferenceName, base: &str, head: &str) {
        if base != head {
            self.add(name, base, head);
        }
    }

    /// Whether a difference of that name was found in the probe that is looked at.
    fn has(&self, name: DifferenceName) -> bool {
        self.differences.iter().any(|found| found.name == name && found.probe == self.probe)
    }

    fn add_both(&mut self, name: DifferenceName, (base, head): &(String, String)) {
        self.add(name, base, head);
    }

    fn add(&mut self, name: DifferenceName, base: &str, head: &str) {
        // A template that only one record knows about cannot be said to differ.
        let unknown = name == DifferenceName::ChatTemplate && [base, head].contains(&"unknown");
        let severity = if unknown { Severity::Note } else { name.severity() };
        self.differences.push(Difference {
            name,
            probe: self.probe.clone(),
            severity,
            allowed: severity == Severity::Refuse && self.allow.contains(&name),
            base: quoted(base),
            head: quoted(head),
        });
    }
}

fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_kinds() {
        let engine = |device: &str, attention: Option<&str>| EngineIdentity {
            device: device.to_owned(),
            attention: attention.map(ToOwned::to_owned),
            ..EngineIdentity::default()
        };
        for device in ["cuda:0 NVIDIA H200", "cuda NVIDIA L4", "cuda"] {
            assert_eq!(device_kind(&engine(device, None)), "cuda");
        }
        assert_eq!(device_kind(&engine("cpu", None)), "cpu");
        assert_eq!(device_kind(&engine("cuda NVIDIA L4", Some("paged"))), "cuda with paged attention");
    }
}
