//! Speakers beside the model under test, and their turns.

use super::{
    dialogue::{Builder, Surroundings},
    sampling,
};
use crate::spec::{
    beside::beside,
    example::fields,
    files::Files,
    location::EntryPart,
    probe::Script,
    problems::{Problems, is_variable, suggestion},
    raw::{RawProbe, RawSpeak},
};
use indexmap::IndexMap;
use reports::record::dialogue::{Ask, Message, Prompt, Speak, Step};
use scorers::{Role, Speaker, scorer::json::Shape};
use serde_json::{Map, Value as Json};
use std::path::Path;

/// Options of one choice, at most.
const MAX_OPTIONS: usize = 1_000;

/// The scripts that play speakers where no model does, and what is wrong with the speakers themselves.
pub(super) fn scripts(
    raw: &RawProbe,
    path: &Path,
    files: &dyn Files,
    problems: &mut Problems,
) -> IndexMap<Speaker, Script> {
    let mut scripts = IndexMap::new();
    for (name, speaker) in &raw.speakers {
        let at = format!("speakers.{name}");
        let named = Speaker::named(name);
        if named.is_model() {
            let help = "`model: NAME` is its turn, and `sampling:` says how it samples";
            problems.add_help(&at, EntryPart::Key, "`model` is the model under test", help);
        } else if !is_variable(name) {
            let help = "letters, digits and `_`, no digit first";
            problems.add_help(&at, EntryPart::Key, format!("`{name}` cannot name a speaker"), help);
        }
        if speaker.sampling.coupling.is_some() {
            let help = "say it under the probe's `sampling:`";
            let message = "`coupling` is a property of the whole probe";
            problems.add_help(format!("{at}.sampling.coupling"), EntryPart::Key, message, help);
        }
        sampling::resolve(&speaker.sampling, sampling::DEFAULT, &format!("{at}.sampling"), problems);
        if let Some(file) = &speaker.script {
            match script(path, file, files) {
                Ok(text) => drop(scripts.insert(named, Script { path: file.clone(), text })),
                Err(reason) => problems.add(format!("{at}.script"), EntryPart::Value, reason),
            }
        }
    }
    scripts
}

/// The text of a file beside a spec.
fn script(spec: &Path, file: &str, files: &dyn Files) -> Result<String, String> {
    let (_, bytes) = beside(spec, file, &["yaml", "yml"], files)?;
    String::from_utf8(bytes).map_err(|_| format!("`{file}` is not UTF-8"))
}

impl Builder<'_> {
    /// A live turn of a speaker: in the dialogue as the user, or in private where it is asked something.
    pub(super) fn speak(&mut self, raw: &RawSpeak, path: &str, place: Surroundings) -> Option<Step> {
        if !self.here(raw.arms.as_deref(), path) {
            return None;
        }
        self.turn_name(&raw.name, path);
        let Some((_, speaker)) = self.speakers.get_key_value(&raw.speaker) else {
            let message = format!("there is no speaker `{}`", raw.speaker);
            let help = match self.speakers.is_empty() {
                true => "name it under `speakers:`".to_owned(),
                false => suggestion(&raw.speaker, self.speakers.keys().map(String::as_str)),
            };
            self.problems.add_help(format!("{path}.speaker"), EntryPart::Value, message, help);
            return None;
        };
        let ask = self.answer(raw, path);
        let mut unsaid = Problems::default();
        let base = sampling::resolve(&speaker.sampling, sampling::DEFAULT, "", &mut unsaid);
        let sampling = sampling::resolve(&raw.sampling, &base, &format!("{path}.sampling"), self.problems);
        let step = self.enter(path.to_owned());
        if let Some(system) = &speaker.system {
            self.text(step, system, format!("speakers.{}.system", raw.speaker));
        }
        if let Some(question) = &raw.ask {
            self.text(step, question, format!("{path}.ask"));
        }
        for (index, option) in raw.options.iter().flatten().enumerate() {
            self.text(step, option, format!("{path}.options[{index}]"));
        }
        let system = speaker.system.clone();
        let (role, prompt) = match &raw.ask {
            Some(question) => {
                let system = system.map(|text| Message { role: Role::System, text });
                let question = Message { role: Role::User, text: question.clone() };
                (Role::Assistant, Prompt::Own { messages: system.into_iter().chain([question]).collect() })
            }
            None => (Role::User, Prompt::Reversed { system }),
        };
        let private = raw.ask.is_some();
        if !private {
            self.last = Some(Role::User);
        }
        let named = Speaker::named(&raw.speaker);
        self.live(&raw.name, named.clone(), step, place, self.cut_off);
        let name = raw.name.clone();
        Some(Step::Speak(Box::new(Speak { name, speaker: named, role, private, prompt, ask, sampling })))
    }

    /// What it is to answer with.
    fn answer(&mut self, raw: &RawSpeak, path: &str) -> Ask {
        if let (Some(say), None) = (&raw.say, &raw.json) {
            let message = format!("there is no JSON of which `{say}` could be said");
            let help = "`json:` says what the answer looks like";
            self.problems.add_help(format!("{path}.say"), EntryPart::Key, message, help);
        }
        match (&raw.options, &raw.json) {
            (None, None) => Ask::Text,
            (Some(options), None) => self.choice(options, &format!("{path}.options")),
            (None, Some(schema)) => self.json(schema, raw, path),
            (Some(_), Some(_)) => {
                let message = "an answer is one of the `options` or `json`, not both";
                self.problems.add(format!("{path}.json"), EntryPart::Key, message);
                Ask::Text
            }
        }
    }

    /// One of several options.
    pub(super) fn choice(&mut self, options: &[String], path: &str) -> Ask {
        if !(2..=MAX_OPTIONS).contains(&options.len()) {
            let message = format!("a choice has from 2 to {MAX_OPTIONS} options");
            self.problems.add(path, EntryPart::Value, message);
        }
        Ask::Choose { options: options.to_vec() }
    }

    /// JSON, of which a field may be what is said.
    fn json(&mut self, schema: &Map<String, Json>, raw: &RawSpeak, path: &str) -> Ask {
        if let Err(reason) = Shape::of(schema) {
            self.problems.add(format!("{path}.json"), EntryPart::Value, reason);
        }
        let schema = Json::Object(schema.clone());
        if raw.ask.is_none() && raw.say.is_none() {
            let help = "`say: FIELD` names the field that the others hear";
            let message = "the speaker would say JSON to the model";
            self.problems.add_help(format!("{path}.json"), EntryPart::Key, message, help);
        }
        if let Some(say) = &raw.say {
            let fields = fields(&schema);
            let field = fields.and_then(|fields| fields.get(say));
            let required = schema.get("required").and_then(Json::as_array);
            let needed = required.is_some_and(|names| names.iter().any(|name| name == say.as_str()));
            let place = format!("{path}.say");
            match field {
                None => {
                    let names = fields.into_iter().flat_map(Map::keys).map(String::as_str);
                    let message = format!("the schema has no field `{say}` under `properties`");
                    self.problems.add_help(place, EntryPart::Value, message, suggestion(say, names));
                }
                Some(field) if field.get("type").and_then(Json::as_str) != Some("string") => {
                    let message = format!("`{say}` cannot be said: its `type` is not `string`");
                    self.problems.add(place, EntryPart::Value, message);
                }
                Some(_) if !needed => {
                    let message = format!("`{say}` may be missing");
                    let help = format!("`required: [{say}]` in the schema says that it is always there");
                    self.problems.add_help(place, EntryPart::Value, message, help);
                }
                Some(_) => {}
            }
        }
        Ask::Json { schema, say: raw.say.clone() }
    }
}
