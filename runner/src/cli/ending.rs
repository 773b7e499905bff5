//! What ends a command from outside: Ctrl-C, a request to terminate, a terminal that hangs up.
//!
//! A run is asked to end in good order, and ends all the same when it has not soon done so: every file of it is whole at any
//! moment, so nothing is lost. Other commands end at once. All of them end with the same exit code, and take their temporary files
//! with them.

use super::output;
use crate::{
    execute::{Stop, Wish},
    exit, store,
};
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

/// How long a run has for ending in good order.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// The end of a run that somebody wishes.
#[derive(Debug)]
pub(super) struct Ending {
    /// The wish, for whoever works.
    pub(super) stop: Arc<Stop>,
    /// What to tell whoever wants to go on: the command, and the folder that it goes on with.
    advice: Option<(String, PathBuf)>,
    told: AtomicBool,
}

/// The run that a signal is to end in good order, once one has begun.
static RUN: Mutex<Option<Arc<Ending>>> = Mutex::new(None);

fn current() -> Option<Arc<Ending>> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Ending {
    /// From now on a signal ends this run in good order. `advice` is the command that goes on with it, and the folder that it needs.
    pub(super) fn of_run(advice: Option<(String, PathBuf)>) -> Arc<Self> {
        let ending = Arc::new(Self { stop: Arc::default(), advice, told: AtomicBool::new(false) });
        *RUN.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ending));
        ending
    }

    /// Wishes to stop when so much time has passed.
    pub(super) fn after(&self, limit: Duration) {
        let stop = Arc::clone(&self.stop);
        if limit.is_zero() {
            return stop.set(Wish::Limit("--limit-time"));
        }
        std::thread::spawn(move || {
            std::thread::sleep(limit);
            stop.set(Wish::Limit("--limit-time"));
        });
    }

    /// Tells why a run has ended and how to go on with it, once; the exit code.
    pub(super) fn ended(&self) -> u8 {
        match self.stop.wish() {
            Some(Wish::Limit(limit)) => {
                self.tell(&format!("the limit {limit} was reached"));
                exit::LIMIT
            }
            _ => {
                self.tell("interrupted");
                exit::INTERRUPTED
            }
        }
    }

    fn tell(&self, why: &str) {
        if !self.told.swap(true, Ordering::Relaxed) {
            match &self.advice {
                Some((command, folder)) if store::is_folder(folder) => {
                    output::note(&format!("{why}; continue with\n  {command}"));
                }
                Some(_) => output::note(&format!("{why}, before anything was generated")),
                None => output::note(why),
            }
        }
    }
}

/// Listens for the whole program: the first signal ends a run in good order, and everything else at once.
pub(super) fn begin() {
    listen(|again| match (current(), again) {
        (None, _) => None,
        (Some(run), false) => {
            // Said first: whoever sees the wish may tell how to go on, and that is the last word.
            output::note("interrupted: finishing; press Ctrl-C again to end at once");
            run.stop.set(Wish::Interrupted);
            Some(PATIENCE)
        }
        (Some(run), true) => {
            run.tell("interrupted");
            None
        }
    });
}

/// Listens for signals, on a thread of its own, so that no work is in the way. `heard` is told whether it is not the first one any
/// more; it says how long the program still has, and where it says nothing the program ends. When this returns, it is listening:
/// a thread that has yet to begin would leave the first signal to the system, which ends the program without a word.
fn listen(mut heard: impl FnMut(bool) -> Option<Duration> + Send + 'static) {
    let (begun, listens) = mpsc::channel();
    let listening = move || -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut signals = Signals::new()?;
            // Somebody waits for this below.
            let _ = begun.send(());
            signals.next().await;
            if let Some(patience) = heard(false) {
                // Whichever comes first.
                let _ = tokio::time::timeout(patience, signals.next()).await;
                heard(true);
            }
            store::remove_temporary();
            std::process::exit(i32::from(exit::INTERRUPTED));
        })
    };
    // Where nobody can listen, signals do what they always did, and nobody sends.
    let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(listening);
    let _ = listens.recv();
}

#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    /// All signals that are a wish to end, but for those that whoever started the program has it ignore (`nohup`).
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let ignored = ignored();
        let wanted = kinds.into_iter().filter(|kind| ignored & (1 << (kind.as_raw_value() - 1)) == 0);
        Ok(Self(wanted.map(signal).collect::<Result<_, _>>()?))
    }

    async fn next(&mut self) {
        if self.0.is_empty() {
            return std::future::pending().await;
        }
        let any = self.0.iter_mut().map(|signal| Box::pin(signal.recv()));
        futures::future::select_all(any).await;
    }
}

/// The signals that the program was started to ignore, a bit each. Only Linux tells; elsewhere a program whose messages go to no
/// terminal is taken for one that is to outlive it.
#[cfg(unix)]
fn ignored() -> u64 {
    use std::io::IsTerminal;
    let status = store::read_text(std::path::Path::new("/proc/self/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    match mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()) {
        Some(mask) => mask,
        None if std::io::stderr().is_terminal() => 0,
        None => 1,
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
