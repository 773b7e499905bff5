//! Cases that are made by a design: pairs of the outcomes of a list, for choices between two.

use super::cases::Data;
use crate::spec::{
    location::EntryPart,
    problems::{is_name, suggestion},
    raw::{Orders, PairDesign, RawPairs, RawRow},
    scope::describe,
};
use scorers::{scorer::folded, template::Variables};
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};

/// Pairs of one design, at most.
const MAX_PAIRS: usize = 50_000;

/// Letters of an id that is made from a text, at most.
const LONGEST_ID: usize = 40;

/// Something that can be chosen.
struct Outcome {
    id: String,
    text: String,
}

impl Data<'_> {
    /// A case for every pair and order of a design.
    pub(super) fn pairs(&mut self, design: &RawPairs, constants: &Variables) -> Vec<RawRow> {
        let outcomes = self.outcomes(design, constants);
        let count = outcomes.len();
        let all = count * count.saturating_sub(1) / 2;
        let wanted = match (design.design, design.number) {
            (PairDesign::All, None) => all,
            (PairDesign::All, Some(_)) => {
                let help = "`design: random` takes some of them";
                let message = "all pairs are as many as there are";
                self.problems.add_help("cases.pairs.number", EntryPart::Key, message, help);
                return Vec::new();
            }
            (PairDesign::Random, None) => {
                let message = "a random design takes a `number` of pairs";
                self.problems.add("cases.pairs.design", EntryPart::Value, message);
                return Vec::new();
            }
            (PairDesign::Random, Some(number)) => number as usize,
        };
        if count < 2 {
            return Vec::new();
        }
        if wanted == 0 || wanted > all {
            let message = format!("of {count} outcomes there are from 1 to {all} pairs");
            self.problems.add("cases.pairs.number", EntryPart::Value, message);
            return Vec::new();
        }
        if wanted > MAX_PAIRS {
            let message = format!("{wanted} pairs are more than the {MAX_PAIRS} allowed");
            self.problems.add_help(
                "cases.pairs",
                EntryPart::Key,
                message,
                "`design: random` takes some of them",
            );
            return Vec::new();
        }
        let drawn: Vec<(usize, usize)> = match design.design {
            PairDesign::All => {
                (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other))).collect()
            }
            PairDesign::Random => random(count, wanted, design.seed),
        };
        let orders: &[bool] = match design.orders {
            Orders::Both => &[false, true],
            Orders::Given => &[false],
        };
        if design.wordings == Some(0) {
            let message = "there is at least one wording";
            self.problems.add("cases.pairs.wordings", EntryPart::Value, message);
            return Vec::new();
        }
        let mut rows = Vec::new();
        for (number, (one, other)) in (0_u32..).zip(&drawn) {
            let (Some(one), Some(other)) = (outcomes.get(*one), outcomes.get(*other)) else { continue };
            for swapped in orders {
                let mut row = row(one, other, *swapped);
                if let Some(wording) = design.wordings.and_then(|wordings| number.checked_rem(wordings)) {
                    row.insert("wording".to_owned(), Json::from(wording));
                }
                rows.push(row);
            }
        }
        rows
    }

    /// The outcomes of the list that a design names.
    fn outcomes(&mut self, design: &RawPairs, constants: &Variables) -> Vec<Outcome> {
        let path = "cases.pairs.of";
        let name = &design.of;
        if self.unread.contains(name) {
            return Vec::new();
        }
        let Some(value) = constants.get(name) else {
            let hint = suggestion(name, constants.keys().map(String::as_str));
            self.problems.add_help(
                path,
                EntryPart::Value,
                format!("there is no `{name}` under `data`"),
                hint,
            );
            return Vec::new();
        };
        let Json::Array(list) = value else {
            let message = format!("`{name}` is {}, not a list of outcomes", describe(value));
            self.problems.add(path, EntryPart::Value, message);
            return Vec::new();
        };
        if list.len() < 2 {
            let message = format!("`{name}` has fewer than two outcomes, and a choice is between two");
            self.problems.add(path, EntryPart::Value, message);
        }
        let mut outcomes: Vec<Outcome> = Vec::new();
        let (mut ids, mut texts): (HashSet<String>, HashMap<String, String>) =
            (HashSet::new(), HashMap::new());
        for (index, entry) in list.iter().enumerate() {
            let number = index + 1;
            let text = entry.as_str().or_else(|| entry.get("text").and_then(Json::as_str)).map(str::trim);
            let Some(text) = text.filter(|text| !text.is_empty()) else {
                let message = format!("outcome {number} of `{name}` is no text, nor a map with a `text`");
                self.problems.add(path, EntryPart::Value, message);
                continue;
            };
            if let Some(before) = texts.insert(folded(text), text.to_owned()) {
                let message = format!("the outcomes `{before}` and `{text}` of `{name}` are the same");
                self.problems.add(path, EntryPart::Value, message);
                continue;
            }
            let id = match entry.get("id").and_then(Json::as_str) {
                Some(id) if is_name(id, false) => id.to_owned(),
                Some(id) => {
                    let message = format!("`{id}` cannot be the `id` of an outcome");
                    let help = "letters, digits, `-` and `_`, beginning with a letter or digit";
                    self.problems.add_help(path, EntryPart::Value, message, help);
                    continue;
                }
                None => short(text, number),
            };
            if !ids.insert(id.clone()) {
                let message = format!("two outcomes of `{name}` have the id `{id}`");
                let help = "give them ids of their own: { id: …, text: … }";
                self.problems.add_help(path, EntryPart::Value, message, help);
                continue;
            }
            outcomes.push(Outcome { id, text: text.to_owned() });
        }
        outcomes
    }
}

/// An id for a text: its words as far as they fit, or its number.
fn short(text: &str, number: usize) -> String {
    let mut id = String::new();
    for word in
        folded(text).split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
    {
        if id.len() + word.len() >= LONGEST_ID {
            break;
        }
        if !id.is_empty() {
            id.push('-');
        }
        id.push_str(word);
    }
    if id.is_empty() { format!("outcome-{number}") } else { id }
}

fn row(one: &Outcome, other: &Outcome, swapped: bool) -> RawRow {
    let (first, second) = if swapped { (other, one) } else { (one, other) };
    // Ids hold no dots, so that no two pairs run together.
    let text = |text: &str| Json::from(text);
    RawRow::from_iter([
        ("id".to_owned(), Json::from(format!("{}.{}", first.id, second.id))),
        ("pair".to_owned(), Json::from(format!("{}.{}", one.id, other.id))),
        ("first".to_owned(), text(&first.text)),
        ("second".to_owned(), text(&second.text)),
        ("first_id".to_owned(), text(&first.id)),
        ("second_id".to_owned(), text(&second.id)),
        ("order".to_owned(), text(if swapped { "swapped" } else { "given" })),
    ])
}

/// So many pairs, the same on every machine: first a ring through all outcomes, so that no group of them is never held against the others,
/// then others in the order of their hashes.
fn random(count: usize, wanted: usize, seed: u64) -> Vec<(usize, usize)> {
    let hash = |parts: &[usize]| {
        let mut hasher = blake3::Hasher::new_derive_key("grice pairs of outcomes v1");
        hasher.update(&seed.to_le_bytes());
        for part in parts {
            hasher.update(&(*part as u64).to_le_bytes());
        }
        *hasher.finalize().as_bytes()
    };
    let mut ring: Vec<usize> = (0..count).collect();
    ring.sort_by_key(|outcome| hash(&[*outcome]));
    let sorted = |one: usize, other: usize| (one.min(other), one.max(other));
    let next = ring.iter().skip(1).chain(ring.first());
    let mut drawn: Vec<(usize, usize)> =
        ring.iter().zip(next).map(|(one, other)| sorted(*one, *other)).collect();
    // Of two outcomes the ring is one pair, there and back.
    drawn.dedup();
    let known: HashSet<(usize, usize)> = drawn.iter().copied().collect();
    let all = (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other)));
    let mut rest: Vec<(usize, usize)> = all.filter(|pair| !known.contains(pair)).collect();
    rest.sort_by_cached_key(|(one, other)| hash(&[*one, *other]));
    drawn.extend(rest);
    drawn.truncate(wanted);
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_design_is_the_same_everywhere_and_leaves_nobody_out() {
        let drawn = random(12, 20, 7);
        assert_eq!(drawn, random(12, 20, 7));
        assert_ne!(drawn, random(12, 20, 8));
        let distinct: HashSet<_> = drawn.iter().collect();
        assert_eq!(distinct.len(), 20);
        for outcome in 0..12 {
            assert!(drawn.iter().filter(|(one, other)| *one == outcome || *other == outcome).count() >= 2);
        }
        assert_eq!(random(2, 1, 0), [(0, 1)]);
        assert_eq!(random(3, 3, 0).iter().collect::<HashSet<_>>().len(), 3);
        // A witness: other pairs under this seed would be another design.
        assert_eq!(random(5, 3, 1), [(0, 4), (3, 4), (2, 3)]);
    }

    #[test]
    fn ids_are_short_and_say_what_they_are_of() {
        assert_eq!(short("A week of sun.", 1), "a-week-of-sun");
        assert_eq!(short("…", 3), "outcome-3");
        assert!(short(&"long ".repeat(30), 1).len() <= LONGEST_ID);
    }
}
