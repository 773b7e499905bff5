//! Speakers beside the model under test, and their turns.

use super::{
    dialogue::{Builder, Surroundings},
    sampling,
};
use crate::spec::{
    beside::beside,
    files::Files,
    location::EntryPart,
    probe::Script,
    problems::{Problems, is_variable, suggestion},
    raw::{RawProbe, RawSpeak},
};
use indexmap::IndexMap;
use reports::record::dialogue::{Ask, Message, Prompt, Speak, Step};
use scorers::{Role, Speaker};
use std::{collections::HashSet, path::Path};

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
        let Some(options) = &raw.options else { return Ask::Text };
        let path = format!("{path}.options");
        if !(2..=MAX_OPTIONS).contains(&options.len()) {
            let message = format!("a choice has from 2 to {MAX_OPTIONS} options");
            self.problems.add(&path, EntryPart::Value, message);
        }
        let mut before = HashSet::new();
        for (index, option) in options.iter().enumerate() {
            if !before.insert(option.trim()) {
                let place = format!("{path}[{index}]");
                self.problems.add(place, EntryPart::Value, format!("the option `{option}` is there twice"));
            }
        }
        Ask::Choose { options: options.clone() }
    }
}
