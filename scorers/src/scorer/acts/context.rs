//! What was said before the graded turn.

use super::form;
use crate::{
    View,
    scorer::text::sentences,
    transcript::{Body, Role},
};
use std::borrow::Cow;

/// What was said before the graded turn, in plain form.
#[derive(Clone, Debug, Default)]
pub(in crate::scorer) struct Context {
    /// The user's turns, oldest first, each as its sentences.
    pub(super) user: Vec<Vec<String>>,
    /// The last turn of the model's side, as its sentences.
    pub(super) model: Vec<String>,
    /// The sentences of the turns that the spec wrote for the model's side.
    pub(super) scripted: Vec<String>,
}

impl Context {
    pub(in crate::scorer) fn of(view: &View<'_>) -> Self {
        let said = |role: Role| {
            view.before().iter().filter(move |turn| turn.role == role).filter_map(|turn| turn.said())
        };
        let of = |text: Cow<'_, str>| sentences(&text);
        Self {
            user: said(Role::User).map(of).collect(),
            model: said(Role::Assistant).next_back().map(of).unwrap_or_default(),
            scripted: view
                .before()
                .iter()
                .filter(|turn| turn.role == Role::Assistant)
                // One that has a name is what a person said in this dialogue, and no example of the spec.
                .filter(|turn| turn.name.is_none())
                .filter_map(|turn| match &turn.body {
                    Body::Scripted { text } => Some(sentences(text)),
                    Body::Generated { .. } | Body::Failed { .. } => None,
                })
                .flatten()
                .collect(),
        }
    }

    /// The sentences of the user's last turn.
    pub(super) fn last_user(&self) -> &[String] {
        self.user.last().map_or(&[], Vec::as_slice)
    }

    /// Whether the user has said more than greetings and thanks.
    pub(super) fn user_told(&self) -> bool {
        self.opening().is_some()
    }

    /// Whether the user's last turn is the one that comes to the matter: nothing is requested but what it requests.
    pub(super) fn opens(&self) -> bool {
        self.opening().is_some_and(|turn| turn + 1 == self.user.len())
    }

    /// Where the user's turns come to the matter: the first that is more than greetings and thanks.
    pub(super) fn opening(&self) -> Option<usize> {
        self.user.iter().position(|turn| !turn.iter().all(|sentence| form::social(sentence)))
    }

    /// Whether the user's last turn is a question.
    pub(super) fn user_asked(&self) -> bool {
        self.last_user().iter().any(|sentence| form::marked(sentence))
    }
}
