//! Changes of what is stored: a bit, a value, a line. Every reader notices, and says where and what to do.

use crate::bench::Bench;
use std::fs;

/// What reads a run.
const READERS: [&[&str]; 4] =
    [&["report", "out"], &["score", "out"], &["baseline", "save", "v2", "out"], &["compare", "v1", "out"]];

fn bench() -> Bench {
    let bench = Bench::new();
    assert_eq!(bench.scripted(&["--out", "out"]).code, Some(0));
    assert_eq!(bench.run(&["baseline", "save", "v1", "out"]).code, Some(0));
    bench
}

#[test]
fn every_reader_of_a_record_notices_a_change() {
    let bench = bench();
    let good = bench.read("out/journal.jsonl");
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 8, "{good}");
    let edited = good.replacen("\"text\":\"no\"", "\"text\":\"yes\"", 1);
    assert_ne!(edited, good);
    let edited_at = good.lines().position(|line| line.contains("\"text\":\"no\"")).expect("a no") + 1;
    for (changed, line) in [
        (edited, edited_at),
        ([&lines[..2], &lines[3..]].concat().concat(), 3),
        ([&lines[..3], &lines[2..]].concat().concat(), 4),
        ([&lines[..2], &[lines[3], lines[2]], &lines[4..]].concat().concat(), 3),
    ] {
        for reader in READERS {
            bench.write("out/journal.jsonl", &changed);
            let finished = bench.run(reader);
            assert_eq!(finished.code, Some(7), "{reader:?}: {finished:?}");
            let said = format!("journal.jsonl: line {line} of the record is not as it was written");
            assert!(finished.stderr.contains(&said), "{reader:?}: {finished:?}");
            assert!(finished.stderr.contains("continue the run with --resume"), "{finished:?}");
        }
        let resumed = bench.scripted(&["--resume", "out"]);
        assert_eq!(resumed.code, Some(7), "{resumed:?}");
        assert_eq!(bench.read("out/journal.jsonl"), changed, "and it is left as it was");
        // The advice: what stands above the line is kept, and the rest is run again.
        let kept: String = changed.split_inclusive('\n').take(line - 1).collect();
        bench.write("out/journal.jsonl", &kept);
        assert_eq!(bench.scripted(&["--resume", "out"]).code, Some(0));
        assert_eq!(bench.read("out/journal.jsonl"), good);
    }
}

#[test]
fn grades_and_baselines_are_not_taken_on_trust() {
    let bench = bench();
    bench.write(
        "spec.yaml",
        &crate::bench::SPEC.replace("samples: 2", "samples: 2\nsampling: { temperature: 0.5 }"),
    );
    let grades = bench.read("out/scores.jsonl");
    let forged = grades.replacen("\"flag\":false", "\"flag\":true", 1);
    assert_ne!(grades, forged);
    bench.write("out/scores.jsonl", &forged);
    let finished = bench.run(&["compare", "v1", "out"]);
    assert_eq!(finished.code, Some(7), "{finished:?}");
    assert!(finished.stderr.contains("scores.jsonl: line "), "{finished:?}");
    assert!(finished.stderr.contains("`grice score` makes them anew"), "{finished:?}");
    assert_eq!(bench.run(&["score", "out"]).code, Some(0));
    assert_eq!(bench.read("out/scores.jsonl"), grades);
    assert_eq!(bench.run(&["compare", "v1", "out"]).code, Some(0));

    let baseline = bench.read("baselines/v1.jsonl");
    bench.write("baselines/v1.jsonl", &baseline.replacen("\"flag\":false", "\"flag\":true", 1));
    let finished = bench.run(&["compare", "v1", "out"]);
    assert_eq!(finished.code, Some(7), "{finished:?}");
    assert!(finished.stderr.contains("v1.jsonl: line "), "{finished:?}");
    assert!(finished.stderr.contains("baseline save --replace"), "{finished:?}");
}

#[test]
fn older_formats_are_read_and_said_to_be_unprotected() {
    let bench = bench();
    let good = bench.read("out/journal.jsonl");
    let old = support::of_format_2(&good);
    bench.write("out/journal.jsonl", &old);
    for reader in READERS {
        let finished = bench.run(reader);
        assert_eq!(finished.code, Some(0), "{reader:?}: {finished:?}");
        assert!(
            finished.stderr.contains("journal.jsonl: its format is older than checksums"),
            "{reader:?}: {finished:?}"
        );
        let _ = fs::remove_file(bench.at("baselines/v2.jsonl"));
    }
    // One that is continued is brought up to date, whole or cut off.
    for kept in [old.as_str(), &old[..old.len() / 2]] {
        bench.write("out/journal.jsonl", kept);
        let resumed = bench.scripted(&["--resume", "out"]);
        assert_eq!(resumed.code, Some(0), "{resumed:?}");
        assert_eq!(bench.read("out/journal.jsonl"), good);
    }
    let baseline = support::unsealed(&bench.read("baselines/v1.jsonl"));
    bench.write("baselines/v1.jsonl", &baseline.replacen("\"format\":2", "\"format\":1", 1));
    let finished = bench.run(&["compare", "v1", "out"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("v1.jsonl: its format is older than checksums"), "{finished:?}");
}

#[test]
fn a_record_cut_anywhere_is_continued_to_the_same_bytes() {
    let bench = bench();
    let good = bench.read("out/journal.jsonl");
    let header = good.find('\n').expect("a line") + 1;
    let places = (0..=12).map(|part| header - 20 + (good.len() - header + 20) * part / 12);
    for end in places {
        bench.write("out/journal.jsonl", &good[..end]);
        let resumed = bench.scripted(&["--resume", "out"]);
        assert_eq!(resumed.code, Some(0), "cut at {end}: {resumed:?}");
        assert_eq!(bench.read("out/journal.jsonl"), good, "cut at {end}");
    }
}

#[test]
fn a_record_with_a_case_that_nobody_knows_is_unreadable() {
    let bench = bench();
    let journal = bench.read("out/journal.jsonl");
    let changed = journal.replacen("\"case\":\"two\"", "\"case\":\"ten\"", 1);
    bench.write("out/journal.jsonl", &support::sealed(&changed));
    for reader in READERS {
        let finished = bench.run(reader);
        assert_eq!(finished.code, Some(7), "{reader:?}: {finished:?}");
        assert!(finished.stderr.contains("`ten`"), "{reader:?}: {finished:?}");
    }
}
