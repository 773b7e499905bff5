//! How long it takes to parse and check a spec of 1,000 cases.

use criterion::{Criterion, criterion_group, criterion_main};
use runner::spec::{self, Files};
use std::{
    fmt::Write,
    hint::black_box,
    io,
    path::{Path, PathBuf},
};

const CASES: usize = 1_000;

/// One spec, wherever one looks.
struct Spec(String);

impl Files for Spec {
    fn read(&self, _: &Path, _: u64) -> io::Result<Vec<u8>> {
        Ok(self.0.clone().into_bytes())
    }

    fn list(&self, _: &Path) -> io::Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }

    fn is_folder(&self, _: &Path) -> bool {
        false
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }
}

fn text() -> String {
    let mut text = String::from("probe: bench.bookings\nabout: Does it ask?\ncases:\n");
    for pair in 0..CASES / 2 {
        for (arm, time) in [("ambiguous", ""), ("clear", " at seven")] {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "  - {{ pair: p{pair}, arm: {arm}, request: \"Book table {pair} for four on Friday{time}.\", place: Rome }}"
            );
        }
    }
    text.push_str(
        "dialogue:
  - system: You take bookings in {{ place }}.
  - user: \"{{ request }}\"
  - model: reply
  - user: \"You said: {{ turns.reply }}. Is that right?\"
  - model: { name: check, max_tokens: 8 }
samples: 8
score:
  clarifies: { grounding_act: { turn: reply, act: clarification } }
  place: { includes: { turn: check, text: \"{{ place }}\" } }
metrics:
  sensitivity: { d_prime: { hit: clarifies@ambiguous, false_alarm: clarifies@clear } }
  named: { rate: { of: place } }
",
    );
    text
}

fn parse(criterion: &mut Criterion) {
    let files = Spec(text());
    criterion.bench_function("parse/yaml_1000_cases", |bencher| {
        bencher.iter(|| spec::parse::parse::<spec::raw::RawProbe>("p.yaml", black_box(&files.0)));
    });
    let paths = [PathBuf::from("p.yaml")];
    spec::load(&paths, &files).expect("the spec is valid");
    criterion.bench_function("parse/load_1000_cases", |bencher| {
        bencher.iter(|| spec::load(black_box(&paths), &files));
    });
}

criterion_group!(benches, parse);
criterion_main!(benches);
