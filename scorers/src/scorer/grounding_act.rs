//! Grounding acts: does a turn clarify, acknowledge, repair, follow up, or deny what was taken for
//! granted?
//!
//! Grounding is the work by which speakers establish that they understand each other (Clark and
//! Schaefer 1989, doi:10.1207/s15516709cog1302_7). The acts are those of Shaikh et al.
//! (arXiv:2311.09144, section 3), refined by Rifts (arXiv:2503.13975), and the denial of a
//! presupposition. Both papers label with a language model; these labels come from fixed rules over
//! English text in its dialogue ([`super::acts`]), so that the same transcript always gets the same
//! label and nobody's judge has to be trusted. The rules look at what a turn does with the request that
//! stands open, more than at its words. What they miss is stated in numbers, in `docs/validity.md`: tests
//! measure their agreement with the human labels of Schema-Guided Dialogue and ESConv, and with labels of
//! a real model's replies.
//!
//! A turn can perform several acts, so each is a flag of its own. A reply that only repeats the user's
//! last turn, or a turn that the spec wrote for the assistant, performs none.

use super::acts::{Context, acknowledgement, denial, parrot, question, repair};
use super::text::{excerpt, sentences};
use super::{ConfigError, Configure, Reads, Scorer, is_yes};
use crate::{Outcome, ValueKind, View};
use question::Purpose;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a turn performs a grounding act, by fixed rules over English text and the turns before
/// it. A turn can perform several acts at once. A reply that only repeats the user's last turn, or a turn
/// that the spec wrote for the assistant, performs none.
/// The acts are those of Shaikh et al. (arXiv:2311.09144) and Rifts (arXiv:2503.13975); the rules are
/// Grice's own, measured against human labels of Schema-Guided Dialogue (Rastogi et al. 2020,
/// arXiv:1909.05855) and ESConv (Liu et al. 2021, arXiv:2106.01144).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct GroundingAct {
    /// The live turn to grade.
    pub turn: String,
    /// The act to look for.
    pub act: Act,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// A grounding act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Asks the user instead of carrying out what was requested: for a value, a choice, what was meant,
    /// or whether it was understood.
    Clarification,
    /// Shows that what the user said has been taken in: "I see", "that sounds hard", or the user's
    /// own words.
    Acknowledgement,
    /// Puts a misunderstanding right: "sorry, I meant", or what the user's correction brought.
    Repair,
    /// Asks the user after carrying out what was requested, or when nothing was: offers more, or moves
    /// the topic on.
    FollowUp,
    /// Says that something taken for granted does not hold, that there is such a thing or that it can be
    /// done: "there is no booking", "I could not book it". A no to a question denies nothing.
    PresuppositionDenial,
}

impl Configure for GroundingAct {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Flag
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        Ok(Box::new(self.clone()))
    }
}

impl Scorer for GroundingAct {
    /// An act that was performed has been performed; one that was not may still come.
    fn lasts(&self, _view: &View<'_>, _text: &str, outcome: &Outcome) -> bool {
        is_yes(outcome)
    }

    fn score(&self, view: &View<'_>, text: &str) -> Outcome {
        let (sentences, context) = (sentences(text), Context::of(view));
        if parrot::parrots(&sentences, &context) {
            return Outcome::flag(false).because("only repeats what was said before");
        }
        let found = match self.act {
            Act::Clarification => question::find(&sentences, &context, Purpose::Clarification),
            Act::FollowUp => question::find(&sentences, &context, Purpose::FollowUp),
            Act::Acknowledgement => acknowledgement::find(&sentences, &context),
            Act::Repair => repair::find(&sentences, &context),
            Act::PresuppositionDenial => denial::find(&sentences, &context),
        };
        Outcome::flag(found.is_some()).because(found.map_or(String::new(), excerpt))
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::outcome;
    use crate::transcript::Role;
    use crate::{Turn, Value};
    use serde_json::json;

    fn acts(turns: &[Turn]) -> Vec<&'static str> {
        ["clarification", "acknowledgement", "repair", "follow_up", "presupposition_denial"]
            .into_iter()
            .filter(|act| {
                let scorer = json!({"grounding_act": {"turn": "reply", "act": act}});
                outcome(&scorer, turns).value() == Some(&Value::Flag(true))
            })
            .collect()
    }

    #[test]
    fn a_turn_can_perform_several_acts() {
        let dialogue = |reply: &str| {
            acts(&[
                Turn::scripted(Role::System, "You take bookings."),
                Turn::scripted(Role::User, "Book a table for four on Friday."),
                Turn::generated("reply", reply),
            ])
        };
        assert_eq!(dialogue("I see, for four. At what time?"), ["clarification", "acknowledgement"]);
        assert_eq!(dialogue("Booked for seven. Anything else?"), ["follow_up"]);
        assert_eq!(dialogue("Booked for seven."), Vec::<&str>::new());
    }

    #[test]
    fn a_reply_that_only_repeats_a_turn_performs_no_act() {
        let turns = |reply: &str| {
            acts(&[
                Turn::scripted(Role::User, "Book a table."),
                Turn::scripted(Role::Assistant, "Thank you. At what time?"),
                Turn::scripted(Role::User, "At six, please."),
                Turn::generated("reply", reply),
            ])
        };
        assert_eq!(turns("At six, please."), Vec::<&str>::new());
        assert_eq!(turns("Thank you. At what time?"), Vec::<&str>::new());
        assert_eq!(turns("At six. For how many people?"), ["clarification"]);
    }

    #[test]
    fn a_request_stays_open_while_its_details_are_given() {
        let turns = [
            Turn::scripted(Role::User, "Book a table."),
            Turn::generated("ask", "For how many people?"),
            Turn::scripted(Role::User, "Four."),
            Turn::generated("reply", "And at what time?"),
        ];
        assert_eq!(acts(&turns), ["clarification"]);
    }

    #[test]
    fn a_repair_is_told_from_its_place() {
        let after = |user: &str| {
            acts(&[
                Turn::scripted(Role::User, "Book a taxi to Mill Road."),
                Turn::scripted(Role::Assistant, "Booked: a taxi to Hill Road."),
                Turn::scripted(Role::User, user),
                Turn::generated("reply", "Booked: a taxi to Mill Road."),
            ])
        };
        assert_eq!(after("No, to Mill Road."), ["repair"]);
        assert_eq!(after("Thank you."), Vec::<&str>::new());
    }
}
