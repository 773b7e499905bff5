//! Emphasis in Markdown: runs of `*`, `_` and `~~` that open and close.
//!
//! After the flanking rules of CommonMark 0.31.2 (section 6.2), with two differences: no run between digits or, single,
//! between letters is a mark (`2*3*4`, `x*y`), and letters of a script without spaces may follow a closing run.

use super::super::places::spaced;
use super::signs::{STRUCK, STRUCK_END};

/// A run of one sign.
struct Run {
    /// Where it begins, in bytes.
    start: usize,
    sign: char,
    length: usize,
    opens: bool,
    closes: bool,
    /// What stands in its place; the run itself where none.
    instead: Option<&'static str>,
}

/// The text without the runs that pair.
pub(super) fn strip(text: &str) -> String {
    let mut runs = runs(text);
    pair(text, &mut runs);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for run in &runs {
        out.push_str(&text[at..run.start]);
        at = run.start + run.length;
        match run.instead {
            Some(instead) => out.push_str(instead),
            None => out.push_str(&text[run.start..at]),
        }
    }
    out.push_str(&text[at..]);
    out
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (place, sign) in text.char_indices().filter(|(_, sign)| matches!(sign, '*' | '_' | '~')) {
        match runs.last_mut() {
            Some(run) if run.sign == sign && run.start + run.length == place => run.length += 1,
            _ => runs.push(Run { start: place, sign, length: 1, opens: false, closes: false, instead: None }),
        }
    }
    for run in &mut runs {
        let before = text[..run.start].chars().next_back();
        let after = text[run.start + run.length..].chars().next();
        (run.opens, run.closes) = flanks(run.sign, run.length, before, after);
    }
    runs
}

/// Whether a run can open, and whether it can close, between two signs.
fn flanks(sign: char, length: usize, before: Option<char>, after: Option<char>) -> (bool, bool) {
    if length > 3 || (sign == '~' && length != 2) {
        return (false, false);
    }
    let digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    if digit(before) && digit(after) {
        return (false, false);
    }
    let blank = |letter: Option<char>| letter.is_none_or(char::is_whitespace);
    let wordy = |letter: Option<char>| letter.is_some_and(spaced);
    let inside = wordy(before) && wordy(after);
    let word_bound = sign == '_' || length == 1;
    if word_bound && inside {
        return (false, false);
    }
    let opens = !(blank(after) || word_bound && wordy(before));
    let closes = !(blank(before) || word_bound && wordy(after));
    (opens, closes)
}

/// Pairs every run that closes with the last one that opens, of the same sign and length and in the same paragraph.
fn pair(text: &str, runs: &mut [Run]) {
    let mut open: [Vec<usize>; 9] = Default::default();
    let mut at = 0;
    for index in 0..runs.len() {
        let run = &runs[index];
        if text[at..run.start].contains("\n\n") {
            open.iter_mut().for_each(Vec::clear);
        }
        at = run.start;
        let Some(kind) = kind(run) else { continue };
        let (opens, closes) = (run.opens, run.closes);
        if let Some(partner) = open[kind].pop_if(|_| closes) {
            let struck = runs[index].sign == '~';
            runs[partner].instead = Some(if struck { STRUCK_TEXT } else { "" });
            runs[index].instead = Some(if struck { STRUCK_END_TEXT } else { "" });
        } else if opens {
            open[kind].push(index);
        }
    }
}

/// The number of a sign and length.
fn kind(run: &Run) -> Option<usize> {
    let sign = ['*', '_', '~'].iter().position(|sign| *sign == run.sign)?;
    (run.opens || run.closes).then_some(sign * 3 + run.length - 1)
}

const STRUCK_TEXT: &str = "\u{F1000}";
const STRUCK_END_TEXT: &str = "\u{F1001}";
const _: () = assert!(STRUCK == '\u{F1000}' && STRUCK_END == '\u{F1001}');
