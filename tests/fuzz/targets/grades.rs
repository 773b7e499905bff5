//! Grades: as they are, and with checksums made anew. Each line is read or refused, and nothing comes after an error.

use reports::grade::ScoresReader;

pub(super) fn check(input: &[u8]) {
    read(input);
    read(support::sealed(&String::from_utf8_lossy(input)).as_bytes());
}

fn read(bytes: &[u8]) {
    match ScoresReader::new(bytes) {
        Ok(mut reader) => {
            while let Some(line) = reader.next() {
                if let Err(error) = line {
                    assert!(!error.to_string().is_empty());
                    assert!(reader.next().is_none(), "there is something after an error");
                    return;
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
