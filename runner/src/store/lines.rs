//! Where the lines of a journal stand, and copies of them in another order: each line has a checksum of all above it, which is
//! checked and made anew on the way.

use reports::record::Chain;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// A line of a journal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Its first byte in the file.
    pub(super) start: u64,
    /// Bytes, with its line break.
    pub(super) length: usize,
    /// Where the chain of checksums stood above it; none where it has no checksum, in a journal of an older format.
    pub(super) above: Option<Chain>,
}

impl Span {
    /// The JSON of the line, without its checksum; `buffer` is for its bytes.
    ///
    /// # Errors
    /// When it cannot be read, or is no longer what was written.
    pub(super) fn read<'b>(
        &self,
        input: &mut (impl Read + Seek),
        buffer: &'b mut Vec<u8>,
    ) -> io::Result<&'b str> {
        buffer.resize(self.length, 0);
        input.seek(SeekFrom::Start(self.start))?;
        input.read_exact(buffer)?;
        match self.above {
            Some(mut chain) => chain
                .open(buffer)
                .map_err(|broken| bad(&format!("a line has changed meanwhile: {broken}")))?,
            None => drop(buffer.pop()),
        }
        std::str::from_utf8(buffer).map_err(|_| bad("a line is no text any more"))
    }
}

fn bad(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

/// Writes lines with new checksums; where each stands then, from the byte `start` on, in the same order.
///
/// # Errors
/// When one cannot be read, is no longer what was written, or cannot be written.
pub(super) fn copy(
    input: &mut (impl Read + Seek),
    lines: impl IntoIterator<Item = Span>,
    output: &mut impl Write,
    (mut start, chain): (u64, &mut Chain),
) -> io::Result<Vec<Span>> {
    let (mut buffer, mut copied) = (Vec::new(), Vec::new());
    for line in lines {
        let above = Some(*chain);
        let text = chain.seal(line.read(input, &mut buffer)?);
        output.write_all(text.as_bytes())?;
        copied.push(Span { start, length: text.len(), above });
        start += text.len() as u64;
    }
    Ok(copied)
}
