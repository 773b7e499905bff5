//! Reading lines one by one, in the memory of the longest.

use super::{Broken, Chain};
use std::io::{self, BufRead, Read};

/// Bytes of a line at most: a file without a line break must not fill the memory.
const LONGEST: u64 = 256 << 20;

/// Why a line cannot be had.
#[derive(Debug)]
pub(crate) enum LineError {
    /// It is longer than any that Grice writes.
    TooLong,
    /// It is not what was written.
    Broken(Broken),
    /// The input itself failed.
    Unreadable(io::Error),
}

impl From<io::Error> for LineError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// What a line too long for any reader is called.
pub(crate) fn too_long() -> String {
    format!("it is longer than {} MiB", LONGEST >> 20)
}

/// The lines of an input with their numbers and places.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    number: usize,
    start: u64,
    end: u64,
    /// None where the first line has no checksum.
    chain: Option<Chain>,
    /// The input has ended within a line.
    cut: bool,
}

impl<R: BufRead> Lines<R> {
    /// Begins before the first line.
    pub(crate) fn new(input: R) -> Self {
        let chain = Some(Chain::default());
        Self { input, buffer: Vec::new(), number: 0, start: 0, end: 0, chain, cut: false }
    }

    /// The next whole line, without its checksum. Blank lines between others are passed over. Nothing comes after the last
    /// whole line.
    pub(crate) fn next_line(&mut self) -> Result<Option<&[u8]>, LineError> {
        loop {
            self.buffer.clear();
            let length = self.input.by_ref().take(LONGEST).read_until(b'\n', &mut self.buffer)? as u64;
            if self.buffer.last() != Some(&b'\n') {
                self.cut = length > 0;
                return if length == LONGEST { Err(LineError::TooLong) } else { Ok(None) };
            }
            self.number += 1;
            (self.start, self.end) = (self.end, self.end + length);
            if !self.buffer.trim_ascii().is_empty() {
                break;
            }
        }
        if self.chain == Some(Chain::default()) && !Chain::is_sealed(&self.buffer) {
            self.chain = None;
        }
        if let Some(chain) = &mut self.chain {
            chain.open(&mut self.buffer).map_err(LineError::Broken)?;
        }
        Ok(Some(&self.buffer))
    }

    /// The line that was read last, without its checksum.
    pub(crate) fn text(&self) -> &[u8] {
        &self.buffer
    }

    /// Whether changes of what was read are noticed: the first line had a checksum.
    pub(crate) fn protected(&self) -> bool {
        self.chain.is_some()
    }

    /// The checksum of the line that was read last, where it has one.
    pub(crate) fn checksum(&self) -> Option<Chain> {
        self.chain
    }

    /// Number of the line that was read last, from 1.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Number of the line that was read last, from 1, its first byte in the input, and the byte after it.
    pub(crate) fn place(&self) -> (usize, u64, u64) {
        (self.number, self.start, self.end)
    }

    /// Whether the input ended within a line; known at its end.
    pub(crate) fn cut(&self) -> bool {
        self.cut
    }
}
