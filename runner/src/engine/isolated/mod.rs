//! An engine in a process of its own: what a model does to it costs the replies in flight, and nothing else.
//!
//! The process is this very program with a hidden command. It loads the model as this process would, and answers over its
//! pipes (`wire`). Where it dies, hangs or says nonsense, the replies in flight are failures, and the next one starts it
//! anew; the model has to be the same then. `docs/trust.md` says what that is good for.

pub mod host;
mod limit;
mod link;
mod process;
mod tally;
mod wire;
mod words;

use super::{
    Completion, Engine, Facts, Failure, Identity, Request, TokenChoice,
    load_error::LoadError,
    reference::ModelReference,
    settings::{Isolation, Settings},
};
use futures::future::BoxFuture;
use link::{Answer, Kind};
pub use process::COMMAND;
use process::Process;
use reports::format::safe;
use scorers::FailureKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tally::Tally;
use wire::Ready;
pub use wire::{Order, WireError};

/// How often in a row the process is started anew without a reply that comes about.
const STARTS: u32 = 3;

/// An engine in a process of its own.
pub struct Isolated {
    order: Order,
    /// What it is, whenever it is started.
    ready: Ready,
    process: Mutex<Arc<Process>>,
    /// Held while the process is started anew, so that one does it for all.
    starting: tokio::sync::Mutex<()>,
    tally: Mutex<Tally>,
}

/// Nothing panics while it holds one of these locks.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Isolated {
    /// Starts the process and loads a model there.
    ///
    /// # Errors
    /// When the process cannot be started, refuses the model, dies over it, or takes too long.
    pub async fn start(
        reference: &ModelReference,
        settings: &Settings,
        isolation: Isolation,
    ) -> Result<Self, LoadError> {
        let (reference, settings) = (reference.clone(), settings.clone());
        let order = Order { reference, settings, memory: isolation.memory };
        let (process, ready) = started(&order).await.map_err(LoadError::Isolated)?;
        Ok(Self {
            order,
            ready,
            process: Mutex::new(Arc::new(process)),
            starting: tokio::sync::Mutex::new(()),
            tally: Mutex::default(),
        })
    }

    fn current(&self) -> Arc<Process> {
        Arc::clone(&locked(&self.process))
    }

    /// A process that lives, started anew where that is needed.
    async fn process(&self) -> Result<Arc<Process>, Failure> {
        let current = self.current();
        if current.ended().is_none() {
            return Ok(current);
        }
        let _one = self.starting.lock().await;
        // Another one may have done it meanwhile.
        let current = self.current();
        match current.ended() {
            None => Ok(current),
            Some(why) => self.anew(&current, &why).await,
        }
    }

    /// Starts the process anew, after one that has ended, unless that is in vain.
    async fn anew(&self, ended: &Process, why: &Failure) -> Result<Arc<Process>, Failure> {
        let in_a_row = {
            let tally = locked(&self.tally);
            if let Some(over) = &tally.over {
                return Err(over.clone());
            }
            tally.in_a_row
        };
        if in_a_row == STARTS {
            let message = format!(
                "the engine was started anew {STARTS} times in a row without a reply: {}",
                why.message
            );
            return Err(self.give_up(message));
        }
        let (process, ready) = started(&self.order)
            .await
            .map_err(|reason| self.give_up(format!("the engine could not be started anew: {reason}")))?;
        if let Some(difference) = difference(&self.ready, &ready) {
            return Err(self.give_up(format!(
                "the engine was started anew, and {difference} is not what it was; somebody has changed the model's files"
            )));
        }
        let process = Arc::new(process);
        let mut tally = locked(&self.tally);
        tally.add(ended.state());
        tally.starts += 1;
        tally.in_a_row += 1;
        tally.reason.clone_from(&why.message);
        *locked(&self.process) = Arc::clone(&process);
        Ok(process)
    }

    /// Has all further requests fail.
    fn give_up(&self, message: String) -> Failure {
        let over = Failure { kind: FailureKind::Engine, message };
        locked(&self.tally).over.get_or_insert(over).clone()
    }

    async fn ask(&self, kind: Kind, request: Request) -> Result<Answer, Failure> {
        loop {
            let process = self.process().await?;
            // It may have ended just now, before anything was asked of it.
            let Some(receiver) = process.ask(kind, request.clone()) else { continue };
            let gone = |_| Err(Failure::engine("the engine's process is gone"));
            let answer = receiver.await.unwrap_or_else(gone);
            if answer.is_ok() {
                locked(&self.tally).in_a_row = 0;
            }
            return answer;
        }
    }
}

/// A process with the model, which says that it is the one that was asked for.
async fn started(order: &Order) -> Result<(Process, Ready), String> {
    let (process, ready) = Process::start(order.clone()).await?;
    let model = &ready.identity.model;
    if (&model.name, &model.reference) != (&order.reference.name, &order.reference.text) {
        return Err("the engine's process has loaded another model than it was asked for".to_owned());
    }
    Ok((process, ready))
}

/// What is not the same of two engines, in words.
fn difference(before: &Ready, now: &Ready) -> Option<&'static str> {
    let ((model, engine), (model_now, engine_now)) =
        ((&before.identity.model, &before.identity.engine), (&now.identity.model, &now.identity.engine));
    [
        (model.weights == model_now.weights, "the hash of the weights"),
        (model.tokenizer == model_now.tokenizer, "the hash of the tokenizer"),
        (model.chat_template == model_now.chat_template, "the hash of the chat template"),
        (model.adapter == model_now.adapter, "the hash of the adapter"),
        (model.files == model_now.files, "the hash of a file of the model"),
        (model == model_now, "the model"),
        (engine == engine_now && before.facts == now.facts, "what the engine says of itself"),
    ]
    .into_iter()
    .find_map(|(same, what)| (!same).then_some(what))
}

impl Engine for Isolated {
    fn identity(&self) -> &Identity {
        &self.ready.identity
    }

    fn room(&self) -> usize {
        self.current().state().room
    }

    fn facts(&self) -> Facts {
        self.ready.facts
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        Box::pin(async move {
            match self.ask(Kind::Turn, request).await? {
                Answer::Turn(completion) => Ok(completion),
                Answer::Trace(_) => Err(Failure::engine("the engine's process gave another kind of answer")),
            }
        })
    }

    fn trace(&self, request: Request) -> BoxFuture<'_, Result<Vec<TokenChoice>, Failure>> {
        Box::pin(async move {
            match self.ask(Kind::Trace, request).await? {
                Answer::Trace(tokens) => Ok(tokens),
                Answer::Turn(_) => Err(Failure::engine("the engine's process gave another kind of answer")),
            }
        })
    }

    fn cached_tokens(&self) -> u64 {
        locked(&self.tally).cached_tokens.saturating_add(self.current().state().cached_tokens)
    }

    fn failures(&self) -> u64 {
        locked(&self.tally).failures.saturating_add(self.current().state().failures)
    }

    fn notes(&self) -> Vec<String> {
        let state = self.current().state();
        let tally = locked(&self.tally);
        let mut notes = tally.notes.clone();
        notes.extend(state.notes.into_iter().filter(|note| !tally.notes.contains(note)));
        notes.extend(tally.note());
        // They are printed, and come from a process that may say anything.
        notes.iter().map(|note| safe::line(note)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::scripted::Scripted;

    fn ready(script: &str) -> Ready {
        Ready::of(&Scripted::parse("a", "scripted:a", script).unwrap())
    }

    #[test]
    fn a_model_that_was_changed_meanwhile_is_noticed() {
        let (one, other) = (ready("- reply: [yes]"), ready("- reply: [no]"));
        assert_eq!(difference(&one, &one), None);
        assert_eq!(difference(&one, &other), Some("the hash of the weights"));
        let mut engine = one.clone();
        engine.identity.engine.device = "cuda".to_owned();
        assert_eq!(difference(&one, &engine), Some("what the engine says of itself"));
        assert_eq!(
            difference(&one, &Ready { facts: Facts { couples: true, ..one.facts }, ..one.clone() }),
            Some("what the engine says of itself")
        );
        let mut state = one.clone();
        state.state.failures = 5;
        assert_eq!(difference(&one, &state), None, "what changes in a run says nothing");
    }
}
