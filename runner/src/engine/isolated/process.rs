//! The process of an engine as its parent sees it: started, asked, watched and ended.
//!
//! Each of its three pipes has a thread, because a pipe blocks when the process hangs; a fourth one counts how long it has
//! been silent. Whoever notices the end first (a thread that reads nothing more or nonsense, the one that counts, the owner)
//! closes the books, and ends the process if it has not ended.

use super::{
    link::{Kind, Link, Loaded, Receiver},
    wire::{self, Asked, FromEngine, Order, Ready, State},
    words::Words,
};
use crate::engine::{Failure, Request, load_error::LoadError};
use scorers::FailureKind;
use std::{
    io::{BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// The hidden command that serves an engine.
pub const COMMAND: &str = "engine-host";
/// How often silence is looked at.
const TICK: Duration = Duration::from_millis(100);
/// How much longer than a reply may take silence may last: the process says every quarter of a second that it lives.
const GRACE: Duration = Duration::from_secs(1);
/// How long a process has for ending by itself.
const LEAVING: Duration = Duration::from_millis(500);

/// A process with a loaded model. It ends when this is dropped.
pub(super) struct Process {
    shared: Arc<Shared>,
    /// What is written to the process; none when it is to end.
    lines: Option<mpsc::Sender<Vec<u8>>>,
}

struct Shared {
    child: Mutex<Child>,
    link: Mutex<Link>,
    words: Words,
    /// Bytes of memory that it may take.
    memory: Option<u64>,
}

/// Nothing panics while it holds one of these locks, and the books are right at any moment if something did.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    /// Starts a process and has it load a model.
    ///
    /// # Errors
    /// The reason, where the process cannot be started, does not load the model in time, or refuses it.
    pub(super) async fn start(order: Order) -> Result<(Self, Ready), String> {
        let command = command().map_err(|error| cannot_start(&error))?;
        Self::start_with(command, order).await
    }

    /// The same with any program.
    async fn start_with(command: Command, order: Order) -> Result<(Self, Ready), String> {
        let (model, patience) = (order.reference.text.clone(), order.settings.load_timeout);
        let (process, loaded) = Self::begin(command, order).map_err(|error| cannot_start(&error))?;
        match tokio::time::timeout(patience, loaded).await {
            Ok(Ok(ready)) => Ok((process, ready?)),
            Ok(Err(_)) => Err("the process of the engine is gone".to_owned()),
            Err(_) => Err(LoadError::Late { reference: model, patience }.to_string()),
        }
    }

    fn begin(mut command: Command, order: Order) -> std::io::Result<(Self, oneshot::Receiver<Loaded>)> {
        let (link, loaded) = Link::new(order.settings.timeout);
        let memory = order.memory;
        let patience = order.settings.timeout.saturating_add(GRACE);
        let first = wire::line(&Asked::Load(Box::new(order))).map_err(std::io::Error::other)?;
        #[cfg(unix)]
        {
            // A group of its own, so that Ctrl-C reaches only the parent.
            use std::os::unix::process::CommandExt;
            command.process_group(0);
        }
        // What is quoted of its last words is to be the reason, and not where it was found.
        command.env("RUST_BACKTRACE", "0");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(std::io::Error::other("it has no pipes"));
        };
        let (child, link) = (Mutex::new(child), Mutex::new(link));
        let shared = Arc::new(Shared { child, link, words: Words::of(stderr), memory });
        let (sender, lines) = mpsc::channel();
        // From here on the process ends with this, also where a thread cannot be started.
        let process = Self { shared: Arc::clone(&shared), lines: Some(sender.clone()) };
        thread::Builder::new().spawn(move || write(stdin, &lines))?;
        thread::Builder::new().spawn(move || shared.read(stdout))?;
        process.watch(patience)?;
        // The thread that writes is there as long as the process.
        let _ = sender.send(first);
        Ok((process, loaded))
    }

    /// Counts silence, in steps and not by the clock, which goes on while this program is stopped.
    fn watch(&self, patience: Duration) -> std::io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let watching = move || {
            loop {
                thread::sleep(TICK);
                let mut link = locked(&shared.link);
                if link.ended().is_some() {
                    return;
                }
                if let Some(failure) = link.passed(TICK, patience) {
                    return shared.end(link, &failure);
                }
            }
        };
        thread::Builder::new().spawn(watching).map(drop)
    }

    /// Asks for a turn. None where the process has ended.
    pub(super) fn ask(&self, kind: Kind, request: Request) -> Option<Receiver> {
        let (id, receiver) = locked(&self.shared.link).enter(kind)?;
        let asked = match kind {
            Kind::Turn => Asked::Generate { id, request },
            Kind::Trace => Asked::Trace { id, request },
        };
        match (wire::line(&asked), &self.lines) {
            // Where the thread that writes is gone, the process is, too, and whoever waits is told so.
            (Ok(line), Some(lines)) => drop(lines.send(line)),
            (Err(error), _) => {
                let failure =
                    Failure::engine(format!("the dialogue does not reach the engine's process: {error}"));
                locked(&self.shared.link).refuse(id, failure);
            }
            (Ok(_), None) => {}
        }
        Some(receiver)
    }

    /// How the engine is, or was when it ended.
    pub(super) fn state(&self) -> State {
        locked(&self.shared.link).state().clone()
    }

    /// What ended the process; none as long as it lives.
    pub(super) fn ended(&self) -> Option<Failure> {
        locked(&self.shared.link).ended().cloned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A process whose pipe is closed takes its temporary files away and ends.
        drop(self.lines.take());
        let started = Instant::now();
        while self.ended().is_none() && started.elapsed() < LEAVING {
            let left = locked(&self.shared.child).try_wait();
            if !matches!(left, Ok(None)) {
                break;
            }
            thread::sleep(Duration::from_millis(2));
        }
        let failure = Failure { kind: FailureKind::Engine, message: "it is not needed any more".to_owned() };
        self.shared.end(locked(&self.shared.link), &failure);
    }
}

impl Shared {
    /// Reads what the process says, up to its end.
    fn read(&self, stdout: ChildStdout) {
        let mut reader = BufReader::new(stdout);
        let broken = loop {
            let said = match wire::read_line(&mut reader) {
                Ok(None) => return self.end_of_itself(),
                Ok(Some(line)) => FromEngine::parse(&line),
                Err(error) => break error,
            };
            let mut link = locked(&self.link);
            match said.and_then(|said| link.hear(said)) {
                Ok(None) => {}
                Ok(Some(failure)) => return self.end(link, &failure),
                Err(error) => break error,
            }
        };
        let message = format!("the engine's process said {broken}, and was ended");
        self.end(locked(&self.link), &Failure { kind: FailureKind::Engine, message });
    }

    /// The process says nothing more: it has ended, or is about to, or pretends to.
    fn end_of_itself(&self) {
        if locked(&self.link).ended().is_some() {
            return;
        }
        let mut child = locked(&self.child);
        let _ = child.kill();
        let how = child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        drop(child);
        let words = self.words.last();
        let said = words.as_ref().map_or_else(String::new, |words| format!(", with the words `{words}`"));
        let advice = advice(&how, words.as_deref().unwrap_or_default(), self.memory);
        let message = format!("the engine's process ended ({how}){said}{advice}");
        locked(&self.link).end(&Failure { kind: FailureKind::Engine, message });
    }

    /// Closes the books and ends the process. Whoever finds a reason in the books gives them closed at once: a reply asked
    /// for in between would fail for a reason that was never its own.
    fn end(&self, mut link: MutexGuard<'_, Link>, failure: &Failure) {
        link.end(failure);
        drop(link);
        let mut child = locked(&self.child);
        // It may have ended before.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// What may help where memory gave out: by the allocators' own words, or since nobody else sends signal 9.
fn advice(how: &str, words: &str, memory: Option<u64>) -> String {
    let words = words.to_lowercase();
    let starved =
        ["memory", "bad_alloc"].iter().any(|word| words.contains(word)) || how.contains("signal: 9");
    match (starved, memory) {
        (false, _) => String::new(),
        (true, Some(bytes)) => {
            format!("; it may take {} MiB of memory, and --isolate-memory sets that", bytes >> 20)
        }
        (true, None) => "; the system ends processes like that where memory gives out".to_owned(),
    }
}

/// Writes lines to the process until there are no more, or nobody reads them.
fn write(mut stdin: ChildStdin, lines: &mpsc::Receiver<Vec<u8>>) {
    while let Ok(line) = lines.recv() {
        if stdin.write_all(&line).is_err() {
            return;
        }
    }
}

fn cannot_start(error: &std::io::Error) -> String {
    format!("the process of the engine cannot be started: {error}; leave --isolate out")
}

/// This very program, also where its file was replaced meanwhile.
fn command() -> std::io::Result<Command> {
    let mut command = match cfg!(target_os = "linux") {
        true => Command::new("/proc/self/exe"),
        false => Command::new(std::env::current_exe()?),
    };
    command.arg(COMMAND);
    Ok(command)
}

#[cfg(test)]
mod tests;
