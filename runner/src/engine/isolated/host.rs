//! The side of the process: loads the model that the parent orders, and answers, many requests at once.
//!
//! The process ends when its standard input does, whatever else it is doing then: the parent has died, or needs it no more.
//! Its standard output carries the protocol and nothing else; what anything else writes there goes to standard error.

use super::{
    limit,
    wire::{self, Asked, FromEngine, Order, Ready, State, Token, WireError},
};
use crate::{
    engine::{Engine, Failure, Request, load},
    store,
};
use std::{
    io::{self, Write},
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::sync::{Mutex, mpsc};

/// How often the parent is told that tasks still get their turn.
const ALIVE: Duration = Duration::from_millis(250);
/// Lines that wait for the parent to read them, at most.
const LINES: usize = 64;
/// How long the process has for ending in good order.
const LEAVING: Duration = Duration::from_secs(1);

/// What the parent orders; none where it has gone.
///
/// # Errors
/// When the first line of standard input is no order.
pub fn order() -> Result<Option<Order>, WireError> {
    let Some(line) = wire::read_line(&mut io::stdin().lock())? else { return Ok(None) };
    match Asked::parse(&line)? {
        Asked::Load(order) => Ok(Some(*order)),
        Asked::Generate { .. } | Asked::Trace { .. } => {
            Err(WireError::Unexpected("a request before the model"))
        }
    }
}

/// Loads the model and answers until the parent is done.
///
/// # Errors
/// When there is no standard output, the limit on memory cannot be set, or it is too small for anything.
pub fn serve(order: Order, runtime: &tokio::runtime::Runtime) -> io::Result<()> {
    let output = output()?;
    store::be_ended_first();
    if let Some(bytes) = order.memory {
        limit::apply(bytes)?;
    }
    let (to_parent, lines) = mpsc::channel(LINES);
    let (asked, requests) = mpsc::unbounded_channel();
    let writing = thread::Builder::new().name("to parent".to_owned()).spawn(move || write(output, lines));
    let writing = writing.map_err(starved)?;
    thread::Builder::new().name("from parent".to_owned()).spawn(move || read(&asked)).map_err(starved)?;
    runtime.block_on(answer_all(order, requests, to_parent));
    // A refusal reaches the parent before the end.
    let _ = writing.join();
    Ok(())
}

/// Why a thread cannot be started.
fn starved(error: io::Error) -> io::Error {
    io::Error::other(format!("there is no memory for its threads: {error}"))
}

/// Loads the model, and answers one request after the other, each in a task of its own.
async fn answer_all(
    order: Order,
    mut requests: mpsc::UnboundedReceiver<Asked>,
    to_parent: mpsc::Sender<Vec<u8>>,
) {
    let engine = match load::load(&order.reference, order.settings).await {
        Ok(engine) => engine,
        Err(error) => return say(&to_parent, &FromEngine::Refused { reason: error.to_string() }).await,
    };
    let ready = Ready::of(engine.as_ref());
    let told = Arc::new(Mutex::new(ready.state.clone()));
    say(&to_parent, &FromEngine::Ready(Box::new(ready))).await;
    tokio::spawn(live(to_parent.clone()));
    while let Some(asked) = requests.recv().await {
        let (engine, told, to_parent) = (Arc::clone(&engine), Arc::clone(&told), to_parent.clone());
        tokio::spawn(async move {
            let Some(answer) = answer(&engine, asked).await else { return };
            // One at a time, so that the parent knows of no state that is older than one it was told.
            let mut told = told.lock().await;
            let state = State::of(engine.as_ref());
            if *told != state {
                say(&to_parent, &FromEngine::State(state.clone())).await;
                *told = state;
            }
            say(&to_parent, &answer).await;
        });
    }
}

/// What an engine says to a request; nothing to a second order.
async fn answer(engine: &Arc<dyn Engine>, asked: Asked) -> Option<FromEngine> {
    match asked {
        Asked::Load(_) => None,
        Asked::Generate { id, request } => {
            let reply = apart(engine, request, |engine, request| engine.generate(request)).await;
            Some(match reply {
                Ok(completion) => FromEngine::Reply { id, completion },
                Err(failure) => FromEngine::Failed { id, failure },
            })
        }
        Asked::Trace { id, request } => {
            let tokens = apart(engine, request, |engine, request| engine.trace(request)).await;
            Some(match tokens {
                Ok(tokens) => {
                    FromEngine::Traced { id, tokens: tokens.into_iter().map(Token::from).collect() }
                }
                Err(failure) => FromEngine::Failed { id, failure },
            })
        }
    }
}

/// Asks the engine in a task of its own, so that one that breaks off is a failure like any other.
async fn apart<T: Send + 'static>(
    engine: &Arc<dyn Engine>,
    request: Request,
    ask: for<'a> fn(&'a dyn Engine, Request) -> futures::future::BoxFuture<'a, Result<T, Failure>>,
) -> Result<T, Failure> {
    let engine = Arc::clone(engine);
    let task = tokio::spawn(async move { ask(engine.as_ref(), request).await });
    task.await.unwrap_or_else(|error| Err(Failure::engine(format!("the engine's task broke off: {error}"))))
}

/// Sends a line. Where it would be too long, a failure goes in its place.
async fn say(to_parent: &mpsc::Sender<Vec<u8>>, said: &FromEngine) {
    let line = wire::line(said).or_else(|error| match said {
        FromEngine::Reply { id, .. } | FromEngine::Traced { id, .. } | FromEngine::Failed { id, .. } => {
            let failure = Failure::engine(format!("the reply does not reach the parent: {error}"));
            wire::line(&FromEngine::Failed { id: *id, failure })
        }
        _ => Err(error),
    });
    match line {
        // Where nobody writes any more, the process is about to end.
        Ok(line) => drop(to_parent.send(line).await),
        Err(_) => leave(),
    }
}

/// Tells the parent that tasks get their turn. Where lines wait, it sees that itself.
async fn live(to_parent: mpsc::Sender<Vec<u8>>) {
    let mut interval = tokio::time::interval(ALIVE);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        if let Ok(line) = wire::line(&FromEngine::Alive {}) {
            let _ = to_parent.try_send(line);
        }
    }
}

/// Writes lines until there are no more.
fn write(mut output: impl Write, mut lines: mpsc::Receiver<Vec<u8>>) {
    while let Some(line) = lines.blocking_recv() {
        if output.write_all(&line).and_then(|()| output.flush()).is_err() {
            leave();
        }
    }
}

/// Reads what the parent asks, on a thread of its own, which nothing that the engine does can hold up.
fn read(asked: &mpsc::UnboundedSender<Asked>) {
    let mut input = io::stdin().lock();
    while let Ok(Some(line)) = wire::read_line(&mut input) {
        // Where nobody answers any more, the end of the pipe is waited for all the same.
        match Asked::parse(&line) {
            Ok(request) => drop(asked.send(request)),
            Err(_) => break,
        }
    }
    leave();
}

/// Ends the process, whatever hangs in it.
fn leave() -> ! {
    store::remove_temporary();
    // What is to be tidied up at the end of a process may hang, too.
    let _ = thread::Builder::new().spawn(|| {
        thread::sleep(LEAVING);
        std::process::abort();
    });
    std::process::exit(0);
}

/// Standard output for the protocol alone: from now on everybody else's goes to standard error.
#[cfg(unix)]
fn output() -> io::Result<impl Write + Send + 'static> {
    use std::os::fd::AsFd;
    let own = io::stdout().as_fd().try_clone_to_owned()?;
    nix::unistd::dup2_stdout(io::stderr())?;
    Ok(io::PipeWriter::from(own))
}

/// Standard output.
#[cfg(not(unix))]
fn output() -> io::Result<impl Write + Send + 'static> {
    Ok(io::stdout())
}
