//! A run that is killed or interrupted loses nothing and doubles nothing: killed at fifty random moments and
//! continued, it leaves the record of an uninterrupted run, byte for byte. So do the runs of several models.

use rand::{Rng, SeedableRng};
use std::{
    collections::HashSet,
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
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

/// The arguments of a run of two models, the first of which takes its time.
fn two_models<'a>(place: &[&'a str; 2]) -> Vec<&'a str> {
    let models = ["--model", "a=scripted:scripts/slower.yaml", "--model", "b=scripted:scripts/table.yaml"];
    let mut all = vec!["run", "cases/table.yaml", "--samples", "12", "--concurrency", "4"];
    all.extend(models);
    all.extend(place);
    all
}

/// The journals of both.
fn both(directory: &Path) -> [String; 2] {
    ["a", "b"].map(|name| journal(&directory.join(name)))
}

/// Waits until something is so.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn the_runs_of_several_models_are_continued_together() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let [whole, cut] = ["whole", "cut"].map(|name| place.path().join(name));
    let [whole_text, cut_text] = [&whole, &cut].map(|path| path.to_str().expect("a plain path"));
    let finished = run(BINARY, &two_models(&["--out", whole_text]));
    assert!(matches!(finished.code, Some(0 | 4)), "{finished:?}");

    // Killed while the first model is at work: of the second there is nothing.
    let mut child = command(BINARY, &two_models(&["--out", cut_text]));
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("the first model finishes a trial", || finished_trials(&cut.join("a")) > 0);
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(finished_trials(&cut.join("a")) < 48 && !cut.join("b").exists(), "it was killed in time");

    // With the folder of one model, or one of the models, it says what to do.
    let first = cut.join("a");
    let wrong = run(BINARY, &two_models(&["--resume", first.to_str().expect("a plain path")]));
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains("name the folder above it"), "{}", wrong.stderr);
    let alone = ["run", "cases/table.yaml", "--model", "scripted:scripts/slower.yaml", "--resume", cut_text];
    let alone = run(BINARY, &alone);
    assert_eq!(alone.code, Some(2), "{alone:?}");
    assert!(alone.stderr.contains("holds the runs of a; "), "{}", alone.stderr);
    let nowhere = place.path().join("nowhere");
    let nowhere = run(BINARY, &two_models(&["--resume", nowhere.to_str().expect("a plain path")]));
    assert_eq!(nowhere.code, Some(7), "{nowhere:?}");

    let finished = run(BINARY, &two_models(&["--resume", cut_text]));
    assert!(matches!(finished.code, Some(0 | 4)), "{finished:?}");
    assert_eq!(both(&cut), both(&whole), "the continued records differ");
    let timing = fs::read_to_string(cut.join("b/timing.json")).expect("the run took its time");
    run(BINARY, &two_models(&["--resume", cut_text]));
    let again = fs::read_to_string(cut.join("b/timing.json")).expect("the run took its time");
    assert_eq!(again, timing, "a run that is complete keeps its times");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_at_once_and_says_how_to_go_on() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let [whole, cut] = ["whole run", "cut run"].map(|name| place.path().join(name));
    let [whole_text, cut_text] = [&whole, &cut].map(|path| path.to_str().expect("a plain path"));
    run(BINARY, &two_models(&["--out", whole_text]));

    let mut child = command(BINARY, &two_models(&["--out", cut_text]));
    let child = child.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    wait_until("the first model finishes a trial", || finished_trials(&cut.join("a")) > 0);
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("there is such a program").success());
    let interrupted = support::Finished::from(child.wait_with_output().expect("it ends"));
    assert_eq!(interrupted.code, Some(130), "{interrupted:?}");
    assert!(finished_trials(&cut.join("a")) < 48, "it was interrupted in time");

    let (_, hint) = interrupted.stderr.split_once("continue with\n").expect("it says how to go on");
    let mut shell = std::process::Command::new("sh");
    let again = shell.args(["-c", hint]).current_dir(support::root().join("tests")).output();
    let again = support::Finished::from(again.expect("there is a shell"));
    assert!(matches!(again.code, Some(0 | 4)), "{hint}: {again:?}");
    assert_eq!(both(&cut), both(&whole), "the continued records differ");
}

#[test]
fn a_run_is_not_continued_by_another_grice_or_adapter() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let out_text = out.to_str().expect("a plain path");
    let model = ["--model", "scripted:scripts/table.yaml"];
    run(BINARY, &[&["run", "cases/table.yaml", "--out", out_text][..], &model].concat());
    let whole = journal(&out);
    let version = format!("{{\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    for (from, to, expected) in [
        (
            version.as_str(),
            "{\"version\":\"0.0.1\"",
            "its Grice is not the same as now (it was version 0.0.1, now ",
        ),
        (
            "\"chat_template\":null",
            "\"chat_template\":null,\"adapter\":\"aa\"",
            "its adapter is not the same as now",
        ),
    ] {
        let changed = support::sealed(&whole.replacen(from, to, 1));
        assert_ne!(whole, changed, "{from}");
        fs::write(out.join("journal.jsonl"), &changed).expect("it can be written");
        let other = run(BINARY, &[&["run", "cases/table.yaml", "--resume", out_text][..], &model].concat());
        assert_eq!(other.code, Some(2), "{other:?}");
        assert!(other.stderr.contains(expected), "{}", other.stderr);
        assert_eq!(journal(&out), changed, "and it is left as it was");
    }
}
