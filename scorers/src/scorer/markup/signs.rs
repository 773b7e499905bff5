//! Signs that stand for others while marks are taken off, and patterns of marks.

use regex::Regex;

pub(super) fn constant(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

/// Beginning and end of what is struck out: signs for private use, which no reader sees.
pub(super) const STRUCK: char = '\u{F1000}';
pub(super) const STRUCK_END: char = '\u{F1001}';

/// Where signs that are not to be taken for markup are kept meanwhile: a plane for private use.
pub(super) const KEPT: u32 = 0xF_0000;

/// A sign in the form in which no later step takes it for markup.
pub(super) fn kept(sign: char) -> char {
    match sign {
        _ if sign.is_ascii_punctuation() => char::from_u32(KEPT + sign as u32).unwrap_or(sign),
        _ => sign,
    }
}

/// The reverse of [`kept`].
pub(super) fn released(sign: char) -> char {
    match (sign as u32).checked_sub(KEPT).and_then(char::from_u32) {
        Some(original) if original.is_ascii_punctuation() => original,
        _ => sign,
    }
}
