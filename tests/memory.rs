//! Memory that gives out in mid-run costs the generations in flight and no finished trial: they are tried again with
//! fewer at once, and the record is that of a run that had enough. And a larger run needs little more memory than a small one.

use futures::future::BoxFuture;
use reports::record::TrialRecord;
use runner::{
    engine::{
        Completion, Engine, Failure, Identity, Request, limiter::Limiter, load, load::Layout,
        reference::ModelReference,
    },
    event::Deaf,
    execute::{self, Context, Players, Stop},
    spec::{self, Plan, Probe},
    store::Disk,
};
use scorers::FailureKind;
use std::{
    convert::Infallible,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use support::{bulk, command, root, usage};

/// What CUDA's driver says, as the engine passes it on.
const OUT_OF_MEMORY: &str = r#"DriverError(CUDA_ERROR_OUT_OF_MEMORY, "out of memory")"#;

/// A scripted engine on a device with room for so many generations: one more, and all in flight fail.
struct Cramped {
    scripted: Arc<dyn Engine>,
    room: usize,
    in_flight: AtomicUsize,
    gave_out: Arc<AtomicUsize>,
}

impl Engine for Cramped {
    fn identity(&self) -> &Identity {
        self.scripted.identity()
    }

    fn room(&self) -> usize {
        16
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        Box::pin(async move {
            let before = self.gave_out.load(Ordering::SeqCst);
            if self.in_flight.fetch_add(1, Ordering::SeqCst) >= self.room {
                self.gave_out.fetch_add(1, Ordering::SeqCst);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
            match self.gave_out.load(Ordering::SeqCst) == before {
                true => self.scripted.generate(request).await,
                false => Err(Failure { kind: FailureKind::Engine, message: OUT_OF_MEMORY.to_owned() }),
            }
        })
    }
}

async fn scripted() -> Arc<dyn Engine> {
    let script = root().join("tests/scripts/table.yaml");
    let reference = ModelReference::parse(&format!("scripted:{}", script.display()));
    let layout = Layout { engines: 1, threads: 1 };
    load::load(&reference.expect("a reference"), layout).await.expect("the script loads")
}

async fn records(engine: Arc<dyn Engine>, probes: &[Probe]) -> Vec<TrialRecord> {
    let stop = Stop::default();
    let players = Players::of_model(engine);
    let context = Context { players, probes, seed: 0, concurrency: 16, observer: &Deaf, stop: &stop };
    let mut finished = Vec::new();
    let keep = |trial: TrialRecord| -> Result<(), Infallible> {
        finished.push(trial);
        Ok(())
    };
    let complete = execute::execute(&context, Plan::of(probes, None).trials(probes), keep).await;
    assert_eq!(complete, Ok(true));
    finished.sort_by(|one, other| one.key.cmp(&other.key));
    finished
}

#[test]
fn memory_that_gives_out_costs_no_trial() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let probes = spec::load(&[root().join("tests/cases/table.yaml")], &Disk).expect("the spec is valid");
        let expected = records(scripted().await, &probes).await;
        let gave_out = Arc::new(AtomicUsize::new(0));
        let cramped = Cramped {
            scripted: scripted().await,
            room: 3,
            in_flight: AtomicUsize::new(0),
            gave_out: Arc::clone(&gave_out),
        };
        let limiter = Arc::new(Limiter::new(Arc::new(cramped)).minding_memory());
        let engine: Arc<dyn Engine> = Arc::clone(&limiter) as Arc<dyn Engine>;
        let found = records(engine, &probes).await;
        assert!(gave_out.load(Ordering::SeqCst) > 0, "memory did give out");
        assert_eq!(found, expected, "and the record does not show it");
        let limit = limiter.lowered_to().expect("the concurrency was lowered");
        assert!((1..=3).contains(&limit), "{limit}");
        assert!(limiter.notes()[0].contains("--max-running"), "{:?}", limiter.notes());
    });
}

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// Generations of a smaller and a larger run; both have more trials than a page shows or than are graded together.
const SIZES: [u32; 2] = [16_000, 96_000];

/// Bytes that a generation more may take. What is kept of one takes some two hundred, as `large` shows; between equal runs of these
/// sizes the peak differs by several megabytes that the allocator keeps, so the bound is wider.
const EACH: u64 = 500;

/// `large` measures the same for a million generations; see BENCHMARKS.md.
#[test]
#[expect(clippy::print_stderr, reason = "whoever reads the log should know that nothing was measured")]
fn no_command_holds_a_run_whole() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let mut peaks = Vec::new();
    for size in SIZES {
        let folder = place.path().join(size.to_string());
        bulk::write(&folder, size).expect("it can be written");
        let peak = |arguments: &[&str]| {
            let mut command = command(BINARY, arguments);
            command
                .env("MALLOC_ARENA_MAX", "1")
                .current_dir(&folder)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let found = usage::usage(command).expect("the program starts")?;
            assert!(matches!(found.code, Some(0 | 4)), "{arguments:?}: {found:?}");
            Some(found.peak)
        };
        let base = ["run", "specs", "--model", "scripted:base.yaml", "--out", "base"];
        let head = ["run", "specs", "--model", "scripted:head.yaml", "--out", "head"];
        let commands: [&[&str]; 4] = [&base, &head, &["score", "base"], &["compare", "base", "head"]];
        let found: Option<Vec<u64>> = commands.iter().map(|arguments| peak(arguments)).collect();
        let Some(found) = found else {
            return eprintln!("skipped: this system does not tell how much memory a program needs");
        };
        peaks.push(found);
    }
    let more = u64::from(SIZES[1] - SIZES[0]);
    for (small, large) in peaks[0].iter().zip(&peaks[1]) {
        assert!(large.saturating_sub(*small) < EACH * more, "bytes at the peak: {peaks:?}");
    }
}
