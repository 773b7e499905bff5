//! Whether a spec still asks what was run: only then can its scores be laid over the transcripts of a run.

use crate::spec::Probe;
use reports::record::{
    ProbeRecord,
    dialogue::{in_words, parting},
};

/// What the spec asks otherwise than the record, a phrase each; nothing where it asks the same. How many samples were taken
/// and how they were drawn is the run's business.
pub(super) fn changes(old: &ProbeRecord, new: &Probe) -> Vec<String> {
    let mut changes = Vec::new();
    changes.extend(cases(old, &new.record));
    changes.extend(arms(old, &new.record));
    changes.extend(dialogues(old, &new.record));
    let (then, now) = (in_words(&old.sampling), in_words(&new.record.sampling));
    if then != now && !old.resampled {
        changes.push(format!("its sampling was {then} and is {now}"));
    }
    changes
}

fn cases(old: &ProbeRecord, new: &ProbeRecord) -> Option<String> {
    let now = |id: &str| new.cases.iter().find(|case| case.id == id);
    let then = |id: &str| old.cases.iter().find(|case| case.id == id);
    let gone = old.cases.iter().find(|case| now(&case.id).is_none());
    let added = new.cases.iter().find(|case| then(&case.id).is_none());
    let other = old.cases.iter().find(|case| now(&case.id).is_some_and(|now| now != *case));
    match (gone, added, other) {
        (Some(case), ..) => Some(format!("the case `{}` was run and is gone", case.id)),
        (_, Some(case), _) => Some(format!("the case `{}` is new", case.id)),
        (.., Some(case)) => Some(format!("the case `{}` has changed", case.id)),
        (None, None, None) => None,
    }
}

/// Descriptions of arms are for readers; what they set counts.
fn arms(old: &ProbeRecord, new: &ProbeRecord) -> Option<String> {
    let gone = old.arms.keys().find(|name| !new.arms.contains_key(*name));
    let added = new.arms.keys().find(|name| !old.arms.contains_key(*name));
    let differs = |name: &&String| match (old.arms.get(*name), new.arms.get(*name)) {
        (Some(then), Some(now)) => !then.sets_like(now),
        _ => false,
    };
    let other = old.arms.keys().find(differs);
    match (gone, added, other) {
        (Some(name), ..) => Some(format!("{} was run and is gone", arm(name))),
        (_, Some(name), _) => Some(format!("{} is new", arm(name))),
        (.., Some(name)) => Some(format!("{} sets other variables", arm(name))),
        (None, None, None) => None,
    }
}

fn arm(name: &str) -> String {
    if name.is_empty() { "what every case shares".to_owned() } else { format!("the arm `{name}`") }
}

/// Where the dialogues first part. A record from before dialogues were kept has those that its texts come to (`spec::with_dialogues`).
fn dialogues(old: &ProbeRecord, new: &ProbeRecord) -> Option<String> {
    if old.dialogues.is_empty() && old.source != new.source {
        return Some("this version of Grice cannot read the text of the spec that was run".to_owned());
    }
    new.dialogues.iter().find_map(|(name, now)| {
        let (then, now) = parting(old.dialogues.get(name)?, now, !old.resampled)?;
        let of = if name.is_empty() { String::new() } else { format!(" of the arm `{name}`") };
        Some(format!("the dialogue{of} had {then} where it has {now}"))
    })
}
