//! What an engine's error message means, and what to do about it.
//!
//! The engine reports errors as text. Each pattern below names where the text comes from; a text that matches
//! none keeps its own words. Patterns are searched for without regard to case.

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No memory is left on the device, for now: fewer dialogues at once may do.
    OutOfMemory,
    /// The model and its least cache do not fit into the memory that is free.
    DoesNotFit,
    /// Another process holds the card for itself.
    Busy,
    /// Driver and build do not go together.
    Driver,
    /// The build has no kernels for this card.
    Kernels,
    /// There is no such card.
    NoCard,
    /// The build lacks what the option needs.
    NotBuilt,
    /// The engine knows no model of this kind.
    Unknown,
    /// A GGUF file holds tensors of a kind that the engine has no code for.
    Kind,
    /// The tokenizer has tokens that the weights have no row for.
    Tokenizer,
    /// What the weights come to are no numbers.
    NoNumbers,
}

/// Texts, what they mean, and where they come from.
const PATTERNS: [(&str, Trouble); 34] = [
    // onde-mistralrs-core, src/paged_attention/mod.rs and cache_allocation.rs: planning the cache; and
    // src/pipeline/loaders/auto_device_map.rs: placing the layers. These come first, because they speak of memory too.
    ("insufficient memory for a usable kv cache", Trouble::DoesNotFit),
    ("usable under the memory goal", Trouble::DoesNotFit),
    ("remains after model and baseline runtime reservations", Trouble::DoesNotFit),
    ("too little runtime headroom after allocating the kv cache", Trouble::DoesNotFit),
    ("runtime reservations exceed available memory", Trouble::DoesNotFit),
    ("this model does not fit on the devices", Trouble::DoesNotFit),
    ("the model does not fit on this system", Trouble::DoesNotFit),
    ("kv capacity cannot fit with the model", Trouble::DoesNotFit),
    // The same, src/pipeline/loaders/normal_loaders.rs, src/pipeline/auto.rs and src/gguf/mod.rs.
    ("unsupported hugging face transformers -causallm model class", Trouble::Unknown),
    ("expected exactly one architecture in config", Trouble::Unknown),
    ("unknown gguf architecture", Trouble::Unknown),
    // The same, src/pipeline/mod.rs.
    ("requested memory goal requires paged attention", Trouble::NotBuilt),
    // cudarc, `DriverError`: the names of CUDA's own `CUresult`, and its texts for them.
    ("cuda_error_out_of_memory", Trouble::OutOfMemory),
    ("cuda_error_device_unavailable", Trouble::Busy),
    ("busy or unavailable", Trouble::Busy),
    ("cuda_error_system_driver_mismatch", Trouble::Driver),
    ("cuda_error_compat_not_supported_on_device", Trouble::Driver),
    ("cuda_error_unsupported_ptx_version", Trouble::Driver),
    ("driver version is insufficient", Trouble::Driver),
    ("cuda_error_no_binary_for_gpu", Trouble::Kernels),
    ("no kernel image is available", Trouble::Kernels),
    ("cuda_error_no_device", Trouble::NoCard),
    ("cuda_error_invalid_device", Trouble::NoCard),
    // cuBLAS, `cublasStatus_t`.
    ("cublas_status_alloc_failed", Trouble::OutOfMemory),
    // Metal, `MTLCommandBufferError`, and the engine's own allocator there.
    ("kiogpucommandbuffercallbackerroroutofmemory", Trouble::OutOfMemory),
    ("insufficient memory", Trouble::OutOfMemory),
    ("failed to allocate", Trouble::OutOfMemory),
    // CUDA's text for the result above, wherever it is passed on without the name.
    ("out of memory", Trouble::OutOfMemory),
    // candle, src/dummy_cuda_backend.rs and dummy_metal_backend.rs (`NotCompiledWith…Support`).
    ("not been built with cuda support", Trouble::NotBuilt),
    ("not been built with metal support", Trouble::NotBuilt),
    // candle, src/quantized/mod.rs and src/error.rs: looking up the embedding of a token.
    ("unknown dtype for tensor", Trouble::Kind),
    ("index-select invalid index", Trouble::Tokenizer),
    // onde-mistralrs-core, src/sampler.rs.
    ("argmax received invalid logits", Trouble::NoNumbers),
    // onde-mistralrs, src/model_builder_trait.rs.
    ("explicit memory goal requires supported paged attention", Trouble::NotBuilt),
];

impl Trouble {
    /// What a message means; none where it says nothing that is known.
    pub fn of(message: &str) -> Option<Self> {
        let message = message.to_lowercase();
        PATTERNS.iter().find(|(pattern, _)| message.contains(pattern)).map(|(_, trouble)| *trouble)
    }

    /// What to do, as a sentence without its full stop.
    pub fn advice(self) -> &'static str {
        match self {
            Self::OutOfMemory => {
                "the device has no memory left; give a lower --max-running or --concurrency, or quantise with --isq 4"
            }
            Self::DoesNotFit => {
                "the model does not fit into the memory that is free; quantise with --isq 4, give a lower --max-running or a higher --gpu-memory, or free what other programs hold (`grice devices` shows it)"
            }
            Self::Busy => {
                "another program holds the card for itself; wait for it, or choose another --device (`grice devices` lists them)"
            }
            Self::Driver => {
                "the card's driver is older than the CUDA toolkit of this build; update the driver, or build with an older toolkit"
            }
            Self::Kernels => {
                "this build has no kernels for this card; build again on this machine, or with CUDA_COMPUTE_CAP set to the card's (`grice devices` shows it)"
            }
            Self::NoCard => {
                "there is no such card; `grice devices` lists what is here, and CUDA_VISIBLE_DEVICES hides cards"
            }
            Self::Unknown => {
                "the engine has no code for this kind of model; Grice runs the text models of mistral.rs (Llama, Qwen, Mistral, Gemma, Phi and others)"
            }
            Self::Kind => {
                "the file is quantised in a way that the engine has no code for; take one in Q4_0, Q4_K_M, Q6_K or Q8_0"
            }
            Self::Tokenizer => {
                "tokenizer and weights do not belong together: the tokenizer has tokens that the weights do not know"
            }
            Self::NoNumbers => {
                "what the weights come to are no numbers: the file is damaged, or its numbers are too large for this --dtype"
            }
            Self::NotBuilt => "this build lacks what the option needs; docs/gpu.md says what to build with",
        }
    }
}

/// What a message says, without the functions that it came through: the engine appends them where the environment asks
/// for backtraces (`RUST_BACKTRACE`), and neither a user nor a record has any use for them.
pub fn words(message: &str) -> &str {
    message.split_once("\n   0: ").map_or(message, |(words, _)| words).trim_end()
}

/// Beginnings of messages about a chat template that did not render; its own words follow.
const OF_TEMPLATE: [&str; 2] = ["the chat template could not be applied: ", "chat template error: "];

/// What a chat template said when it refused a dialogue (`raise_exception` in it, or an operation that fails), where a
/// message is about that.
pub fn template_words(message: &str) -> Option<&str> {
    OF_TEMPLATE.iter().find_map(|start| message.split_once(start)).map(|(_, said)| said.trim())
}

/// What to do about a chat template's refusal. The messages of the templates in use name the role or the order.
pub fn template_advice(said: &str) -> &'static str {
    let said = said.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["alternat", "in a row", "consecutive"]) {
        "user and assistant have to take turns in the spec, beginning with the user: join turns that stand next to each other"
    } else if says(&["system"]) || says(&["only user", "roles are supported"]) {
        "put the instructions of the system turn into the first user turn"
    } else {
        "the spec's turns have to be such as the template takes"
    }
}

/// A message that the engine had while it loaded a model, preceded by what to do where that is known. There is nothing
/// in flight yet that could be less: what finds no memory then does not fit.
pub fn explained(message: &str) -> String {
    let message = words(message);
    let trouble = Trouble::of(message).map(|trouble| match trouble {
        Trouble::OutOfMemory => Trouble::DoesNotFit,
        other => other,
    });
    match trouble {
        Some(trouble) => format!("{}: {message}", trouble.advice()),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_freed_from_the_functions_that_it_came_through() {
        let message = "DriverError(CUDA_ERROR_NO_DEVICE, \"no device\")\n   0: bt\n             at src/error.rs:264:25\n   1: main\n";
        assert_eq!(words(message), "DriverError(CUDA_ERROR_NO_DEVICE, \"no device\")");
        assert!(explained(message).ends_with("\"no device\")"), "{}", explained(message));
        for plain in ["", "one line", "a list:\n  0: this stays\n  1: and this"] {
            assert_eq!(words(plain), plain);
        }
    }

    #[test]
    fn a_template_that_refuses_a_dialogue_is_known_and_has_advice() {
        let failure = |message: &str| crate::engine::Failure::engine(message);
        for (said, advice) in [
            ("invalid operation: System role not supported (in chat_template:1)", "first user turn"),
            (
                "invalid operation: Only user and assistant roles are supported! (in chat_template:1)",
                "first user turn",
            ),
            ("Conversation roles must alternate user/assistant/user/assistant/...", "take turns"),
            ("After the optional system message, conversation roles must alternate", "take turns"),
            ("unknown filter: filter x is unknown", "such as the template takes"),
        ] {
            let found = failure(&format!("the chat template could not be applied: {said}\n   0: main\n"));
            assert_eq!(found.kind, scorers::FailureKind::Template);
            assert!(found.message.contains(said) && found.message.contains(advice), "{}", found.message);
        }
        let other = failure("shape mismatch in the template of a kernel");
        assert_eq!(
            (other.kind, other.message.as_str()),
            (scorers::FailureKind::Engine, "shape mismatch in the template of a kernel")
        );
    }

    #[test]
    fn known_messages_have_a_meaning() {
        let cases = [
            (r#"DriverError(CUDA_ERROR_OUT_OF_MEMORY, "out of memory")"#, Some(Trouble::OutOfMemory)),
            ("CUDA out of memory", Some(Trouble::OutOfMemory)),
            (
                "Insufficient memory for a usable KV cache after weights and runtime reservations. Reduce concurrency",
                Some(Trouble::DoesNotFit),
            ),
            (
                "Primary device cuda[0] needs 9 MiB (3 MiB of fixed model components, 3 MiB of activations, 3 MiB of post-load reservations), but only 8 MiB is usable under the memory goal.",
                Some(Trouble::DoesNotFit),
            ),
            (
                "After loading on Cuda { gpu_id: 0 }, runtime reservations need 9 MiB and pending weights need 0 MiB, but only 8 MiB remains usable under the memory goal (8 MiB allocated, 8 MiB physically available, 8 MiB engine limit)",
                Some(Trouble::DoesNotFit),
            ),
            (
                r#"This model does not fit on the devices ["cuda[0] (avail: 8MB)", "cpu (avail: 8MB)"], and exceeds total capacity by 9MB. Auto device mapping params: text[max_seq_len: 4096, max_batch_size: 1]"#,
                Some(Trouble::DoesNotFit),
            ),
            (
                "Memory goal (utilization 0.1) leaves 9 MiB too little runtime headroom after allocating the KV cache",
                Some(Trouble::DoesNotFit),
            ),
            (
                "Insufficient memory for a usable KV cache and runtime reservations after allocation",
                Some(Trouble::DoesNotFit),
            ),
            (
                "Unsupported Hugging Face Transformers -CausalLM model class `BertModel`. Please raise an issue.",
                Some(Trouble::Unknown),
            ),
            (
                "The requested memory goal requires paged attention, which this model or device placement does not support",
                Some(Trouble::NotBuilt),
            ),
            ("CUDA_ERROR_DEVICE_UNAVAILABLE", Some(Trouble::Busy)),
            ("CUDA-capable device(s) is/are busy or unavailable", Some(Trouble::Busy)),
            ("CUDA driver version is insufficient for CUDA runtime version", Some(Trouble::Driver)),
            ("the candle crate has not been built with cuda support", Some(Trouble::NotBuilt)),
            ("shape mismatch in matmul", None),
            ("", None),
        ];
        for (message, trouble) in cases {
            assert_eq!(Trouble::of(message), trouble, "{message}");
        }
    }

    #[test]
    fn every_pattern_is_reached() {
        for (index, (pattern, trouble)) in PATTERNS.iter().enumerate() {
            assert_eq!(*pattern, pattern.to_lowercase());
            assert_eq!(Trouble::of(pattern), Some(*trouble), "{pattern} is shadowed");
            assert!(PATTERNS.iter().skip(index + 1).all(|(later, _)| later != pattern), "{pattern} twice");
        }
    }

    #[test]
    fn an_explained_message_keeps_the_engines_words() {
        assert_eq!(explained("shape mismatch"), "shape mismatch");
        let text = explained("CUDA_ERROR_OUT_OF_MEMORY");
        assert!(text.contains("does not fit") && text.ends_with("CUDA_ERROR_OUT_OF_MEMORY"), "{text}");
    }
}
