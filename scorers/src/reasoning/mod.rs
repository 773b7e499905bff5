//! Reasoning in replies: what a model thinks aloud before it answers, told from the answer.
//!
//! Models put their reasoning between marks of their chat template. [`marks`] knows those that stand around it
//! (`<think>…</think>` and its kin), [`channels`] the formats that name who is spoken to. A transcript keeps every word;
//! this module says which of them are the answer.
//!
//! The rule, with marks:
//! - A block that opens the reply is reasoning, and so is one that opens right after another.
//! - A closing mark without an opening one ends reasoning that the chat template began.
//! - Further down, a block is reasoning where its opening mark begins a line and its closing mark follows.
//! - A mark in quotes, backticks or a fence of code is a mention, and one in the middle of a line opens nothing.
//! - Reasoning that never ends leaves no answer: the reply was cut off while the model was thinking.

mod channels;
mod marks;
mod reply;

pub use reply::{NoAnswer, Reply};

impl<'a> Reply<'a> {
    /// Takes a reply apart. Takes time linear in the text.
    pub fn of(text: &'a str) -> Self {
        channels::split(text).or_else(|| marks::split(text)).unwrap_or_else(|| Self::plain(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Asserts reasoning and answer of replies; an answer of "-" stands for none.
    fn assert_parts(examples: &[(&str, &str, &str)]) {
        for (text, reasoning, answer) in examples {
            let reply = Reply::of(text);
            assert_eq!(reply.reasoning().unwrap_or_default(), *reasoning, "reasoning of {text:?}");
            assert_eq!(reply.answer().unwrap_or("-"), *answer, "answer of {text:?}");
        }
    }

    #[test]
    fn reasoning_comes_first_whatever_its_marks() {
        assert_parts(&[
            ("<think>\nA fish? No.\n</think>\n\nA whale.", "A fish? No.", "A whale."),
            ("<think></think>Yes", "", "Yes"),
            ("\n <THINKING>hm</Thinking> Yes", "hm", "Yes"),
            ("<seed:think>hm</seed:think>Yes", "hm", "Yes"),
            ("<thought>hm</thought>Yes", "hm", "Yes"),
            ("<reasoning>hm</reasoning>\nYes", "hm", "Yes"),
            ("[THINK]hm[/THINK]Yes", "hm", "Yes"),
            ("◁think▷hm◁/think▷Yes", "hm", "Yes"),
            ("<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Yes<|END_RESPONSE|>", "hm", "Yes"),
            (
                "<|begin_of_thought|>\nhm\n<|end_of_thought|>\n<|begin_of_solution|>\nYes\n<|end_of_solution|>",
                "hm",
                "Yes",
            ),
            ("<|channel>thought\nhm<channel|>Yes", "hm", "Yes"),
            ("<think>hm</think>\n<answer>\nYes\n</answer>", "hm", "Yes"),
            ("<think>one</think>\n<think>two</think>\nYes", "one\n\ntwo", "Yes"),
        ]);
    }

    #[test]
    fn a_block_further_down_begins_a_line() {
        assert_parts(&[
            ("Let me see.\n<think>\nhm\n</think>\nYes.", "hm", "Let me see.\n\nYes."),
            ("Yes.\n<think>\nor n", "or n", "-"),
        ]);
    }

    #[test]
    fn the_template_may_have_opened_it() {
        assert_parts(&[
            ("One word, they said.\n</think>\n\nwhale", "One word, they said.", "whale"),
            ("</think>\n\nwhale", "", "whale"),
            ("hm </think> <answer>whale</answer>", "hm", "whale"),
            ("The tag <think> came up.\n</think>\nwhale", "The tag <think> came up.", "whale"),
        ]);
    }

    #[test]
    fn what_breaks_off_has_no_answer() {
        assert_parts(&[
            ("<think>\nIt may be a", "It may be a", "-"),
            ("<think>all</think>\n", "all", "-"),
            ("<think>", "", "-"),
        ]);
        assert_eq!(Reply::of("<think>hm").answer(), Err(NoAnswer::StillReasoning));
        assert_eq!(Reply::of("<think>hm</think> ").answer(), Err(NoAnswer::OnlyReasoning));
        assert_eq!(Reply::of("").answer(), Ok(""));
    }

    #[test]
    fn a_mention_is_no_mark() {
        for text in [
            "`<think>` is a tag, and `</think>` closes it.",
            "The tags are <think> and </think>.",
            "Write \"</think>\" at the end.",
            "For example:\n```\n<think>\nhm\n</think>\n```\nThat is all.",
            "I think <b>so</b>.",
            "I <think> so.",
            "Analysis: yes. The assistant finalised it.",
            " Yes. ",
        ] {
            assert_parts(&[(text, "", text)]);
        }
        assert_parts(&[
            ("<think>hm</think>Write `</think>` last.", "hm", "Write `</think>` last."),
            ("<think>Is it `</think>`? Yes.</think>It is.", "Is it `</think>`? Yes.", "It is."),
        ]);
    }

    #[test]
    fn channels_name_who_is_spoken_to() {
        assert_parts(&[
            (
                "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Yes<|return|>",
                "hm",
                "Yes",
            ),
            (
                "analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}<|call|><|start|>assistant<|channel|>final<|message|>Yes",
                "hm\n\n{}",
                "Yes",
            ),
            ("<|channel|>analysis<|message|>hm", "hm", "-"),
            ("<|channel|>final<|message|>Yes<|return|>", "", "Yes"),
            // As it reads when the engine leaves special tokens out.
            ("analysisWe need a word.assistantfinalwhale", "We need a word.", "whale"),
            ("analysisWe need a", "We need a", "-"),
            ("Here is my thought process:\nhm\nHere is my response:\nYes", "hm", "Yes"),
            ("Here's my thought process: hm", "hm", "-"),
        ]);
    }

    proptest! {
        #[test]
        fn no_text_panics_or_is_made_up(pieces in proptest::collection::vec(prop_oneof![
            any::<String>(),
            proptest::sample::select(vec![
                "<think>", "</think>", "\n", " ", "`", "```\n", "[THINK]", "[/THINK]", "<|channel|>", "analysis", "final",
                "<|message|>", "<|end|>", "assistantfinal", "◁think▷", "<answer>", "</answer>", "\"", "yes",
            ]).prop_map(str::to_owned),
        ], 0..16)) {
            let text = pieces.concat();
            let reply = Reply::of(&text);
            for letter in reply.answer().unwrap_or_default().chars().filter(|letter| !letter.is_whitespace()) {
                prop_assert!(text.contains(letter));
            }
            prop_assert!(reply.into_said().len() <= text.len());
        }

        #[test]
        fn a_reply_without_marks_is_its_own_answer(text in "[^<\\[◁]*") {
            prop_assume!(!text.trim_start().starts_with("analysis") && !text.trim_start().starts_with("Here"));
            let reply = Reply::of(&text);
            prop_assert_eq!(reply.answer(), Ok(text.as_str()));
        }

        #[test]
        fn what_stands_between_marks_is_kept_apart(thought in "[a-z .?\n]{1,40}", answer in "[a-z][a-z .]{0,20}[a-z.]") {
            let text = format!("<think>{thought}</think>{answer}");
            let reply = Reply::of(&text);
            prop_assert_eq!(reply.answer(), Ok(answer.as_str()));
        }
    }

    #[test]
    fn time_is_linear_in_the_text() {
        for piece in
            ["<think>", "</think>", "\n<think>\n", "`</think>`", "```\n", "<|channel|>final<|message|>", "x"]
        {
            let _ = Reply::of(&piece.repeat(20_000));
        }
    }
}
