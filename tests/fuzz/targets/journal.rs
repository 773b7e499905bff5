//! A record: as it is, and with checksums made anew, as whoever forges one would. What can be read can be graded and shown in
//! every format, without a sign that acts on a terminal.

use reports::{Digest, Format, FormatOptions, Record, Report, Room, Summary, grade::Grader};

pub(super) fn check(input: &[u8]) {
    read(input);
    let text = String::from_utf8_lossy(input);
    read(support::sealed(&text).as_bytes());
}

fn read(bytes: &[u8]) {
    let record = match Record::read(bytes) {
        Ok(record) => record,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let digest = match Digest::of(&record) {
        Ok(digest) => digest,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let summary = Summary::of(&digest);
    let selection = digest.select(Room::default(), &record).expect("what was graded once is graded again");
    let grades = Grader::new(&record.header).grade(&record.trials).expect("as before");
    let report =
        Report { digest: &digest, summary: &summary, selection: &selection, timing: None, grades: &grades };
    for format in Format::ALL {
        if let Ok(text) = reports::render(format, &report, &FormatOptions::default()) {
            let acts = |sign: char| sign.is_control() && !"\n\t\r".contains(sign);
            assert!(!text.chars().any(acts), "{format} passes on a control sign");
        }
    }
}
