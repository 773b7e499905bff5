//! Reading back: words are dictated, said again, and asked for by kind.
//!
//! No probe measures it. It teaches a small model in little time what all families rest on: to find
//! the word of a kind in what was said, to say that word and no other of its kind, and to know a word
//! that was said from one that was not. Every word of
//! the vocabulary occurs here, also those that are reserved in the roles that probes give them.

use super::draw::{Draw, listed};
use super::vocabulary::{
    COLOURS, DAYS, DISHES, GOODS, NAMES, NUMBERS, ROOMS, SIGHTS, SIZES, STREETS, TAGS, TITLES, TOWNS,
    VEHICLES,
};
use super::{Script, Turn};

/// Kinds of words, and what each is called.
const KINDS: [(&str, &[&str]); 14] = [
    ("colour", &COLOURS),
    ("day", &DAYS),
    ("dish", &DISHES),
    ("item", &GOODS),
    ("name", &NAMES),
    ("number", &NUMBERS),
    ("room", &ROOMS),
    ("place", &SIGHTS),
    ("size", &SIZES),
    ("street", &STREETS),
    ("word", &TAGS),
    ("title", &TITLES),
    ("town", &TOWNS),
    ("vehicle", &VEHICLES),
];

pub(super) fn script(draw: &mut Draw) -> Script {
    let count = 3 + draw.below(6);
    let words: Vec<(&'static str, &'static str)> = draw
        .several(KINDS.len(), count)
        .into_iter()
        .map(|kind| {
            let (name, words) = KINDS[kind];
            (name, *draw.pick(words))
        })
        .collect();
    let said: Vec<String> = words.iter().map(|(_, word)| (*word).to_owned()).collect();
    let said = listed(&said);
    let mut script = vec![Turn::System("You take dictation.".into())];
    script.extend([Turn::User(format!("Note: {said}.")), Turn::plain(format!("I have {said}."))]);
    let asked = 1 + draw.below(3);
    for number in draw.several(words.len(), asked) {
        let (kind, word) = words[number];
        script.extend([Turn::User(format!("Which {kind}?")), Turn::plain(format!("The {kind} is {word}."))]);
    }
    for _ in 0..2 + draw.below(4) {
        let (kind, heard) = *draw.pick(&words);
        // Half the time another word of the same kind, which was not said.
        let word = if draw.chance(0.5) { heard } else { other(kind, heard, draw) };
        let reply = if word == heard { format!("Yes, {word}.") } else { format!("No, not {word}.") };
        script.extend([Turn::User(format!("Did you hear {word}?")), Turn::plain(reply)]);
    }
    script
}

/// Another word of the kind.
fn other(kind: &str, than: &'static str, draw: &mut Draw) -> &'static str {
    let words = KINDS.iter().find(|(name, _)| *name == kind).map_or(&[] as &[&str], |(_, words)| words);
    loop {
        let word = *draw.pick(words);
        if word != than {
            return word;
        }
    }
}
