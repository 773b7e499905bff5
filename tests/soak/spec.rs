//! Specs and scripts of a soak, made by a seed: small, and different in what they ask, in how long they take and in what is said.

use rand::Rng;
use std::fmt::Write;

/// A spec, a script that answers it, and how to run them.
pub(crate) struct Made {
    /// The text of `spec.yaml`.
    pub(crate) spec: String,
    /// The text of `script.yaml`.
    pub(crate) script: String,
    /// Generations in flight.
    pub(crate) concurrency: u32,
}

/// What the cases ask; hostile to whoever cuts lines, counts bytes or prints.
const WORDS: [&str; 8] = [
    "Book a table for four.",
    "Où est la gare?",
    "\u{202e}drawn the other way",
    "a \"quoted\" word",
    "back\\slash",
    "Ist es groß?",
    "日本語で話して。",
    "</script> & <b>",
];

/// What the model says.
const REPLIES: [&str; 6] = [
    "yes",
    "no",
    "For how many people?",
    "Yes, on Friday; \u{1F600}.",
    "{\\\"check\\\":\\\"0000000000000000\\\"}",
    "line\\nbreak\\r\\n and \\0 \\e[2J",
];

/// Makes a spec and its script.
pub(crate) fn made(random: &mut impl Rng) -> Made {
    let cases: u32 = random.random_range(2..=6);
    let samples: u32 = random.random_range(1..=4);
    let mut spec = format!(
        "probe: soak.s{}\nabout: Made by a seed.\nsamples: {samples}\nsampling: {{ temperature: 0.7, max_tokens: 40 }}\ncases:\n",
        random.random_range(0..1000)
    );
    for case in 0..cases {
        let say = json(WORDS[random.random_range(0..WORDS.len())]);
        // Writing into a text cannot fail.
        let _ = writeln!(spec, "  - {{ id: c{case}, say: {say} }}");
    }
    if random.random_bool(0.4) {
        spec.push_str("arms: { plain: { set: { way: Please. } }, other: { set: { way: Now! } } }\n");
    } else {
        spec.push_str("data: { way: Please. }\n");
    }
    spec.push_str("dialogue:\n  - user: '{{ say }} {{ way }}'\n  - model: reply\n");
    if random.random_bool(0.4) {
        let times = random.random_range(1..=3);
        let _ = writeln!(
            spec,
            "  - repeat: {{ times: {times}, turns: [ {{ user: 'Round {{{{ round }}}}' }}, {{ model: more }} ] }}"
        );
    }
    if random.random_bool(0.4) {
        let samples = random.random_range(2..=5);
        let _ = writeln!(
            spec,
            "  - fork: {{ name: reveal, samples: {samples}, turns: [ {{ user: What is it? }}, {{ model: guess }} ] }}"
        );
    }
    spec.push_str("score:\n  yes: { includes: { turn: reply, text: 'yes' } }\n  words: { length: { turn: reply, unit: words } }\n");
    spec.push_str("metrics:\n  yes: { rate: { of: yes } }\n  words: { mean: { of: words } }\n");
    let mut script = String::new();
    let quick = random.random_range(0..4);
    for word in ["table", "gare", "Round", "What is it"] {
        let delay = random.random_range(0..=quick * 10);
        let _ = writeln!(script, "- {{ when: '{word}', reply: [{}], delay: {delay} }}", replies(random));
    }
    let _ = writeln!(script, "- {{ reply: [{}], delay: {} }}", replies(random), random.random_range(0..=8));
    Made { spec, script, concurrency: random.random_range(1..=8) }
}

fn replies(random: &mut impl Rng) -> String {
    let number = random.random_range(1..=4);
    let chosen = (0..number).map(|_| format!("\"{}\"", REPLIES[random.random_range(0..REPLIES.len())]));
    chosen.collect::<Vec<_>>().join(", ")
}

/// A text as YAML and JSON both write it.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
