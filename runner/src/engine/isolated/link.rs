//! The books on what a process was asked and what it has said: who waits for which reply, and when it counts as hanging.
//!
//! Nothing here knows processes or pipes, so that a test can say anything. What is said and must not be is an error, for
//! which the process is ended.

use super::wire::{FromEngine, Ready, State, WireError};
use crate::engine::{Completion, Failure, TokenChoice};
use scorers::FailureKind;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// What one was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Turn,
    Trace,
}

/// What one has said.
#[derive(Debug)]
pub(super) enum Answer {
    Turn(Completion),
    Trace(Vec<TokenChoice>),
}

impl Answer {
    fn kind(&self) -> Kind {
        match self {
            Self::Turn(_) => Kind::Turn,
            Self::Trace(_) => Kind::Trace,
        }
    }
}

/// Where an answer is waited for.
pub(super) type Receiver = oneshot::Receiver<Result<Answer, Failure>>;

/// One who waits.
struct Waiting {
    kind: Kind,
    sender: oneshot::Sender<Result<Answer, Failure>>,
    since: Instant,
    /// Replies that had come about before.
    before: u64,
}

/// What a model came to when it was loaded; where it did not, why.
pub(super) type Loaded = Result<Ready, String>;

/// The books.
pub(super) struct Link {
    /// Longest time that a reply may take in the engine.
    timeout: Duration,
    /// Who waits for the model; none once it is loaded.
    loading: Option<oneshot::Sender<Loaded>>,
    waiting: HashMap<u64, Waiting>,
    next: u64,
    state: State,
    /// Replies that came about.
    finished: u64,
    /// How long nothing was said while somebody waited.
    silence: Duration,
    /// What ended it.
    ended: Option<Failure>,
}

impl Link {
    /// Books on a process that is to load a model, and who waits for that.
    pub(super) fn new(timeout: Duration) -> (Self, oneshot::Receiver<Loaded>) {
        let (sender, receiver) = oneshot::channel();
        let link = Self {
            timeout,
            loading: Some(sender),
            waiting: HashMap::new(),
            next: 0,
            state: State::default(),
            finished: 0,
            silence: Duration::ZERO,
            ended: None,
        };
        (link, receiver)
    }

    /// How the engine is.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// What ended the process.
    pub(super) fn ended(&self) -> Option<&Failure> {
        self.ended.as_ref()
    }

    /// Enters one who waits: the number of the request. None where nobody would ever answer.
    pub(super) fn enter(&mut self, kind: Kind) -> Option<(u64, Receiver)> {
        if self.ended.is_some() {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        self.waiting.insert(id, Waiting { kind, sender, since: Instant::now(), before: self.finished });
        Some((id, receiver))
    }

    /// Answers one who waits without having asked.
    pub(super) fn refuse(&mut self, id: u64, failure: Failure) {
        if let Some(waiting) = self.waiting.remove(&id) {
            // Who has gone needs no answer.
            let _ = waiting.sender.send(Err(failure));
        }
    }

    /// Hands on what was said. The failure with which the process has to end, where the engine hangs by its own account.
    ///
    /// # Errors
    /// When it must not be said now.
    pub(super) fn hear(&mut self, said: FromEngine) -> Result<Option<Failure>, WireError> {
        self.silence = Duration::ZERO;
        match said {
            FromEngine::Ready(ready) => {
                let sender = self.loading.take().ok_or(WireError::Unexpected("a second model"))?;
                self.state = ready.state.clone();
                let _ = sender.send(Ok(*ready));
            }
            FromEngine::Refused { reason } => {
                let sender = self.loading.take().ok_or(WireError::Unexpected("a refusal of the model"))?;
                let _ = sender.send(Err(reason));
            }
            _ if self.loading.is_some() => return Err(WireError::Unexpected("an answer before the model")),
            FromEngine::State(state) => self.state = state,
            FromEngine::Alive {} => {}
            FromEngine::Reply { id, completion } => {
                self.answer(id, Answer::Turn(completion))?;
                self.finished += 1;
            }
            FromEngine::Traced { id, tokens } => {
                let tokens = tokens.into_iter().map(Into::into).collect();
                self.answer(id, Answer::Trace(tokens))?;
            }
            FromEngine::Failed { id, failure } => return self.failed(id, failure),
        }
        Ok(None)
    }

    fn answer(&mut self, id: u64, answer: Answer) -> Result<(), WireError> {
        // Whoever waits for another kind of answer still waits, for the end of the process.
        let asked = self.waiting.get(&id).is_some_and(|waiting| waiting.kind == answer.kind());
        let waiting = if asked { self.waiting.remove(&id) } else { None };
        let waiting = waiting.ok_or(WireError::Unexpected("a reply to nobody"))?;
        // Who has gone needs no answer.
        let _ = waiting.sender.send(Ok(answer));
        Ok(())
    }

    /// Hands on a failure. Where a reply had all its time, and no other one came about meanwhile, the engine hangs.
    fn failed(&mut self, id: u64, failure: Failure) -> Result<Option<Failure>, WireError> {
        let waiting = self.waiting.remove(&id).ok_or(WireError::Unexpected("a failure of nothing"))?;
        let hangs = failure.kind == FailureKind::Timeout
            && waiting.before == self.finished
            && waiting.since.elapsed() >= self.timeout;
        let _ = waiting.sender.send(Err(failure));
        Ok(hangs.then(|| self.hanging("no reply came about in that time")))
    }

    /// Notes that a while has passed. The failure with which the process has to end, where it has been silent for too long.
    pub(super) fn passed(&mut self, time: Duration, patience: Duration) -> Option<Failure> {
        match self.waiting.is_empty() {
            true => self.silence = Duration::ZERO,
            false => self.silence += time,
        }
        (self.silence > patience).then(|| self.hanging("the engine's process had stopped"))
    }

    fn hanging(&self, how: &str) -> Failure {
        let Failure { kind, message } = Failure::late(self.timeout);
        Failure { kind, message: format!("{message} ({how}, and was ended)") }
    }

    /// Closes the books: everybody who waits is told.
    pub(super) fn end(&mut self, failure: &Failure) {
        if let Some(sender) = self.loading.take() {
            let _ = sender.send(Err(failure.message.clone()));
        }
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            let _ = waiting.sender.send(Err(failure.clone()));
        }
        self.ended.get_or_insert_with(|| failure.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::scripted::Scripted;
    use scorers::StopReason;

    const TIMEOUT: Duration = Duration::from_millis(20);

    fn ready() -> FromEngine {
        let engine = Scripted::parse("a", "scripted:a", "- reply: [yes]").unwrap();
        FromEngine::Ready(Box::new(Ready::of(&engine)))
    }

    fn loaded() -> Link {
        let (mut link, mut receiver) = Link::new(TIMEOUT);
        assert!(link.hear(ready()).unwrap().is_none());
        assert!(receiver.try_recv().unwrap().is_ok());
        link
    }

    fn reply(id: u64) -> FromEngine {
        let text = "yes".to_owned();
        let completion = Completion {
            text,
            stop: StopReason::End,
            prompt_tokens: 1,
            completion_tokens: 1,
            weights: Vec::new(),
        };
        FromEngine::Reply { id, completion }
    }

    fn late(id: u64) -> FromEngine {
        FromEngine::Failed { id, failure: Failure::late(TIMEOUT) }
    }

    #[test]
    fn each_who_waits_gets_its_own_answer() {
        let mut link = loaded();
        let (one, mut first) = link.enter(Kind::Turn).unwrap();
        let (two, mut second) = link.enter(Kind::Trace).unwrap();
        assert!(link.hear(FromEngine::Traced { id: two, tokens: Vec::new() }).unwrap().is_none());
        assert!(link.hear(reply(one)).unwrap().is_none());
        assert!(matches!(first.try_recv().unwrap(), Ok(Answer::Turn(said)) if said.text == "yes"));
        assert!(matches!(second.try_recv().unwrap(), Ok(Answer::Trace(_))));
    }

    #[test]
    fn what_nobody_asked_for_is_an_error() {
        for said in [reply(5), late(5), ready(), FromEngine::Refused { reason: String::new() }] {
            assert!(matches!(loaded().hear(said), Err(WireError::Unexpected(_))));
        }
        let (mut link, _receiver) = Link::new(TIMEOUT);
        for said in [reply(0), FromEngine::Alive {}, FromEngine::State(State::default())] {
            assert!(matches!(link.hear(said), Err(WireError::Unexpected(_))), "before the model");
        }
        let mut link = loaded();
        let (id, mut receiver) = link.enter(Kind::Trace).unwrap();
        assert!(link.hear(reply(id)).is_err(), "another kind of answer");
        link.end(&Failure::engine("it said nonsense"));
        assert!(
            receiver.try_recv().unwrap().is_err(),
            "and whoever waits for the right one is told of the end"
        );
        let mut link = loaded();
        let (id, receiver) = link.enter(Kind::Turn).unwrap();
        drop(receiver);
        assert!(link.hear(reply(id)).is_ok(), "who has gone is still one who asked");
        assert!(link.hear(reply(id)).is_err(), "once is enough");
    }

    #[test]
    fn the_end_is_told_to_everybody_and_later_ones_are_sent_away() {
        let (mut link, mut receiver) = Link::new(TIMEOUT);
        link.end(&Failure::engine("it died"));
        assert_eq!(receiver.try_recv().unwrap().unwrap_err(), "it died");
        let mut link = loaded();
        let (_, mut waiting) = link.enter(Kind::Turn).unwrap();
        link.end(&Failure::engine("it died"));
        link.end(&Failure::engine("again"));
        assert_eq!(waiting.try_recv().unwrap().unwrap_err().message, "it died");
        assert!(link.enter(Kind::Turn).is_none() && link.ended().unwrap().message == "it died");
    }

    #[test]
    fn silence_counts_while_somebody_waits() {
        let (patience, tick) = (Duration::from_secs(1), Duration::from_millis(400));
        let mut link = loaded();
        assert!((0..9).all(|_| link.passed(tick, patience).is_none()), "nobody waits");
        let (id, _receiver) = link.enter(Kind::Turn).unwrap();
        for _ in 0..3 {
            assert!(link.passed(tick, patience).is_none() && link.passed(tick, patience).is_none());
            assert!(link.hear(FromEngine::Alive {}).unwrap().is_none());
        }
        assert!(link.passed(tick, patience).is_none() && link.passed(tick, patience).is_none());
        assert_eq!(link.passed(tick, patience).unwrap().kind, FailureKind::Timeout);
        assert!(link.hear(reply(id)).is_ok());
    }

    #[test]
    fn an_engine_hangs_where_a_reply_is_late_and_nothing_else_came_about() {
        let mut link = loaded();
        let (quick, _first) = link.enter(Kind::Turn).unwrap();
        assert!(link.hear(late(quick)).unwrap().is_none(), "it did not have its time");
        let (alone, _second) = link.enter(Kind::Turn).unwrap();
        std::thread::sleep(TIMEOUT);
        assert_eq!(link.hear(late(alone)).unwrap().unwrap().kind, FailureKind::Timeout);
        let mut link = loaded();
        let (slow, _first) = link.enter(Kind::Turn).unwrap();
        let (other, _second) = link.enter(Kind::Turn).unwrap();
        std::thread::sleep(TIMEOUT);
        assert!(link.hear(reply(other)).is_ok());
        assert!(link.hear(late(slow)).unwrap().is_none(), "the engine works");
    }
}
