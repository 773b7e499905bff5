//! Processes that are none of ours: whatever they say and do ends them, with the reason.

use super::*;
use crate::engine::{
    Message, load::Layout, reference::ModelReference, scripted::Scripted, settings::Settings,
};
use reports::record::Sampling;
use scorers::Role;

#[test]
fn want_of_memory_has_advice() {
    assert_eq!(advice("signal: 11 (SIGSEGV)", "", Some(1 << 30)), "");
    let told = advice("signal: 6 (SIGABRT)", "memory allocation of 5 bytes failed", Some(1 << 30));
    assert!(told.contains("1024 MiB") && told.contains("--isolate-memory"), "{told}");
    assert!(advice("signal: 9 (SIGKILL)", "", None).contains("where memory gives out"));
}

/// What comes of a shell script in the place of the program.
#[cfg(unix)]
fn started(script: &str, load_timeout: Duration) -> Result<(Process, Ready), String> {
    let settings =
        Settings { timeout: Duration::ZERO, load_timeout, ..Layout { engines: 1, threads: 1 }.into() };
    let reference = ModelReference::parse("scripted:a").unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", script]);
    let order = Order { reference, settings, memory: None };
    let started = Process::start_with(shell, order);
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(started)
}

#[cfg(unix)]
fn refused(script: &str) -> String {
    started(script, Duration::from_secs(60)).map(drop).unwrap_err()
}

/// The line of a process that has loaded a model, as an argument of the shell.
#[cfg(unix)]
fn ready() -> String {
    let engine = Scripted::parse("a", "scripted:a", "- reply: [yes]").unwrap();
    let line = wire::line(&FromEngine::Ready(Box::new(Ready::of(&engine)))).unwrap();
    format!("'{}'", String::from_utf8(line).unwrap().trim())
}

#[cfg(unix)]
fn request() -> Request {
    let sampling = Sampling::plain(0.0, 1);
    let messages = vec![Message { role: Role::User, text: "Hello.".to_owned() }];
    Request::new(messages, sampling, 0)
}

/// What a request comes to in a process that has loaded a model and goes on with a script.
#[cfg(unix)]
fn asked(script: &str) -> Failure {
    let script = format!("read order; echo {}; read request; {script}", ready());
    let (process, _) = started(&script, Duration::from_secs(60)).unwrap();
    let answer = process.ask(Kind::Turn, request()).expect("it lives").blocking_recv().expect("an answer");
    assert!(process.ended().is_some() && process.ask(Kind::Turn, request()).is_none());
    answer.map(|_| ()).unwrap_err()
}

#[cfg(unix)]
#[test]
fn a_process_that_is_no_engine_is_ended_with_the_reason() {
    for (script, reason) in [
        ("exit 3", "ended (exit status: 3)"),
        ("echo one >&2; printf '\\033[2Jtwo' >&2; exit 1", "with the words `one; ␛[2Jtwo`"),
        ("echo hello; exec sleep 60", "said a line that cannot be read"),
        ("exec cat", "said a line that cannot be read (unknown variant `load`"),
        ("echo '{\"alive\":{}}'; exec sleep 60", "said something that was not asked for"),
        ("yes | tr -d '\\n'", "said a line of more than 64 MiB"),
        ("printf '{\"alive'", "ended (exit status: 0)"),
        ("exec >&-; exec sleep 60", "ended (signal: 9 (SIGKILL))"),
    ] {
        let said = refused(script);
        assert!(said.contains(reason), "{script}: {said}");
        assert!(!said.chars().any(char::is_control), "{said}");
    }
    let said = started("exec sleep 60", Duration::from_millis(20)).map(drop).unwrap_err();
    assert!(said.contains("scripted:a was not loaded within 0.02 s; --load-timeout"), "{said}");
}

#[cfg(unix)]
#[test]
fn whatever_happens_after_loading_is_a_failure() {
    for (script, kind, reason) in [
        ("kill -SEGV $$", FailureKind::Engine, "SIGSEGV"),
        ("echo '{\"reply\":{}}'; exec sleep 60", FailureKind::Engine, "said a line that cannot be read"),
        (
            "echo '{\"traced\":{\"id\":0,\"tokens\":[]}}'; exec sleep 60",
            FailureKind::Engine,
            "a reply to nobody",
        ),
        ("exec sleep 60", FailureKind::Timeout, "the engine's process had stopped"),
    ] {
        let failure = asked(script);
        assert!(failure.kind == kind && failure.message.contains(reason), "{script}: {failure:?}");
    }
}
