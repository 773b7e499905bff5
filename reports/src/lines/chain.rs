//! The checksum of a line, which holds that of the line above.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use thiserror::Error;

/// What stands between an object and its checksum.
const KEY: &[u8] = b",\"check\":\"";
/// What every checksum stands behind, however its line is written.
const MARK: &[u8] = b"\"check\"";
/// Bytes of SHA-256 that are kept: one file in 2^64 that was changed by accident looks unchanged.
const BYTES: usize = 8;
/// Bytes of the whole member, with the end of the object.
const MEMBER: usize = KEY.len() + 2 * BYTES + 2;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Broken {
    /// It ends without a checksum where its file has them.
    #[error("it has no checksum")]
    Missing,
    /// It has a checksum, which stands otherwise than Grice writes it.
    #[error(
        "it was written anew, by an editor or by what copied the file (line ends, spaces), so its checksum cannot be checked"
    )]
    Rewritten,
    /// It is another line than the one that was written here.
    #[error(
        "its checksum does not match, so it was changed, or lines above it were dropped, doubled or put elsewhere"
    )]
    Differs,
}

/// The checksum of the line that was written or read last; the default stands above the first line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain(Option<[u8; BYTES]>);

impl Chain {
    /// Makes a line of the text of a JSON object that is not empty: the object with its checksum, and a line break.
    pub fn seal(&mut self, object: &str) -> String {
        let sum = self.sum(object.as_bytes());
        self.0 = Some(sum);
        let mut line = String::with_capacity(object.len() + MEMBER);
        line.push_str(object.strip_suffix('}').unwrap_or(object));
        line.push_str(",\"check\":\"");
        push_hex(&mut line, &sum);
        line.push_str("\"}\n");
        line
    }

    /// Leaves of a line, with or without its line break, the object as it was before [`Self::seal`].
    ///
    /// # Errors
    /// When it is not the line that was sealed after the one opened last.
    pub fn open(&mut self, line: &mut Vec<u8>) -> Result<(), Broken> {
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        let (object, found) = parted(line).ok_or(Broken::Missing)?;
        let mut written = String::with_capacity(2 * BYTES);
        let found = found.to_owned();
        line.truncate(object);
        line.push(b'}');
        let sum = self.sum(line);
        push_hex(&mut written, &sum);
        if written.as_bytes() != found.as_slice() {
            return Err(Broken::Differs);
        }
        self.0 = Some(sum);
        Ok(())
    }

    /// Whether a line ends as a sealed one does.
    pub(super) fn is_sealed(line: &[u8]) -> bool {
        parted(line.strip_suffix(b"\n").unwrap_or(line)).is_some()
    }

    /// Whether a line that is not sealed holds a checksum all the same.
    pub(super) fn is_rewritten(line: &[u8]) -> bool {
        let tail = line.get(line.len().saturating_sub(2 * MEMBER)..).unwrap_or(line);
        !Self::is_sealed(line) && tail.windows(MARK.len()).any(|part| part == MARK)
    }

    fn sum(&self, object: &[u8]) -> [u8; BYTES] {
        let mut hasher = Sha256::new();
        if let Some(above) = &self.0 {
            let mut hex = String::with_capacity(2 * BYTES);
            push_hex(&mut hex, above);
            hasher.update(hex);
        }
        hasher.update(object);
        let mut sum = [0; BYTES];
        sum.iter_mut().zip(hasher.finalize()).for_each(|(kept, byte)| *kept = byte);
        sum
    }
}

/// Where the object of a sealed line ends, without its brace, and the digits of its checksum.
fn parted(line: &[u8]) -> Option<(usize, &[u8])> {
    let start = line.len().checked_sub(MEMBER)?;
    let member = line.get(start..)?.strip_prefix(KEY)?.strip_suffix(b"\"}")?;
    Some((start, member))
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Vec<String> {
        let mut chain = Chain::default();
        [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":{"b":"ä"}}"#, r#"{"end":3}"#]
            .map(|text| chain.seal(text))
            .to_vec()
    }

    fn open(lines: &[String]) -> Result<Vec<String>, (usize, Broken)> {
        let mut chain = Chain::default();
        let open = |(number, line): (usize, &String)| {
            let mut bytes = line.clone().into_bytes();
            chain.open(&mut bytes).map_err(|broken| (number, broken))?;
            Ok(String::from_utf8(bytes).unwrap())
        };
        lines.iter().enumerate().map(open).collect()
    }

    #[test]
    fn lines_are_json_and_come_back_as_they_were() {
        let lines = sealed();
        // By `hashlib.sha256(b'{"a":1}').hexdigest()[:16]`, and of that text before `{"a":2}`.
        assert_eq!(lines[0], "{\"a\":1,\"check\":\"015abd7f5cc57a2d\"}\n");
        assert_eq!(lines[1], "{\"a\":2,\"check\":\"dd76ba5d245603d2\"}\n");
        for line in &lines {
            assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
        }
        assert_eq!(open(&lines).unwrap(), [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":{"b":"ä"}}"#, r#"{"end":3}"#]);
    }

    #[test]
    fn lines_that_are_dropped_doubled_or_moved_are_noticed() {
        let lines = sealed();
        for at in 0..lines.len() - 1 {
            let mut dropped = lines.clone();
            dropped.remove(at);
            assert_eq!(open(&dropped), Err((at, Broken::Differs)));
            let mut moved = lines.clone();
            moved.swap(at, at + 1);
            assert_eq!(open(&moved), Err((at, Broken::Differs)));
        }
        for at in 0..lines.len() {
            let mut doubled = lines.clone();
            doubled.insert(at, lines[at].clone());
            assert_eq!(open(&doubled), Err((at + 1, Broken::Differs)));
        }
        let mut bare = lines;
        bare[2] = "{\"a\":3}\n".to_owned();
        assert_eq!(open(&bare), Err((2, Broken::Missing)));
    }

    #[test]
    fn every_bit_counts() {
        let text = sealed().concat().into_bytes();
        for bit in 0..8 * (text.len() - 1) {
            let mut flipped = text.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut chain = Chain::default();
            let mut lines = flipped.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec);
            assert!(lines.any(|mut line| chain.open(&mut line).is_err()), "bit {bit}");
        }
    }
}
