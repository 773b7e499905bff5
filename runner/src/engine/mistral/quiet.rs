//! Panics of the engine that are caught and told as errors, kept from the terminal.
//!
//! Some of the engine's own checks panic, with texts that may quote a model's files. What it says then is in the error; the default
//! hook would print it before, raw and with its place in the engine's source. Whoever looks for a fault asks for the
//! engine's log (`GRICE_LOG`).

use std::{
    panic,
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How many parts of the program catch panics just now.
static CATCHING: AtomicUsize = AtomicUsize::new(0);

/// While it lives, panics print nothing.
pub(super) struct Quiet(());

impl Quiet {
    pub(super) fn new() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |panic| {
                if std::env::var_os("GRICE_LOG").is_some() || CATCHING.load(Ordering::Relaxed) == 0 {
                    before(panic);
                }
            }));
        });
        CATCHING.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        CATCHING.fetch_sub(1, Ordering::Relaxed);
    }
}
