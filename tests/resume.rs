//! A run that is killed loses nothing and doubles nothing: killed at fifty random moments and
//! continued, it leaves the record of an uninterrupted run, byte for byte.

use rand::{Rng, SeedableRng};
use std::{collections::HashSet, path::Path, process::Stdio, time::Duration};
use support::{command, journal, record, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");
const KILLS: u32 = 50;

fn arguments<'a>(place: &'a [&'a str; 2], concurrency: &'a str) -> Vec<&'a str> {
    let mut all = vec!["run", "cases/table.yaml", "--model", "scripted:scripts/slow.yaml", "--samples", "12"];
    all.extend(place);
    all.extend(["--concurrency", concurrency]);
    all
}

/// Starts the program, kills it after a while, and says whether it was still running then.
fn run_and_kill(arguments: &[&str], after: Duration) -> bool {
    let mut command = command(BINARY, arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    std::thread::sleep(after);
    let running = child.try_wait().expect("its state can be asked").is_none();
    if running {
        child.kill().expect("it can be killed");
    }
    child.wait().expect("it ends");
    running
}

fn finished_trials(directory: &Path) -> usize {
    let journal = std::fs::read(directory.join("journal.jsonl")).unwrap_or_default();
    let is_trial = |line: &&[u8]| line.starts_with(b"{\"trial\"") && line.ends_with(b"\n");
    journal.split_inclusive(|byte| *byte == b'\n').filter(is_trial).count()
}

#[test]
fn killed_at_fifty_random_moments() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let whole = place.path().join("whole");
    let whole_text = whole.to_str().expect("a plain path");
    let finished = run(BINARY, &arguments(&["--out", whole_text], "4"));
    assert!(matches!(finished.code, Some(0 | 4)), "{finished:?}");
    let expected = journal(&whole);

    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let (mut kills, mut attempt) = (0, 0);
    while kills < KILLS {
        attempt += 1;
        assert!(attempt < 40, "the program is killed before it gets anywhere");
        let cut = place.path().join(format!("cut-{attempt}"));
        let cut_text = cut.to_str().expect("a plain path");
        let mut before = 0;
        let mut complete = false;
        while !complete && kills < KILLS {
            let started = cut.join("journal.jsonl").exists();
            let place = [if started { "--resume" } else { "--out" }, cut_text];
            let after = Duration::from_millis(random.random_range(5..150));
            let killed = run_and_kill(&arguments(&place, "4"), after);
            kills += u32::from(killed);
            complete = !killed;
            let now = finished_trials(&cut);
            assert!(complete || now >= before, "finished trials were lost: {before} became {now}");
            before = now;
        }
        let last = [if cut.join("journal.jsonl").exists() { "--resume" } else { "--out" }, cut_text];
        let finished = run(BINARY, &arguments(&last, "4"));
        assert!(matches!(finished.code, Some(0 | 4)), "{finished:?}");
        let keys: Vec<_> = record(&cut).trials.into_iter().map(|trial| trial.key).collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len(), "a trial was doubled");
        assert_eq!(journal(&cut), expected, "the continued record differs");
    }
}

#[test]
fn a_run_is_continued_only_by_the_same_run() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let out = out.to_str().expect("a plain path");
    run(BINARY, &["run", "cases/table.yaml", "--model", "scripted:scripts/table.yaml", "--out", out]);
    let other = run(
        BINARY,
        &[
            "run",
            "cases/table.yaml",
            "--model",
            "scripted:scripts/table.yaml",
            "--resume",
            out,
            "--seed",
            "1",
        ],
    );
    assert_eq!(other.code, Some(2));
    assert!(other.stderr.contains("its seed is not the same as now"), "{}", other.stderr);
    let again =
        run(BINARY, &["run", "cases/table.yaml", "--model", "scripted:scripts/table.yaml", "--out", out]);
    assert_eq!(again.code, Some(2), "a run is not written over");
}
