//! The lines of a stored file: JSON objects, one a line, each with a checksum of itself and of all lines above it.
//!
//! Records, grades and baselines are written and read through this module. The last member of each object, `check`, is the
//! beginning of SHA-256 over the `check` of the line above (nothing for the first line) and the line without its own. So a
//! bit that flips, a value that somebody edits, and a line that is dropped, doubled or put elsewhere are noticed at their
//! line. It is a checksum and no signature: whoever wants to forge a file computes it anew.

mod chain;
mod read;

pub use chain::{Broken, Chain};
pub(crate) use read::{FileError, Lines, Version, version};

/// A file's lines with the checksums that they should have, whatever they had.
#[cfg(test)]
pub(crate) fn sealed_anew(text: &str) -> String {
    let mut chain = Chain::default();
    let object = |line: &str| match line.rsplit_once(",\"check\":") {
        Some((object, _)) => format!("{object}}}"),
        None => line.to_owned(),
    };
    text.lines().map(|line| chain.seal(&object(line))).collect()
}
