//! Which part of a turn a scorer grades: the answer, the reasoning, or the whole of it.

use super::Scorer;
use crate::reasoning::Reply;
use crate::{Outcome, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// What is said after the model has thought aloud (`<think>…</think>` and its kin); unscored where there is nothing.
    #[default]
    Answer,
    /// What the model thought aloud; unscored where it did not.
    Reasoning,
    /// Every word of the turn.
    Whole,
}

/// A scorer that is given one part of the turn.
pub(super) fn part_of_the_turn(scorer: Box<dyn Scorer>, reads: Reads) -> Box<dyn Scorer> {
    Box::new(PartOfTurn { scorer, reads })
}

struct PartOfTurn {
    scorer: Box<dyn Scorer>,
    reads: Reads,
}

impl Scorer for PartOfTurn {
    fn score(&self, view: &View<'_>, text: &str) -> Outcome {
        match self.reads {
            Reads::Whole => self.scorer.score(view, text),
            Reads::Answer => match Reply::of(text).answer() {
                Ok(answer) => self.scorer.score(view, answer),
                Err(none) => Outcome::unscored(none.to_string()),
            },
            Reads::Reasoning => match Reply::of(text).reasoning() {
                Some(reasoning) => self.scorer.score(view, &reasoning),
                None => Outcome::unscored("the reply has no reasoning"),
            },
        }
    }

    fn lasts(&self, view: &View<'_>, text: &str, outcome: &Outcome) -> bool {
        match self.reads {
            Reads::Whole => self.scorer.lasts(view, text, outcome),
            // What would follow belongs to the answer, once there is one.
            Reads::Answer => {
                Reply::of(text).answer().is_ok_and(|answer| self.scorer.lasts(view, answer, outcome))
            }
            Reads::Reasoning => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{flag, label, number, outcome};
    use crate::{Outcome, Role, Turn};
    use serde_json::{Value as Json, json};

    const THOUGHT: &str = "<think>\nA cat? No, wait: which day do they mean?\n</think>\n\nA dog.";

    #[test]
    fn the_answer_is_graded_unless_another_part_is_asked_for() {
        let animal = |reads: Json| json!({"choice": {"turn": "reply", "options": ["cat", "dog"], "which": "first", "reads": reads}});
        assert_eq!(
            label(&json!({"choice": {"turn": "reply", "options": ["cat", "dog"]}}), THOUGHT).as_deref(),
            Some("dog")
        );
        assert_eq!(label(&animal(json!("answer")), THOUGHT).as_deref(), Some("dog"));
        assert_eq!(label(&animal(json!("reasoning")), THOUGHT).as_deref(), Some("cat"));
        assert_eq!(label(&animal(json!("whole")), THOUGHT).as_deref(), Some("cat"));
        let words = json!({"length": {"turn": "reply", "unit": "words"}});
        assert_eq!(number(&words, THOUGHT), Some(2.0));
        assert_eq!(flag(&json!({"exact": {"turn": "reply", "text": "a dog."}}), THOUGHT), Some(true));
    }

    #[test]
    fn a_reply_without_that_part_is_unscored() {
        let exact = json!({"exact": {"turn": "reply", "text": "dog"}});
        assert_eq!(flag(&exact, "<think>dog"), None);
        assert_eq!(flag(&exact, "<think>dog</think>"), None);
        assert_eq!(flag(&json!({"not": {"of": exact}}), "<think>dog"), None);
        let reasoning = json!({"includes": {"turn": "reply", "text": "dog", "reads": "reasoning"}});
        assert_eq!(flag(&reasoning, "A dog."), None);
        assert_eq!(flag(&reasoning, "<think>dog"), Some(true));
    }

    #[test]
    fn parts_of_a_combination_may_read_different_parts() {
        let scorer = json!({"all": {"of": [
            {"includes": {"turn": "reply", "text": "cat", "reads": "reasoning"}},
            {"includes": {"turn": "reply", "text": "dog"}},
        ]}});
        assert_eq!(flag(&scorer, THOUGHT), Some(true));
    }

    #[test]
    fn earlier_turns_are_read_without_their_reasoning() {
        let facts = json!({"fact_consistency": {
            "turn": "guess", "facts": [{"name": "cat", "alive": "yes"}], "answers": "step", "properties": ["alive"],
        }});
        let game = |answer: &str| [Turn::generated("step", answer), Turn::generated("guess", "A cat.")];
        assert_eq!(
            outcome(&facts, &game("<think>No?</think>Yes.")),
            Outcome::flag(true).because("cat: fits every answer")
        );
        assert!(matches!(outcome(&facts, &game("<think>No?")), Outcome::Unscored { .. }));
        let overlap = json!({"overlap": {"turn": "guess", "with": "step", "measure": "jaccard"}});
        assert_eq!(outcome(&overlap, &game("<think>no</think>A cat.")), Outcome::number(1.0));
        let act = json!({"grounding_act": {"turn": "guess", "act": "clarification"}});
        let asked =
            [Turn::scripted(Role::User, "Book it."), Turn::generated("guess", "<think>When?</think>Done.")];
        assert_eq!(outcome(&act, &asked), Outcome::flag(false));
    }
}
