//! Reading lines one by one, in the memory of the longest.

use super::{Broken, Chain};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};
use std::{
    fmt,
    io::{self, BufRead, Read},
};

/// Bytes of a line at most: a file without a line break must not fill the memory.
const LONGEST: u64 = 256 << 20;

/// What a kind of file says where its lines are not what they should be.
pub(crate) trait FileError: From<io::Error> {
    /// There is no whole first line, but perhaps the beginning of one.
    fn without_first(begun: &[u8]) -> Self;
    /// A line is not the one that was written.
    fn altered(line: usize, broken: Broken) -> Self;
    /// A line cannot be read.
    fn corrupt(line: usize, reason: String) -> Self;
    /// Whether a newer Grice wrote the file.
    fn is_newer(&self) -> bool;
}

/// The version that a file says it has.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Version {
    /// Version of its format.
    pub(crate) format: u32,
    /// Version within the format.
    #[serde(default)]
    pub(crate) minor: u32,
}

/// The version in a first line, which has its header under a key. It is looked at before anything else, so that a newer file is
/// called newer and not corrupt.
///
/// # Errors
/// When there is none.
pub(crate) fn version(line: &[u8], key: &str) -> serde_json::Result<Version> {
    let mut line = serde_json::Deserializer::from_slice(line);
    line.deserialize_map(VersionUnder(key))
}

/// Looks for the version under a key, and at nothing else that the line says, such as a checksum of another kind.
struct VersionUnder<'k>(&'k str);

impl<'de> Visitor<'de> for VersionUnder<'_> {
    type Value = Version;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object with `{}`", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Version, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        found.ok_or_else(|| A::Error::custom(format!("there is no `{}`", self.0)))
    }
}

/// Why a line cannot be had.
#[derive(Debug)]
enum LineError {
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

    /// The first line, by which a file says what it is. `parse` reads it, and `sealed` tells whether its format has checksums.
    pub(crate) fn first<T, E: FileError>(
        &mut self,
        parse: impl Fn(&[u8]) -> Result<T, E>,
        sealed: impl Fn(&T) -> bool,
    ) -> Result<T, E> {
        match self.advance() {
            Ok(true) => {}
            Ok(false) => return Err(E::without_first(&self.buffer)),
            // A newer Grice may make its checksums otherwise.
            Err(LineError::Broken(broken)) => {
                let newer = parse(&self.buffer).err().filter(E::is_newer);
                return Err(newer.unwrap_or_else(|| E::altered(self.number, broken)));
            }
            Err(error) => return Err(self.said(error)),
        }
        let first = match parse(&self.buffer) {
            Err(error) if !error.is_newer() && !self.protected() && Chain::is_rewritten(&self.buffer) => {
                return Err(E::altered(self.number, Broken::Rewritten));
            }
            first => first?,
        };
        if sealed(&first) && !self.protected() {
            return Err(E::altered(self.number, Broken::Missing));
        }
        Ok(first)
    }

    /// The next whole line, without its checksum. Blank lines between others are passed over. Nothing comes after the last
    /// whole line.
    pub(crate) fn next_line<E: FileError>(&mut self) -> Result<Option<&[u8]>, E> {
        match self.advance() {
            Ok(true) => Ok(Some(&self.buffer)),
            Ok(false) => Ok(None),
            Err(error) => Err(self.said(error)),
        }
    }

    /// Reads the next whole line into the buffer, if there is one.
    fn advance(&mut self) -> Result<bool, LineError> {
        loop {
            self.buffer.clear();
            let length = self.input.by_ref().take(LONGEST).read_until(b'\n', &mut self.buffer)? as u64;
            if self.buffer.last() != Some(&b'\n') {
                self.cut = length > 0;
                return if length == LONGEST { Err(LineError::TooLong) } else { Ok(false) };
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
        Ok(true)
    }

    /// Why a line cannot be had, as its kind of file says it.
    fn said<E: FileError>(&self, error: LineError) -> E {
        match error {
            LineError::Broken(broken) => E::altered(self.number, broken),
            LineError::TooLong => {
                E::corrupt(self.number + 1, format!("it is longer than {} MiB", LONGEST >> 20))
            }
            LineError::Unreadable(error) => error.into(),
        }
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
