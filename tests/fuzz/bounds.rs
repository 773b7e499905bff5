//! The bounds of a single input: no panic, 10 seconds, 512 MiB, and the stack of an ordinary thread.
//!
//! Memory is counted for the whole program, so one target is tried at a time. Each input is written down before it is tried, so
//! that one which ends the program, such as by a stack that is used up, can be found.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

/// Longest time of an input.
const TIME: Duration = Duration::from_secs(10);

/// Most memory of an input, in bytes, beyond what was in use before.
pub(crate) const MEMORY: usize = 512 << 20;

/// Memory that nobody gets: the machine is to survive the test.
const CEILING: usize = 4 << 30;

/// Stack of an ordinary thread of Rust, in bytes: dialogues and grades run on such.
const STACK: usize = 2 << 20;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// The allocator of the system, with a count of what is in use.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

#[expect(unsafe_code, reason = "every call is handed on as it came; only sizes are counted")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if IN_USE.load(Ordering::Relaxed).saturating_add(layout.size()) > CEILING {
            return std::ptr::null_mut();
        }
        let start = unsafe { System.alloc(layout) };
        if !start.is_null() {
            let now = IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
            MOST.fetch_max(now, Ordering::Relaxed);
        }
        start
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        unsafe { System.dealloc(start, layout) };
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
    }
}

/// What reads an input; it panics at a fault.
pub(crate) type Check = fn(&[u8]);

/// Tries one input: where it comes from, its bytes, and what reads it.
pub(crate) type TryOne<'a> = dyn FnMut(&str, &[u8], Check) + 'a;

/// One target at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Where the input that is being tried is kept.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", name.replace(' ', "-")))
}

/// Runs a target's inputs within the bounds.
///
/// # Panics
/// When one of them is not: the message says which bound, and where the input lies.
pub(crate) fn within(name: &str, inputs: impl FnOnce(&mut TryOne<'_>) + Send + 'static) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let file = kept(name);
    let (beats, heard) = mpsc::channel::<()>();
    let own = file.clone();
    let worker = thread::Builder::new().stack_size(STACK).spawn(move || {
        let mut fault = None;
        inputs(&mut |from, input, check| {
            if fault.is_none() {
                // Nobody listens any more once an input has taken too long.
                let _ = beats.send(());
                fault = tried(from, input, check, &own).err();
            }
        });
        fault
    });
    let worker = worker.expect("a thread can be started");
    loop {
        // The first beat and the end of an input are one: an input begins with a beat.
        match heard.recv_timeout(TIME + TIME / 2) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => panic!("{name}: still busy after {TIME:?}: {}", file.display()),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    match worker.join() {
        Ok(None) => drop(fs::remove_file(&file)),
        Ok(Some(fault)) => panic!("{name}: {fault}: {}", file.display()),
        Err(_) => panic!("{name}: panicked outside of an input: {}", file.display()),
    }
}

/// Tries an input; which bound it does not keep.
fn tried(from: &str, input: &[u8], check: Check, file: &Path) -> Result<(), String> {
    fs::write(file, input).map_err(|error| format!("cannot write: {error}"))?;
    let before = IN_USE.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let started = Instant::now();
    let came_back = catch_unwind(AssertUnwindSafe(|| check(input)));
    let (took, memory) = (started.elapsed(), MOST.load(Ordering::Relaxed).saturating_sub(before));
    match came_back {
        Err(_) => Err(format!("{from} panicked")),
        Ok(()) if took > TIME => Err(format!("{from} took {took:?}")),
        Ok(()) if memory > MEMORY => Err(format!("{from} took {memory} bytes of memory")),
        Ok(()) => Ok(()),
    }
}
