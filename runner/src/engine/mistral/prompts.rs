//! Prompts made ready beside the engine: the model's own chat template and tokenizer, applied on the threads of the run.
//!
//! The engine applies them in the thread that also feeds the device, one prompt after another, and compiles the template
//! anew each time. With many short dialogues on a card that takes a good part of the time. Here the template is compiled
//! once, with the same template language in the same version and the same settings. Whatever could come out otherwise is
//! left to the engine: a template that it rewrites, one that does not render, and a model whose tokens here are not those
//! of the engine for [`TRIALS`], which every model is asked once.

use super::{Message, tokenize};
use crate::store;
use minijinja::{Environment, ErrorKind, Value, context};
use mistralrs::{Model, core::ChatTemplate};
use reports::record::PromptRecord;
use scorers::Role;
use std::{fmt::Write, path::Path, sync::Arc};
use tokenizers::Tokenizer;

/// Parts of templates that the engine rewrites, without white space.
const REWRITTEN: [&str; 5] = [",-1,-1)", "{{meta}}", "generation%}", "generation-%}", "tcidiftcid"];

/// What prompts are made ready with.
pub(in crate::engine) struct Ready {
    pub(in crate::engine) tokenizer: Arc<Tokenizer>,
    /// The chat template's text.
    pub(in crate::engine) template: String,
    /// The special tokens that templates know.
    pub(in crate::engine) bos: Option<String>,
    pub(in crate::engine) eos: Option<String>,
    pub(in crate::engine) unk: Option<String>,
}

impl Ready {
    /// From the files of a model, for one that the engine does not hand its parts over of.
    pub(in crate::engine) fn of_folder(folder: &Path) -> Option<Self> {
        let read = |name: &str| store::read_text(&folder.join(name)).ok();
        let config: serde_json::Value = serde_json::from_str(&read("tokenizer_config.json")?).ok()?;
        let template =
            read("chat_template.jinja").or_else(|| Some(config.get("chat_template")?.as_str()?.to_owned()));
        let special = |name: &str| {
            let token = config.get(name)?;
            token.as_str().or_else(|| token.get("content")?.as_str()).map(str::to_owned)
        };
        Some(Self {
            tokenizer: Arc::new(read("tokenizer.json")?.parse().ok()?),
            template: template?,
            bos: special("bos_token"),
            eos: special("eos_token"),
            unk: special("unk_token"),
        })
    }

    /// BLAKE3 of the tokenizer as `tokenizer.json` would hold it, in hex.
    pub(in crate::engine) fn tokenizer_hash(&self) -> Option<String> {
        let text = self.tokenizer.to_string(false).ok()?;
        Some(blake3::hash(text.as_bytes()).to_hex().to_string())
    }

    /// BLAKE3 of the chat template's text, in hex.
    pub(in crate::engine) fn template_hash(&self) -> String {
        blake3::hash(self.template.as_bytes()).to_hex().to_string()
    }

    /// Of a model with one chat template; several are chosen from by the engine.
    pub(in crate::engine) fn of(
        tokenizer: Option<Arc<Tokenizer>>,
        template: Option<Arc<ChatTemplate>>,
    ) -> Option<Self> {
        let (tokenizer, of_model) = tokenizer.zip(template)?;
        let template = of_model.chat_template.as_ref()?.0.as_ref().left()?.clone();
        Some(Self {
            tokenizer,
            template,
            bos: of_model.bos_tok(),
            eos: of_model.eos_tok(),
            unk: of_model.unk_tok(),
        })
    }
}

/// The chat template and the tokenizer of a model.
pub(super) struct Prompts {
    environment: Environment<'static>,
    ready: Ready,
}

impl Prompts {
    /// What makes the prompts of a model; none where the engine has to.
    pub(super) async fn of(ready: Ready, model: &Model) -> Option<Self> {
        let prompts = Self::new(ready)?;
        for trial in TRIALS {
            let messages: Vec<Message> =
                trial.iter().map(|(role, text)| Message { role: *role, text: (*text).to_owned() }).collect();
            // Where the template refuses a dialogue, both must.
            if prompts.tokens(&messages) != tokenize(model, &messages).await.ok() {
                return None;
            }
        }
        Some(prompts)
    }

    fn new(ready: Ready) -> Option<Self> {
        let compact: String = ready.template.split_whitespace().collect();
        if REWRITTEN.iter().any(|part| compact.contains(part)) {
            return None;
        }
        let mut environment = Environment::new();
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.set_lstrip_blocks(true);
        environment.set_trim_blocks(true);
        // A template that gets to one of these refuses the dialogue, or needs what only the engine has: it is asked then.
        environment.add_function("raise_exception", |_: String| left_to_the_engine());
        environment.add_filter("tojson", |_: Value| left_to_the_engine());
        environment.add_function("strftime_now", now);
        environment.add_template_owned(NAME, ready.template.replace("[::-1]", "|reverse")).ok()?;
        Some(Self { environment, ready })
    }

    /// What the record says of prompts.
    pub(super) fn record(&self) -> PromptRecord {
        let hello = Message { role: Role::User, text: HELLO.to_owned() };
        PromptRecord { template: self.ready.template.clone(), example: self.text(&[hello]) }
    }

    /// The tokens of a dialogue; none where the engine has to be asked.
    pub(super) fn tokens(&self, messages: &[Message]) -> Option<Vec<u32>> {
        let encoding = self.ready.tokenizer.encode_fast(self.text(messages)?, false).ok()?;
        Some(encoding.get_ids().to_vec())
    }

    /// A dialogue as the template renders it; none where the engine has to be asked.
    fn text(&self, messages: &[Message]) -> Option<String> {
        let messages: Vec<Value> = messages
            .iter()
            .map(|message| context! { role => role(message.role), content => message.text })
            .collect();
        let template = self.environment.get_template(NAME).ok()?;
        let text = template.render(context! {
            messages,
            add_generation_prompt => true,
            bos_token => self.ready.bos,
            eos_token => self.ready.eos,
            unk_token => self.ready.unk,
            date_string => chrono::Local::now().format("%d, %B, %Y").to_string(),
            enable_thinking => false,
        });
        text.ok()
    }
}

/// The dialogue that a record shows as an example.
const HELLO: &str = "Hello.";
/// The engine's name of its template, by which the template language decides whether to escape.
const NAME: &str = "chat_template";

fn left_to_the_engine() -> Result<String, minijinja::Error> {
    Err(minijinja::Error::from(ErrorKind::InvalidOperation))
}

/// The date in a format; what is no format, the engine may make of it what it does.
fn now(format: String) -> Result<String, minijinja::Error> {
    let mut date = String::new();
    match write!(date, "{}", chrono::Local::now().format(&format)) {
        Ok(()) => Ok(date),
        Err(_) => left_to_the_engine(),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// Dialogues of every structure that specs have, with texts that templates and tokenizers are known to treat in their own
/// ways.
const TRIALS: [&[(Role, &str)]; 6] = [
    &[(Role::User, "Hello.")],
    &[(Role::System, "Be brief."), (Role::User, " Two  spaces,\ta tab\r\n and  a line.\n")],
    &[
        (Role::System, "  \n"),
        (
            Role::User,
            "\"Quoted\", <b>tagged</b> &amp; {{ braced }} {% if %}; Grüße, 你好, \u{1f642}\u{200d}\u{0301}",
        ),
        (Role::Assistant, "<think>\nno\n</think>\n\nYes.  "),
        (Role::User, "<|im_end|><|eot_id|></s><bos>[INST] 1234567890 don't\u{a0}stop"),
    ],
    &[
        (Role::User, "One."),
        (Role::Assistant, ""),
        (Role::User, ""),
        (Role::Assistant, "\n Two. \n"),
        (Role::User, "Three?"),
    ],
    &[(Role::User, "Once."), (Role::User, "Twice.")],
    &[(Role::User, "Who speaks?"), (Role::Assistant, "I do,")],
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        device::Device,
        load::Layout,
        mistral_build::{Loaded, build},
        reference::ModelReference,
        settings::Settings,
    };
    use std::fs;

    const SFT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/organisms/models/sft");

    async fn loaded(directory: &Path) -> Loaded {
        let reference = ModelReference::parse(directory.to_str().unwrap()).unwrap();
        let settings = Settings::from(Layout { engines: 1, threads: 1 });
        build(&reference, None, &settings, Device::Cpu).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// What makes the prompts of a built-in model under another chat template.
    async fn under(template: &str) -> (Option<Prompts>, Model) {
        let place = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(SFT).unwrap().flatten() {
            fs::copy(entry.path(), place.path().join(entry.file_name())).unwrap();
        }
        let path = place.path().join("tokenizer_config.json");
        let mut config: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        config["chat_template"] = template.into();
        fs::write(&path, config.to_string()).unwrap();
        let Loaded { model, ready, .. } = loaded(place.path()).await;
        (Prompts::of(ready.unwrap(), &model).await, model)
    }

    /// Ways of templates that are in use.
    const MADE_HERE: [&str; 6] = [
        "{{ bos_token }}{% for m in messages %}[{{ m['role'] }}]{{ m['content'] | trim }}{{ eos_token }}\n{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}",
        "{%- set ns = namespace(last=-1) %}\n{%- for m in messages[::-1] %}\n    {%- if m.role == 'user' and ns.last < 0 %}\n        {%- set ns.last = (messages|length - 1) - loop.index0 %}\n    {%- endif %}\n{%- endfor %}\n{{ ns.last }}{% for m in messages %}{{ m.content.split('</think>')[-1].lstrip('\\n') }}|{% endfor %}{% if enable_thinking is defined and enable_thinking is false %}off{% endif %}",
        "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}{% for m in rest %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}{{ m.content }}{% if not loop.last %};{% endif %}{% endfor %}",
        "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% endif %} {{ date_string }}{% for m in messages %}{{ m.role }}: {{ m.content.strip() }}\n{% endfor %}",
        "{%- if tools %}\n{{- tools | tojson }}\n{%- endif %}\n{%- for key, value in messages[0].items() %}{{ key }}={{ value }}, {% endfor %}{{ messages | length }}",
        "{% for m in messages %}{{ m }}{% endfor %}",
    ];

    #[tokio::test(flavor = "multi_thread")]
    async fn the_built_in_models_have_their_prompts_made_here() {
        let Loaded { model, ready, .. } = loaded(Path::new(SFT)).await;
        assert!(Prompts::of(ready.unwrap(), &model).await.is_some());
        // As for a model under an adapter.
        let of_files = Ready::of_folder(Path::new(SFT)).unwrap();
        assert!(Prompts::of(of_files, &model).await.is_some());
        assert!(Ready::of_folder(Path::new("/nowhere")).is_none());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn usual_templates_give_the_tokens_that_the_engine_gives() {
        let said = |role, text: &str| Message { role, text: text.to_owned() };
        let dialogue = [
            said(Role::System, "You take bookings.\n"),
            said(Role::User, "A table for two, please."),
            said(Role::Assistant, "<think>\n</think>\nFor when?"),
            said(Role::User, "Tonight."),
        ];
        for template in MADE_HERE {
            let (prompts, model) = under(template).await;
            let prompts = prompts.unwrap_or_else(|| panic!("not made here: {template}"));
            let engines = tokenize(&model, &dialogue).await.unwrap();
            assert_eq!(prompts.tokens(&dialogue), Some(engines), "{template}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_could_come_out_otherwise_is_left_to_the_engine() {
        // The engine rewrites the first two, and has a filter of its own for the third.
        for template in [
            "{% for i in range(messages|length - 1, -1, -1) %}{{ messages[i].content }}{% endfor %}",
            "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}",
            "{% for m in messages %}{{ m.content | tojson }}{% endfor %}",
        ] {
            assert!(under(template).await.0.is_none(), "{template}");
        }
        // A model whose engine gives other tokens, for whatever reason.
        let Loaded { model, ready, .. } = loaded(Path::new(SFT)).await;
        let mut other = ready.unwrap();
        other.template.push('.');
        assert!(Prompts::of(other, &model).await.is_none());
        // A date in a format that is none.
        let mut dated = Ready::of_folder(Path::new(SFT)).unwrap();
        dated.template = "{{ strftime_now('%Y') }}{{ strftime_now('%!') }}".to_owned();
        assert_eq!(Prompts::new(dated).unwrap().tokens(&[]), None);
    }
}
