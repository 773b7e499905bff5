//! Lines that are ours come through unchanged; lines that are not are refused, and never break the reader.

use super::*;
use crate::engine::{Message, load::Layout, scripted::Scripted};
use proptest::prelude::*;
use reports::record::{Coupling, Sampling};
use scorers::{FailureKind, Role, StopReason};
use std::io::Cursor;

/// The message as it is read at the other end.
fn sent<T: Serialize>(message: &T) -> Vec<u8> {
    let bytes = line(message).unwrap();
    let mut reader = Cursor::new(&bytes);
    let read = read_line(&mut reader).unwrap().unwrap();
    assert!(read_line(&mut reader).unwrap().is_none(), "one message is one line");
    read
}

fn said(said: &FromEngine) -> FromEngine {
    FromEngine::parse(&sent(said)).unwrap()
}

fn request(text: &str, temperature: f64, top_p: Option<f64>, seed: u64) -> Request {
    let message = |role, text: &str| Message { role, text: text.to_owned() };
    let messages = vec![message(Role::System, ""), message(Role::User, text), message(Role::Assistant, text)];
    let sampling = Sampling {
        temperature,
        max_tokens: u32::MAX,
        top_p,
        top_k: Some(3),
        min_p: top_p,
        stop: vec![text.to_owned()],
        coupling: Coupling::Gumbel,
    };
    Request::new(messages, sampling, seed)
}

fn engine() -> Scripted {
    Scripted::parse("a", "scripted:a", "- reply: [yes]").unwrap()
}

proptest! {
    #[test]
    fn requests_come_through_to_the_last_bit(
        text in any::<String>(),
        temperature in 0.0..10.0_f64,
        top_p in proptest::option::of(0.0..1.0_f64),
        seed in any::<u64>(),
        id in any::<u64>(),
    ) {
        let asked = Asked::Generate { id, request: request(&text, temperature, top_p, seed) };
        prop_assert_eq!(Asked::parse(&sent(&asked)).unwrap(), asked);
    }

    #[test]
    fn replies_come_through_to_the_last_bit(text in any::<String>(), tokens in any::<u32>(), id in any::<u64>()) {
        let completion = Completion {
            text: text.clone(),
            stop: StopReason::StopString,
            prompt_tokens: tokens,
            completion_tokens: tokens / 2,
            weights: vec![0.25, 0.75],
        };
        let failure = Failure { kind: FailureKind::Template, message: text };
        for message in [FromEngine::Reply { id, completion }, FromEngine::Failed { id, failure }] {
            prop_assert_eq!(said(&message), message);
        }
    }

    #[test]
    fn probabilities_come_through_whatever_they_are(bits in any::<u32>(), text in any::<String>()) {
        let choice = TokenChoice {
            text: text.clone(),
            log_probability: f32::from_bits(bits),
            runner_up: Some((text, f32::from_bits(!bits))),
        };
        let token = Token::from(choice);
        let FromEngine::Traced { tokens, .. } = said(&FromEngine::Traced { id: 1, tokens: vec![token.clone()] }) else {
            return Err(TestCaseError::fail("it is another message"));
        };
        prop_assert_eq!(tokens, [token.clone()]);
        prop_assert_eq!(TokenChoice::from(token).log_probability.to_bits(), bits);
    }

    #[test]
    fn garbage_is_refused_and_nothing_else_happens(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut reader = Cursor::new(&bytes);
        while let Ok(Some(line)) = read_line(&mut reader) {
            prop_assert!(FromEngine::parse(&line).is_err() && Asked::parse(&line).is_err());
        }
    }

    /// A message with one byte changed is read as some message, or refused with a reason that steers no terminal.
    #[test]
    fn a_changed_byte_breaks_no_reader(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut line = sent(&FromEngine::Ready(Box::new(Ready::of(&engine()))));
        let place = place.index(line.len());
        line[place] = byte;
        if let Err(error) = FromEngine::parse(&line) {
            let reason = error.to_string();
            prop_assert!(!reason.chars().any(char::is_control) && reason.chars().count() < 400, "{}", reason);
        }
    }
}

#[test]
fn the_order_comes_through() {
    let mut settings = Settings::from(Layout { engines: 3, threads: 2 });
    settings.gpu_memory = Some(0.1);
    settings.isq = Some("q4k".parse().unwrap());
    settings.context = Some(7);
    settings.card = Some(("NVIDIA H200".to_owned(), "580.1".to_owned()));
    settings.date = jiff::civil::date(2024, 2, 29);
    let reference = ModelReference::parse("näme=builtin:sft").unwrap();
    let asked = Asked::Load(Box::new(Order { reference, settings, memory: Some(u64::MAX) }));
    assert_eq!(Asked::parse(&sent(&asked)).unwrap(), asked);
}

#[test]
fn an_engine_is_described_as_it_is() {
    let engine = engine();
    let ready = Ready::of(&engine);
    assert_eq!((&ready.identity, ready.facts), (engine.identity(), engine.facts()));
    assert_eq!(ready.state, State { room: 16, ..State::default() });
    let message = FromEngine::Ready(Box::new(ready));
    assert_eq!(said(&message), message);
}

#[test]
fn what_no_engine_says_is_refused() {
    for line in [
        "",
        "{}",
        "null",
        "\"alive\"",
        r#"{"alive": {}, "state": {}}"#,
        r#"{"alive": {"x": 1}}"#,
        r#"{"replied": {}}"#,
        r#"{"reply": {"id": -1}}"#,
        r#"{"refused": {"reason": "a", "why": "b"}}"#,
        r#"{"refused": {"reason": 5}}"#,
        r#"{"failed": {"id": 1, "failure": {"kind": "other", "message": ""}}}"#,
    ] {
        assert!(matches!(FromEngine::parse(line.as_bytes()), Err(WireError::Malformed(_))), "{line}");
    }
    let deep = "[".repeat(100_000);
    assert!(FromEngine::parse(deep.as_bytes()).is_err(), "no stack is deep enough for everything");
    let escape = FromEngine::parse(b"{\"\\u001b[31m\": 1}").unwrap_err().to_string();
    assert!(!escape.contains('\u{1b}'), "{escape}");
}

#[test]
fn numbers_and_notes_have_bounds() {
    let check = |state: State| FromEngine::parse(&sent(&FromEngine::State(state)));
    let fine = State { room: AT_ONCE, notes: vec!["é".repeat(NOTE); NOTES], ..State::default() };
    assert!(check(fine.clone()).is_ok());
    for state in [
        State { room: AT_ONCE + 1, ..fine.clone() },
        State { notes: vec![String::new(); NOTES + 1], ..fine.clone() },
        State { notes: vec!["é".repeat(NOTE + 1)], ..fine },
    ] {
        assert!(matches!(check(state), Err(WireError::TooMuch(_))));
    }
}

#[test]
fn a_line_has_an_end() {
    let mut endless = io::BufReader::new(io::repeat(b'x'));
    assert!(matches!(read_line(&mut endless), Err(WireError::TooLong)));
    let longest = [vec![b'x'; LONGEST - 1], vec![b'\n']].concat();
    assert_eq!(read_line(&mut Cursor::new(longest)).unwrap().map(|line| line.len()), Some(LONGEST - 1));
    assert!(matches!(line(&"x".repeat(LONGEST)), Err(WireError::TooLong)));
    for broken_off in ["", "{\"alive\":", "x"] {
        assert!(read_line(&mut Cursor::new(broken_off)).unwrap().is_none(), "{broken_off}");
    }
}
