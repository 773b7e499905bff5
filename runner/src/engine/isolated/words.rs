//! What the process of an engine writes to standard error: its log, and its last words.
//!
//! The log goes on to our own standard error where the user asks for it (`GRICE_LOG`), so that nothing of it steers a
//! terminal. Of everything else the last lines are kept: where the process dies, they say why.

use reports::format::safe;
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

/// Bytes of a line that are looked at; what follows counts as a line of its own.
const LINE: u64 = 4_096;
/// Lines that are kept, and characters of all of them together.
const KEPT: usize = 3;
const QUOTED: usize = 400;
/// How long the last words are waited for when the process has ended.
const WAITING: Duration = Duration::from_millis(200);
/// The variable that asks for the engine's log.
const LOG: &str = "GRICE_LOG";

/// The last lines of a process.
pub(super) struct Words {
    kept: Arc<Mutex<VecDeque<String>>>,
    /// Disconnected when there is nothing more to read.
    end: Mutex<mpsc::Receiver<()>>,
}

impl Words {
    /// Begins to listen.
    pub(super) fn of(stderr: impl Read + Send + 'static) -> Self {
        let (sender, end) = mpsc::channel();
        let kept = Arc::default();
        let keep = Arc::clone(&kept);
        let shown = std::env::var_os(LOG).is_some();
        // Without a thread nothing is heard.
        let _ = thread::Builder::new().spawn(move || {
            listen(stderr, &keep, shown);
            drop(sender);
        });
        Self { kept, end: Mutex::new(end) }
    }

    /// The last lines of a process that has ended, as one; none where it said nothing.
    pub(super) fn last(&self) -> Option<String> {
        // It is over, or takes too long: a process of its own may hold the pipe.
        let _ = self.end.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(WAITING);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<&str> = kept.iter().map(String::as_str).collect();
        (!lines.is_empty()).then(|| safe::excerpt(&lines.join("; "), QUOTED))
    }
}

/// Reads to the end, keeps the last lines with something on them, and shows all of them if they are wanted.
fn listen(stderr: impl Read, kept: &Mutex<VecDeque<String>>, shown: bool) {
    let mut reader = BufReader::new(stderr);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match reader.by_ref().take(LINE).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = safe::line(String::from_utf8_lossy(&bytes).trim());
        if line.is_empty() {
            continue;
        }
        if shown {
            // If standard error is gone there is nobody to tell.
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn last(text: &str) -> Option<String> {
        Words::of(Cursor::new(text.to_owned().into_bytes())).last()
    }

    #[test]
    fn the_last_lines_are_kept_and_steer_nothing() {
        assert_eq!(last(""), None);
        assert_eq!(last("\n \n"), None);
        assert_eq!(last("one\ntwo\n\nthree\nfour").as_deref(), Some("two; three; four"));
        let steered = last("\u{1b}[2Jgone\u{202e}\n").unwrap();
        assert!(!steered.contains(['\u{1b}', '\u{202e}']) && steered.contains("gone"), "{steered}");
        let long = last(&"x".repeat(1 << 20)).unwrap();
        assert!(long.chars().count() <= QUOTED + 1, "{}", long.len());
    }
}
