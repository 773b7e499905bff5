//! Writing and reading baselines: old ones, cut ones, broken ones.

use super::*;
use crate::{Record, format::fixtures, grade::Grader, lines::sealed_anew};

/// Written by each version of the format, of a record of the format that was the newest, and never changed since.
const VERSION_1: &str = include_str!("../../../tests/records/baseline-v1.jsonl");
const VERSION_1_OF_2: &str = include_str!("../../../tests/records/baseline-v1-of-record-v2.jsonl");
const VERSION_2_OF_3: &str = include_str!("../../../tests/records/baseline-v2-of-record-v3.jsonl");
const VERSION_2_OF_4: &str = include_str!("../../../tests/records/baseline-v2-of-record-v4.jsonl");

fn baseline(transcripts: bool) -> Vec<u8> {
    let Record { header, trials, .. } = fixtures::everything().record;
    let mut bytes = Vec::new();
    let mut writer = BaselineWriter::new(&mut bytes, header.clone(), "00ff".into(), transcripts).unwrap();
    let scores = Grader::new(&header).grade(&trials).unwrap();
    for (trial, scores) in trials.into_iter().zip(scores) {
        writer.add(trial, scores).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

fn read(bytes: &[u8]) -> Result<(BaselineHeader, Vec<BaselineTrial>), BaselineError> {
    let mut reader = BaselineReader::new(bytes)?;
    let trials = reader.by_ref().collect::<Result<_, _>>()?;
    Ok((reader.header().clone(), trials))
}

#[test]
fn a_baseline_gives_back_the_grades_without_evidence() {
    let record = fixtures::everything().record;
    let grades = Grader::new(&record.header).grade(&record.trials).unwrap();
    let grades: Vec<TrialScores> = grades.into_iter().map(TrialScores::without_evidence).collect();
    for transcripts in [false, true] {
        let bytes = baseline(transcripts);
        assert_eq!(bytes, baseline(transcripts), "equal records give equal bytes");
        let (header, trials) = read(&bytes).unwrap();
        assert_eq!((header.format, header.transcripts), (BASELINE_VERSION, transcripts));
        assert_eq!(header.header, record.header);
        assert!(trials.iter().map(|trial| &trial.scores).eq(&grades));
        let said: Vec<_> = trials.into_iter().filter_map(|trial| trial.trial).collect();
        assert_eq!(said, if transcripts { record.trials.clone() } else { Vec::new() });
    }
}

/// A baseline with the first line of another, and the checksums that its lines then have.
fn sealed_below(first: &str, other: &str) -> String {
    let first = first.lines().next().unwrap();
    sealed_anew(&format!("{first}\n{}", other.split_once('\n').unwrap().1))
}

#[test]
fn a_baseline_of_version_1_is_read_for_ever() {
    let (header, trials) = read(VERSION_1.as_bytes()).unwrap();
    assert_eq!((header.format, header.grading), (1, 1));
    assert!(VERSION_1.contains("\"header\":{\"format\":1"));
    assert_eq!(header.header.format, crate::record::FORMAT_VERSION, "the record in it is brought up to date");
    assert_eq!(header.header.probes[0].sampling.coupling, crate::record::Coupling::None);
    assert_eq!(header.journal, "5c2f");
    assert_eq!(trials.len(), 4);
    assert_eq!(trials[0].scores.scores[0].outcome, scorers::Outcome::flag(true));
    // Nothing is lost: written again, all but the versions in the first line is the same text.
    let mut bytes = Vec::new();
    let BaselineHeader { header, journal, transcripts, .. } = header;
    let mut writer = BaselineWriter::new(&mut bytes, header, journal, transcripts).unwrap();
    for trial in trials {
        writer.add(trial.trial.unwrap(), trial.scores).unwrap();
    }
    writer.finish().unwrap();
    let again = String::from_utf8(bytes).unwrap();
    assert!(again.lines().skip(1).eq(sealed_below(&again, VERSION_1).lines().skip(1)), "{again}");
}

#[test]
fn baselines_of_older_records_are_those_of_newer_ones() {
    assert!(VERSION_1_OF_2.contains("\"header\":{\"format\":2"));
    let all = [VERSION_1, VERSION_1_OF_2, VERSION_2_OF_3, VERSION_2_OF_4];
    let [old, middle, later, new] = all.map(|text| read(text.as_bytes()).unwrap());
    assert!([&old, &middle, &later].iter().all(|one| one.0.header == new.0.header));
    let grades =
        |trials: &[BaselineTrial]| trials.iter().map(|trial| trial.scores.clone()).collect::<Vec<_>>();
    assert_eq!(grades(&old.1), grades(&new.1));
    assert_eq!(grades(&middle.1), grades(&new.1));
    assert_eq!(grades(&later.1), grades(&new.1));
    let protected = |text: &str| BaselineReader::new(text.as_bytes()).unwrap().protected();
    assert_eq!(all.map(protected), [false, false, true, true]);
    let new = new.0;
    // Nothing is lost: written again, it is the same text.
    let mut bytes = Vec::new();
    let mut writer = BaselineWriter::new(&mut bytes, new.header, new.journal, false).unwrap();
    let mut reader = BaselineReader::new(VERSION_2_OF_4.as_bytes()).unwrap();
    let said = crate::Record::parse(include_str!("../../../tests/records/v2.jsonl")).unwrap().trials;
    for (trial, said) in reader.by_ref().zip(said) {
        writer.add(said, trial.unwrap().scores).unwrap();
    }
    writer.finish().unwrap();
    // But for the version of the scorers, which is that of whoever writes.
    let today = format!("\"grading\":{GRADING_VERSION}");
    let today = sealed_anew(&VERSION_2_OF_4.replacen("\"grading\":2", &today, 1));
    assert_eq!(String::from_utf8(bytes).unwrap(), today);
}

#[test]
fn a_baseline_cut_anywhere_is_refused() {
    let whole = baseline(true);
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let good = String::from_utf8(baseline(true)).unwrap();
    let error = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    // What is said where somebody made the checksums anew.
    let forged = |text: &str| error(&sealed_anew(text));
    let lines: Vec<&str> = good.lines().collect();
    assert!(error("").starts_with("it is no baseline"));
    assert!(error("{\"run\":{}}\n").starts_with("it is no baseline"));
    assert!(error(&good.replacen("\"format\":2", "\"format\":9", 1)).contains("has format 9"));
    let newer = error(&good.replacen("\"header\":{\"format\":4", "\"header\":{\"format\":9", 1));
    assert!(newer.contains("the record has format 9"), "{newer}");
    let minor = good.replacen("\"format\":4,\"minor\":1", "\"format\":4,\"minor\":2,\"shard\":1", 1);
    let minor = forged(&minor);
    assert!(minor.contains("4.2") && minor.contains("Use a newer Grice"), "{minor}");
    let garbled = forged(&good.replacen(lines[1], "{}}", 1));
    assert!(garbled.starts_with("line 2 of the baseline cannot be read"), "{garbled}");
    let other = forged(&good.replacen(lines[2], lines[4], 1));
    assert!(other.contains("the transcript is of another trial"), "{other}");
    let without = good.replacen(&format!("{}\n", lines[2]), "", 1);
    assert!(forged(&without).contains("no transcript"), "{}", forged(&without));
    let doubled = forged(&good.replacen(lines[1], lines[2], 1));
    assert!(doubled.contains("a transcript without its grades"), "{doubled}");
    let long = error(&format!("{good}{}\n", lines[1]));
    assert!(long.contains("there is something after the end"), "{long}");
    let ends = forged(&good.replacen(&format!("{}\n{}\n", lines[1], lines[2]), "", 1));
    assert!(ends.contains("the end speaks of"), "{ends}");
    // And where nobody did.
    assert!(
        error(&without).starts_with("line 3 of the baseline is not as it was written"),
        "{}",
        error(&without)
    );
    let edited = error(&good.replacen("\"flag\":true", "\"flag\":false", 1));
    assert!(edited.contains("of the baseline is not as it was written"), "{edited}");
    assert!(edited.contains("grice baseline save --replace"), "{edited}");
}

#[test]
fn no_flipped_bit_is_read_as_data() {
    let good = VERSION_2_OF_3.as_bytes();
    for bit in 0..8 * good.len() {
        let mut flipped = good.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let said = read(&flipped).unwrap_err().to_string();
        let line = 1 + good[..bit / 8].iter().filter(|byte| **byte == b'\n').count();
        let placed = said.contains(&format!("line {line} of the baseline"));
        // A first line may speak of a format to come; without the last line break there is no end.
        let other = said.contains("Use a newer Grice") && line == 1 || bit / 8 == good.len() - 1;
        assert!(placed || other, "bit {bit}: {said}");
    }
}
