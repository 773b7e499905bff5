//! Whatever strangers write is read without a panic, in little time and memory. Each target tries the inputs that are kept in its
//! corpus, and then some that are made of them by chance.
//!
//! `GRICE_FUZZ_SECONDS=60` goes on for a minute a target, by another seed each time; CONTRIBUTING.md says how to be guided by
//! coverage instead.

mod bounds;
mod mutate;
mod targets;

use rand::{SeedableRng, rngs::StdRng};
use scorers::scorer::ScorerConfig;
use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};
use support::root;

/// The folder of a target's corpus.
fn corpus(name: &str) -> PathBuf {
    root().join("tests/fuzz/corpus").join(name)
}

/// The inputs of a corpus with their names, in the order of the names.
fn inputs(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = corpus(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("it can be listed").path();
            (path.display().to_string(), fs::read(&path).expect("it can be read"))
        })
        .collect();
    inputs.sort();
    inputs
}

/// Tries a target, with at most so many mutated inputs.
fn hold(name: &str, most: u32) {
    let (_, check) = *targets::ALL.iter().find(|target| target.0 == name).expect("it is in the list");
    let inputs = inputs(name);
    assert!(!inputs.is_empty(), "{name} has no corpus");
    let seconds = std::env::var("GRICE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let seed = seconds.map_or(7, |_: u64| std::process::id().into());
    bounds::within(name, move |try_one| {
        for (path, input) in &inputs {
            try_one(path, input, check);
        }
        let (mut random, started) = (StdRng::seed_from_u64(seed), Instant::now());
        let texts: Vec<Vec<u8>> = inputs.into_iter().map(|(_, input)| input).collect();
        let mut number = 0;
        while seconds.map_or(number < most, |seconds| started.elapsed() < Duration::from_secs(seconds)) {
            number += 1;
            let input = mutate::mutated(&texts, &mut random);
            try_one(&format!("mutation {number} by seed {seed}"), &input, check);
        }
    });
}

macro_rules! targets {
    ($($name:ident $most:literal)*) => {
        /// The targets that are tried.
        const TRIED: &[&str] = &[$(stringify!($name)),*];

        $(#[test]
        fn $name() {
            hold(stringify!($name), $most);
        })*
    };
}

// As many as take about a second.
targets! {
    baseline 60
    config 1_500
    data 600
    filter 4_000
    gate 600
    gguf 1_500
    grades 1_500
    journal 100
    scorers 1_000
    spec 60
    template 1_500
    trouble 4_000
    uqff 1_500
}

#[test]
fn every_target_is_tried() {
    let names: Vec<&str> = targets::ALL.iter().map(|target| target.0).collect();
    assert_eq!(names, TRIED);
    let mut folders: Vec<String> = fs::read_dir(corpus(""))
        .expect("there is a corpus")
        .map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    assert_eq!(folders, TRIED, "a corpus for every target, and no other");
}

#[test]
fn every_scorer_has_an_input_that_is_graded() {
    let names: Vec<String> = inputs("scorers")
        .into_iter()
        .filter_map(|(path, input)| {
            let text = String::from_utf8(input).ok()?;
            let config = ScorerConfig::from_value(&serde_json::from_str(text.lines().next()?).ok()?).ok()?;
            config.build().is_ok().then(|| path.rsplit('/').next().unwrap_or_default().to_owned())
        })
        .collect();
    for scorer in ScorerConfig::NAMES {
        assert!(names.iter().any(|name| name == scorer), "{scorer}: {names:?}");
    }
}

#[test]
fn a_panic_and_what_takes_too_much_are_noticed() {
    let faults: [(&str, bounds::Check); 2] = [
        ("panicked", |_| panic!("on purpose")),
        ("bytes of memory", |_| drop(vec![1_u8; bounds::MEMORY + 1])),
    ];
    for (what, check) in faults {
        let noticed = std::panic::catch_unwind(|| {
            bounds::within("on purpose", move |try_one| try_one("none", b"", check));
        });
        let said = noticed.expect_err("it is noticed");
        let said = said.downcast_ref::<String>().cloned().unwrap_or_default();
        assert!(said.contains(what), "{said}");
    }
}
