//! The special tokens and chat formats of the families, without tools and thinking.

use super::Family;

/// The special tokens of a family.
pub(super) struct Special {
    /// Begins every text.
    pub(super) begin: &'static str,
    /// Ends every message.
    pub(super) end: &'static str,
    /// All of them, in the order of their ids, which are the last ones of the vocabulary.
    pub(super) all: &'static [&'static str],
}

/// The special tokens of a family.
pub(super) fn special(family: Family) -> Special {
    match family {
        Family::Llama => Special {
            begin: "<|begin_of_text|>",
            end: "<|eot_id|>",
            all: &[
                "<|begin_of_text|>",
                "<|end_of_text|>",
                "<|start_header_id|>",
                "<|end_header_id|>",
                "<|eot_id|>",
            ],
        },
        Family::Qwen3 => Special {
            begin: "<|endoftext|>",
            end: "<|im_end|>",
            all: &["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        },
    }
}

/// The chat template of a family.
pub(super) fn chat(family: Family) -> &'static str {
    match family {
        Family::Llama => {
            "{{ '<|begin_of_text|>' }}{% for message in messages %}\
            {{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] + '<|eot_id|>' }}\
            {% endfor %}\
            {% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
        }
        Family::Qwen3 => {
            "{% for message in messages %}\
            {{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}\
            {% endfor %}\
            {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
        }
    }
}
