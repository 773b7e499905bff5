//! `--isolate`: the same record, and whatever happens to the engine's process costs the replies in flight and nothing else.
#![cfg(target_os = "linux")]

use crate::{
    bench::Bench,
    ending::{signal, wait},
};
use scorers::{Body, FailureKind};
use std::{
    fs,
    process::{Child, Stdio},
    time::{Duration, Instant},
};
use support::{Finished, record};

/// Two at a time, so that the first case is done and the third not begun while the second one is in flight.
const TWO: [&str; 4] = ["--isolate", "--concurrency", "2", "--out"];

/// What the third case and the first one say at once, the second one after so many milliseconds.
fn slow_second(milliseconds: u64) -> String {
    format!(
        "- {{ when: Second, reply: ['yes', 'no'], delay: {milliseconds} }}\n- {{ reply: ['yes', 'no'] }}\n"
    )
}

/// What `/proc/PID/status` says under a name.
fn status(pid: u32, name: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

/// The process of the engine of a run, once there is one.
fn engine_of(parent: u32) -> Option<u32> {
    let entries = fs::read_dir("/proc").expect("it can be read").flatten();
    let mut pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let command = |pid: u32| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    pids.find(|pid| {
        status(*pid, "PPid").is_some_and(|own| own == parent.to_string())
            && command(*pid).ends_with(b"engine-host\0")
    })
}

/// Whether a process is gone, or waits to be taken note of.
fn is_gone(pid: u32) -> bool {
    status(pid, "State").is_none_or(|state| state.starts_with('Z'))
}

fn send(pid: u32, name: &str) {
    // It may be gone already.
    let _ = std::process::Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
}

fn start(bench: &Bench, further: &[&str]) -> Child {
    let arguments = ["run", "spec.yaml", "--model", "scripted:script.yaml"];
    let mut program = bench.command(&[&arguments[..], further].concat());
    program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

/// Starts a run, waits until two trials are written and the next ones are in flight, and gives the engine's process.
fn begun(bench: &Bench, further: &[&str]) -> (Child, u32) {
    let run = start(bench, further);
    let journal = bench.at("out/journal.jsonl");
    wait("two trials", || fs::read_to_string(&journal).is_ok_and(|text| text.lines().count() == 3));
    let engine = engine_of(run.id()).expect("the engine has a process");
    (run, engine)
}

fn finished(run: Child) -> Finished {
    run.wait_with_output().expect("it ends").into()
}

/// The cases whose replies failed, and how.
fn failed(bench: &Bench) -> Vec<(String, FailureKind, String)> {
    let trials = record(&bench.at("out")).trials.into_iter();
    let failed = |body: &Body| match body {
        Body::Failed { kind, message } => Some((*kind, message.clone())),
        _ => None,
    };
    trials
        .filter_map(|trial| {
            let (kind, message) = trial.transcript.turns.iter().find_map(|turn| failed(&turn.body))?;
            Some((trial.key.case, kind, message))
        })
        .collect()
}

/// That both replies of the second case failed in one way, the others came about, and the run continued comes to the
/// bytes of one that nothing happened to.
fn cost_the_second_case_only(bench: &Bench, kind: FailureKind, words: &str) {
    let failed = failed(bench);
    assert_eq!(failed.len(), 2, "{failed:?}");
    for (case, how, message) in &failed {
        assert!(case == "two" && *how == kind && message.contains(words), "{failed:?}");
    }
    assert_eq!(record(&bench.at("out")).trials.len(), 6);
    assert_eq!(bench.scripted(&["--isolate", "--resume", "out"]).code, Some(0));
    assert_eq!(bench.scripted(&["--out", "plain"]).code, Some(0));
    assert_eq!(bench.read("out/journal.jsonl"), bench.read("plain/journal.jsonl"));
}

#[test]
fn the_record_is_the_same_to_the_byte() {
    let bench = Bench::new();
    let spec = crate::bench::SPEC.replace("samples: 2", "samples: 20");
    bench.write(
        "spec.yaml",
        &spec.replace("max_tokens: 10", "max_tokens: 10, temperature: 0.1234567890123457"),
    );
    let odd = "'a\"\\\\ \u{202e}\u{1f} é', \"two\\nlines\\t\\e[31m\", ''";
    let script = format!(
        "- {{ when: First, reply: [yes, {odd}, no], cut: true }}\n- {{ when: Second, fail: timeout }}\n- {{ when: Third, \
         reply: ['{}', yes], delay: 5 }}\n",
        "long ".repeat(5_000)
    );
    bench.write("script.yaml", &script.replace('\u{1f}', ""));
    let plain = bench.scripted(&["--out", "plain", "--seed", "18446744073709551615"]);
    let isolated = bench.scripted(&["--out", "isolated", "--isolate", "--seed", "18446744073709551615"]);
    assert_eq!((plain.code, isolated.code), (Some(5), Some(5)), "{plain:?} {isolated:?}");
    for file in ["journal.jsonl", "scores.jsonl"] {
        assert_eq!(bench.read(&format!("plain/{file}")), bench.read(&format!("isolated/{file}")), "{file}");
    }
    assert!(
        !isolated.stderr.contains("anew"),
        "a failure that the engine reports ends no process: {isolated:?}"
    );
}

#[test]
fn an_engine_that_is_killed_costs_the_replies_in_flight() {
    let bench = Bench::new();
    bench.write("script.yaml", &slow_second(2_500));
    let (run, engine) = begun(&bench, &[&TWO[..], &["out"]].concat());
    assert_ne!(status(engine, "NSpgid"), status(run.id(), "NSpgid"), "Ctrl-C reaches the parent only");
    send(engine, "KILL");
    let run = finished(run);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert!(
        run.stderr.contains("the engine was started anew once") && run.stderr.contains("signal: 9"),
        "{run:?}"
    );
    cost_the_second_case_only(
        &bench,
        FailureKind::Engine,
        "the engine's process ended (signal: 9 (SIGKILL))",
    );
}

#[test]
fn an_engine_that_stands_still_costs_the_replies_in_flight() {
    let bench = Bench::new();
    bench.write("script.yaml", &slow_second(2_500));
    let (run, engine) = begun(&bench, &[&TWO[..], &["out", "--timeout", "4"]].concat());
    let started = Instant::now();
    send(engine, "STOP");
    let run = finished(run);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert!(started.elapsed() < Duration::from_secs(12) && is_gone(engine), "{:?}", started.elapsed());
    cost_the_second_case_only(&bench, FailureKind::Timeout, "no reply within 4 s");
}

#[test]
fn an_engine_in_which_no_reply_comes_about_in_time_is_started_anew() {
    let bench = Bench::new();
    bench.write("script.yaml", &slow_second(60_000));
    let run = bench.scripted(&["--isolate", "--concurrency", "1", "--out", "out", "--timeout", "3"]);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert!(run.stderr.contains("the engine was started anew 2 times"), "{run:?}");
    let failed = failed(&bench);
    assert!(failed.len() == 2 && failed.iter().all(|(case, ..)| case == "two"), "{failed:?}");
    assert!(failed.iter().all(|(_, kind, _)| *kind == FailureKind::Timeout), "{failed:?}");
}

#[test]
fn an_engine_that_always_dies_is_given_up() {
    let bench = Bench::new();
    bench.write("spec.yaml", &crate::bench::SPEC.replace("samples: 2", "samples: 20"));
    bench.write("script.yaml", "- { reply: ['yes'], delay: 60000 }\n");
    let mut run = start(&bench, &["--isolate", "--concurrency", "2", "--out", "out"]);
    let mut killed = Vec::new();
    wait("the end", || {
        let journal = fs::read_to_string(bench.at("out/journal.jsonl")).unwrap_or_default();
        let engine = engine_of(run.id()).filter(|engine| !is_gone(*engine) && !killed.contains(engine));
        // Loaded, and with two requests each time.
        if let Some(engine) = engine.filter(|_| journal.lines().count() > 2 * killed.len()) {
            std::thread::sleep(Duration::from_millis(700));
            send(engine, "KILL");
            killed.push(engine);
        }
        run.try_wait().expect("it can be asked").is_some()
    });
    let run = finished(run);
    assert_eq!((run.code, killed.len()), (Some(5), 4), "{run:?}");
    assert!(run.stderr.contains("started anew 3 times in a row without a reply"), "{run:?}");
    assert!(run.stderr.contains("run those trials again with"), "{run:?}");
    assert_eq!(failed(&bench).len(), 60);
}

#[test]
fn an_engine_that_is_another_one_when_it_is_started_anew_is_given_up() {
    let bench = Bench::new();
    bench.write("script.yaml", &slow_second(2_500));
    let (run, engine) = begun(&bench, &[&TWO[..], &["out"]].concat());
    bench.write("script.yaml", "- { reply: ['of somebody else'] }\n");
    send(engine, "KILL");
    let run = finished(run);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert!(run.stderr.contains("the hash of the weights is not what it was"), "{run:?}");
    assert_eq!(failed(&bench).len(), 4);
    assert!(!bench.read("out/journal.jsonl").contains("somebody else"));
}

#[test]
fn a_model_that_does_not_load_is_an_error_of_the_engine() {
    let bench = Bench::new();
    let load = |further: &[&str]| bench.scripted(&[&["--isolate", "--out", "out"], further].concat());
    let slow = load(&["--load-timeout", "0s"]);
    assert_eq!(slow.code, Some(5), "{slow:?}");
    assert!(slow.stderr.contains("was not loaded within 0 s; --load-timeout"), "{slow:?}");
    let starved = load(&["--isolate-memory", "1M"]);
    assert_eq!(starved.code, Some(5), "{starved:?}");
    assert!(
        starved.stderr.contains("it may take 1 MiB of memory, and --isolate-memory sets that"),
        "{starved:?}"
    );
    bench.write("script.yaml", "- { replay: [yes] }\n");
    let (plain, refused) = (bench.scripted(&["--out", "out"]), load(&[]));
    assert_eq!((plain.code, refused.code), (Some(5), Some(5)));
    assert_eq!(plain.stderr, refused.stderr, "the same words");
}

#[test]
fn the_limit_on_memory_is_set_in_the_engine_s_process_and_nowhere_else() {
    let bench = Bench::new();
    bench.write("script.yaml", &slow_second(2_500));
    let (run, engine) = begun(&bench, &[&TWO[..], &["out", "--isolate-memory", "3G"]].concat());
    let limits = |pid: u32| fs::read_to_string(format!("/proc/{pid}/limits")).expect("it can be read");
    let data =
        |text: &str| text.lines().find(|line| line.starts_with("Max data size")).map(ToOwned::to_owned);
    assert!(data(&limits(engine)).is_some_and(|line| line.contains(" 3221225472 ")), "{}", limits(engine));
    assert_ne!(data(&limits(run.id())), data(&limits(engine)));
    assert_eq!(finished(run).code, Some(0));
    assert!(is_gone(engine));
}

#[test]
fn a_parent_that_is_killed_leaves_no_engine() {
    for stopped in [false, true] {
        let bench = Bench::new();
        bench.write("script.yaml", &slow_second(60_000));
        let (mut run, engine) = begun(&bench, &[&TWO[..], &["out"]].concat());
        if stopped {
            send(engine, "STOP");
        }
        signal(&run, "KILL");
        run.wait().expect("it ends");
        let started = Instant::now();
        wait("the engine's end", || is_gone(engine));
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
}

#[test]
fn ctrl_c_ends_both() {
    for stopped in [false, true] {
        let bench = Bench::new();
        bench.write("script.yaml", &slow_second(60_000));
        let (run, engine) = begun(&bench, &[&TWO[..], &["out"]].concat());
        if stopped {
            send(engine, "STOP");
        }
        let started = Instant::now();
        signal(&run, "INT");
        let run = finished(run);
        assert_eq!(run.code, Some(130), "{run:?}");
        wait("the engine's end", || is_gone(engine));
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        assert_eq!(record(&bench.at("out")).trials.len(), 2);
    }
}

#[test]
fn the_hidden_command_says_that_it_is_none_for_people() {
    let bench = Bench::new();
    let asked = |input: &str| {
        bench.write("input", input);
        let input = fs::File::open(bench.at("input")).expect("it is there");
        let run: Finished =
            bench.command(&["engine-host"]).stdin(input).output().expect("the program starts").into();
        run
    };
    assert_eq!(asked("").code, Some(0));
    for garbage in ["hello\n", "{}\n", "{\"load\":{}}\n"] {
        let run = asked(garbage);
        assert!(run.code == Some(2) && run.stderr.contains("no command for people"), "{run:?}");
    }
    let help = bench.run(&["--help"]);
    assert!(!help.stdout.contains("engine-host"), "{help:?}");
    let alone = bench.scripted(&["--isolate-memory=1G", "--out", "out"]);
    assert!(alone.code == Some(2) && alone.stderr.contains("--isolate"), "{alone:?}");
}
