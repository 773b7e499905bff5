//! Formality: how formal is the wording of a turn?
//!
//! The number is the share of formal markers among all markers of register, by weight, with neutral
//! weight added to either side so that few markers say little, and less the longer the text:
//!
//! `(F + k) / (F + C + 2k)`, with `k = max(1, words / 40)`
//!
//! where F and C are the weights of the formal and the casual markers. Without any marker it is 0.5;
//! it never reaches 0 or 1. The markers and their sources are in [`super::features`]; the formula is
//! Grice's own (the rule of succession over weights), chosen because it needs no model and no training
//! data, and gives the same number on every machine. How well it agrees with labels of a real model's
//! replies stands in `docs/validity.md`.

use super::features::{self, FoundMarker, Side};
use super::text::{plain, words};
use super::{ConfigError, Configure, Reads, Scorer};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How formal the wording is, from 0 (casual) to 1 (formal); 0.5 where nothing marks the register.
/// Counts markers of English: contractions, slang, greetings, exclamations and emoji against
/// courtesy formulas, titles, formal words and full forms.
/// Kinds of markers after Pavlick & Tetreault 2016 (doi:10.1162/tacl_a_00083) and Rao & Tetreault 2018
/// (arXiv:1803.06535); lists, weights and formula are Grice's own: (F + k) / (F + C + 2k) for the
/// weights F and C of the formal and the casual markers, with k = 1 for texts of up to 40 words and
/// a 40th of the words for longer ones. A habit such as a contraction never decides alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct Formality {
    /// The live turn to grade.
    pub turn: String,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

impl Configure for Formality {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Number
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        Ok(Box::new(self.clone()))
    }
}

impl Scorer for Formality {
    fn score(&self, _view: &View<'_>, text: &str) -> Outcome {
        let (formality, why) = measure(text);
        Outcome::number(formality).because(why)
    }
}

/// Words of a text beyond which a marker says less.
const WORDS: f64 = 40.0;

/// Formality from 0 to 1, and the markers that it rests on.
pub(super) fn measure(text: &str) -> (f64, String) {
    let found = features::find(text);
    let (formal, casual) = (features::weight(&found, Side::Formal), features::weight(&found, Side::Casual));
    let neutral = (words(&plain(text)).len() as f64 / WORDS).max(1.0);
    ((formal + neutral) / (formal + casual + 2.0 * neutral), evidence(&found))
}

/// The markers of either side, each once.
fn evidence(found: &[FoundMarker]) -> String {
    const MOST: usize = 6;
    let list = |side, title: &str| {
        let markers: BTreeSet<String> = found
            .iter()
            .filter(|one| one.side == side)
            .map(|one| format!("“{}” ({})", super::text::excerpt(&one.words), one.name))
            .collect();
        let more = markers.len().saturating_sub(MOST);
        let mut shown: Vec<String> = markers.into_iter().take(MOST).collect();
        if more > 0 {
            shown.push(format!("{more} more"));
        }
        (!shown.is_empty()).then(|| format!("{title}: {}", shown.join(", ")))
    };
    let sides = [list(Side::Formal, "formal"), list(Side::Casual, "casual")];
    sides.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> f64 {
        measure(text).0
    }

    #[test]
    fn the_share_by_hand() {
        // "Don't" and "!" weigh 0.15 each on the casual side: 1 / 2.3.
        assert!((of("Don't!") - 1.0 / 2.3).abs() < 1e-12);
        // However many contractions weigh 0.2: 1 / 2.2.
        assert!((of("I'm sure you're right, it's what they're saying, we'll see.") - 1.0 / 2.2).abs() < 1e-12);
        // "Would you kindly" weighs 2 and "kindly" 1 on the formal side: 4 / 5.
        assert!((of("Would you kindly wait?") - 4.0 / 5.0).abs() < 1e-12);
        assert!((of("The castle opens at nine.") - 0.5).abs() < 1e-12);
        assert!((of("") - 0.5).abs() < 1e-12);
    }

    #[test]
    fn pairs_of_one_meaning_are_told_apart() {
        for (formal, casual) in [
            ("Certainly. The castle opens at nine.", "Yeah, the castle's open at nine. Cool!"),
            (
                "Good day. It opens at nine. It is a pleasure to be of assistance.",
                "Hey! It's open at nine, no worries!",
            ),
            ("I regret that I have to remain formal.", "Sorry, I've gotta keep it casual here!"),
            ("Could you please tell me when it opens?", "yo when's it open"),
            ("I would be pleased to assist you further.", "Wanna know more? Just ask :)"),
            ("Unfortunately, I cannot attend; please accept my apologies.", "Can't make it, sorry!!"),
            ("Thank you. You are most welcome, sir.", "thx dude 😀"),
        ] {
            assert!(
                of(formal) > 0.55 && of(casual) < 0.45,
                "{formal} {} | {casual} {}",
                of(formal),
                of(casual)
            );
        }
    }

    #[test]
    fn a_marker_says_less_in_a_long_text() {
        let long = format!("Certainly. {}", "The castle opens at nine. ".repeat(20));
        // 101 words: k is 2.525, and "certainly" weighs 1.
        assert!((of(&long) - 3.525 / 6.05).abs() < 1e-12, "{}", of(&long));
    }

    #[test]
    fn the_evidence_names_the_markers() {
        assert_eq!(
            measure("Hey! Certainly.").1,
            "formal: “certainly” (formal word); casual: “!” (exclamation), “hey!” (casual greeting)"
        );
        assert!(measure("ok yo hey lol btw cool yeah nah").1.ends_with("more"));
    }
}
