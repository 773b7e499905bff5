//! Reading journals: old ones, cut ones, broken ones.

use super::*;
use crate::format::fixtures;
use proptest::prelude::*;

/// Written in each format when it was the newest, and never changed since.
const VERSION_1: &str = include_str!("../../../tests/records/v1.jsonl");
const VERSION_2: &str = include_str!("../../../tests/records/v2.jsonl");

fn journal() -> String {
    let record = fixtures::everything().record;
    let line = |line: &Line| serde_json::to_string(line).unwrap() + "\n";
    let mut text = line(&Line::Run(Box::new(record.header)));
    let count = record.trials.len() as u64;
    for trial in record.trials {
        text += &line(&Line::Trial(Box::new(trial)));
    }
    text + &line(&Line::End { trials: count })
}

#[test]
fn a_journal_is_read_back_and_written_back_the_same() {
    let journal = journal();
    let record = Record::parse(&journal).unwrap();
    assert!(record.complete);
    assert_eq!(record.header, fixtures::everything().record.header);
    assert_eq!(record.trials, fixtures::everything().record.trials);
    for (text, trial) in journal.lines().skip(1).zip(record.trials) {
        assert_eq!(serde_json::to_string(&Line::Trial(Box::new(trial))).unwrap(), text);
    }
}

#[test]
fn records_of_every_format_are_read_for_ever() {
    for text in [VERSION_1, VERSION_2] {
        let record = Record::parse(text).unwrap();
        assert!(record.complete);
        assert_eq!(record.header.format, FORMAT_VERSION);
        assert_eq!(record.header.probes[0].cases.len(), 2);
        assert_eq!(record.trials.len(), 4);
        let branch = &record.trials[1].transcript.branches[0];
        assert_eq!((branch.fork.as_str(), branch.round, branch.index, branch.after), ("why", Some(1), 0, 4));
        // Nothing is lost: written again, it is the text that the newest format has for it.
        let mut again = serde_json::to_string(&Line::Run(Box::new(record.header))).unwrap() + "\n";
        for trial in record.trials {
            again += &(serde_json::to_string(&Line::Trial(Box::new(trial))).unwrap() + "\n");
        }
        again += "{\"end\":{\"trials\":4}}\n";
        assert_eq!(again, VERSION_2);
    }
}

#[test]
fn what_an_old_record_left_unsaid_is_said() {
    let coupling = |text: &str| Record::parse(text).unwrap().header.probes[0].sampling.coupling;
    assert!(!VERSION_1.contains("coupling"));
    assert_eq!(coupling(VERSION_1), Coupling::None);
    assert_eq!(
        coupling(&VERSION_2.replacen("\"coupling\":\"none\"", "\"coupling\":\"gumbel\"", 1)),
        Coupling::Gumbel
    );
    let unsaid = VERSION_2.replacen(",\"coupling\":\"none\"", "", 1);
    assert!(error(&unsaid).contains("coupling"), "{}", error(&unsaid));
}

#[test]
fn a_journal_cut_anywhere_gives_the_finished_trials() {
    let journal = journal();
    let header = journal.find('\n').unwrap() + 1;
    let whole = Record::parse(&journal).unwrap();
    for end in 0..=journal.len() {
        match Record::read(&journal.as_bytes()[..end]) {
            Err(RecordError::Empty) => assert!(end < header),
            Ok(record) => {
                let finished = journal.as_bytes()[header..end].iter().filter(|byte| **byte == b'\n').count();
                assert_eq!(record.complete, end == journal.len());
                assert_eq!(record.trials.len(), finished.min(whole.trials.len()));
                assert_eq!(record.trials, whole.trials[..record.trials.len()]);
            }
            Err(error) => panic!("at {end}: {error}"),
        }
    }
}

#[test]
fn trials_can_be_read_one_by_one() {
    let journal = journal();
    let mut reader = Reader::new(journal.as_bytes()).unwrap();
    assert_eq!(reader.header().seed, 7);
    let first = reader.next().unwrap().unwrap();
    assert_eq!(first.key.to_string(), "grounding.request / table-ambiguous @ ambiguous #0");
    assert!(!reader.complete());
    let rest = reader.by_ref().map(Result::unwrap).count() as u64;
    assert!(reader.complete());
    assert_eq!(reader.trials(), rest + 1);
}

fn error(journal: &str) -> String {
    Record::parse(journal).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let good = journal();
    let lines: Vec<&str> = good.lines().collect();
    assert_eq!(error(""), "the record is empty");
    assert!(error(&format!("{}\n", lines[1])).starts_with("line 1 of the record cannot be read"));
    let garbled = good.replacen(lines[2], "{\"trial\":", 1);
    assert!(error(&garbled).starts_with("line 3 of the record cannot be read"), "{}", error(&garbled));
    let doubled = good.replacen(lines[2], lines[1], 1);
    assert!(error(&doubled).contains("stands there for the second time"), "{}", error(&doubled));
    let again = format!("{}\n{}\n", lines[0], lines[0]);
    assert_eq!(error(&again), "line 2 of the record cannot be read: a second header");
    let short = format!("{}\n{{\"end\":{{\"trials\":3}}}}\n", lines[0]);
    assert!(error(&short).contains("the end speaks of 3 trials, but there are 0"));
    let long = format!("{good}{}\n", lines[1]);
    assert!(error(&long).contains("there is something after the end"));
    let newer = good.replacen("\"format\":2", "\"format\":99", 1);
    assert!(error(&newer).contains("has format 99"), "{}", error(&newer));
    let typo = good.replacen("\"seed\"", "\"sead\"", 1);
    assert!(error(&typo).contains("sead"), "{}", error(&typo));
}

#[test]
fn a_reader_ends_after_an_error() {
    let good = journal();
    let header = good.lines().next().unwrap();
    let text = format!("{header}\nnonsense\nnonsense\n");
    let results: Vec<bool> = Reader::new(text.as_bytes()).unwrap().map(|trial| trial.is_ok()).collect();
    assert_eq!(results, [false]);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Record::read(bytes.as_slice());
    }

    #[test]
    fn no_damage_makes_the_reader_panic(at in 0..4_000_usize, with in prop::collection::vec(any::<u8>(), 0..6)) {
        let mut bytes = VERSION_1.as_bytes().to_vec();
        let at = at.min(bytes.len());
        let end = (at + with.len() / 2).min(bytes.len());
        bytes.splice(at..end, with);
        if let Ok(record) = Record::read(bytes.as_slice()) {
            let _ = crate::grade::grade(&record);
        }
    }
}
