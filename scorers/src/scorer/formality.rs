//! Formality: how formal is the wording of a turn?
//!
//! The number is the share of formal markers among all markers of register, by weight, with one
//! neutral marker of either side added so that few markers say little:
//!
//! `(F + 1) / (F + C + 2)`
//!
//! where F and C are the weights of the formal and the casual markers. Without any marker it is 0.5;
//! it never reaches 0 or 1. The markers and their sources are in [`super::features`]; the formula is
//! Grice's own (the rule of succession over weights), chosen because it needs no model, no training
//! data and no length normalisation, and gives the same number on every machine.

use super::features::{self, Found, Side};
use super::{ConfigError, Configure, Reads, Scorer};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How formal the wording is, from 0 (casual) to 1 (formal); 0.5 where nothing marks the register.
/// Counts markers of English: contractions, slang, greetings, exclamations and emoji against
/// courtesy formulas, titles, formal words and full forms.
/// Kinds of markers after Pavlick & Tetreault 2016 (doi:10.1162/tacl_a_00083) and Rao & Tetreault 2018
/// (arXiv:1803.06535); lists, weights and formula are Grice's own: (F + 1) / (F + C + 2) for the
/// weights F and C of the formal and the casual markers.
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

/// Formality from 0 to 1, and the markers that it rests on.
pub(super) fn measure(text: &str) -> (f64, String) {
    let found = features::find(text);
    let weight = |side| found.iter().filter(|one| one.side == side).map(|one| one.weight).sum::<f64>();
    let (formal, casual) = (weight(Side::Formal), weight(Side::Casual));
    ((formal + 1.0) / (formal + casual + 2.0), evidence(&found))
}

/// The markers of either side, each once.
fn evidence(found: &[Found]) -> String {
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
        // "Don't" weighs 1 and "!" 0.5 on the casual side: 1 / 3.5.
        assert!((of("Don't!") - 1.0 / 3.5).abs() < 1e-12);
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
    fn the_evidence_names_the_markers() {
        assert_eq!(
            measure("Hey! Certainly.").1,
            "formal: “certainly” (formal word); casual: “!” (exclamation), “hey!” (casual greeting)"
        );
        assert!(measure("ok yo hey lol btw cool yeah nah").1.ends_with("more"));
    }
}
