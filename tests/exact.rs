//! The real engine on a built-in model: what it says comes back to the last character, and a run that is killed and continued at
//! concurrency 1 leaves the record of one that was not.

use runner::engine::{
    Message, Request,
    load::{self, Layout},
    reference::ModelReference,
};
use scorers::Role;
use serde_json::Value as Json;
use std::{
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use support::{brief, command, journal, root};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// Without a full stop and a question mark, one of which ends the reply.
const PROMPT: [(Role, &str); 2] =
    [(Role::System, "You take bookings"), (Role::User, "Book a table for two people on Friday")];

/// What a model answers, greedily.
fn reply(reference: &str) -> String {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let sampling = brief(0.0);
    let message = |(role, text): (Role, &str)| Message { role, text: text.to_owned() };
    let messages = PROMPT.map(message).to_vec();
    runtime.expect("a runtime").block_on(async {
        let reference = ModelReference::parse(reference).expect("the reference leads somewhere");
        let engine =
            load::load(&reference, Layout { engines: 1, threads: 1 }).await.expect("the model loads");
        engine.generate(Request::new(messages, sampling, 0)).await.expect("it comes about").text
    })
}

/// A copy of the model whose tokens spell other texts: pairs of a token and what is said in its place.
fn spelt_otherwise(to: &Path, changes: &[(&str, &str)]) {
    for entry in fs::read_dir(root().join("runner/organisms/models/sft")).expect("the model is there") {
        let entry = entry.expect("it can be read");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("it can be copied");
    }
    let path = to.join("tokenizer.json");
    let mut tokenizer: Json =
        serde_json::from_str(&fs::read_to_string(&path).expect("it can be read")).expect("it is JSON");
    for (token, text) in changes {
        // The newest entry is part of no other one: it gives way, and the token takes its number.
        let newest = tokenizer["model"]["merges"].as_array_mut().expect("pairs that are joined").pop();
        let newest: Vec<String> = serde_json::from_value(newest.expect("a last pair")).expect("two tokens");
        let vocabulary = tokenizer["model"]["vocab"].as_object_mut().expect("tokens");
        let number = vocabulary.remove(&newest.concat()).expect("what the pair makes");
        let old = vocabulary.insert((*token).to_owned(), number).expect("the token is there");
        vocabulary.insert((*text).to_owned(), old);
    }
    fs::write(path, tokenizer.to_string()).expect("it can be written");
}

#[test]
fn white_space_at_the_end_and_what_looks_like_a_special_token_are_kept() {
    let plain = reply("builtin:sft");
    let end = plain.chars().last().expect("it says something").to_string();
    let vocabulary = fs::read_to_string(root().join("runner/organisms/models/sft/tokenizer.json"));
    let vocabulary = vocabulary.expect("the model is there");
    // A word of the reply that is one token, and that nothing else has in it.
    let is_fit = |word: &&str| {
        let alone = plain.matches(&format!(" {word}")).count() == 1;
        alone
            && !PROMPT.iter().any(|(_, text)| text.contains(*word))
            && vocabulary.contains(&format!("\"Ġ{word}\":"))
    };
    let word = plain.split([' ', ',', '.', '?']).skip(1).filter(|word| word.len() > 1).find(is_fit);
    let word = word.expect("such a word");
    let place = tempfile::tempdir().expect("a temporary directory");
    // `Ġ` is a space and `Ċ` a line feed in such a vocabulary.
    spelt_otherwise(place.path(), &[(&end, &format!("{end}ĠĊĠ")), (&format!("Ġ{word}"), "Ġ<|user|></s>")]);
    let otherwise = reply(place.path().to_str().expect("a plain path"));
    let expected = plain.replace(&end, &format!("{end} \n ")).replace(&format!(" {word}"), " <|user|></s>");
    assert_eq!(otherwise, expected, "{plain:?}");
}

#[test]
fn a_killed_run_is_continued_to_the_same_record() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let [whole, cut] = ["whole", "cut"].map(|name| place.path().join(name));
    let spec = "../specs/grounding/underspecified-request.yaml";
    let started = |how: &str, place: &Path| {
        let place = place.to_str().expect("a plain path");
        command(BINARY, &["run", spec, "--samples", "2", "--concurrency", "1", how, place])
    };
    let finished = started("--out", &whole).output().expect("it starts");
    assert!(matches!(finished.status.code(), Some(0 | 4)), "{finished:?}");

    let mut child = started("--out", &cut);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let lines = || fs::read_to_string(cut.join("journal.jsonl")).map_or(0, |text| text.lines().count());
    let began = Instant::now();
    while lines() < 4 {
        assert!(began.elapsed() < Duration::from_secs(120), "nothing is finished");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let (before, all) = (lines(), journal(&whole).lines().count());
    assert!(before < all, "it was killed in time: {before} of {all} lines");

    let finished = started("--resume", &cut).output().expect("it starts");
    assert!(matches!(finished.status.code(), Some(0 | 4)), "{finished:?}");
    assert_eq!(journal(&cut), journal(&whole), "byte for byte");
}
