//! What a speaker is shown: computed from the transcript, whenever it is to speak.

use scorers::{Role, Speaker, Turn};
use serde::{Deserialize, Serialize};

/// What somebody who sees the dialogue from the other side hears before their own first words: chat templates refuse a dialogue in which
/// no user begins.
pub const OPENING: &str = "(You speak first.)";

/// One message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What they say.
    pub text: String,
}

/// How a speaker sees the dialogue. Texts are templates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Prompt {
    /// As it stands.
    #[default]
    Dialogue,
    /// From the other side: what the user says is its own, and what the assistant says is the other's. System turns are the
    /// assistant's and are left out.
    Reversed {
        /// What it is told that the other side does not know, such as a goal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        system: Option<String>,
    },
    /// Not at all: a context of its own, which quotes what it needs.
    Own {
        /// The messages.
        messages: Vec<Message>,
    },
}

/// The prompt of a speaker after these turns, oldest first. The texts of `prompt` have been filled in. A private turn is shown to its
/// own speaker and to nobody else; a turn that failed has no text, and is shown to nobody.
pub fn prompt_for(speaker: &Speaker, prompt: &Prompt, turns: &[Turn]) -> Vec<Message> {
    let shown = turns.iter().filter(|turn| !turn.private || turn.speaker == *speaker);
    let message = |turn: &Turn, role: Role| Some(Message { role, text: turn.text()?.to_owned() });
    match prompt {
        Prompt::Dialogue => shown.filter_map(|turn| message(turn, turn.role)).collect(),
        Prompt::Reversed { system } => {
            let system = system.iter().map(|text| Message { role: Role::System, text: text.clone() });
            let mut turns = shown.filter_map(|turn| match turn.role {
                Role::System => None,
                // What it said to itself is its own, whatever part of the dialogue it belongs to.
                _ if turn.private => message(turn, Role::Assistant),
                Role::User => message(turn, Role::Assistant),
                Role::Assistant => message(turn, Role::User),
            });
            let first = turns.next();
            let begins = first.as_ref().is_some_and(|message| message.role == Role::User);
            let opening = (!begins).then(|| Message { role: Role::User, text: OPENING.to_owned() });
            system.chain(opening).chain(first).chain(turns).collect()
        }
        Prompt::Own { messages } => messages.clone(),
    }
}
