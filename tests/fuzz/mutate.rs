//! Inputs made by chance of those of a corpus: bits, bytes, pieces of the same or of another input, and signs that mean something
//! to one of the languages.

use rand::Rng;

/// The longest input that is made, in bytes.
const LONGEST: usize = 1 << 16;

/// Texts that mean something.
const WORDS: [&str; 48] = [
    "{{",
    "}}",
    "{% for x in list %}",
    "{% endfor %}",
    "{% if ",
    "{% set a = a ~ a %}",
    "|",
    "~",
    "*",
    "&a ",
    "*a",
    "!!binary ",
    "<<: ",
    "---\n",
    "- ",
    ": ",
    "? ",
    "\"",
    "'",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "ß",
    "\u{0301}",
    "日本",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "0.1",
    "18446744073709551615",
    "-9223372036854775808",
    "99999999999999999999",
    "nan",
    ".inf",
    "[",
    "]",
    "{",
    "}",
    "<think>",
    "</think>",
    "$",
    ",\"check\":\"",
];

/// An input made of one of the corpus by one to eight changes.
pub(crate) fn mutated(corpus: &[Vec<u8>], random: &mut impl Rng) -> Vec<u8> {
    let mut input = corpus[random.random_range(0..corpus.len())].clone();
    for _ in 0..random.random_range(1..=8) {
        change(&mut input, corpus, random);
    }
    input.truncate(LONGEST);
    input
}

fn change(input: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut impl Rng) {
    let place = random.random_range(0..=input.len());
    match random.random_range(0..8) {
        0 if place < input.len() => input[place] ^= 1 << random.random_range(0..8),
        1 if place < input.len() => {
            input[place] = [0, 0xff, 0x7f, 0x80, b'9', b'{', random.random()][random.random_range(0..7)]
        }
        2 => drop(input.splice(place..place, [random.random()])),
        3 => drop(input.drain(piece(input.len(), place, random))),
        4 => {
            let copied = input[piece(input.len(), place, random)].to_vec();
            let times = 1 << random.random_range(0..6);
            input.splice(place..place, copied.repeat(times));
        }
        5 => {
            let other = &corpus[random.random_range(0..corpus.len())];
            let from = random.random_range(0..=other.len());
            let copied = other[piece(other.len(), from, random)].to_vec();
            input.splice(place..place, copied);
        }
        6 => input.truncate(place),
        _ => {
            let word = WORDS[random.random_range(0..WORDS.len())];
            let times = if random.random_bool(0.1) { 200 } else { 1 };
            input.splice(place..place, word.repeat(times).bytes());
        }
    }
    input.truncate(LONGEST);
}

/// Some bytes from a place on, mostly few.
fn piece(length: usize, from: usize, random: &mut impl Rng) -> std::ops::Range<usize> {
    let most = (length - from).min(if random.random_bool(0.8) { 32 } else { 4096 });
    from..from + random.random_range(0..=most)
}
