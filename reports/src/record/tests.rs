//! Reading journals: old ones, cut ones, broken ones.

use super::*;
use crate::{format::fixtures, lines::sealed_anew};
use proptest::prelude::*;
use scorers::Speaker;

/// Written in each format when it was the newest, and never changed since.
const VERSION_1: &str = include_str!("../../../tests/records/v1.jsonl");
const VERSION_2: &str = include_str!("../../../tests/records/v2.jsonl");
const VERSION_3: &str = include_str!("../../../tests/records/v3.jsonl");
const VERSION_4: &str = include_str!("../../../tests/records/v4.jsonl");
/// With everything that the newest format knows: a cast, dialogues, a private turn, weights of a choice.
const SPEAKERS: &str = include_str!("../../../tests/records/v4-speakers.jsonl");

fn journal() -> String {
    let record = fixtures::everything().record;
    let mut chain = Chain::default();
    let mut line = |line: &Line| line.sealed(&mut chain).unwrap();
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
    assert!(record.protected);
    for (text, trial) in journal.lines().skip(1).zip(record.trials) {
        let again = serde_json::to_string(&Line::Trial(Box::new(trial))).unwrap();
        assert_eq!(text.split_once(",\"check\":").map(|(object, _)| format!("{object}}}")), Some(again));
    }
}

#[test]
fn records_of_every_format_are_read_for_ever() {
    for text in [VERSION_1, VERSION_2, VERSION_3, VERSION_4] {
        let record = Record::parse(text).unwrap();
        assert!(record.complete);
        assert_eq!(record.protected, text == VERSION_3 || text == VERSION_4);
        assert_eq!(record.header.format, FORMAT_VERSION);
        assert_eq!(record.header.probes[0].cases.len(), 2);
        assert_eq!(record.trials.len(), 4);
        let branch = &record.trials[1].transcript.branches[0];
        assert_eq!((branch.fork.as_str(), branch.round, branch.index, branch.after), ("why", Some(1), 0, 4));
        // Nothing is lost: written again, it is the text that the newest format has for it.
        let mut chain = Chain::default();
        let mut line = |line: &Line| line.sealed(&mut chain).unwrap();
        let mut again = line(&Line::Run(Box::new(record.header)));
        for trial in record.trials {
            again += &line(&Line::Trial(Box::new(trial)));
        }
        again += &line(&Line::End { trials: 4 });
        assert_eq!(again, VERSION_4);
    }
}

fn written(record: Record) -> String {
    let mut chain = Chain::default();
    let trials = record.trials.len() as u64;
    let lines = std::iter::once(Line::Run(Box::new(record.header)))
        .chain(record.trials.into_iter().map(|trial| Line::Trial(Box::new(trial))))
        .chain([Line::End { trials }]);
    lines.map(|line| line.sealed(&mut chain).unwrap()).collect()
}

#[test]
fn a_cast_its_dialogues_and_what_is_said_in_private_are_read_for_ever() {
    let record = Record::parse(SPEAKERS).unwrap();
    assert_eq!(
        record.header.cast.speakers().iter().map(Speaker::name).collect::<Vec<_>>(),
        ["model", "user", "judge"]
    );
    let turns = dialogue::spoken(&record.header.probes[0].dialogues["clear"]);
    assert_eq!(
        turns.iter().map(|turn| turn.name.as_str()).collect::<Vec<_>>(),
        ["wish", "reply", "reason", "asks"]
    );
    let last = record.trials[0].transcript.turns.last().unwrap();
    assert!(last.private && last.speaker.name() == "judge");
    assert_eq!(written(record), SPEAKERS);
}

#[test]
fn a_dialogue_that_cannot_be_is_no_record() {
    let wrong = |from: &str, to: &str| forged(&SPEAKERS.replacen(from, to, 1));
    let stranger = wrong("\"judge\":{\"model\"", "\"other\":{\"model\"");
    assert!(stranger.contains("line 1") && stranger.contains("by `judge`, whom nobody plays"), "{stranger}");
    let twice = wrong("\"name\":\"reason\"", "\"name\":\"reply\"");
    assert!(
        twice.contains("`grounding.example`") && twice.contains("two turns have the name `reply`"),
        "{twice}"
    );
    let engineless = wrong("\"engine\":", "\"motor\":");
    assert!(engineless.contains("motor"), "{engineless}");
}

#[test]
fn what_nobody_can_have_said_is_no_record() {
    let wrong = |from: &str, to: &str| {
        let (head, trials) = SPEAKERS.split_once('\n').expect("it has a header");
        assert!(trials.contains(from), "{from}");
        forged(&format!("{head}\n{}", trials.replacen(from, to, 1)))
    };
    let stranger = wrong("\"speaker\":\"judge\"", "\"speaker\":\"other\"");
    assert!(
        stranger.contains("line 2") && stranger.contains("spoken by `other`, whom nobody plays"),
        "{stranger}"
    );
    let nobody = wrong("\"speaker\":\"judge\"", "\"speaker\":\"\"");
    assert!(nobody.contains("spoken by ``"), "{nobody}");
    let overheard = wrong("\"private\":true,", "");
    assert!(overheard.contains("said to all, and in its dialogue private"), "{overheard}");
    let (head, _) = SPEAKERS.split_once('\n').expect("it has a header");
    for (from, to, words) in [
        ("\"judge\":{\"model\"", "\"\":{\"model\"", "a speaker without a name"),
        ("\"user\":{\"model\"", "\"model\":{\"model\"", "two players of `model`"),
    ] {
        assert!(head.contains(from), "{head}");
        let found = forged(&SPEAKERS.replacen(from, to, 1));
        assert!(found.contains("line 1") && found.contains(words), "{found}");
    }
}

#[test]
fn a_part_of_a_run_says_which() {
    let with = |shard: &str| SPEAKERS.replacen("\"seed\"", &format!("\"shard\":{shard},\"seed\""), 1);
    let record = Record::parse(&sealed_anew(&with("{\"index\":2,\"count\":8}"))).unwrap();
    assert_eq!(record.header.shard, Some(Shard { index: 2, count: 8 }));
    assert!(!SPEAKERS.contains("shard") && Record::parse(SPEAKERS).unwrap().header.shard.is_none());
    for impossible in ["{\"index\":0,\"count\":8}", "{\"index\":9,\"count\":8}"] {
        let error = forged(&with(impossible));
        assert!(error.contains("a run has no part"), "{error}");
    }
}

#[test]
fn what_a_later_minor_version_says_needs_a_newer_grice() {
    let minor = |line: &str| line.replacen("\"format\":4", "\"format\":4,\"minor\":7", 1);
    assert!(Record::parse(&sealed_anew(&minor(SPEAKERS))).is_ok(), "what it does not use is no matter");
    for text in [
        SPEAKERS.replacen("\"seed\"", "\"part\":1,\"seed\"", 1),
        SPEAKERS.replacen(
            "\"private\":true,\"name\":\"asks\",\"body\"",
            "\"private\":true,\"name\":\"asks\",\"item\":1,\"body\"",
            1,
        ),
    ] {
        assert_ne!(text, SPEAKERS);
        let newer = forged(&minor(&text));
        assert!(newer.contains("Use a newer Grice") && newer.contains("4.7"), "{newer}");
        let corrupt = forged(&text);
        assert!(corrupt.contains("cannot be read") && !corrupt.contains("newer"), "{corrupt}");
    }
}

// A newer Grice may make its checksums otherwise, so the version is looked for before anything else of the line.
#[test]
fn a_newer_record_is_called_newer_whatever_its_checksums_are_like() {
    let (first, rest) = SPEAKERS.split_once('\n').expect("it has a header");
    let newer = first.replacen("\"format\":4", "\"format\":5", 1);
    let (object, sum) = newer.rsplit_once(",\"check\":\"").expect("it is sealed");
    let digits = sum.trim_end_matches("\"}");
    for line in [
        newer.clone(),
        format!("{object}}}"),
        format!("{object},\"check\":\"{digits}{digits}\"}}"),
        format!("{object},\"check\":{{\"blake3\":\"{digits}\"}}}}"),
        format!("{object}, \"check\": \"{digits}\"}}"),
        format!("{{\"check\":\"{digits}\",{}}}", object.trim_start_matches('{')),
    ] {
        let found = error(&format!("{line}\n{rest}"));
        assert!(found.contains("newer Grice"), "{line}: {found}");
    }
}

#[test]
fn a_record_whose_lines_were_written_anew_is_said_to_be_that() {
    for rewritten in [SPEAKERS.replace('\n', "\r\n"), SPEAKERS.replace("\"check\":", "\"check\": ")] {
        let found = error(&rewritten);
        assert!(found.contains("line 1") && found.contains("was written anew"), "{found}");
    }
}

#[test]
fn who_plays_a_speaker_is_said_once_and_in_full() {
    let (head, _) = SPEAKERS.split_once('\n').expect("it has a header");
    let judge = head
        .split("\"judge\":")
        .nth(1)
        .and_then(|rest| Some(&rest[..rest.find("}}")? + 2]))
        .expect("a judge");
    let twice = SPEAKERS.replacen("\"judge\":", &format!("\"judge\":{judge},\"judge\":"), 1);
    let found = forged(&twice);
    assert!(found.contains("the speaker `judge` has two players"), "{found}");
    let half = judge.split(",\"engine\"").next().expect("a model").to_owned() + "}";
    let found = forged(&SPEAKERS.replacen(judge, &half, 1));
    assert!(found.contains("who plays the speaker `judge`") && found.contains("engine"), "{found}");
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

/// The error of a journal that was changed by somebody who made its checksums anew.
fn forged(journal: &str) -> String {
    error(&sealed_anew(journal))
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let good = journal();
    let lines: Vec<&str> = good.lines().collect();
    assert_eq!(error(""), "the record is empty");
    assert!(forged(&format!("{}\n", lines[1])).starts_with("line 1 of the record cannot be read"));
    let garbled = forged(&good.replacen(lines[2], "{\"trial\":}", 1));
    assert!(garbled.starts_with("line 3 of the record cannot be read"), "{garbled}");
    let doubled = forged(&good.replacen(lines[2], lines[1], 1));
    assert!(doubled.contains("stands there for the second time"), "{doubled}");
    let again = format!("{}\n{}\n", lines[0], lines[0]);
    assert_eq!(forged(&again), "line 2 of the record cannot be read: a second header");
    let short = format!("{}\n{{\"end\":{{\"trials\":3}}}}\n", lines[0]);
    assert!(forged(&short).contains("the end speaks of 3 trials, but there are 0"));
    let long = format!("{good}{}\n", lines[1]);
    assert!(forged(&long).contains("there is something after the end"));
    for newer in ["\"format\":99", "\"format\":5"] {
        let newer = good.replacen("\"format\":4", newer, 1);
        assert!(error(&newer).contains("Use a newer Grice"), "{}", error(&newer));
    }
    let typo = forged(&good.replacen("\"seed\"", "\"sead\"", 1));
    assert!(typo.contains("sead"), "{typo}");
}

#[test]
fn what_is_no_record_is_not_quoted() {
    for text in [
        "{\"run\":\"secret\"}",
        "{\"run\":{\"format\":\"secret\"}}",
        "secret",
        "\"secret\"",
        "{\"secret\":1}",
    ] {
        let error = error(&format!("{text}\n"));
        assert_eq!(error, "line 1 of the record cannot be read: it is no header of a record");
    }
}

#[test]
fn a_change_is_noticed_at_its_line() {
    let good = journal();
    let lines: Vec<&str> = good.lines().collect();
    let file = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let edited = lines[2].replacen("\"sample\":", "\"sample\":1", 1);
    assert_ne!(edited, lines[2]);
    let edited = error(&file(&[&lines[..2], &[edited.as_str()], &lines[3..]].concat()));
    assert!(edited.starts_with("line 3 of the record is not as it was written"), "{edited}");
    assert!(edited.contains("delete it from this line on and continue the run with --resume"), "{edited}");
    for (changed, line) in [
        ([&lines[..1], &lines[2..]].concat(), 2),
        ([&lines[..2], &lines[1..]].concat(), 3),
        ([&lines[..1], &[lines[2], lines[1]], &lines[3..]].concat(), 2),
    ] {
        let error = error(&file(&changed));
        assert!(error.starts_with(&format!("line {line} of the record is not as it was written")), "{error}");
    }
    // A record of this format has checksums, and cannot be said to be of an older one.
    let bare = |text: &str| text.split_once(",\"check\":").map(|(object, _)| format!("{object}}}")).unwrap();
    let header = bare(lines[0]);
    assert!(
        error(&file(&[header.as_str()]))
            .contains("line 1 of the record is not as it was written: it has no checksum")
    );
    let trial = bare(lines[1]);
    assert!(
        error(&file(&[lines[0], trial.as_str()]))
            .contains("line 2 of the record is not as it was written: it has")
    );
    let older = good.replacen("\"format\":4", "\"format\":2", 1);
    assert!(error(&older).contains("line 1 of the record is not as it was written"), "{}", error(&older));
    // What was cut off is no change: the run is continued from there.
    let cut = Record::parse(&good[..good.len() - 5]).unwrap();
    assert!(!cut.complete && cut.protected);
    assert_eq!(cut.trials, fixtures::everything().record.trials);
}

#[test]
fn no_flipped_bit_is_read_as_data() {
    let good = SPEAKERS.as_bytes();
    let whole = Record::parse(SPEAKERS).unwrap();
    for bit in 0..8 * good.len() {
        let mut flipped = good.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        // The last line break alone may go: the end was then cut off.
        match Record::read(flipped.as_slice()) {
            Ok(record) => {
                assert_eq!(bit / 8, good.len() - 1, "bit {bit}");
                assert!(record.trials == whole.trials && !record.complete);
            }
            Err(error) => {
                let line = 1 + good[..bit / 8].iter().filter(|byte| **byte == b'\n').count();
                let said = error.to_string();
                let newer = said.contains("Use a newer Grice") && line == 1;
                assert!(newer || said.contains(&format!("line {line} of the record")), "bit {bit}: {said}");
            }
        }
    }
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
            let _ = crate::digest::Digest::of(&record);
        }
    }
}
